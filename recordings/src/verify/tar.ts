import { utf8Decoder, utf8Encoder } from '../cast/utf8.ts'

/** One file of an archive: where its bytes are. */
export interface TarEntry {
  name: string
  start: number
  sizeBytes: number
}

/** What an archive is made of: the unit of headers and padding (POSIX.1-1988 ustar). */
export const tarBlockBytes = 512
/** Eleven octal digits. */
const sizeBytesMax = 0o77777777777
const nameBytesMax = 100

/** Writes the header of a file. The archive must not show who made it, so owner and group are root, and the mode is 0644. */
export function formatTarHeader({ name, sizeBytes, modifiedAtUs }: { name: string; sizeBytes: number; modifiedAtUs: number }): Uint8Array {
  const nameBytes = utf8Encoder.encode(name)
  if (nameBytes.length > nameBytesMax) throw new RangeError(`expected a name of at most ${nameBytesMax} bytes, got ${nameBytes.length}`)
  if (sizeBytes > sizeBytesMax) throw new RangeError(`expected a file of at most ${sizeBytesMax} bytes, got ${sizeBytes}`)
  const block = new Uint8Array(tarBlockBytes)
  const put = (at: number, text: string) => block.set(utf8Encoder.encode(text), at)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.set(nameBytes)
  put(100, octal(0o644, 7))
  put(108, octal(0, 7))
  put(116, octal(0, 7))
  put(124, octal(sizeBytes, 11))
  put(136, octal(Math.floor(modifiedAtUs / 1e6), 11))
  put(156, '0')
  put(257, 'ustar\x0000')
  put(265, 'root')
  put(297, 'root')
  put(148, `${octal(checksum(block), 6)} `)
  return block
}

/** Zeros that fill a file's last block. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return new Uint8Array((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes)
}

/** What an archive ends with. */
export const tarEnd: Uint8Array = new Uint8Array(2 * tarBlockBytes)

/** Lists the plain files of an archive that `read` gives parts of. Null where it is no archive. */
export async function listTar(read: (range: { start: number; end: number }) => Promise<Uint8Array>): Promise<TarEntry[] | null> {
  const entries: TarEntry[] = []
  for (let start = 0; ;) {
    const block = await read({ start, end: start + tarBlockBytes })
    if (block.every(byte => byte === 0)) return start === 0 ? null : entries
    const header = parseTarHeader(block)
    if (!header) return null
    if (header.isFile) entries.push({ name: header.name, start: start + tarBlockBytes, sizeBytes: header.sizeBytes })
    start += tarBlockBytes * (1 + Math.ceil(header.sizeBytes / tarBlockBytes))
  }
}

function parseTarHeader(block: Uint8Array): { name: string; sizeBytes: number; isFile: boolean } | null {
  if (block.length !== tarBlockBytes) return null
  let text: string
  try {
    text = utf8Decoder.decode(block.subarray(0, 100)).split('\0')[0]!
  } catch {
    return null
  }
  const field = (from: number, to: number) => String.fromCharCode(...block.subarray(from, to)).replace(/[\0 ]*$/, '')
  const [size, sum, type] = [field(124, 136), field(148, 156), field(156, 157)]
  if (!field(257, 263).startsWith('ustar') || !/^[0-7]+$/.test(size) || parseInt(sum, 8) !== checksum(block)) return null
  const prefix = field(345, 500)
  return { name: prefix ? `${prefix}/${text}` : text, sizeBytes: parseInt(size, 8), isFile: type === '0' || type === '' }
}

/** The sum of a header's bytes, its own field counted as spaces. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}
