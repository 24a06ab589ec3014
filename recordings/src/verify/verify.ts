import { utf8Decoder } from '../cast/utf8.ts'
import { parseCheckpoint, type Checkpoint } from '../proof/checkpoint.ts'
import { formatBase64 } from '../proof/base64.ts'
import { isSameHash, type Sha256 } from '../proof/hash.ts'
import { parseNote } from '../proof/note.ts'
import { ProofError } from '../proof/proof-error.ts'
import { decodeUtf8 } from '../proof/text.ts'
import type { TreeHead } from '../proof/tree.ts'
import type { SessionAnchors } from './anchors.ts'
import { keyLabel } from './check-note.ts'
import type { Evidence } from './evidence.ts'
import { inOrder } from './in-order.ts'
import type { Found, LoggedSession } from './log-book.ts'
import { readEpochs } from './read-epochs.ts'
import { readLeafHashes, readLog } from './read-log.ts'
import { assembleReport, type LogReport, type Report } from './report.ts'
import { absentReport, withFindings, type SessionReport } from './session-report.ts'
import { vouchFor, type Cryptography, type Trust } from './trust.ts'
import type { Finding } from './verdict.ts'
import { verifyLedger } from './verify-ledger.ts'
import { verifyRecording } from './verify-recording.ts'

export interface VerifyOptions extends Cryptography {
  trust: Trust
  /** A checkpoint seen before: what is here must have grown from it. */
  since?: Checkpoint
  /** Only these sessions' recordings are read; all of them when it is left out. */
  sessions?: readonly string[]
  /** Told of each recording as soon as it is judged. */
  onSession?: (report: SessionReport) => void
  /** Who reads the recordings: threads, so many at once. Without them, they are read here, one after the other. */
  judges?: { judge: JudgeRecording; atOnce: number }
}

/** Holds the recording of a session against what the log says of it; null where there is none. */
export type JudgeRecording = (session: string, anchors: SessionAnchors) => Promise<SessionReport | null>

/**
 * Judges evidence: the log's signature and leaves first, because everything
 * else rests on them, then what the log vouches for: the lists behind its
 * epochs, the ledger, and each recording. A log that is not proven vouches for
 * nothing, so then nothing else is looked at.
 */
export async function verify(evidence: Evidence, options: VerifyOptions): Promise<Report> {
  // What is here is listed before the log is read: of a gateway that runs, the log then knows of all of it.
  const present = await evidence.sessions()
  const note = await evidence.checkpoint()
  if (!note) return unproven(null, [logFinding('checkpoint_missing', 'LOST', 'no signed checkpoint is there')])
  const checkpoint = tryCheckpoint(() => parseCheckpoint(parseNote(note).text))
  if (checkpoint instanceof ProofError)
    return unproven(null, [logFinding('checkpoint_malformed', 'TAMPERED', `the checkpoint is none: ${checkpoint.message}`)])

  const { sha256 } = options
  // INVARIANT: of a gateway that runs, what is read first is never ahead of what is read next.
  const kept = await evidence.keptHead()
  const log = await readLog(evidence, checkpoint, sha256)
  const rootAt = (size: number) => log.tree.rootAt(size, bundle => readLeafHashes(evidence, bundle, sha256))
  const vouched = await vouchFor(
    note,
    { keys: log.book.keys, isWhole: log.isWhole, checkpoint, handover: leaf => evidence.handover(leaf), rootAt },
    { trust: options.trust, cryptography: options },
  )
  const remembered = log.isWhole
    ? [
        ...(options.since ? await compareWithSeen(options.since, checkpoint, rootAt) : []),
        ...(await compareWithKept(kept, checkpoint, rootAt)),
      ]
    : []
  const key = vouched.key && keyLabel(vouched.key)
  const isProven = log.isWhole && vouched.key !== null
  const report: LogReport = {
    checkpoint,
    note: utf8Decoder.decode(note),
    isProven,
    key,
    keys: log.book.keys.map(({ vkey }) => vkey),
    trustsItself: options.trust.by === 'first key',
    witnesses: vouched.witnesses,
    counts: Object.fromEntries(log.book.counts),
    unsignedLeaves: log.tree.size - checkpoint.size,
    newestEpochAtUs: log.book.epochs.at(-1)?.atUs ?? null,
  }
  const onLog = [...vouched.found, ...remembered, ...log.found]
  if (!isProven) return unproven(report, onLog)

  const { ledger: ledgerHeads, found: onEpochs } = await readEpochs(evidence, log.book, sha256)
  const { references, commitments } = log.book
  const ledger = await verifyLedger(await evidence.ledger(), { heads: ledgerHeads.all(), references, commitments }, sha256)

  const found = [...onLog, ...log.book.found, ...onEpochs, ...ledger.found].map(one => ({ ...one, key }))
  const ids = [...new Set([...log.book.sessions.keys(), ...present])].filter(id => options.sessions?.includes(id) ?? true).toSorted()
  const ofSession = bySession(found, new Set(ids))
  const { judge, atOnce } = options.judges ?? { judge: readHere(evidence, sha256), atOnce: 1 }
  const sessions = await inOrder(ids, atOnce, async id => {
    const logged = log.book.sessions.get(id)
    const judged = logged
      ? await judgeLogged(judge, { logged, checkpoint, key, rootAt })
      : await judgeForeign(evidence, { id, key, isUnsigned: log.unsignedSessions.has(id) })
    const session = withFindings(judged, ofSession.get(id) ?? [])
    options.onSession?.(session)
    return session
  })
  return assembleReport({
    log: report,
    ledger: ledger.report,
    sessions,
    others: found.filter(({ session }) => session === null || !ofSession.has(session)),
  })
}

function readHere(evidence: Evidence, sha256: Sha256): JudgeRecording {
  return async (session, anchors) => {
    const bytes = await evidence.recording(session)
    return bytes && verifyRecording(bytes, anchors, { sha256 })
  }
}

/** A recording that the log knows of. */
async function judgeLogged(
  judge: JudgeRecording,
  { logged, checkpoint, key, rootAt }: { logged: LoggedSession; checkpoint: Checkpoint; key: string | null; rootAt: RootAt },
): Promise<SessionReport> {
  const anchors = anchorsOf(logged, { origin: checkpoint.origin, key })
  const report = await judge(logged.session, anchors)
  if (!report) return absentReport(anchors, [absence(anchors, logged)])
  const more: Finding[] = []
  const say = (code: Finding['code'], verdict: Finding['verdict'], says: string, line: number | null, leaf: number) =>
    more.push({ verdict, code, session: logged.session, line, leaf, key, says })
  const after = report.openedAfter
  if (after && after.size <= logged.open.leaf) {
    const root = await rootAt(after.size)
    if (!root || formatBase64(root) !== after.root)
      say(
        'header_differs',
        'TAMPERED',
        `the header names a checkpoint of ${after.size} leaves that this log never had`,
        0,
        logged.open.leaf,
      )
  }
  if (logged.removal)
    say(
      'removal_unfinished',
      'ERASED',
      `leaf ${logged.removal.leaf} says the recording was removed, and it is still there`,
      null,
      logged.removal.leaf,
    )
  return withFindings(report, more)
}

/** A recording that no signed leaf opened. */
async function judgeForeign(
  evidence: Evidence,
  { id, key, isUnsigned }: { id: string; key: string | null; isUnsigned: boolean },
): Promise<SessionReport> {
  let bytes = 0
  let newlines = 0
  for await (const chunk of (await evidence.recording(id)) ?? []) {
    bytes += chunk.length
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) newlines++
  }
  // A header is written before the leaf that opens its session, and nothing is passed on before both.
  const isYoung = isUnsigned || newlines <= 1
  const finding: Finding = isYoung
    ? {
        verdict: 'UNANCHORED',
        code: 'leaf_unsigned',
        session: id,
        line: 0,
        leaf: null,
        key: null,
        says: `the session ${id} is younger than the newest signed checkpoint: nobody vouches for it`,
      }
    : {
        verdict: 'TAMPERED',
        code: 'recording_foreign',
        session: id,
        line: 0,
        leaf: null,
        key,
        says: `the log opened no session ${id}, and a recording of it is there`,
      }
  return {
    session: id,
    number: null,
    verdict: finding.verdict,
    findings: [finding],
    lines: newlines,
    bytes,
    provenLines: 0,
    provenBytes: 0,
    anchor: null,
    expectedLines: 0,
    differing: null,
    erased: [],
    key,
    unanchoredSinceUs: null,
    isClosed: false,
    openedAfter: null,
  }
}

/** Why a recording is not there, lawfully or not. */
function absence({ session, removal, key }: SessionAnchors, { open }: LoggedSession): Finding {
  const at = { session, line: null, key }
  return removal
    ? {
        ...at,
        verdict: 'ERASED',
        code: 'recording_removed',
        leaf: removal.leaf,
        says: `the recording was removed, as leaf ${removal.leaf} of the log says`,
      }
    : {
        ...at,
        verdict: 'LOST',
        code: 'recording_missing',
        leaf: open.leaf,
        says: `leaf ${open.leaf} opened session ${session}, no leaf says it was removed, and its recording is not there`,
      }
}

/** All that the log says of a session, as its recording is held against it. */
function anchorsOf(logged: LoggedSession, { origin, key }: { origin: string; key: string | null }): SessionAnchors {
  const { session, number, open, seal, erasures, denials, removal } = logged
  const isSealHead = (size: number, root: Uint8Array) => seal !== null && seal.size === size && isSameHash(seal.root, root)
  return {
    session,
    number,
    origin,
    key,
    open,
    epochs: logged.epochs.all().filter(({ size, root }) => !isSealHead(size, root)),
    seal,
    erasures,
    denials,
    removal,
  }
}

type RootAt = (size: number) => Promise<Uint8Array | null>

/** A head seen before must be in the history of what is here: else it was rolled back, or it is another history. */
async function compareWithSeen(seen: Checkpoint, now: Checkpoint, rootAt: RootAt): Promise<Found[]> {
  const heads = `seen before: ${describeHead(seen)}; here: ${describeHead(now)}`
  if (seen.origin !== now.origin)
    return [logFinding('origin_differs', 'TAMPERED', `this is the log ${now.origin}, and ${seen.origin} was seen before`)]
  if (seen.size > now.size) return [logFinding('rolled_back', 'TAMPERED', `the log was rolled back; ${heads}`)]
  const root = await rootAt(seen.size)
  return root && isSameHash(root, seen.root)
    ? []
    : [logFinding('forked', 'TAMPERED', `the log is another one than was seen before; ${heads}`)]
}

/** The gateway keeps a head apart from its log, and moves it before it signs: it is never behind a checkpoint, nor of another history. */
async function compareWithKept(bytes: Uint8Array | null, now: Checkpoint, rootAt: RootAt): Promise<Found[]> {
  if (!bytes) return []
  const kept = tryCheckpoint(() => readKeptHead(bytes))
  if (kept instanceof ProofError)
    return [logFinding('checkpoint_malformed', 'TAMPERED', `the head that is kept apart is none: ${kept.message}`)]
  if (kept.origin !== now.origin)
    return [logFinding('origin_differs', 'TAMPERED', `the head that is kept apart is of the log ${kept.origin}, this is ${now.origin}`)]
  const heads = `kept: ${describeHead(kept)}; here: ${describeHead(now)}`
  if (kept.size < now.size) return [logFinding('rolled_back', 'TAMPERED', `the head that is kept apart was rolled back; ${heads}`)]
  const root = await rootAt(kept.size)
  if (!root) return [logFinding('rolled_back', 'TAMPERED', `the log was rolled back behind the head that is kept apart; ${heads}`)]
  return isSameHash(root, kept.root)
    ? []
    : [logFinding('forked', 'TAMPERED', `the log is another one than the head that is kept apart is of; ${heads}`)]
}

/** Findings about the sessions that are looked at; the others are the log's. */
function bySession(found: readonly Finding[], ids: ReadonlySet<string>): Map<string, Finding[]> {
  const all = new Map<string, Finding[]>()
  for (const finding of found) {
    if (finding.session === null || !ids.has(finding.session)) continue
    const others = all.get(finding.session)
    if (others) others.push(finding)
    else all.set(finding.session, [finding])
  }
  return all
}

function unproven(log: LogReport | null, found: readonly Found[]): Report {
  const nothing = { lines: 0, provenLines: 0, expectedLines: 0, isRead: false }
  return assembleReport({
    log: log ?? unreadLog,
    ledger: nothing,
    sessions: [],
    others: found.map(one => ({ ...one, key: log?.key ?? null })),
  })
}

const unreadLog: LogReport = {
  checkpoint: null,
  note: null,
  isProven: false,
  key: null,
  keys: [],
  trustsItself: false,
  witnesses: [],
  counts: {},
  unsignedLeaves: 0,
  newestEpochAtUs: null,
}

function describeHead({ size, root }: TreeHead): string {
  return `${size} leaves ${formatBase64(root)}`
}

/** The text of a checkpoint; a copy of a signed one is as good, whose signatures follow a blank line. */
function readKeptHead(bytes: Uint8Array): Checkpoint {
  return parseCheckpoint(decodeUtf8(bytes).split('\n\n')[0]!.replace(/\n?$/, '\n'))
}

function tryCheckpoint(read: () => Checkpoint): Checkpoint | ProofError {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProofError) return error
    throw error
  }
}

function logFinding(code: Found['code'], verdict: Found['verdict'], says: string): Found {
  return { verdict, code, session: null, line: null, leaf: null, says }
}
