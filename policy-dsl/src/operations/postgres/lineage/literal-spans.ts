import { tokensOf } from './tokens.ts'

/**
 * Where every literal of a text stands, strings and numbers alike: what is
 * hidden of a text that cannot be understood, since any of them may be a value
 * that nobody may see.
 */
export function literalSpans(text: string): { start: number; end: number }[] {
  return tokensOf(text).flatMap(({ kind, start, end }) => (kind === 'string' || kind === 'number' ? [{ start, end }] : []))
}
