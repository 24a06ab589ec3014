import { assert } from '../runtime/assert.ts'

const issuer = Symbol('guard')

/**
 * Proof that a message may go to the target: the recording holds what it asks,
 * and the decision allowed it. Only the guard issues passes; each is spent once.
 */
export class Pass {
  #spent = false

  /** Only the guard has the key. */
  constructor(key: typeof issuer) {
    assert(key === issuer, 'only the guard issues a pass')
  }

  spend(): void {
    assert(!this.#spent, 'a pass is spent once')
    this.#spent = true
  }
}

/** Proof that bytes may go to the client: they were masked, and the recording holds them. */
export class Cleared {
  readonly #bytes: Uint8Array
  #spent = false

  constructor(key: typeof issuer, bytes: Uint8Array) {
    assert(key === issuer, 'only the guard clears an answer')
    this.#bytes = bytes
  }

  spend(): Uint8Array {
    assert(!this.#spent, 'cleared bytes are written once')
    this.#spent = true
    return this.#bytes
  }
}

/** For the guard's own files: the key that makes a pass. Its importers are held by the linter. */
export const guardKey: typeof issuer = issuer
