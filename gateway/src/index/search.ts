import type { Command, Run, RunIdentity, Session, SessionDetail, Verdict } from '@steno/recordings'

/** What every search understands; absent means any. Times are RFC 3339 or an age such as `1h`, already resolved here to microseconds. */
export interface Filter {
  principal?: string
  agent?: string
  run?: string
  session?: string
  task?: string
  target?: string
  protocol?: string
  verb?: string
  table?: string
  column?: string
  verdict?: Verdict
  /** Only commands that ended in an error, or sessions that have one. */
  error?: boolean
  /** Only sessions that are open. */
  live?: boolean
  /** Text found in statements, bind values, errors and the indexed start of answers. */
  text?: string
  sinceUs?: number
  untilUs?: number
}

export interface Page<T> {
  items: T[]
  /** Ask again with this to get the next page; null at the end. */
  cursor: string | null
}

export interface Bucket {
  /** RFC 3339, the start of the bucket. */
  at: string
  commands: number
  errors: number
  denied: number
  held: number
}

/** Commands that met the same decision by the same rules. */
export interface RuleHits {
  /** `name@hash` of the policy that decided, or those that were asked. */
  policyVersion: string
  /** The rule that decided. */
  rule: string | null
  /** What else matched. */
  matched: string[]
  verdict: Verdict
  commands: number
  /** RFC 3339, the last of them. */
  lastAt: string
}

/** A command that was held, and what its session says of who asked. */
export interface HeldCommand {
  command: Command
  run: RunIdentity
  labels: Record<string, string>
}

/** What commands of one shape did at a target before a moment. */
export interface ShapeHistory {
  commands: number
  /** How they ended; those that people let pass or refused are in here and in `approved` or `refused`. */
  allowed: number
  denied: number
  approved: number
  refused: number
  /** Those that ran into an error at the target. */
  errors: number
  /** How many different principals and runs sent them. */
  principals: number
  runs: number
  /** RFC 3339. */
  firstAt: string | null
  lastAt: string | null
  /** The id of the last one. */
  last: string | null
  /** Rows that those gave or changed that ran without an error; null where none did. */
  rows: { median: number; max: number } | null
}

/** Answers questions about everything recorded. Newest first. */
export interface Search {
  commands(filter: Filter, page: { limit: number; cursor: string | null }): Promise<Page<Command>>
  command(id: string): Promise<Command | null>
  sessions(filter: Filter, page: { limit: number; cursor: string | null }): Promise<Page<Session>>
  session(id: string): Promise<SessionDetail | null>
  runs(filter: Filter, page: { limit: number; cursor: string | null }): Promise<Page<Run>>
  run(id: string): Promise<Run | null>
  /** Commands over time by verdict, in `buckets` equal steps, with the totals of the same filter. */
  histogram(
    filter: Filter,
    range: { sinceUs: number; untilUs: number; buckets: number },
  ): Promise<{ buckets: Bucket[]; sessions: number; commands: number }>
  /** How often rules spoke since then, by what they decided together. */
  ruleHits(range: { sinceUs: number }): Promise<RuleHits[]>
  /** Commands by their ids, as far as they are known. */
  heldCommands(ids: readonly string[]): Promise<Map<string, HeldCommand>>
  /** What commands like this one did before. */
  shapeHistory(like: { text: string; target: string; beforeUs: number; except: string }): Promise<ShapeHistory>
  /** How far the index is behind the recordings. */
  lag(): Promise<{ bytes: number; sessions: number }>
}
