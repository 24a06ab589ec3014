import { canonicalJson } from '@steno/policy-dsl'
import { RecordingError } from '@steno/recordings'
import type { Machine } from '../runtime/machine.ts'
import { start, storable, type CommandRow } from './rows.ts'
import { ledgerRuns, type RunRow } from './runs.ts'
import { beginSession, readLine, type ReadOperations, type SessionState } from './session-reader.ts'
import type { Sql } from './store.ts'
import { wholeLines } from './whole-lines.ts'

/** One thing that the index says and the record does not, or the other way round. */
export interface Difference {
  /** `session <id>`, `command <id>.<number>` or `run <id>`. */
  of: string
  /** The column; null where one of the two knows nothing of it at all. */
  field: string | null
  /** What the recording or the ledger says, as JSON and cut short; null for nothing. */
  recorded: string | null
  indexed: string | null
}

/** What came of holding the index against the record. */
export interface IndexCheck {
  sessions: number
  commands: number
  runs: number
  /** The first of them. */
  differences: Difference[]
  /** How many there are in all. */
  differing: number
}

export interface CheckParts {
  sql: Sql
  machine: Machine
  dataDirectory: string
  readOperations: ReadOperations
  parsersReady: () => void | Promise<void>
}

const differencesMax = 1000
const shownMax = 200
const pageRows = 500

/**
 * Reads recordings and ledger anew and holds every row of the store against
 * them: the store is where an investigator searches, and whoever runs it could
 * have changed it. A session at a time, so that indexing goes on between them.
 */
export class IndexChecker {
  readonly #parts: CheckParts
  readonly #check: IndexCheck = { sessions: 0, commands: 0, runs: 0, differences: [], differing: 0 }

  constructor(parts: CheckParts) {
    this.#parts = parts
  }

  get result(): IndexCheck {
    return this.#check
  }

  /** The sessions that the store knows. */
  async indexedSessions(): Promise<string[]> {
    const { sql } = this.#parts
    const rows = await sql<{ id: string }[]>`
      select id from steno_index.sessions union select distinct session from steno_index.commands order by 1`
    return rows.map(({ id }) => id)
  }

  /** How much of a recording the store says it has read; null when it does not know the session. */
  async indexedBytes(session: string): Promise<number | null> {
    const { sql } = this.#parts
    const [row] = await sql<{ bytes: number }[]>`select indexed_bytes as bytes from steno_index.sessions where id = ${session}`
    return row?.bytes ?? null
  }

  /**
   * Checks one session against its recording, of which so many bytes must be in
   * the store; `path` is null when there is no recording. What the store once
   * refused to take differs too: it cannot be found, whatever the reason.
   */
  async session(session: string, { path, sizeBytes }: { path: string | null; sizeBytes: number }): Promise<void> {
    const { sql } = this.#parts
    this.#check.sessions++
    const of = `session ${session}`
    const [stored] = await sql<{ row: Record<string, unknown> }[]>`
      select to_jsonb(s) as row from steno_index.sessions s where id = ${session}`
    const indexedBytes = Number(stored?.row['indexed_bytes'] ?? 0)
    const read = path === null ? null : await this.#read(session, { path, untilBytes: Math.max(indexedBytes, sizeBytes) })
    if (read && stored) this.#compare(of, read.state.session, stored.row)
    else if (read) this.#differ({ of, field: null, recorded: shown(read.state.session.started_us), indexed: null })
    else if (stored) this.#differ({ of, field: null, recorded: null, indexed: shown(stored.row['started_us']) })
    for (const number of await this.#numbersOf(session))
      if (!read?.numbers.has(number))
        this.#differ({ of: `command ${session}.${number}`, field: null, recorded: null, indexed: shown(number) })
  }

  /** Checks the runs against the ledger. */
  async runs(): Promise<void> {
    const { sql, machine, dataDirectory } = this.#parts
    const [progress] = await sql<{ bytes: number }[]>`select sum(indexed_bytes)::bigint as bytes from steno_index.progress`
    const recorded = new Map(ledgerRuns(machine.disk, dataDirectory, progress?.bytes ?? 0).map(run => [run.id, run]))
    for (let after = ''; ;) {
      const page: { row: RunRow }[] = await sql<{ row: RunRow }[]>`
        select to_jsonb(r) as row from steno_index.runs r where id > ${after} order by id limit ${pageRows}`
      for (const { row } of page) {
        const run = recorded.get(row.id)
        recorded.delete(row.id)
        this.#check.runs++
        if (run) this.#compare(`run ${row.id}`, run, row as unknown as Record<string, unknown>)
        else this.#differ({ of: `run ${row.id}`, field: null, recorded: null, indexed: shown(row.opened_us) })
      }
      const last = page.at(-1)
      if (!last) break
      after = last.row.id
    }
    for (const run of recorded.values()) this.#differ({ of: `run ${run.id}`, field: null, recorded: shown(run.opened_us), indexed: null })
  }

  /** Reads a recording as the indexer does, comparing commands as they end. Null when it has no header that can be read. */
  async #read(
    session: string,
    { path, untilBytes }: { path: string; untilBytes: number },
  ): Promise<{ state: SessionState; numbers: Set<number> } | null> {
    const { machine, readOperations, parsersReady } = this.#parts
    const numbers = new Set<number>()
    let ended: CommandRow[] = []
    let state: SessionState | null = null
    try {
      let bytes = 0
      for (const line of wholeLines(machine.disk, path, 0)) {
        bytes += line.length + 1
        if (bytes > untilBytes) break
        const wait = parsersReady()
        if (wait) await wait
        if (!state) state = beginSession(line, path)
        else
          for (const row of readLine(state, line, readOperations)) {
            numbers.add(row.number)
            if (row.duration_us !== null) ended.push(row)
          }
        if (ended.length >= pageRows) {
          await this.#compareCommands(session, ended)
          ended = []
        }
      }
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error
      if (state) state.session.damage = error.message
    }
    if (!state) return null
    await this.#compareCommands(session, [...ended, ...state.running.values()])
    this.#check.commands += numbers.size
    return { state, numbers }
  }

  async #compareCommands(session: string, recorded: CommandRow[]): Promise<void> {
    const { sql } = this.#parts
    for (let at = 0; at < recorded.length; at += pageRows) {
      const page = recorded.slice(at, at + pageRows)
      const numbers = page.map(({ number }) => number)
      const rows = await sql<{ row: Record<string, unknown> }[]>`
        select to_jsonb(c) as row from steno_index.commands c where session = ${session} and number = any(${numbers}::int[])`
      const stored = new Map(rows.map(({ row }) => [row['number'], row]))
      for (const row of page) {
        const of = `command ${session}.${row.number}`
        const indexed = stored.get(row.number)
        if (indexed) this.#compare(of, row, indexed)
        else this.#differ({ of, field: null, recorded: shown(row.text), indexed: null })
      }
    }
  }

  async #numbersOf(session: string): Promise<number[]> {
    const { sql } = this.#parts
    const rows = await sql<{ number: number }[]>`select number from steno_index.commands where session = ${session} order by number`
    return rows.map(({ number }) => number)
  }

  #compare(of: string, recorded: object, indexed: Record<string, unknown>): void {
    const plain = recorded as Record<string, unknown>
    for (const field of new Set([...Object.keys(plain), ...Object.keys(indexed)]))
      if (canonicalJson(plain[field]) !== canonicalJson(indexed[field]))
        this.#differ({ of, field, recorded: shown(plain[field]), indexed: shown(indexed[field]) })
  }

  #differ(difference: Difference): void {
    this.#check.differing++
    if (this.#check.differences.length < differencesMax) this.#check.differences.push(difference)
  }
}

function shown(value: unknown): string | null {
  return value === undefined || value === null ? null : storable(start(JSON.stringify(value), shownMax))
}
