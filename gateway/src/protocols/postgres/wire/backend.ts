import type { Column, Notice, TransactionState } from '@steno/recordings'
import { typeName } from '../types/type-names.ts'
import { BodyReader, type Body } from './body-reader.ts'
import { WireError } from './wire-error.ts'

/** The type bytes of messages that a target sends (chapter 54.7). */
export const type = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyBothResponse: 0x57,
  copyData: 0x64,
  copyDone: 0x63,
  copyInResponse: 0x47,
  copyOutResponse: 0x48,
  dataRow: 0x44,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  functionCallResponse: 0x56,
  negotiateProtocolVersion: 0x76,
  noData: 0x6e,
  noticeResponse: 0x4e,
  notificationResponse: 0x41,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const

export type Authentication =
  | { kind: 'ok' }
  | { kind: 'cleartext' }
  | { kind: 'md5'; salt: Uint8Array }
  | { kind: 'sasl'; mechanisms: string[] }
  | { kind: 'sasl-continue'; data: Uint8Array }
  | { kind: 'sasl-final'; data: Uint8Array }
  | { kind: 'other'; code: number }

export function readAuthentication(body: Body): Authentication {
  const reader = new BodyReader(body)
  const code = reader.int32()
  switch (code) {
    case 0:
      return { kind: 'ok' }
    case 3:
      return { kind: 'cleartext' }
    case 5:
      return { kind: 'md5', salt: reader.take(4) }
    case 10: {
      const mechanisms: string[] = []
      while (reader.leftBytes > 1) mechanisms.push(reader.string())
      return { kind: 'sasl', mechanisms }
    }
    case 11:
      return { kind: 'sasl-continue', data: reader.take(reader.leftBytes) }
    case 12:
      return { kind: 'sasl-final', data: reader.take(reader.leftBytes) }
    default:
      return { kind: 'other', code }
  }
}

export function readBackendKeyData(body: Body): { processId: number; secretKey: Uint8Array } {
  const reader = new BodyReader(body)
  const processId = reader.int32()
  return { processId, secretKey: reader.take(reader.leftBytes).slice() }
}

export function readParameterStatus(body: Body): { name: string; value: string } {
  const reader = new BodyReader(body)
  return { name: reader.string(), value: reader.string() }
}

export function readNotification(body: Body): { processId: number; channel: string; payload: string } {
  const reader = new BodyReader(body)
  return { processId: reader.int32(), channel: reader.string(), payload: reader.string() }
}

export function readParameterDescription(body: Body): { oids: number[]; types: string[] } {
  const reader = new BodyReader(body)
  const oids = Array.from({ length: reader.count(4) }, () => reader.uint32())
  return { oids, types: oids.map(typeName) }
}

export function readRowDescription(body: Body): Column[] {
  const reader = new BodyReader(body)
  return Array.from({ length: reader.count(19) }, () => {
    const name = reader.string()
    const tableOid = reader.uint32()
    const attribute = reader.int16()
    const typeOid = reader.uint32()
    reader.int16()
    reader.int32()
    return { name, type: typeName(typeOid), typeOid, tableOid, attribute, format: reader.int16() === 1 ? ('binary' as const) : ('text' as const) }
  })
}

/** Tags whose number counts rows given to the client; others count rows changed. */
const returningTags = new Set(['SELECT', 'FETCH'])

export function readCommandComplete(body: Body): { tag: string; rows: number; affected?: number } {
  const tag = new BodyReader(body).string()
  const words = tag.split(' ')
  const count = Number(words.at(-1))
  if (words.length < 2 || !Number.isSafeInteger(count)) return { tag, rows: 0 }
  if (returningTags.has(words[0]!)) return { tag, rows: count }
  return { tag, rows: 0, affected: count }
}

const noticeFields: Record<string, keyof Notice> = { V: 'severity', C: 'code', M: 'message', D: 'detail', H: 'hint' }

/** Names of the other fields of chapter 54.8. */
const otherFields: Record<string, string> = {
  P: 'position',
  p: 'internalPosition',
  q: 'internalQuery',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  F: 'file',
  L: 'line',
  R: 'routine',
}

/** All fields of an ErrorResponse or NoticeResponse. */
export function readNotice(body: Body): Notice {
  const reader = new BodyReader(body)
  const notice: Notice = { severity: '', code: '', message: '' }
  const fields: Record<string, string> = {}
  for (let code = reader.uint8(); code !== 0; code = reader.uint8()) {
    const letter = String.fromCharCode(code)
    const value = reader.string()
    if (letter === 'S') notice.severity ||= value
    else if (noticeFields[letter]) Object.assign(notice, { [noticeFields[letter]]: value })
    else fields[otherFields[letter] ?? letter] = value
    if (reader.leftBytes === 0) throw new WireError('08P01', 'expected an end of the fields')
  }
  return Object.keys(fields).length > 0 ? { ...notice, fields } : notice
}

export function readReadyForQuery(body: Body): TransactionState {
  switch (new BodyReader(body).uint8()) {
    case 0x49:
      return 'idle'
    case 0x54:
      return 'transaction'
    case 0x45:
      return 'failed'
    default:
      throw new WireError('08P01', 'expected a transaction status of I, T or E')
  }
}

export function readCopyResponse(body: Body & { type: number }): { direction: 'in' | 'out'; binary: boolean; columns: number } {
  const reader = new BodyReader(body)
  const binary = reader.uint8() === 1
  return { direction: body.type === type.copyInResponse ? 'in' : 'out', binary, columns: reader.uint16() }
}

/** The bytes of a function's result, in whatever format they were asked for; null for SQL NULL. */
export function readFunctionCallResponse(body: Body): Uint8Array | null {
  return new BodyReader(body).value()
}

/** Gathers where the cells of DataRow messages lie, without a copy or an object a cell. */
export class RowCollector {
  count = 0
  columns = 0
  /** Start and end of each cell in the message's bytes; a start of -1 is NULL. Good until the next `reset`. */
  cells = new Int32Array(256)
  #end = 0

  reset(): void {
    this.count = 0
    this.#end = 0
  }

  append(message: Body): void {
    const { bytes, end } = message
    let at = message.bodyStart
    if (end - at < 2) throw new WireError('08P01', 'insufficient data left in message')
    const columns = (bytes[at]! << 8) | bytes[at + 1]!
    at += 2
    if (this.count > 0 && columns !== this.columns) throw new WireError('08P01', 'rows of one result have different numbers of columns')
    this.columns = columns
    if (this.#end + 2 * columns > this.cells.length) this.#grow(this.#end + 2 * columns)
    const cells = this.cells
    for (let column = 0; column < columns; column++) {
      if (end - at < 4) throw new WireError('08P01', 'insufficient data left in message')
      const sizeBytes = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
      at += 4
      if (sizeBytes < -1 || sizeBytes > end - at) throw new WireError('08P01', 'insufficient data left in message')
      cells[this.#end++] = sizeBytes < 0 ? -1 : at
      if (sizeBytes > 0) at += sizeBytes
      cells[this.#end++] = at
    }
    if (at !== end) throw new WireError('08P01', 'invalid message format')
    this.count++
  }

  #grow(length: number): void {
    const grown = new Int32Array(Math.max(length, this.cells.length * 2))
    grown.set(this.cells)
    this.cells = grown
  }
}

