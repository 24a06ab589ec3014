import { MaskFailed } from './mask-failed.ts'

export interface MapJson {
  /** What takes a value's place; undefined keeps it. */
  map: (value: string) => string | null | undefined
  /** Whether what is left of the text holds something that no single value does: a key with its value. */
  hasMatch: (rest: string) => boolean
}

/**
 * A JSON text with strings, keys and numbers replaced by strings, all else as
 * it was; undefined when nothing was. Throws `MaskFailed` for what is not JSON,
 * or where a match goes across values.
 */
export function mapJson(text: string, { map, hasMatch }: MapJson): string | undefined {
  let out = ''
  let rest = ''
  let keptFrom = 0
  let at = 0
  const keep = (to: number) => {
    out += text.slice(keptFrom, to)
    rest += text.slice(keptFrom, to)
  }
  while (at < text.length) {
    const start = at
    const character = text[at]!
    let value: string
    if (character === '"') {
      at = afterString(text, at)
      value = decoded(text.slice(start, at))
    } else if (isNumeric(character)) {
      while (at < text.length && isNumeric(text[at]!)) at++
      value = text.slice(start, at)
    } else {
      at++
      continue
    }
    const mapped = map(value)
    if (mapped === undefined) continue
    keep(start)
    out += JSON.stringify(mapped ?? '')
    rest += '""'
    keptFrom = at
  }
  // What goes across values cannot be replaced in a way that leaves JSON behind.
  if (hasMatch(rest + text.slice(keptFrom))) throw new MaskFailed('a match goes across several values of a JSON text')
  if (out === '') return undefined
  keep(text.length)
  return out
}

function afterString(text: string, start: number): number {
  let at = start + 1
  for (; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
  if (at >= text.length) throw new MaskFailed('expected JSON')
  return at + 1
}

function decoded(token: string): string {
  try {
    return String(JSON.parse(token))
  } catch {
    throw new MaskFailed('expected JSON')
  }
}

function isNumeric(character: string): boolean {
  return (character >= '0' && character <= '9') || character === '-' || character === '+' || character === '.'
}
