import { describe, expect, it } from 'vitest'
import { Ledger, LedgerFailed } from '../journal/ledger.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { Agents, mayDo, SignIn, Tokens, type Role } from './index.ts'

const by = { kind: 'token', name: 'ci' } as const
const secret = 'a-declared-secret-0123'

function start(machine = new SimulatedMachine(), declared = {}) {
  if (!machine.disk.exists('/data')) machine.disk.makeDirectory('/data')
  const { ledger, entries } = Ledger.open(machine, { directory: '/data', onSyncFailed: () => {} })
  return {
    machine,
    agents: new Agents({ machine, ledger, entries, declared }),
    tokens: new Tokens({ machine, ledger, entries, declared: { ci: { secret, role: 'admin' } } }),
    signIn: new SignIn({ machine, ledger, entries }),
  }
}

const onDisk = (machine: SimulatedMachine) => new TextDecoder().decode(machine.disk.read('/data/ledger.ndjson'))

describe('Agents', () => {
  it('adds an agent whose secret works at once and after a restart, and is nowhere on disk', async () => {
    const { machine, agents } = start()
    const added = await agents.add({ name: 'etl', groups: ['night'] }, by)
    expect(added.secret).toMatch(/^steno_agent_/)
    expect(onDisk(machine)).not.toContain(added.secret)
    for (const where of [agents, start(machine).agents])
      expect(where.authenticate(added.secret)).toMatchObject({ name: 'etl', groups: ['night'] })
  })

  it('removes one for good, but not one the configuration declares', async () => {
    const { machine, agents } = start(new SimulatedMachine(), { fixed: { secret, groups: [] } })
    const added = await agents.add({ name: 'etl', groups: [] }, by)
    await agents.remove('etl', by)
    for (const where of [agents, start(machine).agents]) expect(where.authenticate(added.secret)).toBeNull()
    await expect(agents.remove('fixed', by)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(agents.add({ name: 'fixed', groups: [] }, by)).rejects.toMatchObject({ code: 'already_there' })
  })

  it('takes the configuration’s word for a name that was added before', async () => {
    const { machine, agents } = start()
    const added = await agents.add({ name: 'etl', groups: ['night'] }, by)
    const again = start(machine, { etl: { secret, groups: [] } }).agents
    expect(again.authenticate(added.secret)).toBeNull()
    expect(again.authenticate(secret)).toMatchObject({ name: 'etl', groups: [] })
  })

  it('adds nothing when the ledger cannot take it', async () => {
    const { machine, agents } = start()
    machine.disk.failWritesAfter(0)
    await expect(agents.add({ name: 'etl', groups: [] }, by)).rejects.toThrow(LedgerFailed)
    expect(agents.list()).toEqual([])
  })
})

describe('Tokens', () => {
  it('creates and removes tokens, and knows them after a restart', async () => {
    const { machine, tokens } = start()
    const created = await tokens.create({ name: 'siem', role: 'investigator' }, by)
    expect(start(machine).tokens.authenticate(created.secret)).toMatchObject({ name: 'siem', role: 'investigator' })
    await tokens.remove('siem', by)
    for (const where of [tokens, start(machine).tokens]) expect(where.authenticate(created.secret)).toBeNull()
    expect(tokens.authenticate(secret)).toMatchObject({ name: 'ci', role: 'admin', declared: true })
  })
})

describe('groups of people', () => {
  it('stay with a token and a stay over restarts and renewals', async () => {
    const { machine, tokens, signIn } = start()
    const { secret: key } = await tokens.create({ name: 'bob', role: 'approver', groups: ['dba'] }, by)
    const { cookie } = (await signIn.enter(signIn.createLink({ name: 'ada', role: 'approver', groups: ['dba'] }).secret))!
    await machine.advance(3600 * 1000)
    const renewed = (await signIn.renew(cookie))!
    const again = start(machine)
    expect(again.tokens.authenticate(key)?.groups).toEqual(['dba'])
    expect(again.signIn.authenticate(renewed.cookie)?.groups).toEqual(['dba'])
  })

  it('are none in entries that were written before there were any', () => {
    const machine = new SimulatedMachine()
    machine.disk.makeDirectory('/data')
    const hash = 'ab'.repeat(32)
    const lines = [
      { atUs: 1, kind: 'token.create', name: 'old', role: 'approver', sha256: hash, by },
      { atUs: 2, kind: 'sign-in', method: 'link', name: 'ada', role: 'admin', cookie: hash, replaces: null, expiresAtUs: 9e15 },
    ]
    const text = lines.map(line => `${JSON.stringify({ ...line, salt: 'A'.repeat(16) })}\n`).join('')
    machine.disk.append('/data/ledger.ndjson', { exclusive: true }).write(new TextEncoder().encode(text))
    expect(start(machine).tokens.list()).toMatchObject([
      { name: 'ci', groups: [] },
      { name: 'old', groups: [] },
    ])
  })
})

describe('SignIn', () => {
  const enter = async (signIn: SignIn) => (await signIn.enter(signIn.createLink({ name: 'ada', role: 'admin' }).secret))!

  it('lets a link in once', async () => {
    const { signIn } = start()
    const { secret: link } = signIn.createLink({ name: 'ada', role: 'admin' })
    const [first, second] = await Promise.all([signIn.enter(link), signIn.enter(link)])
    expect(first?.person).toMatchObject({ name: 'ada', role: 'admin' })
    expect(second).toBeNull()
    expect(await signIn.enter('steno_link_guess')).toBeNull()
  })

  it('lets no link in after a day, and no cookie after half a day', async () => {
    const { machine, signIn } = start()
    const link = signIn.createLink({ name: 'ada', role: 'admin' }).secret
    const { cookie } = await enter(signIn)
    await machine.advance(12 * 3600 * 1000)
    expect(signIn.authenticate(cookie)).toBeNull()
    await machine.advance(12 * 3600 * 1000)
    expect(await signIn.enter(link)).toBeNull()
  })

  it('knows a cookie after a restart, and its secret is nowhere on disk', async () => {
    const { machine, signIn } = start()
    const { cookie } = await enter(signIn)
    expect(start(machine).signIn.authenticate(cookie)?.name).toBe('ada')
    expect(onDisk(machine)).not.toContain(cookie)
  })

  it('renews a cookie every hour without a longer stay, and the old one ends a minute later', async () => {
    const { machine, signIn } = start()
    const { cookie, person } = await enter(signIn)
    expect(await signIn.renew(cookie)).toBeNull()
    await machine.advance(3600 * 1000)
    const renewed = (await signIn.renew(cookie))!
    expect(renewed.person.expiresAtUs).toBe(person.expiresAtUs)
    expect(await signIn.renew(cookie)).toBeNull()
    expect(signIn.authenticate(cookie)).not.toBeNull()
    await machine.advance(60_000)
    expect(signIn.authenticate(cookie)).toBeNull()
    for (const where of [signIn, start(machine).signIn]) expect(where.authenticate(renewed.cookie)?.name).toBe('ada')
  })

  it('ends a stay with both its cookies when the person leaves', async () => {
    const { machine, signIn } = start()
    const { cookie } = await enter(signIn)
    await machine.advance(3600 * 1000)
    const renewed = (await signIn.renew(cookie))!
    await signIn.leave(renewed.cookie, { kind: 'person', name: 'ada' })
    for (const where of [signIn, start(machine).signIn]) {
      expect(where.authenticate(cookie)).toBeNull()
      expect(where.authenticate(renewed.cookie)).toBeNull()
    }
  })
})

describe('mayDo', () => {
  it('lets only an admin manage who may come in', () => {
    const may = (permission: Parameters<typeof mayDo>[1]) =>
      (['admin', 'author', 'approver', 'investigator'] satisfies Role[]).filter(role => mayDo(role, permission))
    expect(may('manage agents')).toEqual(['admin'])
    expect(may('manage tokens')).toEqual(['admin'])
    expect(may('terminate')).toEqual(['admin', 'approver', 'investigator'])
    expect(may('review approvals')).toEqual(['admin', 'approver'])
    expect(may('publish policies')).toEqual(['admin', 'author'])
  })
})
