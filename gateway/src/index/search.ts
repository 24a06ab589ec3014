import type { Command, Run, Session, SessionDetail, Verdict } from '@steno/recordings'

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
  /** How far the index is behind the recordings. */
  lag(): Promise<{ bytes: number; sessions: number }>
}
