import { hashNode, isSameHash } from './hash.ts'
import { sha256 } from './test-crypto.ts'

/**
 * RFC 6962's recursions as they stand there, over leaves that are all at hand.
 * What was hashed once is remembered, because tests ask for every tree there is.
 */
export class NaiveTree {
  readonly #leafHashes: Uint8Array[]
  readonly #roots = new Map<string, Uint8Array>()

  constructor(leafHashes: Uint8Array[]) {
    this.#leafHashes = leafHashes
  }

  /** MTH(D[from:to]), §2.1. */
  root(from: number, to: number): Uint8Array {
    if (from === to) return sha256(new Uint8Array(0))
    if (to - from === 1) return this.#leafHashes[from]!
    const name = `${from}:${to}`
    const known = this.#roots.get(name)
    if (known) return known
    const k = largestPowerBelow(to - from)
    const root = hashNode(sha256, this.root(from, from + k), this.root(from + k, to))
    this.#roots.set(name, root)
    return root
  }

  /** PATH(m, D[from:to]), §2.1.1. */
  path(m: number, from: number, to: number): Uint8Array[] {
    const n = to - from
    if (n === 1) return []
    const k = largestPowerBelow(n)
    return m < k
      ? [...this.path(m, from, from + k), this.root(from + k, to)]
      : [...this.path(m - k, from + k, to), this.root(from, from + k)]
  }

  /** PROOF(m, D[n]), §2.1.2. */
  proof(m: number, n: number): Uint8Array[] {
    return this.#subproof(m, 0, n, true)
  }

  #subproof(m: number, from: number, to: number, isKnown: boolean): Uint8Array[] {
    const n = to - from
    if (m === n) return isKnown ? [] : [this.root(from, to)]
    const k = largestPowerBelow(n)
    return m <= k
      ? [...this.#subproof(m, from, from + k, isKnown), this.root(from + k, to)]
      : [...this.#subproof(m - k, from + k, to, false), this.root(from, from + k)]
  }
}

/** Every place in a small tree; in a larger one those at its edges and its divisions, and some between. */
export function placesBelow(size: number): number[] {
  if (size <= 64) return Array.from({ length: size }, (_, i) => i)
  const edges = [0, 1, 63, 64, 127, 128, 255, 256, size >> 1, size - 2, size - 1]
  const between = [3, 5, 7].map(part => Math.floor((size * part) / 11))
  return [...new Set([...edges, ...between])].filter(place => place < size)
}

/** Compares hash by hash: there are too many proofs for a test's own comparison. */
export function isSameProof(a: Uint8Array[], b: Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, i) => isSameHash(hash, b[i]!))
}

function largestPowerBelow(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
