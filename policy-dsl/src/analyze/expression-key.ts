import type { Expression } from '../ruleset.ts'

/** One text for one meaning: the same wherever an expression is written. Written for each rule at every keystroke, so in one go. */
export function keyOfExpression(expression: Expression): string {
  switch (expression.is) {
    case 'literal':
      return JSON.stringify(expression.value)
    case 'list':
      return `list${JSON.stringify(expression.values)}`
    case 'field':
      return `field${JSON.stringify(expression.path)}`
    case 'item':
      return `item ${expression.depth}`
    case 'not':
      return `not(${keyOfExpression(expression.of)})`
    case 'and':
    case 'or':
      return `${expression.is}${keyOfAll(expression.of)}`
    case 'compare':
      return `(${keyOfExpression(expression.left)}${expression.operator}${keyOfExpression(expression.right)})`
    case 'choose':
      return `choose${keyOfAll([expression.when, expression.yes, expression.no])}`
    case 'call':
      return `call ${JSON.stringify(expression.method)}(${keyOfExpression(expression.on)})${keyOfAll(expression.arguments)}`
    case 'matches':
      return `matches ${JSON.stringify(expression.pattern)}${expression.flags}(${keyOfExpression(expression.text)})`
    case 'some':
    case 'every':
      return `${expression.is}(${keyOfExpression(expression.list)})(${keyOfExpression(expression.holds)})`
    case 'memory':
      return `memory ${expression.counter} ${JSON.stringify(expression.verb)} ${expression.windowMs}`
  }
}

function keyOfAll(expressions: readonly Expression[]): string {
  let keys = ''
  for (const expression of expressions) keys += `${keyOfExpression(expression)},`
  return `(${keys})`
}
