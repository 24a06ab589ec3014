import type { Verdict } from '@steno/recordings'
import type { MaskSample, MaskSamples } from './mask-samples.ts'
import type { MaskWatch, WouldMask } from './mask-watch.ts'
import type { RehearsalResult } from './rehearsal-result.ts'

/** What past commands would have met under other policies. */
export interface RehearsalReport {
  /** What was rehearsed together: drafts, which have no version, and what is in force beside them. */
  policies: { name: string; version: string | null }[]
  sessions: number
  runs: number
  agents: number
  commands: number
  /** The first and the last command, RFC 3339; null when there was none. */
  from: string | null
  to: string | null
  /** How many commands had the first verdict then and have the second now. */
  matrix: Record<Verdict, Record<Verdict, number>>
  rules: RehearsedRule[]
  /** Rules that decided then and are no more: how many commands nothing stops now that they stopped. */
  rulesGone: { rule: string; newlyAllowed: number }[]
  /** The first of them, by time. */
  flips: RehearsedFlip[]
  flipsTotal: number
  flipGroups: { byShape: FlippedGroup[]; byAgent: FlippedGroup[] }
  /** By rule and column, or pattern; with a few values as history holds them, for whoever may see these. */
  masks: { rule: string; column: string; commands: number; rows: number; samples: MaskSample[] }[]
  /** Commands whose answers would come back masked: the first of them, by time. */
  masked: MaskedCommand[]
  maskedTotal: number
  limits: {
    rule: string
    commands: number
    denied: number
    held: number
    cut: number
    rowsCut: number
    bytesCut: number
    brokenOff: number
  }[]
  /** By day, in UTC: commands that were held then and would be now, and who would be asked how often. */
  approvalsPerDay: { day: string; heldBefore: number; heldAfter: number; by: Record<string, number> }[]
  /** Commands that no rule matched, and the verbs of what they do. */
  unmatched: { commands: number; byVerb: { verb: string; operations: number }[] }
  /** What history cannot tell. */
  unknowns: string[]
  /** There is more history than was rehearsed. */
  isTruncated: boolean
  tookMs: number
}

export interface RehearsedRule {
  policy: string
  rule: string
  line: number
  isObserved: boolean
  /** Commands that it matched, and those among them that it decided. */
  matched: number
  decided: number
  newlyDenied: number
  newlyHeld: number
  /** Commands that a rule of this name stopped then and that nothing stops now. */
  newlyAllowed: number
  /** Principals whose commands it matched, and those among them for whom it changes a verdict. */
  agents: number
  agentsAffected: number
}

export interface RehearsedFlip {
  session: string
  /** The command's number in its session. */
  command: number
  /** The line of the recording it stands on. */
  frame: number
  at: string
  principal: string
  target: string
  /** Its start. */
  text: string
  shape: string
  before: Verdict
  after: Verdict
  /** What decides now; null where nothing speaks against it any more. */
  rule: string | null
  /** The policy of that rule, where its name alone tells. */
  policy: string | null
  reason: string | null
  /** What decided then. */
  ruleBefore: string | null
  /** Where in the source of the rule that decides now the clauses stand that held. */
  clauses: [start: number, end: number][]
}

export interface MaskedCommand {
  session: string
  /** The command's number in its session. */
  command: number
  frame: number
  at: string
  principal: string
  target: string
  /** Its start. */
  text: string
  rows: number
  rules: string[]
  /** Columns of the answer that would be masked, by the names they came back under. */
  wouldMask: string[]
  /** Masked columns that it reads and that did not come back under their own names. */
  reads: string[]
}

export interface FlippedGroup {
  /** The shape, or the agent. */
  name: string
  flips: number
  newlyDenied: number
  newlyHeld: number
  newlyAllowed: number
  example: { session: string; command: number; frame: number }
}

/** What the report needs that the rehearsal does not know. */
export interface ReportParts {
  policies: { name: string; version: string | null }[]
  sessions: number
  /** The target of each session that has a flip. */
  targetOf: (session: string) => string
  watch: MaskWatch
  samples: MaskSamples
  unknowns: string[]
  isTruncated: boolean
  tookMs: number
}

/** So many flips are listed; all are counted. */
export const flipsListedMax = 1000
const groupsListedMax = 200
/** So much of a text is shown; the frame has all of it. */
const textMax = 500

/** A rehearsal's result as people and the API's clients read it. */
export function writeReport(result: RehearsalResult, parts: ReportParts): RehearsalReport {
  const { totals, verdicts, rules, flips, masks, limits, approvals, unmatched, unknowns } = result
  const { policies, sessions, targetOf, watch, samples, isTruncated, tookMs } = parts
  const allowed = new Map<string, number>()
  for (const { ruleBefore, after } of flips)
    if (ruleBefore !== null && after === 'allow') allowed.set(ruleBefore, (allowed.get(ruleBefore) ?? 0) + 1)
  const nameOf = (policy: number) => policies[policy]?.name ?? ''
  const policyOf = (rule: string | null) => {
    const [only, ...others] = rules.filter(one => one.rule === rule)
    return only && others.length === 0 ? nameOf(only.policy) : null
  }
  const byFlips = <Group extends FlippedGroup>(groups: Group[]) => groups.slice(0, groupsListedMax)
  return {
    policies,
    sessions,
    runs: totals.runs,
    agents: totals.agents,
    commands: totals.commands,
    from: totals.fromUs === null ? null : writeTime(totals.fromUs),
    to: totals.toUs === null ? null : writeTime(totals.toUs),
    matrix: verdicts,
    rules: rules.map(({ policy, ...hits }) => ({ policy: nameOf(policy), ...hits, newlyAllowed: allowed.get(hits.rule) ?? 0 })),
    rulesGone: [...allowed]
      .filter(([rule]) => !rules.some(one => one.rule === rule))
      .map(([rule, newlyAllowed]) => ({ rule, newlyAllowed })),
    flips: flips.slice(0, flipsListedMax).map(({ line, atUs, agent, text, ...flip }) => ({
      ...flip,
      text: text.slice(0, textMax),
      frame: line,
      at: writeTime(atUs),
      principal: agent,
      target: targetOf(flip.session),
      policy: policyOf(flip.rule),
    })),
    flipsTotal: totals.flips,
    flipGroups: { byShape: byFlips(result.flipsByShape.map(groupOf)), byAgent: byFlips(result.flipsByAgent.map(groupOf)) },
    masks: masks.map(hits => ({ ...hits, samples: samples.of(hits.rule, hits.column) })),
    masked: watch.masked.map(maskedOf),
    maskedTotal: watch.total,
    limits,
    approvalsPerDay: approvals,
    unmatched,
    unknowns: [...unknowns.map(({ message }) => message), ...parts.unknowns],
    isTruncated,
    tookMs,
  }
}

function groupOf({ example: { line, ...place }, ...group }: RehearsalResult['flipsByShape'][number]): FlippedGroup {
  return { ...group, example: { ...place, frame: line } }
}

function maskedOf({ header, command, rules, columns, reads }: WouldMask): MaskedCommand {
  const { record, line, atUs, rows } = command
  return {
    session: header.session,
    command: record.n,
    frame: line,
    at: writeTime(header.startedAtUs + atUs),
    principal: header.principal.name,
    target: header.target.name,
    text: record.text.slice(0, textMax),
    rows,
    rules,
    wouldMask: columns,
    reads,
  }
}

/** RFC 3339, UTC, microseconds. */
function writeTime(us: number): string {
  const second = Math.floor(us / 1e6)
  return `${new Date(second * 1000).toISOString().slice(0, 19)}.${String(us - second * 1e6).padStart(6, '0')}Z`
}
