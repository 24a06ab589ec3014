import type { Mask } from './mask.ts'

/** Hides even that something was there. */
export const nothing: Mask = {
  kind: 'null',
  hide: () => null,
  typed: {},
}
