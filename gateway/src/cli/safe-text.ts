/**
 * Text from outside, as a terminal may show it: control characters, escape
 * sequences and signs that turn the direction of writing are shown, not obeyed.
 */
export function safeText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, visible)
}

/** The same for output of a recording: line ends, tabs and colours stay. */
export function safeOutput(text: string): string {
  return text.replaceAll(/\x1b\[[0-9;]{0,32}m|[\n\r\t]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, found =>
    found.length > 1 || /[\n\r\t]/.test(found) ? found : visible(found),
  )
}

function visible(letter: string): string {
  const code = letter.codePointAt(0)!
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}
