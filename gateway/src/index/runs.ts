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

/** A run as it stands in the store; names are the columns'. */
export interface RunRow {
  id: string
  principal: string
  principal_kind: string
  delegation: string[]
  task: string | null
  trigger: string | null
  agent_version: string | null
  attempt: number
  parent: string | null
  targets: string[]
  opened_us: number
  expires_us: number
  ended_us: number | null
  exit_code: number | null
}

/** The runs that the ledger's first bytes tell of. */
export function ledgerRuns(disk: Disk, dataDirectory: string, untilBytes: number): RunRow[] {
  const path = `${dataDirectory}/${file}`
  const runs = new Map<string, RunRow>()
  const decoder = new TextDecoder()
  let bytes = 0
  for (const line of disk.exists(path) ? wholeLines(disk, path, 0) : []) {
    bytes += line.length + 1
    if (bytes > untilBytes) break
    const entry = parseLedgerEntry(decoder.decode(line))
    if (!('kind' in entry)) continue
    if (entry.kind === 'run.open' && !runs.has(entry.run.id)) runs.set(entry.run.id, newRunRow(entry))
    if (entry.kind === 'run.end') {
      const run = runs.get(entry.run)
      if (run && run.ended_us === null) Object.assign(run, { ended_us: entry.atUs, exit_code: entry.exitCode })
    }
  }
  return [...runs.values()]
}

function newRunRow({ run, principal, delegation, targets, atUs, expiresAtUs }: LedgerEntry & { kind: 'run.open' }): RunRow {
  return {
    id: run.id,
    principal: storable(principal.name),
    principal_kind: principal.kind,
    delegation: delegation.map(({ name }) => storable(name)),
    task: storable(run.task),
    trigger: storable(run.trigger),
    agent_version: storable(run.agentVersion),
    attempt: run.attempt,
    parent: run.parent,
    targets,
    opened_us: atUs,
    expires_us: expiresAtUs,
    ended_us: null,
    exit_code: null,
  }
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
    const row = newRunRow(entry)
    await sql`insert into steno_index.runs ${sql(row)} on conflict (id) do nothing`
  }
  if (entry.kind === 'run.end') {
    await sql`update steno_index.runs set ended_us = ${entry.atUs}, exit_code = ${entry.exitCode} where id = ${entry.run} and ended_us is null`
  }
}
