import {
  formatVerifierKey,
  makeVerifierKey,
  noteSigner,
  noteVerifier,
  parseBase64,
  ProofError,
  signatureTypes,
  type NoteSigner,
  type NoteVerifier,
} from '@steno/recordings'
import { toBase64 } from '../runtime/bytes.ts'
import { ed25519KeyBytes, openEd25519, sha256, verifyEd25519 } from '../runtime/crypto.ts'
import type { Machine } from '../runtime/machine.ts'
import { LogRefused } from './log-refused.ts'

/** A key that this log signs with. */
export interface LogKey {
  vkey: string
  signer: NoteSigner
  verifier: NoteVerifier
  /** How large the log was when the key was made: its leaf is not before that. */
  since: number
}

/**
 * The log's keys: the one that signs, and while keys are changed the one that
 * follows it. `log.key` and `log.key.next` hold a seed in base64 and, on a line
 * of its own, how large the log was.
 *
 * A change goes: `prepare` makes the next key; its leaf is written; a
 * checkpoint that has the leaf is signed by both; `finish` destroys the old
 * seed. Wherever that stops, the log's leaves tell whether it goes on
 * (`finish`) or never was (`forget`).
 */
export class LogKeys {
  readonly #machine: Machine
  readonly #path: string
  readonly #origin: string
  #current: LogKey
  #next: LogKey | null

  private constructor(
    machine: Machine,
    { path, origin, current, next }: { path: string; origin: string; current: LogKey; next: LogKey | null },
  ) {
    this.#machine = machine
    this.#path = path
    this.#origin = origin
    this.#current = current
    this.#next = next
  }

  /** Opens the keys of a log; makes the first one for a log that is new. `directory` is there. */
  static open(machine: Machine, { directory, origin, isNew }: { directory: string; origin: string; isNew: boolean }): LogKeys {
    const { disk } = machine
    const path = `${directory}/log.key`
    if (!disk.exists(path) && disk.exists(nextPath(path))) {
      // The old seed was destroyed, and the new one not yet put in its place.
      disk.replace(path, disk.read(nextPath(path)))
    }
    if (!disk.exists(path)) {
      if (!isNew)
        throw new LogRefused(
          'key_missing',
          `the log’s key ${path} is missing: put it back from a copy, or begin a new log beside the old one`,
        )
      writeSeed(machine, path, { seed: machine.random(ed25519KeyBytes), since: 0 })
    }
    const current = readKey(machine, path, origin)
    const next = disk.exists(nextPath(path)) ? readKey(machine, nextPath(path), origin) : null
    const isMoved = next?.vkey === current.vkey
    if (isMoved) disk.destroy(nextPath(path))
    // A seed that was just being written down when a gateway died is a copy too many.
    for (const begun of [`${path}.new`, `${nextPath(path)}.new`]) if (disk.exists(begun)) disk.destroy(begun)
    return new LogKeys(machine, { path, origin, current, next: isMoved ? null : next })
  }

  get current(): LogKey {
    return this.#current
  }

  /** The key that is to follow, while keys are changed. */
  get next(): LogKey | null {
    return this.#next
  }

  /** Makes the key that is to follow, and has it on disk. */
  prepare(since: number): LogKey {
    const path = nextPath(this.#path)
    writeSeed(this.#machine, path, { seed: this.#machine.random(ed25519KeyBytes), since })
    return (this.#next = readKey(this.#machine, path, this.#origin))
  }

  /** Destroys the old key: from here on the next one alone signs. */
  finish(): void {
    const { disk } = this.#machine
    const next = this.#next
    if (next === null) return
    const content = disk.read(nextPath(this.#path))
    if (disk.exists(this.#path)) disk.destroy(this.#path)
    disk.replace(this.#path, content)
    disk.destroy(nextPath(this.#path))
    this.#current = next
    this.#next = null
  }

  /** Destroys a next key that no leaf tells of. */
  forget(): void {
    if (this.#next === null) return
    this.#machine.disk.destroy(nextPath(this.#path))
    this.#next = null
  }
}

function nextPath(path: string): string {
  return `${path}.next`
}

function writeSeed({ disk }: Machine, path: string, { seed, since }: { seed: Uint8Array; since: number }): void {
  disk.replace(path, new TextEncoder().encode(`${toBase64(seed)}\n${since}\n`))
}

function readKey({ disk }: Machine, path: string, origin: string): LogKey {
  const [, base64, since] = /^([A-Za-z0-9+/]{43}=)\n(\d{1,15})\n$/.exec(new TextDecoder().decode(disk.read(path))) ?? []
  const damaged = () =>
    new LogRefused('key_damaged', `${path}: expected a seed in base64 and a number, each on its line; put it back from a copy`)
  if (base64 === undefined || since === undefined) throw damaged()
  let seed: Uint8Array
  try {
    seed = parseBase64(base64)
  } catch (error) {
    if (error instanceof ProofError) throw damaged()
    throw error
  }
  const key = openEd25519(seed)
  const known = makeVerifierKey(sha256, { name: origin, type: signatureTypes.ed25519, publicKey: key.publicKey })
  return {
    vkey: formatVerifierKey(known),
    signer: noteSigner(known, message => key.sign(message)),
    verifier: noteVerifier(known, verifyEd25519),
    since: Number(since),
  }
}
