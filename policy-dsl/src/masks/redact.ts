import type { Mask } from './mask.ts'

/** Says that something was there, and nothing about it. */
export const redact: Mask = {
  kind: 'redact',
  hide: () => '[redacted]',
  typed: {},
}
