import { spawn } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminSecret, psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { askJudge, buildJudge, hasJudge } from '../support/judge.ts'
import { commandsOf, lawless, publish } from '../support/law.ts'
import { run, until, type Ran } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { startProxy, type Proxy } from '../support/proxy.ts'
import { createWitness, leavesOf, logKeyOf, readCheckpoint, shownBy, type Checkpoint, type RunningWitness } from '../support/witness.ts'

const origin = 'gateway.example/witnessed'

let postgres: Postgres
let store: Postgres
let gateway: Gateway
let near: RunningWitness
let far: RunningWitness
/** What stands between the gateway and the far witness. */
let wire: Proxy
let logKey: string
let current: Run

beforeAll(async () => {
  postgres = await startPostgres()
  store = await startPostgres({ auth: 'trust' })
  near = await createWitness('near.example/w')
  far = await createWitness('far.example/w')
  wire = await startProxy(far.url)
  gateway = await startGateway(postgres, {
    store: `postgres://postgres@127.0.0.1:${store.port}/postgres`,
    log: {
      origin,
      witnesses: { near: { key: near.vkey, url: near.url }, far: { key: far.vkey, url: wire.url } },
      quorum: 'all',
    },
  })
  logKey = logKeyOf(gateway.data)
  for (const witness of [near, far]) {
    witness.watch(logKey)
    await witness.start()
  }
  current = await gateway.run({ task: 'witnessed' })
  if (hasJudge) await buildJudge()
})

afterAll(async () => {
  await gateway?.stop()
  for (const witness of [near, far]) {
    await witness?.stop()
    witness?.remove()
  }
  wire?.close()
  await postgres?.stop()
  await store?.stop()
})

const checkpointOf = async (url: string) => (await fetch(`${url}/checkpoint`)).text()

/** The checkpoint that the gateway shows to everybody. */
async function published(): Promise<Checkpoint> {
  return readCheckpoint(await checkpointOf(gateway.url), [logKey, near.vkey, far.vkey])
}

/** One command more, and the next checkpoint that those have signed. */
async function signedNext(...by: string[]): Promise<Checkpoint> {
  const before = await published()
  return until(`a checkpoint signed by ${by.length} keys`, async () => {
    await psql(current.url, 'SELECT 1')
    const now = await published()
    return now.size > before.size && now.signedBy.toSorted().join() === by.toSorted().join() && now
  })
}

/** A psql that runs one text, and what becomes of it. */
function startPsql(text: string): { isOver: () => boolean; ended: Promise<Ran> } {
  const child = spawn('psql', [current.url, '-X', '-v', 'VERBOSITY=verbose', '-c', text], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  return {
    isOver: () => child.exitCode !== null,
    ended: new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))),
  }
}

const hasTable = async (name: string) => (await postgres.sql(`SELECT to_regclass('${name}') IS NOT NULL`)) === 't'

const witnessedPolicy = (within: string) => `
rule('nothing is dropped before others know of it', {
  on: target('shop'),
  when: op => op.verb === 'DROP',
  effect: require({ evidence: 'witnessed', within: '${within}' }),
})
test('a drop waits', shop\`DROP TABLE t\`, 'hold')
test('a look does not', shop\`SELECT 1\`, 'allow')
`

describe('the log of a gateway', () => {
  it('is signed by its witnesses, each of which shows what it signed', async () => {
    const checkpoint = await signedNext(logKey, near.vkey, far.vkey)
    expect(checkpoint.origin).toBe(origin)
    for (const witness of [near, far]) {
      const shown = await until('the witness to show it', async () => {
        const one = await shownBy(witness, origin, logKey)
        return one && one.size >= checkpoint.size && one
      })
      expect(shown.signedBy.toSorted()).toEqual([logKey, witness.vkey].toSorted())
    }
  })

  it.skipIf(!hasJudge)('is found signed by both by an implementation that is not ours', async () => {
    const { note } = await signedNext(logKey, near.vkey, far.vkey)
    const asked = { ask: 'note', note: Buffer.from(note).toString('base64'), vkeys: [logKey, near.vkey, far.vkey] }
    const said = await askJudge(asked)
    expect(said.valid).toBe(true)
    expect(said.signedBy.toSorted()).toEqual([logKey, near.vkey, far.vkey].toSorted())
    const changed = note.replace(/^(.*\n)(\d+)/, (_, first: string, size: string) => `${first}${Number(size) + 1}`)
    expect((await askJudge({ ...asked, note: Buffer.from(changed).toString('base64') })).valid).toBe(false)
  })

  it('is published without a witness that is away, and with it when it is back', async () => {
    await far.stop()
    await signedNext(logKey, near.vkey)
    expect(gateway.log()).toContain(`witness far (${wire.url}) does not sign`)
    const { body } = await gateway.call('GET', '/api/log')
    expect(body).toMatchObject({
      isWitnessed: false,
      witnesses: [
        { name: 'near', state: 'signed' },
        { name: 'far', state: 'away' },
      ],
    })
    const doctor = await gateway.steno(['doctor'], { env: { STENO_TOKEN: adminSecret } })
    expect(doctor.stdout).toContain(`ok     witness near: ${near.url} signs`)
    expect(doctor.stdout).toContain(`WRONG  witness far: ${wire.url} does not sign`)
    expect(doctor.stdout).toContain('WRONG  witnesses: too few signed the newest checkpoint')
    const { stdout } = await gateway.steno(['log', 'show'], { env: { STENO_TOKEN: adminSecret } })
    expect(stdout).toMatch(/^witnessed +NOT by a quorum\nwitness +near at \S+: signs\nwitness +far at \S+: it does not answer/m)
    await far.start()
    await signedNext(logKey, near.vkey, far.vkey)
    expect(gateway.log()).toContain(`witness far (${wire.url}) signs again`)
  })

  it('goes on with a witness that is killed when it has kept what it signs and told nobody', async () => {
    const before = await signedNext(logKey, near.vkey, far.vkey)
    const killed = new Promise<void>(resolve => wire.swallowNext(() => resolve(far.kill())))
    await psql(current.url, 'SELECT 1')
    await killed
    await signedNext(logKey, near.vkey)
    await far.start()
    const kept = (await shownBy(far, origin, logKey))!
    expect(kept.size).toBeGreaterThan(before.size)
    expect((await signedNext(logKey, near.vkey, far.vkey)).size).toBeGreaterThan(kept.size)
    expect(far.log()).not.toContain('does not continue')
  })

  it('goes on with a witness that is killed at any moment', async () => {
    let last = await signedNext(logKey, near.vkey, far.vkey)
    for (let kill = 0; kill < 5; kill++) {
      const load = psql(current.url, 'SELECT pg_sleep(0.1);'.repeat(4 + kill))
      await new Promise(resolve => setTimeout(resolve, 150 * kill))
      await near.kill()
      await near.start()
      // What it signed before, answered or not, it still knows.
      const shown = await shownBy(near, origin, logKey)
      expect(shown!.size).toBeGreaterThanOrEqual(last.size)
      await load
      last = await signedNext(logKey, near.vkey, far.vkey)
    }
  })
})

describe('a command that must be witnessed', () => {
  it('waits until a quorum has signed its record, and then goes by itself', async () => {
    await publish(gateway, 'witnessed', witnessedPolicy('60s'))
    await postgres.sql('CREATE TABLE going (a int); CREATE TABLE staying (a int)')
    await far.stop()
    const waiting = startPsql('DROP TABLE going')
    await signedNext(logKey, near.vkey)
    expect(waiting.isOver()).toBe(false)
    expect(await hasTable('going')).toBe(true)
    await far.start()
    const { code, stdout } = await waiting.ended
    expect([code, stdout]).toEqual([0, 'DROP TABLE\n'])
    expect(await hasTable('going')).toBe(false)
    const dropped = commandsOf(gateway, current.id).find(({ command }) => command.text === 'DROP TABLE going')!
    expect(dropped.command.decision).toMatchObject({ verdict: 'hold', rule: 'nothing is dropped before others know of it' })
    expect(dropped.decisions).toMatchObject([{ verdict: 'allow', witnessed: { by: ['near.example/w', 'far.example/w'] } }])
    const { size } = dropped.decisions[0].witnessed
    expect((await shownBy(far, origin, logKey))!.size).toBeGreaterThanOrEqual(size)
  })

  it('does not wait for the next epoch', async () => {
    await signedNext(logKey, near.vkey, far.vkey)
    const from = leavesOf(gateway.data).length
    for (let n = 0; n < 5; n++) {
      await postgres.sql('CREATE TABLE going (a int)')
      expect((await startPsql('DROP TABLE going').ended).code).toBe(0)
    }
    // By themselves epochs end a second after each other, and later on a busy machine.
    const ends = leavesOf(gateway.data)
      .slice(from)
      .flatMap(({ kind, atUs }) => (kind === 'epoch' ? [atUs] : []))
    expect(Math.min(...ends.slice(1).map((atUs, i) => atUs - ends[i]))).toBeLessThan(900_000)
  })

  it('is refused with a hint when no quorum signs in time', async () => {
    await publish(gateway, 'witnessed', witnessedPolicy('2s'))
    await far.stop()
    const { code, stderr } = await startPsql('DROP TABLE staying').ended
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/ERROR: {2}42501: /)
    expect(stderr).toContain('its record was not witnessed in time')
    expect(stderr).toMatch(/HINT: {2}.*which witnesses answer/)
    expect(await hasTable('staying')).toBe(true)
    expect((await psql(current.url, 'SELECT 42')).stdout.trim()).toBe('42')
    await far.start()
  })

  it('is refused with a hint where a gateway has no witnesses', async () => {
    const witnesses = gateway.config['log']
    await gateway.kill()
    gateway.config['log'] = { origin }
    await gateway.start()
    const { stderr } = await startPsql('DROP TABLE staying').ended
    expect(stderr).toContain('this gateway has no witnesses')
    expect(stderr).toMatch(/HINT: {2}.*under `log` in its configuration/)
    expect(await hasTable('staying')).toBe(true)
    await gateway.kill()
    gateway.config['log'] = witnesses
    await gateway.start()
    await lawless(gateway)
  })
})

describe('a log that changes its key', () => {
  it('is followed by its witnesses, also by one that was away for two changes', async () => {
    await signedNext(logKey, near.vkey, far.vkey)
    await far.stop()
    for (let change = 0; change < 2; change++) {
      const { status, body } = await gateway.call('POST', '/api/log/rotate-key')
      expect(status).toBe(200)
      logKey = body.vkey
      await signedNext(logKey, near.vkey)
    }
    await gateway.kill()
    await far.start()
    await gateway.start()
    await signedNext(logKey, near.vkey, far.vkey)
    for (const witness of [near, far]) {
      await witness.kill()
      await witness.start()
    }
    await signedNext(logKey, near.vkey, far.vkey)
  })
})

describe('data that is older than what its witnesses signed', () => {
  const copies = { old: '', newest: '' }
  const isNoSocket = (path: string) => !/\/lock(\/|$)/.test(path)
  const copy = (from: string, to: string) => {
    rmSync(to, { recursive: true, force: true })
    cpSync(from, to, { recursive: true, filter: isNoSocket, preserveTimestamps: true })
  }

  /** What a gateway on this data says when it does not start. */
  async function refusedStart(): Promise<string> {
    return gateway.start().then(
      () => {
        throw new Error('the gateway started')
      },
      (error: Error) => error.message,
    )
  }

  beforeAll(async () => {
    copies.old = `${gateway.data}.old`
    copies.newest = `${gateway.data}.newest`
    await signedNext(logKey, near.vkey, far.vkey)
    await gateway.kill()
    copy(gateway.data, copies.old)
    await gateway.start()
    await signedNext(logKey, near.vkey, far.vkey)
    await gateway.kill()
    copy(gateway.data, copies.newest)
  })

  it('is not served: the gateway says who knows more, and what to do', async () => {
    copy(copies.old, gateway.data)
    const message = await refusedStart()
    expect(message).toContain(`of the log \`${origin}\``)
    expect(message).toMatch(/has signed \d+ leaves .* and here are \d+: this is an older copy of its data/)
    expect(message).toContain('Put the newest copy of the data directory back')
  })

  it('is not served when one witness alone remembers', async () => {
    await far.stop()
    expect(await refusedStart()).toContain(near.url)
  })

  it('stops the gateway as soon as a witness that was away shows it', async () => {
    await near.stop()
    await gateway.start()
    await psql(current.url, 'SELECT 1')
    expect(gateway.log()).toContain('too few answer for a quorum')
    await far.start()
    const { process: stopping } = gateway
    await psql(current.url, 'SELECT 2')
    await until('the gateway to stop', () => stopping.exitCode !== null)
    expect(stopping.exitCode).toBe(70)
    expect(gateway.log()).toMatch(/stopped: the witness `far` .*has signed/)
  })

  it('is not served when it went on alone: that is another history', async () => {
    await far.stop()
    copy(copies.old, gateway.data)
    const signed = readCheckpoint(await run('cat', [`${copies.newest}/log/checkpoint`]).then(({ stdout }) => stdout), [logKey]).size
    await gateway.start()
    await until('it to outgrow what was signed', async () => {
      await psql(current.url, 'SELECT 1')
      return (await published()).size > signed + 1
    })
    await gateway.kill()
    await near.start()
    expect(await refusedStart()).toContain('another history')
    expect(near.log()).toContain('a signed checkpoint does not continue the tree that was witnessed')
  })

  it('is served again once the newest copy is back', async () => {
    await far.start()
    copy(copies.newest, gateway.data)
    await gateway.start()
    await signedNext(logKey, near.vkey, far.vkey)
  })
})

describe('gateways of a fleet', () => {
  it('witness each other on their web ports', async () => {
    const other = await startGateway(null, {
      store: `postgres://postgres@127.0.0.1:${store.port}/postgres`,
      log: { origin: 'other.example/log' },
      witness: { name: 'other.example/w', logs: [logKey] },
    })
    try {
      const [, vkey] = /with the key (other\.example\/w\+\S+)/.exec(other.log())!
      const config = gateway.config['log'] as { witnesses: object }
      const otherLogKey = logKeyOf(other.data)
      gateway.config['witness'] = { name: 'gateway.example/w', logs: [otherLogKey] }
      gateway.config['log'] = {
        ...config,
        witnesses: { ...config.witnesses, other: { key: vkey, url: `${other.url}/witness` } },
        quorum: 3,
      }
      await gateway.kill()
      await gateway.start()
      const checkpoint = await until('the other gateway to sign', async () => {
        await psql(current.url, 'SELECT 1')
        const now = readCheckpoint(await checkpointOf(gateway.url), [logKey, vkey!])
        return now.signedBy.length === 2 && now
      })
      const shown = await shownBy({ url: `${other.url}/witness`, vkey: vkey! }, origin, logKey)
      expect(shown!.size).toBeGreaterThanOrEqual(checkpoint.size)

      const [, ownVkey] = /with the key (gateway\.example\/w\+\S+)/.exec(gateway.log())!
      other.config['log'] = {
        origin: 'other.example/log',
        witnesses: { it: { key: ownVkey, url: `${gateway.url}/witness` } },
        quorum: 'all',
      }
      // Both at once, so that neither finds the other when it starts.
      await Promise.all([gateway.kill(), other.kill()])
      await Promise.all([gateway.start(), other.start()])
      await until('each to sign for the other', async () => {
        // What is refused is in a log too, and a log in which nothing changes is signed once a minute.
        await Promise.all([psql(current.url, 'SELECT 1'), psql(`postgres://nobody:wrong@127.0.0.1:${other.port}/shop`, 'SELECT 1')])
        const isSigned = async (url: string, keys: string[]) => readCheckpoint(await checkpointOf(url), keys).signedBy.length === 2
        return (await isSigned(gateway.url, [logKey, vkey!])) && (await isSigned(other.url, [otherLogKey, ownVkey!]))
      })
    } finally {
      await other.stop()
    }
  })
})
