import { beforeEach, describe, expect, it } from 'vitest'
import { forbidding } from '../policies/test-policies.ts'
import { RehearsalStopped, RehearsalTooLarge } from '../rehearsal/index.ts'
import { apiOf, secrets } from '../rehearsal/test-api.ts'
import { History } from '../rehearsal/test-history.ts'
import { problem, rehearsalReport } from './schemas.ts'

let history: History
let gateway: Awaited<ReturnType<typeof apiOf>>
beforeEach(async () => {
  history = new History()
  gateway = await apiOf(history)
})

const ask = (body: unknown, { token = secrets.author, accept = 'application/json' }: { token?: string; accept?: string } = {}) =>
  gateway.app.request('/api/policies/rehearse', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })

const report = async (body: unknown) => {
  const answer = await ask(body)
  expect(answer.status, await answer.clone().text()).toBe(200)
  return rehearsalReport.parse(await answer.json())
}

/** The events of a stream, in their order. */
async function eventsOf(answer: Response): Promise<{ event: string; data: unknown }[]> {
  const text = await answer.text()
  return text
    .split('\n\n')
    .filter(block => block.trim() !== '')
    .map(block => {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
      return { event, data: JSON.parse(data) as unknown }
    })
}

describe('POST /api/policies/rehearse', () => {
  it('is for those who may publish, and for nobody else', async () => {
    for (const token of [secrets.admin, secrets.author]) expect((await ask({ source: '' }, { token })).status).toBe(200)
    for (const token of [secrets.approver, secrets.investigator, 'backfill-secret-0123456'])
      expect((await ask({ source: '' }, { token })).status).toBe(403)
    expect((await ask({ source: '' }, { token: 'nobody-s-secret-0123456' })).status).toBe(401)
    expect(gateway.rehearsals.started).toHaveLength(2)
  })

  it('rehearses a draft beside what is in force, and publishes nothing', async () => {
    await history.publish('guard', forbidding('DELETE'))
    await history.session(['DELETE FROM orders', 'UPDATE orders SET id = 1'])
    const said = await report({ source: forbidding('UPDATE') })
    expect(said.policies).toEqual([
      { name: '(draft)', version: null },
      { name: 'guard', version: expect.stringMatching(/^guard@/) },
    ])
    expect(said.matrix).toEqual({
      allow: { allow: 0, hold: 0, deny: 1 },
      hold: { allow: 0, hold: 0, deny: 0 },
      deny: { allow: 0, hold: 0, deny: 1 },
    })
    expect(said.flips).toMatchObject([{ rule: 'no UPDATE', policy: '(draft)', before: 'allow', after: 'deny' }])
    expect(history.policies.list().map(({ name }) => name)).toEqual(['guard'])
  })

  it('puts a draft in the place of the policy that it replaces', async () => {
    await history.publish('guard', forbidding('DELETE'))
    await history.session(['DELETE FROM orders'])
    const said = await report({ source: forbidding('UPDATE'), replaces: 'guard' })
    expect(said.policies).toEqual([{ name: 'guard', version: null }])
    expect(said.matrix.deny).toEqual({ allow: 1, hold: 0, deny: 0 })
    expect(said.rulesGone).toEqual([{ rule: 'no DELETE', newlyAllowed: 1 }])
  })

  it('takes several drafts by their names', async () => {
    await history.publish('guard', forbidding('DELETE'))
    await history.session(['DELETE FROM orders', 'UPDATE orders SET id = 1'])
    const said = await report({ policies: { guard: forbidding('SELECT'), more: forbidding('UPDATE') } })
    expect(said.policies.map(({ name, version }) => [name, version])).toEqual([
      ['guard', null],
      ['more', null],
    ])
    expect(said.flips.map(({ before, after }) => `${before} ${after}`)).toEqual(['deny allow', 'allow deny'])
  })

  it('asks the index for what the filter says, of the last week where nothing is said', async () => {
    const nowUs = history.machine.clock.nowUs()
    await history.session(['SELECT 1'], { target: 'billing' })
    await history.session(['SELECT 1'], { agent: 'reporter' })
    await history.session(['SELECT 1'])
    expect(await report({ source: '', filter: { target: 'shop', agent: 'backfill' } })).toMatchObject({ sessions: 1, isTruncated: false })
    expect(gateway.search.filters[0]).toEqual({
      target: 'shop',
      agent: 'backfill',
      sinceUs: history.machine.clock.nowUs() - 7 * 86_400_000_000,
    })
    await report({
      source: '',
      filter: { principal: 'ada', task: 'nightly' },
      since: '2026-01-01T00:00:00Z',
      until: '2026-01-01T00:00:02Z',
    })
    expect(gateway.search.filters.at(-1)).toEqual({ principal: 'ada', task: 'nightly', sinceUs: nowUs, untilUs: nowUs + 2_000_000 })
  })

  it('takes the newest sessions, as many as it may, and says that there are more', async () => {
    for (const verb of ['one', 'two', 'three', 'four', 'five']) await history.session([`SELECT '${verb}'`])
    const said = await report({ source: forbidding('SELECT'), limit: 3 })
    expect(said).toMatchObject({ sessions: 3, isTruncated: true })
    expect(said.flips.map(({ text }) => text)).toEqual(["SELECT 'three'", "SELECT 'four'", "SELECT 'five'"])
    expect(said.unknowns).toContain('there are earlier sessions than the 3 that were rehearsed')
    expect(await report({ source: '', limit: 5 })).toMatchObject({ sessions: 5, isTruncated: false })
  })

  it('says that search is behind, because then the newest may be missing', async () => {
    gateway.search.behindBytes = 4096
    expect((await report({ source: '' })).unknowns).toEqual([
      'search is 4096 bytes of recordings behind: the newest sessions may be missing',
    ])
  })

  it('refuses a draft that does not compile, with every problem in its place', async () => {
    const answer = await ask({ policies: { more: forbidding('DELETE').replace('op.verb', 'op.verbb').replace("'prod'", '7') } })
    expect(answer.status).toBe(422)
    const said = problem.parse(await answer.json())
    expect(said.detail).toContain('more does not compile: line 2')
    expect(said.problems?.map(({ line }) => line)).toEqual([2, 3])
    expect(gateway.rehearsals.started).toEqual([])
  })

  it.each([
    [{}, 'source'],
    [{ policies: {} }, 'source'],
    [{ source: '', since: 'yesterday' }, 'since'],
    [{ source: '', limit: 0 }, 'limit'],
    [{ source: '', replaces: '../x' }, 'replaces'],
    [{ source: '', replaces: 'guard', policies: { guard: '' } }, 'once'],
    [{ policies: { guard: '' }, replaces: 'guard' }, 'goes with'],
    [{ policies: { 'a/b': '' } }, 'policies'],
    [{ source: '', filter: { table: 'orders' } }, 'table'],
    [{ source: 7 }, 'source'],
  ])('refuses %j', async (body, word) => {
    const answer = await ask(body)
    expect(answer.status).toBe(400)
    expect(problem.parse(await answer.json()).detail).toContain(word)
  })

  it('streams how far it is, and then what came of it', async () => {
    await history.session(['DELETE FROM orders', 'SELECT 1'])
    const answer = await ask({ source: forbidding('DELETE') }, { accept: 'text/event-stream' })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const events = await eventsOf(answer)
    expect(events.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true)
    expect(events.at(-2)?.data).toEqual({ sessions: 1, of: 1, commands: 2 })
    expect(events.at(-1)?.event).toBe('result')
    expect(rehearsalReport.parse(events.at(-1)?.data)).toMatchObject({ flipsTotal: 1 })
  })

  it('stops when whoever asked goes away', async () => {
    gateway.rehearsals.outcome = new Promise(() => {})
    const answer = await ask({ source: '' }, { accept: 'text/event-stream' })
    await answer.body?.cancel()
    expect(gateway.rehearsals.stopped).toBe(1)

    const gone = new AbortController()
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secrets.author}` }
    const body = JSON.stringify({ source: '' })
    void gateway.app.request('/api/policies/rehearse', { method: 'POST', headers, body, signal: gone.signal })
    await expect.poll(() => gateway.rehearsals.started.length).toBe(2)
    gone.abort()
    expect(gateway.rehearsals.stopped).toBe(2)
  })

  it('tells what went wrong as a problem, in a stream too, and nothing of what is ours', async () => {
    gateway.rehearsals.outcome = Promise.reject(new RehearsalTooLarge())
    expect((await ask({ source: '' })).status).toBe(413)
    const [tooLarge] = await eventsOf(await ask({ source: '' }, { accept: 'text/event-stream' }))
    expect(tooLarge).toEqual({ event: 'problem', data: { status: 413, detail: expect.stringContaining('fewer sessions') } })
    gateway.rehearsals.outcome = Promise.reject(new RehearsalStopped())
    expect((await ask({ source: '' })).status).toBe(503)
    expect(gateway.errors).toEqual([])
    gateway.rehearsals.outcome = Promise.reject(new Error('hunter2'))
    expect((await ask({ source: '' })).status).toBe(500)
    const [ours] = await eventsOf(await ask({ source: '' }, { accept: 'text/event-stream' }))
    expect(JSON.stringify(ours)).not.toContain('hunter2')
    expect(ours).toMatchObject({ event: 'problem', data: { status: 500 } })
    expect(gateway.errors).toHaveLength(2)
  })

  it('starts no more than there may be at once', async () => {
    gateway.rehearsals.isBusy = true
    expect((await ask({ source: '' })).status).toBe(503)
  })
})
