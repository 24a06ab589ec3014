import type { NoteSignature, TlogPolicy, Witnessed } from '@steno/recordings'
import type { Evidence } from '../guard/law.ts'
import { assert } from '../runtime/assert.ts'
import type { AskHttp } from '../runtime/http-client.ts'
import type { Machine } from '../runtime/machine.ts'
import { WitnessedEvidence } from './witnessed-evidence.ts'
import { Witnesses, type OwnLog, type WitnessStatus } from './witnesses.ts'

export interface WitnessingOptions {
  machine: Machine
  /** Who is asked, and how long a checkpoint waits for them; null for nobody. */
  witnesses: { policy: TlogPolicy; waitMs: number } | null
  ask: AskHttp
  /** What an operator should read. */
  log: (line: string) => void
  /** A witness shows another history: end the process, now. */
  onFatal: (reason: string) => void
}

/** The log that is witnessed, as it is open. */
export interface WitnessedLog extends OwnLog {
  readonly vkey: string
}

/** The gateway's log and its witnesses, from the opening of the log on. */
export class Witnessing {
  readonly #options: WitnessingOptions
  readonly #witnesses: Witnesses | null
  #log: WitnessedLog | null = null

  constructor(options: WitnessingOptions) {
    const { machine, witnesses, ask, log, onFatal } = options
    this.#options = options
    this.#witnesses =
      witnesses &&
      new Witnesses({
        ...witnesses,
        ask,
        clock: machine.clock,
        log,
        onContradicted: error => onFatal(error.message),
      })
  }

  /** What asks for signatures under a checkpoint of the log; undefined where nobody is asked. */
  get cosign(): ((note: Uint8Array) => Promise<NoteSignature[]>) | undefined {
    const witnesses = this.#witnesses
    if (!witnesses) return undefined
    return note => {
      assert(this.#log !== null, 'a log is watched before it publishes')
      return witnesses.cosign(note, this.#log)
    }
  }

  /** Longer than `cosign` ever takes. */
  get cosignWithinMs(): number {
    return 2 * (this.#options.witnesses?.waitMs ?? 0)
  }

  get status(): WitnessStatus[] {
    return this.#witnesses?.status ?? []
  }

  /** How many of them signed what they were asked for last. */
  get signing(): number {
    return this.status.filter(({ state }) => state === 'signed').length
  }

  /** Whether a quorum signed the newest published checkpoint; null where no quorum is defined. */
  get isWitnessed(): boolean | null {
    return this.#hasQuorum ? this.#signedBy() !== null : null
  }

  /** Takes the log that was opened, before anything is signed. Throws `LogContradicted` when a witness knows better. */
  async watch(log: WitnessedLog): Promise<void> {
    this.#log = log
    this.#options.log(`the log ${log.origin} is signed with ${log.vkey}`)
    await this.#witnesses?.check(log)
  }

  /** Whom commands can wait for; null where no quorum is defined. `anchor` ends an epoch, `anchoredLines` says how far it has a recording. */
  evidence(epochs: { anchor: () => Promise<void>; anchoredLines: (session: string) => number }): Evidence | null {
    const { clock } = this.#options.machine
    return this.#hasQuorum ? new WitnessedEvidence({ clock, ...epochs, signedBy: () => this.#signedBy() }) : null
  }

  get #hasQuorum(): boolean {
    return (this.#options.witnesses?.policy.quorum ?? null) !== null
  }

  #signedBy(): Witnessed | null {
    const published = this.#log?.published ?? null
    return published && this.#witnesses && this.#witnesses.quorumOf(published)
  }
}
