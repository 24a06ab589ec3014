import type { Expression, Rule, Span } from '../ruleset.ts'
import type { FindingKind } from './analyze.ts'
import type { AnalyzedRule } from './analyzed-rule.ts'
import { typeOfExpression } from './expression-type.ts'
import { formulaOf, formulasOfRule, negate } from './formula.ts'
import { NotDecided } from './solve.ts'
import type { Solver } from './solver.ts'

interface Tools {
  solver: Solver
  stepsMax: number
  note(finding: { kind: FindingKind; message: string; at: Span | undefined }): void
}

/** Says where a rule is written so that it catches less, or lets through more, than its author may think. */
export function findDoubtfulPatterns(subject: AnalyzedRule, tools: Tools): void {
  const { rule } = subject
  for (const part of ['when', 'unless'] as const) {
    const expression = rule[part]
    if (expression !== undefined)
      look(expression, { subject, tools, replace: other => ({ ...rule, [part]: other }), lists: [], widens: part === 'when' })
  }
}

/** Where an expression stands in its rule. */
interface Place {
  subject: AnalyzedRule
  tools: Tools
  /** The rule with another expression in this one's place. */
  replace(other: Expression): Rule
  /** The lists that enclosing quantifiers go through, the innermost first. */
  lists: Expression[]
  /** Whether more commands match when it holds; false under `unless` or a negation. */
  widens: boolean
}

function look(expression: Expression, place: Place): void {
  switch (expression.is) {
    case 'not':
      lookAtProperty(expression, place)
      look(expression.of, { ...place, widens: !place.widens, replace: other => place.replace({ ...expression, of: other }) })
      break
    case 'and':
    case 'or':
      for (const [index, part] of expression.of.entries()) {
        look(part, { ...place, replace: other => place.replace({ ...expression, of: expression.of.with(index, other) }) })
      }
      break
    case 'some':
    case 'every':
      look(expression.holds, {
        ...place,
        lists: [expression.list, ...place.lists],
        replace: other => place.replace({ ...expression, holds: other }),
      })
      break
    case 'choose':
      for (const part of ['when', 'yes', 'no'] as const) {
        look(expression[part], { ...place, replace: other => place.replace({ ...expression, [part]: other }) })
      }
      break
    case 'compare':
      lookAtComparison(expression, place)
      break
    case 'matches':
      if (isText(expression.text))
        place.tools.note({ kind: 'text-pattern', message: sayTextPattern(expression.pattern), at: expression.at })
      else if (/^\^?\(?\\?\/\w/.test(expression.pattern)) lookAtPath(expression.text, expression.at, place)
      break
    case 'call':
      lookAtCall(expression, place)
  }
}

function lookAtComparison(expression: Extract<Expression, { is: 'compare' }>, place: Place): void {
  const { left, right, operator } = expression
  const literal = left.is === 'literal' ? left : right
  const other = left.is === 'literal' ? right : left
  if (literal.is !== 'literal' || typeof literal.value !== 'string') return
  if (isText(other)) place.tools.note({ kind: 'text-pattern', message: sayTextPattern(literal.value), at: expression.at })
  const list = other.is === 'item' ? place.lists[other.depth] : undefined
  const widens = operator === '!==' ? !place.widens : place.widens
  if (list !== undefined && isTables(list)) lookAtTable(literal.value, expression.at, { ...place, widens })
}

function lookAtCall(expression: Extract<Expression, { is: 'call' }>, place: Place): void {
  const [argument] = expression.arguments
  if (argument?.is !== 'literal' || typeof argument.value !== 'string') return
  const { on, method } = expression
  if (isText(on) || (on.is === 'call' && on.method === 'toLowerCase' && isText(on.on))) {
    place.tools.note({ kind: 'text-pattern', message: sayTextPattern(argument.value), at: expression.at })
  } else if (method === 'startsWith' && argument.value.startsWith('/')) lookAtPath(on, expression.at, place)
  else if ((method === 'includesTable' || method === 'includes') && isTables(on)) lookAtTable(argument.value, expression.at, place)
}

function lookAtPath(on: Expression, at: Span | undefined, place: Place): void {
  const path = on.is === 'field' ? on.path.join('.') : 'it'
  const message = `\`/tmp/../etc\` begins with \`/tmp\` too: use \`under\`, which resolves \`..\`, where \`${path}\` is a path`
  place.tools.note({ kind: 'path-prefix', message, at })
}

function lookAtTable(name: string, at: Span | undefined, place: Place): void {
  if (place.widens || name.includes('.')) return
  const message = `\`${name}\` means a table of that name in every schema, and here it makes an exception: name its schema, as in \`public.${name}\``
  place.tools.note({ kind: 'unqualified-table', message, at })
}

const verbsOfProperty: Record<string, string[]> = { hasWhere: ['UPDATE', 'DELETE'], hasLimit: ['SELECT'] }

/** `!op.hasWhere` where it is the only thing that tells some verb from another. */
function lookAtProperty(expression: Extract<Expression, { is: 'not' }>, place: Place): void {
  const property = expression.of.is === 'field' && expression.of.path.length === 1 ? expression.of.path[0] : undefined
  const verbs = property === undefined || !Object.hasOwn(verbsOfProperty, property) ? undefined : verbsOfProperty[property]
  if (property === undefined || verbs === undefined || !place.widens) return
  const { tools, subject } = place
  const verb = tools.solver.atoms.term({ is: 'field', path: ['verb'] })
  const reached = subject.reach.get(verb)
  if (reached !== undefined && [...reached].every(one => verbs.includes(one))) return
  const isVerb = verbs.map((value): Expression => ({
    is: 'compare',
    operator: '===',
    left: { is: 'field', path: ['verb'] },
    right: { is: 'literal', value },
  }))
  const otherVerbs: Expression = { is: 'not', of: { is: 'or', of: isVerb } }
  const { atoms } = tools.solver
  const elsewhere = formulaOf(otherVerbs, atoms)
  const without = formulasOfRule(place.replace({ is: 'literal', value: false }), atoms).matches
  try {
    if (tools.solver.example([subject.matches, negate(without), elsewhere], tools.stepsMax) === null) return
  } catch (error) {
    if (error instanceof NotDecided) return
    throw error
  }
  const message =
    property === 'hasWhere'
      ? '`!op.hasWhere` speaks of `UPDATE` and `DELETE` only, so what could not be parsed passes: name the verbs that are meant'
      : '`!op.hasLimit` holds for everything that is no `SELECT`: name the verbs that are meant'
  tools.note({ kind: 'unrestricted-verb', message, at: expression.at })
}

function isText(expression: Expression): boolean {
  return expression.is === 'field' && expression.path.length === 1 && expression.path[0] === 'text'
}

function isTables(expression: Expression): boolean {
  const type = typeOfExpression(expression)
  return type?.type === 'list' && type.of.type === 'string' && type.of.names === 'table'
}

function sayTextPattern(pattern: string): string {
  const fields = [
    /\b(?:select|insert|update|delete|drop|truncate|alter|create|grant|copy|merge|call|do)/i.test(pattern) ? '`op.verb`' : null,
    /where/i.test(pattern) ? '`op.hasWhere`' : null,
    /limit/i.test(pattern) ? '`op.hasLimit`' : null,
    /\(/.test(pattern.replace(/\\?\((?=\?|[\w|]+\))/g, '')) ? '`op.functions`' : null,
  ].filter(field => field !== null)
  const instead = fields.length > 0 ? fields.join(' and ') : '`op.tables`, `op.columns` and `op.functions`'
  return `the same can be written in many ways, with comments, quotes or inside a function: ask ${instead} instead of the text`
}
