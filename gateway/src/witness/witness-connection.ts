import {
  isSameHash,
  noteVerifier,
  openNote,
  parseCheckpoint,
  parseNote,
  parseSignatureLines,
  ProofError,
  type Checkpoint,
  type NoteSignature,
  type NoteVerifier,
  type PolicyWitness,
} from '@steno/recordings'
import { toHex } from '../runtime/bytes.ts'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import type { AskHttp, HttpAnswer } from '../runtime/http-client.ts'
import { formatAddCheckpoint, sizeMediaType } from './add-checkpoint.ts'

/** A checkpoint that is to be signed, and the proofs that lead to it. */
export interface Submission {
  checkpoint: Checkpoint
  /** It as its log signed it. */
  note: Uint8Array
  /** The proof that its tree begins with the one of `from` leaves. */
  prove: (from: number) => Uint8Array[]
}

/** What a witness made of a checkpoint. */
export type Answer =
  | { is: 'signed'; signature: NoteSignature }
  /** It has signed a larger tree of this log. */
  | { is: 'ahead'; size: number }
  /** What it has signed of this log, at this size, is not how ours begins. */
  | { is: 'other tree'; size: number }
  /** It does not watch this log, or not under this key. */
  | { is: 'stranger'; reason: string }
  | { is: 'away'; reason: string }
  /** It answered what no witness answers. */
  | { is: 'wrong'; reason: string }

const answerBytesMax = 128 * 1024
/** Each round tells us what the witness knows, unless somebody else keeps adding to the same log. */
const roundsMax = 4

/** One witness, asked over HTTP. */
export class WitnessConnection {
  /** What the policy calls it. */
  readonly name: string
  readonly url: string
  /** Checks what it signs; it has the name that others know its key by. */
  readonly verifier: NoteVerifier
  readonly #ask: AskHttp
  /** What it signed last, as far as we know. */
  #knownSize = 0

  constructor({ name, key, url }: PolicyWitness & { url: string }, ask: AskHttp) {
    this.name = name
    this.url = url.replace(/\/+$/, '')
    this.verifier = noteVerifier(key, verifyEd25519)
    this.#ask = ask
  }

  /** Asks it to sign. Where it knows another tree than we thought, goes on from the one that it names. Never rejects. */
  async submit({ checkpoint, note, prove }: Submission, signal: AbortSignal): Promise<Answer> {
    const { size } = checkpoint
    for (let round = 0; round < roundsMax; round++) {
      const oldSize = Math.min(this.#knownSize, size)
      const answer = await this.#send({
        method: 'POST',
        path: 'add-checkpoint',
        body: formatAddCheckpoint({ oldSize, proof: prove(oldSize), checkpoint: note }),
        signal,
      })
      if ('reason' in answer) return answer
      const said = saidOf(answer)
      switch (answer.status) {
        case 200: {
          const signature = this.#signatureIn(answer.body, note)
          if (!signature) return { is: 'wrong', reason: 'it answered without its signature of the checkpoint' }
          this.#knownSize = size
          return { is: 'signed', signature }
        }
        case 409: {
          const known = sizeIn(answer)
          if (known === null || known === oldSize) return { is: 'wrong', reason: 'it knows another size and does not say which' }
          if (known > size) return { is: 'ahead', size: known }
          this.#knownSize = known
          break
        }
        case 422:
          return { is: 'other tree', size: oldSize }
        case 403:
        case 404:
          return { is: 'stranger', reason: `it answers ${said}` }
        default:
          return { is: answer.status >= 500 ? 'away' : 'wrong', reason: `it answers ${said}` }
      }
    }
    return { is: 'wrong', reason: 'it names another size each time it is asked' }
  }

  /** The newest checkpoint of a log that it shows with its own signature, so that nobody on the way can have made it up; null when it shows none. */
  async latest(origin: string, signal: AbortSignal): Promise<Checkpoint | null> {
    const hash = toHex(sha256(new TextEncoder().encode(origin)))
    const answer = await this.#send({ method: 'GET', path: `${hash}/checkpoint`, signal })
    if ('reason' in answer || answer.status !== 200) return null
    return orNull(() => {
      const checkpoint = parseCheckpoint(openNote(answer.body, [this.verifier]).note.text)
      return checkpoint.origin === origin ? checkpoint : null
    })
  }

  /** Tells it of the log's new key. Gives whether it knows that now. */
  async replaceKey(proof: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#send({ method: 'POST', path: 'replace-key', body: proof, signal })
    return !('reason' in answer) && answer.status === 200
  }

  async #send({ method, path, body, signal }: Sent): Promise<HttpAnswer | Extract<Answer, { is: 'away' }>> {
    try {
      return await this.#ask({ method, url: `${this.url}/${path}`, ...(body ? { body } : {}), answerBytesMax, signal })
    } catch (error) {
      return { is: 'away', reason: signal.aborted ? 'it does not answer in time' : `it does not answer (${reasonOf(error)})` }
    }
  }

  /** Its signature of the note's text, among whatever else it answered. */
  #signatureIn(body: Uint8Array, note: Uint8Array): NoteSignature | null {
    return orNull(() => {
      const text = new TextEncoder().encode(parseNote(note).text)
      const own = parseSignatureLines(new TextDecoder().decode(body)).find(
        one => one.name === this.verifier.name && isSameHash(one.keyId, this.verifier.keyId),
      )
      return own && this.verifier.verify(text, own.signature) ? own : null
    })
  }
}

interface Sent {
  method: 'GET' | 'POST'
  path: string
  body?: Uint8Array
  signal: AbortSignal
}

function sizeIn({ type, body }: HttpAnswer): number | null {
  const [, digits] = /^(0|[1-9][0-9]{0,15})\n$/.exec(new TextDecoder().decode(body)) ?? []
  return type === sizeMediaType && digits !== undefined && Number.isSafeInteger(Number(digits)) ? Number(digits) : null
}

/** What it said, for the gateway's log: quoted and short, whatever it is. */
function saidOf({ status, body }: HttpAnswer): string {
  return `${status} ${JSON.stringify(new TextDecoder().decode(body.subarray(0, 200)).trim())}`
}

/** `fetch` hides why in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause)
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}
