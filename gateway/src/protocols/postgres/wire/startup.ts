import { BodyReader } from './body-reader.ts'
import { WireError } from './wire-error.ts'

/** As the server's own limit on a startup packet. */
const startupBytesMax = 10_000
const cancelCode = 80877102
const sslCode = 80877103
const gssencCode = 80877104
/** Protocol 3.2 allows secret keys of up to 256 bytes (chapter 54.7, CancelRequest). */
const cancelBytesMax = 12 + 256

export interface StartupMessage {
  /** The protocol's minor version; the major one is 3. */
  minor: number
  parameters: Map<string, string>
  /** Options of the `_pq_.` kind, none of which we know. */
  unknownOptions: string[]
}

export type FirstPacket =
  | { kind: 'more' }
  | { kind: 'ssl-request'; length: number }
  | { kind: 'gssenc-request'; length: number }
  | { kind: 'direct-tls'; length: 0 }
  | { kind: 'cancel'; length: number; processId: number; secretKey: Uint8Array }
  | { kind: 'startup'; length: number; message: StartupMessage }

/** Reads a packet without a type byte, which only the beginning of a connection has. `length` is how many bytes it took. */
export function readStartup(bytes: Uint8Array, options: { isFirst: boolean }): FirstPacket {
  if (bytes.length === 0) return { kind: 'more' }
  // A TLS handshake record: the client negotiates TLS without asking first.
  if (options.isFirst && bytes[0] === 0x16) return { kind: 'direct-tls', length: 0 }
  if (bytes.length < 4) return { kind: 'more' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = view.getInt32(0)
  if (length < 8 || length > startupBytesMax) throw new WireError('08P01', 'invalid length of startup packet')
  if (bytes.length < length) return { kind: 'more' }
  const code = view.getInt32(4)
  if (code === sslCode || code === gssencCode) {
    if (length !== 8) throw new WireError('08P01', 'invalid length of encryption request')
    return { kind: code === sslCode ? 'ssl-request' : 'gssenc-request', length }
  }
  if (code === cancelCode) {
    if (length < 13 || length > cancelBytesMax) throw new WireError('08P01', 'invalid length of cancel request packet')
    return { kind: 'cancel', length, processId: view.getInt32(8), secretKey: bytes.slice(12, length) }
  }
  const major = code >>> 16
  if (major !== 3) throw new WireError('0A000', `unsupported frontend protocol ${major}.${code & 0xffff}: server supports 3.0 to 3.2`)
  return { kind: 'startup', length, message: readParameters(bytes.subarray(0, length), code & 0xffff) }
}

function readParameters(bytes: Uint8Array, minor: number): StartupMessage {
  const reader = new BodyReader({ bytes, bodyStart: 8, end: bytes.length })
  const parameters = new Map<string, string>()
  const unknownOptions: string[] = []
  for (;;) {
    if (reader.leftBytes === 0) throw new WireError('08P01', 'invalid startup packet layout: expected terminator as last byte')
    const name = reader.string()
    if (name === '') break
    const value = reader.string()
    if (name.startsWith('_pq_.')) unknownOptions.push(name)
    else if (parameters.has(name)) throw new WireError('08P01', `startup parameter \`${name}\` is given twice`)
    else parameters.set(name, value)
  }
  reader.done()
  if (!parameters.get('user')) throw new WireError('08P01', 'no PostgreSQL user name specified in startup packet')
  return { minor, parameters, unknownOptions }
}
