import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { ApiEnv } from '../api/caller.ts'
import type { approval as approvalShape } from '../api/schemas.ts'
import { serveApi } from '../api/serve.ts'
import { approvalsCommand, writeApproval } from './approvals.ts'
import type { Shell } from './command-line.ts'

const approval: z.infer<typeof approvalShape> = {
  id: 'apr_1',
  state: 'pending',
  command: 's.3',
  session: 's',
  run: 'run_1',
  attempt: 2,
  principal: 'backfill',
  delegation: ['scheduler', 'launcher'],
  task: 'nightly',
  trigger: 'cron',
  agentVersion: '1.4',
  target: 'shop',
  labels: { env: 'prod' },
  protocol: 'postgres',
  text: 'delete from orders\nwhere id = $1 or true',
  parameters: [
    { type: 'int4', oid: 23, value: '7' },
    { type: 'text', oid: 25, value: null },
    { type: 'text', oid: 25, value: { masked: null, rule: 'hide cards' } },
  ],
  isCut: false,
  isMissing: false,
  isAsSent: true,
  shape: 'ef'.repeat(32),
  operations: [{ verb: 'DELETE', tables: ['orders'], columns: [], hasWhere: false, inside: 'SELECT' }],
  transaction: 'transaction',
  reason: 'a DELETE without WHERE',
  rules: ['destructive SQL'],
  demands: [{ rule: 'destructive SQL', by: ['dba', 'sre'], quorum: 2, votes: 1, met: false }],
  policyVersion: 'prod@0123456789ab',
  digest: 'ab'.repeat(32),
  askedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T00:15:00.000Z',
  reviews: [{ by: 'ada', vote: 'approve', comment: 'looks right', at: '2026-01-01T00:01:00.000Z', digest: 'ab'.repeat(32) }],
  canReview: true,
}

describe('writeApproval', () => {
  it('shows everything there is to decide on', () => {
    expect(writeApproval(approval)).toBe(`approval  apr_1: pending, until 2026-01-01T00:15:00.000Z
who       backfill < scheduler < launcher (run run_1; task nightly, attempt 2; version 1.4; set off by cron)
where     shop (postgres) env=prod
why       a DELETE without WHERE
needs     2 of dba or sre, has 1: rule \`destructive SQL\` of prod@0123456789ab
would do  DELETE orders inside SELECT (no condition limits its rows)
inside    a transaction
command   s.3
  | delete from orders
  | where id = $1 or true
with
  | 1: int4 '7'
  | 2: text NULL
  | 3: text masked by \`hide cards\`
digest    ${'ab'.repeat(32)}
approved by ada at 2026-01-01T00:01:00.000Z: looks right
`)
  })

  it('shows what would rewrite the terminal, turn its direction, or pass for another line of ours', () => {
    const hostile = 'a\x1b[2J\rdigest    0000\u202E\u200B\x9b1m'
    const shown = writeApproval({
      ...approval,
      text: `select 1\n${hostile}`,
      parameters: [{ type: hostile, oid: 1, value: `x\n${hostile}` }],
      principal: hostile,
      reason: `ok\nwhere     harmless`,
      reviews: [{ ...approval.reviews[0]!, comment: `fine\n${hostile}` }],
    })
    expect(shown).not.toMatch(/[^\n\x20-\x7e\u2400-\u2421]/)
    expect(shown.match(/^where /gm)).toHaveLength(1)
    expect(shown.match(/^digest /gm)).toHaveLength(1)
    expect(shown).toContain('why       ok␊where     harmless')
  })

  it('shows a long text to its end', () => {
    expect(writeApproval({ ...approval, text: `${'x'.repeat(100_000)}; drop table orders` })).toContain('x; drop table orders\n')
  })
})

describe('steno approvals', () => {
  let served: Awaited<ReturnType<typeof serveApi>>
  let known = approval
  const voted: unknown[] = []
  const asked: string[] = []
  const takenBack: string[] = []

  beforeEach(async () => {
    known = approval
    voted.length = 0
    asked.length = 0
    takenBack.length = 0
    const api = new Hono<ApiEnv>()
      .get('/api/approvals', c => {
        asked.push(new URL(c.req.url).search)
        return c.json({ items: [known], cursor: null })
      })
      .get('/api/approvals/:id', c => (c.req.param('id') === known.id ? c.json(known) : c.json({ detail: 'none of this id' }, 404)))
      .delete('/api/approvals/:id/grant', c => {
        takenBack.push(c.req.param('id'))
        return c.json(known)
      })
      .post('/api/approvals/:id/reviews', async c => {
        voted.push(await c.req.json())
        return c.json({ ...known, state: 'granted', decidedAt: known.askedAt, canReview: false, cannotReview: 'it is over' })
      })
    served = await serveApi(api, { address: { host: '127.0.0.1', port: 0 }, tls: null })
  })
  afterEach(() => served.close())

  async function run(line: string[], answer?: string, hear: (question: string) => void = () => {}) {
    let [out, err] = ['', '']
    const shell: Shell = {
      env: { STENO_URL: `http://127.0.0.1:${served.address.port}`, STENO_TOKEN: 't' },
      out: text => void (out += text),
      err: text => void (err += text),
      drained: async () => {},
      width: 200,
      ...(answer === undefined
        ? {}
        : {
            ask: async (question: string) => {
              hear(question)
              return answer
            },
          }),
    }
    const code = await approvalsCommand.run(line, shell)
    return { code, out, err }
  }

  it('lists what is pending, or another state, or all', async () => {
    const { out } = await run([])
    expect(out).toContain(
      '2026-01-01 00:00:00  00:15:00  pending  backfill < scheduler < launcher  shop    dba|sre 1/2  apr_1  delete from',
    )
    await run(['--state', 'granted'])
    expect((await run(['--state', 'all', '--json'])).out).toBe(`${JSON.stringify(approval)}\n`)
    expect(asked).toEqual(['?state=pending&limit=50', '?state=granted&limit=50', '?limit=50'])
    await expect(run(['--state', 'open'])).rejects.toThrow('--state: expected one of pending')
  })

  it('shows one', async () => {
    expect((await run(['show', 'apr_1'])).out).toBe(writeApproval(approval))
    await expect(run(['show', 'apr_2'])).rejects.toThrow('none of this id')
  })

  it('votes on what it showed, once somebody said yes', async () => {
    const { code, out, err } = await run(['approve', 'apr_1', '--comment', 'go on'], 'yes')
    expect([code, out, err]).toEqual([0, 'granted\n', writeApproval(approval)])
    expect(voted).toEqual([{ vote: 'approve', comment: 'go on', digest: approval.digest }])
  })

  it('votes for the shape for a while, and says so before it asks', async () => {
    let asked = ''
    await run(['approve', 'apr_1', '--for', '10'], 'yes', question => (asked = question))
    expect(asked).toBe('approve it, and whatever is like it but for plain values in run run_1 for 10 min? [y/N] ')
    expect(voted).toEqual([{ vote: 'approve', comment: '', digest: approval.digest, forMinutes: 10 }])
    await expect(run(['reject', 'apr_1', '--for', '10', '--comment', 'no', '--yes'])).rejects.toThrow('beside approve alone')
    await expect(run(['approve', 'apr_1', '--for', '241', '--yes'])).rejects.toThrow('--for')
    expect(voted).toHaveLength(1)
  })

  it('lists by who and where, and takes back what was granted', async () => {
    await run(['--state', 'decided', '--target', 'shop', '--agent', 'backfill', '--reviewer', 'ada', '--since', '7d'])
    expect(asked).toEqual(['?state=decided&target=shop&agent=backfill&reviewer=ada&since=7d&limit=50'])
    const grant = { shape: 'ef'.repeat(32), by: ['ada'], at: approval.askedAt, until: approval.expiresAt, passed: 2, ended: null }
    known = { ...approval, state: 'granted', decidedAt: approval.askedAt, grant }
    expect((await run(['show', 'apr_1'])).out).toContain(
      'granted   its shape in this run by ada until 2026-01-01T00:15:00.000Z, let 2 pass\n',
    )
    expect((await run(['take-back', 'apr_1'])).out).toBe('taken back\n')
    expect(takenBack).toEqual(['apr_1'])
  })

  it.each(['', 'n', 'no', 'yesterday'])('does not vote when the answer is `%s`', async answer => {
    expect(await run(['approve', 'apr_1'], answer)).toMatchObject({ code: 1, out: '' })
    expect(voted).toEqual([])
  })

  it('votes unasked only with --yes', async () => {
    await expect(run(['approve', 'apr_1'])).rejects.toThrow('expected --yes')
    expect(voted).toEqual([])
    await run(['reject', 'apr_1', '--comment', 'no', '--yes'])
    expect(voted).toEqual([{ vote: 'reject', comment: 'no', digest: approval.digest }])
  })

  it('rejects only with a reason', async () => {
    await expect(run(['reject', 'apr_1', '--yes'])).rejects.toThrow('--comment: expected why')
    expect(voted).toEqual([])
  })

  it('says why a vote would not count before it asks for one', async () => {
    known = { ...approval, canReview: false, cannotReview: 'ada has voted already' }
    await expect(run(['approve', 'apr_1', '--yes'])).rejects.toThrow('ada has voted already')
    expect(voted).toEqual([])
  })

  it.each([[['shwo', 'apr_1']], [['approve']], [['show', 'a', 'b']], [['list', 'x']]])('does not understand %j', async line => {
    await expect(run(line, 'yes')).rejects.toMatchObject({ exitCode: 2 })
  })
})
