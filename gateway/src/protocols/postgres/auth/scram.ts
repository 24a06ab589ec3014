import { assert } from '../../../runtime/assert.ts'
import { toBase64 } from '../../../runtime/bytes.ts'
import { equalInConstantTime, hmacSha256, pbkdf2Sha256, sha256 } from '../../../runtime/crypto.ts'
import type { ScramVerifier } from '../../protocol.ts'
import { WireError } from '../wire/wire-error.ts'

// SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: without channel
// binding, and without the user name, which the startup message has.

const iterationsMin = 4096
/** A hostile target could keep the gateway computing for minutes. */
const iterationsMax = 1_000_000
const mockIterations = 4096
const saltBytes = 16
const keyBytes = 32
const utf8 = new TextEncoder()

export interface ScramServerParts {
  /** Null for a user that does not exist: the conversation looks alike, and is never proven. */
  verifier: ScramVerifier | null
  user: string
  /** Printable ASCII without commas, never used before. */
  nonce: string
  /** A secret of this process that made-up salts come from, so that asking twice gives the same one. */
  mockSeed: Uint8Array
}

/** The server's side of one login: `first`, then `final`. Throws `WireError` for messages that break the mechanism. */
export class ScramServer {
  readonly #verifier: ScramVerifier
  readonly #isReal: boolean
  readonly #nonce: string
  #begun: { gs2Header: string; clientFirstBare: string; serverFirst: string; nonce: string } | null = null

  constructor({ verifier, user, nonce, mockSeed }: ScramServerParts) {
    this.#verifier = verifier ?? mockVerifier(user, mockSeed)
    this.#isReal = verifier !== null
    this.#nonce = nonce
  }

  /** Takes the client's first message, gives the server's: nonce, salt, iterations. */
  first(clientFirst: string): string {
    assert(this.#begun === null, 'a SCRAM login begins once')
    const header = /^([nyp])(?:=[^,]*)?,(a=[^,]*)?,/.exec(clientFirst)
    if (!header) throw malformed('expected a channel-binding flag')
    if (header[1] === 'p') throw new WireError('08P01', 'client requires SCRAM channel binding, which the gateway does not offer')
    if (header[0].length !== 3) throw new WireError('0A000', 'client uses authorization identity, which is not supported')
    const clientFirstBare = clientFirst.slice(3)
    if (clientFirstBare.startsWith('m=')) throw new WireError('0A000', 'client requires an unsupported SCRAM extension')
    const clientNonce = /^n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,|$)/.exec(clientFirstBare)?.[1]
    if (clientNonce === undefined) throw malformed('expected a user name and a printable nonce')
    const nonce = clientNonce + this.#nonce
    const { salt, iterations } = this.#verifier
    const serverFirst = `r=${nonce},s=${toBase64(salt)},i=${iterations}`
    this.#begun = { gs2Header: header[0], clientFirstBare, serverFirst, nonce }
    return serverFirst
  }

  /** Takes the client's proof. `message` proves in turn that the server has the verifier. */
  final(clientFinal: string): { proven: true; message: string } | { proven: false } {
    assert(this.#begun !== null, 'a SCRAM login is begun before it ends')
    const { gs2Header, clientFirstBare, serverFirst, nonce } = this.#begun
    const parts = /^(c=([^,]*),r=([^,]*)(?:,[a-zA-Z]=[^,]*)*),p=([^,]*)$/.exec(clientFinal)
    if (!parts) throw malformed('expected channel binding, nonce and proof')
    const [, withoutProof, binding, clientNonce, proofText] = parts as unknown as [string, string, string, string, string]
    if (binding !== toBase64(utf8.encode(gs2Header)))
      throw new WireError('28000', 'unexpected SCRAM channel-binding attribute in client-final-message')
    if (clientNonce !== nonce) throw malformed('nonce does not match')
    const proof = fromBase64(proofText)
    if (proof?.length !== keyBytes) throw malformed('expected a proof of 32 bytes')
    const signed = utf8.encode(`${clientFirstBare},${serverFirst},${withoutProof}`)
    const clientKey = xor(proof, hmacSha256(this.#verifier.storedKey, signed))
    const isRight = equalInConstantTime(sha256(clientKey), this.#verifier.storedKey)
    if (!isRight || !this.#isReal) return { proven: false }
    return { proven: true, message: `v=${toBase64(hmacSha256(this.#verifier.serverKey, signed))}` }
  }
}

/** The client's side of one login: `first`, `final`, `verify`. Throws `WireError` when the server breaks the mechanism or cannot prove that it knows the password. */
export class ScramClient {
  readonly #password: string
  readonly #nonce: string
  readonly #firstBare: string
  #serverSignature: Uint8Array | null = null
  #isProven = false

  /** `nonce`: printable ASCII without commas, never used before. `user`: PostgreSQL ignores it here and takes the startup message's. */
  constructor({ password, nonce, user = '' }: { password: string; nonce: string; user?: string }) {
    this.#password = password
    this.#nonce = nonce
    this.#firstBare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  }

  /** Whether the server proved that it knows the password. Only then may it be believed. */
  get isProven(): boolean {
    return this.#isProven
  }

  first(): string {
    return `n,,${this.#firstBare}`
  }

  /** Takes the server's first message, gives the proof. */
  final(serverFirst: string): string {
    assert(this.#serverSignature === null, 'a SCRAM login is answered once')
    const parts = /^r=([\x21-\x2b\x2d-\x7e]+),s=([^,]+),i=([1-9]\d{0,9})(?:,|$)/.exec(serverFirst)
    if (!parts) throw malformed('expected nonce, salt and iterations')
    const [, nonce, saltText, iterationsText] = parts as unknown as [string, string, string, string]
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) throw malformed('nonce does not continue ours')
    const salt = fromBase64(saltText)
    if (!salt || salt.length === 0) throw malformed('expected a salt in base64')
    const iterations = Number(iterationsText)
    if (iterations < iterationsMin || iterations > iterationsMax)
      throw malformed(`expected ${iterationsMin} to ${iterationsMax} iterations, got ${iterations}`)
    const salted = pbkdf2Sha256(utf8.encode(prepare(this.#password)), salt, iterations)
    const clientKey = hmacSha256(salted, utf8.encode('Client Key'))
    const withoutProof = `c=${toBase64(utf8.encode('n,,'))},r=${nonce}`
    const signed = utf8.encode(`${this.#firstBare},${serverFirst},${withoutProof}`)
    this.#serverSignature = hmacSha256(hmacSha256(salted, utf8.encode('Server Key')), signed)
    return `${withoutProof},p=${toBase64(xor(clientKey, hmacSha256(sha256(clientKey), signed)))}`
  }

  /** Takes the server's last message, which must hold its signature. */
  verify(serverFinal: string): void {
    assert(this.#serverSignature !== null, 'a SCRAM login is answered before it is verified')
    const signature = fromBase64(/^v=([^,]+)(?:,|$)/.exec(serverFinal)?.[1] ?? '')
    if (!signature || !equalInConstantTime(signature, this.#serverSignature))
      throw new WireError('28000', 'the server did not prove that it knows the password')
    this.#isProven = true
  }
}

/**
 * The password as both sides must hash it (SASLprep, RFC 4013): ASCII as it
 * is, else mapped and normalised. What SASLprep prohibits (a control
 * or unassigned character, or nothing left) is used raw, as PostgreSQL does.
 */
function prepare(password: string): string {
  if (/^[\x00-\x7f]*$/.test(password)) return password
  const mapped = password
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replace(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
  const normalised = mapped.normalize('NFKC')
  return normalised === '' || /\p{C}/u.test(normalised) ? password : normalised
}

/** Keys that no password has; the salt is derived from the name, so it stays the same as a real user's would. */
function mockVerifier(user: string, mockSeed: Uint8Array): ScramVerifier {
  const salt = hmacSha256(mockSeed, utf8.encode(`salt ${user}`)).subarray(0, saltBytes)
  const key = hmacSha256(mockSeed, utf8.encode(`key ${user}`))
  return { iterations: mockIterations, salt, storedKey: key, serverKey: key }
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!)
}

/** Gives null for what is not base64 with its padding: `atob` alone would let more pass. */
function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}

function malformed(what: string): WireError {
  return new WireError('08P01', `malformed SCRAM message: ${what}`)
}
