import type * as ast from 'acorn'
import type { LiveSchema } from '../live-schema.ts'
import { globalNames } from './global-names.ts'
import { findTarget, type Reference } from './live-names.ts'
import { notInLanguage } from './not-in-language.ts'
import { quoted, shown, type ProblemList } from './problem-list.ts'
import { suggest } from './suggest.ts'

/** What is known while one source is checked. */
export interface Context {
  problems: ProblemList
  live: LiveSchema
  constants: Map<string, Constant>
  /** Names of constants that could not be read. */
  lost: Set<string>
  /** How many regular expressions there are so far. */
  regexes: number
  /** Time zones that were looked up, which takes long, and whether there is one. */
  zones: Map<string, boolean>
}

export interface Constant {
  at: ast.Identifier
  /** Null when it is none that can be used. */
  value: ast.Expression | null
  isUsed: boolean
}

/** What stands for a value: itself, or what the constant of that name is. Null for one that was told to be wrong, or could not be read. */
export function valueOf(node: ast.Expression, context: Context): ast.Expression | null {
  if (node.type !== 'Identifier') return node
  const constant = context.constants.get(node.name)
  if (constant) {
    constant.isUsed = true
    return constant.value
  }
  return context.lost.has(node.name) ? null : node
}

/** The elements of `['a', 'b']` or `list('a', 'b')`. Null when it is neither; an element that cannot be one is a problem. */
export function elementsOf(node: ast.Expression, context: Context): ast.Expression[] | null {
  const isCall = node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'list'
  const parts = isCall ? node.arguments : node.type === 'ArrayExpression' ? node.elements : null
  if (!parts) return null
  const elements: ast.Expression[] = []
  for (const element of parts) {
    if (element === null) context.problems.error('not-in-language', node, 'expected a value between the commas of a list')
    else if (element.type === 'SpreadElement') notInLanguage(element, context.problems)
    else elements.push(element)
  }
  return elements
}

/** Text that is written out: `'a'`, `"a"`, or `a` in backticks without holes. */
export function textOf(node: ast.Node): string | null {
  const expression = node as ast.Expression
  if (expression.type === 'Literal' && typeof expression.value === 'string') return expression.value
  if (expression.type === 'TemplateLiteral' && expression.expressions.length === 0) return expression.quasis[0]?.value.cooked ?? null
  return null
}

/** A number that is written out, with its sign. */
export function numberOf(node: ast.Expression): number | null {
  if (node.type === 'Literal' && typeof node.value === 'number') return node.value
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const { argument } = node
    if (argument.type === 'Literal' && typeof argument.value === 'number') return -argument.value
  }
  return null
}

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype'])

/** A name after a dot, in `['…']` or before a colon. Null, with a problem, when it is computed or one of JavaScript's own. */
export function nameOf(key: ast.Expression | ast.PrivateIdentifier, isComputed: boolean, problems: ProblemList): string | null {
  const name = isComputed || key.type === 'Literal' ? textOf(key) : key.type === 'Identifier' ? key.name : null
  if (name === null) {
    problems.error('not-in-language', key, 'expected a name or a name in quotes, got something that is computed')
    return null
  }
  if (forbiddenNames.has(name)) {
    problems.error('not-in-language', key, `expected a name of the policy's own, got ${shown(name)}`)
    return null
  }
  return name
}

/**
 * The live reference that an expression is: `shop`, `shop.customers.email`,
 * `target('my-db').customers`. Null when it begins with no target's name, and
 * `broken` when it does but cannot be read.
 */
export function referenceOf(node: ast.Expression | ast.Super, context: Context): Reference | 'broken' | null {
  if (node.type === 'Identifier') {
    const found = context.constants.has(node.name) || globalNames.has(node.name) ? null : findTarget(context.live, node.name)
    return found && { target: found, parts: [] }
  }
  if (node.type === 'CallExpression') return targetCalled(node, context)
  if (node.type !== 'MemberExpression' || node.object.type === 'Super') return null
  const outer = referenceOf(node.object, context)
  if (outer === null || outer === 'broken') return outer
  const name = nameOf(node.property, node.computed, context.problems)
  return name === null ? 'broken' : { target: outer.target, parts: [...outer.parts, { name, at: node.property }] }
}

function targetCalled(node: ast.CallExpression, context: Context): Reference | 'broken' | null {
  if (node.callee.type !== 'Identifier' || node.callee.name !== 'target' || context.constants.has('target')) return null
  const [argument] = node.arguments
  const name = argument && node.arguments.length === 1 ? textOf(argument) : null
  if (!argument || name === null) return null
  const target = findTarget(context.live, name)
  return target ? { target, parts: [] } : (unknownTarget(argument, name, context), 'broken')
}

/** The name that a chain of names begins with. */
export function firstName(node: ast.Expression | ast.Super): ast.Identifier | null {
  let first = node
  while (first.type === 'MemberExpression') first = first.object
  return first.type === 'Identifier' ? first : null
}

/** Says that there is no such target. */
export function unknownTarget(at: ast.Node, name: string, { live, problems }: Context): void {
  const nearest = suggest(
    name,
    live.targets.map(target => target.name),
  )
  problems.error('unknown-target', at, `expected the name of a target, got ${shown(name)}`, nearest && quoted(nearest))
}
