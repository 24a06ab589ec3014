import type { MaskKind } from '../decision.ts'
import { hash } from './hash.ts'
import { last4 } from './last4.ts'
import type { Mask } from './mask.ts'
import { nothing } from './null.ts'
import { partial } from './partial.ts'
import { redact } from './redact.ts'
import { token } from './token.ts'

/** Every way to hide a value. A new one is a file here and a line below. */
export const masks: Readonly<Record<MaskKind, Mask>> = { redact, hash, last4, null: nothing, partial, token }
