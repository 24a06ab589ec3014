import type postgres from 'postgres'

/** What the tables below look like. Another number in the store means they are dropped and filled again from the recordings. */
export const schemaVersion = 3

/** Held while the tables are made, so that two gateways that start together do not both make them. */
const schemaLock = 7_700_001

/**
 * Makes the index's tables, or makes them anew when they are of another
 * version. They hold nothing that is not in the recordings and the ledger.
 * Runs on PostgreSQL 13 and later; `pg_trgm` speeds up searching for text where
 * the server has it, and is not needed.
 */
export async function applySchema(sql: postgres.Sql): Promise<void> {
  await sql.begin(async transaction => {
    await transaction`select pg_advisory_xact_lock(${schemaLock})`
    if ((await versionIn(transaction)) === schemaVersion) return
    await transaction.unsafe('drop schema if exists steno_index cascade')
    await transaction.unsafe(tables)
    await transaction`insert into steno_index.schema_version values (${schemaVersion})`
  })
  await indexText(sql)
}

/** Empties the index, for it to be filled again. */
export async function emptyIndex(sql: postgres.Sql): Promise<void> {
  await sql`truncate steno_index.runs, steno_index.sessions, steno_index.commands, steno_index.progress`
}

async function versionIn(sql: postgres.TransactionSql): Promise<number | null> {
  const [table] = await sql<{ exists: boolean }[]>`select to_regclass('steno_index.schema_version') is not null as exists`
  if (!table?.exists) return null
  const [row] = await sql<{ version: number }[]>`select version from steno_index.schema_version`
  return row?.version ?? null
}

async function indexText(sql: postgres.Sql): Promise<void> {
  const [trigrams] = await sql<{ known: boolean; there: boolean }[]>`
    select exists (select from pg_available_extensions where name = 'pg_trgm') as known,
           exists (select from pg_extension where extname = 'pg_trgm') as there`
  if (!trigrams?.known && !trigrams?.there) return
  try {
    await sql`create extension if not exists pg_trgm`
    const [home] = await sql<{ name: string }[]>`
      select quote_ident(nspname) as name from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'pg_trgm'`
    await sql.unsafe(
      `create index if not exists commands_text on steno_index.commands using gin ((asked || E'\\n' || answered) ${home?.name ?? 'public'}.gin_trgm_ops)`,
    )
  } catch (error) {
    // 42501: the role may not create extensions. The search then reads every command's text, with the same result.
    if (!isSqlState(error, '42501')) throw error
  }
}

/** Whether the store itself refused, with this SQLSTATE or one of this class. */
export function isSqlState(error: unknown, state: string): boolean {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string' && error.code.startsWith(state)
}

const tables = `
create schema steno_index;

create table steno_index.schema_version (version int not null);

-- How far a file that is not a session's has been read.
create table steno_index.progress (file text primary key, indexed_bytes bigint not null);

create table steno_index.runs (
  id text primary key,
  principal text not null,
  principal_kind text not null,
  delegation text[] not null,
  task text,
  trigger text,
  agent_version text,
  attempt int not null,
  parent text,
  targets text[] not null,
  opened_us bigint not null,
  expires_us bigint not null,
  ended_us bigint,
  exit_code int
);
create index runs_opened on steno_index.runs (opened_us desc, id desc);
create index runs_task on steno_index.runs (principal, (coalesce(task, '')));

create table steno_index.sessions (
  id text primary key,
  path text not null,
  run text not null,
  attempt int not null,
  task text,
  agent_version text,
  principal text not null,
  principal_kind text not null,
  delegation text[] not null,
  target text not null,
  protocol text not null,
  started_us bigint not null,
  last_us bigint not null,
  ended_us bigint,
  end_reason text,
  commands int not null,
  errors int not null,
  denied int not null,
  held int not null,
  masked bigint not null,
  client_address text not null,
  application text,
  policy_version text not null,
  header jsonb not null,
  indexed_bytes bigint not null,
  indexed_lines int not null,
  damage text
);
create index sessions_started on steno_index.sessions (started_us desc, id desc);
create index sessions_run on steno_index.sessions (run);

create table steno_index.commands (
  session text not null,
  number int not null,
  run text not null,
  attempt int not null,
  task text,
  principal text not null,
  principal_kind text not null,
  delegation text[] not null,
  target text not null,
  protocol text not null,
  at_us bigint not null,
  kind text not null,
  text text not null,
  text_length int not null,
  -- The hash of the text without its literals.
  shape text not null,
  parameters jsonb not null,
  operations jsonb not null,
  verbs text[] not null,
  tables text[] not null,
  columns text[] not null,
  verdict text not null,
  rule text,
  reason text,
  matched jsonb,
  approval text,
  policy_version text not null,
  held boolean not null,
  masked bigint not null,
  rows bigint,
  affected bigint,
  error_code text,
  error_message text,
  duration_us bigint,
  frame int not null,
  asked text not null,
  answered text not null,
  primary key (session, number)
);
create index commands_at on steno_index.commands (at_us desc, session desc, number desc);
create index commands_running on steno_index.commands (session) where duration_us is null;
create index commands_shape on steno_index.commands (target, shape, at_us desc);
create index commands_run on steno_index.commands (run, at_us desc);
create index commands_principal on steno_index.commands (principal, at_us desc);
create index commands_verbs on steno_index.commands using gin (verbs);
create index commands_tables on steno_index.commands using gin (tables);
create index commands_columns on steno_index.commands using gin (columns);
`
