import postgres from 'postgres'
import type { CommandRow, SessionRow } from './rows.ts'
import type { SessionState } from './session-reader.ts'

/** How to reach the store: a `postgres://` URL, or the driver's options as plain data. */
export type StoreConnection = string | postgres.Options<Record<string, never>>

/** The driver's type for numbers that fit a JavaScript number and stand in `bigint` columns: times, sizes, counts. */
type Numbers = { bigint: number }
export type Sql = postgres.Sql<Numbers>

/** Opens the store. Nothing is connected until the first query. */
export function connectStore(connection: StoreConnection, { connections }: { connections: number }): Sql {
  const options = {
    max: connections,
    connect_timeout: 10,
    idle_timeout: 300,
    onnotice: ignoreNotice,
    // The recordings are the truth: a commit that a crash takes back is indexed again, so none waits for the disk.
    connection: { application_name: 'steno', synchronous_commit: false },
    types: { bigint: { to: 20, from: [20], parse: (text: string) => Number(text), serialize: (value: number) => String(value) } },
  }
  // An embedded server has no database named after its user.
  return typeof connection === 'string' ? postgres(connection, options) : postgres({ database: 'postgres', ...connection, ...options })
}

// `if exists` and the like are answered with notices; there is nothing in them for anybody.
function ignoreNotice(): void {}

/** What one batch changed, written whole or not at all. */
export interface Batch {
  sessions: SessionRow[]
  commands: CommandRow[]
}

/**
 * Writes what was read, and how far, in one transaction: a line is indexed
 * exactly once whenever the gateway dies. Gives the process of the store's that did it.
 */
export async function writeBatch(sql: Sql, batch: Batch): Promise<number> {
  return sql.begin(async transaction => {
    await upsert(transaction, 'sessions', batch.sessions, { key: ['id'], changing: changingInSessions })
    await upsert(transaction, 'commands', batch.commands, { key: ['session', 'number'], changing: changingInCommands })
    const [row] = await transaction<{ process: number }[]>`select pg_backend_pid() as process`
    return row!.process
  })
}

/** A session as far as it is indexed, or null for one that is not. */
export async function readSession(sql: Sql, session: string): Promise<SessionState | null> {
  const [row] = await sql<{ row: SessionRow }[]>`select to_jsonb(s) as row from steno_index.sessions s where id = ${session}`
  if (!row) return null
  const running = await sql<{ row: CommandRow }[]>`
    select to_jsonb(c) as row from steno_index.commands c where session = ${session} and duration_us is null order by number`
  return { session: row.row, running: new Map(running.map(command => [command.row.number, command.row])) }
}

/** How far each session is indexed. */
export async function readProgress(sql: Sql): Promise<Map<string, { indexedBytes: number; isDone: boolean }>> {
  const rows = await sql<{ id: string; bytes: number; done: boolean }[]>`
    select id, indexed_bytes as bytes, damage is not null as done from steno_index.sessions`
  return new Map(rows.map(({ id, bytes, done }) => [id, { indexedBytes: bytes, isDone: done }]))
}

/** Takes a session out of the index, for a recording that is not the one that was indexed. */
export async function forgetSession(sql: Sql, session: string): Promise<void> {
  await sql.begin(async transaction => {
    await transaction`delete from steno_index.commands where session = ${session}`
    await transaction`delete from steno_index.sessions where id = ${session}`
  })
}

const changingInSessions: (keyof SessionRow)[] = [
  'path',
  'last_us',
  'ended_us',
  'end_reason',
  'commands',
  'errors',
  'denied',
  'held',
  'masked',
  'indexed_bytes',
  'indexed_lines',
  'damage',
]
const changingInCommands: (keyof CommandRow)[] = [
  'verdict',
  'rule',
  'reason',
  'matched',
  'approval',
  'policy_version',
  'masked',
  'rows',
  'affected',
  'error_code',
  'error_message',
  'duration_us',
  'answered',
]

/** One statement for any number of rows: they travel as one JSON value. Names come from our own rows, never from outside. */
async function upsert<Row extends object>(
  sql: postgres.TransactionSql<Numbers>,
  table: 'sessions' | 'commands',
  rows: Row[],
  { key, changing }: { key: (keyof Row)[]; changing: (keyof Row)[] },
): Promise<void> {
  const [first] = rows
  if (!first) return
  const names = Object.keys(first).join(', ')
  const sets = changing.map(name => `${String(name)} = excluded.${String(name)}`).join(', ')
  await sql.unsafe(
    `insert into steno_index.${table} (${names})
     select ${names} from jsonb_populate_recordset(null::steno_index.${table}, $1::jsonb)
     on conflict (${key.map(String).join(', ')}) do update set ${sets}`,
    [sql.json(rows as unknown as postgres.JSONValue)],
    { prepare: true },
  )
}
