import type { Checkpoint } from '../proof/checkpoint.ts'
import { isSameHash, type Sha256 } from '../proof/hash.ts'
import { ProofError } from '../proof/proof-error.ts'
import { isQuorum, type TlogPolicy } from '../proof/tlog-policy.ts'
import { parseVerifierKey, type VerifierKey } from '../proof/verifier-key.ts'
import { checkNote, isSameKey, keyLabel, type CheckedNote, type CheckEd25519 } from './check-note.ts'
import type { Evidence } from './evidence.ts'
import type { Found, LoggedKey } from './log-book.ts'

/** Whose word a verifier takes. */
export type Trust =
  /** One of these keys of the log, as somebody gave them to us from elsewhere. */
  | { by: 'keys'; keys: VerifierKey[] }
  /** One of the policy's logs, if its witnesses agree. */
  | { by: 'policy'; policy: TlogPolicy }
  /** The key that the log itself names first: then the evidence vouches for itself. */
  | { by: 'first key' }

/** What a verifier cannot do itself. */
export interface Cryptography {
  sha256: Sha256
  verifyEd25519: CheckEd25519
}

/** Who stands behind a checkpoint. */
export interface Vouched {
  /** The key in force, if it has signed. */
  key: VerifierKey | null
  witnesses: string[]
  found: Found[]
}

/**
 * Follows the log's keys from one that is trusted to the one in force, and asks
 * that it has signed the checkpoint. A key takes over from another only by a
 * checkpoint that both have signed: a leaf alone could be anybody's.
 */
export async function vouchFor(
  note: Uint8Array,
  log: { keys: readonly LoggedKey[]; evidence: Evidence; checkpoint: Checkpoint; rootAt: (size: number) => Promise<Uint8Array | null> },
  { trust, cryptography }: { trust: Trust; cryptography: Cryptography },
): Promise<Vouched> {
  const { sha256, verifyEd25519 } = cryptography
  const found: Found[] = []
  const find = (code: Found['code'], leaf: number | null, says: string) =>
    found.push({ verdict: 'TAMPERED', code, session: null, line: null, leaf, says })
  const policy = trust.by === 'policy' ? trust.policy : null
  const witnessKeys = policy?.witnesses.map(({ key }) => key) ?? []

  const keys: (LoggedKey & { key: VerifierKey })[] = []
  for (const logged of log.keys) {
    const key = tryKey(sha256, logged.vkey)
    if (!key) return { key: null, witnesses: [], found: [malformedKey(logged)] }
    keys.push({ ...logged, key })
  }
  const first = trustedFrom(keys, trust)
  if (first === null) {
    find(
      'key_not_trusted',
      null,
      `the log is signed by ${keys.map(({ key }) => keyLabel(key)).join(', ') || 'nobody'}, none of which is trusted`,
    )
    return { key: null, witnesses: [], found }
  }

  for (const [at, coming] of keys.entries()) {
    if (at <= first) continue
    const leaving = keys[at - 1]!
    const problem = await handoverProblem({ leaving, coming }, note, log, cryptography)
    if (problem !== null) find('key_change_unsigned', coming.leaf, `leaf ${coming.leaf} puts ${keyLabel(coming.key)} in force: ${problem}`)
  }

  const inForce = keys.at(-1)!.key
  let checked: CheckedNote
  try {
    checked = await checkNote(note, [...keys.map(({ key }) => key), ...witnessKeys], verifyEd25519)
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    find('checkpoint_unsigned', null, `the checkpoint is not signed: ${error.message}`)
    return { key: null, witnesses: [], found }
  }
  const signers = checked.signedBy
  if (log.checkpoint.origin !== inForce.name)
    find('origin_differs', null, `the checkpoint is of ${log.checkpoint.origin}, and its key is of ${inForce.name}`)
  if (!signers.includes(inForce)) {
    const old = keys.find(({ key }) => signers.includes(key))
    if (old)
      find(
        'checkpoint_old_key',
        keys.at(-1)!.leaf,
        `the checkpoint is signed by ${keyLabel(old.key)}, which leaf ${keys.at(-1)!.leaf} had replaced`,
      )
    else find('checkpoint_unsigned', null, `the checkpoint is not signed by ${keyLabel(inForce)}`)
  }
  const witnesses = signers.filter(key => witnessKeys.includes(key))
  if (policy && !isQuorum(policy, witnesses))
    found.push({
      verdict: 'UNANCHORED',
      code: 'quorum_missing',
      session: null,
      line: null,
      leaf: null,
      says: `the checkpoint is cosigned by ${witnesses.map(({ name }) => name).join(', ') || 'no witness'}, and the policy asks for the quorum \`${policy.quorum}\``,
    })
  return { key: found.some(({ verdict }) => verdict === 'TAMPERED') ? null : inForce, witnesses: witnesses.map(({ name }) => name), found }
}

/** The newest of the log's keys that is trusted. */
function trustedFrom(keys: readonly { key: VerifierKey }[], trust: Trust): number | null {
  if (trust.by === 'first key') return keys.length > 0 ? 0 : null
  const trusted = trust.by === 'keys' ? trust.keys : trust.policy.logs.map(({ key }) => key)
  const at = keys.findLastIndex(({ key }) => trusted.some(one => isSameKey(one, key)))
  return at < 0 ? null : at
}

/** What is wrong with the change from one key to the next; null when both have signed for it. */
async function handoverProblem(
  { leaving, coming }: Record<'leaving' | 'coming', LoggedKey & { key: VerifierKey }>,
  newest: Uint8Array,
  log: { evidence: Evidence; checkpoint: Checkpoint; rootAt: (size: number) => Promise<Uint8Array | null> },
  { verifyEd25519 }: Cryptography,
): Promise<string | null> {
  const both = [leaving.key, coming.key]
  // The checkpoint of the change may still be the newest.
  for (const bytes of [await log.evidence.handover(coming.leaf), newest]) {
    if (!bytes) continue
    try {
      const { checkpoint, signedBy } = await checkNote(bytes, both, verifyEd25519)
      const root = await log.rootAt(checkpoint.size)
      const isOfThisLog =
        checkpoint.origin === log.checkpoint.origin && checkpoint.size <= log.checkpoint.size && checkpoint.size > coming.leaf
      if (signedBy.length === 2 && isOfThisLog && root && isSameHash(root, checkpoint.root)) return null
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
    }
  }
  return `no checkpoint of this log is there that ${keyLabel(leaving.key)} has signed with it`
}

function tryKey(sha256: Sha256, vkey: string): VerifierKey | null {
  try {
    return parseVerifierKey(sha256, vkey)
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}

function malformedKey({ leaf }: LoggedKey): Found {
  return { verdict: 'TAMPERED', code: 'leaf_malformed', session: null, line: null, leaf, says: `leaf ${leaf} holds a key that is none` }
}
