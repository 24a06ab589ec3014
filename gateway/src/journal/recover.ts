import { RecordingReader, RecordingWriter, SaltPool, type EndReason, type PlacedEvent } from '@steno/recordings'
import type { Disk, Machine } from '../runtime/machine.ts'

/** A recording that has its end, and is on disk with it. */
export interface ClosedRecording {
  session: string
  path: string
  sizeBytes: number
  reason: EndReason
}

/** What recovery did with one recording that a dead gateway had left open. */
export interface Recovered {
  session: string
  /** Null when its session never began, or when the recording is gone. */
  closed: ClosedRecording | null
  /** The log knows the session, and there is no line of it. */
  isMissing: boolean
  /** Bytes of a torn last line, kept beside the recording as `<session>.torn`. */
  tornBytes: number
}

const pieceBytes = 1 << 20

/** What tells recovery which recordings a gateway that died left open, beside their marks. */
export interface LeftOpen {
  /** Sessions that the log knows as open. */
  unsealed: ReadonlySet<string>
  /** Sessions that should be in the log and are not: a loss of power can take a leaf and a mark, and leave the recording. */
  unlogged: readonly string[]
}

/** Closes what a gateway that died left open. `seal` gets all of it that has its end on disk. */
export async function recover(
  machine: Machine,
  directory: string,
  { unsealed, unlogged, seal }: LeftOpen & { seal: (closed: ClosedRecording[]) => Promise<void> },
): Promise<Recovered[]> {
  const { disk } = machine
  const marked = disk.list(`${directory}/open`)
  const all: Recovered[] = []
  for (const session of new Set([...marked, ...unsealed, ...unlogged])) {
    const { closed, tornBytes } = (await closeRecording(machine, directory, session)) ?? { closed: null, tornBytes: 0 }
    all.push({ session, closed, tornBytes, isMissing: closed === null && unsealed.has(session) })
  }
  await seal(all.flatMap(({ closed }) => (closed ? [closed] : [])))
  for (const session of marked) unmark(disk, directory, session)
  return all
}

/** Takes the mark away. Only once the recording's end is on disk, and sealed: nobody would look at it again. */
export function unmark(disk: Disk, directory: string, session: string): void {
  const marker = `${directory}/open/${session}`
  if (disk.exists(marker)) disk.remove(marker)
}

/**
 * Closes a recording that its gateway did not close: a torn last line is set
 * aside as evidence, and the recording gets its end, `interrupted`, unless it
 * has one. Bytes that a target has seen are never among those set aside,
 * because a line is whole in the kernel before its command is sent. Gives null
 * when there is no such recording.
 */
async function closeRecording(
  machine: Machine,
  directory: string,
  session: string,
): Promise<Pick<Recovered, 'closed' | 'tornBytes'> | null> {
  const { disk } = machine
  const path = findRecording(disk, directory, session)
  if (!path) return null
  const wholeBytes = endOfLastLine(disk, path)
  const tornBytes = disk.sizeBytes(path) - wholeBytes
  if (wholeBytes === 0) {
    // Not even the header was written, so the session never began.
    if (tornBytes > 0) setTornLineAside(disk, path, 0)
    disk.remove(path)
    return { closed: null, tornBytes }
  }
  return { closed: await endRecording(machine, { session, path, wholeBytes, ...lastEvents(disk, path, wholeBytes) }), tornBytes }
}

/** A recording whose gateway, or whose disk, let go of it. */
export interface LeftRecording {
  session: string
  path: string
  /** Where its last whole line ends. */
  wholeBytes: number
  /** The commands in it. */
  commands: number
  /** Its end, when it has one. */
  reason: EndReason | null
}

/** Sets aside what is torn, and adds the end where there is none. On disk when it resolves; rejects with the disk's error. */
export async function endRecording(
  machine: Machine,
  { session, path, wholeBytes, commands, reason }: LeftRecording,
): Promise<ClosedRecording> {
  const { disk } = machine
  if (disk.sizeBytes(path) > wholeBytes) setTornLineAside(disk, path, wholeBytes)
  const file = disk.append(path, { exclusive: false })
  if (reason === null) {
    // When the last line was written its gateway was there; how long after, nobody knows.
    const writer = RecordingWriter.continuing({ lastAtUs: 0 }, new SaltPool(sizeBytes => machine.random(sizeBytes)))
    writer.end(0, { reason: 'interrupted', commands })
    file.write(writer.take())
  }
  // Also when it has its end: whoever wrote that may have died before it was on disk.
  await file.sync()
  file.close()
  return { session, path, sizeBytes: disk.sizeBytes(path), reason: reason ?? 'interrupted' }
}

function setTornLineAside(disk: Disk, path: string, wholeBytes: number): void {
  const torn = `${path.slice(0, -'.cast'.length)}.torn`
  // What is set aside already was found by a recovery that died itself; what
  // is torn now is the line it was adding, and no evidence.
  if (!disk.exists(torn)) disk.replace(torn, disk.readRange(path, { start: wholeBytes, end: disk.sizeBytes(path) }))
  disk.truncate(path, wholeBytes)
}

function findRecording(disk: Disk, directory: string, session: string): string | null {
  for (const day of disk.list(`${directory}/sessions`).reverse()) {
    const path = `${directory}/sessions/${day}/${session}.cast`
    if (disk.exists(path)) return path
  }
  return null
}

/** The offset after the last newline, looking backwards a piece at a time. */
function endOfLastLine(disk: Disk, path: string): number {
  for (let end = disk.sizeBytes(path); end > 0;) {
    const start = Math.max(0, end - pieceBytes)
    const newline = disk.readRange(path, { start, end }).lastIndexOf(0x0a)
    if (newline >= 0) return start + newline + 1
    end = start
  }
  return 0
}

function lastEvents(disk: Disk, path: string, wholeBytes: number): { commands: number; reason: EndReason | null } {
  const reader = new RecordingReader()
  let commands = 0
  let reason: EndReason | null = null
  const see = ({ event }: PlacedEvent) => {
    if (event.code === 'q') commands = event.command.n
    if (event.code === 'e') reason = event.end.reason
  }
  for (let start = 0; start < wholeBytes; start += pieceBytes) {
    const end = Math.min(wholeBytes, start + pieceBytes)
    for (const placed of reader.push(disk.readRange(path, { start, end }))) see(placed)
  }
  return { commands, reason }
}
