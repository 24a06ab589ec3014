import type { Expression, PolicyTest, Rule } from '../ruleset.ts'

/** What a rule says, without where it says it. Only places are left out: a label or an argument may be called `line` too. */
export function ruleWithoutPlaces({ at: _at, line: _line, when, unless, ...rule }: Rule): object {
  return {
    ...rule,
    ...(when ? { when: expressionWithoutPlaces(when) } : {}),
    ...(unless ? { unless: expressionWithoutPlaces(unless) } : {}),
  }
}

/** What a test says, without where it says it. The `at` of its circumstances is the time it happens at. */
export function testWithoutPlaces({ at: _at, line: _line, ...test }: PolicyTest): object {
  return test
}

/** An expression without its places. */
export function expressionWithoutPlaces(expression: Expression): object {
  const bare = expressionWithoutPlaces
  switch (expression.is) {
    case 'not':
      return { is: 'not', of: bare(expression.of) }
    case 'and':
    case 'or':
      return { is: expression.is, of: expression.of.map(bare) }
    case 'compare':
      return { is: 'compare', operator: expression.operator, left: bare(expression.left), right: bare(expression.right) }
    case 'choose':
      return { is: 'choose', when: bare(expression.when), yes: bare(expression.yes), no: bare(expression.no) }
    case 'call':
      return { is: 'call', method: expression.method, on: bare(expression.on), arguments: expression.arguments.map(bare) }
    case 'matches':
      return { is: 'matches', pattern: expression.pattern, flags: expression.flags, text: bare(expression.text) }
    case 'some':
    case 'every':
      return { is: expression.is, list: bare(expression.list), holds: bare(expression.holds) }
    default:
      return expression
  }
}
