import { wholeEntries } from '../proof/entry-bundle.ts'
import { hashBytes, hashLeaf, isSameHash, type Sha256 } from '../proof/hash.ts'
import { parseLogLeaf, type LogLeaf } from '../proof/leaf.ts'
import { ProofError } from '../proof/proof-error.ts'
import { tilePath, tileWidth, tileWidthAt } from '../proof/tiles.ts'
import type { TreeHead } from '../proof/tree.ts'
import type { Evidence } from './evidence.ts'
import { LogBook, type Found } from './log-book.ts'
import { LogTree } from './log-tree.ts'

/** A log as its leaves tell it, up to the size that was signed. */
export interface LogReading {
  book: LogBook
  /** All leaves there are, those that nobody has signed yet among them. */
  tree: LogTree
  /** Sessions opened by leaves that nobody has signed yet. */
  unsignedSessions: Set<string>
  /** Whether all leaves are there, and are those that the signed root is of. */
  isWhole: boolean
  found: Found[]
}

/** Reads every leaf of a log, makes its tree anew, and compares it with the signed root and the stored tiles. */
export async function readLog(evidence: Evidence, signed: TreeHead, sha256: Sha256): Promise<LogReading> {
  const reading = new Reading(evidence, signed, sha256)
  if (await reading.readSigned()) await reading.readUnsigned()
  return reading
}

/** Leaf hashes of a full bundle, made from its entries once more. */
export async function readLeafHashes(evidence: Evidence, bundle: number, sha256: Sha256): Promise<Uint8Array | null> {
  const bytes = await evidence.entries(bundle, tileWidth)
  const entries = bytes ? wholeEntries(bytes) : []
  if (entries.length < tileWidth) return null
  const hashes = new Uint8Array(tileWidth * hashBytes)
  entries.forEach((entry, at) => hashes.set(hashLeaf(sha256, entry), at * hashBytes))
  return hashes
}

class Reading implements LogReading {
  readonly book = new LogBook()
  readonly tree: LogTree
  readonly unsignedSessions = new Set<string>()
  readonly found: Found[] = []
  isWhole = false
  readonly #evidence: Evidence
  readonly #signed: TreeHead
  readonly #sha256: Sha256
  /** The first leaf that its tile has another hash of. */
  #differing: number | null = null

  constructor(evidence: Evidence, signed: TreeHead, sha256: Sha256) {
    this.#evidence = evidence
    this.#signed = signed
    this.#sha256 = sha256
    this.tree = new LogTree(sha256)
  }

  /** Whether the leaves are those that the signed root is of. */
  async readSigned(): Promise<boolean> {
    const { size, root } = this.#signed
    for (let bundle = 0; bundle * tileWidth < size; bundle++) {
      const entries = await this.#readBundle(bundle)
      if (!entries) return false
      entries.forEach((entry, at) => this.#take(bundle * tileWidth + at, entry))
      await this.#compareTiles(bundle)
    }
    this.isWhole = isSameHash(this.tree.head().root, root)
    if (!this.isWhole) this.#leavesDiffer()
    return this.isWhole
  }

  /** Reads what was written after the signed checkpoint: a gateway writes first and signs then. */
  async readUnsigned(): Promise<void> {
    for (let size = this.tree.size; ; size = this.tree.size) {
      const bundle = Math.floor(size / tileWidth)
      const bytes = await this.#evidence.entries(bundle, tileWidth)
      const entries = bytes ? wholeEntries(bytes).slice(size % tileWidth) : []
      if (entries.length === 0) return
      for (const entry of entries) {
        this.tree.append(hashLeaf(this.#sha256, entry))
        const leaf = tryParse(entry)
        if (leaf instanceof ProofError) continue
        if (leaf.kind === 'open') this.unsignedSessions.add(leaf.session)
      }
    }
  }

  async #readBundle(bundle: number): Promise<Uint8Array[] | null> {
    const width = tileWidthAt(this.#signed.size, 'entries', bundle)
    const bytes = await this.#evidence.entries(bundle, width)
    const entries = bytes ? wholeEntries(bytes) : []
    if (entries.length < width) {
      const first = bundle * tileWidth + entries.length
      this.#find(
        'leaves_missing',
        'TRUNCATED',
        first,
        `the log has ${first} of the ${this.#signed.size} leaves its checkpoint was signed for: leaf ${first} is missing`,
      )
      return null
    }
    const sizeBytes = entries.reduce((sum, entry) => sum + 2 + entry.length, 0)
    if (entries.length === tileWidth && bytes!.length > sizeBytes)
      this.#find('leaves_differ', 'TAMPERED', (bundle + 1) * tileWidth - 1, `${tilePath('entries', bundle)} goes on after its last leaf`)
    return entries.slice(0, width)
  }

  #take(index: number, entry: Uint8Array): void {
    this.tree.append(hashLeaf(this.#sha256, entry))
    const leaf = tryParse(entry)
    if (leaf instanceof ProofError)
      this.#find('leaf_malformed', 'TAMPERED', index, `leaf ${index} is none that a gateway writes: ${leaf.message}`)
    else this.book.take(index, leaf)
  }

  /** Compares the tiles that this bundle completes, and at the end of the log those that it leaves incomplete. */
  async #compareTiles(bundle: number): Promise<void> {
    const isLast = this.tree.size === this.#signed.size
    let index = bundle
    for (let level = 0; ; level++) {
      const expected = this.tree.tile(level, index)
      if (expected.length > 0) await this.#compareTile(level, index, expected)
      if (!isLast && expected.length < tileWidth * hashBytes) return
      if (isLast && index === 0 && expected.length < tileWidth * hashBytes) return
      index = Math.floor(index / tileWidth)
    }
  }

  async #compareTile(level: number, index: number, expected: Uint8Array): Promise<void> {
    const width = expected.length / hashBytes
    const path = tilePath(level, index)
    const stored = await this.#evidence.tile(level, index, width)
    const firstLeaf = index * tileWidth ** (level + 1)
    if (!stored || stored.length < expected.length) {
      this.#find('tile_missing', 'LOST', firstLeaf, `${path} has ${Math.floor((stored?.length ?? 0) / hashBytes)} of ${width} hashes`)
      return
    }
    const at = expected.findIndex((byte, i) => byte !== stored[i])
    if (at < 0 && stored.length <= tileWidth * hashBytes) return
    const leaf = firstLeaf + Math.floor(Math.max(0, at) / hashBytes) * tileWidth ** level
    if (level === 0) this.#differing ??= leaf
    this.#find('tile_differs', 'TAMPERED', leaf, `${path} is not the tile of the log's leaves, from leaf ${leaf}`)
  }

  /** The leaves are not the signed ones; where their tile still has the signed hash, it tells which. */
  #leavesDiffer(): void {
    const leaf = this.#differing
    const which = leaf === null ? 'which of them, its tiles do not tell' : `leaf ${leaf} is the first that its tile has another hash of`
    const says = `the log's ${this.#signed.size} leaves are not those that its checkpoint was signed for; ${which}`
    // What else was found here follows from it.
    this.found.unshift({ verdict: 'TAMPERED', code: 'leaves_differ', session: null, line: null, leaf, says })
  }

  #find(code: Found['code'], verdict: Found['verdict'], leaf: number | null, says: string): void {
    this.found.push({ verdict, code, session: null, line: null, leaf, says })
  }
}

function tryParse(entry: Uint8Array): LogLeaf | ProofError {
  try {
    return parseLogLeaf(entry)
  } catch (error) {
    if (error instanceof ProofError) return error
    throw error
  }
}
