import {
  emptyRoot,
  formatVerifierKey,
  isQuorum,
  isSameHash,
  openNote,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  ProofError,
  type Checkpoint,
  type NoteSignature,
  type TlogPolicy,
  type Witnessed,
} from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { AskHttp } from '../runtime/http-client.ts'
import type { Clock } from '../runtime/machine.ts'
import { LogContradicted } from './log-contradicted.ts'
import { WitnessConnection, type Answer, type Submission } from './witness-connection.ts'

/** The log that witnesses are asked about, as it is kept here. */
export interface OwnLog {
  readonly origin: string
  /** The newest tree that was ever signed. */
  readonly head: Checkpoint | null
  readonly published: { checkpoint: Checkpoint; note: Uint8Array } | null
  /** The proof that its tree of `to` leaves begins with that of `from`; neither is larger than the head. */
  proveConsistency(sizes: { from: number; to: number }): Uint8Array[]
  /** Its root at a size that is not larger than the head. */
  rootAt(size: number): Uint8Array
  /** The leaves that name its keys, the oldest first. */
  keyLeaves(): number[]
  /** The tlog-proof of such a leaf, with the leaf as its extra data, under a checkpoint that the replaced key and the new one signed; null for the first key. */
  handover(leaf: number): Uint8Array | null
}

export interface WitnessesOptions {
  /** Every witness of it has a URL. */
  policy: TlogPolicy
  ask: AskHttp
  clock: Clock
  /** The longest that a checkpoint waits for its witnesses. */
  waitMs: number
  /** What an operator should read. */
  log: (line: string) => void
  /** A witness shows that another history of this log was signed: nothing may be signed any more. */
  onContradicted: (error: LogContradicted) => void
}

/** How one witness does. */
export interface WitnessStatus {
  name: string
  /** Its key as a vkey, so that whoever reads this can check what it signed. */
  key: string
  url: string
  /** `unasked` before the first checkpoint. */
  state: Answer['is'] | 'unasked'
  /** Why it does not sign; empty where it does. */
  reason: string
  /** The size of the newest checkpoint that it signed since the gateway started; null for none. */
  size: number | null
}

/** Once there is a quorum, the others have no longer than this, counted from the beginning. */
const patienceMs = 200
/** How long a witness has at the start of a gateway, when nobody waits for a command. */
const checkWithinMs = 5000
/** A witness that does not know our key is told of our keys so often. */
const introduceEveryMs = 60_000

/**
 * The witnesses of this gateway's log: asked for each checkpoint, all at once,
 * and never waited for longer than is configured. What they answer is checked
 * under their keys, and what one of them knows better is taken seriously.
 */
export class Witnesses {
  readonly #options: WitnessesOptions
  readonly #members: Member[]

  constructor(options: WitnessesOptions) {
    this.#options = options
    this.#members = options.policy.witnesses.flatMap(witness => {
      const { name, url } = witness
      if (url === undefined) return []
      const connection = new WitnessConnection({ ...witness, url }, options.ask)
      return [
        {
          connection,
          status: { name, key: formatVerifierKey(witness.key), url, state: 'unasked', reason: '', size: null },
          isBusy: false,
          told: null,
        },
      ]
    })
  }

  get status(): WitnessStatus[] {
    return this.#members.map(({ status }) => ({ ...status }))
  }

  /**
   * Asks every witness what it knows of the log, before the gateway serves.
   * Throws `LogContradicted` when one of them knows more than is here, or
   * something else: then this is an old copy of the gateway's data, or a second
   * gateway that signs for the same log. One that does not answer is a warning.
   */
  async check(log: OwnLog): Promise<void> {
    await Promise.all(this.#members.map(member => this.#within(checkWithinMs, signal => this.#checkWith(member, log, signal))))
    const answering = this.#members.filter(({ status }) => status.state === 'signed' || status.state === 'unasked')
    if (
      !isQuorum(
        this.#options.policy,
        answering.map(({ connection }) => connection.verifier),
      )
    )
      this.#options.log('witnesses: too few answer for a quorum; commands that a policy wants witnessed are refused until there is one')
  }

  /** Asks for signatures under a checkpoint that the log just signed, and gives those that came in time. Never rejects. */
  cosign(note: Uint8Array, log: OwnLog): Promise<NoteSignature[]> {
    const { clock, policy, waitMs } = this.#options
    const submission = submissionOf(log, note)
    // One that is still at the checkpoint before is not asked for two at a time.
    const asked = this.#members.filter(({ isBusy }) => !isBusy)
    const signatures: NoteSignature[] = []
    return new Promise(resolve => {
      let open = asked.length
      let isPatient = true
      const done = () => {
        patience.cancel()
        limit.cancel()
        resolve([...signatures])
      }
      const look = () => {
        if (open === 0 || (!isPatient && isQuorum(policy, signatures))) done()
      }
      const patience = clock.after(Math.min(patienceMs, waitMs), () => {
        isPatient = false
        look()
      })
      const limit = clock.after(waitMs, done)
      for (const member of asked) {
        const asking = this.#within(waitMs, signal => this.#submit(member, submission, log, signal))
        void asking
          .catch(error => this.#failed(member, error))
          .then(signature => {
            if (signature) signatures.push(signature)
            open -= 1
            look()
          })
      }
      look()
    })
  }

  /** Who signed a checkpoint, when they are a quorum; null when they are none. */
  quorumOf({ checkpoint, note }: { checkpoint: Checkpoint; note: Uint8Array }): Witnessed | null {
    const verifiers = this.#members.map(({ connection }) => connection.verifier)
    try {
      const { verified } = openNote(note, verifiers)
      const by = verifiers.filter(one => verified.includes(one)).map(({ name }) => name)
      return isQuorum(this.#options.policy, verified) ? { size: checkpoint.size, by } : null
    } catch (error) {
      if (error instanceof ProofError) return null
      throw error
    }
  }

  async #submit(member: Member, submission: Submission, log: OwnLog, signal: AbortSignal): Promise<NoteSignature | null> {
    member.isBusy = true
    try {
      const answer = await this.#ask(member, submission, log, signal)
      if (answer.is === 'ahead' || answer.is === 'other tree') {
        // One answer could be a mistake, or be made up on the way: what stops
        // the gateway is a checkpoint under the witness's own signature.
        const shown = await member.connection.latest(log.origin, signal)
        if (shown && !isPartOf(log, shown)) this.#options.onContradicted(contradiction(member, log, shown.size))
      }
      return answer.is === 'signed' ? answer.signature : null
    } finally {
      member.isBusy = false
    }
  }

  async #checkWith(member: Member, log: OwnLog, signal: AbortSignal): Promise<void> {
    const { connection } = member
    const ours = headOf(log)
    const answer: Answer = log.published
      ? await this.#ask(member, submissionOf(log, log.published.note), log, signal)
      : { is: 'stranger', reason: 'there is no checkpoint to show it yet' }
    if (answer.is === 'other tree') throw contradiction(member, log, answer.size)
    if (answer.is === 'ahead' && answer.size > ours.size) throw contradiction(member, log, answer.size)
    // It may have signed what was not published any more when the gateway was
    // killed, or know the log under a key that is not here.
    if (answer.is !== 'ahead' && answer.is !== 'stranger') return
    const shown = await connection.latest(log.origin, signal)
    if (shown && !isPartOf(log, shown)) throw contradiction(member, log, shown.size)
  }

  /** Submits, and once more where the witness first had to learn the log's newer keys. */
  async #ask(member: Member, submission: Submission, log: OwnLog, signal: AbortSignal): Promise<Answer> {
    let answer = await member.connection.submit(submission, signal)
    if (answer.is === 'stranger' && (await this.#introduce(member, log, signal)))
      answer = await member.connection.submit(submission, signal)
    this.#note(member, answer, submission.checkpoint.size)
    return answer
  }

  /** Leads a witness that was away from the key it knows to the one that signs now. Gives whether it learned any. */
  async #introduce(member: Member, log: OwnLog, signal: AbortSignal): Promise<boolean> {
    const handovers = log.keyLeaves().flatMap(leaf => log.handover(leaf) ?? [])
    const nowUs = this.#options.clock.monotonicUs()
    const isTold = member.told !== null && member.told.handovers === handovers.length && nowUs - member.told.atUs < introduceEveryMs * 1000
    if (handovers.length === 0 || isTold) return false
    member.told = { handovers: handovers.length, atUs: nowUs }
    let hasLearned = false
    for (const proof of handovers) {
      const answer = await member.connection.submit(submissionOf(log, parseTlogProof(proof).checkpoint), signal)
      if (answer.is === 'signed' && (await member.connection.replaceKey(proof, signal))) hasLearned = true
    }
    return hasLearned
  }

  /** Tells the operator when a witness begins to do otherwise than before. */
  #note(member: Member, answer: Answer, size: number): void {
    const { status } = member
    const reason = reasonOf(answer)
    const isNews = status.state !== answer.is || status.reason !== reason
    member.status = { ...status, state: answer.is, reason, size: answer.is === 'signed' ? size : status.size }
    if (!isNews || (status.state === 'unasked' && answer.is === 'signed')) return
    this.#options.log(`witness ${status.name} (${status.url}) ${answer.is === 'signed' ? 'signs again' : `does not sign: ${reason}`}`)
  }

  /** The log could not be read for its proofs: no witness signs then, and what is wrong with the disk others will say. */
  #failed(member: Member, error: unknown): null {
    this.#note(member, { is: 'wrong', reason: `it could not be asked (${error instanceof Error ? error.message : String(error)})` }, 0)
    return null
  }

  /** Gives `act` so much time. */
  async #within<T>(ms: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController()
    const timer = this.#options.clock.after(ms, () => over.abort())
    try {
      return await act(over.signal)
    } finally {
      timer.cancel()
    }
  }
}

interface Member {
  readonly connection: WitnessConnection
  status: WitnessStatus
  isBusy: boolean
  /** How many changes of key it was last told of, and when. */
  told: { handovers: number; atUs: number } | null
}

function reasonOf(answer: Answer): string {
  switch (answer.is) {
    case 'signed':
      return ''
    case 'ahead':
      return `it says that it has signed ${answer.size} leaves, which is more than there are`
    case 'other tree':
      return `it says that the first ${answer.size} leaves were others`
    default:
      return answer.reason
  }
}

function submissionOf(log: OwnLog, note: Uint8Array): Submission {
  const checkpoint = parseCheckpoint(parseNote(note).text)
  return { checkpoint, note, prove: from => log.proveConsistency({ from, to: checkpoint.size }) }
}

function headOf({ head, origin }: OwnLog): Checkpoint {
  return head ?? { origin, size: 0, root: emptyRoot(sha256) }
}

/** Whether our log has begun, or is now, as somebody says. */
function isPartOf(log: OwnLog, { size, root }: Checkpoint): boolean {
  return size <= headOf(log).size && isSameHash(log.rootAt(size), root)
}

function contradiction({ status }: Member, log: OwnLog, theirs: number): LogContradicted {
  return new LogContradicted({ witness: status.name, url: status.url, origin: log.origin, theirs, ours: headOf(log).size })
}
