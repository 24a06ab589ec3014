import type { Operation, RecordingHeader, Verdict } from '@steno/recordings'
import type { Judgement, LimitObligation } from '../decision.ts'
import { combine } from '../evaluate/combine.ts'
import type { Evaluator } from '../evaluate/evaluate.ts'
import { RunMemory } from '../evaluate/run-memory.ts'
import type { Facts } from '../facts.ts'
import type { Span } from '../ruleset.ts'
import { InTimeOrder, type PastCommand } from './in-time-order.ts'
import { LimitLedger } from './limit-ledger.ts'
import { maskedColumns } from './masked-columns.ts'
import type { RehearsedCommand, RehearsedSession } from './rehearsed-session.ts'
import { someExpression } from './some-expression.ts'
import { Tally } from './tally.ts'

export interface RehearsalOptions {
  /** The policies to try, together, as they would be in force. */
  evaluators: Evaluator[]
  /** Gives texts that differ in values alone one name. */
  shapeOf: (text: string) => string
  /** Reads what a command would do, for those that were recorded without; null where it cannot. */
  operationsOf?: (command: RehearsedCommand, header: RecordingHeader) => Operation[] | null
  /** So many flips are kept whole; more are counted. */
  flipsMax?: number
}

/** Past sessions, fed through policies as though these had been in force. */
export interface Rehearsal {
  /** Takes one session. Give them by their start, the earliest first. */
  add(session: RehearsedSession): void
  /** What came of all that was given. Whatever is added afterwards comes later. */
  result(): RehearsalResult
}

export interface RehearsalResult {
  totals: {
    sessions: number
    runs: number
    agents: number
    commands: number
    rehearsed: number
    flips: number
    fromUs: number | null
    toUs: number | null
  }
  /** How many commands had the first verdict then and have the second now. */
  verdicts: Record<Verdict, Record<Verdict, number>>
  /** Every rule, also those that nothing matched. */
  rules: RuleHits[]
  /** Commands whose verdict is another one now, the earliest first. */
  flips: Flip[]
  flipsNotKept: number
  flipsByShape: FlipGroup[]
  flipsByAgent: FlipGroup[]
  masks: MaskHits[]
  limits: LimitHits[]
  /** By day, in UTC. */
  approvals: ApprovalDay[]
  /** Commands that no rule matched, by the verb of each of their operations. */
  unmatched: { commands: number; byVerb: { verb: string; operations: number }[] }
  /** What history cannot tell, as sentences. */
  unknowns: Unknown[]
}

export interface RuleHits {
  /** The place of its policy among the evaluators. */
  policy: number
  rule: string
  line: number
  isObserved: boolean
  /** Commands that it matched, and those among them that it decided. */
  matched: number
  decided: number
  newlyDenied: number
  newlyHeld: number
  /** Principals whose commands it matched, and those among them for whom it changes a verdict. */
  agents: number
  agentsAffected: number
}

export interface Flip {
  session: string
  /** The command's number in its session. */
  command: number
  line: number
  atUs: number
  agent: string
  /** Its start. */
  text: string
  shape: string
  before: Verdict
  after: Verdict
  /** What decides now; null where nothing speaks against it any more. */
  rule: string | null
  reason: string | null
  /** What decided then. */
  ruleBefore: string | null
  /** The clauses that held, in the source of the rule that decides now. */
  clauses: Span[]
}

export interface FlipGroup {
  /** The shape or the agent. */
  name: string
  flips: number
  newlyDenied: number
  newlyHeld: number
  newlyAllowed: number
  /** One of them, to open. */
  example: { session: string; command: number; line: number }
}

export interface MaskHits {
  rule: string
  /** As the rule names it, or its detector between slashes. */
  column: string
  commands: number
  /** Rows of their answers then. */
  rows: number
}

export interface LimitHits {
  rule: string
  /** Commands that counted against it. */
  commands: number
  /** Refused or held because it was used up. */
  denied: number
  held: number
  /** Answers that would have been shortened, and by how many rows. */
  cut: number
  rowsCut: number
  /** Answers that would have been broken off, because it does not shorten. */
  brokenOff: number
}

export interface ApprovalDay {
  /** `YYYY-MM-DD` */
  day: string
  heldBefore: number
  heldAfter: number
  /** Those of now, by the group that would be asked. */
  by: Record<string, number>
}

export interface Unknown {
  /** Stable, for links and tests. */
  code:
    | 'without-operations'
    | 'already-masked'
    | 'after-a-flip'
    | 'memory-begins-empty'
    | 'never-ran'
    | 'consent-assumed'
    | 'evidence-assumed'
    | 'bytes-not-recorded'
    | 'already-cut'
    | 'detectors'
    | 'masks-may-refuse'
    | 'text-as-recorded'
    | 'out-of-order'
    | 'failed-rules'
  count: number
  message: string
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
  const { evaluators, shapeOf, operationsOf, flipsMax = flipsMaxDefault } = options
  const verdicts = emptyMatrix()
  const totals = { sessions: 0, commands: 0, rehearsed: 0, flips: 0, fromUs: Infinity, toUs: -Infinity }
  const rules = evaluators.map((evaluator, policy) => rulesOf(evaluator, policy))
  const flips: Flip[] = []
  const byShape = new Tally<FlipGroup>(groupsMax, emptyGroup)
  const byAgent = new Tally<FlipGroup>(groupsMax, emptyGroup)
  const masks = new Tally<MaskHits>(groupsMax, () => ({ rule: '', column: '', commands: 0, rows: 0 }))
  const limits = new Tally<LimitHits>(groupsMax, rule => ({ rule, commands: 0, denied: 0, held: 0, cut: 0, rowsCut: 0, brokenOff: 0 }))
  const days = new Tally<ApprovalDay>(groupsMax * 20, day => ({ day, heldBefore: 0, heldAfter: 0, by: {} }))
  const unmatched = { commands: 0, byVerb: new Tally<{ verb: string; operations: number }>(groupsMax, verb => ({ verb, operations: 0 })) }
  const runs = new Tally<object>(namesMax, () => ({}))
  const agents = new Tally<object>(namesMax, () => ({}))
  const flippedSessions = new Set<string>()
  const memories = new RunMemories()
  const ledger = new LimitLedger()
  const unknown = new Map<Unknown['code'], number>()
  const isUnknown = (code: Unknown['code'], count = 1) => unknown.set(code, (unknown.get(code) ?? 0) + count)
  const order = new InTimeOrder(rehearse, heldCommandsMax)

  function rehearse({ header, command, nowUs, isLast }: PastCommand): void {
    totals.commands++
    totals.fromUs = Math.min(totals.fromUs, nowUs)
    totals.toUs = Math.max(totals.toUs, nowUs)
    const operations = command.record.operations ?? operationsOf?.(command, header) ?? null
    if (flippedSessions.has(header.session)) isUnknown('after-a-flip')
    if (wasRefusedUnasked(command)) {
      totals.rehearsed++
      verdicts.deny.deny++
    } else if (operations === null) isUnknown('without-operations')
    else judge({ header, command, nowUs, operations })
    if (isLast) flippedSessions.delete(header.session)
  }

  function judge(past: Past): void {
    const { header, command, nowUs, operations } = past
    const { record } = command
    totals.rehearsed++
    const memory = memories.of(header.run.id, nowUs)
    const facts = factsOf(past, memory)
    const judgements = evaluators.map(evaluator => evaluator.judge(facts))
    const judgement = combine(judgements)
    const runsNow = record.kind !== 'prepare' && record.kind !== 'bind'
    const before = record.decision.verdict
    const limited = runsNow && judgement.verdict !== 'deny' ? spendOf(judgement.limits, past) : nothingSpent
    const byPolicy = judgement.verdict === 'hold' && !runsNow ? 'allow' : judgement.verdict
    const after = isRefusedAnyway(command, judgement) ? 'deny' : strictest(byPolicy, limited.verdict)
    const decidedBy = limited.verdict === after && after !== byPolicy ? limited.by : null

    verdicts[before][after]++
    countRules({ judgements, judgement, past, before, after, limitRule: decidedBy?.rule ?? null })
    if (judgement.matched.length === 0) countUnmatched(operations)
    const waits = after === 'hold' ? waitsOf(judgement, limited) : waitsForNobody
    countApproval(past, waits)
    if (after !== 'deny') countMasks(judgement, past)
    if (after !== before) noteFlip(past, { judgement, before, after, limit: decidedBy })
    if (runsNow || after === 'deny') remember(memory, past, { before, after, waits, rows: limited.rows })
    if (judgement.matched.some(({ effect }) => effect === 'error')) isUnknown('failed-rules')
    if (command.maskedCells > 0) isUnknown('already-masked')
    if (record.decision.matched?.some(({ effect, isObserved }) => effect === 'limit' && isObserved !== true)) isUnknown('already-cut')
  }

  /** What the limits leave of a command, each counted as the gateway would. */
  function spendOf(obligations: readonly LimitObligation[], past: Past): Spent {
    let spent: Spent = { verdict: 'allow', by: null, rows: past.command.rows }
    for (const limit of obligations) {
      const hits = limits.of(limit.rule)
      if (hits) hits.commands++
      if (limit.bytes !== null) isUnknown('bytes-not-recorded')
      if (!ledger.begin(limit, past)) continue
      if (limit.over === 'deny') spent = { verdict: 'deny', by: limit, rows: 0 }
      else if (limit.over === 'hold' && spent.verdict !== 'deny') spent = { ...spent, verdict: 'hold', by: limit }
    }
    if (spent.by !== null) {
      const hits = limits.of(spent.by.rule)
      if (hits) hits[spent.verdict === 'deny' ? 'denied' : 'held']++
    }
    if (spent.verdict === 'deny') return spent
    let { rows } = past.command
    for (const limit of obligations) {
      const left = ledger.rowsLeft(limit, past)
      if (rows <= left) continue
      const hits = limits.of(limit.rule)
      if (hits && limit.over === 'cut') {
        hits.cut++
        hits.rowsCut += rows - left
      } else if (hits) hits.brokenOff++
      rows = left
    }
    ledger.spend(obligations, rows, past)
    return { ...spent, rows }
  }

  function countRules({ judgements, judgement, past, before, after, limitRule }: Counted): void {
    const agent = past.header.principal.name
    for (const [policy, { matched }] of judgements.entries()) {
      for (const name of new Set(matched.map(({ rule }) => rule))) {
        const counting = rules[policy]?.get(name)
        if (counting === undefined) continue
        counting.hits.matched++
        counting.agents.of(agent)
        const isDeciding =
          limitRule === null
            ? judgement.by !== null && judgements[policy]?.by === judgement.by && judgement.by.rule === name
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
    const { columns, rows } = command
    const hidden = obligations.flatMap(mask => [
      ...maskedColumns(mask, { operations, columns, target: header.target.name }).map(column => ({ rule: mask.rule, column })),
      ...(mask.matching === null ? [] : [{ rule: mask.rule, column: `/${mask.matching.pattern}/${mask.matching.flags}` }]),
    ])
    if (obligations.some(({ matching }) => matching !== null)) isUnknown('detectors')
    if (hidden.length > 0) isUnknown('masks-may-refuse')
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
      isUnknown('consent-assumed')
    }
    if (waits.isForWitnesses) isUnknown('evidence-assumed')
    const didRun = before === 'allow' || (before === 'hold' && command.decidedLater?.verdict === 'allow')
    if (!didRun) isUnknown('never-ran')
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
      const counts = new Map(unknown)
      if (usesMemory || limits.size > 0) counts.set('memory-begins-empty', runs.size)
      if (usesText) counts.set('text-as-recorded', totals.rehearsed)
      counts.set('out-of-order', order.late)
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
        limits: mostFirst(limits.values(), ({ commands }) => commands),
        approvals: days
          .values()
          .map(day => ({ ...day, by: { ...day.by } }))
          .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
        unmatched: { commands: unmatched.commands, byVerb: mostFirst(unmatched.byVerb.values(), ({ operations }) => operations) },
        unknowns: sayUnknowns(counts),
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

interface Spent {
  verdict: Verdict
  by: LimitObligation | null
  rows: number
}

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

const nothingSpent: Spent = { verdict: 'allow', by: null, rows: 0 }

interface Counted {
  judgements: readonly Judgement[]
  judgement: Judgement
  past: Past
  before: Verdict
  after: Verdict
  limitRule: string | null
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

function factsOf({ header, command, nowUs, operations }: Past, memory: RunMemory): Facts {
  const { record } = command
  const { principal, delegation, run, target, client } = header
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

/** In this order, each with its count; `s` is said for more than one. */
const sentences: Record<Unknown['code'], (count: number) => string> = {
  'without-operations': count =>
    `${commands(count)} recorded without what ${count === 1 ? 'it' : 'they'} would do, so no rule was asked about ${count === 1 ? 'it' : 'them'}`,
  'after-a-flip': count =>
    `${commands(count)} came after one in the same session whose verdict is another now: the agent might have gone on differently`,
  'never-ran': count => `${commands(count)} did not run then and would now: what would have come back is not known, and counts as no rows`,
  'consent-assumed': count => `${commands(count)} would have waited for people, and it is assumed that these agreed`,
  'evidence-assumed': count => `${commands(count)} would have waited for witnesses, and it is assumed that these signed in time`,
  'memory-begins-empty': count =>
    `what ${count} run${count === 1 ? '' : 's'} did before the first session given here is not in the run's memory, nor counted against limits`,
  'already-masked': count => `the answers to ${commands(count)} are recorded masked: what is under a mask cannot be masked another way`,
  'already-cut': count => `a limit held for ${commands(count)} then, so the answers may be shorter than they would have been`,
  'masks-may-refuse': count =>
    `whether a mask can be put on is only known when the statement is planned: where it cannot, some of ${commands(count)} would be refused`,
  detectors: count => `how many values a detector would find in the answers to ${commands(count)} is not counted`,
  'bytes-not-recorded': count => `${commands(count)} would have been limited by bytes, which recordings do not tell`,
  'text-as-recorded': count =>
    `a rule asks for the text, and that of ${commands(count)} is as it was recorded: what a mask hid in it is not there`,
  'failed-rules': count => `a rule could not be evaluated for ${commands(count)}, and so denied`,
  'out-of-order': count => `${commands(count)} came after later ones had been judged, so the run's memory held more than it did then`,
}

function commands(count: number): string {
  return `${count} command${count === 1 ? '' : 's'}`
}

function sayUnknowns(counts: ReadonlyMap<Unknown['code'], number>): Unknown[] {
  return Object.entries(sentences).flatMap(([name, say]) => {
    const code = name as Unknown['code']
    const count = counts.get(code) ?? 0
    return count === 0 ? [] : [{ code, count, message: say(count) }]
  })
}
