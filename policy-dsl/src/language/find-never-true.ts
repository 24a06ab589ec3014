import type { Expression } from '../ruleset.ts'
import { shown, type ProblemList } from './problem-list.ts'
import { schema, type Vocabulary } from './schema.ts'

/** What each text can still be, by the expression that gives it. */
type Possible = Map<string, Set<string>>

/**
 * Tells of comparisons that can only come out one way because of those before
 * them, as in `op.verb === 'DELETE' && op.verb === 'DROP'`. It follows `&&`,
 * `||`, `!` and `?:` as TypeScript narrows; what needs more thought is for the
 * analysis.
 */
export function findNeverTrue(condition: Expression, words: Record<Vocabulary, readonly string[]>, problems: ProblemList): void {
  visit(condition, new Map(), { words, problems, areNames: [] })
}

interface Look {
  words: Record<Vocabulary, readonly string[]>
  problems: ProblemList
  /** Whether the elements that enclosing quantifiers look at are names, the innermost last: one may be called two things. */
  areNames: readonly boolean[]
}

function visit(expression: Expression, possible: Possible, look: Look): void {
  switch (expression.is) {
    case 'not':
      visit(expression.of, possible, look)
      return
    case 'and':
    case 'or': {
      let known = possible
      for (const side of expression.of) {
        visit(side, known, look)
        known = narrow(side, known, expression.is === 'and', look)
      }
      return
    }
    case 'choose':
      visit(expression.when, possible, look)
      visit(expression.yes, narrow(expression.when, possible, true, look), look)
      visit(expression.no, narrow(expression.when, possible, false, look), look)
      return
    case 'compare':
      compare(expression, possible, look)
      return
    case 'some':
    case 'every':
      // What holds of the operation holds inside; of an item nothing is known yet.
      visit(expression.holds, new Map([...possible].filter(([key]) => !key.includes('"item"'))), {
        ...look,
        areNames: [...look.areNames, isListOfNames(expression.list)],
      })
  }
}

type CompareExpression = Extract<Expression, { is: 'compare' }>

function compare(expression: CompareExpression, possible: Possible, look: Look): void {
  const known = knownOf(expression, look)
  const values = known && possible.get(known.key)
  if (!known || !values || values.has(known.value) || !expression.at) return
  const others = [...values].slice(0, 4).map(value => shown(value))
  const message = `expected ${others.join(' or ')}, got ${shown(known.value)}: what stands before leaves nothing else`
  look.problems.error('no-overlap', { start: expression.at[0], end: expression.at[1] }, message)
}

function narrow(expression: Expression, possible: Possible, outcome: boolean, look: Look): Possible {
  switch (expression.is) {
    case 'not':
      return narrow(expression.of, possible, !outcome, look)
    case 'and':
    case 'or': {
      if ((expression.is === 'and') === outcome) return expression.of.reduce((known, side) => narrow(side, known, outcome, look), possible)
      return union(expression.of.map(side => narrow(side, possible, outcome, look)))
    }
    case 'compare': {
      const known = knownOf(expression, look)
      if (!known || (expression.operator !== '===' && expression.operator !== '!==')) return possible
      const before = possible.get(known.key) ?? known.words
      if ((expression.operator === '===') === outcome) return new Map(possible).set(known.key, new Set([known.value]))
      return before ? new Map(possible).set(known.key, new Set([...before].filter(word => word !== known.value))) : possible
    }
    default:
      return possible
  }
}

/** What is known whichever of them is the case. */
function union(cases: Possible[]): Possible {
  const [first, ...others] = cases
  const merged: Possible = new Map()
  for (const [key, values] of first ?? []) {
    const sets = others.map(one => one.get(key))
    if (sets.every(set => set !== undefined)) merged.set(key, new Set([...values, ...sets.flatMap(set => [...set])]))
  }
  return merged
}

/** For `text === 'word'`, in either order: what gives the text, and all it can be. */
function knownOf({ left, right }: CompareExpression, look: Look): { key: string; value: string; words: Set<string> | null } | null {
  const [literal, other] = left.is === 'literal' ? [left, right] : [right, left]
  if (literal.is !== 'literal' || typeof literal.value !== 'string' || !isSteady(other, look)) return null
  const words = wordsOf(other, look)
  return { key: JSON.stringify(other), value: literal.value, words: words && new Set(words) }
}

/** Two of these that are written alike give the same text. */
function isSteady(expression: Expression, look: Look): boolean {
  if (expression.is === 'item') return look.areNames.at(-1 - expression.depth) !== true
  if (expression.is === 'field') return true
  return expression.is === 'call' && isSteady(expression.on, look) && expression.arguments.length === 0
}

function isListOfNames(list: Expression): boolean {
  const [name] = list.is === 'field' && list.path.length === 1 ? list.path : []
  const type = schema.records.Operation.fields.find(field => field.name === name)?.type
  return type?.type === 'list' && type.of.type === 'string' && type.of.names !== undefined
}

function wordsOf(expression: Expression, { words }: Look): readonly string[] | null {
  const path = expression.is === 'field' ? expression.path.join('.') : ''
  if (path === 'verb') return words.verb
  if (path === 'transaction') return words.transaction
  return path === 'principal.kind' ? words.principalKind : null
}
