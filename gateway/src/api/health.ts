import { Hono } from 'hono'
import type { ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'

/** For load balancers and scrapers: whether the gateway lives, and what it counts. Open to all; it names nobody. */
export function healthApi({ metrics, version, ledger }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get('/healthz', c => {
      const isWhole = !ledger.isBroken
      return c.json({ status: isWhole ? 'ok' : 'failing', version }, isWhole ? 200 : 503, { 'cache-control': 'no-store' })
    })
    .get('/metrics', c =>
      c.body(metrics.text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' }),
    )
}
