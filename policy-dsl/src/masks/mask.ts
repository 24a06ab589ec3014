import type { MaskKind } from '../decision.ts'
import type { MaskKey } from './mask-key.ts'

/**
 * A way to hide a value. A mask is a file beside this one and a line in
 * `registry.ts`. The same value under the same key is always hidden alike, so
 * masked columns can be grouped, and where they are keyed, joined.
 */
export interface Mask {
  readonly kind: MaskKind
  /** What is shown in the value's place; null is NULL. */
  hide(value: string, key: MaskKey): string | null
  /** The same for a type that is not text, as its text form: only for types where what comes out is of that type again. */
  readonly typed: Readonly<Record<string, (value: string, key: MaskKey) => string | null>>
}
