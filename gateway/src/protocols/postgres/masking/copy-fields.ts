import type { CopyFormat } from './copy-options.ts'
import { MaskFailed } from './mask-failed.ts'

// The text and csv formats of COPY, as the target writes them (copyto.c; the
// manual's page of COPY, "File Formats").

/** The formats that are made of lines. */
export type LineFormat = Exclude<CopyFormat, { format: 'binary' }>

/** A field as it stands in its line. */
export interface CopyField {
  raw: Uint8Array
  isQuoted: boolean
  isNull: boolean
}

const newline = 0x0a
const backslash = 0x5c
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf8 = new TextEncoder()

const escapedLetters = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])
const lettersOfEscaped = new Map([...escapedLetters].map(([letter, character]) => [character, letter]))

/** Finds the ends of lines in a stream that arrives in pieces. */
export class LineFinder {
  readonly #format: LineFormat
  #isQuoted = false
  /** The last byte inside quotes was an escape. */
  #isEscaped = false

  constructor(format: LineFormat) {
    this.#format = format
  }

  /** Looks at the bytes from `from` on; gives the index after the newline that ends the line, or -1 when there is none. */
  next(bytes: Uint8Array, from: number): number {
    const format = this.#format
    if (format.format === 'text') {
      // The target writes a newline inside a value as `\n`, so that every one ends a line.
      const found = bytes.indexOf(newline, from)
      return found < 0 ? -1 : found + 1
    }
    const { quote, escape } = format
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (this.#isEscaped) {
        this.#isEscaped = false
        // What follows an escape that is the quote too decides what it was: two are a quote inside, one was the end.
        if (byte === quote || byte === escape) continue
        if (escape === quote) this.#isQuoted = false
      }
      if (this.#isQuoted && byte === escape) this.#isEscaped = true
      else if (byte === quote) this.#isQuoted = !this.#isQuoted
      else if (byte === newline && !this.#isQuoted) return at + 1
    }
    return -1
  }
}

/** The fields of one line, which is given without its newline. */
export function parseLine(line: Uint8Array, format: LineFormat): CopyField[] {
  const nullBytes = utf8.encode(format.nullText)
  const fields: CopyField[] = []
  let start = 0
  let isQuoted = false
  let wasQuoted = false
  const add = (end: number) => {
    const raw = line.subarray(start, end)
    fields.push({ raw, isQuoted: wasQuoted, isNull: !wasQuoted && isEqual(raw, nullBytes) })
    start = end + 1
    wasQuoted = false
  }
  for (let at = 0; at < line.length; at++) {
    const byte = line[at]!
    if (format.format === 'text') {
      if (byte === backslash) at++
      else if (byte === format.delimiter) add(at)
    } else if (isQuoted && isEscape(line, at, format)) at++
    else if (byte === format.quote) {
      isQuoted = !isQuoted
      wasQuoted = true
    } else if (byte === format.delimiter && !isQuoted) add(at)
  }
  if (isQuoted) throw new MaskFailed('expected a quoted field of COPY to end')
  add(line.length)
  return fields
}

/** What a field says, its quotes and escapes taken away. */
export function fieldText({ raw, isQuoted }: CopyField, format: LineFormat): string {
  // The target writes no other escapes: what follows a backslash is named here or stands for itself.
  if (format.format === 'text') return decode(raw).replace(/\\([\s\S])/g, (_, code: string) => escapedLetters.get(code) ?? code)
  if (!isQuoted) return decode(raw)
  const content = new Uint8Array(raw.length)
  let length = 0
  let isInside = false
  for (let at = 0; at < raw.length; at++) {
    if (isInside && isEscape(raw, at, format)) content[length++] = raw[++at]!
    else if (raw[at] === format.quote) isInside = !isInside
    else content[length++] = raw[at]!
  }
  return decode(content.subarray(0, length))
}

/** A field for a value that was put in the place of another. */
export function formatField(value: string | null, format: LineFormat, { isQuoted }: { isQuoted: boolean }): Uint8Array {
  if (value === null) return utf8.encode(format.nullText)
  const delimiter = String.fromCharCode(format.delimiter)
  if (format.format === 'text') {
    let text = ''
    for (const character of value) {
      const letter = lettersOfEscaped.get(character)
      if (letter !== undefined) text += `\\${letter}`
      else text += character === delimiter || character === '\\' ? `\\${character}` : character
    }
    return utf8.encode(text)
  }
  const [quote, escape] = [String.fromCharCode(format.quote), String.fromCharCode(format.escape)]
  const mustQuote =
    isQuoted || value === format.nullText || value === '\\.' || [delimiter, quote, '\n', '\r'].some(special => value.includes(special))
  if (!mustQuote) return utf8.encode(value)
  let text = quote
  for (const character of value) text += character === quote || character === escape ? escape + character : character
  return utf8.encode(text + quote)
}

/**
 * Whether a field that reads as NULL may be a value that is spelled like it: in
 * text format the target writes both alike, unless a backslash tells them
 * apart.
 */
export function isNullAmbiguous(format: LineFormat): boolean {
  return format.format === 'text' && format.nullText !== '' && !format.nullText.includes('\\')
}

/** Inside quotes an escape is one only before a quote or an escape. */
function isEscape(bytes: Uint8Array, at: number, { quote, escape }: Extract<CopyFormat, { format: 'csv' }>): boolean {
  return bytes[at] === escape && (bytes[at + 1] === quote || bytes[at + 1] === escape)
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    throw new MaskFailed('expected COPY in UTF-8')
  }
}
