import { RecordingReader, RecordingWriter, SaltPool, type PlacedEvent } from '@steno/recordings'
import type { Disk, Machine } from '../runtime/machine.ts'

/** What recovery did with one recording that a dead gateway had left open. */
export interface Recovered {
  session: string
  path: string
  sizeBytes: number
  /** Bytes of a torn last line, kept beside the recording as `<session>.torn`. */
  tornBytes: number
}

const pieceBytes = 1 << 20

/**
 * Closes what a gateway that died left open: a torn last line is set aside as
 * evidence, and the recording gets its end, `interrupted`. Bytes that a target
 * has seen are never among those set aside, because a line is whole in the
 * kernel before its command is sent.
 */
export async function recover(machine: Machine, directory: string): Promise<Recovered[]> {
  const { disk } = machine
  const all: Recovered[] = []
  for (const session of disk.list(`${directory}/open`)) {
    const recovered = await recoverOne(machine, directory, session)
    // Not before the end is on disk: without its marker nobody would look at this recording again.
    disk.remove(`${directory}/open/${session}`)
    if (recovered) all.push(recovered)
  }
  return all
}

async function recoverOne(machine: Machine, directory: string, session: string): Promise<Recovered | null> {
  const { disk } = machine
  const path = findRecording(disk, directory, session)
  if (!path) return null
  const wholeBytes = endOfLastLine(disk, path)
  const tornBytes = disk.sizeBytes(path) - wholeBytes
  if (tornBytes > 0) {
    const torn = `${path.slice(0, -'.cast'.length)}.torn`
    // What is set aside already was found by a recovery that died itself; what
    // is torn now is the line it was adding, and no evidence.
    if (!disk.exists(torn)) disk.replace(torn, disk.readRange(path, { start: wholeBytes, end: wholeBytes + tornBytes }))
    disk.truncate(path, wholeBytes)
  }
  if (wholeBytes === 0) {
    // Not even the header was written, so the session never began.
    disk.remove(path)
    return { session, path, sizeBytes: 0, tornBytes }
  }
  const last = lastEvents(disk, path)
  if (!last.ended) {
    const writer = RecordingWriter.continuing({ lastAtUs: last.atUs }, new SaltPool(sizeBytes => machine.random(sizeBytes)))
    writer.end(last.atUs, { reason: 'interrupted', commands: last.commands })
    const file = disk.append(path, { exclusive: false })
    file.write(writer.take())
    await file.sync()
    file.close()
  }
  return { session, path, sizeBytes: disk.sizeBytes(path), tornBytes }
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

function lastEvents(disk: Disk, path: string): { atUs: number; commands: number; ended: boolean } {
  const reader = new RecordingReader()
  let atUs = 0
  let commands = 0
  let ended = false
  const see = (placed: PlacedEvent) => {
    atUs = placed.atUs
    if (placed.event.code === 'q') commands = placed.event.command.n
    if (placed.event.code === 'e') ended = true
  }
  const sizeBytes = disk.sizeBytes(path)
  for (let start = 0; start < sizeBytes; start += pieceBytes) {
    const end = Math.min(sizeBytes, start + pieceBytes)
    for (const placed of reader.push(disk.readRange(path, { start, end }))) see(placed)
  }
  return { atUs, commands, ended }
}
