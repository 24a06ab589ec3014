import { describe, expect, it } from 'vitest'
import { mayDo, roles, type Permission, type Role } from '../identity/index.ts'
import { apiOf, secrets } from '../rehearsal/test-api.ts'
import { History } from '../rehearsal/test-history.ts'

/** `whose it is`: what is not the caller's is not there for them, which is 404 and not this test's. */
type Who = 'everybody' | 'whoever is proven' | 'whose it is' | 'agents' | Permission

/** Who may use each route. One that is not here has not been decided about, and fails the test. */
const decided: Record<string, Who> = {
  'GET /*': 'everybody',
  'GET /healthz': 'everybody',
  'GET /metrics': 'everybody',
  'GET /checkpoint': 'everybody',
  'GET /tile/:level/:place{.+}': 'everybody',
  'GET /handover/:leaf': 'everybody',
  'GET /api/openapi.json': 'everybody',
  'GET /api/config-schema.json': 'everybody',
  'POST /api/sign-in': 'everybody',
  'POST /api/sign-out': 'whoever is proven',
  'POST /api/sign-in/links': 'manage tokens',
  'GET /api/me': 'whoever is proven',
  'GET /api/sessions': 'read trail',
  'GET /api/sessions/:id': 'read trail',
  'GET /api/sessions/:id/recording': 'read trail',
  'POST /api/sessions/:id/terminate': 'terminate',
  'GET /api/commands': 'read trail',
  'GET /api/commands/histogram': 'read trail',
  'GET /api/commands/:id': 'read trail',
  'GET /api/runs': 'read trail',
  'POST /api/runs': 'agents',
  'GET /api/runs/compare': 'read trail',
  'GET /api/runs/:id': 'read trail',
  'POST /api/runs/:id/end': 'whose it is',
  'GET /api/approvals': 'read trail',
  'GET /api/approvals/:id': 'read trail',
  'GET /api/approvals/:id/history': 'read trail',
  'GET /api/approvals/:id/estimate': 'review approvals',
  'POST /api/approvals/:id/reviews': 'review approvals',
  'DELETE /api/approvals/:id/grant': 'review approvals',
  'GET /api/policies': 'read policies',
  'GET /api/policies/types': 'read policies',
  'GET /api/policies/schema': 'read policies',
  'GET /api/policies/activity': 'read policies',
  'POST /api/policies/compile': 'publish policies',
  'POST /api/policies/rehearse': 'publish policies',
  'GET /api/policies/proposals': 'read policies',
  'GET /api/policies/proposals/:id': 'read policies',
  'POST /api/policies/proposals/:id/reviews': 'review policies',
  'GET /api/policies/:name': 'read policies',
  'GET /api/policies/:name/versions/:version': 'read policies',
  'PUT /api/policies/:name': 'publish policies',
  'DELETE /api/policies/:name': 'publish policies',
  'GET /api/agents': 'manage agents',
  'POST /api/agents': 'manage agents',
  'DELETE /api/agents/:name': 'manage agents',
  'GET /api/tokens': 'manage tokens',
  'POST /api/tokens': 'manage tokens',
  'DELETE /api/tokens/:name': 'manage tokens',
  'GET /api/targets': 'read trail',
  'GET /api/holds': 'read trail',
  'POST /api/holds': 'place holds',
  'DELETE /api/holds/:id': 'lift holds',
  'GET /api/erasures': 'read trail',
  'GET /api/erasures/:id': 'read trail',
  'POST /api/erasures': 'erase',
  'POST /api/erasures/:id/approve': 'erase',
  'POST /api/erasures/:id/refuse': 'erase',
  'GET /api/events': 'read trail',
  'GET /api/index': 'read trail',
  'POST /api/index/check': 'read trail',
  'POST /api/index/rebuild': 'operate',
  'GET /api/log': 'read trail',
  'GET /api/log/epochs/:number': 'read trail',
  'GET /api/log/ledger': 'read trail',
  'GET /api/log/sessions/:session': 'read trail',
  'POST /api/log/rotate-key': 'operate',
}

/** What each role may do, said once more: whoever changes `roles.ts` changes it here, and is asked about it. */
const can: Record<Role, Permission[]> = {
  author: ['read trail', 'read policies', 'publish policies', 'review policies'],
  approver: ['read trail', 'read policies', 'review policies', 'terminate', 'review approvals'],
  investigator: ['read trail', 'read policies', 'terminate', 'place holds', 'erase'],
  admin: [
    'read trail',
    'read policies',
    'publish policies',
    'review policies',
    'terminate',
    'review approvals',
    'manage agents',
    'manage tokens',
    'place holds',
    'lift holds',
    'erase',
    'operate',
  ],
}

type Caller = Role | 'agent' | 'nobody'
const callers: Caller[] = [...roles, 'agent', 'nobody']
const secretOf: Record<Caller, string | null> = { ...secrets, agent: 'backfill-secret-0123456', nobody: null }

const history = new History()
const { app } = await apiOf(history)
const routes = [
  ...new Set(app.routes.filter(({ method, path }) => method !== 'ALL' && path !== '*').map(({ method, path }) => `${method} ${path}`)),
]

/** Asks with nothing that makes sense but the caller: what is refused before that is looked at is refused for who they are. */
async function statusFor(route: string, caller: Caller): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const secret = secretOf[caller]
  const hasBody = method === 'POST' || method === 'PUT'
  const answer = await app.request(path.replace('*', '').replace(/:\w+(\{\.\+\})?/g, 'none'), {
    method,
    headers: {
      'sec-fetch-site': 'same-origin',
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: '{}' } : {}),
  })
  await answer.body?.cancel()
  return answer.status
}

/** What the caller's part in a route is: 401 for who is nobody, 403 for who may not, null for who may. */
function refusalOf(who: Who, caller: Caller): 401 | 403 | null {
  if (who === 'everybody') return null
  if (caller === 'nobody') return 401
  if (who === 'whoever is proven' || who === 'whose it is') return null
  if (who === 'agents') return caller === 'agent' ? null : 403
  return caller !== 'agent' && can[caller].includes(who) ? null : 403
}

describe('every route', () => {
  it('is decided about, and none that is gone', () => {
    expect(routes.toSorted()).toEqual(Object.keys(decided).toSorted())
  })

  it.each(callers)('lets %s do their part and nothing else', async caller => {
    for (const [route, who] of Object.entries(decided)) {
      const status = await statusFor(route, caller)
      const refused = status === 401 || status === 403 ? status : null
      // A link that is no link is 401 to everybody.
      if (route !== 'POST /api/sign-in') expect({ route, refused }).toEqual({ route, refused: refusalOf(who, caller) })
    }
  })
})

describe('every role', () => {
  it('may do its part and nothing else', () => {
    const all = [...new Set(Object.values(can).flat())]
    expect(Object.fromEntries(roles.map(role => [role, all.filter(permission => mayDo(role, permission)).toSorted()]))).toEqual(
      Object.fromEntries(roles.map(role => [role, can[role].toSorted()])),
    )
  })
})
