import { z } from 'zod'
import { secret } from '../shared/secret.ts'

/** What `steno.yaml` says of a PostgreSQL target beyond its address. */
export const postgresSettings = z.strictObject({
  database: z.string().min(1),
  user: z.string().min(1),
  password: secret.optional(),
  /** As libpq's `sslmode`: `prefer` takes TLS when the target offers it, `verify-full` demands a trusted certificate with the target's name. */
  tls: z.enum(['disable', 'prefer', 'require', 'verify-full']).default('prefer'),
  /** A PEM file of the authorities that `verify-full` trusts; the system's when absent. */
  authorities: z.string().min(1).optional(),
})

export type PostgresSettings = z.infer<typeof postgresSettings>

/** Settings that the gateway reads statements by, so a session may not change them. */
export const pinned = { standard_conforming_strings: 'on', client_encoding: 'UTF8' } as const
