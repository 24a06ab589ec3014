/**
 * A policy as plain data: what the compiler makes, what is stored, hashed,
 * compared and evaluated. It says nothing that its source does not say, and
 * nothing in it is ever executed as code.
 */
export interface Ruleset {
  /** The version of this shape. */
  language: 1
  rules: Rule[]
  tests: PolicyTest[]
  /** SHA-256, in hex, of the rules and tests without their places: layout and comments do not change it. */
  hash: string
}

/** A place in the source: UTF-16 offsets of the first character and of the one after the last. */
export type Span = [start: number, end: number]

export interface Rule {
  name: string
  /** The line of `rule(`, from 1. */
  line: number
  at: Span
  on: Selector
  /** Boolean; absent means always. */
  when?: Expression
  /** Boolean; where it holds, the rule does not. */
  unless?: Expression
  effects: EffectUse[]
  /** `observe` writes down what it would have done. */
  mode: 'enforce' | 'observe'
}

/** Which commands a rule looks at, by where they go. Every part that is given must fit; within a part one of the values must. */
export interface Selector {
  protocols?: string[]
  targets?: string[]
  labels?: Record<string, string[]>
}

/** One effect with its arguments, which its own file checked: see `effects/`. */
export interface EffectUse {
  effect: string
  arguments: EffectArguments
}

export type EffectArguments = { [name: string]: Plain }
export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain }

/** `test(name, shop`DELETE …`, 'hold', { … })` */
export interface PolicyTest {
  name: string
  line: number
  at: Span
  /** The target's name, or null for a statement in a protocol's name: then `labels` say where. */
  target: string | null
  protocol: string
  statement: string
  verdict: 'allow' | 'hold' | 'deny'
  as: TestCircumstances
}

/** Who asks, and when, in a test. What is not given is an agent named `agent` in no groups, without a task. */
export interface TestCircumstances {
  kind?: 'human' | 'service' | 'agent'
  name?: string
  groups?: string[]
  task?: string
  labels?: Record<string, string>
  /** RFC 3339. */
  at?: string
  /** Which columns must come back masked, as `table.column` or `column`. */
  masked?: string[]
}

/**
 * A condition, typed when it was compiled. `at` stands on what is true or
 * false, so that a reader can be shown which clause was.
 */
export type Expression =
  | { is: 'literal'; value: string | number | boolean }
  | { is: 'list'; values: string[] | number[] }
  /** A field of the operation or its circumstances, by its path: `['principal', 'groups']`. */
  | { is: 'field'; path: string[] }
  /** The element that an enclosing `some` or `every` looks at: 0 for the innermost. */
  | { is: 'item'; depth: number }
  | { is: 'not'; of: Expression; at?: Span }
  | { is: 'and' | 'or'; of: Expression[]; at?: Span }
  | { is: 'compare'; operator: Comparison; left: Expression; right: Expression; at?: Span }
  | { is: 'choose'; when: Expression; yes: Expression; no: Expression }
  /** A method of the schema's: `startsWith`, `includes`, `under`, `hour`. */
  | { is: 'call'; method: string; on: Expression; arguments: Expression[]; at?: Span }
  /** A regular expression in RE2's syntax. */
  | { is: 'matches'; pattern: string; flags: string; text: Expression; at?: Span }
  | { is: 'some' | 'every'; list: Expression; holds: Expression; at?: Span }
  /** What the run did in the last `windowMs`: `op.run.count('DELETE', '10m')`. */
  | { is: 'memory'; counter: MemoryCounter; verb: string | null; windowMs: number }

export type Comparison = '===' | '!==' | '<' | '<=' | '>' | '>='
/** Operations of a verb (or all), commands, rows returned, approvals granted, commands denied. */
export type MemoryCounter = 'count' | 'commands' | 'rows' | 'approvals' | 'denials'
