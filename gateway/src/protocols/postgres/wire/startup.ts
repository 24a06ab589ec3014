import { WireError } from './wire-error.ts'

/** What a client asks for first: the parameters it names, and the protocol it wants to speak. */
export interface StartupMessage {
  /** The minor version of protocol 3: 0 or 2 today, anything a client may claim. */
  minor: number
  parameters: Map<string, string>
  /** Protocol options (`_pq_.…`) in the order they came; none is known. */
  unknownOptions: string[]
}

/** What a connection begins with. `length` is how many bytes of the input it took. */
export type StartupReading =
  | { kind: 'more' }
  | { kind: 'direct-tls'; length: 0 }
  | { kind: 'ssl-request'; length: number }
  | { kind: 'gssenc-request'; length: number }
  | { kind: 'cancel'; length: number; processId: number; secretKey: Uint8Array }
  | { kind: 'startup'; length: number; message: StartupMessage }

/** The longest first packet, as PostgreSQL has it (MAX_STARTUP_PACKET_LENGTH). */
const startupBytesMax = 10_000

const sslRequestCode = 80877103
const gssencRequestCode = 80877104
const cancelRequestCode = 80877102
const secretKeyBytesMin = 4
const secretKeyBytesMax = 256
const tlsHandshake = 0x16
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads one of a connection's first packets (chapter 54.7: SSLRequest,
 * GSSENCRequest, CancelRequest, StartupMessage), which have no type byte.
 * `isFirst`: whether the bytes are the connection's very first, where a TLS
 * handshake may stand instead (ALPN `postgresql`).
 */
export function readStartup(bytes: Uint8Array, { isFirst }: { isFirst: boolean }): StartupReading {
  // No packet is so long that its length begins with this byte.
  if (isFirst && bytes[0] === tlsHandshake) return { kind: 'direct-tls', length: 0 }
  if (bytes.length < 4) return { kind: 'more' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = view.getInt32(0)
  if (length < 8 || length > startupBytesMax)
    throw new WireError('08P01', `invalid length of startup packet: ${length}, expected 8 to startupBytesMax, which is ${startupBytesMax}`)
  if (bytes.length < length) return { kind: 'more' }
  const request = view.getInt32(4)
  switch (request) {
    case sslRequestCode:
    case gssencRequestCode:
      if (length !== 8) throw new WireError('08P01', `expected a request for encryption of 8 bytes, got ${length}`)
      return { kind: request === sslRequestCode ? 'ssl-request' : 'gssenc-request', length }
    case cancelRequestCode: {
      const secretKey = Uint8Array.from(bytes.subarray(12, length))
      if (secretKey.length < secretKeyBytesMin || secretKey.length > secretKeyBytesMax)
        throw new WireError('08P01', 'invalid length of cancel request packet')
      return { kind: 'cancel', length, processId: view.getInt32(8), secretKey }
    }
  }
  const major = request >>> 16
  const minor = request & 0xffff
  if (major !== 3) throw new WireError('0A000', `unsupported frontend protocol ${major}.${minor}: the gateway supports 3.0 to 3.2`)
  return { kind: 'startup', length, message: { minor, ...readParameters(bytes.subarray(8, length)) } }
}

/** A parameter that is named twice is refused: no client does it, and whoever reads it otherwise than we do would see another session. */
function readParameters(body: Uint8Array): Pick<StartupMessage, 'parameters' | 'unknownOptions'> {
  const parameters = new Map<string, string>()
  const unknownOptions: string[] = []
  let at = 0
  const text = () => {
    const nul = body.indexOf(0, at)
    if (nul < 0) throw layout()
    const start = at
    at = nul + 1
    return decode(body.subarray(start, nul))
  }
  for (let name = text(); name !== ''; name = text()) {
    const value = text()
    if (name.startsWith('_pq_.')) unknownOptions.push(name)
    else if (parameters.has(name)) throw new WireError('08P01', `startup parameter \`${name}\` is given twice`)
    else parameters.set(name, value)
  }
  if (at !== body.length) throw layout()
  if (!parameters.get('user')) throw new WireError('28000', 'no PostgreSQL user name specified in startup packet')
  return { parameters, unknownOptions }
}

function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    throw new WireError('22021', 'invalid byte sequence for encoding "UTF8" in startup packet')
  }
}

function layout(): WireError {
  return new WireError('08P01', 'invalid startup packet layout: expected terminator as last byte')
}
