import type { Notice, TransactionState } from '@steno/recordings'

const utf8 = new TextEncoder()

/** A message with its type and its length before its body. */
function message(type: string, ...body: Uint8Array[]): Uint8Array {
  return concat(utf8.encode(type), packet(...body))
}

/** A length that counts itself, and a body: what the first packets of a connection look like. */
function packet(...body: Uint8Array[]): Uint8Array {
  const whole = concat(...body)
  return concat(int32(whole.length + 4), whole)
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function int32(value: number): Uint8Array {
  return new Uint8Array([value >> 24, value >> 16, value >> 8, value])
}

function int16(value: number): Uint8Array {
  return new Uint8Array([value >> 8, value])
}

function string(text: string): Uint8Array {
  return utf8.encode(`${text}\0`)
}

// To the client

export function writeAuthenticationOk(): Uint8Array {
  return message('R', int32(0))
}

export function writeAuthenticationSasl(mechanisms: string[]): Uint8Array {
  return message('R', int32(10), ...mechanisms.map(string), string(''))
}

export function writeAuthenticationSaslContinue(data: Uint8Array): Uint8Array {
  return message('R', int32(11), data)
}

export function writeAuthenticationSaslFinal(data: Uint8Array): Uint8Array {
  return message('R', int32(12), data)
}

export function writeNegotiateProtocolVersion(minor: number, unknownOptions: string[]): Uint8Array {
  return message('v', int32((3 << 16) | minor), int32(unknownOptions.length), ...unknownOptions.map(string))
}

export function writeParameterStatus(name: string, value: string): Uint8Array {
  return message('S', string(name), string(value))
}

export function writeBackendKeyData(processId: number, secretKey: Uint8Array): Uint8Array {
  return message('K', int32(processId), secretKey)
}

const transactionLetters: Record<TransactionState, string> = { idle: 'I', transaction: 'T', failed: 'E' }

export function writeReadyForQuery(transaction: TransactionState): Uint8Array {
  return message('Z', utf8.encode(transactionLetters[transaction]))
}

export function writeErrorResponse(notice: Notice): Uint8Array {
  return message('E', ...noticeFields(notice))
}

export function writeNoticeResponse(notice: Notice): Uint8Array {
  return message('N', ...noticeFields(notice))
}

function noticeFields(notice: Notice): Uint8Array[] {
  const { severity, code, message: text, detail, hint } = notice
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${text}`]
  if (detail !== undefined) fields.push(`D${detail}`)
  if (hint !== undefined) fields.push(`H${hint}`)
  // A NUL would end a field early and turn what follows into another.
  return [...fields.map((field) => string(field.replaceAll('\0', '\ufffd'))), string('')]
}

// To the target

export function writeSslRequest(): Uint8Array {
  return packet(int32(80877103))
}

/** A startup for protocol 3.0, which every server speaks. */
export function writeStartup(parameters: Map<string, string>): Uint8Array {
  return packet(int32(3 << 16), ...[...parameters].flatMap(([name, value]) => [string(name), string(value)]), string(''))
}

export function writeCancelRequest(processId: number, secretKey: Uint8Array): Uint8Array {
  return packet(int32(80877102), int32(processId), secretKey)
}

export function writePassword(password: string): Uint8Array {
  return message('p', string(password))
}

export function writeSaslInitialResponse(mechanism: string, data: Uint8Array): Uint8Array {
  return message('p', string(mechanism), int32(data.length), data)
}

export function writeSaslResponse(data: Uint8Array): Uint8Array {
  return message('p', data)
}

export function writeQuery(text: string): Uint8Array {
  return message('Q', string(text))
}

export function writeParse(name: string, text: string): Uint8Array {
  return message('P', string(name), string(text), int16(0))
}
