import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { streamSSE } from 'hono/streaming'
import { allow, findCaller, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { problems } from './describe.ts'
import { Problem } from './problem.ts'

const heartbeatMs = 15_000

/** Server-sent events: sessions, commands, runs, approvals and policies as they happen. */
export function eventsApi(deps: ApiDeps) {
  return new Hono<ApiEnv>().get(
    '/',
    describeRoute({
      tags: ['events'],
      summary: 'What happens, as it happens',
      description:
        'Server-sent events `session`, `command`, `run`, `approval`, `policy` and `proposal`: what can be found now, by id (a policy by its name). With `Last-Event-ID` what was missed comes first; `reset` says that this is not possible, and that lists must be read again.',
      responses: {
        200: { description: 'an endless stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        ...problems(401, 403, 503),
      },
    }),
    allow('read trail'),
    c => {
      const watcher = deps.events.watch(c.req.header('last-event-id') ?? null)
      if (!watcher) throw new Problem(503, 'too many watch already')
      c.header('cache-control', 'no-store')
      c.header('x-accel-buffering', 'no')
      return streamSSE(c, async stream => {
        stream.onAbort(() => watcher.close())
        await stream.write(': watching\n\n')
        for (;;) {
          const event = await watcher.next(heartbeatMs)
          if (event === null || stream.aborted) break
          // A credential that was taken away ends what it opened.
          if (event === 'idle' && !findCaller(c, deps)) break
          if (event === 'idle') await stream.write(': still here\n\n')
          else await stream.writeSSE({ id: event.id, event: event.type, data: event.data })
        }
        watcher.close()
      })
    },
  )
}
