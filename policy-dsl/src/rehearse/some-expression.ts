import type { Expression, Ruleset } from '../ruleset.ts'

/** Whether some part of some condition is such an expression. */
export function someExpression(ruleset: Ruleset, isSuch: (expression: Expression) => boolean): boolean {
  return ruleset.rules.some(({ when, unless }) => [when, unless].some(part => part !== undefined && contains(part, isSuch)))
}

function contains(expression: Expression, isSuch: (expression: Expression) => boolean): boolean {
  return isSuch(expression) || partsOf(expression).some(part => contains(part, isSuch))
}

function partsOf(expression: Expression): Expression[] {
  switch (expression.is) {
    case 'not':
      return [expression.of]
    case 'and':
    case 'or':
      return expression.of
    case 'compare':
      return [expression.left, expression.right]
    case 'choose':
      return [expression.when, expression.yes, expression.no]
    case 'call':
      return [expression.on, ...expression.arguments]
    case 'matches':
      return [expression.text]
    case 'some':
    case 'every':
      return [expression.list, expression.holds]
    default:
      return []
  }
}
