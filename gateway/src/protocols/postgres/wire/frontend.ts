import { Body } from './body.ts'
import type { Message } from './message-reader.ts'
import { WireError } from './wire-error.ts'

// What a client says: chapter 54.7, messages marked F. Where PostgreSQL refuses
// a message, it is refused here in the same words.

/** The most of a name that PostgreSQL looks at: NAMEDATALEN - 1. */
const nameBytesMax = 63

/** The type bytes of a client's messages. */
export const type = {
  query: code('Q'),
  parse: code('P'),
  bind: code('B'),
  describe: code('D'),
  execute: code('E'),
  close: code('C'),
  sync: code('S'),
  flush: code('H'),
  functionCall: code('F'),
  copyData: code('d'),
  copyDone: code('c'),
  copyFail: code('f'),
  /** SASLInitialResponse and SASLResponse: what came before tells which. */
  password: code('p'),
  terminate: code('X'),
} as const

export interface Parse {
  name: string
  text: string
  /** Types the client claims for its parameters; 0 leaves one open. */
  oids: number[]
}

export interface Bind {
  portal: string
  statement: string
  /** None: all text. One: for all parameters. Else one each. */
  formats: number[]
  /** Not copied: they lie in the message's bytes. */
  values: (Uint8Array | null)[]
  resultFormats: number[]
}

export interface FunctionCall {
  oid: number
  formats: number[]
  values: (Uint8Array | null)[]
  resultFormat: number
}

/** Gives the statement's text. A NUL before its end is refused: a reader that stopped there would not see what follows. */
export function readQuery(message: Message): string {
  const body = client(message)
  const text = body.text()
  body.done()
  return text
}

export function readParse(message: Message): Parse {
  const body = client(message)
  const name = nameIn(body)
  const text = body.text()
  const oids: number[] = []
  for (let left = body.count(4); left > 0; left--) oids.push(body.uint32())
  body.done()
  return { name, text, oids }
}

export function readBind(message: Message): Bind {
  const body = client(message)
  const portal = nameIn(body)
  const statement = nameIn(body)
  const formats = readFormats(body)
  const values = readValues(body)
  if (formats.length > 1 && formats.length !== values.length)
    throw new WireError('08P01', `bind message has ${formats.length} parameter formats but ${values.length} parameters`)
  const resultFormats = readFormats(body)
  body.done()
  return { portal, statement, formats, values, resultFormats }
}

export function readDescribe(message: Message): { of: 'statement' | 'portal'; name: string } {
  return readNamed(message, 'DESCRIBE')
}

export function readClose(message: Message): { of: 'statement' | 'portal'; name: string } {
  return readNamed(message, 'CLOSE')
}

/** Gives the portal and the most rows it may return now; 0 is all of them. */
export function readExecute(message: Message): { portal: string; rowsMax: number } {
  const body = client(message)
  const portal = nameIn(body)
  const rowsMax = Math.max(0, body.int32())
  body.done()
  return { portal, rowsMax }
}

export function readFunctionCall(message: Message): FunctionCall {
  const body = client(message)
  const oid = body.uint32()
  const formats = readFormats(body)
  const values = readValues(body)
  if (formats.length > 1 && formats.length !== values.length)
    throw new WireError('08P01', `function call message contains ${formats.length} argument formats but ${values.length} arguments`)
  const resultFormat = body.int16()
  body.done()
  return { oid, formats, values, resultFormat }
}

/** Gives why the client breaks its COPY off. */
export function readCopyFail(message: Message): string {
  return readQuery(message)
}

/** Refuses a body where there is none: Sync, Flush, CopyDone, Terminate. */
export function readEmpty(message: Message): void {
  client(message).done()
}

/** Gives the mechanism the client chose, and its first message; '' when it sent none. */
export function readSaslInitialResponse(message: Message): { mechanism: string; data: string } {
  const body = client(message)
  const mechanism = body.text()
  const length = body.int32()
  if (length !== -1 && length !== body.left) throw new WireError('08P01', 'insufficient data left in message')
  if (length === -1) body.done()
  return { mechanism, data: body.rest() }
}

/** Gives the mechanism's message. */
export function readSaslResponse(message: Message): string {
  return client(message).rest()
}

function client(message: Message): Body {
  return new Body(message, { isTrusted: false })
}

function readNamed(message: Message, what: string): { of: 'statement' | 'portal'; name: string } {
  const body = client(message)
  const letter = body.byte()
  const name = nameIn(body)
  body.done()
  if (letter === code('S')) return { of: 'statement', name }
  if (letter === code('P')) return { of: 'portal', name }
  throw new WireError('08P01', `invalid ${what} message subtype ${letter}`)
}

/**
 * A name that the client gives to a statement or a portal. PostgreSQL compares
 * 63 bytes of them: two longer ones may be one to it and two to us, so they are
 * refused.
 */
function nameIn(body: Body): string {
  const before = body.left
  const name = body.text()
  if (before - body.left - 1 > nameBytesMax)
    throw new WireError('42622', `a name of more than ${nameBytesMax} bytes may stand for another one`)
  return name
}

function readFormats(body: Body): number[] {
  const formats: number[] = []
  for (let left = body.count(2); left > 0; left--) formats.push(body.int16())
  return formats
}

function readValues(body: Body): (Uint8Array | null)[] {
  const values: (Uint8Array | null)[] = []
  for (let left = body.count(4); left > 0; left--) values.push(body.value())
  return values
}

function code(letter: string): number {
  return letter.charCodeAt(0)
}
