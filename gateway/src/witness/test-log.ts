import {
  formatCheckpoint,
  formatLogLeaf,
  formatTlogProof,
  formatVerifierKey,
  hashLeaf,
  LeafTree,
  makeVerifierKey,
  noteSigner,
  proveConsistency,
  proveInclusion,
  signatureTypes,
  signNote,
  type VerifierKey,
} from '@steno/recordings'
import { openEd25519, sha256 } from '../runtime/crypto.ts'
import { formatAddCheckpoint } from './add-checkpoint.ts'

/** The vkey of a witness, the same for the same number. With a type, one of another kind, which nobody holds. */
export function testWitnessKey(name: string, seed: number, other?: { type: number; bytes: number }): string {
  const key = other
    ? { type: other.type, publicKey: new Uint8Array(other.bytes).fill(seed) }
    : { type: signatureTypes.cosignature, publicKey: openEd25519(new Uint8Array(32).fill(seed)).publicKey }
  return formatVerifierKey(makeVerifierKey(sha256, { name, ...key }))
}

/** A key of a log, the same for the same number. */
export function testKey(name: string, seed: number): { verifier: VerifierKey; vkey: string; sign: (message: Uint8Array) => Uint8Array } {
  const { publicKey, sign } = openEd25519(new Uint8Array(32).fill(seed))
  const verifier = makeVerifierKey(sha256, { name, type: signatureTypes.ed25519, publicKey })
  return { verifier, vkey: formatVerifierKey(verifier), sign }
}

export type TestKey = ReturnType<typeof testKey>

/** A log in memory, as its owner has it. Its leaves are `<word> 0`, `<word> 1`, … but for those that name keys. */
export class TestLog {
  readonly origin: string
  readonly #tree = new LeafTree(sha256)
  readonly #leaves: Uint8Array[] = []
  readonly #word: string
  signers: TestKey[]

  constructor(origin = 'log.example/1', { word = 'leaf', signers = [testKey(origin, 1)] }: { word?: string; signers?: TestKey[] } = {}) {
    this.origin = origin
    this.signers = signers
    this.#word = word
  }

  get size(): number {
    return this.#tree.size
  }

  grow(to: number): this {
    while (this.size < to) this.add(new TextEncoder().encode(`${this.#word} ${this.size}`))
    return this
  }

  add(leaf: Uint8Array): number {
    this.#leaves.push(leaf)
    this.#tree.append(hashLeaf(sha256, leaf))
    return this.size - 1
  }

  /** Adds the leaf that names a new key, and signs with both until told otherwise. */
  replaceKey(next: TestKey, replaced = this.signers[0]!): number {
    const index = this.add(formatLogLeaf({ kind: 'key', atUs: 1, vkey: next.vkey, replaces: replaced.vkey }))
    this.signers = [replaced, next]
    return index
  }

  checkpoint(size = this.size): Uint8Array {
    const text = formatCheckpoint({ origin: this.origin, size, root: this.#tree.root(size) })
    return signNote(
      text,
      this.signers.map(({ verifier, sign }) => noteSigner(verifier, sign)),
    )
  }

  prove(from: number, to = this.size): Uint8Array[] {
    return proveConsistency(sha256, { from, to }, this.#tree.read)
  }

  /** A request to cosign, as a log sends it. */
  request(oldSize: number, size = this.size): Uint8Array {
    return formatAddCheckpoint({ oldSize, proof: oldSize <= size ? this.prove(oldSize, size) : [], checkpoint: this.checkpoint(size) })
  }

  /** The proof of one leaf, with the leaf itself. */
  proofOf(index: number): Uint8Array {
    const proof = proveInclusion(sha256, { index, size: this.size }, this.#tree.read)
    return formatTlogProof({ extra: this.#leaves[index]!, index, proof, checkpoint: this.checkpoint() })
  }
}
