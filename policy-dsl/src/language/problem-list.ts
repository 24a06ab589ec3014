import type { Problem } from '../problem.ts'
import type { Span } from '../ruleset.ts'
import { limits } from './limits.ts'

/** Collects what is wrong with one source, each with its place. */
export class ProblemList {
  readonly source: string
  readonly #lineStarts: number[] = [0]
  readonly #found = new Map<string, Problem>()

  constructor(source: string) {
    this.source = source
    // The same ends of lines that the parser counts: ECMA-262 §12.3.
    for (const { 0: end, index } of source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) this.#lineStarts.push(index + end.length)
  }

  get hasErrors(): boolean {
    return [...this.#found.values()].some(problem => problem.severity === 'error')
  }

  /** Nothing more will be told, so there is no use in looking for it. */
  get isFull(): boolean {
    return this.#found.size >= limits.problems && this.hasErrors
  }

  error(code: string, at: Place, message: string, suggestion?: string | null): void {
    this.#add('error', code, at, message, suggestion)
  }

  warning(code: string, at: Place, message: string, suggestion?: string | null): void {
    this.#add('warning', code, at, message, suggestion)
  }

  /** In the order of their places. */
  inOrder(): Problem[] {
    return [...this.#found.values()].toSorted((one, other) => one.at[0] - other.at[0] || one.at[1] - other.at[1])
  }

  lineOf(offset: number): number {
    let [low, high] = [0, this.#lineStarts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle
    }
    return low + 1
  }

  #add(severity: Problem['severity'], code: string, place: Place, message: string, suggestion: string | null = null): void {
    const at: Span = [place.start, place.end]
    const line = this.lineOf(at[0])
    const key = `${at[0]}:${at[1]}:${code}:${message}`
    // An error is never dropped for a warning's sake: only the first one decides whether there is a ruleset.
    if (this.#found.has(key) || (severity === 'warning' ? this.#found.size >= limits.problems : this.isFull)) return
    this.#found.set(key, {
      code,
      severity,
      message,
      at,
      line,
      column: at[0] - this.#lineStarts[line - 1]! + 1,
      ...(suggestion === null ? {} : { suggestion }),
    })
  }
}

/** What the parser's nodes say of where they stand. */
export interface Place {
  start: number
  end: number
}

/** A piece of source or a value, as a message shows it: on one line, not too long. */
export function shown(text: string): string {
  const line = text.replaceAll(/[\s`\p{C}]+/gu, ' ').trim()
  return `\`${line.length > 60 ? `${line.slice(0, 57).trimEnd()}…` : line}\``
}

/** A word as a string of the source: what a suggestion puts in the place of one. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
}
