import type { Disk } from '../runtime/machine.ts'
import { LineTree, newPiece, type LineHead } from './line-tree.ts'

/** A file whose head is wanted as it was when it had so many bytes, which are whole lines. */
export interface AskedFile {
  /** A session, or `ledger`. */
  id: string
  path: string
  sizeBytes: number
}

/** A head, or why there is none: the file is not what was written. */
export type KeptHead = { id: string; head: LineHead } | { id: string; problem: string }

/** Keeps the trees of files that grow: what a line costs is paid once, and away from the sessions. */
export interface TreeKeeper {
  /** The heads of files, in the order they were asked for. */
  heads(asked: readonly AskedFile[]): Promise<KeptHead[]>
  /** Nobody will ask for this one again. */
  forget(id: string): void
  close(): void
}

/** The trees themselves, worked on by whoever calls. */
export class Trees {
  readonly #disk: Disk
  readonly #trees = new Map<string, LineTree>()
  readonly #piece = newPiece()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  head({ id, path, sizeBytes }: AskedFile): KeptHead {
    const known = this.#trees.get(id)
    const tree = known && known.bytes <= sizeBytes ? known : new LineTree()
    this.#trees.set(id, tree)
    try {
      const problem = tree.grow(this.#disk, path, sizeBytes, this.#piece)
      return problem === null ? { id, head: tree.head() } : { id, problem }
    } catch (error) {
      return { id, problem: error instanceof Error ? error.message : String(error) }
    }
  }

  forget(id: string): void {
    this.#trees.delete(id)
  }
}

/** A keeper without a thread of its own: on a machine that a test drives, and while the gateway starts. */
export function inlineTreeKeeper(disk: Disk): TreeKeeper {
  const trees = new Trees(disk)
  return { heads: async asked => asked.map(file => trees.head(file)), forget: id => trees.forget(id), close: () => {} }
}
