import type {
  AnswerPart,
  AnswerRecord,
  BodyRecord,
  Cell,
  Column,
  CommandRecord,
  Decision,
  DecisionRecord,
  EndReason,
  EndRecord,
  Grant,
  MatchedRule,
  Notice,
  NoticeRecord,
  Operation,
  Parameter,
  Principal,
  RecordingHeader,
  Review,
  Witnessed,
  RunIdentity,
  VoidRecord,
} from '../model.ts'
import { eventMeanings, type TerminalSize } from './line-writer.ts'
import {
  byField,
  byKind,
  flag,
  integer,
  isObject,
  list,
  named,
  object,
  optional,
  orNull,
  pattern,
  text,
  word,
  type Check,
} from './shape.ts'

// What each event of the profile holds, field by field, as `model.ts` names it.

/** The first line, whole. */
export interface CastHeader {
  version: 3
  term: TerminalSize
  /** Whole seconds since 1970 UTC. */
  timestamp: number
  title: string
  steno: RecordingHeader
}

/** A record as its line holds it. */
export type Salted<T> = T & { salt: string }

const count = integer(0)
const number = integer(1)
const oid = integer(0)
const base64 = pattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'base64')
const hex = pattern(/^(?:[0-9a-f]{2})*$/, 'pairs of lower-case hex digits')
const salt = pattern(/^[\w-]{16}$/, '16 characters of base64url')
const sha256 = pattern(/^[0-9a-f]{64}$/, '64 lower-case hex digits')
const root = pattern(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'base64 of 32 bytes')

type CellOf<Field extends string> = Extract<Cell, Record<Field, unknown>>

const cellObject = byField({
  hex: object<CellOf<'hex'>>({ hex }),
  cut: object<CellOf<'cut'>>({ cut: text, lengthBytes: count, sha256 }),
  masked: object<CellOf<'masked'>>({ masked: orNull(text), rule: text }),
})

const cell: Check = value => (typeof value === 'string' || value === null ? null : cellObject(value))

const content = byField({ text: object<{ text: string }>({ text }), base64: object<{ base64: string }>({ base64 }) })

const transaction = word('idle', 'transaction', 'failed')

const decision = object<Decision>({
  verdict: word('allow', 'hold', 'deny'),
  policyVersion: text,
  rule: optional(text),
  reason: optional(text),
  operation: optional(count),
  matched: optional(list(object<MatchedRule>({ rule: text, effect: text, operation: count, isObserved: optional(flag) }))),
  approval: optional(text),
  reviews: optional(list(object<Review>({ by: text, vote: word('approve', 'reject'), comment: text, at: text, digest: sha256 }))),
  grant: optional(object<Grant>({ by: list(text), at: text, until: text, shape: sha256 })),
  witnessed: optional(object<Witnessed>({ size: count, by: list(text) })),
})

const operation = object<Operation>({
  verb: text,
  object: optional(text),
  tables: list(text),
  columns: list(text),
  hasWhere: optional(flag),
  hasLimit: optional(flag),
  reads: optional(list(text)),
  writes: optional(list(text)),
  functions: optional(list(text)),
  statement: optional(count),
  inside: optional(text),
  isOpaque: optional(flag),
  at: optional(list(count)),
})

const parameter = object<Parameter>({ type: text, oid, value: cell })

export const commandRecord = object<Salted<CommandRecord>>({
  n: number,
  kind: word('query', 'prepare', 'bind', 'execute', 'call'),
  text,
  parameters: optional(list(parameter)),
  statement: optional(text),
  portal: optional(text),
  prepared: optional(number),
  rowsMax: optional(number),
  transaction,
  operations: optional(list(operation)),
  decision,
  salt,
})

export const bodyRecord = object<Salted<BodyRecord>>({ n: number, content, salt })

export const decisionRecord = object<Salted<DecisionRecord>>({ n: number, decision, salt })

const notice = object<Notice>({
  severity: text,
  code: text,
  message: text,
  detail: optional(text),
  hint: optional(text),
  fields: optional(named(text)),
})

const column = object<Column>({
  name: text,
  type: text,
  typeOid: oid,
  tableOid: oid,
  attribute: integer(-32768),
  format: word('text', 'binary'),
})

type Part<K extends AnswerPart['kind']> = Extract<AnswerPart, { kind: K }>

const kind: Check = text

const answerPart = byKind<AnswerPart['kind']>({
  columns: object<Part<'columns'>>({ kind, columns: list(column) }),
  rows: object<Part<'rows'>>({ kind, rows: list(list(cell)) }),
  parameters: object<Part<'parameters'>>({ kind, oids: list(oid), types: list(text) }),
  copy: object<Part<'copy'>>({ kind, direction: word('in', 'out', 'both'), binary: flag, columns: count }),
  data: object<Part<'data'>>({ kind, content }),
  value: object<Part<'value'>>({ kind, value: cell }),
  notice: object<Part<'notice'>>({ kind, notice }),
  error: object<Part<'error'>>({ kind, error: notice, by: word('target', 'gateway') }),
  done: object<Part<'done'>>({ kind, tag: text, rows: count, affected: optional(count) }),
  prepared: object<Part<'prepared'>>({ kind }),
  bound: object<Part<'bound'>>({ kind }),
  empty: object<Part<'empty'>>({ kind }),
  suspended: object<Part<'suspended'>>({ kind, rows: count }),
  skipped: object<Part<'skipped'>>({ kind }),
  end: object<Part<'end'>>({ kind, transaction }),
})

export const answerRecord = object<Salted<AnswerRecord>>({ n: number, parts: list(answerPart), salt })

type NoticeOf<K extends NoticeRecord['kind']> = Salted<Extract<NoticeRecord, { kind: K }>>

export const noticeRecord = byKind<NoticeRecord['kind']>({
  notice: object<NoticeOf<'notice'>>({ kind, notice, salt }),
  notification: object<NoticeOf<'notification'>>({ kind, channel: text, payload: text, process: integer(-0x80000000), salt }),
  setting: object<NoticeOf<'setting'>>({ kind, name: text, value: text, salt }),
  gateway: object<NoticeOf<'gateway'>>({ kind, message: text, salt }),
})

/** Why a session is over. */
export const endReason = word(
  'client closed',
  'client lost',
  'target closed',
  'target lost',
  'target refused',
  'run ended',
  'run expired',
  'terminated',
  'gateway stopped',
  'protocol violation',
  'interrupted',
)

export const endRecord = object<Salted<EndRecord>>({ reason: endReason, message: optional(text), commands: count, salt })

export const saltRecord = object<Salted<unknown>>({ salt })

/** Erased lines leave nothing that could be guessed back, so this one needs no salt. */
export const voidRecord = object<VoidRecord>({
  from: number,
  to: number,
  hashes: list(root),
  erasure: text,
  end: optional(object<{ reason: EndReason; commands: number }>({ reason: endReason, commands: count })),
})

const principal = object<Principal>({ kind: word('human', 'service', 'agent'), name: text, groups: list(text) })

const run = object<RunIdentity>({
  id: text,
  attempt: number,
  task: orNull(text),
  trigger: orNull(text),
  agentVersion: orNull(text),
  parent: orNull(text),
})

/** Our letters mean what they mean here; a file may explain others beside them. */
const events: Check = value => {
  const wrong = named(text)(value)
  if (wrong || !isObject(value)) return wrong
  for (const [letter, meaning] of Object.entries(value)) {
    if (!/^[A-Za-z]$/.test(letter)) return { path: `.${letter}`, expected: 'a name of one letter', got: letter }
    if (Object.hasOwn(eventMeanings, letter) && meaning !== eventMeanings[letter])
      return { path: `.${letter}`, expected: `\`${eventMeanings[letter]}\``, got: meaning }
  }
  const missing = Object.keys(eventMeanings).find(letter => !Object.hasOwn(value, letter))
  return missing === undefined ? null : { path: `.${missing}`, expected: `\`${eventMeanings[missing]}\``, got: undefined }
}

const stenoFields = object<RecordingHeader>({
  v: integer(1),
  events,
  session: text,
  gateway: text,
  protocol: text,
  target: object<RecordingHeader['target']>({ name: text, address: text, labels: named(text) }),
  run,
  principal,
  delegation: list(principal),
  client: object<RecordingHeader['client']>({ address: text, application: orNull(text), tls: flag }),
  startedAtUs: count,
  policyVersion: text,
  number: optional(number),
  log: optional(object<NonNullable<RecordingHeader['log']>>({ origin: text, size: count, root })),
})

/** A session has both its number and its log, or neither. */
const steno: Check = value => {
  const wrong = stenoFields(value)
  if (wrong || !isObject(value) || Object.hasOwn(value, 'number') === Object.hasOwn(value, 'log')) return wrong
  return Object.hasOwn(value, 'log')
    ? { path: '.number', expected: 'a field beside `log`', got: undefined }
    : { path: '.log', expected: 'a field beside `number`', got: undefined }
}

export const castHeader = object<CastHeader>({
  version: integer(3),
  term: object<TerminalSize>({ cols: number, rows: number }),
  timestamp: count,
  title: text,
  steno,
})
