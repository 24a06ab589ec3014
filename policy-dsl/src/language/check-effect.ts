import type * as ast from 'acorn'
import type { EffectParameter, ArgumentType } from '../effects/effect.ts'
import { effects } from '../effects/registry.ts'
import type { EffectArguments, EffectUse, Plain } from '../ruleset.ts'
import { countedRegex, durationMeant } from './check-condition.ts'
import { elementsOf, firstName, numberOf, referenceOf, textOf, valueOf, type Context } from './constants.ts'
import { durationMs, formatDuration } from './duration.ts'
import { columnOf, type Reference } from './live-names.ts'
import { quoted, shown } from './problem-list.ts'
import { missing, readArguments, readOptions } from './read-options.ts'
import { schema } from './schema.ts'
import { suggest } from './suggest.ts'

/** The effects of a rule: one, or a list of them. */
export function checkEffects(node: ast.Expression, context: Context): EffectUse[] {
  const several = node.type === 'ArrayExpression' ? elementsOf(node, context) : [node]
  if (several?.length === 0) context.problems.error('wrong-argument', node, 'expected at least one effect')
  const uses = (several ?? []).flatMap(one => {
    const use = checkEffect(one, context)
    return use === null ? [] : [{ node: one, use }]
  })
  const denial = uses.find(({ use }) => effects[use.effect]?.verdict === 'deny')
  for (const { node: one, use } of uses) {
    if (denial !== undefined && needsAnswer(use))
      context.problems.error(
        'wrong-argument',
        one,
        `expected no ${shown(use.effect)} beside ${shown(denial.use.effect)}: the command does not run, so nothing would come of it`,
      )
  }
  return uses.map(({ use }) => use)
}

/** Whether it asks something of a command that goes on; whoever watches is told of a denied one too. */
function needsAnswer(use: EffectUse): boolean {
  const effect = effects[use.effect]
  return effect !== undefined && effect.verdict !== 'deny' && effect.obligations('', use.arguments).alert === undefined
}

function checkEffect(node: ast.Expression, context: Context): EffectUse | null {
  const { problems } = context
  const names = Object.keys(effects)
  const callee = node.type === 'CallExpression' ? node.callee : node
  const name = callee.type === 'Identifier' ? callee.name : null
  const effect = name !== null && Object.hasOwn(effects, name) ? effects[name] : undefined
  if (!effect) {
    const nearest =
      name === null ? null : (suggest(name, names) ?? (Object.hasOwn(schema.effectHabits, name) ? schema.effectHabits[name] : null))
    problems.error(
      'unknown-effect',
      callee,
      `expected an effect (${names.map(one => shown(one)).join(', ')}), got ${written(callee, context)}`,
      nearest,
    )
    return null
  }
  if (node.type !== 'CallExpression') {
    problems.error('wrong-argument', node, `expected a call of ${shown(effect.name)}, got its name alone`)
    return null
  }
  const { parameters } = effect.signature
  const least = parameters.filter(parameter => !parameter.isOptional).length
  const given = readArguments(node, [least, parameters.length], shapeOf(effect.name, parameters), context)
  if (!given) return null
  const compiled: EffectArguments = {}
  let isWhole = true
  for (const [at, value] of given.entries()) {
    const parameter = parameters[at]!
    if (!take(parameter, value, compiled, context)) isWhole = false
  }
  if (!isWhole) return null
  const wrong = effect.signature.check?.(compiled) ?? null
  if (wrong === null) return { effect: effect.name, arguments: compiled }
  problems.error('wrong-argument', node, wrong)
  return null
}

function shapeOf(name: string, parameters: EffectParameter[]): string {
  return `${name}(${parameters.map(one => `${one.type.type === 'object' ? '{ … }' : one.name}${one.isOptional ? '?' : ''}`).join(', ')})`
}

/** Puts one argument among the compiled ones; an object's properties stand beside the others. */
function take(parameter: EffectParameter, value: ast.Expression, compiled: EffectArguments, context: Context): boolean {
  if (parameter.type.type !== 'object') {
    const plain = checkArgument(value, parameter.type, context)
    if (plain === undefined) return false
    compiled[parameter.name] = plain
    return true
  }
  const { properties } = parameter.type
  const options = readOptions(
    value,
    properties.map(({ name }) => name),
    'options',
    context,
  )
  if (!options) return false
  let isWhole = options.length === (value as ast.ObjectExpression).properties.length
  for (const option of options) {
    const property = properties.find(({ name }) => name === option.name)
    if (!property || !take(property, option.value, compiled, context)) isWhole = false
  }
  const absent = properties.filter(({ name, isOptional }) => !isOptional && !options.some(option => option.name === name))
  missing(
    value,
    absent.map(({ name }) => name),
    context,
  )
  return isWhole && absent.length === 0
}

/** An argument as a ruleset keeps it. Undefined, with a problem, when it does not fit. */
function checkArgument(node: ast.Expression, type: ArgumentType, context: Context): Plain | undefined {
  const value = context.problems.isFull ? null : valueOf(node, context)
  if (value === null) return undefined
  switch (type.type) {
    case 'string':
      return checkText(value, context)
    case 'number':
      return checkNumber(value, type, context)
    case 'duration':
      return checkDuration(value, type, context)
    case 'word':
      return checkWord(value, type.words, 'unknown-word', context)
    case 'name': {
      const known = context.live[type.of]
      if (known.length === 0) return checkText(value, context)
      return checkWord(value, known, 'unknown-group', context)
    }
    case 'regex':
      return checkRegex(value, context)
    case 'column':
      return checkColumn(value, context)
    case 'list':
    case 'oneOrMany':
      return checkList(value, type, context)
    case 'object':
      return undefined
  }
}

function checkText(node: ast.Expression, context: Context): string | undefined {
  const text = textOf(node)
  if (text === null) return wrong('text in quotes', node, context)
  if (text.trim() === '') return wrong('text that is not empty', node, context)
  return text
}

function checkNumber(node: ast.Expression, { min, max }: { min: number; max: number }, context: Context): number | undefined {
  const number = numberOf(node)
  return number !== null && Number.isSafeInteger(number) && number >= min && number <= max
    ? number
    : wrong(`a whole number from ${min} to ${max}`, node, context)
}

function checkDuration(node: ast.Expression, { minMs, maxMs }: { minMs: number; maxMs: number }, context: Context): number | undefined {
  const text = textOf(node)
  const ms = text === null ? null : durationMs(text)
  if (ms !== null && ms >= minMs && ms <= maxMs) return ms
  const message = `expected a length of time from ${shown(formatDuration(minMs))} to ${shown(formatDuration(maxMs))}, got ${written(node, context)}`
  context.problems.error('bad-duration', node, message, text === null ? null : durationMeant(text, maxMs))
  return undefined
}

function checkWord(node: ast.Expression, words: string[], code: string, context: Context): string | undefined {
  const text = textOf(node)
  if (text !== null && words.includes(text)) return text
  const nearest = text === null ? null : suggest(text, words)
  const some = words
    .slice(0, 8)
    .map(word => shown(word))
    .join(', ')
  context.problems.error(
    code,
    node,
    `expected ${some}${words.length > 8 ? ', …' : ''}, got ${written(node, context)}`,
    nearest && quoted(nearest),
  )
  return undefined
}

function checkRegex(node: ast.Expression, context: Context): Plain | undefined {
  if (node.type !== 'Literal' || !node.regex) return wrong('a regular expression like `/…/`', node, context)
  const compiled = countedRegex(node, node.regex, context)
  return compiled ? { ...compiled } : undefined
}

function checkList(node: ast.Expression, type: ArgumentType & { type: 'list' | 'oneOrMany' }, context: Context): Plain | undefined {
  const elements = elementsOf(node, context) ?? (type.type === 'oneOrMany' ? [node] : null)
  if (!elements) return wrong('a list', node, context)
  const least = type.type === 'list' ? type.min : 1
  if (elements.length < least) return wrong(`a list of at least ${least}`, node, context)
  const values = elements.map(element => checkArgument(element, type.of, context))
  return values.includes(undefined) ? undefined : values.filter(value => value !== undefined)
}

function checkColumn(node: ast.Expression, context: Context): Plain | undefined {
  const text = textOf(node)
  if (text === null) {
    const reference = referenceOf(node, context)
    if (reference === 'broken') return undefined
    if (!reference) return notColumn(node, context)
    const found = columnOf(reference, node, context.problems)
    return found ? { ...found } : undefined
  }
  const [column = '', table = null, schema = null, ...more] = text.split('.').toReversed()
  if (more.length > 0 || [column, table, schema].includes('') || column === '*') {
    return wrong('a column like `email`, `customers.email` or `public.customers.email`', node, context)
  }
  warnOfUnknownColumn(node, text, context)
  return { target: null, schema, table, column }
}

function notColumn(node: ast.Expression, context: Context): undefined {
  const first = node.type === 'MemberExpression' ? firstName(node) : null
  if (!first) return wrong('a column', node, context)
  const nearest = suggest(
    first.name,
    context.live.targets.map(target => target.name),
  )
  context.problems.error('unknown-name', first, `expected the name of a target, got ${shown(first.name)}`, nearest)
  return undefined
}

/** A name in quotes may be meant for a target that is still to come, but is more likely misspelt. */
function warnOfUnknownColumn(node: ast.Expression, text: string, { live, problems }: Context): void {
  if (live.targets.length === 0 || live.targets.some(target => target.schemas === null)) return
  const depth = text.split('.').length
  const known = new Set<string>()
  for (const { schemas } of live.targets) {
    for (const schema of schemas ?? []) {
      for (const table of schema.tables) {
        for (const column of table.columns) known.add([schema.name, table.name, column.name].slice(-depth).join('.'))
      }
    }
  }
  if (known.has(text)) return
  const nearest = suggest(text, known)
  problems.warning('unknown-column', node, `expected a column of some target, got ${shown(text)}`, nearest && quoted(nearest))
}

function wrong(expected: string, node: ast.Node, context: Context): undefined {
  context.problems.error('wrong-type', node, `expected ${expected}, got ${written(node, context)}`)
  return undefined
}

function written(node: ast.Node, { problems }: Context): string {
  return shown(problems.source.slice(node.start, node.end))
}

/** A column as a test names it: `table.column`. */
export function columnText(reference: Reference, at: ast.Node, context: Context): string | null {
  const found = columnOf(reference, at, context.problems)
  return found && `${found.table}.${found.column}`
}
