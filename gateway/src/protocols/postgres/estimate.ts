import { plainStatements, type Catalogue, type Parser } from '@steno/policy-dsl'
import type { AdmittedTarget, Doors, Estimate, HeldStatement, PlannedStep } from '../protocol.ts'
import { QueryFailed, SimpleQueries } from './catalogue/simple-query.ts'
import { pinned } from './settings.ts'
import { openTarget } from './target.ts'
import { writeTerminate } from './wire/write.ts'

/** How long the planner may take, how long it may wait for a lock, and how long all of it may take. */
const statementTimeoutMs = 2000
const lockTimeoutMs = 200
const estimatingMs = 5000
const planBytesMax = 4 * 1024 * 1024
const stepsMax = 60
/** Before it, nothing can be planned whose bind values are not known. */
const genericPlanVersion = 160_000

/**
 * Functions that planning may run: they work a value out of what they are
 * given. Planning folds what is constant, so it runs immutable and stable
 * functions; any other may have been written by anybody.
 */
const harmless = new Set(
  (
    'count sum avg min max coalesce nullif greatest least lower upper length char_length btrim ltrim rtrim substring position replace ' +
    'abs round ceil floor trunc now current_timestamp current_date date_trunc date_part extract age string_agg array_agg json_agg ' +
    'jsonb_agg row_number rank dense_rank lag lead bool_and bool_or'
  ).split(' '),
)

/** What the target's planner expects of a statement. Nothing of it is run: planning alone, and only of what planning cannot make do anything. */
export async function estimate(
  target: AdmittedTarget,
  statement: HeldStatement,
  { doors, parser, catalogue }: { doors: Doors; parser: Parser; catalogue: Catalogue },
): Promise<Estimate> {
  const obstacle = obstacleTo(statement, parser, catalogue)
  if (obstacle !== null) return { isPossible: false, because: obstacle }
  try {
    return await ask(target, statement, doors)
  } catch (error) {
    // What a target says of an error may hold values of its rows.
    if (error instanceof QueryFailed) return { isPossible: false, because: `the target did not plan it (SQLSTATE ${error.notice.code})` }
    return { isPossible: false, because: 'the target could not be asked in time' }
  }
}

/** Why a statement is not planned, or null. */
function obstacleTo({ text, operations }: HeldStatement, parser: Parser, catalogue: Catalogue): string | null {
  const syntax = parser.syntax(text)
  if (syntax.kind !== 'statements') return 'it cannot be read'
  const [only, ...others] = syntax.statements
  if (!only || others.length > 0) return 'only one statement at a time is estimated'
  if (!Object.keys(only).every(kind => plainStatements.has(kind))) return 'only SELECT, INSERT, UPDATE, DELETE and MERGE are estimated'
  if (operations.some(({ isOpaque }) => isOpaque)) return 'not everything that it would do is known'
  const called = operations.flatMap(({ functions = [] }) => functions).map(name => name.replace(/^pg_catalog\./, ''))
  const unread = called.find(name => !harmless.has(name))
  if (unread !== undefined) return `planning it might run the function ${unread}`
  // On a connection of its own, temporary tables and another search path are not there.
  const here = parser.understand(text, { catalogue })
  return JSON.stringify(here) === JSON.stringify(operations) ? null : 'it means something else outside of its session'
}

async function ask(target: AdmittedTarget, { text, hasParameters }: HeldStatement, doors: Doors): Promise<Estimate> {
  const { mailbox } = await openTarget(target, new Map([...Object.entries(pinned), ['application_name', 'steno estimate'] as const]), doors)
  const { socket } = mailbox
  const deadline = doors.machine.clock.after(estimatingMs, () => socket.destroy())
  try {
    const queries = new SimpleQueries(mailbox, { bytesMax: planBytesMax })
    const [about] = await queries.ask("SELECT current_setting('server_version_num')")
    if (hasParameters && Number(about?.[0]) < genericPlanVersion)
      return { isPossible: false, because: 'the target plans statements with bind values only from PostgreSQL 16 on' }
    await queries.ask(
      `BEGIN READ ONLY; SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL jit = off`,
    )
    const rows = await queries.ask(`EXPLAIN (${hasParameters ? 'GENERIC_PLAN, ' : ''}FORMAT JSON) ${text}`)
    socket.write(writeTerminate())
    socket.end()
    return readPlan(rows.map(([line]) => line ?? '').join('\n'))
  } finally {
    deadline.cancel()
    socket.destroy()
  }
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  Schema?: string
  'Plan Rows': number
  'Total Cost': number
  Plans?: PlanNode[]
}

/** Names of steps and tables, rows and cost: conditions stay out, for the values in them. */
function readPlan(text: string): Estimate {
  const [top] = JSON.parse(text) as { Plan: PlanNode }[]
  if (!top) return { isPossible: false, because: 'the target gave no plan' }
  const steps: PlannedStep[] = []
  const add = (node: PlanNode, depth: number) => {
    if (steps.length >= stepsMax) return
    steps.push({ depth, step: node['Node Type'], relation: node['Relation Name'] ?? null, rows: wholeRows(node['Plan Rows']) })
    for (const inner of node.Plans ?? []) add(inner, depth + 1)
  }
  add(top.Plan, 0)
  const { Plan: root } = top
  // A statement that changes rows gives none; what it changes is what it is fed.
  const fed = root['Node Type'] === 'ModifyTable' ? (root.Plans?.[0] ?? root) : root
  return { isPossible: true, rows: wholeRows(fed['Plan Rows']), cost: root['Total Cost'], steps }
}

function wholeRows(rows: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(rows)))
}
