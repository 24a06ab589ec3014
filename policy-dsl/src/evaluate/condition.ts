import type { Operation, Principal } from '@steno/recordings'
import type { Circumstances } from '../facts.ts'
import type { NameKind } from '../language/schema.ts'
import type { Expression, Span } from '../ruleset.ts'
import { fieldReader, lengthOf, type Read, type Reader } from './fields.ts'
import { comparisonOfNames, methods } from './methods.ts'
import { compilePattern } from './pattern.ts'

/** A condition, ready to be asked. */
export interface Condition {
  holds: Read<boolean>
  /** The only verbs for which it can hold; for any other it is false, without failing. Null where any verb may do. */
  verbs: ReadonlySet<string> | null
  /** Adds the clauses that hold, from left to right. Only asked where the condition holds. */
  trace(operation: Operation, circumstances: Circumstances, clauses: Span[]): void
}

/** Conditions nested deeper than this are not understood; recursion stays far from the stack's end. */
const depthMax = 200

/** Gives a condition as closures. Throws for whatever it does not understand: an unknown field, method, kind or type. */
export function compileCondition(expression: Expression): Condition {
  const { reader, verbs, trace } = compile(expression, { items: [], depth: 0 })
  return { holds: boolean(reader, 'a condition'), verbs, trace }
}

/** What an expression became. */
interface Compiled {
  reader: Reader
  verbs: ReadonlySet<string> | null
  /** Whether asking can throw. */
  mayThrow: boolean
  trace: Condition['trace']
}

/** Where an expression stands: the elements that enclosing quantifiers look at, the outermost first. */
interface Place {
  items: Item[]
  depth: number
}

/** One quantifier's element. The same place in memory for every call: evaluation is synchronous and not re-entrant. */
interface Item {
  type: 'string' | 'name' | 'number' | 'principal'
  value: string | number | Principal
  /** Of a name, what it names. */
  kind?: NameKind
}

function compile(expression: Expression, outer: Place): Compiled {
  if (outer.depth > depthMax) throw new Error(`expected a condition at most ${depthMax} levels deep`)
  const place = { items: outer.items, depth: outer.depth + 1 }
  switch (expression.is) {
    case 'literal':
      return plain(literal(expression.value))
    case 'list':
      return plain(list(expression.values))
    case 'field': {
      const reader = fieldReader(expression.path)
      if (reader === null) throw new Error(`expected a field, got \`${expression.path.join('.')}\``)
      return plain(reader)
    }
    case 'item': {
      const item = place.items.at(-1 - expression.depth)
      if (item === undefined || expression.depth < 0) throw new Error('expected an element inside `some` or `every`')
      return plain({ type: item.type, kind: item.kind, read: () => item.value } as Reader)
    }
    case 'not':
      return compileNot(expression, place)
    case 'and':
    case 'or':
      return compileJunction(expression, place)
    case 'compare':
      return compileComparison(expression, place)
    case 'choose':
      return compileChoice(expression, place)
    case 'call':
      return compileCall(expression, place)
    case 'matches': {
      const text = compile(expression.text, place)
      const read = string(text.reader, 'a text to match')
      return clause(matching(read, compilePattern(expression.pattern, expression.flags)), expression.at, [text])
    }
    case 'some':
    case 'every':
      return compileQuantifier(expression, place)
    case 'memory': {
      const { counter, verb, windowMs } = expression
      const reader: Reader = { type: 'number', read: (_, circumstances) => circumstances.memory.sum(counter, verb, windowMs) }
      return { ...plain(reader), mayThrow: true }
    }
    default:
      throw new Error(`expected a known expression, got \`${String((expression as { is: unknown }).is)}\``)
  }
}

/** A session's commands have much in common: what is asked of the same text as before is answered as before. */
function matching(read: Read<string>, pattern: { test(text: string): boolean }): Read<boolean> {
  let last: string | null = null
  let answer = false
  return (operation, circumstances) => {
    const text = read(operation, circumstances)
    if (text !== last) {
      answer = pattern.test(text)
      last = text
    }
    return answer
  }
}

function literal(value: unknown): Reader {
  if (typeof value === 'string') return { type: 'string', read: () => value }
  if (typeof value === 'number') return { type: 'number', read: () => value }
  if (typeof value === 'boolean') return { type: 'boolean', read: () => value }
  throw new Error('expected a literal text, number or boolean')
}

function list(values: readonly unknown[]): Reader {
  if (values.every(value => typeof value === 'string')) return { type: 'strings', read: () => values }
  if (values.every(value => typeof value === 'number')) return { type: 'numbers', read: () => values }
  throw new Error('expected a list of texts or of numbers')
}

function compileNot(expression: Expression & { is: 'not' }, place: Place): Compiled {
  const of = compile(expression.of, place)
  const read = boolean(of.reader, '`!`')
  return clause((operation, circumstances) => !read(operation, circumstances), expression.at, [of])
}

function compileJunction(expression: Expression & { is: 'and' | 'or' }, place: Place): Compiled {
  const isAnd = expression.is === 'and'
  const parts = expression.of.map(part => compile(part, place))
  const reads = parts.map(part => boolean(part.reader, isAnd ? '`&&`' : '`||`'))
  return {
    reader: { type: 'boolean', read: isAnd ? all(reads) : any(reads) },
    verbs: isAnd ? verbsOfAll(parts) : verbsOfAny(parts),
    mayThrow: parts.some(part => part.mayThrow),
    trace(operation, circumstances, clauses) {
      const before = clauses.length
      for (const [index, part] of parts.entries()) {
        if (isAnd || reads[index]?.(operation, circumstances)) part.trace(operation, circumstances, clauses)
      }
      if (clauses.length === before && expression.at) clauses.push(expression.at)
    },
  }
}

/** Two and three, the usual, without a loop: four rules in five begin here. */
function all(reads: Read<boolean>[]): Read<boolean> {
  const [a, b, c] = reads
  if (a && b && reads.length === 2) return (operation, circumstances) => a(operation, circumstances) && b(operation, circumstances)
  if (a && b && c && reads.length === 3) {
    return (operation, circumstances) => a(operation, circumstances) && b(operation, circumstances) && c(operation, circumstances)
  }
  return (operation, circumstances) => {
    for (const read of reads) if (!read(operation, circumstances)) return false
    return true
  }
}

function any(reads: Read<boolean>[]): Read<boolean> {
  const [a, b] = reads
  if (a && b && reads.length === 2) return (operation, circumstances) => a(operation, circumstances) || b(operation, circumstances)
  return (operation, circumstances) => {
    for (const read of reads) if (read(operation, circumstances)) return true
    return false
  }
}

/** The first part that names its verbs is enough, if what is asked before it cannot fail. */
function verbsOfAll(parts: Compiled[]): ReadonlySet<string> | null {
  for (const part of parts) {
    if (part.verbs !== null) return part.verbs
    if (part.mayThrow) return null
  }
  return null
}

function verbsOfAny(parts: Compiled[]): ReadonlySet<string> | null {
  const union = new Set<string>()
  for (const part of parts) {
    if (part.verbs === null) return null
    for (const verb of part.verbs) union.add(verb)
  }
  return union
}

function compileComparison(expression: Expression & { is: 'compare' }, place: Place): Compiled {
  const left = compile(expression.left, place)
  const right = compile(expression.right, place)
  const { operator } = expression
  const type = left.reader.type
  if (type === 'name' || right.reader.type === 'name') {
    const read = comparisonOfNames(operator, left.reader, right.reader)
    return { ...clause(read, expression.at, [left, right]), mayThrow: true }
  }
  const isOrdered = type === 'number' || type === 'string'
  const isEquality = operator === '===' || operator === '!=='
  if (type !== right.reader.type || (!isOrdered && !(isEquality && type === 'boolean'))) {
    throw new Error(`expected two values of one type around \`${operator}\`, got ${type} and ${right.reader.type}`)
  }
  const compiled = clause(
    comparison(operator, left.reader.read as Read<string>, expression.right, right.reader.read as Read<string>),
    expression.at,
    [left, right],
  )
  const verb = operator === '===' ? (verbNamed(expression.left, expression.right) ?? verbNamed(expression.right, expression.left)) : null
  return verb === null ? compiled : { ...compiled, verbs: new Set([verb]) }
}

/** Texts and numbers compare alike; the types above are one type on both sides. Texts go by their UTF-16 units. */
function comparison(operator: string, left: Read<string>, rightExpression: Expression, right: Read<string>): Read<boolean> {
  switch (operator) {
    case '===': {
      if (rightExpression.is !== 'literal')
        return (operation, circumstances) => left(operation, circumstances) === right(operation, circumstances)
      const { value } = rightExpression
      return (operation, circumstances) => left(operation, circumstances) === value
    }
    case '!==':
      return (operation, circumstances) => left(operation, circumstances) !== right(operation, circumstances)
    case '<':
      return (operation, circumstances) => left(operation, circumstances) < right(operation, circumstances)
    case '<=':
      return (operation, circumstances) => left(operation, circumstances) <= right(operation, circumstances)
    case '>':
      return (operation, circumstances) => left(operation, circumstances) > right(operation, circumstances)
    case '>=':
      return (operation, circumstances) => left(operation, circumstances) >= right(operation, circumstances)
    default:
      throw new Error(`expected a comparison, got \`${operator}\``)
  }
}

function verbNamed(field: Expression, value: Expression): string | null {
  return isVerb(field) && value.is === 'literal' && typeof value.value === 'string' ? value.value : null
}

function isVerb(expression: Expression): boolean {
  return expression.is === 'field' && expression.path.length === 1 && expression.path[0] === 'verb'
}

function compileChoice(expression: Expression & { is: 'choose' }, place: Place): Compiled {
  const when = compile(expression.when, place)
  const yes = compile(expression.yes, place)
  const no = compile(expression.no, place)
  const ask = boolean(when.reader, '`?`')
  if (yes.reader.type === 'name' || yes.reader.type === 'names') throw new Error('expected no names on the sides of `:`')
  if (yes.reader.type !== no.reader.type)
    throw new Error(`expected one type on both sides of \`:\`, got ${yes.reader.type} and ${no.reader.type}`)
  const [ifSo, ifNot] = [yes.reader.read as Read<unknown>, no.reader.read as Read<unknown>]
  const read: Read<unknown> = (operation, circumstances) => (ask(operation, circumstances) ? ifSo : ifNot)(operation, circumstances)
  return {
    reader: { type: yes.reader.type, read } as Reader,
    verbs: null,
    mayThrow: when.mayThrow || yes.mayThrow || no.mayThrow,
    trace(operation, circumstances, clauses) {
      const isYes = ask(operation, circumstances)
      if (isYes) when.trace(operation, circumstances, clauses)
      ;(isYes ? yes : no).trace(operation, circumstances, clauses)
    },
  }
}

function compileCall(expression: Expression & { is: 'call' }, place: Place): Compiled {
  const on = compile(expression.on, place)
  const given = expression.arguments.map(argument => compile(argument, place))
  const parts = [on, ...given]
  if (expression.method === 'length') {
    const reader = lengthOf(on.reader)
    if (reader === null) throw new Error(`expected a text or a list to have a length, got ${on.reader.type}`)
    return { ...plain(reader), mayThrow: on.mayThrow }
  }
  const candidates = Object.hasOwn(methods, expression.method) ? methods[expression.method] : undefined
  const method = candidates?.find(candidate => candidate.on === on.reader.type)
  if (!method) throw new Error(`expected a method of ${on.reader.type}, got \`${expression.method}\``)
  const literals = expression.arguments.map(argument => (argument.is === 'literal' ? argument.value : undefined))
  const reader = method.compile({ on: on.reader, given: given.map(part => part.reader), literals })
  const mayThrow = method.mayThrow || parts.some(part => part.mayThrow || part.reader.type === 'name')
  if (reader.type !== 'boolean') return { ...plain(reader), mayThrow }
  const compiled = { ...clause(reader.read, expression.at, parts), mayThrow }
  const [argument] = expression.arguments
  const isListOfVerbs = expression.method === 'includes' && expression.on.is === 'list' && argument !== undefined && isVerb(argument)
  return isListOfVerbs && expression.on.is === 'list' ? { ...compiled, verbs: new Set(expression.on.values.map(String)) } : compiled
}

const elementTypes = { strings: 'string', names: 'name', numbers: 'number', principals: 'principal' } as const

function compileQuantifier(expression: Expression & { is: 'some' | 'every' }, place: Place): Compiled {
  const elements = compile(expression.list, place)
  const { reader } = elements
  if (reader.type !== 'strings' && reader.type !== 'names' && reader.type !== 'numbers' && reader.type !== 'principals') {
    throw new Error(`expected a list for \`${expression.is}\`, got ${reader.type}`)
  }
  const item: Item = { type: elementTypes[reader.type], value: '', ...(reader.type === 'names' ? { kind: reader.kind } : {}) }
  const inner = compile(expression.holds, { items: [...place.items, item], depth: place.depth })
  const holds = boolean(inner.reader, `\`${expression.is}\``)
  const stopsAt = expression.is === 'some'
  const read: Read<boolean> = (operation, circumstances) => {
    for (const value of reader.read(operation, circumstances)) {
      item.value = value
      if (holds(operation, circumstances) === stopsAt) return stopsAt
    }
    return !stopsAt
  }
  return clause(read, expression.at, [elements, inner])
}

function plain(reader: Reader): Compiled {
  return { reader, verbs: null, mayThrow: false, trace: () => {} }
}

/** Something true or false that a reader can be shown as one. */
function clause(read: Read<boolean>, at: Span | undefined, parts: Compiled[]): Compiled {
  return {
    reader: { type: 'boolean', read },
    verbs: null,
    mayThrow: parts.some(part => part.mayThrow),
    trace(_operation, _circumstances, clauses) {
      if (at) clauses.push(at)
    },
  }
}

function boolean(reader: Reader, where: string): Read<boolean> {
  if (reader.type !== 'boolean') throw new Error(`expected true or false in ${where}, got ${reader.type}`)
  return reader.read
}

function string(reader: Reader, what: string): Read<string> {
  if (reader.type !== 'string') throw new Error(`expected ${what}, got ${reader.type}`)
  return reader.read
}
