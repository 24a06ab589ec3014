import { utf8Decoder } from '../cast/utf8.ts'
import type { Sha256 } from './hash.ts'
import { isBySameKey } from './note.ts'
import { ProofError, type ProofErrorCode } from './proof-error.ts'
import { parseVerifierKey, signatureTypes, type VerifierKey } from './verifier-key.ts'

/** Which logs are trusted, and whose word makes their checkpoints good (c2sp.org/tlog-policy). */
export interface TlogPolicy {
  logs: PolicyLog[]
  witnesses: PolicyWitness[]
  groups: PolicyGroup[]
  /** The name of a witness or a group; null when nobody needs to cosign. */
  quorum: string | null
}

export interface PolicyLog {
  key: VerifierKey
  url?: string
}

export interface PolicyWitness {
  /** Its name in the policy; the key has one of its own. */
  name: string
  key: VerifierKey
  url?: string
}

/** Cosigned when at least `threshold` of its members, witnesses and groups, have cosigned. */
export interface PolicyGroup {
  name: string
  threshold: number
  members: string[]
}

/** The most logs, witnesses, groups, each, that are read. */
const entriesMax = 1024

const policyBytesMax = 4 << 20

/** Reads a policy; what is wrong is said with its line. */
export function parseTlogPolicy(sha256: Sha256, bytes: Uint8Array): TlogPolicy {
  if (bytes.length > policyBytesMax) throw new ProofError('policy_too_large', `expected at most ${policyBytesMax} bytes`)
  const policy: TlogPolicy = { logs: [], witnesses: [], groups: [], quorum: null }
  const reader = new PolicyReader(sha256, policy)
  let line = 1
  let start = 0
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
    reader.read(line, wordsOf(bytes.subarray(start, end), line))
    start = end + 1
    line++
  }
  // A file that was cut could say something else than its author.
  if (start !== bytes.length) throw new ProofError('policy_bytes', 'expected a newline at the end', line)
  reader.end(line)
  return policy
}

/** Whether those who verifiably cosigned are the quorum. */
export function isQuorum(policy: TlogPolicy, verifiedKeys: readonly { name: string; keyId: Uint8Array }[]): boolean {
  if (policy.quorum === null) return true
  const cosigned = new Set(policy.witnesses.filter(({ key }) => verifiedKeys.some(one => isBySameKey(key, one))).map(({ name }) => name))
  // A group's members stand before it, so one pass is enough.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter(member => cosigned.has(member)).length >= threshold) cosigned.add(name)
  }
  return cosigned.has(policy.quorum)
}

class PolicyReader {
  readonly #sha256: Sha256
  readonly #policy: TlogPolicy
  /** What can be named, and whether it is a member of a group already. */
  readonly #names = new Map<string, { isMember: boolean }>()
  #hasQuorum = false

  constructor(sha256: Sha256, policy: TlogPolicy) {
    this.#sha256 = sha256
    this.#policy = policy
  }

  read(line: number, [keyword, ...words]: string[]): void {
    switch (keyword) {
      case undefined:
        return
      case 'log':
        return this.#log(line, words)
      case 'witness':
        return this.#witness(line, words)
      case 'group':
        return this.#group(line, words)
      case 'quorum':
        return this.#quorum(line, words)
      default:
        throw wrong('policy_line', 'expected `log`, `witness`, `group` or `quorum`', line)
    }
  }

  end(line: number): void {
    if (!this.#hasQuorum) throw wrong('policy_quorum', 'expected a quorum', line)
  }

  #log(line: number, [vkey, url, ...rest]: string[]): void {
    if (vkey === undefined || rest.length > 0) throw wrong('policy_line', 'expected `log <vkey> [<url>]`', line)
    const key = this.#key(line, vkey)
    if (key.type === signatureTypes.cosignature) throw wrong('policy_vkey', 'expected a key that signs checkpoints, got a witness’s', line)
    addKeyed(this.#policy.logs, { key, ...(url === undefined ? {} : { url }) }, line)
  }

  #witness(line: number, [name, vkey, url, ...rest]: string[]): void {
    if (name === undefined || vkey === undefined || rest.length > 0) {
      throw wrong('policy_line', 'expected `witness <name> <vkey> [<url>]`', line)
    }
    const key = this.#key(line, vkey)
    if (key.type !== signatureTypes.cosignature && key.type !== signatureTypes.mlDsaCosignature) {
      throw wrong('policy_vkey', 'expected a key that cosigns, of type 4 or 6', line)
    }
    this.#define(line, name)
    addKeyed(this.#policy.witnesses, { name, key, ...(url === undefined ? {} : { url }) }, line)
  }

  #group(line: number, [name, count, ...members]: string[]): void {
    if (name === undefined || count === undefined || members.length === 0) {
      throw wrong('policy_line', 'expected `group <name> <all|any|number> <member>…`', line)
    }
    for (const member of members) {
      const known = this.#names.get(member)
      if (!known) throw wrong('policy_name', `expected a witness or a group of a line above, got \`${member}\``, line)
      if (known.isMember) throw wrong('policy_duplicate', `expected \`${member}\` to be a member once`, line)
      known.isMember = true
    }
    this.#define(line, name)
    if (this.#policy.groups.length === entriesMax) throw wrong('policy_too_large', `expected at most ${entriesMax} groups`, line)
    this.#policy.groups.push({ name, threshold: thresholdOf(count, members.length, line), members })
  }

  #quorum(line: number, [name, ...rest]: string[]): void {
    if (name === undefined || rest.length > 0) throw wrong('policy_line', 'expected `quorum <name>`', line)
    if (this.#hasQuorum) throw wrong('policy_quorum', 'expected one quorum', line)
    if (name !== none && !this.#names.has(name)) {
      throw wrong('policy_name', `expected a witness or a group of a line above, got \`${name}\``, line)
    }
    this.#hasQuorum = true
    this.#policy.quorum = name === none ? null : name
  }

  #key(line: number, vkey: string): VerifierKey {
    try {
      return parseVerifierKey(this.#sha256, vkey)
    } catch (error) {
      if (error instanceof ProofError) throw wrong('policy_vkey', error.message, line)
      throw error
    }
  }

  #define(line: number, name: string): void {
    if (name === none || this.#names.has(name)) throw wrong('policy_duplicate', `expected a name that is not taken, got \`${name}\``, line)
    this.#names.set(name, { isMember: false })
  }
}

const newline = 0x0a
const tab = 0x09
const space = 0x20
const hash = 0x23
const deleted = 0x7f

/** The quorum's name when nobody needs to cosign. */
const none = 'none'

/** The words of a line; none, when it is blank or a comment. */
function wordsOf(bytes: Uint8Array, line: number): string[] {
  if (bytes.some(byte => (byte < space && byte !== tab) || byte === deleted)) {
    throw wrong('policy_bytes', 'expected no control characters but tabs', line)
  }
  const words: string[] = []
  for (let at = 0; at < bytes.length;) {
    if (isBlank(bytes[at]!)) {
      at++
      continue
    }
    if (words.length === 0 && bytes[at] === hash) return []
    const start = at
    while (at < bytes.length && !isBlank(bytes[at]!)) at++
    words.push(wordOf(bytes.subarray(start, at)))
  }
  return words
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab
}

// Words are octets that need not be UTF-8. Those that are not become halves of
// surrogate pairs, which no UTF-8 gives, so that no two words look the same.
function wordOf(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    return Array.from(bytes, byte => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('')
  }
}

function thresholdOf(count: string, members: number, line: number): number {
  if (count === 'all') return members
  if (count === 'any') return 1
  const threshold = /^[1-9][0-9]{0,5}$/.test(count) ? Number(count) : 0
  if (threshold < 1 || threshold > members) {
    throw wrong('policy_threshold', `expected \`all\`, \`any\` or a number from 1 to ${members}, got \`${count}\``, line)
  }
  return threshold
}

function addKeyed<T extends { key: VerifierKey }>(entries: T[], entry: T, line: number): void {
  const bytes = String(entry.key.publicKey)
  if (entries.some(({ key }) => String(key.publicKey) === bytes))
    throw wrong('policy_duplicate', 'expected a key that no line above has', line)
  if (entries.length === entriesMax) throw wrong('policy_too_large', `expected at most ${entriesMax} keys`, line)
  entries.push(entry)
}

function wrong(code: ProofErrorCode, expectation: string, line: number): ProofError {
  return new ProofError(code, expectation, line)
}
