import { ProofError } from './proof-error.ts'

/** Reads a whole number from 0 without leading zeros. One that a double does not hold exactly is refused. */
export function parseDecimal(text: string): number {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : -1
  if (!Number.isSafeInteger(value) || value < 0) throw new ProofError('not_number', 'expected a decimal number up to 2^53 - 1')
  return value
}
