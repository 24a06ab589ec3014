import {
  CompactRange,
  coverRange,
  hashBytes,
  hashLeaf,
  isSameHash,
  openCheckpoint,
  parseLogLeaf,
  ProofError,
  readNodeFromTiles,
  tileWidth,
  treeRoot,
  wholeEntries,
  type Checkpoint,
  type LogLeaf,
  type ReadNode,
} from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { Disk, Machine } from '../runtime/machine.ts'
import type { EpochLists } from './epoch-lists.ts'
import { GatewayLog, type LogOptions, type Published } from './gateway-log.ts'
import type { HeadStore } from './head-store.ts'
import { LogFiles } from './log-files.ts'
import { LogKeys, type LogKey } from './log-keys.ts'
import { LogRefused } from './log-refused.ts'
import { TileWriter } from './tile-writer.ts'

export interface OpenLogOptions extends LogOptions {
  /** The data directory, which is there. */
  directory: string
  origin: string
  headStore: HeadStore
  lists: EpochLists
  /**
   * Of leaves that no checkpoint has, gives the first one that tells of
   * something the disk lost, or null. Only a loss of power makes that: the log
   * then kept a leaf and lost the line it tells of.
   */
  findLost: (tail: readonly TailLeaf[]) => Promise<TailLeaf | null>
}

/** A leaf that was written and that the head store does not have. */
export interface TailLeaf {
  index: number
  leaf: LogLeaf
}

export interface OpenedLog {
  log: GatewayLog
  /** Bytes at its end that were not whole leaves, or told of what the disk lost; kept beside it as `log/torn-<n>`. */
  asideBytes: number
  /** Its leaves from the newest to the first, as they were found. */
  leavesBackwards: () => Generator<RawLeaf>
}

/** A leaf as it is written. */
export interface RawLeaf {
  index: number
  bytes: Uint8Array
}

/** Levels of tiles that a log can have; far more leaves than anybody writes. */
const tileLevelMax = 6

/**
 * Opens the log of a data directory, or begins one. What a crash left torn is
 * set aside, tiles are made again from the entries where they are short, and
 * of a large log no more is read than its right edge. Throws `LogRefused` for
 * a log that is not the one the head store remembers, with nothing changed.
 */
export async function openLog(machine: Machine, options: OpenLogOptions): Promise<OpenedLog> {
  const { disk } = machine
  const { directory, origin, headStore, lists } = options
  const files = new LogFiles(disk, `${directory}/log`)
  disk.makeDirectory(files.directory)
  disk.makeDirectory(`${directory}/keys`)
  const checkpointPath = `${files.directory}/checkpoint`

  const head = await headStore.read()
  if (head === null && disk.exists(checkpointPath))
    throw new LogRefused(
      'head_missing',
      `the head store ${headStore.place} is missing: put it back; if it is lost for good, copy ${checkpointPath} to its place and have the log verified`,
    )
  if (head !== null && head.origin !== origin)
    throw new LogRefused('origin_wrong', `expected the log of \`${head.origin}\`, got the origin \`${origin}\`: set \`log.origin\` back`)
  const known = head ?? { origin, size: 0, root: treeRoot(sha256, 0, () => new Uint8Array()) }
  checkEdge(files, known, headStore.place)
  const isNew = head === null && !files.has('entries', 0)
  const keys = LogKeys.open(machine, { directory: `${directory}/keys`, origin, isNew })
  const published = disk.exists(checkpointPath)
    ? readPublished(disk.read(checkpointPath), { keys, files, head: known, checkpointPath })
    : null

  const found = readTail(files, known.size)
  const lost = await options.findLost(found)
  const tail = lost === null ? found : found.filter(({ index }) => index < lost.index)
  const size = known.size + tail.length
  const asideBytes = setAside(disk, files, size)
  cutTiles(files, known.size)
  // Whoever wrote these may have died before they were on disk.
  files.distrust({ from: known.size, to: size })
  for (const { leaf } of tail) if (leaf.kind === 'epoch') lists.distrust(leaf.number)

  const read = edgeReader(files, known.size)
  const edge = coverRange(0, known.size).map(({ level, index }) => read(level, index))
  const tree = CompactRange.restore(sha256, known.size, edge)
  const tiles = new TileWriter(sha256, files, known.size)
  for (const { bytes } of tail) {
    const hash = hashLeaf(sha256, bytes)
    tree.append(hash)
    tiles.append(hash)
  }
  const nextKeyAt = keys.next === null ? null : findKeyLeaf(files, size, keys.next)
  if (nextKeyAt === null) keys.forget()
  const log = new GatewayLog({ machine, origin, files, tiles, tree, keys, headStore, head, published, nextKeyAt }, options)
  if (size === 0) log.append({ kind: 'key', vkey: keys.current.vkey, replaces: null })
  return { log, asideBytes, leavesBackwards: () => leavesBackwards(files, size) }
}

/** Makes sure that entries and tiles lead to the head: they were on disk before it was. */
function checkEdge(files: LogFiles, head: Checkpoint, place: string): void {
  const bundle = Math.floor(head.size / tileWidth)
  const width = head.size % tileWidth
  const entries = wholeEntries(files.wholeBundle(bundle))
  const isShort = entries.length < width || (width === 0 && bundle > 0 && wholeEntries(files.wholeBundle(bundle - 1)).length < tileWidth)
  if (isShort)
    throw new LogRefused(
      'rolled_back',
      `the log has fewer leaves than the ${head.size} that were signed for (${place}): its directory ${files.directory} was cut or restored from an older copy. Put the newest copy back; a log that is shorter than what others have seen cannot be gone on with`,
    )
  const damaged = (what: string) =>
    new LogRefused('log_damaged', `${files.directory}: ${what}; put the newest copy of the directory back, and look who changed it`)
  let root: Uint8Array
  try {
    root = treeRoot(sha256, head.size, edgeReader(files, head.size))
  } catch (error) {
    if (error instanceof ProofError) throw damaged(error.message)
    throw error
  }
  if (!isSameHash(root, head.root)) throw damaged(`its tiles do not lead to the root that was signed for at ${head.size} leaves`)
  const tile = files.tile(0, bundle, width)
  const at = entries
    .slice(0, width)
    .findIndex((entry, i) => !isSameHash(hashLeaf(sha256, entry), tile.subarray(i * hashBytes, (i + 1) * hashBytes)))
  if (at >= 0) throw damaged(`leaf ${bundle * tileWidth + at} is not the one that was signed for`)
}

/** The published checkpoint. It is signed by a key we have, and the tree that the head is of begins with it. */
function readPublished(
  note: Uint8Array,
  { keys, files, head, checkpointPath }: { keys: LogKeys; files: LogFiles; head: Checkpoint; checkpointPath: string },
): Published {
  const ours = [keys.current, ...(keys.next ? [keys.next] : [])]
  let checkpoint: Checkpoint
  try {
    const opened = openCheckpoint(note, { logKeys: ours.map(({ verifier }) => verifier), witnesses: [] })
    checkpoint = { origin: opened.checkpoint.origin, size: opened.checkpoint.size, root: opened.checkpoint.root }
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    throw new LogRefused(
      'key_wrong',
      `${checkpointPath} is not signed by the log’s key \`${keys.current.vkey}\` (${error.message}): put the newest copy of the keys back`,
    )
  }
  if (checkpoint.size > head.size)
    throw new LogRefused(
      'rolled_back',
      `the head store says ${head.size} leaves, and a checkpoint of ${checkpoint.size} is published (${checkpointPath}): the head store was restored from an older copy; put the newest one back`,
    )
  if (!isSameHash(treeRoot(sha256, checkpoint.size, edgeReader(files, head.size)), checkpoint.root))
    throw new LogRefused(
      'log_damaged',
      `${checkpointPath} is of another tree than ${files.directory}: put the newest copy of the directory back`,
    )
  return { checkpoint, note }
}

/** The leaves behind the head, up to the first that is not whole. */
function readTail(files: LogFiles, from: number): (TailLeaf & { bytes: Uint8Array })[] {
  const tail: (TailLeaf & { bytes: Uint8Array })[] = []
  for (let bundle = Math.floor(from / tileWidth); ; bundle++) {
    const entries = wholeEntries(files.wholeBundle(bundle))
    for (let i = Math.max(0, from - bundle * tileWidth); i < entries.length; i++) {
      const leaf = readLeaf(entries[i]!)
      // What a loss of power left of a leaf may be as long as all of it was.
      if (leaf === null) return tail
      tail.push({ index: bundle * tileWidth + i, leaf, bytes: entries[i]! })
    }
    if (entries.length < tileWidth) return tail
  }
}

function readLeaf(bytes: Uint8Array): LogLeaf | null {
  try {
    return parseLogLeaf(bytes)
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}

/** Keeps what stands behind the first `size` leaves beside the log, as evidence, and cuts it. Gives how many bytes that were. */
function setAside(disk: Disk, files: LogFiles, size: number): number {
  const last = Math.floor(size / tileWidth)
  const keptBytes = files.bundle(last, size % tileWidth).length
  const torn: Uint8Array[] = [files.wholeBundle(last).slice(keptBytes)]
  let behind = last + 1
  for (; files.has('entries', behind); behind++) torn.push(files.wholeBundle(behind))
  const bytes = joined(torn)
  if (bytes.length > 0) {
    let n = 1
    while (disk.exists(`${files.directory}/torn-${n}`)) n++
    disk.replace(`${files.directory}/torn-${n}`, bytes)
  }
  for (let bundle = behind - 1; bundle > last; bundle--) files.cut('entries', bundle, 0)
  files.cut('entries', last, keptBytes)
  return bytes.length
}

/** Cuts the tiles back to those of the first `size` leaves: what is behind them was not on disk for certain, and is made again. */
function cutTiles(files: LogFiles, size: number): void {
  for (let level = 0; level <= tileLevelMax; level++) {
    const hashes = Math.floor(size / tileWidth ** level)
    const last = Math.floor(hashes / tileWidth)
    let behind = last + 1
    while (files.has(level, behind)) behind++
    for (let tile = behind - 1; tile > last; tile--) files.cut(level, tile, 0)
    files.cut(level, last, (hashes % tileWidth) * hashBytes)
  }
}

function edgeReader(files: LogFiles, size: number): ReadNode {
  return readNodeFromTiles(sha256, size, (level, index, width) => files.tile(level, index, width))
}

/** Where the leaf of a key stands that was made when the log had `since` leaves; null when it was not written. */
function findKeyLeaf(files: LogFiles, size: number, { vkey, since }: LogKey): number | null {
  for (let bundle = Math.floor(since / tileWidth); bundle * tileWidth < size; bundle++) {
    const entries = wholeEntries(files.wholeBundle(bundle))
    for (const [i, bytes] of entries.entries()) {
      const leaf = readLeaf(bytes)
      if (leaf?.kind === 'key' && leaf.vkey === vkey) return bundle * tileWidth + i
    }
  }
  return null
}

function* leavesBackwards(files: LogFiles, size: number): Generator<RawLeaf> {
  for (let bundle = Math.floor((size - 1) / tileWidth); bundle >= 0; bundle--) {
    const first = bundle * tileWidth
    const entries = wholeEntries(files.wholeBundle(bundle)).slice(0, size - first)
    for (let i = entries.length - 1; i >= 0; i--) yield { index: first + i, bytes: entries[i]! }
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
