import type * as ast from 'acorn'
import type { Comparison, Expression, Span } from '../ruleset.ts'
import { elementsOf, nameOf, numberOf, referenceOf, textOf, valueOf, type Context } from './constants.ts'
import { durationMs } from './duration.ts'
import { findNeverTrue } from './find-never-true.ts'
import { limits } from './limits.ts'
import { columnOf, tableOf, type Reference } from './live-names.ts'
import { hasTypeArguments, notInLanguage, operatorAt } from './not-in-language.ts'
import { quoted, shown } from './problem-list.ts'
import { protocolLanguages } from './protocols.ts'
import { compileRegex } from './regex.ts'
import { schema, type FieldSchema, type MethodSchema, type RecordSchema, type ValueType } from './schema.ts'
import { suggest } from './suggest.ts'

/** A condition with its types. Null, with problems, when it has none. `verbs` are those that its rule can see. */
export function checkCondition(node: ast.Expression, verbs: string[], context: Context): Expression | null {
  const scope: Scope = { context, verbs, operation: '', items: [] }
  const lambda = readLambda(node, 'a condition like `op => op.hasWhere`', scope)
  if (!lambda) return null
  const checked = check(lambda.body, { ...scope, operation: lambda.parameter })
  const condition = asBoolean(checked, scope)
  if (condition) findNeverTrue(condition, { ...schema.words, verb: verbs }, context.problems)
  return condition
}

interface Scope {
  context: Context
  verbs: string[]
  /** What the condition calls the operation. */
  operation: string
  /** What enclosing quantifiers look at, innermost last. */
  items: { name: string; type: ValueType | null }[]
}

/** An expression with what is known about it. A null type is a problem that was told already. */
interface Typed {
  node: ast.Expression
  type: ValueType | null
  expression: Expression
  /** For what is written out. */
  literal?: string | number | boolean
  elements?: Typed[]
  /** It stands for a table or a column, once it is known which is meant. */
  reference?: Reference
}

function check(node: ast.Expression, scope: Scope): Typed {
  if (scope.context.problems.isFull) return broken(node)
  switch (node.type) {
    case 'Literal':
    case 'TemplateLiteral':
      return literal(node, scope)
    case 'Identifier':
      return identifier(node, scope)
    case 'UnaryExpression':
      return unary(node, scope)
    case 'LogicalExpression':
      return logical(node, scope)
    case 'BinaryExpression':
      return comparison(node, scope)
    case 'ConditionalExpression':
      return choice(node, scope)
    case 'MemberExpression':
      return member(node, scope)
    case 'CallExpression':
      return call(node, scope)
    case 'ArrayExpression':
      return list(node, scope)
    case 'ParenthesizedExpression':
      return check(node.expression, scope)
    default:
      return unwritable(node, scope)
  }
}

function literal(node: ast.Literal | ast.TemplateLiteral, scope: Scope): Typed {
  const { problems } = scope.context
  if (node.type === 'Literal' && node.regex) {
    problems.error('not-in-language', node, 'expected `/…/.test(text)`, got a regular expression on its own')
    return broken(node)
  }
  const value = textOf(node) ?? (node.type === 'Literal' ? node.value : null)
  if (typeof value === 'number' && !isExact(value)) {
    problems.error('wrong-type', node, `expected a number that is exact, got ${shown(source(node, scope))}`)
    return broken(node)
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return written(node, value)
  if (node.type === 'TemplateLiteral') return unwritable(node, scope)
  const hint = value === null ? ": what is absent reads as `''`" : ''
  problems.error('not-in-language', node, `expected a value, got ${shown(source(node, scope))}${hint}`)
  return broken(node)
}

/** Whole numbers beyond 2^53 and infinity do not survive being stored. */
function isExact(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER
}

function identifier(node: ast.Identifier, scope: Scope): Typed {
  const { context } = scope
  const item = scope.items.findLastIndex(({ name }) => name === node.name)
  if (item >= 0) return { node, type: scope.items[item]!.type, expression: { is: 'item', depth: scope.items.length - 1 - item } }
  if (node.name === scope.operation) return { node, type: { type: 'record', record: 'Operation' }, expression: { is: 'field', path: [] } }
  const value = valueOf(node, context)
  if (value === null) return broken(node)
  if (value !== node) {
    const typed = check(value, { ...scope, operation: '', items: [] })
    // Problems of use stand where it is used; those of its elements where they are written.
    return { ...typed, node }
  }
  const reference = referenceOf(node, context)
  if (reference && reference !== 'broken') return { ...broken(node), reference }
  return unknownName(node, scope)
}

function unknownName(node: ast.Identifier, scope: Scope): Typed {
  const { problems, live, constants } = scope.context
  if (node.name === 'undefined' || node.name === 'NaN' || node.name === 'Infinity') {
    problems.error('not-in-language', node, `expected a value, got ${shown(node.name)}: what is absent reads as \`''\``)
    return broken(node)
  }
  const known = [scope.operation, ...scope.items.map(({ name }) => name), ...constants.keys(), ...live.targets.map(({ name }) => name)]
  const verb = scope.verbs.find(word => word === node.name.toUpperCase())
  const nearest = verb
    ? quoted(verb)
    : suggest(
        node.name,
        known.filter(name => name !== ''),
      )
  problems.error(
    'unknown-name',
    node,
    `expected ${scope.operation ? shown(scope.operation) : 'a value'} or a constant, got ${shown(node.name)}`,
    nearest,
  )
  return broken(node)
}

function unary(node: ast.UnaryExpression, scope: Scope): Typed {
  const number = numberOf(node)
  if (number !== null) return isExact(number) ? written(node, number) : literal(node.argument as ast.Literal, scope)
  if (node.operator !== '!') {
    check(node.argument, scope)
    return unwritable(node, scope)
  }
  const of = asBoolean(check(node.argument, scope), scope)
  return of ? boolean(node, { is: 'not', of, at: span(node) }) : brokenBoolean(node)
}

/** A chain of one operator is one list, however it was put in parentheses. */
function logical(node: ast.LogicalExpression, scope: Scope): Typed {
  if (node.operator === '??') {
    const start = operatorAt(scope.context.problems.source, '??', node.left.end)
    scope.context.problems.error(
      'not-in-language',
      { start, end: start + 2 },
      'expected `&&` or `||`, got `??`: no field is ever missing',
      '||',
    )
  }
  const sides: Expression[] = []
  let isWhole = node.operator !== '??'
  const waiting: ast.Expression[] = [node]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.type === 'LogicalExpression' && next.operator === node.operator) {
      waiting.push(next.right, next.left)
      continue
    }
    const side = asBoolean(check(next, scope), scope)
    if (side) sides.push(side)
    else isWhole = false
  }
  return isWhole ? boolean(node, { is: node.operator === '&&' ? 'and' : 'or', of: sides, at: span(node) }) : brokenBoolean(node)
}

const comparisons: Record<string, Comparison> = { '===': '===', '!==': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' }
const loose: Record<string, string> = { '==': '===', '!=': '!==' }

function comparison(node: ast.BinaryExpression, scope: Scope): Typed {
  const { problems } = scope.context
  const operator = comparisons[node.operator]
  if (node.left.type === 'PrivateIdentifier') return unwritable(node, scope)
  if (hasTypeArguments(node, problems)) return broken(node)
  const [left, right] = [check(node.left, scope), check(node.right, scope)]
  if (!operator) {
    const start = operatorAt(problems.source, node.operator, node.left.end)
    const strict = loose[node.operator] ?? null
    const message = `expected ${strict ? shown(strict) : 'a comparison'}, got ${shown(node.operator)}`
    problems.error('not-in-language', { start, end: start + node.operator.length }, message, strict)
    return strict ? brokenBoolean(node) : broken(node)
  }
  const sides = fitEachOther(left, right, node, scope)
  if (!sides) return brokenBoolean(node)
  const isOrder = operator !== '===' && operator !== '!=='
  if (isOrder && (left.type?.type === 'boolean' || hasWords(left.type) || hasWords(right.type))) {
    problems.error(
      'wrong-type',
      node,
      `expected \`===\` or \`!==\` between ${typeName(left.type, scope)} and ${typeName(right.type, scope)}`,
    )
    return brokenBoolean(node)
  }
  return boolean(node, { is: 'compare', operator, ...sides, at: span(node) })
}

function fitEachOther(left: Typed, right: Typed, node: ast.Expression, scope: Scope): { left: Expression; right: Expression } | null {
  if (left.reference && right.type) return both(fit(left, right.type, scope), right.expression)
  if (right.reference && left.type) return both(left.expression, fit(right, left.type, scope))
  if (left.reference) fit(left, { type: 'string' }, scope)
  if (!left.type || !right.type) return null
  if (left.type.type !== right.type.type || !isScalar(left.type)) {
    const message = `expected two values of one kind, got ${typeName(left.type, scope)} and ${typeName(right.type, scope)}`
    scope.context.problems.error('wrong-type', node, message)
    return null
  }
  return both(fit(left, right.type, scope), fit(right, left.type, scope))
}

function both(left: Expression | null, right: Expression | null): { left: Expression; right: Expression } | null {
  return left && right && { left, right }
}

function isScalar(type: ValueType): boolean {
  return type.type === 'string' || type.type === 'number' || type.type === 'boolean'
}

/** A value where one of a type is expected. Null, with a problem, when it cannot be one. */
function fit(value: Typed, type: ValueType, scope: Scope): Expression | null {
  const { problems } = scope.context
  if (value.reference) return named(value.reference, value.node, type, scope)
  if (!value.type) return null
  if (value.type.type !== type.type) {
    problems.error('wrong-type', value.node, `expected ${typeName(type, scope)}, got ${typeName(value.type, scope)}`)
    return null
  }
  const words = wordsOf(type, scope)
  if (words && typeof value.literal === 'string' && !words.includes(value.literal)) {
    const nearest = suggest(value.literal, words)
    problems.error('unknown-word', value.node, `expected ${typeName(type, scope)}, got ${shown(value.literal)}`, nearest && quoted(nearest))
    return null
  }
  const others = wordsOf(value.type, scope)
  if (words && others && !words.some(word => others.includes(word))) {
    problems.error('wrong-type', value.node, `expected ${typeName(type, scope)}, got ${typeName(value.type, scope)}`)
    return null
  }
  return value.expression
}

/** A live reference, as the operation's lists name what it stands for. */
function named(reference: Reference, at: ast.Node, type: ValueType, scope: Scope): Expression | null {
  const { problems } = scope.context
  const kind = type.type === 'string' ? type.names : undefined
  if (kind === 'table') {
    const found = tableOf(reference, at, problems)
    return found && { is: 'literal', value: found.schema === null ? found.table : `${found.schema}.${found.table}` }
  }
  if (kind === undefined) {
    problems.error(
      'wrong-reference',
      at,
      `expected ${typeName(type, scope)}, got ${shown(source(at, scope))}, which names a target's table or column`,
    )
    return null
  }
  const found = columnOf(reference, at, problems)
  if (!found) return null
  const path = found.schema === null ? `${found.table}.${found.column}` : `${found.schema}.${found.table}.${found.column}`
  return { is: 'literal', value: kind === 'column' ? found.column : path }
}

function choice(node: ast.ConditionalExpression, scope: Scope): Typed {
  const when = asBoolean(check(node.test, scope), scope)
  const [yes, no] = [check(node.consequent, scope), check(node.alternate, scope)]
  const sides = fitEachOther(yes, no, node, scope)
  if (!when || !sides || !yes.type) return broken(node)
  const type: ValueType = yes.type.type === 'string' ? { type: 'string' } : yes.type
  return { node, type, expression: { is: 'choose', when, yes: sides.left, no: sides.right } }
}

function member(node: ast.MemberExpression, scope: Scope): Typed {
  const { problems } = scope.context
  if (node.object.type === 'Super' || node.optional) return unwritable(node, scope)
  const reference = isOwnName(node.object, scope) ? null : referenceOf(node, scope.context)
  if (reference === 'broken') return broken(node)
  if (reference) return { ...broken(node), reference }
  const object = check(node.object, scope)
  const name = nameOf(node.property, node.computed, problems)
  if (!object.type || name === null) return broken(node)
  if (object.type.type === 'labels') return { node, type: { type: 'string' }, expression: within(object.expression, name) }
  const known = membersOf(object.type)
  const field = known.fields.find(one => one.name === name)
  if (field) return { node, type: field.type, expression: fieldOf(object, field) }
  if (known.methods.some(one => one.name === name)) {
    problems.error('wrong-argument', node.property, `expected a call, ${shown(`${name}(…)`)}, got its name alone`)
    return broken(node)
  }
  unknownMember(node, name, object.type, 'field', scope)
  return broken(node)
}

/** Whether a chain of names begins with the operation or an item, which hide a target of the same name. */
function isOwnName(node: ast.Expression, scope: Scope): boolean {
  let first = node
  while (first.type === 'MemberExpression' && first.object.type !== 'Super') first = first.object
  if (first.type !== 'Identifier') return false
  const { name } = first
  return name === scope.operation || scope.items.some(item => item.name === name)
}

function fieldOf(object: Typed, field: FieldSchema): Expression {
  // Only what the operation holds has a path; a list's length and an item's fields are asked like methods.
  if (object.type?.type !== 'record') return { is: 'call', method: field.name, on: object.expression, arguments: [] }
  if (object.expression.is === 'field') return within(object.expression, field.name)
  return { is: 'call', method: 'field', on: object.expression, arguments: [{ is: 'literal', value: field.name }] }
}

function within(expression: Expression, name: string): Expression {
  return expression.is === 'field' ? { is: 'field', path: [...expression.path, name] } : expression
}

function unknownMember(node: ast.MemberExpression, name: string, type: ValueType, kind: 'field' | 'method', scope: Scope): void {
  const { fields, methods } = membersOf(type)
  const names = [...fields, ...methods].map(one => one.name)
  const habit = Object.hasOwn(schema.habits, name) ? (schema.habits[name] ?? '') : ''
  const nearest = suggest(name, names) ?? (names.includes(habit) ? habit : null)
  const hint =
    type.type === 'string' && /^(?:match|matches|search|test|replace)$/.test(name) ? ': patterns are asked with `/…/.test(text)`' : ''
  const message = `expected a ${kind} of ${typeName(type, scope)}, got ${shown(name)}${hint}`
  scope.context.problems.error(
    kind === 'field' ? 'unknown-field' : 'unknown-method',
    node.property,
    message,
    node.computed && nearest ? quoted(nearest) : nearest,
  )
}

function membersOf(type: ValueType): RecordSchema {
  if (type.type === 'record') return schema.records[type.record]
  if (type.type === 'string') return schema.string
  if (type.type === 'list') return schema.list
  return { documentation: '', fields: [], methods: [] }
}

function call(node: ast.CallExpression, scope: Scope): Typed {
  const { callee } = node
  const { problems } = scope.context
  if (callee.type === 'Identifier') {
    if (callee.name === 'list') return list(node, scope)
    problems.error('unknown-name', callee, `expected a value or a method of one, got a call of ${shown(callee.name)}`)
    return broken(node)
  }
  if (callee.type !== 'MemberExpression' || callee.object.type === 'Super' || callee.optional || node.optional)
    return unwritable(node, scope)
  if (callee.object.type === 'Literal' && callee.object.regex) return regexTest(node, callee, callee.object.regex, scope)
  const on = check(callee.object, scope)
  const name = nameOf(callee.property, callee.computed, problems)
  if (on.reference) fit(on, { type: 'string' }, scope)
  if (!on.type || name === null) return checkedAnyway(node, scope)
  const method = membersOf(on.type).methods.find(one => one.name === name)
  if (!method) {
    if (membersOf(on.type).fields.some(one => one.name === name)) {
      problems.error('wrong-argument', node, `expected ${shown(name)} without parentheses: it is a field`, source(callee, scope))
    } else unknownMember(callee, name, on.type, 'method', scope)
    return checkedAnyway(node, scope)
  }
  return applied(node, on, method, scope)
}

/** The arguments of a call that cannot be understood: what is wrong in them is told all the same. */
function checkedAnyway(node: ast.CallExpression, scope: Scope): Typed {
  for (const argument of node.arguments) {
    if (
      argument.type !== 'SpreadElement' &&
      argument.type !== 'ArrowFunctionExpression' &&
      !(argument.type === 'Literal' && argument.regex)
    )
      check(argument, scope)
  }
  return broken(node)
}

function regexTest(node: ast.CallExpression, callee: ast.MemberExpression, regex: { pattern: string; flags: string }, scope: Scope): Typed {
  const { context } = scope
  const { problems } = context
  const name = nameOf(callee.property, callee.computed, problems)
  if (name !== 'test') {
    if (name !== null)
      problems.error('unknown-method', callee.property, `expected \`test\`, got ${shown(name)}`, callee.computed ? quoted('test') : 'test')
    return brokenBoolean(node)
  }
  const [argument] = node.arguments
  const compiled = countedRegex(callee.object, regex, context)
  if (!argument || argument.type === 'SpreadElement' || node.arguments.length !== 1) {
    problems.error('wrong-argument', node, 'expected one text: `/…/.test(text)`')
    return brokenBoolean(node)
  }
  const text = fit(check(argument, scope), { type: 'string' }, scope)
  return text && compiled ? boolean(node, { is: 'matches', ...compiled, text, at: span(node) }) : brokenBoolean(node)
}

/** A regular expression as rules keep it, counted against the limit. Null, with a problem, when RE2 does not know it. */
export function countedRegex(
  at: ast.Node,
  regex: { pattern: string; flags: string },
  context: Context,
): { pattern: string; flags: string } | null {
  context.regexes++
  if (context.regexes > limits.regexes) {
    if (context.regexes === limits.regexes + 1)
      context.problems.error('limit', at, `expected at most ${limits.regexes} regular expressions`)
    return null
  }
  const compiled = compileRegex(regex.pattern, regex.flags)
  if (!('broken' in compiled)) return compiled
  context.problems.error('bad-regex', at, compiled.broken)
  return null
}

function applied(node: ast.CallExpression, on: Typed, method: MethodSchema, scope: Scope): Typed {
  const { problems } = scope.context
  const required = method.parameters.filter(one => !one.isOptional)
  if (node.arguments.length < required.length || node.arguments.length > method.parameters.length) {
    const names = method.parameters.map(one => (one.isOptional ? `${one.name}?` : one.name)).join(', ')
    problems.error('wrong-argument', node, `expected ${shown(`${method.name}(${names})`)}, got ${node.arguments.length} arguments`)
    return checkedAnyway(node, scope)
  }
  // Optional parameters come first, as in `count('DELETE', '10m')`.
  const parameters = method.parameters.slice(method.parameters.length - node.arguments.length)
  const values: Expression[] = []
  for (const [at, parameter] of parameters.entries()) {
    const argument = node.arguments[at]!
    const value =
      argument.type === 'SpreadElement' ? (notInLanguage(argument, problems), null) : argumentOf(argument, parameter.type, on, scope)
    if (value) values.push(value)
  }
  if (values.length < parameters.length) return { node, type: method.returns, expression: nothing }
  return { node, type: method.returns, expression: callOf(node, on, method, values) }
}

function callOf(node: ast.CallExpression, on: Typed, method: MethodSchema, values: Expression[]): Expression {
  if (method.counter) {
    const [verb, window] = values.length === 2 ? values : [null, values[0]]
    return {
      is: 'memory',
      counter: method.counter,
      verb: verb?.is === 'literal' ? String(verb.value) : null,
      windowMs: window?.is === 'literal' ? Number(window.value) : 0,
    }
  }
  if (method.parameters[0]?.type === 'predicate') {
    return { is: method.name === 'every' ? 'every' : 'some', list: on.expression, holds: values[0]!, at: span(node) }
  }
  return {
    is: 'call',
    method: method.name === 'includes' ? includingMethod(on) : method.name,
    on: on.expression,
    arguments: values,
    at: span(node),
  }
}

/** Tables and columns are compared by more than their text: a name without a schema means that table in any. */
function includingMethod(on: Typed): string {
  const kind = on.type?.type === 'list' && on.type.of.type === 'string' ? on.type.of.names : undefined
  return kind === undefined ? 'includes' : kind === 'table' ? 'includesTable' : 'includesColumn'
}

function argumentOf(node: ast.Expression, type: MethodSchema['parameters'][number]['type'], on: Typed, scope: Scope): Expression | null {
  switch (type) {
    case 'text':
      return fit(check(node, scope), { type: 'string' }, scope)
    case 'element':
      return elementArgument(check(node, scope), on, scope)
    case 'predicate':
      return predicate(node, on, scope)
    case 'window':
      return windowOf(node, scope)
    case 'zone':
      return zoneOf(node, scope)
    case 'verb':
      return fit(writtenOut(node, 'a verb', scope), { type: 'string', words: 'verb' }, scope)
  }
}

/** `list.includes(value)`: either side can be the one that knows what words there are. */
function elementArgument(value: Typed, on: Typed, scope: Scope): Expression | null {
  if (on.type?.type !== 'list') return null
  if (!isScalar(on.type.of)) {
    scope.context.problems.error('wrong-type', on.node, 'expected a list of texts or numbers: ask this one with `some`')
    return null
  }
  if (!on.elements) return isWholeTable(value, on.type.of, scope) ? null : fit(value, on.type.of, scope)
  const { type } = value
  if (!type) {
    if (value.reference) fit(value, { type: 'string' }, scope)
    return null
  }
  const fitting = on.elements.map(element => fit(element, type, scope))
  if (fitting.includes(null)) return null
  on.expression = constantList(fitting.filter(one => one !== null))
  return value.expression
}

/** `'customers.*'` would never be found: what a star stands for is listed by name. */
function isWholeTable({ literal: written, node }: Typed, type: ValueType, { context }: Scope): boolean {
  const isOfColumns = type.type === 'string' && (type.names === 'path' || type.names === 'column')
  if (!isOfColumns || typeof written !== 'string' || !written.endsWith('.*')) return false
  context.problems.error('wrong-argument', node, `expected one column, got ${shown(written)}: ask \`op.tables\` for a whole table`)
  return true
}

function predicate(node: ast.Expression, on: Typed, scope: Scope): Expression | null {
  const { problems } = scope.context
  const lambda = readLambda(node, 'a condition like `name => name === …`', scope)
  if (!lambda || on.type?.type !== 'list') return null
  if (on.elements?.some(element => element.reference)) {
    problems.error('wrong-reference', on.node, 'expected a list of texts or numbers, got one with live references: ask it with `includes`')
    return null
  }
  if (scope.items.length >= limits.quantifierDepth) {
    problems.error('limit', node, `expected at most ${limits.quantifierDepth} of \`some\` and \`every\` inside each other`)
    return null
  }
  return asBoolean(check(lambda.body, { ...scope, items: [...scope.items, { name: lambda.parameter, type: on.type.of }] }), scope)
}

function windowOf(node: ast.Expression, scope: Scope): Expression | null {
  const value = writtenOut(node, 'a window', scope)
  if (!value.type) return null
  const ms = typeof value.literal === 'string' ? durationMs(value.literal) : null
  if (ms !== null && ms <= limits.windowMs) return { is: 'literal', value: ms }
  scope.context.problems.error(
    'bad-duration',
    node,
    `expected a window from \`1s\` to \`1d\`, got ${shown(source(node, scope))}`,
    durationMeant(value.literal, limits.windowMs),
  )
  return null
}

/** `'15 minutes'` was likely `'15m'`. */
export function durationMeant(written: unknown, msMax: number): string | null {
  const [, count = '', unit = ''] = /^\s*(\d+)\s*([smhd])[a-z]*\s*$/i.exec(String(written)) ?? []
  const meant = `${count}${unit.toLowerCase()}`
  const ms = durationMs(meant)
  return ms === null || ms > msMax || meant === written ? null : quoted(meant)
}

function zoneOf(node: ast.Expression, scope: Scope): Expression | null {
  const value = writtenOut(node, 'a time zone', scope)
  if (!value.type) return null
  if (typeof value.literal === 'string' && isZone(value.literal, scope.context)) return value.expression
  const nearest = suggest(String(value.literal), ['UTC', ...Intl.supportedValuesOf('timeZone')])
  scope.context.problems.error(
    'unknown-zone',
    node,
    `expected a time zone like \`Europe/Berlin\`, got ${shown(source(node, scope))}`,
    nearest && quoted(nearest),
  )
  return null
}

// Of zones that exist there are only so many, so they are known from then on; of others there is no end.
const zonesThatExist = new Set<string>()

function isZone(name: string, { zones }: Context): boolean {
  if (zonesThatExist.has(name)) return true
  const known = zones.get(name) ?? hasZone(name)
  zones.set(name, known)
  if (known) zonesThatExist.add(name)
  return known
}

function hasZone(name: string): boolean {
  // Offsets like `+01:00` are zones in some runtimes only.
  if (!/^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A text that is written out, here or in a constant. */
function writtenOut(node: ast.Expression, what: string, scope: Scope): Typed {
  const value = check(node, scope)
  if (!value.type || typeof value.literal === 'string') return value
  scope.context.problems.error('wrong-argument', node, `expected ${what} in quotes, got ${shown(source(node, scope))}`)
  return broken(node)
}

function list(node: ast.Expression, scope: Scope): Typed {
  const { context } = scope
  const nodes = elementsOf(node, context) ?? []
  if (nodes.length === 0) {
    context.problems.error('wrong-argument', node, 'expected at least one value in the list')
    return broken(node)
  }
  const elements = nodes.map(one => check(one, scope))
  const first = elements.find(element => element.type)?.type
  for (const element of elements) {
    if (element.reference || !element.type) continue
    if (element.literal === undefined || typeof element.literal === 'boolean') {
      context.problems.error(
        'wrong-type',
        element.node,
        `expected a text or a number that is written out, got ${shown(source(element.node, scope))}`,
      )
      return broken(node)
    }
    if (first && first.type !== element.type.type) {
      context.problems.error(
        'wrong-type',
        element.node,
        `expected ${typeName(first, scope)} like the others, got ${typeName(element.type, scope)}`,
      )
      return broken(node)
    }
  }
  if (elements.some(element => !element.type && !element.reference)) return broken(node)
  const of: ValueType = first ?? { type: 'string' }
  const values = elements.filter(element => element.type).map(element => element.expression)
  return { node, type: { type: 'list', of }, expression: constantList(values), elements }
}

function constantList(values: Expression[]): Expression {
  const literals = values.flatMap(value => (value.is === 'literal' ? [value.value] : []))
  const numbers = literals.filter(value => typeof value === 'number')
  return { is: 'list', values: numbers.length > 0 ? numbers : literals.map(String) }
}

function readLambda(node: ast.Expression, expected: string, scope: Scope): { parameter: string; body: ast.Expression } | null {
  const { problems } = scope.context
  if (node.type !== 'ArrowFunctionExpression') {
    problems.error('wrong-argument', node, `expected ${expected}, got ${shown(source(node, scope))}`)
    return null
  }
  if (node.async) {
    problems.error('not-in-language', node, `expected ${expected}, got an \`async\` one`)
    return null
  }
  const [parameter] = node.params
  if (!parameter || node.params.length !== 1) {
    problems.error('wrong-argument', node, `expected ${expected} with one parameter, got ${node.params.length}`)
    return null
  }
  if (parameter.type !== 'Identifier') {
    notInLanguage(parameter, problems, 'a name')
    return null
  }
  if (node.body.type === 'BlockStatement') {
    problems.error('not-in-language', node.body, `expected an expression behind \`=>\`, got a block`)
    return null
  }
  return { parameter: parameter.name, body: node.body }
}

function asBoolean(value: Typed, scope: Scope): Expression | null {
  if (value.reference) fit(value, { type: 'boolean' }, scope)
  if (!value.type || value.expression === nothing) return null
  if (value.type.type === 'boolean') return value.expression
  const hint = value.type.type === 'list' ? ': ask for its `length`' : ''
  scope.context.problems.error('wrong-type', value.node, `expected true or false, got ${typeName(value.type, scope)}${hint}`)
  return null
}

function hasWords(type: ValueType | null): boolean {
  return type?.type === 'string' && type.words !== undefined
}

function wordsOf(type: ValueType, scope: Scope): readonly string[] | null {
  if (type.type !== 'string' || !type.words) return null
  return type.words === 'verb' ? scope.verbs : schema.words[type.words]
}

const recordNames = {
  Operation: 'the operation',
  Principal: 'a principal',
  Run: 'the run',
  Session: 'the session',
  Target: 'the target',
  Time: 'the time',
}
const wordNames = { verb: 'a verb', transaction: "a transaction's state", principalKind: "a principal's kind", weekday: 'a weekday' }

function typeName(type: ValueType | null, scope: Scope): string {
  if (!type) return 'something unknown'
  if (type.type === 'record') return recordNames[type.record]
  if (type.type === 'labels') return 'labels'
  if (type.type === 'list') return 'a list'
  if (type.type === 'boolean') return 'true or false'
  if (type.type === 'number') return 'a number'
  if (!type.words) return 'text'
  const words = wordsOf(type, scope) ?? []
  return words.length > 8 ? wordNames[type.words] : `${wordNames[type.words]} (${words.map(word => shown(word)).join(', ')})`
}

/** Stands where an expression is broken; no ruleset is made then. */
const nothing: Expression = { is: 'literal', value: false }

function broken(node: ast.Expression): Typed {
  return { node, type: null, expression: nothing }
}

/** Broken, but what it would have been is known. */
function brokenBoolean(node: ast.Expression): Typed {
  return { node, type: { type: 'boolean' }, expression: nothing }
}

function unwritable(node: ast.Expression, scope: Scope): Typed {
  notInLanguage(node, scope.context.problems)
  return broken(node)
}

function written(node: ast.Expression, value: string | number | boolean): Typed {
  const type = typeof value as 'string' | 'number' | 'boolean'
  return { node, type: { type }, expression: { is: 'literal', value }, literal: value }
}

function boolean(node: ast.Expression, expression: Expression): Typed {
  return { node, type: { type: 'boolean' }, expression }
}

function source(node: ast.Node, scope: Scope): string {
  return scope.context.problems.source.slice(node.start, node.end)
}

function span(node: ast.Node): Span {
  return [node.start, node.end]
}

/** Every verb of these protocols, or of all. */
export function verbsOf(protocols: string[] | null): string[] {
  const languages = protocols ? protocols.flatMap(name => protocolLanguages[name] ?? []) : Object.values(protocolLanguages)
  return [...new Set(languages.flatMap(({ verbs }) => verbs))]
}
