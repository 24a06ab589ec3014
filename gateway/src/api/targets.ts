import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { formatAddress, type Target } from '../config/index.ts'
import { allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { listOf, target } from './schemas.ts'

/** Targets: what can be reached, and where. Never with what. */
export function targetsApi({ targets, ports }: ApiDeps) {
  return new Hono<ApiEnv>().get(
    '/',
    describeRoute({
      tags: ['targets'],
      summary: 'All targets',
      responses: { 200: json('the targets', listOf(target)), ...problems(401, 403) },
    }),
    allow('read trail'),
    c => {
      const items = Object.values(targets).map(({ name, protocol, address, labels, settings }) => {
        const port = ports[protocol]
        return {
          name,
          protocol,
          address: formatAddress(address),
          database: databaseOf(settings),
          labels,
          listen: port ? formatAddress(port) : null,
        }
      })
      return c.json({ items })
    },
  )
}

/** The one setting that people know a target by; most protocols have one of this name. */
function databaseOf(settings: Target['settings']): string | null {
  const database = typeof settings === 'object' && settings !== null && 'database' in settings ? settings.database : null
  return typeof database === 'string' ? database : null
}
