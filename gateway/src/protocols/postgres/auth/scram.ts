import { hmacSha256, pbkdf2Sha256, sha256, equalInConstantTime } from '../../../runtime/crypto.ts'
import type { ScramVerifier } from '../../protocol.ts'
import { WireError } from '../wire/wire-error.ts'

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** What PostgreSQL itself uses, so that a made-up verifier looks like a real one. */
const mockIterations = 4096
const saltBytes = 16
/** More work than any server asks for: one that wants the gateway to hash for minutes is refused. */
const iterationsMax = 1_000_000

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802 §5, RFC 7677). Without a
 * verifier it goes through the same steps with a made-up one, the same each
 * time for the same user, and proves nobody.
 */
export class ScramServer {
  readonly #verifier: ScramVerifier
  readonly #isMock: boolean
  readonly #nonce: string
  #clientFirstBare = ''
  #serverFirst = ''
  #gs2Header = ''
  #fullNonce = ''

  constructor(options: { verifier: ScramVerifier | null; user: string; nonce: string; mockSeed: Uint8Array }) {
    this.#isMock = options.verifier === null
    this.#verifier = options.verifier ?? mockVerifier(options.user, options.mockSeed)
    this.#nonce = options.nonce
  }

  /** Takes the client's first message; gives the challenge. */
  first(data: Uint8Array): Uint8Array {
    const message = text.decode(data)
    // `n`: no channel binding. `y`: the client could, and believes that we cannot,
    // which is so. `p=…` asks for what we did not offer.
    const match = /^([ny],(?:a=[^,]*)?,)((?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(message)
    if (!match) throw new WireError('08P01', 'malformed SCRAM message')
    const [, header, bare, nonce] = match as unknown as [string, string, string, string]
    if (bare.startsWith('m=')) throw new WireError('08P01', 'client requires an unsupported SCRAM extension')
    this.#gs2Header = header
    this.#clientFirstBare = bare
    this.#fullNonce = nonce + this.#nonce
    this.#serverFirst = `r=${this.#fullNonce},s=${base64(this.#verifier.salt)},i=${this.#verifier.iterations}`
    return utf8.encode(this.#serverFirst)
  }

  /** Takes the client's proof; says whether it proves the password, and the message that proves the same of us. */
  final(data: Uint8Array): { proven: boolean; message: Uint8Array } {
    const message = text.decode(data)
    const match = /^c=([A-Za-z0-9+/=]+),r=([^,]+)((?:,[^p][^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(message)
    if (!match) throw new WireError('08P01', 'malformed SCRAM message')
    const [, binding, nonce, , proofText] = match as unknown as [string, string, string, string, string]
    if (nonce !== this.#fullNonce) throw new WireError('08P01', 'SCRAM nonce does not match')
    if (text.decode(unbase64(binding)) !== this.#gs2Header) throw new WireError('08P01', 'unexpected SCRAM channel-binding attribute')
    const proof = unbase64(proofText)
    if (proof.length !== 32) throw new WireError('08P01', 'malformed SCRAM message')
    const authMessage = utf8.encode(`${this.#clientFirstBare},${this.#serverFirst},${message.slice(0, message.lastIndexOf(',p='))}`)
    const clientKey = xor(proof, hmacSha256(this.#verifier.storedKey, authMessage))
    const isRight = equalInConstantTime(sha256(clientKey), this.#verifier.storedKey)
    return { proven: isRight && !this.#isMock, message: utf8.encode(`v=${base64(hmacSha256(this.#verifier.serverKey, authMessage))}`) }
  }
}

function mockVerifier(user: string, seed: Uint8Array): ScramVerifier {
  const of = (what: string) => hmacSha256(seed, utf8.encode(`${what} of ${user}`))
  return { iterations: mockIterations, salt: of('salt').slice(0, saltBytes), storedKey: of('stored key'), serverKey: of('server key') }
}

/** The client's side of SCRAM-SHA-256, which lets nobody in the middle pass for the target. */
export class ScramClient {
  readonly #password: string
  readonly #nonce: string
  #serverSignature: Uint8Array | null = null
  #isProven = false

  constructor(options: { password: string; nonce: string }) {
    this.#password = options.password
    this.#nonce = options.nonce
  }

  /** Whether the target has proven that it knows the password too. */
  get isProven(): boolean {
    return this.#isProven
  }

  first(): Uint8Array {
    return utf8.encode(`n,,${this.#firstBare()}`)
  }

  /** Takes the target's challenge; gives our proof. */
  final(data: Uint8Array): Uint8Array {
    const challenge = text.decode(data)
    const match = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d+)(?:,.*)?$/.exec(challenge)
    if (!match) throw new WireError('08P01', 'malformed SCRAM challenge')
    const [, nonce, salt, iterationsText] = match as unknown as [string, string, string, string]
    const iterations = Number(iterationsText)
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw new WireError('08P01', 'the SCRAM challenge is not for us')
    if (iterations < 1 || iterations > iterationsMax) throw new WireError('08P01', `a SCRAM challenge of ${iterationsText} iterations is refused`)
    const salted = pbkdf2Sha256(utf8.encode(prepared(this.#password)), unbase64(salt), iterations)
    const clientKey = hmacSha256(salted, utf8.encode('Client Key'))
    const unproven = `c=biws,r=${nonce}`
    const authMessage = utf8.encode(`${this.#firstBare()},${challenge},${unproven}`)
    const proof = xor(clientKey, hmacSha256(sha256(clientKey), authMessage))
    this.#serverSignature = hmacSha256(hmacSha256(salted, utf8.encode('Server Key')), authMessage)
    return utf8.encode(`${unproven},p=${base64(proof)}`)
  }

  /** Checks the target's own proof. */
  verify(data: Uint8Array): void {
    const match = /^v=([A-Za-z0-9+/=]+)/.exec(text.decode(data))
    if (!match || !this.#serverSignature || !equalInConstantTime(unbase64(match[1]!), this.#serverSignature)) throw new WireError('08P01', 'the target does not know the password it asked for')
    this.#isProven = true
  }

  #firstBare(): string {
    return `n=,r=${this.#nonce}`
  }
}

/** As PostgreSQL prepares passwords: ASCII as it is, else compatibility composition, the part of SASLprep (RFC 4013) that changes letters. */
function prepared(password: string): string {
  return /^[\x20-\x7e]*$/.test(password) ? password : password.normalize('NFKC')
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!)
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

function unbase64(encoded: string): Uint8Array {
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
  } catch {
    throw new WireError('08P01', 'malformed base64 in a SCRAM message')
  }
}
