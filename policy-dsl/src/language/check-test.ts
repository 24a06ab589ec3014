import type * as ast from 'acorn'
import type { PolicyTest, TestCircumstances } from '../ruleset.ts'
import { columnText } from './check-effect.ts'
import { elementsOf, referenceOf, textOf, valueOf, type Context } from './constants.ts'
import { notInLanguage } from './not-in-language.ts'
import { quoted, shown } from './problem-list.ts'
import { protocolLanguages } from './protocols.ts'
import { readArguments, readOptions, type Option } from './read-options.ts'
import { schema } from './schema.ts'
import { suggest } from './suggest.ts'

/** What a `test(…)` says. Null, with problems, when it cannot be understood. `name` was checked by the caller. */
export function checkTest(node: ast.CallExpression, name: string | null, context: Context): PolicyTest | null {
  const given = readArguments(node, [3, 4], "test('name', statement, verdict, { … }?)", context)
  if (!given) return null
  const [, statement, verdict, options] = given
  const asked = checkStatement(statement!, context)
  const expected = checkWord(verdict!, verdicts, 'a verdict', context)
  const as = options ? checkCircumstances(options, context) : {}
  if (name === null || !asked || !expected || !as) return null
  return { name, line: context.problems.lineOf(node.start), at: [node.start, node.end], ...asked, verdict: expected, as }
}

const verdicts = ['allow', 'hold', 'deny'] as const

/** shop`DELETE FROM orders`, or with a protocol's name where no target is meant. */
function checkStatement(node: ast.Expression, context: Context): { target: string | null; protocol: string; statement: string } | null {
  const { problems, live } = context
  if (node.type !== 'TaggedTemplateExpression') {
    const got = shown(problems.source.slice(node.start, node.end))
    problems.error('wrong-argument', node, `expected a statement in backticks behind the name of a target or a protocol, got ${got}`)
    return null
  }
  if (node.quasi.expressions.length > 0) {
    notInLanguage(node.quasi, problems, 'a statement without holes')
    return null
  }
  const statement = node.quasi.quasis[0]?.value.cooked
  if (statement === null || statement === undefined) {
    problems.error('not-in-language', node.quasi, 'expected a statement, got an escape that means nothing')
    return null
  }
  if (node.tag.type === 'Identifier' && Object.hasOwn(protocolLanguages, node.tag.name))
    return { target: null, protocol: node.tag.name, statement }
  const reference = referenceOf(node.tag, context)
  if (reference === 'broken') return null
  if (reference?.parts.length === 0) return { target: reference.target.name, protocol: reference.target.protocol, statement }
  const names = [...live.targets.map(target => target.name), ...Object.keys(protocolLanguages)]
  const nearest = node.tag.type === 'Identifier' ? suggest(node.tag.name, names) : null
  const message = `expected a target or a protocol before the statement, got ${shown(problems.source.slice(node.tag.start, node.tag.end))}`
  problems.error('unknown-target', node.tag, message, nearest)
  return null
}

const circumstanceNames = ['kind', 'name', 'groups', 'task', 'labels', 'at', 'masked'] as const

function checkCircumstances(node: ast.Expression, context: Context): TestCircumstances | null {
  const options = readOptions(node, circumstanceNames, 'circumstances', context)
  if (!options) return null
  const as: TestCircumstances = {}
  let isWhole = options.length === (node as ast.ObjectExpression).properties.length
  for (const option of options) if (!take(option, as, context)) isWhole = false
  return isWhole ? as : null
}

function take({ name, value }: Option, as: TestCircumstances, context: Context): boolean {
  switch (name) {
    case 'kind': {
      const kind = checkWord(value, schema.words.principalKind, 'a kind of principal', context)
      if (kind) as.kind = kind
      return kind !== null
    }
    case 'name':
    case 'task': {
      const text = checkText(value, context)
      if (text !== null) as[name] = text
      return text !== null
    }
    case 'groups': {
      const groups = checkTexts(value, context, checkText)
      if (groups) as.groups = groups
      return groups !== null
    }
    case 'masked': {
      const columns = checkTexts(value, context, checkColumnText)
      if (columns) as.masked = columns
      return columns !== null
    }
    case 'labels':
      return takeLabels(value, as, context)
    default:
      return takeInstant(value, as, context)
  }
}

function takeLabels(node: ast.Expression, as: TestCircumstances, context: Context): boolean {
  const options = readOptions(node, null, 'labels', context)
  if (!options) return false
  const labels = options.map(({ name, value }) => [name, checkText(value, context)] as const)
  as.labels = Object.fromEntries(labels.flatMap(([name, text]) => (text === null ? [] : [[name, text]])))
  return Object.keys(as.labels).length === (node as ast.ObjectExpression).properties.length
}

/** Without an offset a time would mean another instant on another machine. */
const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

function takeInstant(node: ast.Expression, as: TestCircumstances, context: Context): boolean {
  const text = checkText(node, context)
  if (text === null) return false
  if (timestamp.test(text) && !Number.isNaN(Date.parse(text))) {
    as.at = text
    return true
  }
  context.problems.error('wrong-type', node, `expected a time like \`2026-01-07T12:00:00Z\`, got ${shown(text)}`)
  return false
}

function checkText(node: ast.Expression, context: Context): string | null {
  const value = valueOf(node, context)
  const text = value && textOf(value)
  if (value && text === null) {
    context.problems.error('wrong-type', node, `expected text in quotes, got ${shown(context.problems.source.slice(node.start, node.end))}`)
  }
  return text
}

function checkTexts(node: ast.Expression, context: Context, check: typeof checkText): string[] | null {
  const value = valueOf(node, context)
  if (!value) return null
  const elements = elementsOf(value, context)
  if (!elements) {
    context.problems.error('wrong-type', node, `expected a list, got ${shown(context.problems.source.slice(node.start, node.end))}`)
    return null
  }
  const texts = elements.map(element => check(element, context))
  return texts.includes(null) ? null : texts.filter(text => text !== null)
}

function checkColumnText(node: ast.Expression, context: Context): string | null {
  const reference = referenceOf(node, context)
  if (reference === 'broken') return null
  return reference ? columnText(reference, node, context) : checkText(node, context)
}

function checkWord<Word extends string>(node: ast.Expression, words: readonly Word[], what: string, context: Context): Word | null {
  const value = valueOf(node, context)
  const text = value && textOf(value)
  const word = words.find(one => one === text)
  if (word !== undefined || !value) return word ?? null
  const nearest = text === null ? null : suggest(text, words)
  const message = `expected ${what} (${words.map(one => shown(one)).join(', ')}), got ${shown(context.problems.source.slice(node.start, node.end))}`
  context.problems.error('unknown-word', node, message, nearest && quoted(nearest))
  return null
}
