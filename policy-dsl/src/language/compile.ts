import type * as ast from 'acorn'
import { effects } from '../effects/registry.ts'
import { emptyLiveSchema, type LiveSchema } from '../live-schema.ts'
import type { Problem } from '../problem.ts'
import type { PolicyTest, Rule, Ruleset, Selector } from '../ruleset.ts'
import { checkCondition, verbsOf } from './check-condition.ts'
import { checkEffects } from './check-effect.ts'
import { checkLimits } from './check-limits.ts'
import { checkSelector } from './check-selector.ts'
import { checkTest } from './check-test.ts'
import { elementsOf, numberOf, referenceOf, textOf, valueOf, type Context } from './constants.ts'
import { globalNames } from './global-names.ts'
import { limits } from './limits.ts'
import { findTarget } from './live-names.ts'
import { hasTypeArguments, notInLanguage } from './not-in-language.ts'
import { nameTaken, parseSource } from './parse-source.ts'
import { ProblemList, quoted, shown } from './problem-list.ts'
import { missing, readArguments, readOptions, type Option } from './read-options.ts'
import { rulesetHash } from './ruleset-hash.ts'
import { suggest } from './suggest.ts'

/**
 * A policy's source as a ruleset, or what is wrong with it: everything at once,
 * in order. There is a ruleset exactly when no problem is an error. Never throws
 * and never runs any of it.
 */
export function compile(source: string, options: { live?: LiveSchema } = {}): { ruleset: Ruleset | null; problems: Problem[] } {
  const problems = new ProblemList(source)
  if (source.length > limits.sourceCharacters) {
    problems.error('limit', { start: 0, end: 0 }, `expected at most ${limits.sourceCharacters / 1024} KiB of source`)
    return { ruleset: null, problems: problems.inOrder() }
  }
  findHidden(source, problems)
  const { statements, lost, isWhole } = parseSource(source, problems)
  const context: Context = { problems, live: options.live ?? emptyLiveSchema, constants: new Map(), lost, regexes: 0, zones: new Map() }
  if (!checkLimits(statements, problems)) return { ruleset: null, problems: problems.inOrder() }
  for (const statement of statements) if (statement.type === 'VariableDeclaration') declare(statement, context)
  const rules: Rule[] = []
  const tests: PolicyTest[] = []
  const names = { rule: new Set<string>(), test: new Set<string>() }
  for (const statement of statements)
    if (statement.type !== 'VariableDeclaration') checkStatement(statement, { rules, tests, names }, context)
  checkConstants(context, isWhole)
  const ruleset: Ruleset = { language: 1, rules, tests, hash: problems.hasErrors ? '' : rulesetHash(rules, tests) }
  return { ruleset: problems.hasErrors ? null : ruleset, problems: problems.inOrder() }
}

/** Characters that nobody sees, or that make what stands around them look like something else. */
function findHidden(source: string, problems: ProblemList): void {
  for (const { 0: character, index } of source.matchAll(/[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g)) {
    const escaped = `\\u${character.charCodeAt(0).toString(16)}`
    problems.error('hidden-character', { start: index, end: index + 1 }, `expected only what can be seen, got ${shown(escaped)}`, escaped)
  }
}

interface Found {
  rules: Rule[]
  tests: PolicyTest[]
  names: { rule: Set<string>; test: Set<string> }
}

const topLevel = 'a rule, a test or a constant'

function checkStatement(node: ast.Statement | ast.ModuleDeclaration, found: Found, context: Context): void {
  const { problems } = context
  const call = node.type === 'ExpressionStatement' ? node.expression : null
  if (call?.type === 'CallExpression' && call.callee.type === 'Identifier') {
    const { name } = call.callee
    if (name === 'rule') return addRule(call, found, context)
    if (name === 'test') return addTest(call, found, context)
    const nearest = suggest(name, ['rule', 'test'])
    const isEffect = Object.hasOwn(effects, name)
    problems.error(
      'unknown-name',
      call.callee,
      `expected ${topLevel}, got ${shown(name)}${isEffect ? ': effects stand in rules' : ''}`,
      nearest,
    )
    return
  }
  if (call && hasTypeArguments(call, problems)) return
  notInLanguage(call ?? node, problems, topLevel)
}

function declare(node: ast.VariableDeclaration, context: Context): void {
  const { problems, constants, live } = context
  if (node.kind !== 'const') {
    problems.error(
      'not-in-language',
      { start: node.start, end: node.start + node.kind.length },
      `expected \`const\`, got ${shown(node.kind)}`,
      'const',
    )
    // The names are known all the same, so that only this is told.
  }
  for (const { id, init } of node.declarations) {
    if (id.type !== 'Identifier') notInLanguage(id, problems, 'the name of a constant')
    else if (!init) problems.error('syntax', id, 'expected a value for the constant')
    else if (constants.has(id.name) || globalNames.has(id.name) || findTarget(live, id.name))
      problems.error('name-taken', id, nameTaken(id.name))
    else constants.set(id.name, { at: id, value: checkConstant(init, context) ? init : null, isUsed: false })
  }
}

/** Whether every constant is used, where all that could use it was read. */
function checkConstants({ constants, problems }: Context, isWhole: boolean): void {
  for (const [name, { at, value, isUsed }] of constants) {
    if (!isUsed && isWhole && value) problems.warning('unused-const', at, `expected ${shown(name)} to be used somewhere`)
  }
}

/** Whether a constant is one: written out, or a list of what is. Tells when it is not. */
function checkConstant(node: ast.Expression, context: Context): boolean {
  const elements = elementsOf(node, context)
  const wrong = (elements ?? [node]).filter(element => !isWritten(element) && (elements === null || referenceOf(element, context) === null))
  for (const element of wrong) notConstant(element, context)
  if (elements?.length === 0) context.problems.error('wrong-argument', node, 'expected at least one value in the list')
  return wrong.length === 0 && elements?.length !== 0
}

function isWritten(node: ast.Expression): boolean {
  return textOf(node) !== null || numberOf(node) !== null || (node.type === 'Literal' && typeof node.value === 'boolean')
}

function notConstant(node: ast.Expression, { problems }: Context): void {
  const expected = 'a constant that is written out: text, a number, `true`, `false` or a list of them'
  if (node.type === 'Literal') {
    const hint = node.regex ? ': write patterns where they are used' : ''
    problems.error('not-in-language', node, `expected ${expected}, got ${shown(node.raw ?? '')}${hint}`)
  } else if (node.type === 'Identifier' || node.type === 'CallExpression' || node.type === 'MemberExpression') {
    problems.error('not-in-language', node, `expected ${expected}, got ${shown(problems.source.slice(node.start, node.end))}`)
  } else if (!hasTypeArguments(node, problems)) notInLanguage(node, problems, expected)
}

const ruleOptions = ['on', 'when', 'unless', 'effect', 'mode'] as const

function addRule(node: ast.CallExpression, found: Found, context: Context): void {
  const { problems } = context
  const given = readArguments(node, [2, 2], "rule('name', { on, when, effect })", context)
  if (!given) return
  const name = checkName(given[0]!, 'rule', found, context)
  const options = readOptions(given[1]!, ruleOptions, 'the rule', context)
  if (!options) return
  const value = new Map(options.map(option => [option.name, option] as const))
  missing(
    given[1]!,
    ['on', 'effect'].filter(one => !value.has(one)),
    context,
  )
  const on = value.has('on') ? checkSelector(value.get('on')!.value, context) : null
  const verbs = verbsOf(on && protocolsOf(on, context.live))
  const [when, unless] = [condition(value.get('when'), verbs, context), condition(value.get('unless'), verbs, context)]
  const used = value.has('effect') ? checkEffects(value.get('effect')!.value, context) : []
  const mode = value.has('mode') ? checkMode(value.get('mode')!.value, context) : 'enforce'
  if (found.rules.length === limits.rules) problems.error('limit', node, `expected at most ${limits.rules} rules`)
  if (name === null || !on) return
  found.rules.push({
    name,
    line: problems.lineOf(node.start),
    at: [node.start, node.end],
    on,
    ...(when ? { when } : {}),
    ...(unless ? { unless } : {}),
    effects: used,
    mode,
  })
}

function condition(option: Option | undefined, verbs: string[], context: Context): Rule['when'] | null {
  return option ? checkCondition(option.value, verbs, context) : null
}

/** The protocols whose operations a rule can see; null for all. */
function protocolsOf({ protocols, targets }: Selector, live: LiveSchema): string[] | null {
  if (protocols) return protocols
  const known = targets?.map(name => findTarget(live, name)?.protocol)
  return known && !known.includes(undefined) ? known.filter(protocol => protocol !== undefined) : null
}

function checkMode(node: ast.Expression, context: Context): Rule['mode'] {
  const value = valueOf(node, context)
  const text = value && textOf(value)
  if (text === 'observe' || text === 'enforce' || !value) return text === 'observe' ? 'observe' : 'enforce'
  const nearest = suggest(text ?? '', ['observe', 'enforce'])
  const message = `expected \`observe\` or \`enforce\`, got ${shown(context.problems.source.slice(node.start, node.end))}`
  context.problems.error('unknown-word', node, message, nearest && quoted(nearest))
  return 'enforce'
}

function addTest(node: ast.CallExpression, found: Found, context: Context): void {
  const [first] = node.arguments
  const name = first && first.type !== 'SpreadElement' && node.arguments.length >= 3 ? checkName(first, 'test', found, context) : null
  const test = checkTest(node, name, context)
  if (found.tests.length === limits.tests) context.problems.error('limit', node, `expected at most ${limits.tests} tests`)
  if (test) found.tests.push(test)
}

/** A rule's or a test's name, which nothing else of its kind has. */
function checkName(node: ast.Expression, kind: 'rule' | 'test', { names }: Found, { problems }: Context): string | null {
  const name = textOf(node)
  if (name === null) {
    problems.error('wrong-type', node, `expected the ${kind}'s name in quotes, got ${shown(problems.source.slice(node.start, node.end))}`)
    return null
  }
  if (name.trim() === '' || name.length > limits.nameCharacters) {
    problems.error('wrong-type', node, `expected a name of 1 to ${limits.nameCharacters} characters`)
    return null
  }
  if (names[kind].has(name)) {
    problems.error(`duplicate-${kind}`, node, `expected a ${kind} of a new name, got ${shown(name)} again`)
    return null
  }
  names[kind].add(name)
  return name
}
