import { describe, expect, it } from 'vitest'
import { decidedBy, lawOf, TestConsent } from '../../guard/test-law.ts'
import {
  ask,
  connect,
  join,
  logIn,
  message,
  openGateway,
  recorded,
  rest,
  say,
  ScriptedTarget,
  splitMessages,
  type GatewayOptions,
  type TestGateway,
} from './test-conversation.ts'
import { writeAuthenticationOk, writeBackendKeyData, writeCancelRequest, writeReadyForQuery } from './wire/write.ts'

const one = join(say.columns('a'), say.row('1'), say.done('SELECT 1'), say.ready())

const letters = (bytes: Uint8Array) =>
  splitMessages(bytes)
    .map(({ type }) => type)
    .join('')

/** A session that is welcome, with a target that gives these answers. */
async function welcomed(answers: Uint8Array[] = [one, one, one], options: GatewayOptions = {}) {
  const gateway = openGateway(options)
  const target = new ScriptedTarget(gateway, answers)
  const { client, served } = connect(gateway)
  await logIn(client)
  const welcome = client.take()
  return { gateway, target, client, served, welcome, sessions: () => gateway.guard.openSessions.size }
}

describe('a session ends', () => {
  it('when the client says goodbye', async () => {
    const { client, served, gateway, sessions } = await welcomed()
    client.socket.write(ask.terminate)
    await served
    expect(recorded(gateway).end).toEqual({ reason: 'client closed', commands: 0 })
    expect(sessions()).toBe(0)
  })

  it('when the client closes its side, once what it asked is answered', async () => {
    const { client, served, target, gateway } = await welcomed()
    client.socket.write(ask.query('select 1'))
    client.socket.end()
    await rest()
    expect(letters(client.received)).toBe('TDCZ')
    target.peer?.socket.end()
    await served
    expect(recorded(gateway).end?.reason).toBe('client closed')
  })

  it('when the connection to the client breaks', async () => {
    const { client, served, gateway, target } = await welcomed()
    client.socket.breakAfter(0)
    await served
    expect(recorded(gateway).end?.reason).toBe('client lost')
    await rest()
    expect(target.peer?.isEnded).toBe(true)
  })

  it('when the connection to the target breaks, and the client is told', async () => {
    const { client, served, gateway, target } = await welcomed()
    target.peer?.socket.breakAfter(0)
    await served
    await rest()
    expect(client.messages().at(-1)?.text).toContain('C08006\0')
    expect(client.isEnded).toBe(true)
    expect(recorded(gateway).end?.reason).toBe('target lost')
  })

  it('when its run ends, when someone terminates it, when the gateway stops', async () => {
    for (const [reason, end] of [
      ['run expired', ({ endRun }) => endRun('run expired')],
      ['terminated', ({ guard }) => guard.terminate([...guard.openSessions.keys()][0] ?? '')],
      ['gateway stopped', ({ guard }) => guard.endAll('gateway stopped')],
    ] as [string, (gateway: ReturnType<typeof openGateway>) => void][]) {
      const { client, served, gateway, target } = await welcomed()
      end(gateway)
      await served
      await rest()
      expect(client.messages().at(-1)?.text).toContain(`C57P01\0Mterminating connection: ${reason}\0`)
      expect(target.peer?.isEnded).toBe(true)
      expect(recorded(gateway).end?.reason).toBe(reason)
    }
  })

  it('when a client breaks the protocol', async () => {
    for (const [bytes, code] of [
      [message('~'), '08P01'],
      [join(Uint8Array.of(0x51, 0, 0, 0, 1)), '08P01'],
      [join(Uint8Array.of(0x51, 0x7f, 0xff, 0xff, 0xff)), ''],
      [ask.copyData('data without a COPY'), '08P01'],
    ] as const) {
      const { client, served, gateway, target } = await welcomed()
      client.socket.write(bytes)
      await served
      await rest()
      expect(client.messages().at(-1)?.text).toContain(`C${code}`)
      expect(letters(target.sent)).toBe('')
      expect(recorded(gateway).end?.reason).toBe('protocol violation')
    }
  })

  it('when the target answers what nobody asked', async () => {
    for (const answer of [
      say.row('x'),
      say.done('SELECT 1'),
      say.ready(),
      say.parsed,
      say.copyIn,
      say.copyData('x'),
      say.value('x'),
      say.noData,
      say.suspended,
    ]) {
      const { client, served, gateway, target } = await welcomed()
      target.peer?.socket.write(answer)
      await served
      await rest()
      expect(client.messages().map(({ type }) => type)).toEqual(['E'])
      expect(recorded(gateway).end?.reason).toBe('protocol violation')
    }
  })

  it('when the target says that a setting the gateway reads by has changed', async () => {
    const { client, served, gateway } = await welcomed([
      join(say.setting('standard_conforming_strings', 'off'), say.done('SET'), say.ready()),
    ])
    client.socket.write(ask.query('select innocent()'))
    await served
    await rest()
    expect(client.messages().at(-1)?.text).toContain('C42501\0')
    const { end, notices } = recorded(gateway)
    expect(end?.reason).toBe('protocol violation')
    expect(notices.at(-1)).toEqual({ kind: 'setting', name: 'standard_conforming_strings', value: 'off' })
  })
})

describe('a session whose welcome fails is over all the same', () => {
  /** A target that lets the gateway in and says these things of itself. */
  function greet(gateway: TestGateway, settings: Uint8Array[], before = () => {}) {
    void gateway.machine.network.listen({ host: 'db', port: 5432 }, socket => {
      socket.onData(() => {
        before()
        socket.write(join(writeAuthenticationOk(), ...settings, writeBackendKeyData(1, new Uint8Array(4)), writeReadyForQuery('idle')))
      })
    })
  }

  it('because the disk is full by then', async () => {
    const gateway = openGateway()
    greet(gateway, [say.setting('client_encoding', 'UTF8')], () => gateway.machine.disk.failWritesAfter(0))
    const { client, served } = connect(gateway)
    await logIn(client)
    await served
    expect(client.messages().at(-1)?.text).toContain('C58030\0')
    expect(gateway.guard.openSessions.size).toBe(0)
  })

  it('because the target cannot be read as a recorded session needs it', async () => {
    const gateway = openGateway()
    greet(gateway, [say.setting('standard_conforming_strings', 'off')])
    const { client, served } = connect(gateway)
    await logIn(client)
    await served
    expect(client.messages().at(-1)?.text).toContain('C0A000\0')
    expect(gateway.guard.openSessions.size).toBe(0)
    expect(recorded(gateway).end).toMatchObject({ reason: 'target refused', commands: 0 })
  })
})

it('a mistake of ours ends the session, and reaches whoever runs the gateway', async () => {
  const judge = () => {
    throw new Error('ours')
  }
  const law = { forSession: () => ({ isSilent: false, version: 'v1', judge, remember() {} }) }
  const { client, served, gateway, sessions } = await welcomed([one], { law })
  const heard = expect(served).rejects.toThrow('ours')
  client.socket.write(ask.query('select 1'))
  await heard
  await rest()
  expect(client.messages().at(-1)?.text).toContain('CXX000\0')
  expect(sessions()).toBe(0)
  expect(recorded(gateway).end).toEqual({ reason: 'interrupted', commands: 0, message: 'internal error' })
})

describe('a recording that cannot be written', () => {
  it('lets nothing reach the target, and tells the client why', async () => {
    for (const roomBytes of [0, 1, 50]) {
      const { client, served, gateway, target, sessions } = await welcomed()
      gateway.machine.disk.failWritesAfter(roomBytes)
      client.socket.write(ask.query('delete from t'))
      await served
      await rest()
      expect(letters(target.sent)).toBe('')
      expect(client.messages().map(({ type }) => type)).toEqual(['E'])
      expect(client.messages().at(-1)?.text).toContain('C58030\0')
      expect(sessions()).toBe(0)
    }
  })

  it('lets no answer reach the client', async () => {
    const { client, served, gateway, target } = await welcomed()
    const deliver = target.deliver
    target.deliver = bytes => {
      gateway.machine.disk.failWritesAfter(0)
      deliver(bytes)
    }
    client.socket.write(ask.query('select secret'))
    await served
    await rest()
    expect(letters(client.received)).toBe('E')
  })

  it('opens no session', async () => {
    const gateway = openGateway()
    const target = new ScriptedTarget(gateway, [])
    gateway.machine.disk.failWritesAfter(10)
    const { client, served } = connect(gateway)
    await logIn(client)
    await served
    expect(client.messages().at(-1)?.text).toContain('C58030\0')
    expect(target.peer).toBe(null)
    expect(gateway.turnedAway).toHaveLength(1)
  })
})

describe('strict durability', () => {
  it('sends a command once the disk has it', async () => {
    const { client, gateway, target } = await welcomed([one], { durability: 'strict' })
    gateway.machine.disk.syncMs = 20
    client.socket.write(ask.query('select 1'))
    await gateway.machine.advance(19)
    expect(letters(target.sent)).toBe('')
    await gateway.machine.advance(1)
    expect(letters(target.sent)).toBe('Q')
    await gateway.machine.advance(100)
    expect(letters(client.received)).toBe('TDCZ')
  })
})

describe('a held command', () => {
  async function held() {
    const consent = new TestConsent()
    const law = lawOf(({ text }) => (text.startsWith('delete') ? decidedBy('hold', 'ask kim', 'deletes are looked at') : null))
    const decisions = {
      get length() {
        return consent.asked.length
      },
      settle: (verdict: 'allow' | 'deny') =>
        consent.asked[0]!.settle(
          verdict === 'allow' ? { granted: true, reviews: [] } : { granted: false, because: 'rejected', reviews: [] },
        ),
    }
    return { ...(await welcomed([one, one, one], { law, consent })), decisions }
  }

  it('keeps all behind it waiting, and lets what stood before it go', async () => {
    const { client, target, decisions } = await held()
    client.socket.write(join(ask.query('select 1'), ask.query('delete from t'), ask.query('select 2')))
    await rest()
    client.socket.write(ask.query('select 3'))
    await rest()
    expect(splitMessages(target.sent).map(({ text }) => text)).toEqual(['select 1\0'])
    expect(letters(client.received)).toBe('TDCZ')
    decisions.settle('allow')
    await rest()
    expect(splitMessages(target.sent).map(({ text }) => text)).toEqual(['select 1\0', 'delete from t\0', 'select 2\0', 'select 3\0'])
  })

  it('that is denied fails like any statement', async () => {
    const { client, target, decisions } = await held()
    client.socket.write(join(ask.parse('', 'delete from t'), ask.bind('', ''), ask.execute(''), ask.sync))
    await rest()
    expect(letters(target.sent)).toBe('')
    target.deliver = () => target.peer?.socket.write(join(say.error('42601', 'syntax'), say.ready()))
    decisions.settle('deny')
    await rest()
    expect(letters(target.sent)).toBe('PS')
    expect(client.messages().map(({ type }) => type)).toEqual(['E', 'Z'])
    expect(client.messages()[0]?.text).toContain('C42501\0')
  })

  it('ends its session, and nothing else, when the disk is full', async () => {
    const { gateway, client, target, served, sessions } = await held()
    client.socket.write(ask.query('select 1'))
    await rest()
    gateway.machine.disk.failWritesAfter(0)
    client.socket.write(ask.query('delete from t'))
    await served
    await rest()
    expect(letters(target.sent)).toBe('Q')
    expect(client.messages().at(-1)?.text).toContain('C58030\0')
    expect(sessions()).toBe(0)
  })

  it('dies with its session, and is never sent', async () => {
    const { gateway, client, target, served, decisions } = await held()
    client.socket.write(ask.query('delete from t'))
    await rest()
    gateway.endRun('run ended')
    await served
    decisions.settle('allow')
    await rest()
    expect(letters(target.sent)).toBe('')
    expect(recorded(gateway)).toMatchObject({
      commands: [{ text: 'delete from t', decision: { verdict: 'hold' } }],
      end: { reason: 'run ended' },
    })
  })
})

describe('a cancel request', () => {
  it("reaches the target with the target's own key when it shows the session's", async () => {
    const { gateway, welcome, target } = await welcomed()
    const key = splitMessages(welcome).find(({ type }) => type === 'K')?.bytes
    if (!key) throw new Error('expected a key')
    const processId = new DataView(key.buffer, key.byteOffset).getInt32(5)
    const session = target.peer
    const wrong = connect(gateway)
    wrong.client.socket.write(writeCancelRequest(processId, Uint8Array.of(0, 0, 0, 0)))
    await wrong.served
    await rest()
    expect(target.peer).toBe(session)
    const { client, served } = connect(gateway)
    client.socket.write(writeCancelRequest(processId, key.slice(9)))
    await served
    await rest()
    expect(client.received).toHaveLength(0)
    expect(target.peer).not.toBe(session)
    expect(target.peer?.received).toEqual(writeCancelRequest(99, Uint8Array.of(1, 2, 3, 4)))
  })
})

describe('a target', () => {
  it('that cannot be reached is told of, in the record too', async () => {
    const gateway = openGateway()
    const { client, served } = connect(gateway)
    await logIn(client)
    await served
    expect(client.messages().at(-1)?.text).toContain('C08001\0')
    expect(recorded(gateway).end).toEqual({ reason: 'target refused', message: 'target "shop" cannot be reached', commands: 0 })
  })

  it('that answers nobody is given up in time', async () => {
    const gateway = openGateway()
    gateway.machine.network.silence(5432)
    const { client, served } = connect(gateway)
    await logIn(client)
    await gateway.machine.advance(5_000)
    await served
    expect(client.messages().at(-1)?.text).toContain('DETIMEDOUT\0')
  })

  it('that hangs up, or talks nonsense, or never gets done with its login', async () => {
    for (const [first, code, waitMs] of [
      [null, '08006', 0],
      [message('Z', 'I', 'I'), '08P01', 0],
      [say.row('x'), '08P01', 0],
      [message('R', [0, 0, 0, 3]), '08004', 0],
      [say.error('28P01', 'password of app is wrong'), '08004', 0],
      [say.notice('wait'), '08006', 5_000],
    ] as const) {
      const gateway = openGateway()
      await gateway.machine.network.listen({ host: 'db', port: 5432 }, socket => {
        socket.onData(() => {
          if (first) socket.write(first)
          else socket.destroy()
        })
      })
      const { client, served } = connect(gateway)
      await logIn(client)
      await gateway.machine.advance(waitMs)
      await served
      await rest()
      const last = client.messages().at(-1)?.text
      expect(last).toContain(`C${code}\0`)
      expect(last).not.toContain('app')
      expect(recorded(gateway).end?.reason).toBe('target refused')
    }
  })
})

describe('a client that does not read', () => {
  it('keeps the target waiting, and then gets all', async () => {
    const row = say.row('x'.repeat(1000))
    const rows = Array.from({ length: 300 }, () => row)
    const gateway = openGateway()
    const target = new ScriptedTarget(gateway, [])
    const { client } = connect(gateway)
    await logIn(client)
    client.take()
    let release = () => {}
    client.socket.onData(async bytes => {
      client.received = join(client.received, bytes)
      if (release.length === 0 && client.received.length < 200) await new Promise<void>(resolve => (release = resolve))
    })
    target.deliver = () => {
      for (const one of [say.columns('a'), ...rows, say.done('SELECT 300'), say.ready()]) target.peer?.socket.write(one)
    }
    client.socket.write(ask.query('select x from t'))
    target.deliver(new Uint8Array(0))
    await rest()
    expect(client.received.length).toBeLessThan(200)
    release()
    for (let i = 0; i < 50; i++) await rest()
    expect(letters(client.received)).toBe(`T${'D'.repeat(300)}CZ`)
  })
})
