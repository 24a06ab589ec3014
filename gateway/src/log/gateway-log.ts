import {
  formatCheckpoint,
  formatLogLeaf,
  formatNote,
  formatTlogProof,
  hashLeaf,
  parseNote,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  ProofError,
  readNodeFromTiles,
  signNote,
  tileWidth,
  tileWidthAt,
  wholeEntries,
  treeRoot,
  type Checkpoint,
  type CompactRange,
  type LogLeaf,
  type NoteSignature,
  type ReadNode,
  type TileAddress,
  type TlogProof,
} from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { Machine } from '../runtime/machine.ts'
import { SharedRun } from '../runtime/shared-run.ts'
import { hasCode } from '../runtime/system-error.ts'
import { HeadMoved, isSameHead, type HeadStore } from './head-store.ts'
import type { LogFiles } from './log-files.ts'
import { LogFailed } from './log-failed.ts'
import type { LogKeys } from './log-keys.ts'
import type { TileWriter } from './tile-writer.ts'

/** A leaf before the log says when it was written. */
export type NewLeaf = LogLeaf extends infer Leaf ? (Leaf extends LogLeaf ? Omit<Leaf, 'atUs'> : never) : never

/** A checkpoint that everybody may have. */
export interface Published {
  checkpoint: Checkpoint
  /** It as a signed note, byte for byte. */
  note: Uint8Array
}

export interface LogOptions {
  /** Resolves when everything is on disk that leaves written so far tell of. Rejects when nobody knows any more what the disk has. */
  settle: () => Promise<void>
  /** Asks witnesses for their signatures under a signed checkpoint; what comes too late is left out. */
  cosign?: ((checkpoint: Uint8Array) => Promise<readonly NoteSignature[]>) | undefined
  cosignWithinMs?: number | undefined
  /** Nothing that is signed from here on could be relied on: the gateway must stop. */
  onFatal: (reason: string) => void
}

interface LogParts {
  machine: Machine
  origin: string
  files: LogFiles
  tiles: TileWriter
  tree: CompactRange
  keys: LogKeys
  headStore: HeadStore
  /** The head store's head, and the checkpoint that is published, as they were found. */
  head: Checkpoint | null
  published: Published | null
  /** The leaf that tells of `keys.next`, where that is written. */
  nextKeyAt: number | null
}

/** How long a checkpoint waits for its witnesses, unless told otherwise. */
const cosignWithinMsUsual = 1000

/**
 * The gateway's log: leaves in an RFC 6962 tree, which only grows, and
 * checkpoints that say so under its key. `append` has a leaf in the kernel;
 * `publish` signs for all leaves so far, in the order that keeps what was
 * signed from ever being lost:
 *
 * what leaves tell of is on disk → leaves and tiles are on disk → the head
 * store takes the head → it is signed → witnesses sign → everybody may have it.
 */
export class GatewayLog {
  readonly origin: string
  readonly #parts: LogParts
  readonly #options: LogOptions
  readonly #listeners = new Set<(published: Published) => void>()
  #head: Checkpoint | null
  #published: Published | null
  #nextKeyAt: number | null
  readonly #publishing = new SharedRun(() => this.#publish())
  readonly #keeping = new SharedRun(() => this.#keep())
  #broken: LogFailed | null = null

  constructor(parts: LogParts, options: LogOptions) {
    this.origin = parts.origin
    this.#parts = parts
    this.#options = options
    this.#head = parts.head
    this.#published = parts.published
    this.#nextKeyAt = parts.nextKeyAt
  }

  /** How many leaves it has, those among them that no checkpoint has yet. */
  get size(): number {
    return this.#parts.tree.size
  }

  /** The newest tree that may have been signed for; null before the first. */
  get head(): Checkpoint | null {
    return this.#head
  }

  /** The newest checkpoint that everybody may have; null before the first. */
  get published(): Published | null {
    return this.#published
  }

  /** The key that signs. */
  get vkey(): string {
    return this.#parts.keys.current.vkey
  }

  /** Whether it takes nothing more until the gateway starts again. */
  get isBroken(): boolean {
    return this.#broken !== null
  }

  /** Writes a leaf and gives its index: in the kernel when it returns. Throws `LogFailed`, and then the log is as it was. */
  append(leaf: NewLeaf): number {
    if (this.#broken) throw this.#broken
    const { machine, files, tiles, tree } = this.#parts
    const bytes = formatLogLeaf({ ...leaf, atUs: machine.clock.nowUs() } as LogLeaf)
    const index = tree.size
    try {
      files.appendEntry(index, bytes)
    } catch (error) {
      throw new LogFailed(error)
    }
    const hash = hashLeaf(sha256, bytes)
    tree.append(hash)
    tiles.append(hash)
    return index
  }

  /**
   * Has everything that was appended before the call behind a published
   * checkpoint. Those who ask at the same time share one. Rejects with
   * `LogFailed` when the disk has no room for it; the next one has it all.
   */
  publish(): Promise<void> {
    return this.#publishing.run()
  }

  /** Resolves when the leaves that were written before the call are on disk, and all that they tell of. Those who ask at the same time share the waiting. */
  durable(): Promise<void> {
    return this.#keeping.run()
  }

  /** Resolves when everything is on disk that leaves may tell of and that was written before the call. */
  async settle(): Promise<void> {
    await this.#options.settle().catch((error: unknown) => this.#mustStop(error))
  }

  /** Calls back with each checkpoint from here on. Gives what ends that. */
  onPublished(listener: (published: Published) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** A proof that a leaf is in the log, against the newest checkpoint; null when that does not have it yet. */
  proveLeaf(index: number): TlogProof | null {
    if (this.#published === null || index >= this.#published.checkpoint.size) return null
    const { checkpoint, note } = this.#published
    return { index, proof: proveInclusion(sha256, { index, size: checkpoint.size }, this.#reader(checkpoint.size)), checkpoint: note }
  }

  /** A proof that the tree of `to` leaves goes on from that of `from`; neither is larger than the head. */
  proveConsistency({ from, to }: { from: number; to: number }): Uint8Array[] {
    return proveConsistency(sha256, { from, to }, this.#reader(to))
  }

  /** The root of the tree of `size` leaves, which is not larger than the head. */
  rootAt(size: number): Uint8Array {
    return treeRoot(sha256, size, this.#reader(size))
  }

  /** A file of the log by its path (`tile/0/000`, `tile/entries/x001/234.p/5`); null for what the newest checkpoint does not have. */
  read(path: string): Uint8Array | null {
    const address = readAddress(path)
    if (address === null || address.width > tileWidthAt(this.#published?.checkpoint.size ?? 0, address.level, address.index)) return null
    const { level, index, width } = address
    return level === 'entries' ? this.#parts.files.bundle(index, width) : this.#parts.files.tile(level, index, width)
  }

  /** The indexes of the published leaves that tell of a key. */
  keyLeaves(): number[] {
    const { disk } = this.#parts.machine
    const later = disk.list(`${this.#parts.files.directory}/handover`).flatMap(name => (/^\d+$/.test(name) ? [Number(name)] : []))
    return [0, ...later.toSorted((a, b) => a - b)].filter(index => index < (this.#published?.checkpoint.size ?? 0))
  }

  /** The proof of a `key` leaf that the key before it has signed too (a tlog-proof with the leaf in it); null for any other index. */
  handover(index: number): Uint8Array | null {
    const { disk } = this.#parts.machine
    const path = this.#handoverPath(index)
    return disk.exists(path) ? disk.read(path) : null
  }

  /**
   * Changes the key: a leaf names the next one, the checkpoint that has it is
   * signed by both, and the old seed is destroyed. Resolves with the new vkey.
   */
  async rotateKey(): Promise<string> {
    const { keys } = this.#parts
    // One change after the other: the one under way ends with its checkpoint.
    while (keys.next !== null) await this.publish()
    const { vkey } = keys.prepare(this.size)
    try {
      this.#nextKeyAt = this.append({ kind: 'key', vkey, replaces: keys.current.vkey })
    } catch (error) {
      keys.forget()
      throw error
    }
    await this.publish()
    return vkey
  }

  /** Lets what is under way end, and takes nothing more. */
  async close(): Promise<void> {
    this.#broken ??= new LogFailed(new Error('the gateway stops'))
    await this.#publishing.settled()
    this.#parts.files.close()
  }

  async #keep(): Promise<void> {
    if (this.#broken) throw this.#broken
    await this.settle()
    await this.#parts.files.sync().catch((error: unknown) => this.#mustStop(error))
  }

  async #publish(): Promise<void> {
    if (this.#broken) throw this.#broken
    const { machine, files, tiles, tree, keys } = this.#parts
    const head: Checkpoint = { origin: this.origin, size: tree.size, root: tree.root() }
    if (this.#published && isSameHead(this.#published.checkpoint, head)) return
    try {
      tiles.flush()
    } catch (error) {
      throw new LogFailed(error)
    }
    await this.durable()
    if (!isSameHead(this.#head, head)) await this.#replaced(this.#parts.headStore.swap(this.#head, head))
    this.#head = head

    const isChangingKeys = this.#nextKeyAt !== null && this.#nextKeyAt < head.size && keys.next !== null
    const signers = isChangingKeys ? [keys.current.signer, keys.next!.signer] : [keys.current.signer]
    const note = await this.#cosign(signNote(formatCheckpoint(head), signers))
    if (isChangingKeys) await this.#keepHandover(this.#nextKeyAt!, { checkpoint: head, note })
    await this.#replaced(machine.disk.replaceLater(`${files.directory}/checkpoint`, note))
    this.#published = { checkpoint: head, note }
    if (isChangingKeys) {
      keys.finish()
      this.#nextKeyAt = null
    }
    for (const listener of this.#listeners) listener(this.#published)
  }

  /** Keeps the proof that the old key agreed to the next: once its seed is destroyed nobody can make that again, and without it nobody believes the next. */
  async #keepHandover(index: number, { checkpoint, note }: Published): Promise<void> {
    const { machine, files } = this.#parts
    const extra = wholeEntries(files.wholeBundle(Math.floor(index / tileWidth)))[index % tileWidth]!
    const proof = proveInclusion(sha256, { index, size: checkpoint.size }, this.#reader(checkpoint.size))
    machine.disk.makeDirectory(`${files.directory}/handover`)
    await this.#replaced(machine.disk.replaceLater(this.#handoverPath(index), formatTlogProof({ extra, index, proof, checkpoint: note })))
  }

  #handoverPath(index: number): string {
    return `${this.#parts.files.directory}/handover/${index}`
  }

  async #cosign(note: Uint8Array): Promise<Uint8Array> {
    const { cosign, cosignWithinMs = cosignWithinMsUsual } = this.#options
    if (!cosign) return note
    const { text, signatures } = parseNote(note)
    const others = await new Promise<readonly NoteSignature[]>(resolve => {
      const late = this.#parts.machine.clock.after(cosignWithinMs, () => resolve([]))
      // Witnesses that cannot be asked have not signed: the checkpoint says so by itself.
      const answered = (signed: readonly NoteSignature[]) => {
        late.cancel()
        resolve(signed)
      }
      cosign(note).then(answered, () => answered([]))
    })
    return formatNote({ text, signatures: [...signatures, ...others] })
  }

  /** Waits for a file that is replaced whole. When there was no room beside it, it is as it was, and can be tried again. */
  async #replaced(replacing: Promise<void>): Promise<void> {
    try {
      await replacing
    } catch (error) {
      if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT') || hasCode(error, 'EROFS')) throw new LogFailed(error)
      this.#mustStop(error)
    }
  }

  /** After this nobody knows what the disk has, or who else signs: nothing more is signed. */
  #mustStop(error: unknown): never {
    this.#broken = new LogFailed(error)
    const message = error instanceof Error ? error.message : String(error)
    this.#options.onFatal(error instanceof HeadMoved ? message : `the disk cannot keep what was written: ${message}`)
    throw this.#broken
  }

  #reader(size: number): ReadNode {
    return readNodeFromTiles(sha256, size, (level, index, width) => this.#parts.files.tile(level, index, width))
  }
}

function readAddress(path: string): TileAddress | null {
  try {
    return parseTilePath(path)
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}
