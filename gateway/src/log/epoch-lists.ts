import { epochRoot, formatEpochList, isSameHash, parseEpochList, parseHash, ProofError, type EpochHead } from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { AppendFile, Disk } from '../runtime/machine.ts'

/** So many lists are kept; what an older epoch had a root of is gone lawfully. */
export const epochListsMax = 3600

/** The lists behind the epochs' leaves: `log/epochs/<number>`. */
export class EpochLists {
  readonly #disk: Disk
  readonly #directory: string
  #unsynced: AppendFile[] = []
  #syncing: Promise<unknown> = Promise.resolve()

  constructor(disk: Disk, dataDirectory: string) {
    this.#disk = disk
    this.#directory = `${dataDirectory}/log/epochs`
    disk.makeDirectory(this.#directory)
  }

  /** Writes a list: in the kernel when it returns. Throws the disk's error. Gives its root. */
  write(epoch: number, heads: readonly EpochHead[]): Uint8Array {
    const path = this.#path(epoch)
    // What a gateway that died left there never had a leaf.
    if (this.#disk.exists(path)) this.#disk.discard(path)
    const file = this.#disk.append(path, { exclusive: true })
    try {
      file.write(formatEpochList(heads))
    } catch (error) {
      file.close()
      throw error
    }
    this.#unsynced.push(file)
    return epochRoot(sha256, heads)
  }

  /** Has a list synced that a gateway wrote which may have died before it was on disk. */
  distrust(epoch: number): void {
    this.#unsynced.push(this.#disk.append(this.#path(epoch), { exclusive: false }))
  }

  /** On disk when it resolves, every list that was written before the call. Rejects with the disk's error, and then nobody knows. */
  async durable(): Promise<void> {
    const unsynced = this.#unsynced
    this.#unsynced = []
    // What an earlier call is still waiting for was written before this one.
    this.#syncing = Promise.all([this.#syncing, ...unsynced.map(file => file.sync())])
    await this.#syncing
    for (const file of unsynced) file.close()
  }

  /** The list of an epoch; null when it is gone, or no list. */
  read(epoch: number): EpochHead[] | null {
    const path = this.#path(epoch)
    if (!this.#disk.exists(path)) return null
    try {
      return parseEpochList(this.#disk.read(path))
    } catch (error) {
      if (error instanceof ProofError) return null
      throw error
    }
  }

  /** The list of an epoch as it is stored; null when it is gone. */
  bytes(epoch: number): Uint8Array | null {
    const path = this.#path(epoch)
    return this.#disk.exists(path) ? this.#disk.read(path) : null
  }

  /** Whether the list of an epoch is there and has this root. */
  has(epoch: number, root: string): boolean {
    const list = this.read(epoch)
    return list !== null && isSameHash(epochRoot(sha256, list), parseHash(root))
  }

  /** Lets go of the lists that are too old once `epoch` is the newest. */
  prune(epoch: number): void {
    const tooOld = epoch - epochListsMax
    if (tooOld > 0 && this.#disk.exists(this.#path(tooOld))) this.#disk.discard(this.#path(tooOld))
  }

  /** Lets go of all that are too old: after a start, when the epochs of another gateway count. */
  pruneAll(epoch: number): void {
    for (const name of this.#disk.list(this.#directory))
      if (Number(name) <= epoch - epochListsMax) this.#disk.discard(`${this.#directory}/${name}`)
  }

  #path(epoch: number): string {
    return `${this.#directory}/${epoch}`
  }
}
