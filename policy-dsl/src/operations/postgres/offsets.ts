import type { BytePlace } from './syntax.ts'

/** Where something stands in a text: its first character, and the one after its last, in UTF-16 units. */
export type Span = [start: number, end: number]

/** Where each statement of a text stands, from where the parser saw it in UTF-8. Space and comments around a statement are not part of it. */
export function statementSpans(text: string, places: BytePlace[]): Span[] {
  const advance = byteCounter(text)
  return places.map(({ startByte, sizeBytes }) => {
    const start = skipToStatement(text, advance(startByte))
    const end = sizeBytes === null ? text.length : advance(startByte + sizeBytes)
    return [start, trimEnd(text, start, end)]
  })
}

/** Turns byte offsets, asked in rising order, into UTF-16 offsets. One pass over the text for all of them. */
function byteCounter(text: string): (byte: number) => number {
  let at = 0
  let bytes = 0
  return byte => {
    while (bytes < byte && at < text.length) {
      const unit = text.codePointAt(at) ?? 0
      // A lone surrogate is written like any other character of three bytes.
      bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit < 0x10000 ? 3 : 4
      at += unit < 0x10000 ? 1 : 2
    }
    return at
  }
}

function skipToStatement(text: string, from: number): number {
  let at = from
  for (;;) {
    const before = at
    while (isSpace(text.charCodeAt(at))) at++
    if (text.startsWith('--', at)) at = endOfLine(text, at)
    else if (text.startsWith('/*', at)) at = endOfComment(text, at)
    if (at === before) return at
  }
}

function endOfLine(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}

/** Comments nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    if (text.startsWith('/*', at)) {
      depth++
      at += 2
    } else if (text.startsWith('*/', at)) {
      depth--
      at += 2
      if (depth === 0) return at
    } else at++
  }
  return at
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--
  return at
}

/** What the grammar takes for space: blank, tab, line feed, vertical tab, form feed, carriage return. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
}
