import type { Operation } from '@steno/recordings'

/** A longer text is not searched: it may hold anything. */
export const searchedLengthMax = 1 << 16

const plainVerbs = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'])
const namingVerbs = new Set(['PREPARE', 'DEALLOCATE', 'DECLARE', 'CLOSE', 'DISCARD'])

/** Whether an operation leaves every name as it is: rows are read and changed, by code that is known. */
export function isPlain({ verb, isOpaque, functions }: Operation): boolean {
  return plainVerbs.has(verb) && !isOpaque && !functions?.some(name => name.endsWith('set_config'))
}

/** Whether an operation stands in a routine, which may open cursors under any name. */
export function runsRoutine({ inside }: Operation): boolean {
  return inside !== undefined && /^(?:DO$|function |trigger )/.test(inside)
}

/** Whether an operation may give or take names where its text does not say so: code that nobody read, and code that does it. */
export function givesNamesUnseen({ verb, inside, isOpaque }: Operation): boolean {
  return isOpaque === true || (inside !== undefined && namingVerbs.has(verb))
}

/** Whether a text that nobody read may give names to statements and cursors, or take them away. */
export function mayGiveNames(text: string): boolean {
  return text.length > searchedLengthMax || /\b(?:deallocate|prepare|discard|declare|close)\b/i.test(text)
}

/** Whether a text calls something, or is code of its own. */
export function callsSomething(text: string): boolean {
  return /[\w"]\s*\(|\b(?:do|call|execute)\b/i.test(text)
}
