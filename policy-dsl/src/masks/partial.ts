import type { Mask } from './mask.ts'

/**
 * Keeps a value's shape: an e-mail address its first character and its domain,
 * a number (a card's, a phone's) its last two digits, anything else its first
 * character. Separators and blanks stay where there is room for all of them.
 * Everything else becomes `*`, one for one. INVARIANT: of an e-mail address'
 * part before the `@`, and of every other value, at most a third stays.
 */
export const partial: Mask = {
  kind: 'partial',
  hide: value => {
    const at = emailAt(value)
    if (at !== null) return keep(Array.from(value.slice(0, at)), { first: 1, last: 0 }) + value.slice(at)
    const characters = Array.from(value)
    return keep(characters, isNumber(value) ? { first: 0, last: 2 } : { first: 1, last: 0 })
  },
  typed: {},
}

/** Where the `@` of an address is; null for anything that is not plainly one. */
function emailAt(value: string): number | null {
  const at = value.indexOf('@')
  if (at < 1 || at !== value.lastIndexOf('@')) return null
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value.slice(at + 1)) && value.includes('.', at) && !/\s/.test(value)
    ? at
    : null
}

function isNumber(value: string): boolean {
  return /^[\d\s+().\-/]+$/.test(value) && /\d/.test(value)
}

/** Letters and digits first, then the separators, all or none: half of them would be no shape. */
function keep(characters: string[], wish: { first: number; last: number }): string {
  const room = Math.floor(characters.length / 3)
  const first = Math.min(wish.first, room)
  const last = Math.min(wish.last, room - first)
  const isKept = (index: number) => index < first || index >= characters.length - last
  const separators = characters.filter((character, index) => isSeparator(character) && !isKept(index)).length
  const keepsShape = separators <= room - first - last
  return characters.map((character, index) => (isKept(index) || (keepsShape && isSeparator(character)) ? character : '*')).join('')
}

function isSeparator(character: string): boolean {
  return /^[\s+().\-/]$/.test(character)
}
