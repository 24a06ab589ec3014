import { describe, expect, it } from 'vitest'
import { connect, logIn, openGateway, Peer, rest, ScriptedTarget, splitMessages } from './test-conversation.ts'
import { checkStartup } from './login.ts'
import { writeSaslInitialResponse, writeStartup } from './wire/write.ts'

const startup = (parameters: Record<string, string>) => ({
  minor: 0,
  parameters: new Map(Object.entries({ user: 'r1', database: 'shop', ...parameters })),
  unknownOptions: [],
})

const refusal = (parameters: Record<string, string>) => {
  try {
    checkStartup(startup(parameters))
    return null
  } catch (error) {
    return error instanceof Error && 'notice' in error ? (error.notice as { code: string }).code : error
  }
}

describe('a startup message', () => {
  it('is passed on with what keeps the session readable, and without who the client is', () => {
    expect(
      Object.fromEntries(checkStartup(startup({ application_name: 'psql', options: '-c search_path=a', replication: 'off' }))),
    ).toEqual({
      application_name: 'psql',
      options: '-c search_path=a',
      standard_conforming_strings: 'on',
      client_encoding: 'UTF8',
    })
  })

  it('may not ask for replication', () => {
    for (const replication of ['true', 'on', '1', 'database', 'yes', '']) expect(refusal({ replication })).toBe('0A000')
    for (const replication of ['false', 'OFF', 'no', '0']) expect(refusal({ replication })).toBe(null)
  })

  it('may not loosen what statements are read by', () => {
    for (const options of [
      '-c client_encoding=latin1',
      '-cclient_encoding=latin1',
      '--client_encoding=latin1',
      '--client-encoding=latin1',
      '-c CLIENT_ENCODING=latin1',
      '-c standard_conforming_strings=off',
      '-c search_path=a -c standard-conforming-strings=off',
      '-c\tstandard_conforming_strings=off',
      String.raw`-c standard\_conforming_strings=off`,
      String.raw`-c\ standard_conforming_strings=off`,
      String.raw`-c \ standard_conforming_strings=off`,
    ])
      expect({ options, code: refusal({ options }) }).toEqual({ options, code: '42501' })
    for (const options of ['-d 5', '-c', '-c search_path', 'x', '-S 10', '--', '-ccc'])
      expect({ options, code: refusal({ options }) }).toEqual({ options, code: '0A000' })
    expect(refusal({ standard_conforming_strings: 'off' })).toBe('42501')
    for (const encoding of ['LATIN1', 'SJIS', 'WIN1252']) expect(refusal({ client_encoding: encoding })).toBe('22023')
    for (const encoding of ['utf8', 'UTF-8', 'unicode', 'SQL_ASCII', 'auto']) expect(refusal({ client_encoding: encoding })).toBe(null)
  })

  it('may not name a pinned setting in other letters', () => {
    expect(refusal({ Standard_Conforming_Strings: 'off' })).toBe('42501')
    expect(refusal({ CLIENT_ENCODING: 'latin1' })).toBe('22023')
  })
})

describe('a login', () => {
  it('with the token of a run lets in', async () => {
    const gateway = openGateway()
    const target = new ScriptedTarget(gateway, [])
    const { client } = connect(gateway)
    await logIn(client)
    expect(
      client
        .messages()
        .map(({ type }) => type)
        .join(''),
    ).toBe('RRRRSSKZ')
    expect(target.peer).not.toBe(null)
    expect(gateway.turnedAway).toEqual([])
  })

  it('of an unknown run, and with a wrong token, look alike to the byte', async () => {
    async function answers(user: string) {
      const gateway = openGateway()
      const { client, served } = connect(gateway)
      await logIn(client, { user, proofKey: new Uint8Array(32) })
      await served
      expect(gateway.guard.openSessions.size).toBe(0)
      return client.messages().map(({ type, text }) => type + text.replace(/r=[^,]*,s=[^,]*/, 'nonce and salt').replaceAll(user, 'name'))
    }
    const unknown = await answers('r9')
    expect(unknown).toEqual(await answers('r1'))
    expect(unknown.at(-1)).toContain('C28P01\0')
    expect(unknown).toHaveLength(3)
  })

  it('of an unknown run is given the same salt each time it asks', async () => {
    const gateway = openGateway()
    const salts: (string | undefined)[] = []
    for (const user of ['r9', 'r9', 'r8']) {
      const { client } = connect(gateway)
      client.socket.write(writeStartup(new Map([['user', user]])))
      await rest()
      client.socket.write(writeSaslInitialResponse('SCRAM-SHA-256', 'n,,n=,r=abcdefgh'))
      await rest()
      salts.push(/s=([^,]*)/.exec(client.messages().at(-1)?.text ?? '')?.[1])
    }
    expect(salts[0]).toBe(salts[1])
    expect(salts[0]).not.toBe(salts[2])
  })

  it('arrives in any pieces', async () => {
    const gateway = openGateway()
    gateway.machine.network.cuts = 'every byte'
    void new ScriptedTarget(gateway, [])
    const { client } = connect(gateway)
    await logIn(client)
    expect(client.messages().at(-1)?.type).toBe('Z')
  })

  it('to a target that the run may not reach says why, and opens no session', async () => {
    const gateway = openGateway({ admitted: false })
    const { client, served } = connect(gateway)
    await logIn(client)
    await served
    expect(client.messages().at(-1)?.text).toContain('C3D000\0')
    expect(gateway.turnedAway).toEqual(['this run may not reach "shop"'])
    expect(gateway.machine.disk.list('/data/open')).toEqual([])
  })

  it('that is not finished in time is dropped', async () => {
    const gateway = openGateway()
    const { client, served } = connect(gateway)
    client.socket.write(writeStartup(new Map([['user', 'r1']])))
    await gateway.machine.advance(9_999)
    expect(client.isEnded).toBe(false)
    await gateway.machine.advance(1)
    await served
    expect(client.isEnded).toBe(true)
  })

  it('that skips the proof, or asks before it is in, is turned away', async () => {
    for (const bytes of [splitStatement(), Uint8Array.of(0x70, 0x7f, 0xff, 0xff, 0xff)]) {
      const gateway = openGateway()
      const { client, served } = connect(gateway)
      client.socket.write(writeStartup(new Map([['user', 'r1']])))
      await rest()
      client.socket.write(bytes)
      await served
      await rest()
      expect(client.messages().at(-1)?.type).toBe('E')
      expect(gateway.turnedAway).toHaveLength(1)
    }
  })

  it('nobody begins is not told of', async () => {
    const gateway = openGateway()
    const { client, served } = connect(gateway)
    client.socket.end()
    await served
    expect(client.received).toHaveLength(0)
    expect(gateway.turnedAway).toEqual([])
  })
})

describe('a request for encryption', () => {
  const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f)
  const gssRequest = Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x30)
  const certificates = { certificate: '', key: '', alpn: [] }

  it('is answered no where there is none, and the login goes on', async () => {
    const gateway = openGateway()
    void new ScriptedTarget(gateway, [])
    const { client } = connect(gateway)
    client.socket.write(gssRequest)
    await rest()
    client.socket.write(sslRequest)
    await rest()
    expect(new TextDecoder().decode(client.take())).toBe('NN')
    await logIn(client)
    expect(client.messages().at(-1)?.type).toBe('Z')
  })

  it('may not be followed by bytes that nobody encrypted', async () => {
    const gateway = openGateway()
    gateway.doors.tls = certificates
    const { client, served } = connect(gateway)
    client.socket.write(Uint8Array.of(...sslRequest, ...writeStartup(new Map([['user', 'r1']]))))
    await served
    await rest()
    expect(splitMessages(client.received)[0]?.text).toContain('unencrypted data after SSL request')
  })

  it('goes on inside TLS', async () => {
    const gateway = openGateway()
    gateway.doors.tls = certificates
    void new ScriptedTarget(gateway, [])
    const { client } = connect(gateway)
    client.socket.write(sslRequest)
    await rest()
    expect(new TextDecoder().decode(client.take())).toBe('S')
    const inside = new Peer(
      (await client.socket.startClientTls({ serverName: 'gw', verify: 'none', authorities: null })) as typeof client.socket,
    )
    await logIn(inside)
    expect(inside.messages().at(-1)?.type).toBe('Z')
  })
})

function splitStatement(): Uint8Array {
  return Uint8Array.of(0x51, 0, 0, 0, 13, ...new TextEncoder().encode('select 1'), 0)
}
