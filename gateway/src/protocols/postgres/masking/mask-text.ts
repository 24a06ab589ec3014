/** A part of a text that the record may not hold: UTF-16 offsets of its first character and of the one after its last. */
export interface TextRedaction {
  start: number
  end: number
  rule: string
}

const mask = '[masked]'
const string = /^(?:U&|[EBXN])?'[\s\S]*'$/i
const dollarQuoted = /^(\$[^$\s]*\$)[\s\S]*\1$/
const comment = /^(?:--|\/\*)/
const number = /^[+-]?(?:\d|\.\d)[\w.]*$/

/** A command's text with its parts redacted: a literal in the place of a literal, so that it still reads as what it was. */
export function redactText(text: string, redactions: TextRedaction[]): string {
  let out = ''
  let at = 0
  for (const { start, end } of joined(text.length, redactions)) {
    out += text.slice(at, start) + standIn(text.slice(start, end))
    at = end
  }
  return out + text.slice(at)
}

/** The redactions in order, inside the text, those that overlap as one. */
function joined(length: number, redactions: TextRedaction[]): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  const inside = redactions.map(({ start, end }) => ({ start: Math.max(start, 0), end: Math.min(end, length) }))
  for (const { start, end } of inside.filter(one => one.start < one.end).toSorted((a, b) => a.start - b.start)) {
    const last = found.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else found.push({ start, end })
  }
  return found
}

function standIn(literal: string): string {
  if (string.test(literal)) return `'${mask}'`
  if (dollarQuoted.test(literal)) return `$$${mask}$$`
  if (comment.test(literal)) return `/*${mask}*/`
  return number.test(literal) ? `0/*${mask}*/` : mask
}
