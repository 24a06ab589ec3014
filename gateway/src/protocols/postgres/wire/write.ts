import type { Notice, TransactionState } from '@steno/recordings'
import { assert } from '../../../runtime/assert.ts'
import { noticeFields } from './notice-fields.ts'

// What the gateway says of itself, to a client and to a target: chapter 54.7.

const utf8 = new TextEncoder()
const noticeLetters = new Map(Object.entries(noticeFields).map(([letter, name]) => [name, letter]))

// To a client

export function writeAuthenticationOk(): Uint8Array {
  return message('R', int32(0))
}

export function writeAuthenticationSasl(mechanisms: string[]): Uint8Array {
  return message('R', int32(10), ...mechanisms.map(text), [0])
}

export function writeAuthenticationSaslContinue(data: string): Uint8Array {
  return message('R', int32(11), utf8.encode(data))
}

export function writeAuthenticationSaslFinal(data: string): Uint8Array {
  return message('R', int32(12), utf8.encode(data))
}

export function writeParameterStatus(name: string, value: string): Uint8Array {
  return message('S', text(name), text(value))
}

export function writeBackendKeyData(processId: number, secretKey: Uint8Array): Uint8Array {
  return message('K', int32(processId), secretKey)
}

export function writeReadyForQuery(transaction: TransactionState): Uint8Array {
  return message('Z', { idle: [0x49], transaction: [0x54], failed: [0x45] }[transaction])
}

/** `minor`: the newest minor version of protocol 3 that is spoken here. */
export function writeNegotiateProtocolVersion(minor: number, unknownOptions: string[]): Uint8Array {
  return message('v', int32((3 << 16) | minor), int32(unknownOptions.length), ...unknownOptions.map(text))
}

export function writeErrorResponse(error: Notice): Uint8Array {
  return message('E', ...noticeBody(error))
}

export function writeNoticeResponse(notice: Notice): Uint8Array {
  return message('N', ...noticeBody(notice))
}

export function writePortalSuspended(): Uint8Array {
  return message('s')
}

export function writeNotification({ channel, payload, processId }: { channel: string; payload: string; processId: number }): Uint8Array {
  return message('A', int32(processId), text(channel), text(payload))
}

export function writeCommandComplete(tag: string): Uint8Array {
  return message('C', text(tag))
}

// To a target

export function writeSslRequest(): Uint8Array {
  return packet(int32(80877103))
}

export function writeStartup(parameters: ReadonlyMap<string, string>, { minor }: { minor: number } = { minor: 0 }): Uint8Array {
  return packet(int32((3 << 16) | minor), ...[...parameters].flatMap(([name, value]) => [text(name), text(value)]), [0])
}

export function writeCancelRequest(processId: number, secretKey: Uint8Array): Uint8Array {
  return packet(int32(80877102), int32(processId), secretKey)
}

export function writePassword(password: string): Uint8Array {
  return message('p', text(password))
}

export function writeSaslInitialResponse(mechanism: string, data: string): Uint8Array {
  const bytes = utf8.encode(data)
  return message('p', text(mechanism), int32(bytes.length), bytes)
}

export function writeSaslResponse(data: string): Uint8Array {
  return message('p', utf8.encode(data))
}

export function writeQuery(statement: string): Uint8Array {
  return message('Q', text(statement))
}

/** A statement whose parameters' types the target finds out. */
export function writeParse(name: string, statement: string): Uint8Array {
  return message('P', text(name), text(statement), [0, 0])
}

/** Asks what a portal's rows look like. */
export function writeDescribePortal(name: string): Uint8Array {
  return message('D', [0x50], text(name))
}

/** Has the target send what it has answered so far. */
export function writeFlush(): Uint8Array {
  return message('H')
}

export function writeSync(): Uint8Array {
  return message('S')
}

export function writeTerminate(): Uint8Array {
  return message('X')
}

type Bytes = ArrayLike<number>

function noticeBody({ severity, code, message: words, detail, hint, fields = {} }: Notice): Bytes[] {
  const { severityLocalized = severity, ...others } = fields
  const body: Bytes[] = [field('S', severityLocalized), field('V', severity), field('C', code), field('M', words)]
  if (detail !== undefined) body.push(field('D', detail))
  if (hint !== undefined) body.push(field('H', hint))
  for (const [name, value] of Object.entries(others)) {
    const letter = noticeLetters.get(name) ?? name
    // Fields that the wire has no letter for are for the record only.
    if (/^[A-Za-z]$/.test(letter)) body.push(field(letter, value))
  }
  body.push([0])
  return body
}

function field(letter: string, value: string): Bytes {
  // A NUL would end the field early, and what follows would be read as fields of its own.
  return [letter.charCodeAt(0), ...text(value.replaceAll('\0', '\u2400'))]
}

function text(value: string): Uint8Array {
  assert(!value.includes('\0'), 'text on the wire holds no NUL')
  const bytes = utf8.encode(value)
  const terminated = new Uint8Array(bytes.length + 1)
  terminated.set(bytes)
  return terminated
}

function int32(value: number): Bytes {
  return [(value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]
}

function message(type: string, ...pieces: Bytes[]): Uint8Array {
  return framed([type.charCodeAt(0)], pieces)
}

function packet(...pieces: Bytes[]): Uint8Array {
  return framed([], pieces)
}

function framed(type: number[], pieces: Bytes[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 4)
  const bytes = new Uint8Array(type.length + length)
  bytes.set(type)
  bytes.set(int32(length), type.length)
  let at = type.length + 4
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
