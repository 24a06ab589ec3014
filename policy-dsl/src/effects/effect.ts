import type { Alert, ApprovalDemand, EvidenceDemand, LimitObligation, MaskObligation } from '../decision.ts'
import type { EffectArguments } from '../ruleset.ts'

/**
 * What a rule does. An effect is a file beside this one and a line in
 * `registry.ts`: it says what it is called with, how strict it is, and what it
 * asks for when its rule matches.
 */
export interface Effect {
  readonly name: string
  /** The strictness it asks for. `allow` with obligations still lets the command go on. */
  readonly verdict: 'allow' | 'hold' | 'deny'
  /** Its signature and its documentation, for the author's editor. */
  readonly signature: EffectSignature
  /** What it asks for, given arguments that fit the signature. Throws for arguments it does not understand, which denies. */
  obligations(rule: string, args: EffectArguments): Obligations
}

export interface Obligations {
  reason?: string
  hint?: string
  approval?: ApprovalDemand
  evidence?: EvidenceDemand
  mask?: MaskObligation
  limit?: LimitObligation
  alert?: Alert
}

/** `forbid(reason: string, options?: { hint?: string })` and the like, from which both the editor's types and the compiler's checks are made. */
export interface EffectSignature {
  /** Markdown, one or two sentences. */
  documentation: string
  /** Positional parameters, in order. */
  parameters: EffectParameter[]
  /** Whether a call with these arguments makes sense as a whole; gives what was expected when not. */
  check?(args: EffectArguments): string | null
}

export interface EffectParameter {
  name: string
  documentation: string
  isOptional?: boolean
  type: ArgumentType
}

/** The types that arguments can have. Object properties become named parameters of one object. */
export type ArgumentType =
  | { type: 'string' }
  | { type: 'number'; min: number; max: number }
  /** `'15m'`, `'1h'`: milliseconds when compiled. */
  | { type: 'duration'; minMs: number; maxMs: number }
  | { type: 'word'; words: string[] }
  | { type: 'regex' }
  /** `'email'`, `'customers.email'`, `'public.customers.email'` or `shop.customers.email`: a `ColumnPattern` when compiled. */
  | { type: 'column' }
  /** One of the live schema's groups, agents or approvers; any string where the list is empty. */
  | { type: 'name'; of: 'groups' | 'agents' | 'approvers' }
  | { type: 'list'; of: ArgumentType; min: number }
  /** One or several: always a list when compiled. */
  | { type: 'oneOrMany'; of: ArgumentType }
  | { type: 'object'; properties: EffectParameter[] }
