import type { Cell, Column, Notice, TransactionState } from '@steno/recordings'
import { assert } from '../../../runtime/assert.ts'
import { isUtf8 } from '../../../runtime/bytes.ts'
import { hexCell } from '../types/hex.ts'
import { typeName } from '../types/type-names.ts'
import { Body } from './body.ts'
import type { Message } from './message-reader.ts'
import { noticeFields } from './notice-fields.ts'
import { WireError } from './wire-error.ts'

// What a target says: chapter 54.7, messages marked B.

/** The type bytes of a target's messages. */
export const type = {
  authentication: code('R'),
  backendKeyData: code('K'),
  bindComplete: code('2'),
  closeComplete: code('3'),
  commandComplete: code('C'),
  copyData: code('d'),
  copyDone: code('c'),
  copyInResponse: code('G'),
  copyOutResponse: code('H'),
  copyBothResponse: code('W'),
  dataRow: code('D'),
  emptyQueryResponse: code('I'),
  errorResponse: code('E'),
  functionCallResponse: code('V'),
  negotiateProtocolVersion: code('v'),
  noData: code('n'),
  noticeResponse: code('N'),
  notificationResponse: code('A'),
  parameterDescription: code('t'),
  parameterStatus: code('S'),
  parseComplete: code('1'),
  portalSuspended: code('s'),
  readyForQuery: code('Z'),
  rowDescription: code('T'),
} as const

/** What a target wants before it lets the gateway in. */
export type Authentication =
  | { kind: 'ok' }
  | { kind: 'cleartext' }
  | { kind: 'md5'; salt: Uint8Array }
  | { kind: 'sasl'; mechanisms: string[] }
  | { kind: 'sasl-continue'; data: string }
  | { kind: 'sasl-final'; data: string }
  /** Kerberos, SSPI and what may come. */
  | { kind: 'other'; code: number }

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const columnBytesMin = 19
const secretKeyBytesMin = 4
const secretKeyBytesMax = 256

export function readAuthentication(message: Message): Authentication {
  const body = target(message)
  const request = body.int32()
  switch (request) {
    case 0:
      body.done()
      return { kind: 'ok' }
    case 3:
      body.done()
      return { kind: 'cleartext' }
    case 5: {
      const salt = body.raw(4)
      body.done()
      return { kind: 'md5', salt }
    }
    case 10: {
      const mechanisms: string[] = []
      for (let name = body.text(); name !== ''; name = body.text()) mechanisms.push(name)
      body.done()
      return { kind: 'sasl', mechanisms }
    }
    case 11:
      return { kind: 'sasl-continue', data: body.rest() }
    case 12:
      return { kind: 'sasl-final', data: body.rest() }
    default:
      return { kind: 'other', code: request }
  }
}

/** Gives what cancels this connection's statements. The key is a copy: 4 bytes in protocol 3.0, up to 256 in 3.2. */
export function readBackendKeyData(message: Message): { processId: number; secretKey: Uint8Array } {
  const body = target(message)
  const processId = body.int32()
  if (body.left < secretKeyBytesMin || body.left > secretKeyBytesMax)
    throw new WireError('08P01', `expected a secret key of 4 to 256 bytes, got ${body.left}`)
  return { processId, secretKey: Uint8Array.from(body.raw(body.left)) }
}

/** Gives the newest minor version the target speaks, and the startup options it does not know. */
export function readNegotiateProtocolVersion(message: Message): { minor: number; unknownOptions: string[] } {
  const body = target(message)
  const version = body.uint32()
  const count = body.uint32()
  if (count > body.left) throw new WireError('08P01', 'insufficient data left in message')
  const unknownOptions: string[] = []
  while (unknownOptions.length < count) unknownOptions.push(body.text())
  body.done()
  // PostgreSQL sends the whole version here, other servers the minor alone.
  return { minor: version & 0xffff, unknownOptions }
}

export function readParameterStatus(message: Message): { name: string; value: string } {
  const body = target(message)
  const name = body.text()
  const value = body.text()
  body.done()
  return { name, value }
}

export function readReadyForQuery(message: Message): TransactionState {
  const body = target(message)
  const letter = body.byte()
  body.done()
  if (letter === code('I')) return 'idle'
  if (letter === code('T')) return 'transaction'
  if (letter === code('E')) return 'failed'
  throw new WireError('08P01', `expected a transaction state, got ${letter}`)
}

export function readRowDescription(message: Message): Column[] {
  const body = target(message)
  const columns: Column[] = []
  for (let left = body.count(columnBytesMin); left > 0; left--) {
    const name = body.text()
    const tableOid = body.uint32()
    const attribute = body.int16()
    const typeOid = body.uint32()
    body.int16() // the type's size, which its OID implies
    body.int32() // its modifier
    columns.push({ name, type: typeName(typeOid), typeOid, tableOid, attribute, format: readFormat(body) })
  }
  body.done()
  return columns
}

export function readParameterDescription(message: Message): { oids: number[]; types: string[] } {
  const body = target(message)
  const oids: number[] = []
  for (let left = body.count(4); left > 0; left--) oids.push(body.uint32())
  body.done()
  return { oids, types: oids.map(typeName) }
}

/**
 * Gives the tag and what its count means: rows that were returned, or rows
 * that were changed. COPY counts as the latter, since its tag does not say the
 * direction.
 */
export function readCommandComplete(message: Message): { tag: string; rows: number; affected?: number } {
  const body = target(message)
  const tag = body.text()
  body.done()
  const space = tag.lastIndexOf(' ')
  const digits = tag.slice(space + 1)
  if (space < 0 || !/^\d+$/.test(digits)) return { tag, rows: 0 }
  const count = Number(digits)
  switch (tag.slice(0, tag.indexOf(' '))) {
    case 'SELECT':
    case 'FETCH':
      return { tag, rows: count }
    case 'INSERT':
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE':
    case 'COPY':
      return { tag, rows: 0, affected: count }
    default:
      return { tag, rows: 0 }
  }
}

/** Gives an error or a notice with all its fields (chapter 54.8). A field that is said twice counts once, the last time. */
export function readNotice(message: Message): Notice {
  const body = target(message)
  const said = new Map<string, string>()
  for (let letter = body.byte(); letter !== 0; letter = body.byte()) said.set(String.fromCharCode(letter), body.text())
  body.done()
  const localized = said.get('S')
  const notice: Notice = { severity: said.get('V') ?? localized ?? 'ERROR', code: said.get('C') ?? 'XX000', message: said.get('M') ?? '' }
  const detail = said.get('D')
  if (detail !== undefined) notice.detail = detail
  const hint = said.get('H')
  if (hint !== undefined) notice.hint = hint
  const fields: Record<string, string> = {}
  if (localized !== undefined && localized !== notice.severity) fields['severityLocalized'] = localized
  for (const [letter, value] of said) if (!'SVCMDH'.includes(letter)) fields[noticeFields[letter] ?? letter] = value
  if (Object.keys(fields).length > 0) notice.fields = fields
  return notice
}

export function readNotification(message: Message): { processId: number; channel: string; payload: string } {
  const body = target(message)
  const processId = body.int32()
  const channel = body.text()
  const payload = body.text()
  body.done()
  return { processId, channel, payload }
}

export function readCopyResponse(message: Message): { direction: 'in' | 'out' | 'both'; binary: boolean; columns: number } {
  const body = target(message)
  const binary = body.byte() === 1
  const columns = body.count(2)
  body.raw(2 * columns)
  body.done()
  return {
    direction: message.type === type.copyInResponse ? 'in' : message.type === type.copyOutResponse ? 'out' : 'both',
    binary,
    columns,
  }
}

/** Gives a function's value as text where it can be text, else as hex: the message does not say its type or format. */
export function readFunctionCallResponse(message: Message): Cell {
  const body = target(message)
  const value = body.value()
  body.done()
  if (value === null) return null
  return isUtf8(value) && !value.includes(0) ? utf8.decode(value) : hexCell(value)
}

/** Gives the first value of a row as text, null when it is NULL or there is none. */
export function readFirstText(message: Message): string | null {
  const body = target(message)
  if (body.uint16() === 0) return null
  const value = body.value()
  return value === null ? null : utf8.decode(value)
}

/** The cells of successive rows that lie in the same bytes, as offsets: nothing is allocated for a row or a cell. */
export class RowCollector {
  #bytes: Uint8Array = new Uint8Array(0)
  #cells = new Int32Array(256)
  #count = 0
  #columns = 0

  get count(): number {
    return this.#count
  }

  /** Cells in each row. */
  get columns(): number {
    return this.#columns
  }

  /** Cell i is `bytes[cells[2 * i]]` to before `bytes[cells[2 * i + 1]]`; both are -1 for NULL. Longer than needed, and used again after `reset`. */
  get cells(): Int32Array {
    return this.#cells
  }

  reset(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#count = 0
    this.#columns = 0
  }

  /** Adds a DataRow. Throws `WireError`, and adds nothing, when its lengths do not fit it or its columns are not as many as the rows' before it. */
  append(message: Message): void {
    const { bytes, end } = message
    assert(bytes === this.#bytes, 'rows of a block lie in the same bytes')
    let at = message.bodyStart
    if (end - at < 2) throw badRow()
    const columns = (bytes[at]! << 8) | bytes[at + 1]!
    at += 2
    if (this.#count > 0 && columns !== this.#columns)
      throw new WireError('08P01', `expected a row of ${this.#columns} columns, got ${columns}`)
    let slot = 2 * this.#count * columns
    const slotEnd = slot + 2 * columns
    if (slotEnd > this.#cells.length) this.#grow(slotEnd)
    const cells = this.#cells
    while (slot < slotEnd) {
      if (end - at < 4) throw badRow()
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
      at += 4
      if (length === -1) {
        cells[slot] = -1
        cells[slot + 1] = -1
      } else {
        if (length < 0 || length > end - at) throw badRow()
        cells[slot] = at
        at += length
        cells[slot + 1] = at
      }
      slot += 2
    }
    if (at !== end) throw badRow()
    this.#columns = columns
    this.#count++
  }

  #grow(lengthNeeded: number): void {
    const grown = new Int32Array(Math.max(lengthNeeded, 2 * this.#cells.length))
    grown.set(this.#cells)
    this.#cells = grown
  }
}

function target(message: Message): Body {
  return new Body(message, { isTrusted: true })
}

function readFormat(body: Body): 'text' | 'binary' {
  const format = body.int16()
  if (format === 0) return 'text'
  if (format === 1) return 'binary'
  throw new WireError('08P01', `expected a format code, got ${format}`)
}

function badRow(): WireError {
  return new WireError('08P01', 'invalid row in message')
}

function code(letter: string): number {
  return letter.charCodeAt(0)
}
