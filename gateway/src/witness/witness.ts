import {
  noteVerifier,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  ProofError,
  formatVerifierKey,
  type VerifierKey,
} from '@steno/recordings'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import { toHex } from '../runtime/bytes.ts'
import type { Machine } from '../runtime/machine.ts'
import { parseAddCheckpoint } from './add-checkpoint.ts'
import { refused, type Reply } from './reply.ts'
import { StateFile } from './state-file.ts'
import { WatchedLog } from './watched-log.ts'
import { openWitnessKey, type WitnessKey } from './witness-key.ts'

const tellEveryUs = 60_000_000

/** A log that a witness was told of. */
export interface LogToWatch {
  origin: string
  /** Any of them speaks for it. */
  keys: VerifierKey[]
}

export interface WitnessOptions {
  /** The name of its key, which others know it by. */
  name: string
  /** Where its key is. */
  keyPath: string
  /** Where it keeps what it signed: a file for each log. */
  directory: string
  logs: LogToWatch[]
  /** What its operator should read. */
  log: (line: string) => void
}

/**
 * A witness of other logs (c2sp.org/tlog-witness). It knows nothing of what
 * they hold; it signs that each has only ever grown. Throws `StateDamaged`
 * when it cannot tell what it signed before.
 */
export class Witness {
  readonly #logs = new Map<string, WatchedLog>()
  readonly #byHash = new Map<string, WatchedLog>()
  /** The key that others trust, as a vkey. */
  readonly vkey: string

  constructor(machine: Machine, { name, keyPath, directory, logs, log }: WitnessOptions) {
    const { disk, clock } = machine
    disk.makeDirectory(directory)
    const key: WitnessKey = openWitnessKey(machine, { path: keyPath, name })
    this.vkey = formatVerifierKey(key.verifier)
    for (const { origin, keys } of logs) {
      const hash = toHex(sha256(new TextEncoder().encode(origin)))
      const file = StateFile.open(disk, `${directory}/${hash}`)
      const watched = new WatchedLog({
        origin,
        keys,
        file,
        witness: noteVerifier(key.verifier, verifyEd25519),
        cosign: () => key.at(Math.floor(clock.nowUs() / 1e6)),
        onConflict: this.#conflictTeller(machine, origin, log),
        onUnsaved: error => log(`${origin}: its state cannot be kept, so nothing is signed: ${messageOf(error)}`),
      })
      this.#logs.set(origin, watched)
      this.#byHash.set(hash, watched)
    }
  }

  /** Answers `add-checkpoint`. */
  addCheckpoint(body: Uint8Array): Promise<Reply> {
    return this.#ask(() => {
      const request = parseAddCheckpoint(body)
      return { checkpoint: request.checkpoint, ask: watched => watched.add(request) }
    })
  }

  /**
   * Answers `replace-key`, which is ours and not in the specification: the
   * body is a tlog-proof of the leaf that names the log's new key, with the
   * leaf itself as its extra data.
   */
  replaceKey(body: Uint8Array): Promise<Reply> {
    return this.#ask(() => {
      const proof = parseTlogProof(body)
      return { checkpoint: proof.checkpoint, ask: watched => watched.replaceKey(proof) }
    })
  }

  /** The newest checkpoint that it signed of the log whose origin has this SHA-256, in hex; null for one it has signed nothing of. */
  latest(originHash: string): string | null {
    return this.#byHash.get(originHash)?.checkpoint ?? null
  }

  /**
   * Tells of contradictions, note and all. Anybody can send a public
   * checkpoint with a proof that is none, so what is not certain is told once
   * a minute, and a certain one once.
   */
  #conflictTeller({ clock }: Machine, origin: string, log: (line: string) => void) {
    let toldAtUs = Number.NEGATIVE_INFINITY
    let certain = ''
    return (checkpoint: Uint8Array, isCertain: boolean) => {
      const note = new TextDecoder().decode(checkpoint)
      const nowUs = clock.monotonicUs()
      if (isCertain ? note === certain : nowUs - toldAtUs < tellEveryUs) return
      if (isCertain) certain = note
      else toldAtUs = nowUs
      const what = isCertain
        ? 'has SIGNED TWO HISTORIES: this is not the tree that was witnessed'
        : 'a signed checkpoint does not continue the tree that was witnessed'
      log(`${origin}: ${what}:\n${note}`)
    }
  }

  /** Finds the log that a request is about. */
  async #ask(read: () => { checkpoint: Uint8Array; ask: (watched: WatchedLog) => Promise<Reply> }): Promise<Reply> {
    let about
    let origin
    try {
      about = read()
      origin = parseCheckpoint(parseNote(about.checkpoint).text).origin
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      return refused(400, error.message)
    }
    const watched = this.#logs.get(origin)
    return watched ? about.ask(watched) : refused(404, 'this witness does not watch the log')
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
