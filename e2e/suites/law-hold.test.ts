import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { agentSecret, psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { until } from '../support/machine.ts'
import { commandsOf, lawless, publish } from '../support/law.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { errorOf, rowsOf, tagsOf, Wire } from '../support/wire.ts'
import { int16, int32, message } from '../support/raw.ts'

let postgres: Postgres
let gateway: Gateway
let current: Run
/** API tokens by whose they are. */
const tokens: Record<string, string> = {}
let heard: Heard
const webhookKey = Buffer.alloc(32, 7)

const asking = (more = '') => `
rule('a DBA looks first', {
  on: target('shop'),
  when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere,
  effect: requireApproval({ by: 'dba', within: '20s'${more} }),
})
`

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('CREATE TABLE orders (id int PRIMARY KEY, note text)')
  const secret = (name: string) => ({ env: `TOKEN_${name}` })
  const names = {
    ada: ['approver', ['dba']],
    ben: ['approver', ['dba']],
    cy: ['approver', ['sales']],
    dee: ['investigator', ['dba']],
    'agent-x': ['approver', ['dba']],
  } as const
  for (const [name] of Object.entries(names)) {
    tokens[name] = `token-of-${name}-0123456789abcdef`
    process.env[`TOKEN_${name.replace('-', '_')}`] = tokens[name]
  }
  heard = await startEndpoints()
  const secretOf = { value: `whsec_${webhookKey.toString('base64')}` }
  gateway = await startGateway(postgres, {
    webhooks: {
      chat: { url: `${heard.url}/chat`, secret: secretOf },
      stuck: { url: `${heard.url}/stuck`, secret: secretOf },
    },
    tokens: {
      admin: { role: 'admin', secret: { env: 'ADMIN_T' } },
      ...Object.fromEntries(
        Object.entries(names).map(([name, [role, groups]]) => [
          name,
          { role, groups: [...groups], secret: secret(name.replace('-', '_')) },
        ]),
      ),
    },
  })
  current = await gateway.run({ task: 'hold' })
})

afterAll(async () => {
  await gateway?.stop()
  await heard?.close()
  await postgres?.stop()
})

interface Heard {
  url: string
  /** What `/chat` was told, and `/stuck`, which never answers. */
  messages: { path: string; headers: IncomingHttpHeaders; body: string }[]
  close(): Promise<void>
}

async function startEndpoints(): Promise<Heard> {
  const messages: Heard['messages'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => (body += bytes.toString()))
    request.on('end', () => {
      messages.push({ path: request.url ?? '', headers: request.headers, body })
      if (request.url === '/chat') response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

beforeEach(async () => {
  await lawless(gateway)
  await publish(gateway, 'hold', asking())
  await postgres.sql("TRUNCATE orders; INSERT INTO orders VALUES (1, 'a'), (2, 'b')")
})

const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

interface Waiting {
  child: ChildProcess
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

/** A psql that runs one text, and what becomes of it. */
function startPsql(text: string, url = current.url): Waiting {
  const child = spawn('psql', [url, '-X', '-v', 'VERBOSITY=verbose', '-c', text], { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let [stdout, stderr] = ['', '']
  child.stdout!.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr!.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  return { child, ended: new Promise(resolve => child.on('close', code => resolve({ code, stdout, stderr }))) }
}

/** The one request that waits. */
function pending(): Promise<any> {
  return until('a pending approval', async () => {
    const { body } = await gateway.call('GET', '/api/approvals?state=pending')
    return body.items.length === 1 && body.items[0]
  })
}

const settled = (id: string, state: string) =>
  until(`the approval to be ${state}`, async () => (await gateway.call('GET', `/api/approvals/${id}`)).body.state === state)

const vote = (id: string, who: string, how: 'approve' | 'reject' = 'approve', comment = 'seen') =>
  gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: how, comment }, tokens[who] ?? who)

const rows = async () => Number(await postgres.sql('SELECT count(*) FROM orders'))

describe('a held statement', () => {
  it('waits on its open connection while others work, runs when it is approved, and all of it is written down', async () => {
    const mine = await gateway.run({ task: 'held' })
    const waiting = startPsql('DELETE FROM orders', mine.url)
    const asked = await pending()
    expect(asked).toMatchObject({
      state: 'pending',
      principal: 'agent-x',
      run: mine.id,
      target: 'shop',
      text: 'DELETE FROM orders',
      rules: ['a DBA looks first'],
      operations: [{ verb: 'DELETE', hasWhere: false }],
    })
    expect(asked.digest).toMatch(/^[0-9a-f]{64}$/)
    expect((await psql(mine.url, "SELECT 42; INSERT INTO orders VALUES (3, 'c');")).stdout.trim()).toBe('42')
    expect((await psql(current.url, 'SELECT 43')).stdout.trim()).toBe('43')
    expect(await rows()).toBe(3)
    expect(waiting.child.exitCode).toBeNull()
    expect((await vote(asked.id, 'ada')).body).toMatchObject({ state: 'granted' })
    const ended = await waiting.ended
    expect(ended).toMatchObject({ code: 0, stdout: 'DELETE 3\n', stderr: '' })
    expect(await rows()).toBe(0)
    const recorded = await until('the recording', () =>
      commandsOf(gateway, mine.id).find(({ command }) => command.text === 'DELETE FROM orders'),
    )
    expect(recorded.command.decision).toMatchObject({ verdict: 'hold', approval: asked.id, rule: 'a DBA looks first' })
    expect(recorded.decisions).toMatchObject([
      { verdict: 'allow', approval: asked.id, reviews: [{ by: 'ada', vote: 'approve', comment: 'seen', digest: asked.digest }] },
    ])
    const found = await until('the index', async () => {
      const [item] = await gateway.commands(`run=${mine.id}&verb=DELETE`)
      return item?.affected !== undefined && item
    })
    expect(found).toMatchObject({ approval: asked.id, affected: 3 })
  })

  it('waits in the extended protocol too, with its values shown, and once for each execution', async () => {
    const wire = await Wire.open(gateway.port, current)
    await wire.exchange(message('P', 'd\0UPDATE orders SET note = $1\0', int16(0)), message('S'))
    const execute = (value: string) =>
      wire.exchange(
        message('B', '\0d\0', int16(0), int16(1), int32(value.length), value, int16(0)),
        message('E', '\0', int32(0)),
        message('S'),
      )
    const first = execute('one')
    const asked = await pending()
    expect(asked.parameters).toMatchObject([{ value: 'one' }])
    await vote(asked.id, 'ben')
    expect(tagsOf(await first)).toEqual(['UPDATE 2'])
    const second = execute('two')
    const again = await pending()
    expect(again.id).not.toBe(asked.id)
    await vote(again.id, 'ben', 'reject', 'not again')
    expect(errorOf(await second)).toMatchObject({ C: '42501' })
    wire.close()
    expect(await postgres.sql('SELECT DISTINCT note FROM orders')).toBe('one')
  })

  it('takes what stands behind it in a pipeline along, and holds its order', async () => {
    const wire = await Wire.open(gateway.port, current)
    const parse = (text: string) => message('P', `\0${text}\0`, int16(0))
    const go = [message('B', '\0\0', int16(0), int16(0), int16(0)), message('E', '\0', int32(0))]
    const all = wire.exchange(
      parse("INSERT INTO orders VALUES (7, 'x')"),
      ...go,
      parse('DELETE FROM orders'),
      ...go,
      parse("INSERT INTO orders VALUES (8, 'y')"),
      ...go,
      message('S'),
    )
    const asked = await pending()
    expect(await rows()).toBe(2)
    await vote(asked.id, 'ada')
    expect(tagsOf(await all)).toEqual(['INSERT 0 1', 'DELETE 3', 'INSERT 0 1'])
    wire.close()
    expect(await rows()).toBe(1)
  })

  it('is refused when it is rejected, with the reason, and its transaction fails', async () => {
    const wire = await Wire.open(gateway.port, current)
    await wire.ask('BEGIN')
    const answer = wire.ask('DELETE FROM orders')
    const asked = await pending()
    expect(asked.transaction).toBe('transaction')
    expect((await vote(asked.id, 'ada', 'reject', 'use a WHERE')).body.state).toBe('rejected')
    expect(errorOf(await answer)).toMatchObject({
      C: '42501',
      D: expect.stringContaining('a DBA looks first'),
      H: expect.stringMatching(/\S/),
    })
    expect(errorOf(await wire.ask('SELECT 1'))).toMatchObject({ C: '25P02' })
    await wire.ask('ROLLBACK')
    expect(rowsOf(await wire.ask('SELECT count(*) FROM orders'))).toEqual([['2']])
    wire.close()
    expect((await vote(asked.id, 'ben')).status).toBe(409)
    expect(await rows()).toBe(2)
  })

  it('is refused when nobody decides in time', async () => {
    await publish(gateway, 'hold', asking().replace("'20s'", "'2s'"))
    const waiting = startPsql('DELETE FROM orders')
    const asked = await pending()
    const ended = await waiting.ended
    expect(ended.stderr).toContain('42501')
    expect(ended.code).toBe(1)
    await settled(asked.id, 'expired')
    expect((await vote(asked.id, 'ada')).status).toBe(409)
    expect(await rows()).toBe(2)
  })

  it('is withdrawn by Ctrl-C', async () => {
    const waiting = startPsql('DELETE FROM orders')
    const asked = await pending()
    waiting.child.kill('SIGINT')
    const ended = await waiting.ended
    expect(ended.stderr).toContain('57014')
    await settled(asked.id, 'withdrawn')
    expect((await vote(asked.id, 'ada')).status).toBe(409)
    expect(await rows()).toBe(2)
  })

  it('is withdrawn when its client is killed', async () => {
    const waiting = startPsql('DELETE FROM orders')
    const asked = await pending()
    waiting.child.kill('SIGKILL')
    await settled(asked.id, 'withdrawn')
    expect((await vote(asked.id, 'ada')).status).toBe(409)
    expect(await rows()).toBe(2)
  })

  it('is withdrawn when its run ends', async () => {
    const mine = await gateway.run({ task: 'ends' })
    const waiting = startPsql('DELETE FROM orders', mine.url)
    const asked = await pending()
    expect((await gateway.call('POST', `/api/runs/${mine.id}/end`, { exitCode: 0 }, mine.token)).status).toBe(200)
    await settled(asked.id, 'withdrawn')
    expect((await waiting.ended).code).not.toBe(0)
    expect((await vote(asked.id, 'ada')).status).toBe(409)
    expect(await rows()).toBe(2)
  })

  it('is withdrawn when its session is terminated', async () => {
    const waiting = startPsql('DELETE FROM orders')
    const asked = await pending()
    expect((await gateway.call('POST', `/api/sessions/${asked.session}/terminate`, {})).status).toBeLessThan(300)
    await settled(asked.id, 'withdrawn')
    expect((await waiting.ended).code).not.toBe(0)
    expect(await rows()).toBe(2)
  })

  it('is refused, although approved, when a policy published meanwhile forbids it', async () => {
    const waiting = startPsql('DELETE FROM orders')
    const asked = await pending()
    await publish(
      gateway,
      'never',
      "rule('never', { on: target('shop'), when: op => op.verb === 'DELETE', effect: forbid('never at all') })",
    )
    await vote(asked.id, 'ada')
    const ended = await waiting.ended
    expect(ended.stderr).toContain('42501')
    expect(await rows()).toBe(2)
  })
})

describe('votes', () => {
  it('count only from those who are asked, never from whoever asks', async () => {
    const waiting = startPsql('DELETE FROM orders')
    const { id, digest } = await pending()
    // The wrong group; a role that may not; the agent itself, under any of its tokens; nobody.
    expect((await vote(id, 'cy')).status).toBe(403)
    expect((await vote(id, 'dee')).status).toBe(403)
    expect((await vote(id, agentSecret)).status).toBe(403)
    expect((await vote(id, current.token)).status).toBe(403)
    expect((await vote(id, 'agent-x')).status).toBe(403)
    expect((await vote(id, 'nobodys-token-0123456789abcdef')).status).toBe(401)
    expect(
      (await gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: 'approve', comment: '', digest: '0'.repeat(64) }, tokens['ada']))
        .status,
    ).toBe(409)
    expect((await gateway.call('GET', '/api/approvals?state=pending', undefined, current.token)).status).toBe(403)
    expect(await rows()).toBe(2)
    expect(
      (await gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: 'approve', comment: '', digest }, tokens['ada'])).status,
    ).toBe(200)
    expect((await waiting.ended).stdout).toBe('DELETE 2\n')
  })

  it('are counted by people: two are needed, and one is not two', async () => {
    await publish(gateway, 'hold', asking(', quorum: 2'))
    const waiting = startPsql('DELETE FROM orders')
    const { id } = await pending()
    expect((await vote(id, 'ada')).body).toMatchObject({ state: 'pending', demands: [{ votes: 1, quorum: 2, met: false }] })
    expect((await vote(id, 'ada')).status).toBe(409)
    expect(await rows()).toBe(2)
    expect((await vote(id, 'ben')).body).toMatchObject({ state: 'granted' })
    expect((await waiting.ended).stdout).toBe('DELETE 2\n')
    expect(await rows()).toBe(0)
  })

  it('are listed and given in the shell', async () => {
    const waiting = startPsql('DELETE FROM orders /* \u001b[2J look away */')
    const { id } = await pending()
    const env = { STENO_TOKEN: tokens['ada'] }
    const listed = await gateway.steno(['approvals'], { env })
    expect(listed.stdout).toContain(id)
    expect(listed.stdout).not.toContain('\u001b[2J')
    expect(JSON.parse((await gateway.steno(['approvals', '--json'], { env })).stdout.trim())).toMatchObject({ id, state: 'pending' })
    const shown = await gateway.steno(['approvals', 'show', id], { env })
    expect(shown.stdout).toContain('DELETE FROM orders')
    expect(shown.stdout).not.toContain('\u001b[2J')
    const refused = await gateway.steno(['approvals', 'approve', id, '--yes'], { env: { STENO_TOKEN: tokens['cy'] } })
    expect(refused.code).toBe(1)
    expect(await rows()).toBe(2)
    const approved = await gateway.steno(['approvals', 'approve', id, '--comment', 'by hand', '--yes'], { env })
    expect(approved, approved.stderr).toMatchObject({ code: 0, stdout: 'granted\n' })
    expect((await waiting.ended).stdout).toBe('DELETE 2\n')
    expect((await gateway.steno(['approvals', '--state', 'granted'], { env })).stdout).toContain(id)
  })
})

describe('endpoints', () => {
  it('are told who asks and how it ends, signed, with a link and without the statement; one that is stuck holds nothing up', async () => {
    const waiting = startPsql("DELETE FROM orders /* a secret */ WHERE note = 'confidential' OR true")
    const { id } = await pending()
    await vote(id, 'ada', 'approve', 'between us')
    expect((await waiting.ended).code).toBe(0)
    const told = (type: string) =>
      until(type, () => heard.messages.find(({ path, body }) => path === '/chat' && body.includes(id) && JSON.parse(body).type === type))
    const [requested, settledLater] = [await told('approval.requested'), await told('approval.settled')]
    for (const { headers, body } of [requested, settledLater]) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', webhookKey).update(signed).digest('base64')}`)
      expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60)
      for (const secret of ['confidential', 'a secret', 'between us']) expect(body).not.toContain(secret)
    }
    expect(JSON.parse(requested.body).data).toMatchObject({
      approval: id,
      url: `${gateway.url}/approvals?id=${id}`,
      principal: 'agent-x',
      target: 'shop',
      rules: ['a DBA looks first'],
      operations: [{ verb: 'DELETE', tables: ['public.orders'] }],
    })
    expect(JSON.parse(settledLater.body).data).toMatchObject({ approval: id, state: 'granted', reviews: [{ by: 'ada', vote: 'approve' }] })
    expect(heard.messages.some(({ path }) => path === '/stuck')).toBe(true)
  })
})

describe('a shape that is approved for a while', () => {
  const one = (id: number) => `UPDATE orders SET note = 'n${id}' WHERE id > 0 OR id = ${id}`
  const everyWrite = asking().replace('!op.hasWhere', 'true')
  const grant = async (id: string, who = 'ada') =>
    gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: 'approve', comment: 'a backfill', forMinutes: 10 }, tokens[who])
  const held = async (url: string, text: string) => {
    const waiting = startPsql(text, url)
    const asked = await pending()
    waiting.child.kill('SIGINT')
    await waiting.ended
    await settled(asked.id, 'withdrawn')
    return asked
  }

  it('lets what differs in values alone pass in that run, and nothing else', async () => {
    await publish(gateway, 'hold', everyWrite)
    const mine = await gateway.run({ task: 'granted' })
    const other = await gateway.run({ task: 'not granted' })
    const waiting = startPsql(one(1), mine.url)
    const { id, shape } = await pending()
    expect(shape).toMatch(/^[0-9a-f]{64}$/)
    expect((await grant(id)).body).toMatchObject({ state: 'granted', grant: { by: ['ada'], passed: 0, ended: null } })
    expect((await waiting.ended).stdout).toBe('UPDATE 2\n')
    expect(await psql(mine.url, one(2))).toMatchObject({ code: 0, stderr: '' })
    expect(await postgres.sql('SELECT DISTINCT note FROM orders')).toContain('n2')
    const recorded = await until('the recording', () => commandsOf(gateway, mine.id).find(({ command }) => command.text === one(2)))
    expect(recorded.command.decision).toMatchObject({ verdict: 'hold', approval: id, rule: 'a DBA looks first' })
    expect(recorded.decisions).toEqual([
      expect.objectContaining({
        verdict: 'allow',
        approval: id,
        grant: { by: ['ada'], at: expect.any(String), until: expect.any(String), shape },
      }),
    ])
    expect(recorded.decisions[0].reviews).toBeUndefined()
    // Another run; other columns; another operator; a statement behind it; the same with a limit on nothing.
    await held(other.url, one(3))
    for (const text of [
      one(3).replace('note =', 'id ='),
      one(3).replace('>', '<'),
      `${one(3)}; DELETE FROM orders`,
      "UPDATE orders SET note = 'n3'",
      one(3).replace("'n3'", "repeat('n', 3)"),
    ])
      await held(mine.url, text)
    expect(await postgres.sql('SELECT DISTINCT note FROM orders')).toContain('n2')
    const { body } = await gateway.call('GET', `/api/approvals/${id}`)
    expect(body.grant.passed).toBe(1)

    expect((await gateway.call('DELETE', `/api/approvals/${id}/grant`, undefined, tokens['dee'])).status).toBe(403)
    expect((await gateway.call('DELETE', `/api/approvals/${id}/grant`, undefined, tokens['ben'])).status).toBe(200)
    await held(mine.url, one(4))
  })

  it('holds no longer once a policy is published, or the run is over', async () => {
    await publish(gateway, 'hold', everyWrite)
    const mine = await gateway.run({ task: 'granted' })
    const waiting = startPsql(one(1), mine.url)
    const { id } = await pending()
    await grant(id)
    await waiting.ended
    await publish(gateway, 'beside', "rule('far away', { on: target('shop'), when: op => op.verb === 'DROP', effect: forbid('no') })")
    expect((await gateway.call('GET', `/api/approvals/${id}`)).body.grant.ended).toMatchObject({ because: 'policies changed' })
    const again = startPsql(one(2), mine.url)
    const next = await pending()
    await grant(next.id)
    expect((await again.ended).code).toBe(0)
    await gateway.call('POST', `/api/runs/${mine.id}/end`, { exitCode: 0 }, mine.token)
    const ended = await until('the end', async () => (await gateway.call('GET', `/api/approvals/${next.id}`)).body.grant.ended)
    expect(ended).toMatchObject({ because: 'run over' })
  })

  it('is not for whoever may not approve, nor for what is no plain statement', async () => {
    await publish(gateway, 'hold', everyWrite.replace("op.verb === 'UPDATE'", "op.verb === 'UPDATE' || op.verb === 'TRUNCATE'"))
    const waiting = startPsql('TRUNCATE orders')
    const { id, shape } = await pending()
    expect(shape).toBeNull()
    for (const who of ['cy', 'dee', 'agent-x']) expect((await grant(id, who)).status).toBe(403)
    expect((await grant(id)).status).toBe(400)
    expect((await vote(id, 'ada', 'reject')).status).toBe(200)
    await waiting.ended
    expect(await rows()).toBe(2)
  })
})

describe('who decides', () => {
  it('sees what the shape did before, and what the target expects', async () => {
    await publish(gateway, 'hold', asking().replace('!op.hasWhere', 'true'))
    const mine = await gateway.run({ task: 'history' })
    const ask = async (text: string, how: 'approve' | 'reject') => {
      const waiting = startPsql(text, mine.url)
      const asked = await pending()
      const estimate = (await gateway.call('GET', `/api/approvals/${asked.id}/estimate`, undefined, tokens['ada'])).body
      await vote(asked.id, 'ada', how)
      await waiting.ended
      return { ...asked, estimate }
    }
    await ask("DELETE FROM orders WHERE note = 'a'", 'approve')
    await ask("DELETE FROM orders WHERE note = 'b'", 'reject')
    await until(
      'the index',
      async () => (await gateway.commands(`run=${mine.id}&verb=DELETE`)).filter((one: any) => one.durationMs !== null).length === 2,
    )
    const { id, estimate } = await ask("DELETE FROM orders WHERE note = 'c'", 'approve')
    expect((await gateway.call('GET', `/api/approvals/${id}/history`)).body).toMatchObject({
      commands: 2,
      approved: 1,
      refused: 1,
      errors: 0,
      runs: 1,
      rows: { median: 1, max: 1 },
    })
    expect(estimate).toMatchObject({ isPossible: true, rows: expect.any(Number), steps: [{ step: 'ModifyTable', relation: 'orders' }, {}] })
    expect(JSON.stringify(estimate)).not.toContain("'c'")
    expect((await gateway.call('GET', `/api/approvals/${id}/estimate`, undefined, tokens['dee'])).status).toBe(403)
  })

  it('gets no estimate where planning could run somebody’s code, and planning runs none', async () => {
    await postgres.sql(`
      CREATE TABLE IF NOT EXISTS ran (at timestamptz);
      CREATE OR REPLACE FUNCTION sly(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
        'BEGIN PERFORM dblink_is_not_there(); RETURN 1; EXCEPTION WHEN OTHERS THEN RETURN 1; END'`)
    await publish(gateway, 'hold', asking().replace('!op.hasWhere', 'true'))
    for (const text of [
      'DELETE FROM orders WHERE id = sly(1)',
      'DELETE FROM orders WHERE id = 1; SELECT 1',
      'CREATE TEMP TABLE orders (id int, note text); DELETE FROM orders WHERE id = 1',
    ]) {
      const waiting = startPsql(text)
      const asked = await pending()
      expect((await gateway.call('GET', `/api/approvals/${asked.id}/estimate`)).body).toMatchObject({
        isPossible: false,
        because: expect.any(String),
      })
      await vote(asked.id, 'ada', 'reject')
      await waiting.ended
    }
  })
})

describe('what was asked when the gateway dies', () => {
  it('is refused, and its approval is over when the gateway is back', async () => {
    const waiting = startPsql('DELETE FROM orders')
    const { id } = await pending()
    await gateway.kill()
    expect((await waiting.ended).code).not.toBe(0)
    await gateway.start()
    const { body } = await gateway.call('GET', '/api/approvals?state=pending')
    expect(body.items).toEqual([])
    expect([404, 409]).toContain((await vote(id, 'ada')).status)
    expect(await rows()).toBe(2)
    // What was decided before is still told, with what it was about.
    const decided = await until('the index to have the last one', async () => {
      const { items } = (await gateway.call('GET', '/api/approvals?state=decided&reviewer=ada')).body
      return items[0]?.isMissing === false && items
    })
    expect(decided.length).toBeGreaterThan(3)
    expect(decided[0]).toMatchObject({ text: expect.stringMatching(/orders/), reviews: [{ by: 'ada' }] })
    const left = await until('the index', async () => {
      const { body } = await gateway.call('GET', `/api/approvals/${id}`)
      return !body.isMissing && body
    })
    expect(left).toMatchObject({ state: 'withdrawn', because: 'gateway restarted', text: 'DELETE FROM orders', canReview: false })
    current = await gateway.run({ task: 'hold again' })
    const again = startPsql('DELETE FROM orders')
    await vote((await pending()).id, 'ada')
    expect((await again.ended).stdout).toBe('DELETE 2\n')
  })
})
