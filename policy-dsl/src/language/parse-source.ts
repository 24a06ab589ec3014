import { Parser, type Program } from 'acorn'
import { limits } from './limits.ts'
import { shown, type ProblemList } from './problem-list.ts'

/** What could be read of a source. */
export interface Parsed {
  statements: Program['body']
  /** Names of constants that stand in parts which could not be read: nothing can be said about their use. */
  lost: Set<string>
  /** Whether everything was read. */
  isWhole: boolean
}

/**
 * The statements of a policy's source. The parser stops at its first error; then
 * each part that begins a line with `rule`, `test` or `const` is read on its own,
 * so that one broken rule hides nothing about the others.
 */
export function parseSource(source: string, problems: ProblemList): Parsed {
  const whole = read(source, 0, source.length)
  if (Array.isArray(whole)) return { statements: whole, lost: new Set(), isWhole: true }
  if (whole.code === 'limit') {
    problems.error(whole.code, whole.place, whole.message)
    return { statements: [], lost: new Set(), isWhole: false }
  }
  const starts = [0, ...Array.from(source.matchAll(/^(?:rule|test|const)\b/gm), ({ index }) => index)]
  const lost = new Set<string>()
  const statements: Parsed['statements'] = []
  let broken = 0
  for (const [at, start] of starts.entries()) {
    const part = read(source, start, starts[at + 1] ?? source.length)
    if (Array.isArray(part)) {
      statements.push(...part)
      continue
    }
    problems.error(part.code, part.place, part.message)
    for (const [, name = ''] of source.slice(start, starts[at + 1]).matchAll(/\bconst\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu))
      lost.add(name)
    if (++broken >= limits.syntaxErrors) break
  }
  // What is no error in any part is one of how they stand together.
  if (broken === 0) problems.error(whole.code, whole.place, whole.message)
  return { statements, lost, isWhole: false }
}

interface SyntaxProblem {
  code: string
  message: string
  place: { start: number; end: number }
}

/** Reads from the middle of a source, so that every node knows its place in the whole. */
class PartParser extends Parser {
  constructor(source: string, start: number) {
    super({ ecmaVersion: 2025, sourceType: 'module', allowHashBang: false }, source, start)
  }
}

function read(source: string, start: number, end: number): Program['body'] | SyntaxProblem {
  const part = source.slice(0, end)
  try {
    return new PartParser(part, start).parse().body
  } catch (error) {
    if (isSyntaxError(error) && !error.message.startsWith('Not enough stack')) return explain(part, error)
    // The parser calls itself, and something nests deeper than the runtime's stack.
    if (error instanceof RangeError || isSyntaxError(error)) {
      return { code: 'limit', message: `expected at most ${limits.depth} levels of nesting`, place: { start, end } }
    }
    throw error
  }
}

interface AcornError extends SyntaxError {
  pos: number
  raisedAt?: number
}

function isSyntaxError(error: unknown): error is AcornError {
  return error instanceof SyntaxError && 'pos' in error && typeof error.pos === 'number'
}

const typeWords = /^(?:interface|type|enum|declare|namespace|abstract|module|public|private|protected)\b/

function explain(source: string, error: AcornError): SyntaxProblem {
  const start = Math.min(error.pos, source.length)
  const rest = source.slice(start, start + 200)
  const token = /^(?:[\p{ID_Start}$_][\p{ID_Continue}$]*|[^\s])/u.exec(rest)?.[0] ?? ''
  const syntax = (message: string, length = token.length): SyntaxProblem => ({
    code: 'syntax',
    message,
    place: { start, end: Math.min(start + length, source.length) },
  })
  const said = error.message.replace(/ \(\d+:\d+\)$/, '')
  if (/^(?:Invalid|Duplicate) regular expression/.test(said)) return explainRegex(source, error, said)
  const declared = /^Identifier '(.*)' has already been declared$/.exec(said)?.[1]
  if (declared !== undefined) return { ...syntax(nameTaken(declared)), code: 'name-taken' }
  if (said.startsWith('Unterminated')) return syntax(`expected the end of ${unterminated(said)} that begins here`, 1)
  if (/^(?:as|satisfies)\b/.test(rest)) {
    return syntax(`expected an operator or the end of the expression, got ${shown(token)}: a policy cannot overrule its types`)
  }
  if (token === '!' && !rest.startsWith('!=')) {
    return syntax('expected an operator or the end of the expression, got `!`: no field is ever null, so nothing needs it')
  }
  if (token === ':' || (token === '?' && /^\?\s*:/.test(rest)))
    return syntax('expected a policy without type annotations: they are known here')
  if (typeWords.test(rest) || typeWords.test(lineUpTo(source, start)))
    return syntax('expected a policy without type declarations: they are known here')
  if (token === '<') return syntax('expected a value, got `<`: a policy cannot overrule its types')
  if (token === '@') return syntax('expected a rule, a test or a constant, got a decorator')
  if (token === '') return syntax('expected more: the source ends in the middle of something', 0)
  if (token === ';' || token === '}' || token === ')' || token === ']') return syntax(`expected a value or a comma, got ${shown(token)}`)
  if (said === 'Unexpected token') return syntax(`expected other syntax, got ${shown(token)}`)
  return syntax(`expected correct syntax: ${lowerFirst(said).replaceAll("'", '`')}`)
}

/** The parser's place is behind the slash that begins the expression. */
function explainRegex(source: string, error: AcornError, said: string): SyntaxProblem {
  const place = { start: Math.max(0, error.pos - 1), end: Math.min(Math.max(error.pos, error.raisedAt ?? 0), source.length) }
  if (said.endsWith('flag')) return { code: 'bad-regex', message: 'expected the flags `i`, `m` or `s`, each once', place }
  const reason = said.slice(said.lastIndexOf('/: ') + 3)
  return { code: 'bad-regex', message: `expected a regular expression: ${lowerFirst(reason)}`, place }
}

/** What is said of a constant whose name means something already. */
export function nameTaken(name: string): string {
  return `expected a new name, got ${shown(name)}, which means something already`
}

function unterminated(said: string): string {
  if (said.includes('string')) return 'the string'
  if (said.includes('template')) return 'the text in backticks'
  if (said.includes('comment')) return 'the comment'
  return 'the regular expression'
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

function lineUpTo(source: string, end: number): string {
  return source.slice(source.lastIndexOf('\n', end - 1) + 1, end).trimStart()
}
