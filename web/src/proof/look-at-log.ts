import {
  canVerify,
  cosignedMessage,
  formatBase64,
  parseCheckpoint,
  parseCosignature,
  parseLogLeaf,
  parseNote,
  parseVerifierKey,
  ProofError,
  tileWidth,
  tileWidthAt,
  wholeEntries,
  type CheckEd25519,
  type Checkpoint,
  type Evidence,
  type LogLeaf,
  type Note,
  type Sha256,
} from '@steno/recordings'
import { compareHistory, type History } from './log-history.ts'

/** A leaf of the log, and where it is. */
export interface PlacedLeaf {
  index: number
  said: LogLeaf
}

/** A witness's signature under the newest checkpoint. */
export interface Cosigner {
  name: string
  atMs: number
  /** Whether the signature is that of the key the gateway names for this witness; null where it names none. */
  isTrue: boolean | null
}

/** What a log shows of itself at first sight. It is checked only where that is said: `verify` checks all of it. */
export interface LogLook {
  /** The newest checkpoint as it is published, and what it says. */
  note: string
  origin: string
  size: number
  root: string
  cosigners: Cosigner[]
  /** The newest leaves that the checkpoint has, oldest first. */
  leaves: PlacedLeaf[]
  /** How it goes on from the checkpoint this browser remembers. */
  history: History
}

export interface LookOptions {
  sha256: Sha256
  verifyEd25519: CheckEd25519
  /** The note that this browser verified last. */
  seen: string | null
  /** The keys of the witnesses that the gateway asks. */
  witnesses: readonly string[]
  /** Leaves older than this are not looked for. */
  fromUs: number
  /** How much of a long log is read at most. */
  bundlesMax: number
}

/** Looks at a log: its checkpoint, its newest leaves, and whether it goes on from what was seen. Null for one that has published nothing. */
export async function lookAtLog(
  evidence: Pick<Evidence, 'checkpoint' | 'entries' | 'tile'>,
  { sha256, verifyEd25519, seen, witnesses, fromUs, bundlesMax }: LookOptions,
): Promise<LogLook | null> {
  const bytes = await evidence.checkpoint()
  if (!bytes) return null
  const note = parseNote(bytes)
  const checkpoint = parseCheckpoint(note.text)
  const { origin, size, root } = checkpoint
  return {
    note: new TextDecoder().decode(bytes),
    origin,
    size,
    root: formatBase64(root),
    cosigners: await cosignersOf(note, checkpoint, { keys: witnesses.map(vkey => parseVerifierKey(sha256, vkey)), verifyEd25519 }),
    leaves: await newestLeaves(evidence, size, { fromUs, bundlesMax }),
    history: await compareHistory(evidence, { seen: seen === null ? null : readSeen(seen), now: checkpoint }, sha256),
  }
}

/** The checkpoint of a note that was kept; null for what is none any more. */
export function readSeen(note: string): Checkpoint | null {
  try {
    return parseCheckpoint(parseNote(new TextEncoder().encode(note)).text)
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}

async function newestLeaves(
  evidence: Pick<Evidence, 'entries'>,
  size: number,
  { fromUs, bundlesMax }: Pick<LookOptions, 'fromUs' | 'bundlesMax'>,
): Promise<PlacedLeaf[]> {
  const bundles: PlacedLeaf[][] = []
  for (let bundle = Math.ceil(size / tileWidth) - 1; bundle >= 0 && bundles.length < bundlesMax; bundle--) {
    const width = tileWidthAt(size, 'entries', bundle)
    const bytes = await evidence.entries(bundle, width)
    const leaves = (bytes ? wholeEntries(bytes).slice(0, width) : []).flatMap((entry, at) => readLeaf(bundle * tileWidth + at, entry))
    bundles.push(leaves)
    if ((leaves[0]?.said.atUs ?? Infinity) < fromUs) break
  }
  return bundles.toReversed().flat()
}

/** What cannot be read is left out here; `verify` says so. */
function readLeaf(index: number, entry: Uint8Array): PlacedLeaf[] {
  try {
    return [{ index, said: parseLogLeaf(entry) }]
  } catch (error) {
    if (error instanceof ProofError) return []
    throw error
  }
}

async function cosignersOf(
  note: Note,
  { origin }: Checkpoint,
  { keys, verifyEd25519 }: { keys: readonly ReturnType<typeof parseVerifierKey>[]; verifyEd25519: CheckEd25519 },
): Promise<Cosigner[]> {
  const text = new TextEncoder().encode(note.text)
  const cosigners: Cosigner[] = []
  for (const { name, keyId, signature } of note.signatures) {
    // The log's own signature has no time; what has none is no witness's.
    if (name === origin || signature.length !== 72) continue
    const { timestamp, signature: own } = parseCosignature(signature)
    const key = keys.find(one => one.name === name && String(one.keyId) === String(keyId) && canVerify(one.type))
    const isTrue = key ? await verifyEd25519(key.publicKey, cosignedMessage(text, timestamp), own) : null
    cosigners.push({ name, atMs: timestamp * 1000, isTrue })
  }
  return cosigners
}
