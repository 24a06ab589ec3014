import type postgres from 'postgres'
import { isSqlState } from './schema.ts'

/**
 * Sees to it that what was deleted from the index is in no file of the store
 * any more: not in a page that a row is dead in, not among the values that the
 * planner knows, not in the write-ahead log. Gives what the store did not let us
 * do. The tables are locked meanwhile: search waits.
 */
export async function purgeStore(sql: postgres.Sql): Promise<string[]> {
  const problems: string[] = []
  for (const statement of statements) {
    try {
      await sql.unsafe(statement)
    } catch (error) {
      // A server of somebody else's lets its own administrators do that. It cleans up by itself, in its own time.
      if (!isSqlState(error, '42501')) throw error
      problems.push(`the store may keep what was erased in its files for a while: it does not let us \`${statement.split('\n')[0]}\``)
    }
  }
  return problems
}

// Analyzing an empty table leaves what was known of it, so that goes first.
const statements = [
  `delete from pg_catalog.pg_statistic where starelid in
     (select oid from pg_catalog.pg_class where relnamespace = 'steno_index'::regnamespace)`,
  'vacuum (full, analyze) steno_index.commands',
  'vacuum (full, analyze) steno_index.sessions',
  'vacuum full pg_catalog.pg_statistic',
  'select pg_switch_wal()',
  'checkpoint',
]
