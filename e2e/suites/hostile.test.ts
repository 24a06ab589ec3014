import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { run, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { protocol32, rawLogin, readies } from '../support/raw-login.ts'
import { int16, int32, message, rawConnection, startup, type Raw } from '../support/raw.ts'

let postgres: Postgres
let gateway: Gateway
let current: Run

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('create table t (id int, name text); create table "<script>alert(1)</script>" ("<b>" text)')
  gateway = await startGateway(postgres, { limits: { startupMs: 8000, messageBytesMax: 100_000_000 } })
  current = await gateway.run({ task: 'hostile' })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const parse = (name: string, text: string) => message('P', `${name}\0${text}\0`, int16(0))
const bind = (portal: string, statement: string, values: string[] = []) =>
  message(
    'B',
    `${portal}\0${statement}\0`,
    int16(0),
    int16(values.length),
    ...values.flatMap(value => [int32(Buffer.byteLength(value)), value]),
    int16(0),
  )
const execute = (portal: string, rowsMax = 0) => message('E', `${portal}\0`, int32(rowsMax))
const sync = message('S')
const query = (text: string) => message('Q', `${text}\0`)

/** Whether the gateway still serves others. */
async function stillServes(): Promise<void> {
  expect((await psql(current.url, 'select 42')).stdout.trim()).toBe('42')
}

function commandsOf(mark: string): { text: string; verdict: string; n: number; parts: any[] }[] {
  return gateway.recordings().flatMap(({ events }) =>
    events
      .filter(event => event.code === 'q' && JSON.stringify(event.data).includes(mark))
      .map(event => ({
        text: event.data.text,
        verdict: event.data.decision.verdict,
        n: event.data.n,
        parts: events.flatMap(other => (other.code === 'a' && other.data.n === event.data.n ? other.data.parts : [])),
      })),
  )
}

describe('before login', () => {
  it.each([
    ['random bytes', Buffer.from('fe018c19d0a41b2c3d4e5f60718293a4b5c6d7e8f9', 'hex')],
    ['a negative length', Buffer.concat([int32(-5), int32(196608)])],
    ['a huge length', Buffer.concat([int32(0x7fffffff), int32(196608)])],
    ['a length of nothing', int32(4)],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['an old protocol', startup(131072, { user: 'x' })],
    ['parameters without an end', Buffer.concat([int32(20), int32(196608), Buffer.from('user\0x\0dat')])],
  ])('%s is refused', async (_name, bytes) => {
    const raw = await rawConnection(gateway.port)
    raw.send(bytes)
    await raw.closed()
    await stillServes()
  })

  it('a startup that never ends is cut off', async () => {
    const raw = await rawConnection(gateway.port)
    raw.send(int32(100))
    await raw.closed(10_000)
  })

  it('ten thousand idle sockets leave room for one that works', async () => {
    const idle: Raw[] = []
    for (let i = 0; i < 10_000; i++) idle.push(await rawConnection(gateway.port))
    await stillServes()
    expect(idle.filter(raw => !raw.isClosed).length).toBeGreaterThan(9000)
    for (const raw of idle) raw.socket.destroy()
  })

  it('GSS encryption is answered with N, TLS without a certificate too, and the startup goes on', async () => {
    const raw = await rawConnection(gateway.port)
    raw.send(Buffer.concat([int32(8), int32(80877104)]))
    await raw.until(received => received.length === 1)
    raw.send(Buffer.concat([int32(8), int32(80877103)]))
    await raw.until(received => received.length === 2)
    expect(raw.received.toString()).toBe('NN')
    raw.send(startup(196608, { user: current.id, database: 'shop' }))
    await raw.until(received => received.includes('SCRAM-SHA-256'))
    raw.socket.destroy()
  })

  it('replication is refused in the protocol’s words', async () => {
    const ran = await psql(`${current.url}?replication=database`, 'select 1')
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain('replication connections are not recorded')
  })

  it('a startup that would unpin the session is refused', async () => {
    for (const options of ['-c standard_conforming_strings=off', '--client-encoding=LATIN1', '-c client_encoding=SJIS']) {
      const ran = await run('psql', [current.url, '-XAtc', 'select 1'], { env: { ...process.env, PGOPTIONS: options } })
      expect(ran.code, options).not.toBe(0)
      expect(ran.stderr).toContain('fixed in a recorded session')
    }
    const encoded = await run('psql', [current.url, '-XAtc', 'select 1'], { env: { ...process.env, PGCLIENTENCODING: 'SJIS' } })
    expect(encoded.stderr).toContain('UTF8')
    const passed = await run('psql', [current.url, '-XAtc', 'show work_mem'], { env: { ...process.env, PGOPTIONS: '-c work_mem=7MB' } })
    expect(passed.stdout.trim()).toBe('7MB')
  })
})

describe('a session', () => {
  it('speaks protocol 3.2, with a long cancel key', async () => {
    const raw = await rawLogin(gateway.port, current, { version: protocol32 })
    const at = raw.received.indexOf(Buffer.from('K\0\0\0', 'latin1'))
    expect(raw.received.readInt32BE(at + 1)).toBe(4 + 4 + 32)
    raw.send(message('X'))
    await raw.closed()
  })

  it('gives the same record and the same answers wherever the bytes are cut', async () => {
    const script = Buffer.concat([
      query('select 1 as cut_test; select 2'),
      parse('s1', 'select $1::int as cut_test'),
      bind('p1', 's1', ['41']),
      execute('p1'),
      sync,
      parse('', "select 'cut_test', generate_series(1, 10)"),
      bind('', ''),
      execute('', 3),
      execute('', 100),
      sync,
    ])
    const answers = new Set<string>()
    for (const step of [1, 2, 3, 5, 7, 16, script.length]) {
      const raw = await rawLogin(gateway.port, current)
      const begin = raw.received.length
      for (let at = 0; at < script.length; at += step) {
        raw.send(script.subarray(at, at + step))
        if (step < 16) await new Promise(resolve => setImmediate(resolve))
      }
      await raw.until(received => readies(received.subarray(begin)) === 3)
      answers.add(raw.received.subarray(begin).toString('latin1'))
      raw.send(message('X'))
      await raw.closed()
    }
    expect(answers.size).toBe(1)
    const executed = commandsOf('cut_test').filter(({ parts }) => parts.some(part => part.kind === 'done'))
    expect(executed.length).toBe(7 * 3)
    for (const { parts } of executed) expect(parts.at(-1)).toMatchObject({ kind: 'end' })
  })

  it('skips what follows an error until Sync, and says so in the record', async () => {
    const raw = await rawLogin(gateway.port, current)
    const begin = raw.received.length
    raw.send(
      parse('', 'select 1 / 0 as pipe_test'),
      bind('', ''),
      execute(''),
      parse('later', 'select 2 as pipe_test'),
      bind('', 'later'),
      execute(''),
      sync,
      query('select 3 as pipe_test'),
    )
    await raw.until(received => readies(received.subarray(begin)) === 2)
    const commands = commandsOf('pipe_test')
    expect(commands.map(({ parts }) => parts.find(part => ['error', 'skipped', 'done'].includes(part.kind))?.kind)).toEqual([
      'error',
      'skipped',
      'done',
    ])
    raw.send(bind('', 'later'), execute(''), sync)
    await raw.until(received => readies(received.subarray(begin)) === 3)
    expect(raw.received.toString('latin1')).toContain('26000')
    raw.send(message('X'))
    await raw.closed()
  })

  it('skips to a Sync that comes only after the error', async () => {
    const raw = await rawLogin(gateway.port, current)
    const begin = raw.received.length
    raw.send(parse('', 'select 1 / 0 as late_test'), bind('', ''), execute(''), message('H'))
    await raw.until(received => received.subarray(begin).includes('division by zero'))
    raw.send(parse('kept', 'select 2 as late_test'), bind('', 'kept'), execute(''), query('select 3 as late_test'))
    raw.send(message('D', 'Skept\0'), sync, query('select 4 as late_test'))
    await raw.until(received => readies(received.subarray(begin)) === 2)
    raw.send(message('X'))
    await raw.closed()
    expect(commandsOf('late_test').map(({ parts }) => parts.find(part => ['error', 'skipped', 'done'].includes(part.kind))?.kind)).toEqual([
      'error',
      'skipped',
      'skipped',
      'done',
    ])
  })

  it('never runs a text under the name of another', async () => {
    const raw = await rawLogin(gateway.port, current)
    const begin = raw.received.length
    const round = async (count: number, ...parts: Buffer[]) => {
      raw.send(...parts)
      await raw.until(received => readies(received.subarray(begin)) === count)
    }
    await round(1, parse('s', "select 'honest name_test'"), sync)
    await round(2, query("deallocate s; prepare s as select 'swapped name_test'"))
    await round(3, bind('', 's'), execute(''), sync)
    expect(raw.received.subarray(begin).toString('latin1')).not.toContain('swapped name_test\0')
    await round(4, parse('s', "select 'second name_test'"), sync)
    expect(raw.received.subarray(begin).toString('latin1')).toContain('already exists')
    raw.send(message('X'))
    await raw.closed()
    const dishonest = commandsOf('honest name_test').filter(({ parts }) => JSON.stringify(parts).includes('swapped'))
    expect(dishonest).toEqual([])
  })

  it('refuses to unpin itself, as a failing statement', async () => {
    const script =
      "begin;\nset client_encoding = 'SJIS';\nselect 1;\nrollback;\nselect 2;\nset standard_conforming_strings to off;\nselect set_config('client_encoding', 'LATIN1', false);\nset names 'latin1';\nselect 3;"
    const ran = await psql(current.url, script)
    expect(ran.stdout.trim().split('\n')).toEqual(['2', '3'])
    expect(ran.stderr.match(/fixed in a recorded session/g)).toHaveLength(4)
    expect(ran.stderr).toContain('current transaction is aborted')
  })

  it('ends when a setting it stands on was changed all the same', async () => {
    const ran = await psql(current.url, "do $$ begin execute 'set client_' || 'encoding = ''LATIN1'''; end $$;\nselect 'after';")
    expect(ran.stdout).not.toContain('after')
    expect(ran.stderr).toMatch(/client_encoding/)
  })

  it('refuses NUL inside a query and text that is not UTF-8', async () => {
    const nul = await rawLogin(gateway.port, current)
    nul.send(query('select 1\0; drop table t'))
    expect((await nul.closed()).toString('latin1')).toContain('08P01')
    const bytes = await rawLogin(gateway.port, current)
    bytes.send(message('Q', Buffer.from([0x73, 0x65, 0x6c, 0xff, 0xfe, 0x00])))
    expect((await bytes.closed()).toString('latin1')).toMatch(/22021|08P01/)
    expect(await postgres.sql("select to_regclass('t') is not null")).toBe('t')
  })

  it.each([
    ['a huge length', Buffer.concat([Buffer.from('Q'), int32(0x7ffffff0)])],
    ['a negative length', Buffer.concat([Buffer.from('Q'), int32(-1)])],
    ['an unknown message', message('~', 'x')],
    ['a Bind that lies about its counts', message('B', '\0\0', int16(0), int16(30000), int32(5))],
  ])('ends at %s', async (_name, bytes) => {
    const raw = await rawLogin(gateway.port, current)
    raw.send(bytes)
    await raw.closed()
    await stillServes()
  })

  it('takes a statement of sixty megabytes, and writes it down whole', async () => {
    const text = `select length('${'x'.repeat(60_000_000)}') as long_test`
    const raw = await rawLogin(gateway.port, current)
    const begin = raw.received.length
    raw.send(query(text))
    await raw.until(received => readies(received.subarray(begin)) === 1, 60_000)
    expect(raw.received.subarray(begin).toString('latin1')).toContain('60000000')
    raw.send(message('X'))
    await raw.closed()
    expect(commandsOf('long_test')[0]?.text.length).toBe(text.length)
  })

  it('answers a client that closed its side after asking', async () => {
    const raw = await rawLogin(gateway.port, current)
    const begin = raw.received.length
    raw.send(query("select pg_sleep(0.3), 'half closed'"))
    raw.socket.end()
    await raw.closed()
    expect(raw.received.subarray(begin).toString('latin1')).toContain('half closed')
  })

  it('is recorded as lost when the client resets it', async () => {
    const run = await gateway.run({ task: 'reset' })
    const raw = await rawLogin(gateway.port, run)
    raw.send(query('select pg_sleep(5)'))
    await new Promise(resolve => setTimeout(resolve, 300))
    raw.socket.resetAndDestroy()
    await until('the session to end', () =>
      gateway
        .recordings()
        .some(
          ({ header, events }) => header.steno.run.id === run.id && ['client lost', 'client closed'].includes(events.at(-1)?.data.reason),
        ),
    )
  })

  it('cannot be cancelled by another run', async () => {
    const [one, two] = [await gateway.run(), await gateway.run()]
    const victim = await rawLogin(gateway.port, one)
    const other = await rawLogin(gateway.port, two)
    const keyOf = (raw: Raw) => {
      const at = raw.received.indexOf(Buffer.from('K\0\0\0\x0c', 'latin1'))
      return { processId: raw.received.subarray(at + 5, at + 9), secretKey: raw.received.subarray(at + 9, at + 13) }
    }
    const begin = victim.received.length
    victim.send(query("select pg_sleep(2), 'not cancelled'"))
    const canceller = await rawConnection(gateway.port)
    canceller.send(Buffer.concat([int32(16), int32(80877102), keyOf(victim).processId, keyOf(other).secretKey]))
    await canceller.closed()
    await victim.until(received => readies(received.subarray(begin)) === 1)
    expect(victim.received.subarray(begin).toString('latin1')).toContain('not cancelled')
    victim.send(message('X'))
    other.send(message('X'))
  })

  it('shows nothing but text, whatever the values hold', async () => {
    const ran = await psql(
      current.url,
      'insert into "<script>alert(1)</script>" values (E\'\\u202Etxet\\x1b[2J\\x07\'); select * from "<script>alert(1)</script>";',
    )
    expect(ran.code).toBe(0)
    const recording = gateway
      .recordings()
      .find(({ events }) => events.some(event => event.code === 'q' && event.data.text.includes('<script>')))!
    const transcript = recording.events.flatMap(event => (event.code === 'o' ? [event.data as string] : [])).join('')
    expect(transcript).not.toContain('\x1b[2J')
    expect(transcript).not.toContain('\u202e')
    await until('the index', async () => (await gateway.commands(`table=${encodeURIComponent('<script>alert(1)</script>')}`)).length > 0)
  })
})
