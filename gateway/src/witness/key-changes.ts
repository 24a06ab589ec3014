import {
  formatTlogProof,
  parseCheckpoint,
  parseEntryBundle,
  parseLogLeaf,
  parseNote,
  parseTlogProof,
  tilePath,
  tileWidth,
  type Checkpoint,
  type TlogProof,
} from '@steno/recordings'
import type { Disk } from '../runtime/machine.ts'

/** A checkpoint that the replaced key and the new one signed, and the proof of the leaf in it that names the new one. */
export interface KeyChange {
  checkpoint: Checkpoint
  note: Uint8Array
  /** A tlog-proof with the leaf as its extra data. */
  proof: Uint8Array
}

/** What a change of key is read from: the log, when it has just published. */
export interface ChangedLog {
  readonly published: { checkpoint: Checkpoint; note: Uint8Array } | null
  read(path: string): Uint8Array | null
  proveLeaf(index: number): TlogProof | null
}

/**
 * The changes of key that a log went through, each in a file of its own: the
 * replaced seed is destroyed, so the checkpoint that it signed together with
 * its successor cannot be made again, and whoever was away needs it.
 */
export class KeyChanges {
  readonly #disk: Disk
  readonly #directory: string
  readonly #changes: KeyChange[]

  /** `directory` need not be there. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
    this.#changes = disk
      .list(directory)
      .filter(name => name.endsWith(suffix))
      .map(name => changeOf(disk.read(`${directory}/${name}`)))
      .toSorted((a, b) => a.checkpoint.size - b.checkpoint.size)
  }

  /** The oldest first. */
  get all(): readonly KeyChange[] {
    return this.#changes
  }

  /** Keeps what was just published, if it changed the key. On disk when it returns. */
  keep(log: ChangedLog): void {
    const { published } = log
    if (published === null) return
    const { size, origin } = published.checkpoint
    const byLog = parseNote(published.note).signatures.filter(({ name }) => name === origin)
    if (byLog.length < 2 || this.#changes.some(({ checkpoint }) => checkpoint.size === size)) return
    const proof = proofOfNewestKey(log, size)
    if (proof === null) return
    this.#disk.makeDirectory(this.#directory)
    this.#disk.replace(`${this.#directory}/${size}${suffix}`, proof)
    this.#changes.push(changeOf(proof))
  }
}

const suffix = '.tlog-proof'

function changeOf(proof: Uint8Array): KeyChange {
  const note = parseTlogProof(proof).checkpoint
  return { checkpoint: parseCheckpoint(parseNote(note).text), note, proof }
}

/** The leaf of the newest key is one of the last, behind which the change was published. */
function proofOfNewestKey(log: ChangedLog, size: number): Uint8Array | null {
  for (let bundle = Math.floor((size - 1) / tileWidth); bundle >= 0; bundle--) {
    const width = Math.min(tileWidth, size - bundle * tileWidth)
    const bytes = log.read(tilePath('entries', bundle, width))
    if (bytes === null) return null
    const entries = parseEntryBundle(bytes, width)
    const at = entries.findLastIndex(entry => parseLogLeaf(entry).kind === 'key')
    if (at < 0) continue
    const proof = log.proveLeaf(bundle * tileWidth + at)
    return proof && formatTlogProof({ ...proof, extra: entries[at]! })
  }
  return null
}
