import type { LineRange, VoidRecord } from '../model.ts'
import { formatBase64, parseHash } from '../proof/base64.ts'
import { hashLeaf, hashNode, type Sha256 } from '../proof/hash.ts'
import { coverRange, type Subtree } from '../proof/tree.ts'
import { growRanges } from './grow-ranges.ts'
import { RecordingWriter } from './line-writer.ts'
import type { PlacedLine } from './read.ts'
import { readSource, type RecordingSource } from './recording-source.ts'
import type { SaltSource } from './salt-pool.ts'

/** Lines that are erased: what stands for them, and which bytes of the file it takes the place of. */
export interface ErasedLines {
  record: VoidRecord
  line: Uint8Array
  start: number
  end: number
}

/**
 * Says what erasing these lines of a closed recording does to it. More may go
 * than was named (`growRanges`). The recording's tree keeps its root, and every
 * line that stays keeps its number and its time.
 */
export function eraseLines(
  sha256: Sha256,
  source: RecordingSource,
  { ranges, erasure }: { ranges: readonly LineRange[]; erasure: string },
): ErasedLines[] {
  const taken = growRanges(source, ranges).map(newlyTaken)
  let at = 0
  let beforeAtUs = 0
  for (const placed of readSource(source)) {
    while (placed.line >= (taken[at]?.range.to ?? Infinity)) at++
    const into = taken[at]
    if (into?.range.from === placed.line) {
      into.start = placed.offset
      into.beforeAtUs = beforeAtUs
    }
    if (into && placed.line >= into.range.from) take(sha256, source, into, placed)
    beforeAtUs = placed.atUs
  }
  return taken.map(one => erasedOf(sha256, one, erasure))
}

/** The recording without those lines, in pieces that follow one another. */
export function* withoutLines(source: RecordingSource, erased: readonly ErasedLines[]): Generator<Uint8Array, void, undefined> {
  let at = 0
  for (const { line, start, end } of erased) {
    yield* piecesOf(source, { start: at, end: start })
    yield line
    at = end
  }
  yield* piecesOf(source, { start: at, end: source.sizeBytes })
}

/** What is kept of the lines of one range while they are read. */
interface Taken {
  range: LineRange
  /** Hashes that are known by themselves: of each line, and what was left of lines erased before. */
  nodes: Map<string, Uint8Array>
  start: number
  end: number
  /** The time of the line before, and of the last one. */
  beforeAtUs: number
  atUs: number
  sessionEnd: VoidRecord['end']
}

function newlyTaken(range: LineRange): Taken {
  return { range, nodes: new Map(), start: 0, end: 0, beforeAtUs: 0, atUs: 0, sessionEnd: undefined }
}

function take(sha256: Sha256, source: RecordingSource, into: Taken, { line, event, atUs, offset, sizeBytes }: PlacedLine): void {
  into.end = offset + sizeBytes
  into.atUs = atUs
  if (event.code === 'v') {
    const { from, to, hashes, end } = event.erased
    coverRange(from, to).forEach((subtree, i) => into.nodes.set(nameOf(subtree), parseHash(hashes[i]!)))
    into.sessionEnd = end
    return
  }
  const bytes = source.read({ start: offset, end: offset + sizeBytes - 1 })
  into.nodes.set(nameOf({ level: 0, index: line }), hashLeaf(sha256, bytes))
  if (event.code === 'e') into.sessionEnd = { reason: event.end.reason, commands: event.end.commands }
}

function erasedOf(sha256: Sha256, { range, nodes, start, end, beforeAtUs, atUs, sessionEnd }: Taken, erasure: string): ErasedLines {
  const { from, to } = range
  const hashes = coverRange(from, to).map(subtree => formatBase64(hashOf(sha256, nodes, subtree)))
  const record: VoidRecord = { from, to, hashes, erasure, ...(sessionEnd && { end: sessionEnd }) }
  const writer = RecordingWriter.continuing({ lastAtUs: beforeAtUs, line: from }, noSalts)
  writer.void(atUs, record)
  return { record, line: writer.take().slice(), start, end }
}

/** A line that stands for erased ones has none. */
const noSalts: SaltSource = {
  copyNext() {
    throw new TypeError('expected no salt to be asked for')
  },
}

// INVARIANT: a range takes lines that were erased before as a whole, so each
// of their subtrees lies within one of the range's own.
function hashOf(sha256: Sha256, nodes: ReadonlyMap<string, Uint8Array>, { level, index }: Subtree): Uint8Array {
  const known = nodes.get(nameOf({ level, index }))
  if (known) return known
  const left = hashOf(sha256, nodes, { level: level - 1, index: 2 * index })
  return hashNode(sha256, left, hashOf(sha256, nodes, { level: level - 1, index: 2 * index + 1 }))
}

function nameOf({ level, index }: Subtree): string {
  return `${level}/${index}`
}

const pieceBytes = 1 << 20

function* piecesOf(source: RecordingSource, range: { start: number; end: number }): Generator<Uint8Array, void, undefined> {
  for (let start = range.start; start < range.end; start += pieceBytes) {
    yield source.read({ start, end: Math.min(range.end, start + pieceBytes) })
  }
}
