import type { EffectUse, Expression, Rule, Ruleset, Selector, Span } from '../ruleset.ts'

/** The words of this room's tests: a ruleset without its compiler. */
export function ruleset(...rules: Rule[]): Ruleset {
  return {
    language: 1,
    rules: rules.map((one, index) => ({ ...one, line: index + 1, at: [index * 100, index * 100 + 99] })),
    tests: [],
    hash: '',
  }
}

export function rule(
  name: string,
  parts: { on?: Selector; when?: Expression; unless?: Expression; effect: EffectUse | EffectUse[]; mode?: Rule['mode'] },
): Rule {
  const { on = {}, when, unless, effect, mode = 'enforce' } = parts
  return {
    name,
    line: 1,
    at: [0, 99],
    on,
    ...(when === undefined ? {} : { when }),
    ...(unless === undefined ? {} : { unless }),
    effects: Array.isArray(effect) ? effect : [effect],
    mode,
  }
}

export const field = (path: string): Expression => ({ is: 'field', path: path.split('.') })
export const label = (name: string): Expression => ({ is: 'field', path: ['target', 'labels', name] })
export const literal = (value: string | number | boolean): Expression => ({ is: 'literal', value })
export const not = (of: Expression, at?: Span): Expression => ({ is: 'not', of, ...(at && { at }) })
export const both = (...of: Expression[]): Expression => ({ is: 'and', of })
export const either = (...of: Expression[]): Expression => ({ is: 'or', of })
export const equal = (path: string, value: string | number | boolean): Expression => compare(path, '===', value)
export const call = (path: string, method: string, ...values: string[]): Expression => ({
  is: 'call',
  method,
  on: field(path),
  arguments: values.map(literal),
})
export const matches = (path: string, pattern: string): Expression => ({ is: 'matches', pattern, flags: '', text: field(path) })
export const verb = (...names: string[]): Expression =>
  names.length === 1 ? equal('verb', names[0] ?? '') : either(...names.map(name => equal('verb', name)))

export function compare(
  left: string | Expression,
  operator: '===' | '!==' | '<' | '<=' | '>' | '>=',
  value: string | number | boolean,
): Expression {
  return { is: 'compare', operator, left: typeof left === 'string' ? field(left) : left, right: literal(value) }
}

export const forbid = (reason = 'no'): EffectUse => ({ effect: 'forbid', arguments: { reason } })
export const approval = (by = 'dba', quorum = 1): EffectUse => ({
  effect: 'requireApproval',
  arguments: { by: [by], within: 900_000, quorum },
})
export const evidence = (within = 10_000): EffectUse => ({ effect: 'require', arguments: { evidence: 'witnessed', within } })
export const limit = (rows: number): EffectUse => ({ effect: 'limit', arguments: { rows, over: 'cut' } })
export const alert = (message = 'look'): EffectUse => ({ effect: 'alert', arguments: { message } })
export function mask(...columns: string[]): EffectUse {
  return {
    effect: 'mask',
    arguments: { columns: columns.map(column => ({ target: null, schema: null, table: null, column })), with: 'redact' },
  }
}
