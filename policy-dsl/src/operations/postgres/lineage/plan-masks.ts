import type { MaskRequest, MaskPlan, AnswerPlan, Made, Redaction } from './mask-plan.ts'
import { bare } from './value.ts'
import { Context, Refusal } from './context.ts'
import { isLiteral } from './literals.ts'
import { readQuery } from './query.ts'
import { readStatement, type Batch } from './statement.ts'
import { altersNames } from './alters-names.ts'
import { setSearchPath } from './call.ts'
import { fieldsOf, list, type Fields } from '../tree.ts'

/**
 * Says how the answers to a text are hidden, column by column, so that what is
 * masked is neither shown nor found out. Never throws: what is not understood
 * is refused.
 */
export function planMasks(request: MaskRequest): MaskPlan {
  const context = new Context(request, { query: readQuery })
  const batch: Batch = { prepared: new Map<string, Fields>(), cursors: new Map<string, Fields>() }
  const answers: (AnswerPlan | null)[] = []
  let leavesStale = false
  for (const statement of request.statements) {
    try {
      answers.push(readStatement(statement, batch, context))
      leavesStale = settleNames(statement, context) || leavesStale
      bindWritten(statement, context)
    } catch (error) {
      context.note(error instanceof Refusal ? error : misunderstood(context))
    }
  }
  const redactions = [...context.redactions, ...detected(context)].toSorted(byPlace)
  const { refusal } = context
  if (refusal) return { kind: 'refuse', rule: refusal.rule, reason: refusal.reason, hint: refusal.hint, redactions }
  return { kind: 'plan', answers, redactions, touchesMasked: context.touchesMasked, leavesStale, made: madeBy(context) }
}

/** What a masked column is written with may stand anywhere in a statement that has it from a query or a list. */
function bindWritten(statement: Fields, context: Context): void {
  const source = context.writtenFromElsewhere
  context.writtenFromElsewhere = null
  if (source) context.bind(statement, bare(source, null))
}

function madeBy({ made, request }: Context): Made[] {
  const before = new Set(request.made?.map(({ name }) => name))
  return [...made].flatMap(([name, columns]) =>
    before.has(name) || columns.some(column => column.isMore) ? [] : [{ name, columns: columns.map(column => column.name) }],
  )
}

/** What names mean to the statements after one, and whether that is another thing now. */
function settleNames(statement: Fields, context: Context): boolean {
  const { path, alters } = context.after
  context.after = { path: undefined, alters: null }
  if (path !== undefined) context.hasSetPath = true
  if (path !== undefined) setSearchPath(isPlainCall(statement) ? path : null, context)
  const change = alters === 'all' ? alters : (altersNames(statement) ?? alters)
  context.areTablesMoved ||= change !== null
  context.isStale ||= change === 'all'
  return change !== null
}

/** `SELECT set_config(…)` and nothing around it, which surely runs once. */
function isPlainCall(statement: Fields): boolean {
  const select = fieldsOf(statement, 'SelectStmt')
  const clauses = [
    'fromClause',
    'whereClause',
    'groupClause',
    'havingClause',
    'limitCount',
    'limitOffset',
    'larg',
    'withClause',
    'distinctClause',
  ]
  const targets = list(select?.['targetList']).map(target => fieldsOf(fieldsOf(target, 'ResTarget')?.['val'], 'FuncCall'))
  return select !== null && clauses.every(clause => select[clause] === undefined) && targets.length === 1 && targets[0] !== null
}

function misunderstood(context: Context): Refusal {
  return context.refuse('the statement is not understood well enough to mask what it shows', 'write it in a simpler way')
}

function detected({ request, literals, redactions }: Context): Redaction[] {
  if (!request.detects) return []
  const detectors = request.masks.filter(mask => mask.matching !== null)
  return literals.tokens.filter(isLiteral).flatMap(({ start, end, value }): Redaction[] => {
    const mask = detectors.find(one => request.detects?.(one, value))
    const isKnown = redactions.some(known => 'start' in known && known.start < end && start < known.end)
    return mask && !isKnown ? [{ start, end, rule: mask.rule, with: mask.with }] : []
  })
}

/** In the order of the text, then of the parameters. */
function byPlace(one: Redaction, other: Redaction): number {
  if ('start' in one) return 'start' in other ? one.start - other.start : -1
  return 'start' in other ? 1 : one.parameter - other.parameter
}
