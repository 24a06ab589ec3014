/** Whether a LIKE pattern leaves no text out but the empty one: `%`, `_%`. */
export function likeMatchesAll(pattern: string): boolean {
  return /^[%_]*%[%_]*$/.test(pattern)
}

/** Whether a SIMILAR TO pattern does, or one of its alternatives. */
export function similarMatchesAll(pattern: string): boolean {
  const alternatives = pattern.replaceAll(/[()]/g, '').split('|')
  return alternatives.some(alternative => likeMatchesAll(alternative.replaceAll(/[*+?]/g, '')))
}

/** Whether a regular expression is found in nearly every text: one that is found in the empty text, and `.`. */
export function regexMatchesAll(pattern: string): boolean {
  const bare = pattern.replace(/^\*\*\*[:=]/, '').replace(/^\(\?[a-z]+\)/, '')
  const alternatives = bare.replaceAll(/\(\?[:=!]|[()]/g, '').split('|')
  return alternatives.some(alternative => optional.test(alternative))
}

/** Anchors, and pieces that may be there or not. */
const optional = /^(?:[\^$]|\\[AZmMy]|\.(?:[*+?]|\{\d*,?\d*\})*|(?:\\?.|\[\^?\]?[^\]]*\])(?:[*?]|\{0(?:,\d*)?\})[?+]?)*$/s

/** Whether one of the patterns in an array's text does: `{a,%}`. */
export function someElement(array: string, matchesAll: (pattern: string) => boolean): boolean {
  return array
    .replace(/^\{/, '')
    .replace(/\}$/, '')
    .split(',')
    .some(element => matchesAll(element.trim().replaceAll('"', '')))
}
