import { utf8Encoder } from '../cast/utf8.ts'
import { endReason } from '../cast/records.ts'
import { describe, flag, integer, isObject, list, object, optional, orNull, pattern, text, type Check, type Fields } from '../cast/shape.ts'
import type { EndReason } from '../model.ts'
import { entryBytesMax } from './entry-bundle.ts'
import { ProofError } from './proof-error.ts'
import { decodeUtf8 } from './text.ts'
import { coverRange } from './tree.ts'

/** What the gateway's log says. Hashes and roots are base64 of 32 bytes; nothing in it is about a person in clear. */
export type LogLeaf = KeyLeaf | ConfigLeaf | OpenLeaf | EpochLeaf | SealLeaf | DenyLeaf | LedgerLeaf

export type LogLeafKind = LogLeaf['kind']

/** From here on another key signs; the first leaf of a log. */
export interface KeyLeaf {
  kind: 'key'
  atUs: number
  vkey: string
  replaces: string | null
}

/** The configuration the gateway runs with, without its secrets. */
export interface ConfigLeaf {
  kind: 'config'
  atUs: number
  hash: string
}

/** A session opens; written before its first byte reaches the target. */
export interface OpenLeaf {
  kind: 'open'
  atUs: number
  session: string
  /** Counts this log's sessions from 1, without gaps. */
  number: number
  /** The leaf hash of the recording's header. */
  header: string
}

/** The heads of everything that is open. */
export interface EpochLeaf {
  kind: 'epoch'
  atUs: number
  number: number
  /** How many heads the list has. */
  count: number
  /** The root over the list's lines. */
  root: string
}

/** A recording is closed, by its end or by recovery. */
export interface SealLeaf {
  kind: 'seal'
  atUs: number
  session: string
  size: number
  root: string
  bytes: number
  reason: EndReason
}

/** A command that was refused, or a connection that was. */
export type DenyLeaf = DenyCommandLeaf | DenyConnectionLeaf

export interface DenyCommandLeaf {
  kind: 'deny'
  atUs: number
  session: string
  /** The recording's line that says so, and its leaf hash. */
  line: number
  hash: string
  reason: string
}

export interface DenyConnectionLeaf {
  kind: 'deny'
  atUs: number
  reason: string
  /** SHA-256 of the ledger's line, which is salted. */
  commitment: string
}

/** Something that the ledger tells in clear: `entry` is its line, `hash` the line's leaf hash. */
export type LedgerLeaf = ApprovalLeaf | PolicyLeaf | ReadLeaf | HoldLeaf | RetainLeaf | EraseLeaf

interface OfLedger {
  atUs: number
  entry: number
  hash: string
}

export interface ApprovalLeaf extends OfLedger {
  kind: 'approval'
}

export interface PolicyLeaf extends OfLedger {
  kind: 'policy'
}

/** Somebody looked at a recording, or at more than one. */
export interface ReadLeaf extends OfLedger {
  kind: 'read'
  session?: string
}

/** A legal hold was placed or lifted, on a session or a run. */
export interface HoldLeaf extends OfLedger {
  kind: 'hold'
  session?: string
  placed: boolean
  run?: string
}

/** A recording was removed lawfully, and this is what it was. */
export interface RetainLeaf extends OfLedger {
  kind: 'retain'
  session: string
  size: number
  root: string
}

/** Lines of a recording were erased lawfully, and these are the roots of the subtrees that stood for them. */
export interface EraseLeaf extends OfLedger {
  kind: 'erase'
  session: string
  from: number
  to: number
  hashes: string[]
  /** The leaf hash of the `v` line in their place: its time and all else that it says are as the gateway wrote them. */
  void: string
}

/** Writes a leaf: one JSON object, its fields in the order they have here, without white space. */
export function formatLogLeaf(leaf: LogLeaf): Uint8Array {
  const form = formOf(leaf)
  const wrong = form.check(leaf)
  if (wrong) throw new TypeError(describe(wrong))
  const bytes = utf8Encoder.encode(JSON.stringify(leaf, form.names))
  if (bytes.length > entryBytesMax) throw new TypeError(`expected a leaf of at most ${entryBytesMax} bytes, got ${bytes.length}`)
  return bytes
}

/** Reads a leaf that is written exactly as `formatLogLeaf` does. */
export function parseLogLeaf(bytes: Uint8Array): LogLeaf {
  if (bytes.length > entryBytesMax) throw new ProofError('leaf_too_long', `expected a leaf of at most ${entryBytesMax} bytes`)
  const json = decodeUtf8(bytes)
  const leaf = parseJson(json)
  if (!hasKind(leaf)) throw new ProofError('leaf_kind', 'expected an object with a known kind')
  const form = formOf(leaf)
  if (!isLeafOf(form, leaf)) throw new ProofError('leaf_shape', describe(form.check(leaf)!))
  if (JSON.stringify(leaf, form.names) !== json) {
    throw new ProofError('leaf_not_canonical', 'expected the fields in their order, each once, without white space')
  }
  return leaf
}

/** What can name a session: a file's name, and a word of an epoch list. */
export const sessionIdForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** What one kind of leaf looks like: its fields in their order. */
interface LeafForm {
  check: Check
  names: string[]
}

const count = integer(0)
const hash = pattern(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'a hash in base64')
const session = pattern(sessionIdForm, 'a session id')
const run = pattern(/^[\x21-\x7e]{1,128}$/, 'a run id')
const vkey = pattern(/^[^\p{White_Space}\p{Cc}\p{Surrogate}+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$/u, 'a vkey')
const code = pattern(/^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,99}$/, 'a short code')

const ofLog = { kind: text, atUs: count }
const ofLedger = { ...ofLog, entry: count, hash }

const denyCommand = form<DenyCommandLeaf>({ ...ofLog, session, line: count, hash, reason: code })
const denyConnection = form<DenyConnectionLeaf>({ ...ofLog, reason: code, commitment: hash })

const forms: Record<LogLeafKind, LeafForm> = {
  key: form<KeyLeaf>({ ...ofLog, vkey, replaces: orNull(vkey) }),
  config: form<ConfigLeaf>({ ...ofLog, hash }),
  open: form<OpenLeaf>({ ...ofLog, session, number: integer(1), header: hash }),
  epoch: form<EpochLeaf>({ ...ofLog, number: integer(1), count, root: hash }),
  seal: form<SealLeaf>({ ...ofLog, session, size: count, root: hash, bytes: count, reason: endReason }),
  deny: denyCommand,
  approval: form<ApprovalLeaf>(ofLedger),
  policy: form<PolicyLeaf>(ofLedger),
  read: form<ReadLeaf>({ ...ofLedger, session: optional(session) }),
  hold: form<HoldLeaf>({ ...ofLedger, session: optional(session), placed: flag, run: optional(run) }),
  retain: form<RetainLeaf>({ ...ofLedger, session, size: count, root: hash }),
  erase: eraseForm(),
}

function form<T extends LogLeaf>(fields: Fields<T>): LeafForm {
  return { check: object<T>(fields), names: Object.keys(fields) }
}

/** An erasure says for the lines exactly what a tree needs in their place. */
function eraseForm(): LeafForm {
  const { check, names } = form<EraseLeaf>({ ...ofLedger, session, from: integer(1), to: integer(2), hashes: list(hash), void: hash })
  const checkCover: Check = value => {
    const { from, to, hashes } = value as EraseLeaf
    const expected = coverRange(from, to).length
    if (from < to && hashes.length === expected) return null
    return { path: '.hashes', expected: `a range of lines, and the ${expected} subtrees that cover it`, got: hashes }
  }
  return { check: value => check(value) ?? checkCover(value), names }
}

function formOf(leaf: { kind: LogLeafKind }): LeafForm {
  return leaf.kind === 'deny' && Object.hasOwn(leaf, 'commitment') ? denyConnection : forms[leaf.kind]
}

function hasKind(value: unknown): value is { kind: LogLeafKind } {
  return isObject(value) && typeof value['kind'] === 'string' && Object.hasOwn(forms, value['kind'])
}

function isLeafOf(leafForm: LeafForm, leaf: { kind: LogLeafKind }): leaf is LogLeaf {
  return leafForm.check(leaf) === null
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new ProofError('leaf_not_json', 'expected JSON')
  }
}
