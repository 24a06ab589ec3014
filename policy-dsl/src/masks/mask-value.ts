import type { MaskKind } from '../decision.ts'
import type { MaskKey } from './mask-key.ts'
import { masks } from './registry.ts'

/** What is shown in a text's place; null is NULL. Throws for a kind it does not know, so nothing is shown. */
export function maskValue(kind: MaskKind, value: string, key: MaskKey): string | null {
  const mask = Object.hasOwn(masks, kind) ? masks[kind] : undefined
  if (!mask) throw new Error(`expected a known mask, got \`${String(kind)}\``)
  return mask.hide(value, key)
}
