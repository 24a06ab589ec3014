import { parseLedgerEntry, type LedgerEntry } from '../journal/ledger-entry.ts'
import type { Disk } from '../runtime/machine.ts'
import { storable } from './rows.ts'
import type { Sql } from './store.ts'
import { wholeLines } from './whole-lines.ts'

const file = 'ledger.ndjson'
const entriesMax = 1000

/** Indexes what the ledger says of runs since it was last looked at. Gives the runs it found news of; none when there is nothing left to read. */
export async function indexRuns(sql: Sql, disk: Disk, dataDirectory: string): Promise<string[] | null> {
  const path = `${dataDirectory}/${file}`
  if (!disk.exists(path)) return null
  const [progress] = await sql<{ bytes: number }[]>`select indexed_bytes as bytes from steno_index.progress where file = ${file}`
  const from = progress?.bytes ?? 0
  if (disk.sizeBytes(path) <= from) return null
  const { entries, bytes } = readEntries(disk, path, from)
  if (bytes === 0) return null
  await sql.begin(async transaction => {
    for (const entry of entries) await indexEntry(transaction as unknown as Sql, entry)
    await transaction`
      insert into steno_index.progress values (${file}, ${from + bytes})
      on conflict (file) do update set indexed_bytes = excluded.indexed_bytes`
  })
  return entries.flatMap(entry => (entry.kind === 'run.open' ? [entry.run.id] : entry.kind === 'run.end' ? [entry.run] : []))
}

/** Entries of kinds this version does not know are somebody else's; the ledger's own reader says so at the start. */
function readEntries(disk: Disk, path: string, from: number): { entries: LedgerEntry[]; bytes: number } {
  const entries: LedgerEntry[] = []
  const decoder = new TextDecoder()
  let bytes = 0
  for (const line of wholeLines(disk, path, from)) {
    const entry = parseLedgerEntry(decoder.decode(line))
    if ('kind' in entry) entries.push(entry)
    bytes += line.length + 1
    if (entries.length >= entriesMax) break
  }
  return { entries, bytes }
}

async function indexEntry(sql: Sql, entry: LedgerEntry): Promise<void> {
  if (entry.kind === 'run.open') {
    const { run, principal, delegation, targets } = entry
    await sql`
      insert into steno_index.runs
        (id, principal, principal_kind, delegation, task, trigger, agent_version, attempt, parent, targets, opened_us, expires_us)
      values
        (${run.id}, ${storable(principal.name)}, ${principal.kind}, ${delegation.map(({ name }) => storable(name))}, ${storable(run.task)},
         ${storable(run.trigger)}, ${storable(run.agentVersion)}, ${run.attempt}, ${run.parent}, ${targets}, ${entry.atUs}, ${entry.expiresAtUs})
      on conflict (id) do nothing`
  }
  if (entry.kind === 'run.end') {
    await sql`update steno_index.runs set ended_us = ${entry.atUs}, exit_code = ${entry.exitCode} where id = ${entry.run} and ended_us is null`
  }
}
