import { z } from 'zod'

/** What the API keeps for itself beside policies. */
const reserved = ['compile', 'types', 'schema', 'rehearse', 'activity', 'proposals', 'none']

/** The names of policies: they stand in versions, which stand in decisions, and name files. */
export const policyName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a name of letters, digits, `-` and `_`, at most 63')
  .refine(name => !reserved.includes(name), `a name other than ${reserved.join(', ')}`)

/** What was expected of a name that is none; null for one that is. */
export function wrongPolicyName(name: string): string | null {
  const read = policyName.safeParse(name)
  return read.success ? null : `expected ${read.error.issues[0]!.message}, got \`${name}\``
}
