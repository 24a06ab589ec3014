import type * as ast from 'acorn'
import type { Span } from '../ruleset.ts'
import { textOf } from './constants.ts'
import { parseSource } from './parse-source.ts'
import { ProblemList } from './problem-list.ts'

/** Where a rule and its parts stand. */
export interface OutlinedRule {
  name: string
  /** From 1. */
  line: number
  /** The whole of `rule(…)`. */
  at: Span
  /** The parts that stand there once, from the name to the end of the value: `when`, `unless`, `effect`. */
  parts: Record<string, { at: Span; value: Span }>
}

/** Where a constant is declared. */
export interface OutlinedConstant {
  name: string
  at: Span
}

/** Where the rules and constants of a source stand, as far as it can be read; says nothing of what is wrong with it. */
export function outline(source: string): { rules: OutlinedRule[]; constants: OutlinedConstant[] } {
  const places = new ProblemList(source)
  const rules: OutlinedRule[] = []
  const constants: OutlinedConstant[] = []
  for (const statement of parseSource(source, places).statements) {
    if (statement.type === 'VariableDeclaration') {
      for (const { id } of statement.declarations) if (id.type === 'Identifier') constants.push({ name: id.name, at: [id.start, id.end] })
    }
    const rule = statement.type === 'ExpressionStatement' ? outlined(statement.expression, places) : null
    if (rule) rules.push(rule)
  }
  return { rules, constants }
}

function outlined(node: ast.Expression, places: ProblemList): OutlinedRule | null {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'rule') return null
  const [first, options] = node.arguments
  const name = first && first.type !== 'SpreadElement' ? textOf(first) : null
  if (name === null) return null
  const parts = new Map<string, OutlinedRule['parts'][string]>()
  for (const property of options?.type === 'ObjectExpression' ? options.properties : []) {
    if (property.type !== 'Property' || property.computed || property.key.type !== 'Identifier') continue
    if (!parts.has(property.key.name))
      parts.set(property.key.name, { at: [property.start, property.end], value: [property.value.start, property.value.end] })
  }
  return { name, line: places.lineOf(node.start), at: [node.start, node.end], parts: Object.fromEntries(parts) }
}
