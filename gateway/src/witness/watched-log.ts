import {
  canVerify,
  emptyRoot,
  formatSignatureLines,
  formatNote,
  formatVerifierKey,
  hashLeaf,
  isSameHash,
  noteVerifier,
  openNote,
  parseNote,
  parseCheckpoint,
  parseLogLeaf,
  parseVerifierKey,
  ProofError,
  verifyConsistency,
  verifyInclusion,
  type KeyLeaf,
  type Note,
  type NoteSigner,
  type NoteVerifier,
  type TlogProof,
  type TreeHead,
  type VerifierKey,
} from '@steno/recordings'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import type { AddCheckpoint } from './add-checkpoint.ts'
import { otherSize, refused, signed, type Reply } from './reply.ts'
import { StateDamaged, type StateFile } from './state-file.ts'

export interface WatchedLogOptions {
  origin: string
  /** Keys that the log's owner told of: any of them speaks for it, until the log itself replaces it. */
  keys: VerifierKey[]
  file: StateFile
  /** The witness, and it signing now. */
  witness: NoteVerifier
  cosign: () => NoteSigner
  /**
   * A signed checkpoint does not continue what was signed before. Where it has
   * the size of that and another root, the log has signed two histories;
   * otherwise the proof may only be somebody's nonsense.
   */
  onConflict: (checkpoint: Uint8Array, isCertain: boolean) => void
  /** The state could not be kept, so nothing was signed. */
  onUnsaved: (error: unknown) => void
}

/**
 * What a witness does with one log: it signs each checkpoint whose tree begins
 * with that of the one it signed before, and no other. One request after the
 * other, each kept on disk before it is answered, so that no two histories
 * are ever signed.
 */
export class WatchedLog {
  readonly #options: WatchedLogOptions
  #head: TreeHead = { size: 0, root: emptyRoot(sha256) }
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: WatchedLogOptions) {
    this.#options = options
    const { checkpoint } = options.file.state
    if (checkpoint !== null) this.#head = headOf(checkpoint, options)
  }

  /** The newest checkpoint that was cosigned, with the signatures of log and witness; null before the first. */
  get checkpoint(): string | null {
    return this.#options.file.state.checkpoint
  }

  /** Signs a checkpoint of the log, or says why not. */
  add(request: AddCheckpoint): Promise<Reply> {
    return this.#inTurn(() => this.#add(request))
  }

  /** Trusts the key that the log's newest leaf of that kind names. */
  replaceKey(proof: TlogProof): Promise<Reply> {
    return this.#inTurn(() => this.#replaceKey(proof))
  }

  async #add({ oldSize, proof, checkpoint: bytes }: AddCheckpoint): Promise<Reply> {
    const keys = this.#trusted().map(({ verifier }) => verifier)
    const opened = openedBy(bytes, keys)
    if (opened === null) return refused(403, 'expected a signature by a key that this witness knows for the log, and none that is wrong')
    const { note, verified } = opened
    const checkpoint = parseCheckpoint(note.text)
    if (oldSize > checkpoint.size) return refused(400, `expected an old size of at most ${checkpoint.size}, got ${oldSize}`)
    if (oldSize !== this.#head.size) return otherSize(this.#head.size)
    if (!verifyConsistency(sha256, { from: this.#head, to: checkpoint, proof })) {
      this.#options.onConflict(bytes, checkpoint.size === this.#head.size)
      return refused(422, `expected a tree that begins with the ${this.#head.size} leaves that this witness signed`)
    }
    const signer = this.#options.cosign()
    const cosignature = { name: signer.name, keyId: signer.keyId, signature: signer.sign(new TextEncoder().encode(note.text)) }
    const byLog = verified.flatMap(key => note.signatures.filter(one => isBy(key, one)).slice(0, 1))
    const kept = new TextDecoder().decode(formatNote({ text: note.text, signatures: [...byLog, cosignature] }))
    if (!(await this.#save({ checkpoint: kept }))) return refused(503, 'the witness cannot keep what it would sign')
    this.#head = { size: checkpoint.size, root: checkpoint.root }
    return signed(formatSignatureLines([cosignature]))
  }

  /**
   * Signatures of two keys under one checkpoint do not say that the one trusts
   * the other: anybody can sign what is public. So the log's own leaf has to
   * say it, in a tree that the replaced key signed and this witness cosigned;
   * the new key signs the same, which shows that somebody holds it. From then
   * on the replaced key speaks for the log no more, wherever it is listed: who
   * steals it later signs nothing.
   */
  async #replaceKey({ extra, index, proof, checkpoint: bytes }: TlogProof): Promise<Reply> {
    const leaf = extra === undefined ? null : keyLeafIn(extra)
    const successor = leaf === null ? null : usableKey(leaf.vkey)
    if (extra === undefined || !leaf || !successor) return refused(400, 'expected the leaf that names the new key')
    const { learned, retired } = this.#options.file.state
    if (learned.includes(leaf.vkey)) return signed('')
    const replaced = this.#trusted().find(({ vkey }) => vkey === leaf.replaces)
    if (!replaced || replaced.verifier.name !== successor.name || retired.includes(leaf.vkey)) {
      return refused(403, 'expected a new key in the place of one that this witness knows for the log')
    }
    const opened = openedBy(bytes, [replaced.verifier, successor])
    if (opened?.verified.length !== 2) return refused(403, 'expected the signatures of the replaced key and of the new one')
    const { size, root } = parseCheckpoint(opened.note.text)
    if (size !== this.#head.size) return otherSize(this.#head.size)
    const isInTree = verifyInclusion(sha256, { index, size, leafHash: hashLeaf(sha256, extra), proof, root })
    if (!isSameHash(root, this.#head.root) || !isInTree) return refused(422, 'expected a leaf of the tree that this witness signed last')
    const isSaved = await this.#save({ learned: [...learned, leaf.vkey], retired: [...retired, replaced.vkey] })
    return isSaved ? signed('') : refused(503, 'the witness cannot keep the new key')
  }

  #trusted(): { vkey: string; verifier: NoteVerifier }[] {
    const { learned, retired } = this.#options.file.state
    const keys = [...this.#options.keys.map(formatVerifierKey), ...learned].filter(vkey => !retired.includes(vkey))
    return [...new Set(keys)].map(vkey => ({ vkey, verifier: noteVerifier(parseVerifierKey(sha256, vkey), verifyEd25519) }))
  }

  async #save(changed: Partial<StateFile['state']>): Promise<boolean> {
    const { file, onUnsaved } = this.#options
    try {
      await file.save({ ...file.state, ...changed })
      return true
    } catch (error) {
      onUnsaved(error)
      return false
    }
  }

  #inTurn(act: () => Promise<Reply>): Promise<Reply> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => {})
    return turn
  }
}

/** Where the state says the log is. A checkpoint that this witness's key did not sign was kept under a key that it had before. */
function headOf(checkpoint: string, { origin, witness, file }: WatchedLogOptions): TreeHead {
  const bytes = new TextEncoder().encode(checkpoint)
  try {
    const { text, signatures } = parseNote(bytes)
    if (signatures.some(one => isBy(witness, one))) openNote(bytes, [witness])
    const { origin: named, size, root } = parseCheckpoint(text)
    if (named === origin) return { size, root }
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
  }
  throw new StateDamaged(file.path, `expected the checkpoint of \`${origin}\` that this witness signed`)
}

/** The note and which of the keys signed it; null when none did, or when what claims to be a key's signature is not. */
function openedBy(bytes: Uint8Array, keys: NoteVerifier[]): { note: Note; verified: NoteVerifier[] } | null {
  return orNull(() => openNote(bytes, keys))
}

/** The leaf, when it names a key; null for any other leaf, and for bytes that are none. */
function keyLeafIn(leaf: Uint8Array): KeyLeaf | null {
  const read = orNull(() => parseLogLeaf(leaf))
  return read?.kind === 'key' ? read : null
}

function usableKey(vkey: string): NoteVerifier | null {
  const key = orNull(() => parseVerifierKey(sha256, vkey))
  return key !== null && canVerify(key.type) ? noteVerifier(key, verifyEd25519) : null
}

/** What cannot be read is nothing. */
function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}

function isBy(key: { name: string; keyId: Uint8Array }, signature: { name: string; keyId: Uint8Array }): boolean {
  return key.name === signature.name && isSameHash(key.keyId, signature.keyId)
}
