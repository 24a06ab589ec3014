import { z } from 'zod'
import { assert } from '../runtime/assert.ts'
import type { Address, ServerTls } from '../runtime/machine.ts'
import type { LogToWatch } from '../witness/witness.ts'
import { isLoopback, parseAddress } from './address.ts'
import { ConfigDocument, type DocumentSource } from './config-document.ts'
import { keyName } from './key-name.ts'
import { logsToWatch, watchedLogs } from './logs-to-watch.ts'
import { section } from './section.ts'

/** What a witness on its own runs by: its configuration file, checked, with its defaults. */
export interface WitnessConfig {
  name: string
  /** Where its key is, and what it signed. */
  data: string
  listen: Address
  /** What stands before the paths of the protocol: empty, or `/…` without a slash at its end. */
  prefix: string
  tls: ServerTls | null
  logs: LogToWatch[]
}

const witnessSchema = section({
  name: keyName,
  data: z.string().min(1, 'a path').default('./witness-data').meta({ description: 'where its key is, and what it signed' }),
  listen: z
    .string('an address `host:port` such as 127.0.0.1:7755')
    .refine(text => parseAddress(text) !== null, 'an address `host:port` such as 127.0.0.1:7755')
    .default('127.0.0.1:7755'),
  prefix: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)*\/?$/, 'a path such as /witness')
    .default('')
    .meta({ description: 'what stands before the paths of the protocol' }),
  tls: section({ certificate: z.string().min(1, 'a path'), key: z.string().min(1, 'a path') }).optional(),
  logs: watchedLogs,
})

/** Reads a witness's configuration. Throws `ConfigInvalid` with every mistake in it, each with its place. */
export function readWitnessConfig(source: DocumentSource): { config: WitnessConfig; warnings: string[] } {
  const document = new ConfigDocument(source)
  const given = document.check(witnessSchema)
  const tls = document.tls()
  document.mustBeRight()
  assert(given !== null, 'a document without mistakes fits its schema')
  const config: WitnessConfig = {
    name: given.name,
    data: document.secrets.resolve(given.data),
    listen: parseAddress(given.listen)!,
    prefix: given.prefix.replace(/\/$/, ''),
    tls,
    logs: logsToWatch(given.logs),
  }
  return { config, warnings: warningsOf(config) }
}

function warningsOf({ listen, tls, logs }: WitnessConfig): string[] {
  return [
    // What it says is signed, so TLS hides only who asks.
    ...(isLoopback(listen) || tls
      ? []
      : ['it is reachable from other machines without TLS: anybody on the way sees which logs it signs for']),
    ...(logs.length > 0 ? [] : ['`logs` names none: it signs for nobody yet']),
  ]
}
