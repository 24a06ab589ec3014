import {
  CompactRange,
  coverRange,
  eraseLines,
  formatBase64,
  growRanges,
  hashLeaf,
  linesOfCommand,
  parseHash,
  parseHeader,
  readSource,
  RecordingError,
  withoutLines,
  type ErasedLines,
  type LineRange,
  type RecordingHeader,
  type RecordingSource,
} from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { Disk } from '../runtime/machine.ts'

/** A recording that is closed, as its file tells it. */
export interface ClosedSession {
  session: string
  run: string
  target: string
  endedAtUs: number
  /** Its lines and the root of their tree, erased ones among them: as it was sealed. */
  size: number
  root: string
}

/** What somebody wants erased: a command with all that tells of it, or lines. */
export type Wanted = { command: number } | LineRange

/** What erasing it would take. */
export interface ErasurePlan {
  lines: LineRange[]
  /** Commands whose own lines are among them. */
  commands: number[]
}

/** Lines that are to go, as the ledger and the log tell of them. */
export interface LinesToErase extends LineRange {
  hashes: string[]
  /** The leaf hash of what stands in their place, in base64. */
  void: string
}

/** Which of a day's recordings are older than their target's rule keeps them. */
export interface ExpiredOfDay {
  expired: (ClosedSession & { path: string; retentionDays: number })[]
  /** When the next of the others is, as far as that can be told; null when none ever is. */
  nextAtUs: number | null
  /** Files that cannot be read as recordings, and why. */
  unreadable: string[]
}

/** What to look for among the recordings of a day. */
export interface ExpirySearch {
  directory: string
  /** Days that recordings of a target are kept for, by its name; those of others are kept for good. */
  keep: Readonly<Record<string, number>>
  held: { sessions: readonly string[]; runs: readonly string[] }
  nowUs: number
}

const dayUs = 86_400_000_000

/** Reads a closed recording whole; null for one that has no end. */
export function examine(disk: Disk, path: string): ClosedSession | null {
  const source = sourceOf(disk, path)
  const { session, run, target, startedAtUs } = headerOf(source)
  const tree = new CompactRange(sha256)
  let atUs = 0
  let isEnded = false
  tree.append(hashLeaf(sha256, firstLine(source)))
  for (const { event, offset, sizeBytes, atUs: eventAtUs } of readSource(source)) {
    atUs = eventAtUs
    isEnded = event.code === 'e' || (event.code === 'v' && event.erased.end !== undefined)
    if (event.code !== 'v') tree.append(hashLeaf(sha256, source.read({ start: offset, end: offset + sizeBytes - 1 })))
    else {
      const { from, to, hashes } = event.erased
      coverRange(from, to).forEach(({ level }, i) => tree.appendSubtree(2 ** level, parseHash(hashes[i]!)))
    }
  }
  if (!isEnded) return null
  return { session, run: run.id, target: target.name, endedAtUs: startedAtUs + atUs, size: tree.size, root: formatBase64(tree.root()) }
}

/** Says what erasing something from a closed recording would take. Throws `ErasureError`. */
export function planErasure(disk: Disk, path: string, wanted: Wanted): ErasurePlan {
  const source = sourceOf(disk, path)
  const lines = growRanges(source, 'command' in wanted ? linesOfCommand(source, wanted.command) : [wanted])
  const commands: number[] = []
  for (const { line, event } of readSource(source)) {
    if (event.code === 'q' && lines.some(({ from, to }) => line >= from && line < to)) commands.push(event.command.n)
  }
  return { lines, commands }
}

/** Says what would be left of lines. Changes nothing. Throws `ErasureError`. */
export function linesToErase(disk: Disk, path: string, how: { lines: readonly LineRange[]; erasure: string }): LinesToErase[] {
  return erasedOf(sourceOf(disk, path), how).map(({ record: { from, to, hashes }, line }) => ({
    from,
    to,
    hashes,
    void: formatBase64(hashLeaf(sha256, line.subarray(0, -1))),
  }))
}

/** Erases lines from a recording: all of them, or none. Throws `ErasureError`. */
export function rewrite(disk: Disk, path: string, how: { lines: readonly LineRange[]; erasure: string }): void {
  const source = sourceOf(disk, path)
  disk.replace(path, withoutLines(source, erasedOf(source, how)))
}

/** Looks through the recordings of one day's directory. Those that are not closed are not expired, those that are held are passed over. */
export function findExpired(disk: Disk, { directory, ...rule }: ExpirySearch): ExpiredOfDay {
  const found: ExpiredOfDay = { expired: [], nextAtUs: null, unreadable: [] }
  for (const name of disk.list(directory)) {
    if (!name.endsWith('.cast')) continue
    const path = `${directory}/${name}`
    try {
      const due = dueOf(disk, path, rule)
      if (due === null) continue
      if ('closed' in due) found.expired.push({ ...due.closed, path, retentionDays: due.retentionDays })
      else found.nextAtUs = Math.min(found.nextAtUs ?? Infinity, due.atUs)
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error
      found.unreadable.push(`${path}: ${error.message}`)
    }
  }
  return found
}

/** A recording that is due, or when it will be, or null for one that is kept for good. */
function dueOf(
  disk: Disk,
  path: string,
  { keep, held, nowUs }: Omit<ExpirySearch, 'directory'>,
): { closed: ClosedSession; retentionDays: number } | { atUs: number } | null {
  const { session, run, target, startedAtUs } = readHeader(disk, path)
  if (held.sessions.includes(session) || held.runs.includes(run.id)) return null
  const retentionDays = keep[target.name]
  if (retentionDays === undefined) return null
  const keptUs = retentionDays * dayUs
  // What began later than that cannot have ended before.
  if (startedAtUs + keptUs > nowUs) return { atUs: startedAtUs + keptUs }
  const closed = examine(disk, path)
  if (closed === null) return { atUs: nowUs + dayUs }
  return closed.endedAtUs + keptUs > nowUs ? { atUs: closed.endedAtUs + keptUs } : { closed, retentionDays }
}

function erasedOf(source: RecordingSource, { lines, erasure }: { lines: readonly LineRange[]; erasure: string }): ErasedLines[] {
  return eraseLines(sha256, source, { ranges: lines, erasure })
}

function sourceOf(disk: Disk, path: string): RecordingSource {
  return { sizeBytes: disk.sizeBytes(path), read: range => disk.readRange(path, range) }
}

/** What a recording's first line says. Throws `RecordingError`. */
export function readHeader(disk: Disk, path: string): RecordingHeader {
  return headerOf(sourceOf(disk, path))
}

function headerOf(source: RecordingSource): RecordingHeader {
  return parseHeader(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(firstLine(source))).steno
}

/** The first line without its newline, looked for in ever larger pieces. */
function firstLine(source: RecordingSource): Uint8Array {
  for (let end = 16 * 1024; ; end *= 4) {
    const bytes = source.read({ start: 0, end: Math.min(end, source.sizeBytes) })
    const newline = bytes.indexOf(0x0a)
    if (newline >= 0 || end >= source.sizeBytes) return newline >= 0 ? bytes.subarray(0, newline) : bytes
  }
}
