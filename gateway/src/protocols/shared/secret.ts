import { z } from 'zod'

/** Where a target's secret is kept. It is read when a session opens, so a rotated file or a new value counts at once. */
export const secret = z
  .union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) }), z.strictObject({ value: z.string() })])
  .meta({ id: 'secret', description: 'where a secret is kept: an environment variable, a file, or in clear as `value`' })

export type Secret = z.infer<typeof secret>
