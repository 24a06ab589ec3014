import { BodyReader, type Body } from './body-reader.ts'

/** The type bytes of messages that a client sends (chapter 54.7). */
export const type = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const

/** The text of a simple query. A NUL that ends it early is refused, as the server does: what stands behind would be hidden. */
export function readQuery(body: Body): string {
  const reader = new BodyReader(body)
  const text = reader.string()
  reader.done()
  return text
}

export interface Parse {
  name: string
  text: string
  oids: number[]
}

export function readParse(body: Body): Parse {
  const reader = new BodyReader(body)
  const name = reader.string()
  const text = reader.string()
  const oids = Array.from({ length: reader.count(4) }, () => reader.uint32())
  reader.done()
  return { name, text, oids }
}

export interface Bind {
  portal: string
  statement: string
  /** None: all text. One: for all values. Else one each. 0 is text, 1 binary. */
  formats: number[]
  values: (Uint8Array | null)[]
  resultFormats: number[]
}

export function readBind(body: Body): Bind {
  const reader = new BodyReader(body)
  const portal = reader.string()
  const statement = reader.string()
  const formats = Array.from({ length: reader.count(2) }, () => reader.int16())
  const values = Array.from({ length: reader.count(4) }, () => reader.value())
  const resultFormats = Array.from({ length: reader.count(2) }, () => reader.int16())
  reader.done()
  return { portal, statement, formats, values, resultFormats }
}

export interface Named {
  of: 'statement' | 'portal'
  name: string
}

export function readDescribe(body: Body): Named {
  return readNamed(body)
}

export function readClose(body: Body): Named {
  return readNamed(body)
}

function readNamed(body: Body): Named {
  const reader = new BodyReader(body)
  const of = reader.uint8() === 0x53 ? 'statement' : 'portal'
  const name = reader.string()
  reader.done()
  return { of, name }
}

export function readExecute(body: Body): { portal: string; rowsMax: number } {
  const reader = new BodyReader(body)
  const portal = reader.string()
  const rowsMax = reader.int32()
  reader.done()
  return { portal, rowsMax }
}

export interface FunctionCall {
  oid: number
  formats: number[]
  values: (Uint8Array | null)[]
}

export function readFunctionCall(body: Body): FunctionCall {
  const reader = new BodyReader(body)
  const oid = reader.uint32()
  const formats = Array.from({ length: reader.count(2) }, () => reader.int16())
  const values = Array.from({ length: reader.count(4) }, () => reader.value())
  reader.int16()
  reader.done()
  return { oid, formats, values }
}

export function readSaslInitialResponse(body: Body): { mechanism: string; data: Uint8Array } {
  const reader = new BodyReader(body)
  const mechanism = reader.string()
  const data = reader.value() ?? new Uint8Array(0)
  reader.done()
  return { mechanism, data }
}

export function readSaslResponse(body: Body): Uint8Array {
  return body.bytes.subarray(body.bodyStart, body.end)
}
