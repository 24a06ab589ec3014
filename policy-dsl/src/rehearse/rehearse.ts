import type { Operation, Principal, RecordingHeader, Verdict } from '@steno/recordings'
import type { Judgement, LimitObligation, MaskObligation } from '../decision.ts'
import { combine, withoutRepeats } from '../evaluate/combine.ts'
import type { Evaluator } from '../evaluate/evaluate.ts'
import { identitiesOf } from '../evaluate/identities.ts'
import type { Counted } from '../evaluate/limit-book.ts'
import { RunMemory } from '../evaluate/run-memory.ts'
import type { Facts } from '../facts.ts'
import { InTimeOrder, type PastCommand } from './in-time-order.ts'
import { maskedColumns } from './masked-columns.ts'
import { PastLimits, type Spent } from './past-limits.ts'
import type { ApprovalDay, Flip, FlipGroup, MaskHits, RehearsalResult, RuleHits } from './rehearsal-result.ts'
import type { RehearsedCommand, RehearsedSession } from './rehearsed-session.ts'
import { someExpression } from './some-expression.ts'
import { Tally } from './tally.ts'
import { Unknowns } from './unknowns.ts'

export interface RehearsalOptions {
  /** The policies to try, together, as they would be in force. */
  evaluators: Evaluator[]
  /** Gives texts that differ in values alone one name. */
  shapeOf: (text: string) => string
  /** Reads what a command would do, for those that were recorded without; null where it cannot. */
  operationsOf?: (command: RehearsedCommand, header: RecordingHeader) => Operation[] | null
  /** So many flips are kept whole; more are counted. */
  flipsMax?: number
  /** Told of every command that would run with masks on its answer. */
  onMasked?: (past: MaskedPast) => void
}

/** A past command whose answer policies would mask. */
export interface MaskedPast {
  header: RecordingHeader
  command: RehearsedCommand
  operations: readonly Operation[]
  masks: readonly MaskObligation[]
}

/** Past sessions, fed through policies as though these had been in force. */
export interface Rehearsal {
  /** Takes one session. Give them by their start, the earliest first. */
  add(session: RehearsedSession): void
  /** What came of all that was given. Whatever is added afterwards comes later. */
  result(): RehearsalResult
}

const flipsMaxDefault = 1000
const groupsMax = 500
const namesMax = 10_000
const heldCommandsMax = 200_000
const textMax = 2000
/** A run that did nothing for this long has nothing left that a rule could ask for. */
const runIdleUs = 25 * 3_600_000_000
const runsMax = 20_000

/**
 * Gives a rehearsal: what policies would have said of the past. The same
 * evaluator judges that judges the present, on the facts of then, with a run's
 * memory and limits counted as the policies that are tried would have had
 * them: what is denied now was not done, what is held now was agreed to.
 */
export function createRehearsal(options: RehearsalOptions): Rehearsal {
  const { evaluators, shapeOf, operationsOf, flipsMax = flipsMaxDefault, onMasked = () => {} } = options
  const verdicts = emptyMatrix()
  const totals = { sessions: 0, commands: 0, rehearsed: 0, flips: 0, fromUs: Infinity, toUs: -Infinity }
  const rules = evaluators.map((evaluator, policy) => rulesOf(evaluator, policy))
  const flips: Flip[] = []
  const byShape = new Tally<FlipGroup>(groupsMax, emptyGroup)
  const byAgent = new Tally<FlipGroup>(groupsMax, emptyGroup)
  const masks = new Tally<MaskHits>(groupsMax, () => ({ rule: '', column: '', commands: 0, rows: 0 }))
  const limits = new PastLimits(groupsMax)
  const days = new Tally<ApprovalDay>(groupsMax * 20, day => ({ day, heldBefore: 0, heldAfter: 0, by: {} }))
  const unmatched = { commands: 0, byVerb: new Tally<{ verb: string; operations: number }>(groupsMax, verb => ({ verb, operations: 0 })) }
  const runs = new Tally<object>(namesMax, () => ({}))
  const agents = new Tally<object>(namesMax, () => ({}))
  const flippedSessions = new Set<string>()
  const memories = new RunMemories()
  const roots = new RootRuns()
  const unknowns = new Unknowns()
  const order = new InTimeOrder(rehearse, heldCommandsMax)

  function rehearse({ header, command, nowUs, isLast }: PastCommand): void {
    totals.commands++
    totals.fromUs = Math.min(totals.fromUs, nowUs)
    totals.toUs = Math.max(totals.toUs, nowUs)
    const operations = command.record.operations ?? operationsOf?.(command, header) ?? null
    if (flippedSessions.has(header.session)) unknowns.add('after-a-flip')
    if (wasRefusedUnasked(command)) {
      totals.rehearsed++
      verdicts.deny.deny++
    } else if (operations === null) unknowns.add('without-operations')
    else judge({ header, command, nowUs, operations })
    if (isLast) flippedSessions.delete(header.session)
  }

  function judge(past: Past): void {
    const { header, command, nowUs, operations } = past
    const { record } = command
    totals.rehearsed++
    const root = roots.of(header.run)
    const memory = memories.of(root, nowUs)
    const identities = identitiesOf(header.principal, header.delegation)
    // One after the other for each identity, so that a judgement's place tells its policy.
    const judgements = identities.flatMap(principal => {
      const facts = factsOf(past, principal, memory)
      return evaluators.map(evaluator => evaluator.judge(facts))
    })
    const combined = combine(judgements)
    const judgement = identities.length > 1 ? withoutRepeats(combined) : combined
    const runsNow = record.kind !== 'prepare' && record.kind !== 'bind'
    const before = record.decision.verdict
    const limited =
      runsNow && judgement.verdict !== 'deny'
        ? spendOf(judgement.limits, past, { session: header.session, run: root, principal: identities.at(-1)?.name ?? '' })
        : nothingSpent
    const byPolicy = judgement.verdict === 'hold' && !runsNow ? 'allow' : judgement.verdict
    const after = isRefusedAnyway(command, judgement) ? 'deny' : strictest(byPolicy, limited.verdict)
    const decidedBy = limited.verdict === after && after !== byPolicy ? limited.by : null

    verdicts[before][after]++
    countRules({ judgements, judgement, past, before, after, limitRule: decidedBy?.rule ?? null })
    if (judgement.matched.length === 0) countUnmatched(operations)
    const waits = after === 'hold' ? waitsOf(judgement, limited) : waitsForNobody
    countApproval(past, waits)
    if (after !== 'deny' && runsNow) countMasks(judgement, past)
    if (after !== before) noteFlip(past, { judgement, before, after, limit: decidedBy })
    if (limited.isBrokenOff) flippedSessions.add(header.session)
    if (runsNow || after === 'deny') remember(memory, past, { before, after, waits, rows: limited.rows })
    if (judgement.matched.some(({ effect }) => effect === 'error')) unknowns.add('failed-rules')
    if (command.maskedCells > 0) unknowns.add('already-masked')
    if (record.decision.matched?.some(({ effect, isObserved }) => effect === 'limit' && isObserved !== true)) unknowns.add('already-cut')
  }

  function spendOf(obligations: readonly LimitObligation[], { command: { rows, bytes }, operations, nowUs }: Past, who: Counted): Spent {
    if (obligations.some(limit => limit.bytes !== null)) unknowns.add('bytes-as-recorded')
    const statements = (operations.at(-1)?.statement ?? 0) + 1
    return limits.spend(who, obligations, { statements, rows, bytes }, nowUs)
  }

  function countRules({ judgements, judgement, past, before, after, limitRule }: CountedCommand): void {
    const agent = past.header.principal.name
    for (const [policy, counted] of rules.entries()) {
      const own = judgements.filter((_, at) => at % rules.length === policy)
      for (const name of new Set(own.flatMap(({ matched }) => matched.map(({ rule }) => rule)))) {
        const counting = counted.get(name)
        if (counting === undefined) continue
        counting.hits.matched++
        counting.agents.of(agent)
        const isDeciding =
          limitRule === null
            ? judgement.by !== null && judgement.by.rule === name && own.some(({ by }) => by === judgement.by)
            : limitRule === name
        if (!isDeciding) continue
        counting.hits.decided++
        if (after === before) continue
        if (after === 'deny') counting.hits.newlyDenied++
        else if (after === 'hold') counting.hits.newlyHeld++
        else continue
        counting.affected.of(agent)
      }
    }
  }

  function countUnmatched(operations: readonly Operation[]): void {
    unmatched.commands++
    for (const { verb } of operations) {
      const entry = unmatched.byVerb.of(verb)
      if (entry) entry.operations++
    }
  }

  function countApproval({ command, nowUs }: Past, { people }: Waits): void {
    const askedPeople = command.record.decision.approval !== undefined
    if (!askedPeople && people.size === 0) return
    const day = days.of(new Date(nowUs / 1000).toISOString().slice(0, 10))
    if (!day) return
    if (askedPeople) day.heldBefore++
    if (people.size > 0) day.heldAfter++
    for (const name of people) day.by[name] = (day.by[name] ?? 0) + 1
  }

  function countMasks({ masks: obligations }: Judgement, { header, command, operations }: Past): void {
    if (obligations.length === 0) return
    onMasked({ header, command, operations, masks: obligations })
    const { columns, rows } = command
    const hidden = obligations.flatMap(mask => [
      ...maskedColumns(mask, { operations, columns, target: header.target.name }).map(column => ({ rule: mask.rule, column })),
      ...(mask.matching === null ? [] : [{ rule: mask.rule, column: `/${mask.matching.pattern}/${mask.matching.flags}` }]),
    ])
    if (obligations.some(({ matching }) => matching !== null)) unknowns.add('detectors')
    if (hidden.length > 0) unknowns.add('masks-may-refuse')
    for (const { rule, column } of hidden) {
      const hits = masks.of(JSON.stringify([rule, column]))
      if (hits) Object.assign(hits, { rule, column, commands: hits.commands + 1, rows: hits.rows + rows })
    }
  }

  function noteFlip(
    { header, command, nowUs }: Past,
    { judgement, before, after, limit }: { judgement: Judgement; before: Verdict; after: Verdict; limit: LimitObligation | null },
  ): void {
    const { record, line } = command
    totals.flips++
    flippedSessions.add(header.session)
    const shape = shapeOf(record.text)
    const agent = header.principal.name
    const { by } = judgement
    const isByPolicy = limit === null && after !== 'allow'
    for (const group of [byShape.of(shape), byAgent.of(agent)]) {
      if (!group) continue
      if (group.flips === 0) group.example = { session: header.session, command: record.n, line }
      group.flips++
      group[after === 'deny' ? 'newlyDenied' : after === 'hold' ? 'newlyHeld' : 'newlyAllowed']++
    }
    if (flips.length >= flipsMax) return
    flips.push({
      session: header.session,
      command: record.n,
      line,
      atUs: nowUs,
      agent,
      text: record.text.slice(0, textMax),
      shape,
      before,
      after,
      rule: limit?.rule ?? (isByPolicy ? (by?.rule ?? null) : null),
      reason: limit === null ? (isByPolicy ? (by?.reason ?? null) : null) : 'the limit was used up',
      ruleBefore: record.decision.rule ?? null,
      clauses: isByPolicy ? (by?.clauses ?? []) : [],
    })
  }

  /** As the gateway would have remembered it: what is refused was sent, but never done. */
  function remember(
    memory: RunMemory,
    { command, nowUs, operations }: Past,
    { before, after, waits, rows }: { before: Verdict; after: Verdict; waits: Waits; rows: number },
  ): void {
    memory.add('commands', null, 1, nowUs)
    if (after === 'deny') return memory.add('denials', null, 1, nowUs)
    for (const { verb } of operations) memory.add('count', verb, 1, nowUs)
    memory.add('rows', null, rows, nowUs)
    if (waits.people.size > 0) {
      memory.add('approvals', null, 1, nowUs)
      unknowns.add('consent-assumed')
    }
    if (waits.isForWitnesses) unknowns.add('evidence-assumed')
    const didRun = before === 'allow' || (before === 'hold' && command.decidedLater?.verdict === 'allow')
    if (!didRun) unknowns.add('never-ran')
  }

  return {
    add(session) {
      totals.sessions++
      runs.of(session.header.run.id)
      agents.of(session.header.principal.name)
      order.add(session)
    },
    result() {
      order.flush()
      const usesMemory = evaluators.some(({ ruleset }) => someExpression(ruleset, ({ is }) => is === 'memory'))
      const usesText = evaluators.some(({ ruleset }) =>
        someExpression(ruleset, expression => expression.is === 'field' && expression.path.join('.') === 'text'),
      )
      return {
        totals: {
          ...totals,
          runs: runs.size,
          agents: agents.size,
          fromUs: totals.commands === 0 ? null : totals.fromUs,
          toUs: totals.commands === 0 ? null : totals.toUs,
        },
        verdicts: structuredCloneOf(verdicts),
        rules: rules.flatMap(ofPolicy =>
          [...ofPolicy.values()].map(({ hits, agents: all, affected }) => ({ ...hits, agents: all.size, agentsAffected: affected.size })),
        ),
        flips: [...flips],
        flipsNotKept: totals.flips - flips.length,
        flipsByShape: mostFirst(byShape.values(), ({ flips: count }) => count),
        flipsByAgent: mostFirst(byAgent.values(), ({ flips: count }) => count),
        masks: mostFirst(masks.values(), ({ rows }) => rows),
        limits: mostFirst(limits.hits.values(), ({ commands }) => commands),
        approvals: days
          .values()
          .map(day => ({ ...day, by: { ...day.by } }))
          .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
        unmatched: { commands: unmatched.commands, byVerb: mostFirst(unmatched.byVerb.values(), ({ operations }) => operations) },
        unknowns: unknowns.said({
          ...(usesMemory || limits.hits.size > 0 ? { 'memory-begins-empty': runs.size } : {}),
          ...(usesText ? { 'text-as-recorded': totals.rehearsed } : {}),
          'out-of-order': order.late,
        }),
      }
    },
  }
}

/** A command with what it would do. */
interface Past {
  header: RecordingHeader
  command: RehearsedCommand
  nowUs: number
  operations: Operation[]
}

const nothingSpent: Spent = { verdict: 'allow', by: null, rows: 0, isBrokenOff: false }

/** What a command waits for before it runs. */
interface Waits {
  /** Whoever would be asked. */
  people: Set<string>
  isForWitnesses: boolean
}

const waitsForNobody: Waits = { people: new Set(), isForWitnesses: false }

function waitsOf({ approvals, evidence }: Judgement, { verdict, by: limit }: Spent): Waits {
  const people = new Set(approvals.map(({ by }) => by.join(' or ')))
  if (verdict === 'hold' && limit !== null) people.add(`whoever decides on \`${limit.rule}\``)
  return { people, isForWitnesses: evidence.length > 0 }
}

interface CountedCommand {
  judgements: readonly Judgement[]
  judgement: Judgement
  past: Past
  before: Verdict
  after: Verdict
  limitRule: string | null
}

/** The runs at the top, which answer for those that were opened in them. A run's own stands only in its parent's header. */
class RootRuns {
  /** By run, the one that was met first, first. */
  readonly #byRun = new Map<string, string>()

  of({ id, parent }: RecordingHeader['run']): string {
    const root = parent === null ? id : (this.#byRun.get(parent) ?? parent)
    if (!this.#byRun.has(id)) {
      this.#byRun.set(id, root)
      const [first] = this.#byRun.keys()
      if (this.#byRun.size > runsMax && first !== undefined) this.#byRun.delete(first)
    }
    return root
  }
}

/** The memories of runs, as long as anything in them counts. */
class RunMemories {
  /** The least recently used first. */
  readonly #byRun = new Map<string, { memory: RunMemory; usedAtUs: number }>()

  of(run: string, nowUs: number): RunMemory {
    const known = this.#byRun.get(run)
    const entry = { memory: known?.memory ?? new RunMemory(), usedAtUs: nowUs }
    this.#byRun.delete(run)
    this.#byRun.set(run, entry)
    for (const [name, { usedAtUs }] of this.#byRun) {
      if (this.#byRun.size <= runsMax && nowUs - usedAtUs <= runIdleUs) break
      this.#byRun.delete(name)
    }
    return entry.memory
  }
}

/** The gateway refused it for a reason of its own, before any policy was asked: it would again. */
function wasRefusedUnasked({ record: { decision, operations } }: RehearsedCommand): boolean {
  return decision.verdict === 'deny' && operations === undefined
}

/** It was refused because a mask could not be put on, and that mask is still asked for. */
function isRefusedAnyway({ record: { decision } }: RehearsedCommand, { masks }: Judgement): boolean {
  return decision.verdict === 'deny' && masks.some(({ rule }) => rule === decision.rule)
}

function factsOf({ header, command, nowUs, operations }: Past, principal: Principal, memory: RunMemory): Facts {
  const { record } = command
  const { delegation, run, target, client } = header
  return {
    operations,
    circumstances: {
      principal,
      delegation,
      run,
      session: {
        id: header.session,
        application: client.application,
        clientAddress: client.address,
        startedAtUs: header.startedAtUs,
        commands: record.n - 1,
      },
      target: { name: target.name, protocol: header.protocol, labels: target.labels },
      command: { kind: record.kind, text: record.text, transaction: record.transaction },
      nowUs,
      memory: memory.at(nowUs),
    },
  }
}

interface CountedRule {
  hits: Omit<RuleHits, 'agents' | 'agentsAffected'>
  agents: Tally<object>
  affected: Tally<object>
}

function rulesOf({ ruleset }: Evaluator, policy: number): Map<string, CountedRule> {
  return new Map(
    ruleset.rules.map(({ name, line, mode }) => {
      const hits = { policy, rule: name, line, isObserved: mode === 'observe', matched: 0, decided: 0, newlyDenied: 0, newlyHeld: 0 }
      return [name, { hits, agents: new Tally<object>(namesMax, () => ({})), affected: new Tally<object>(namesMax, () => ({})) }]
    }),
  )
}

const strictness: Record<Verdict, number> = { allow: 0, hold: 1, deny: 2 }

function strictest(one: Verdict, other: Verdict): Verdict {
  return strictness[one] >= strictness[other] ? one : other
}

function emptyMatrix(): RehearsalResult['verdicts'] {
  const row = () => ({ allow: 0, hold: 0, deny: 0 })
  return { allow: row(), hold: row(), deny: row() }
}

function structuredCloneOf({ allow, hold, deny }: RehearsalResult['verdicts']): RehearsalResult['verdicts'] {
  return { allow: { ...allow }, hold: { ...hold }, deny: { ...deny } }
}

function emptyGroup(name: string): FlipGroup {
  return { name, flips: 0, newlyDenied: 0, newlyHeld: 0, newlyAllowed: 0, example: { session: '', command: 0, line: 0 } }
}

function mostFirst<T extends object>(entries: T[], count: (entry: T) => number): T[] {
  return entries.map(entry => ({ ...entry })).toSorted((a, b) => count(b) - count(a))
}
