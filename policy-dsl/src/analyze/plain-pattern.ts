import type { TextTest } from './atoms.ts'

/**
 * The tests that a regular expression comes to when it only names texts:
 * `^(rm|dd)$` two texts, `^lo_` a beginning, `secret` a part. One of them must
 * hold. Null for every other pattern.
 */
export function plainTestsOf(pattern: string, flags: string): TextTest[] | null {
  if (flags !== '' || /[\u{80}-\u{10ffff}]/u.test(pattern)) return null
  const parts = /^(\^?)(.*?)(\$?)$/s.exec(pattern)
  if (parts === null) return null
  const [, start, middle = '', end] = parts
  // A dollar sign that is escaped belongs to the text.
  if (end === '$' && /(?:^|[^\\])(?:\\\\)*\\$/.test(middle)) return null
  const group = /^\((?:\?:)?(.*)\)$/s.exec(middle)?.[1]
  const alternatives = group?.split('|') ?? [middle]
  const texts = alternatives.map(literalOf)
  const is = start === '^' ? (end === '$' ? 'equals' : 'prefix') : end === '$' ? 'suffix' : 'contains'
  return texts.every(text => text !== null) ? texts.map(value => ({ is, value })) : null
}

/** The one text that it matches; null when it is none, or more than text. */
function literalOf(pattern: string): string | null {
  if (!/^(?:[^\\^$.|?*+()[\]{}]|\\[^a-zA-Z0-9])+$/s.test(pattern)) return null
  return pattern.replace(/\\(.)/gs, '$1')
}
