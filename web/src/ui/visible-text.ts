/** A stretch of untrusted text: shown as it is, or as a symbol in place of one character that could hide or mislead. */
export type VisiblePart = { kind: 'text'; text: string } | { kind: 'symbol'; text: string; name: string }

export interface VisibleOptions {
  /** Keep line ends and tabs as they are; otherwise every run of blanks that holds one becomes a single space. */
  lines?: boolean
}

// Controls, format characters (bidi overrides and isolates, zero-width, tags, soft hyphen), line and paragraph separators,
// blanks other than the plain space, lone surrogates, and letters that draw nothing.
const misleading = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{115f}\u{1160}\u{2800}\u{3164}\u{ffa0}]|(?! )\p{Zs}/u

/** Gives untrusted text as parts in which nothing is invisible and nothing reorders: every part is safe as a text node. */
export function visibleParts(text: string, options: VisibleOptions = {}): VisiblePart[] {
  const parts: VisiblePart[] = []
  let plain = ''
  for (const character of options.lines ? text : text.replace(/[ \t]*[\t\r\n][ \t\r\n]*/g, ' ')) {
    if (!misleading.test(character) || (options.lines && (character === '\n' || character === '\t'))) {
      plain += character
      continue
    }
    if (plain) parts.push({ kind: 'text', text: plain })
    plain = ''
    parts.push({ kind: 'symbol', ...symbolOf(character.codePointAt(0) ?? 0xfffd) })
  }
  if (plain) parts.push({ kind: 'text', text: plain })
  return parts
}

/** Gives untrusted text as one string in which nothing is invisible and nothing reorders, for attributes, titles and canvases. */
export function visibleText(text: string, options: VisibleOptions = {}): string {
  return visibleParts(text, options)
    .map(part => part.text)
    .join('')
}

function symbolOf(code: number): { text: string; name: string } {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  if (code < 0x20) return { text: String.fromCodePoint(0x2400 + code), name }
  if (code === 0x7f) return { text: '␡', name }
  if (code >= 0xd800 && code <= 0xdfff) return { text: '\u{fffd}', name: `${name}, half a character` }
  const known = names[code]
  return { text: `⟦${known?.[0] ?? name}⟧`, name: known ? `${name}, ${known[1]}` : name }
}

const names: Record<number, [short: string, name: string]> = {
  0xa0: ['NBSP', 'no-break space'],
  0xad: ['SHY', 'soft hyphen'],
  0x200b: ['ZWSP', 'zero-width space'],
  0x200c: ['ZWNJ', 'zero-width non-joiner'],
  0x200d: ['ZWJ', 'zero-width joiner'],
  0x200e: ['LRM', 'left-to-right mark'],
  0x200f: ['RLM', 'right-to-left mark'],
  0x2028: ['LS', 'line separator'],
  0x2029: ['PS', 'paragraph separator'],
  0x202a: ['LRE', 'left-to-right embedding'],
  0x202b: ['RLE', 'right-to-left embedding'],
  0x202c: ['PDF', 'pop directional formatting'],
  0x202d: ['LRO', 'left-to-right override'],
  0x202e: ['RLO', 'right-to-left override'],
  0x2066: ['LRI', 'left-to-right isolate'],
  0x2067: ['RLI', 'right-to-left isolate'],
  0x2068: ['FSI', 'first strong isolate'],
  0x2069: ['PDI', 'pop directional isolate'],
  0xfeff: ['BOM', 'zero-width no-break space'],
}
