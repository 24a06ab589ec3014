import { eventMeanings, RecordingWriter, SaltPool, type EndReason } from '@steno/recordings'
import type { Forgotten } from '../index/index.ts'
import { Ledger } from '../journal/ledger.ts'
import { openTestRoom } from '../log/test-log.ts'
import { newId } from '../runtime/id.ts'
import type { Disk, Machine } from '../runtime/machine.ts'
import { openRetention } from './open-retention.ts'
import { inlineRecordingWork } from './recording-work.ts'

// For tests alone: sessions that are over, and the room that decides how long they stay.

export const data = '/data'
export const secret = 'hunter2-but-longer'
const dayUs = 86_400_000_000

export const ada = { kind: 'token', name: 'ada' } as const
export const bob = { kind: 'person', name: 'bob' } as const

/** A session of three commands; the second says the secret, and so does its answer. */
export function recordSession(
  machine: Machine,
  told: { target?: string; run?: string; lastsDays?: number; isOpen?: boolean; torn?: string } = {},
): { id: string; path: string } {
  const { target = 'shop', run = 'r1', lastsDays = 0, isOpen = false, torn } = told
  const startedAtUs = machine.clock.nowUs()
  const id = newId(machine)
  const directory = `${data}/sessions/${new Date(startedAtUs / 1000).toISOString().slice(0, 10)}`
  for (const made of [`${data}/open`, directory]) machine.disk.makeDirectory(made)
  const path = `${directory}/${id}.cast`
  const writer = new RecordingWriter(new SaltPool(size => machine.random(size)))
  writer.header(
    {
      v: 1,
      events: eventMeanings,
      session: id,
      gateway: 'test',
      protocol: 'postgres',
      target: { name: target, address: 'db:5432', labels: {} },
      run: { id: run, attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
      principal: { kind: 'agent', name: 'robin/reporter', groups: [] },
      delegation: [{ kind: 'human', name: 'eve', groups: [] }],
      client: { address: '10.0.0.1:5000', application: null, tls: false },
      startedAtUs,
      policyVersion: 'none',
    },
    { cols: 80, rows: 24 },
    'a session',
  )
  let atUs = 0
  for (const [i, text] of ['select 1', `select '${secret}'`, 'select 3'].entries()) {
    const n = i + 1
    atUs += 1000
    writer.command(atUs, { n, kind: 'query', text, transaction: 'idle', decision: { verdict: 'allow', policyVersion: 'none' } })
    writer.output(atUs, `=> ${text}\r\n`)
    writer.answer(atUs, n)
    writer.part({ kind: 'rows', rows: [[text.slice(8, -1)]] })
    writer.part({ kind: 'end', transaction: 'idle' })
    writer.closeAnswer()
    writer.output(atUs, `${text.slice(8, -1)}\r\n`)
  }
  const reason: EndReason = torn === undefined ? 'client closed' : 'interrupted'
  if (!isOpen) writer.end(lastsDays * dayUs + atUs, { reason, commands: 3 })
  writeFile(machine.disk, path, writer.take())
  if (isOpen) writeFile(machine.disk, `${data}/open/${id}`, new Uint8Array(0))
  if (torn !== undefined) writeFile(machine.disk, `${path.slice(0, -'.cast'.length)}.torn`, new TextEncoder().encode(torn))
  return { id, path }
}

/** The room, as the ledger on the machine's disk tells it was, beside a log. */
export async function openTestRetention(machine: Machine, { keep = {} }: { keep?: Record<string, number> } = {}) {
  machine.disk.makeDirectory(data)
  const { ledger, entries } = Ledger.open(machine, { directory: data, onSyncFailed: () => {} })
  const room = await openTestRoom(machine, ledger)
  const problems: string[] = []
  const forgotten: Forgotten[] = []
  const withdrawn: { session: string; commands: readonly number[] | 'all' }[] = []
  /** What the store does when it shall forget. */
  const store = { forget: async () => {} }
  const opened = openRetention({
    machine,
    directory: data,
    ledger,
    entries,
    work: inlineRecordingWork(machine.disk),
    index: {
      async forget(one) {
        await store.forget()
        forgotten.push(one)
      },
    },
    approvals: { forget: (session, commands) => void withdrawn.push({ session, commands }) },
    keep,
    published: () => room.epochs.anchor(),
    onProblem: problem => problems.push(problem),
  })
  return { ...opened, ...room, ledger, store, problems, forgotten, withdrawn }
}

/** Every file below a directory that has a text in it. */
export function filesWith(disk: Disk, text: string, directory = data): string[] {
  return disk.list(directory).flatMap(name => {
    const path = `${directory}/${name}`
    if (disk.list(path).length > 0) return filesWith(disk, text, path)
    try {
      return new TextDecoder().decode(disk.read(path)).includes(text) ? [path] : []
    } catch {
      // A directory that is empty.
      return []
    }
  })
}

function writeFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.append(path, { exclusive: true })
  file.write(bytes)
  file.close()
}
