import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Expression, PolicyTest, Rule } from '../ruleset.ts'

/** SHA-256, in hex, of what rules and tests say; where they stand in the source does not count. */
export function rulesetHash(rules: readonly Rule[], tests: readonly PolicyTest[]): string {
  const said = { language: 1, rules: rules.map(withoutPlaces), tests: tests.map(({ at: _at, line: _line, ...test }) => test) }
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(said))))
}

function withoutPlaces({ at: _at, line: _line, when, unless, ...rule }: Rule): object {
  return { ...rule, ...(when ? { when: bare(when) } : {}), ...(unless ? { unless: bare(unless) } : {}) }
}

/** An expression without its places. Only these are left out: a label may be called `at` too. */
function bare(expression: Expression): object {
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

/** One text for one value: keys in order, no spaces. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`).join(',')}}`
}
