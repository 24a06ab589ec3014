import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { z } from 'zod'
import { permissionsOf } from '../identity/index.ts'
import { actorOf, allow, authenticate, giveCookie, takeCookie, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { me, tokenRequest } from './schemas.ts'

const link = z.strictObject({
  path: z.string().meta({ description: 'below the address of the gateway; works once' }),
  expiresAt: z.string(),
})

/** Signing in and out: a link that works once becomes a session cookie. */
export function signInApi(deps: ApiDeps) {
  const tags = ['sign-in']
  return new Hono<ApiEnv>()
    .post(
      '/sign-in',
      describeRoute({
        tags,
        summary: 'Signs in with the secret of a sign-in link',
        responses: { 200: json('who is signed in now; the session cookie is set', me), ...problems(400, 401, 403, 413, 503) },
      }),
      validator('json', z.strictObject({ token: z.string().min(1).max(200) }), refuseInvalid),
      async c => {
        const entered = await deps.signIn.enter(c.req.valid('json').token)
        if (!entered) throw new Problem(401, 'this link was used already, or has expired; ask for another')
        giveCookie(c, { cookie: entered.cookie, expiresAtUs: entered.person.expiresAtUs, deps })
        const { name, role, groups } = entered.person
        return c.json({ kind: 'person' as const, name, role, groups, permissions: [...permissionsOf(role)] })
      },
    )
    .post(
      '/sign-out',
      describeRoute({
        tags,
        summary: 'Signs out',
        responses: { 204: { description: 'the session cookie is worth nothing any more' }, ...problems(401, 403, 503) },
      }),
      authenticate(deps),
      async c => {
        const cookie = takeCookie(c, deps)
        if (cookie) await deps.signIn.leave(cookie, actorOf(c.get('caller')))
        return c.body(null, 204)
      },
    )
    .post(
      '/sign-in/links',
      describeRoute({
        tags,
        summary: 'Makes a sign-in link for somebody',
        responses: { 201: json('the link', link), ...problems(400, 401, 403, 413) },
      }),
      authenticate(deps),
      allow('manage tokens'),
      validator('json', tokenRequest, refuseInvalid),
      c => {
        const { secret, expiresAtUs } = deps.signIn.createLink(c.req.valid('json'))
        return c.json({ path: signInPath(secret), expiresAt: new Date(expiresAtUs / 1000).toISOString() }, 201, {
          'cache-control': 'no-store',
        })
      },
    )
    .get(
      '/me',
      describeRoute({ tags, summary: 'Who is calling', responses: { 200: json('the caller', me), ...problems(401) } }),
      authenticate(deps),
      c => {
        const caller = c.get('caller')
        const { name } = actorOf(caller)
        const [role, groups] = 'role' in caller ? [caller.role, caller.groups] : [null, []]
        return c.json({ kind: caller.kind, name, role, groups, permissions: role ? [...permissionsOf(role)] : [] })
      },
    )
}

/** Where a sign-in link leads. The secret is in the fragment, which no server log and no `Referer` ever sees. */
export function signInPath(secret: string): string {
  return `/sign-in#token=${secret}`
}
