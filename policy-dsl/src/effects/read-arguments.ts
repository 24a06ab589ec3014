import type { ColumnPattern } from '../decision.ts'
import type { EffectArguments, Plain } from '../ruleset.ts'

/**
 * Takes an effect's arguments out of a stored ruleset. The compiler made them,
 * but what is stored can be changed: anything unexpected throws, and that denies.
 */
export function readText(args: EffectArguments, name: string): string {
  const value = args[name]
  if (typeof value !== 'string') throw new TypeError(`expected \`${name}\` to be text`)
  return value
}

/** A text that may be absent. */
export function readOptionalText(args: EffectArguments, name: string): string | null {
  return args[name] === undefined ? null : readText(args, name)
}

/** One of these words; without a fallback it must be there. */
export function readWord<Word extends string>(args: EffectArguments, name: string, words: readonly Word[], fallback?: Word): Word {
  const value = args[name]
  if (value === undefined && fallback !== undefined) return fallback
  const word = words.find(one => one === value)
  if (word === undefined) throw new TypeError(`expected \`${name}\` to be one of ${words.join(', ')}`)
  return word
}

/** A whole number that may be absent. */
export function readOptionalCount(args: EffectArguments, name: string): number | null {
  const value = args[name]
  if (value === undefined) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`expected \`${name}\` to be a whole number`)
  return value
}

/** At least one text. */
export function readTexts(args: EffectArguments, name: string): string[] {
  const value = args[name]
  if (!Array.isArray(value) || value.length === 0) throw new TypeError(`expected \`${name}\` to be a list`)
  return value.map(one => {
    if (typeof one !== 'string') throw new TypeError(`expected \`${name}\` to be a list of texts`)
    return one
  })
}

/** Columns; none when they are absent. */
export function readColumns(args: EffectArguments, name: string): ColumnPattern[] {
  const value = args[name] ?? []
  if (!Array.isArray(value)) throw new TypeError(`expected \`${name}\` to be a list of columns`)
  return value.map(one => {
    if (!isFields(one)) throw new TypeError(`expected \`${name}\` to be a list of columns`)
    const part = (key: string): string | null => (one[key] === null ? null : readText(one, key))
    return { target: part('target'), schema: part('schema'), table: part('table'), column: readText(one, 'column') }
  })
}

/** A regular expression that may be absent. */
export function readOptionalRegex(args: EffectArguments, name: string): { pattern: string; flags: string } | null {
  const value = args[name]
  if (value === undefined) return null
  if (!isFields(value)) throw new TypeError(`expected \`${name}\` to be a regular expression`)
  return { pattern: readText(value, 'pattern'), flags: readText(value, 'flags') }
}

function isFields(value: Plain): value is { [name: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
