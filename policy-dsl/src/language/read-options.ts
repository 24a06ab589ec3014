import type * as ast from 'acorn'
import { nameOf, type Context } from './constants.ts'
import { notInLanguage } from './not-in-language.ts'
import { quoted, shown } from './problem-list.ts'
import { suggest } from './suggest.ts'

/** One `name: value` of an object that is written out. */
export interface Option {
  name: string
  at: ast.Node
  value: ast.Expression
}

/**
 * The options of an object, each of them once. Null, with a problem, when it is
 * no object; `names` are those it can have, null for any.
 */
export function readOptions(node: ast.Node, names: readonly string[] | null, what: string, context: Context): Option[] | null {
  const { problems } = context
  const object = node as ast.Expression
  if (object.type !== 'ObjectExpression') {
    problems.error('wrong-argument', node, `expected ${what} in braces, got ${shown(problems.source.slice(node.start, node.end))}`)
    return null
  }
  const options = new Map<string, Option>()
  for (const property of object.properties) {
    if (property.type === 'SpreadElement' || property.kind !== 'init' || property.method) {
      const message = `expected \`name: value\`, got ${property.type === 'SpreadElement' ? '`...`' : property.method ? 'a method' : 'a getter or setter'}`
      problems.error('not-in-language', property, message)
      continue
    }
    const name = nameOf(property.key, property.computed, problems)
    if (name === null) continue
    if (names && !names.includes(name)) {
      const nearest = suggest(name, names)
      const message = `expected ${names.map(one => shown(one)).join(', ')}, got ${shown(name)}`
      problems.error('unknown-option', property.key, message, nearest && property.key.type === 'Literal' ? quoted(nearest) : nearest)
      // It counts as what was meant, so that nothing is said to be missing.
      if (nearest && !options.has(nearest)) options.set(nearest, { name: nearest, at: property.key, value: property.value })
      continue
    }
    if (options.has(name)) problems.error('duplicate-option', property.key, `expected ${shown(name)} once`)
    else options.set(name, { name, at: property.key, value: property.value })
  }
  return [...options.values()]
}

/** The arguments of a call, when there are as many as expected. Null, with a problem, when not. */
export function readArguments(
  node: ast.CallExpression,
  counts: [least: number, most: number],
  shape: string,
  context: Context,
): ast.Expression[] | null {
  const given: ast.Expression[] = []
  for (const argument of node.arguments) {
    if (argument.type === 'SpreadElement') {
      notInLanguage(argument, context.problems)
      return null
    }
    given.push(argument)
  }
  if (given.length >= counts[0] && given.length <= counts[1]) return given
  context.problems.error(
    'wrong-argument',
    node,
    `expected ${shown(shape)}, got ${given.length} ${given.length === 1 ? 'argument' : 'arguments'}`,
  )
  return null
}

/** Says of each name that it must be there. */
export function missing(node: ast.Node, names: string[], context: Context): void {
  for (const name of names) context.problems.error('missing-option', node, `expected ${shown(name)}`)
}
