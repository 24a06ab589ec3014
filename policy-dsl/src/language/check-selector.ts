import type * as ast from 'acorn'
import type { Selector } from '../ruleset.ts'
import { elementsOf, referenceOf, textOf, unknownTarget, valueOf, type Context } from './constants.ts'
import { quoted, shown } from './problem-list.ts'
import { protocolLanguages } from './protocols.ts'
import { readArguments, readOptions } from './read-options.ts'
import { suggest } from './suggest.ts'

/** What a rule's `on` selects. Null, with problems, when it selects nothing that can be told. */
export function checkSelector(node: ast.Expression, context: Context): Selector | null {
  const { problems } = context
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return checkTargetName(node, context)
  const { name } = node.callee
  if (name === 'target') return checkTargets(node, context)
  const isProtocol = Object.hasOwn(protocolLanguages, name)
  if (!isProtocol && name !== 'any') {
    const nearest = suggest(name, selectorNames())
    problems.error(
      'unknown-name',
      node.callee,
      `expected ${selectorNames()
        .map(one => shown(one))
        .join(', ')}, got ${shown(name)}`,
      nearest,
    )
    return null
  }
  const given = readArguments(node, [0, 1], `${name}({ label: 'value' })`, context)
  if (!given) return null
  const labels = given[0] ? checkLabels(given[0], context) : {}
  if (!labels) return null
  return { ...(isProtocol ? { protocols: [name] } : {}), ...(Object.keys(labels).length > 0 ? { labels } : {}) }
}

function selectorNames(): string[] {
  return ['any', 'target', ...Object.keys(protocolLanguages)]
}

/** `on: shop` */
function checkTargetName(node: ast.Expression, context: Context): Selector | null {
  const reference = referenceOf(node, context)
  if (reference === 'broken') return null
  if (reference?.parts.length === 0) return { targets: [reference.target.name] }
  const name = node.type === 'Identifier' ? node.name : null
  if (name !== null && context.lost.has(name)) return null
  const names = [...selectorNames(), ...context.live.targets.map(target => target.name)]
  const nearest = name === null ? null : selectorNames().includes(name) ? `${name}()` : suggest(name, names)
  const message = `expected a selector like \`postgres({ env: 'prod' })\` or \`target('shop')\`, got ${shown(context.problems.source.slice(node.start, node.end))}`
  context.problems.error('wrong-argument', node, message, nearest)
  return null
}

function checkTargets(node: ast.CallExpression, context: Context): Selector | null {
  const [argument] = readArguments(node, [1, 1], "target('name')", context) ?? []
  const value = argument && valueOf(argument, context)
  if (!value) return null
  const elements = elementsOf(value, context) ?? [value]
  if (elements.length === 0) context.problems.error('wrong-argument', value, 'expected at least one target')
  const targets = elements.map(element => checkTarget(element, context))
  return elements.length > 0 && !targets.includes(null) ? { targets: targets.filter(name => name !== null) } : null
}

function checkTarget(node: ast.Expression, context: Context): string | null {
  if (context.problems.isFull) return null
  const name = textOf(node)
  if (name === null || name === '') {
    const message = `expected the name of a target in quotes, got ${shown(context.problems.source.slice(node.start, node.end))}`
    context.problems.error('wrong-type', node, message)
    return null
  }
  const { targets } = context.live
  if (targets.length === 0 || targets.some(target => target.name === name)) return name
  unknownTarget(node, name, context)
  return null
}

/** `{ env: 'prod', owner: ['a', 'b'] }`, each value one that some target carries. */
export function checkLabels(node: ast.Expression, context: Context): Record<string, string[]> | null {
  const options = readOptions(node, null, 'labels', context)
  if (!options) return null
  const labels: Record<string, string[]> = {}
  let isWhole = options.length === (node as ast.ObjectExpression).properties.length
  for (const { name, at, value } of options) {
    const values = knownName(name, at, context) ? checkLabelValues(name, value, context) : null
    if (values) labels[name] = values
    else isWhole = false
  }
  return isWhole ? labels : null
}

function knownName(name: string, at: ast.Node, { live, problems }: Context): boolean {
  if (problems.isFull) return false
  const names = new Set(live.targets.flatMap(target => Object.keys(target.labels)))
  if (live.targets.length === 0 || names.has(name)) return true
  const nearest = suggest(name, names)
  problems.error(
    'unknown-label',
    at,
    `expected a label that some target carries, got ${shown(name)}`,
    nearest && (at.type === 'Literal' ? quoted(nearest) : nearest),
  )
  return false
}

function checkLabelValues(name: string, node: ast.Expression, context: Context): string[] | null {
  const value = valueOf(node, context)
  if (!value) return null
  const elements = elementsOf(value, context) ?? [value]
  if (elements.length === 0) context.problems.error('wrong-argument', value, `expected at least one value of ${shown(name)}`)
  const values = elements.map(element => checkLabelValue(name, element, context))
  return elements.length > 0 && !values.includes(null) ? values.filter(one => one !== null) : null
}

function checkLabelValue(name: string, node: ast.Expression, { live, problems }: Context): string | null {
  if (problems.isFull) return null
  const text = textOf(node)
  if (text === null) {
    problems.error('wrong-type', node, `expected text in quotes, got ${shown(problems.source.slice(node.start, node.end))}`)
    return null
  }
  const known = new Set(live.targets.flatMap(({ labels }) => (Object.hasOwn(labels, name) ? (labels[name] ?? []) : [])))
  if (live.targets.length === 0 || known.has(text)) return text
  const nearest = suggest(text, known)
  problems.error(
    'unknown-label',
    node,
    `expected a value of ${shown(name)} that some target carries, got ${shown(text)}`,
    nearest && quoted(nearest),
  )
  return null
}
