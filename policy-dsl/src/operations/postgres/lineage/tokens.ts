/** One word, name, literal or sign of a text; comments and space are not. */
export interface Token {
  kind: 'word' | 'name' | 'string' | 'number' | 'sign'
  start: number
  end: number
  /** What a word or name names, or what a string holds; as it is written for the rest. */
  value: string
}

// Each is tried where it stands (`y`): nothing is cut out of the text to look at it.
const space = /\s+/y
const digit = /[0-9]/
const stringPrefix = /(?:[ebxn]|u&)(?=')/iy
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y

/** The tokens of a text in PostgreSQL's lexical rules, with `standard_conforming_strings` on. What is unterminated ends with the text. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const past = skipSpace(text, at).at
    if (past !== at) {
      at = past
      continue
    }
    const token = readToken(text, at)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

function readToken(text: string, start: number): Token {
  const first = text[start]!
  const prefix = matchAt(stringPrefix, text, start) ?? ''
  if (first === "'" || prefix !== '') return readString(text, start, prefix.toLowerCase())
  if (first === '"') return readName(text, start, start)
  if ((first === 'u' || first === 'U') && text.startsWith('&"', start + 1)) return readName(text, start, start + 2)
  if (first === '$') {
    const tag = matchAt(dollarQuote, text, start)
    if (tag !== undefined) {
      const close = text.indexOf(tag, start + tag.length)
      const bodyEnd = close === -1 ? text.length : close
      const end = close === -1 ? text.length : close + tag.length
      return { kind: 'string', start, end, value: text.slice(start + tag.length, bodyEnd) }
    }
  }
  if (digit.test(first) || (first === '.' && digit.test(text[start + 1] ?? ''))) {
    const written = /^[0-9a-z_.]+(?:(?<=[0-9.]e)[+-][0-9_]+)?/i.exec(text.slice(start, start + 4096))?.[0] ?? first
    return { kind: 'number', start, end: start + written.length, value: written }
  }
  const written = matchAt(word, text, start)
  if (written !== undefined) return { kind: 'word', start, end: start + written.length, value: written.toLowerCase() }
  return { kind: 'sign', start, end: start + 1, value: first }
}

/** What a sticky expression finds just there. */
function matchAt(expression: RegExp, text: string, at: number): string | undefined {
  expression.lastIndex = at
  return expression.exec(text)?.[0]
}

function readString(text: string, start: number, prefix: string): Token {
  const hasEscapes = prefix === 'e'
  let value = ''
  let at = start + prefix.length + 1
  while (at < text.length) {
    const character = text[at]!
    if (hasEscapes && character === '\\') {
      value += text.slice(at, at + 2)
      at += 2
    } else if (character !== "'") {
      value += character
      at++
    } else if (text[at + 1] === "'") {
      value += "'"
      at += 2
    } else {
      // Two strings with only a line break between them are one.
      const next = skipSpace(text, at + 1)
      if (!next.hasNewline || text[next.at] !== "'") return { kind: 'string', start, end: at + 1, value }
      at = next.at + 1
    }
  }
  return { kind: 'string', start, end: text.length, value }
}

function readName(text: string, start: number, quote: number): Token {
  let value = ''
  let at = quote + 1
  while (at < text.length) {
    if (text[at] === '"') {
      if (text[at + 1] !== '"') return { kind: 'name', start, end: at + 1, value }
      at++
    }
    value += text[at]
    at++
  }
  return { kind: 'name', start, end: text.length, value }
}

function skipSpace(text: string, start: number): { at: number; hasNewline: boolean } {
  let at = start
  let hasNewline = false
  while (at < text.length) {
    const spaces = matchAt(space, text, at)
    if (spaces !== undefined) {
      hasNewline ||= /[\n\r]/.test(spaces)
      at += spaces.length
    } else if (text.startsWith('--', at)) {
      const line = /[\n\r]/g
      line.lastIndex = at
      at = line.exec(text)?.index ?? text.length
    } else if (text.startsWith('/*', at)) at = skipComment(text, at)
    else break
  }
  return { at, hasNewline }
}

function skipComment(text: string, start: number): number {
  const mark = /\/\*|\*\//g
  mark.lastIndex = start
  let depth = 0
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return text.length
}
