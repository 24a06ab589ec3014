import { createParser } from '@steno/policy-dsl'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import type { ConnectionRequest, Protocol } from '../protocol.ts'
import { Cancels } from './cancels.ts'
import { Catalogues, liveNamespaces } from './catalogue/catalogues.ts'
import { estimate } from './estimate.ts'
import { PinnedSettings } from './pinned-settings.ts'
import { serve } from './serve.ts'
import { postgresSettings, type PostgresSettings } from './settings.ts'

/** PostgreSQL, frontend/backend protocol 3.0 and 3.2 (chapter 54 of its manual). */
export const postgres: Protocol<PostgresSettings> = {
  name: 'postgres',
  port: 7432,
  settings: postgresSettings,
  connection,
  async start(doors) {
    const parser = await createParser({ loadWasm: loadParserWasm })
    const catalogues = new Catalogues(doors)
    const office = { doors, cancels: new Cancels(doors.machine), pinned: new PinnedSettings(parser), parser, catalogues, known: new Map() }
    return {
      serve: client => serve(client, office),
      describe: async target => liveNamespaces(await catalogues.get(target)),
      operations(statement, target) {
        const catalogue = target === null ? null : catalogues.known(target)
        return parser.understand(statement, catalogue ? { catalogue } : {})
      },
      async estimate(target, statement) {
        const catalogue = catalogues.known(target.name)
        if (!catalogue) return { isPossible: false, because: 'nothing is known of the target yet' }
        return estimate(target, statement, { doors, parser, catalogue })
      },
    }
  },
}

function connection({ run, token, target, address, tls }: ConnectionRequest) {
  const url = new URL(
    `postgres://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}/${encodeURIComponent(target)}`,
  )
  url.username = run
  url.password = token
  if (tls) url.searchParams.set('sslmode', 'require')
  return {
    protocol: 'postgres',
    url: url.href,
    env: {
      PGHOST: address.host,
      PGPORT: String(address.port),
      PGUSER: run,
      PGPASSWORD: token,
      PGDATABASE: target,
      ...(tls ? { PGSSLMODE: 'require' } : {}),
      DATABASE_URL: url.href,
    },
  }
}
