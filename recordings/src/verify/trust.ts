import type { Checkpoint } from '../proof/checkpoint.ts'
import { hashLeaf, isSameHash, type Sha256 } from '../proof/hash.ts'
import { verifyInclusion } from '../proof/inclusion.ts'
import { parseLogLeaf } from '../proof/leaf.ts'
import { ProofError } from '../proof/proof-error.ts'
import { parseTlogProof } from '../proof/tlog-proof.ts'
import { isQuorum, type TlogPolicy } from '../proof/tlog-policy.ts'
import { parseVerifierKey, type VerifierKey } from '../proof/verifier-key.ts'
import { checkNote, isSameKey, keyLabel, type CheckedNote, type CheckEd25519 } from './check-note.ts'
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

/** The log that a checkpoint is of, as it was read. */
export interface VouchedLog {
  /** The keys its leaves have put in force, in their order. */
  keys: readonly LoggedKey[]
  /** Whether its leaves are those of the checkpoint, so that no key is missing and none is another. */
  isWhole: boolean
  checkpoint: Checkpoint
  /** The proof that was made when the key of this leaf was new. */
  handover: (leaf: number) => Promise<Uint8Array | null>
  /** The root at an earlier size; null where only parts of the log are there. */
  rootAt: ((size: number) => Promise<Uint8Array | null>) | null
}

type KnownKey = LoggedKey & { key: VerifierKey }

/**
 * Follows the log's keys from one that is trusted to the one in force, and asks
 * that it has signed the checkpoint. A key takes over from another only by a
 * checkpoint that both have signed: a leaf alone could be anybody's.
 */
export async function vouchFor(
  note: Uint8Array,
  log: VouchedLog,
  { trust, cryptography }: { trust: Trust; cryptography: Cryptography },
): Promise<Vouched> {
  const { sha256, verifyEd25519 } = cryptography
  const found: Found[] = []
  const find = (code: Found['code'], leaf: number | null, says: string) =>
    found.push({ verdict: 'TAMPERED', code, session: null, line: null, leaf, says })
  const policy = trust.by === 'policy' ? trust.policy : null
  const witnessKeys = policy?.witnesses.map(({ key }) => key) ?? []

  const keys: KnownKey[] = []
  for (const logged of log.keys) {
    const key = tryKey(sha256, logged.vkey)
    if (!key) return { key: null, witnesses: [], found: [malformedKey(logged)] }
    keys.push({ ...logged, key })
  }
  if (!log.isWhole)
    return {
      key: null,
      witnesses: [],
      found: await wrongSignature(
        note,
        keys.map(({ key }) => key),
        verifyEd25519,
      ),
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

  const inForce = keys.at(-1)!.key
  let checked: CheckedNote
  try {
    checked = await checkNote(note, [...keys.map(({ key }) => key), ...witnessKeys], verifyEd25519)
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    find('checkpoint_unsigned', null, `the checkpoint is not signed: ${error.message}`)
    return { key: null, witnesses: [], found }
  }
  for (const [at, coming] of keys.entries()) {
    if (at <= first || (await isHandedOver({ leaving: keys[at - 1]!, coming }, checked, log, cryptography))) continue
    const leaving = keyLabel(keys[at - 1]!.key)
    find(
      'key_change_unsigned',
      coming.leaf,
      `leaf ${coming.leaf} puts ${keyLabel(coming.key)} in force, and no checkpoint shows that ${leaving} has agreed`,
    )
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
  if (policy && !isQuorum(policy, witnesses)) found.push(quorumMissing(policy, witnesses))
  return { key: found.some(({ verdict }) => verdict === 'TAMPERED') ? null : inForce, witnesses: witnesses.map(({ name }) => name), found }
}

/** Asks that a trusted key has signed, where no leaf says which key is in force: for a proof that stands alone. */
export async function vouchAlone(
  note: Uint8Array,
  origin: string,
  { trust, cryptography }: { trust: Trust; cryptography: Cryptography },
): Promise<Vouched> {
  const found: Found[] = []
  const find = (code: Found['code'], says: string) => found.push({ verdict: 'TAMPERED', code, session: null, line: null, leaf: null, says })
  const policy = trust.by === 'policy' ? trust.policy : null
  const witnessKeys = policy?.witnesses.map(({ key }) => key) ?? []
  const trusted = trust.by === 'first key' ? [] : trustedKeys(trust)
  let signers: VerifierKey[] = []
  try {
    signers = (await checkNote(note, [...trusted, ...witnessKeys], cryptography.verifyEd25519)).signedBy
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    find('checkpoint_unsigned', `the checkpoint is not signed: ${error.message}`)
  }
  const key = trusted.find(one => one.name === origin && signers.includes(one)) ?? null
  if (!key && found.length === 0) find('key_not_trusted', `the checkpoint of ${origin} is signed by no key that is trusted`)
  const witnesses = signers.filter(one => witnessKeys.includes(one))
  if (policy && !isQuorum(policy, witnesses)) found.push(quorumMissing(policy, witnesses))
  return { key, witnesses: witnesses.map(({ name }) => name), found }
}

/** Where leaves are missing or changed, keys may be: then only a signature that claims to be of a known key, and is not, tells anything. */
async function wrongSignature(note: Uint8Array, keys: readonly VerifierKey[], verifyEd25519: CheckEd25519): Promise<Found[]> {
  try {
    await checkNote(note, keys, verifyEd25519)
    return []
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    return [
      {
        verdict: 'TAMPERED',
        code: 'checkpoint_unsigned',
        session: null,
        line: null,
        leaf: null,
        says: `the checkpoint is not signed: ${error.message}`,
      },
    ]
  }
}

/** The newest of the log's keys that is trusted. */
function trustedFrom(keys: readonly { key: VerifierKey }[], trust: Trust): number | null {
  if (trust.by === 'first key') return keys.length > 0 ? 0 : null
  const trusted = trustedKeys(trust)
  const at = keys.findLastIndex(({ key }) => trusted.some(one => isSameKey(one, key)))
  return at < 0 ? null : at
}

/**
 * Whether the leaving key has agreed to the coming one: it signed a checkpoint
 * that has the leaf which names it, and so did the coming key. That checkpoint
 * is kept with the leaf's proof; while it is the newest, it shows for itself.
 */
async function isHandedOver(
  { leaving, coming }: Record<'leaving' | 'coming', KnownKey>,
  newest: CheckedNote,
  log: VouchedLog,
  { sha256, verifyEd25519 }: Cryptography,
): Promise<boolean> {
  const both = [leaving.key, coming.key]
  if (both.every(key => newest.signedBy.includes(key))) return true
  const bytes = await log.handover(coming.leaf)
  if (!bytes) return false
  try {
    const { extra, index, proof, checkpoint: note } = parseTlogProof(bytes)
    const leaf = extra && parseLogLeaf(extra)
    if (leaf?.kind !== 'key' || leaf.vkey !== coming.vkey || leaf.replaces !== leaving.vkey || index !== coming.leaf) return false
    const { checkpoint, signedBy } = await checkNote(note, both, verifyEd25519)
    const { origin, size, root } = checkpoint
    const ofHistory = log.rootAt === null ? root : await log.rootAt(size)
    return (
      signedBy.length === 2 &&
      origin === log.checkpoint.origin &&
      ofHistory !== null &&
      isSameHash(ofHistory, root) &&
      verifyInclusion(sha256, { index, size, leafHash: hashLeaf(sha256, extra!), proof, root })
    )
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

function trustedKeys(trust: Exclude<Trust, { by: 'first key' }>): VerifierKey[] {
  return trust.by === 'keys' ? trust.keys : trust.policy.logs.map(({ key }) => key)
}

function quorumMissing({ quorum }: TlogPolicy, witnesses: readonly VerifierKey[]): Found {
  const by = witnesses.map(({ name }) => name).join(', ') || 'no witness'
  const says = `the checkpoint is cosigned by ${by}, and the policy asks for the quorum \`${quorum}\``
  return { verdict: 'UNANCHORED', code: 'quorum_missing', session: null, line: null, leaf: null, says }
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
