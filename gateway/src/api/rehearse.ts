import type { Progress, RehearsalAsk, RehearsedPolicy } from '@steno/policy-dsl'
import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { streamSSE } from 'hono/streaming'
import type { z } from 'zod'
import { mayDo } from '../identity/index.ts'
import type { Filter } from '../index/search.ts'
import { RehearsalStopped, RehearsalTooLarge } from '../rehearsal/index.ts'
import { allow, type ApiEnv, type Caller } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { toFilter } from './filter.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { rehearsalReport, rehearsalRequest } from './schemas.ts'

type RehearsalRequest = z.infer<typeof rehearsalRequest>

/** What a draft is called that would become no version of anything: no policy can have this name. */
const draftName = '(draft)'
const sinceDefault = '7d'
const pageSize = 500
/** So many commands are rehearsed; sessions that come before are left out. */
const commandsMax = 1_000_000

/** Drafts of policies, tried on what was recorded. */
export function rehearseApi(deps: ApiDeps) {
  return new Hono<ApiEnv>().post(
    '/',
    describeRoute({
      tags: ['policies'],
      summary: 'Says what past commands would have met under a draft',
      description:
        'Nothing is published. The draft is rehearsed together with the other policies in force, in the place of the one that it `replaces`, on the recordings of the newest sessions that fit. With `Accept: text/event-stream` the answer is a stream: events `progress` (`{sessions, of, commands}`), then one `result`, or one `problem`; a client that goes away ends the rehearsal.',
      responses: {
        200: {
          description: 'what came of it',
          content: { ...json('', rehearsalReport).content, 'text/event-stream': { schema: { type: 'string' } } },
        },
        ...problems(400, 401, 403, 413, 422, 503),
      },
    }),
    allow('publish policies'),
    validator('json', rehearsalRequest, refuseInvalid),
    async c => {
      const request = c.req.valid('json')
      const { ask, sessions } = await askFor(deps, { ...request, showsValues: mayReadTrail(c.get('caller')) })
      let onProgress: (progress: Progress) => void = () => {}
      const rehearsing = deps.rehearsals.start({ ask, sessions, onProgress: progress => onProgress(progress) })
      if (!rehearsing) throw new Problem(503, 'as many rehearsals as there may be are under way: try again when one is over')
      if (!/\btext\/event-stream\b/.test(c.req.header('accept') ?? '')) {
        const { signal } = c.req.raw
        signal.addEventListener('abort', rehearsing.stop)
        if (signal.aborted) rehearsing.stop()
        const report = await rehearsing.report.catch((error: unknown) => {
          throw problemOf(error) ?? error
        })
        return c.json(report)
      }
      c.header('x-accel-buffering', 'no')
      return streamSSE(c, async stream => {
        stream.onAbort(rehearsing.stop)
        onProgress = progress => void stream.writeSSE({ event: 'progress', data: JSON.stringify(progress) })
        try {
          await stream.writeSSE({ event: 'result', data: JSON.stringify(await rehearsing.report) })
        } catch (error) {
          if (stream.aborted) return
          const said = problemOf(error)
          if (!said) deps.onError(error, { method: c.req.method, path: c.req.path })
          const { status = 500, message = 'something went wrong here; the gateway’s log says what' } = said ?? {}
          await stream.writeSSE({ event: 'problem', data: JSON.stringify({ status, detail: message }) })
        }
      })
    },
  )
}

/** Values of answers are for whoever may read the recordings they are in. */
function mayReadTrail(caller: Caller): boolean {
  return 'role' in caller && mayDo(caller.role, 'read trail')
}

/** What is to be rehearsed, and on which sessions, the earliest first. */
async function askFor(
  deps: ApiDeps,
  request: RehearsalRequest & { showsValues: boolean },
): Promise<{ ask: RehearsalAsk; sessions: string[] }> {
  const policies = policiesOf(deps, request)
  const { since = sinceDefault, until, filter: where } = request
  const filter = toFilter({ ...where, since, until }, deps.machine.clock)
  const { sessions, isTruncated } = await findSessions(deps, filter, request.limit)
  const { bytes } = await deps.search.lag()
  const unknowns = bytes > 0 ? [`search is ${bytes} bytes of recordings behind: the newest sessions may be missing`] : []
  if (isTruncated) unknowns.push(`there are earlier sessions than the ${sessions.length} that were rehearsed`)
  return {
    ask: {
      policies,
      sinceUs: filter.sinceUs ?? null,
      untilUs: filter.untilUs ?? null,
      unknowns,
      isTruncated,
      showsValues: request.showsValues,
    },
    sessions,
  }
}

/** The drafts, and what stays in force beside them. Throws where one does not compile. */
function policiesOf({ policies }: ApiDeps, { source, replaces = draftName, policies: named = {} }: RehearsalRequest): RehearsedPolicy[] {
  const sources = Object.entries({ ...named, ...(source === undefined ? {} : { [replaces]: source }) })
  const drafts = sources.map(([name, text]): RehearsedPolicy => {
    const { ruleset, problems: found } = policies.check(text)
    if (ruleset) return { name, version: null, ruleset }
    const errors = found.filter(({ severity }) => severity === 'error')
    throw new Problem(422, `${name} does not compile: ${errors.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}`, {
      more: { problems: found },
    })
  })
  const others = policies.list().filter(({ name }) => !drafts.some(draft => draft.name === name))
  return [...drafts, ...others.map(({ name, version, ruleset }) => ({ name, version, ruleset }))].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )
}

/** The newest sessions that fit, with as many commands as one rehearsal takes. */
async function findSessions({ search }: ApiDeps, filter: Filter, limit: number): Promise<{ sessions: string[]; isTruncated: boolean }> {
  const sessions: string[] = []
  let commands = 0
  let cursor: string | null = null
  do {
    const page = await search.sessions(filter, { limit: pageSize, cursor })
    for (const session of page.items) {
      commands += session.commands
      if (sessions.length === limit || (commands > commandsMax && sessions.length > 0))
        return { sessions: sessions.toReversed(), isTruncated: true }
      sessions.push(session.id)
    }
    cursor = page.cursor
  } while (cursor !== null)
  return { sessions: sessions.toReversed(), isTruncated: false }
}

/** What can be said of why nothing came of a rehearsal; null for what is ours. */
function problemOf(error: unknown): Problem | null {
  if (error instanceof RehearsalTooLarge) return new Problem(413, error.message)
  if (error instanceof RehearsalStopped) return new Problem(503, error.message)
  return null
}
