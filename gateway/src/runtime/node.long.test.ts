import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bytes, itIsAMachine, pair, take, text } from './conformance.ts'
import type { ClientTls, Socket } from './machine.ts'
import { realMachine } from './node.ts'
import { testCertificates } from './test-certificates.ts'

itIsAMachine(() => ({ machine: realMachine(), directory: temporaryDirectory() }))

describe('the real clock', () => {
  it('counts microseconds near the date, without stepping back by itself', () => {
    const { clock } = realMachine()
    let previous = { nowUs: 0, monotonicUs: -1 }
    for (let reading = 0; reading < 10_000; reading++) {
      const next = { nowUs: clock.nowUs(), monotonicUs: clock.monotonicUs() }
      expect(next.monotonicUs).toBeGreaterThanOrEqual(previous.monotonicUs)
      expect(Number.isInteger(next.nowUs) && Number.isInteger(next.monotonicUs)).toBe(true)
      previous = next
    }
    expect(Math.abs(clock.nowUs() / 1000 - Date.now())).toBeLessThan(10)
  })

  it('does not run at once what is due in years', async () => {
    const { clock } = realMachine()
    let hasRun = false
    const timer = clock.after(2 ** 31 * 5, () => (hasRun = true))
    await new Promise<void>(resolve => clock.after(20, resolve))
    expect(hasRun).toBe(false)
    timer.cancel()
  })

  it('runs nothing that was cancelled', async () => {
    const { clock } = realMachine()
    let hasRun = false
    clock.after(5, () => (hasRun = true)).cancel()
    await new Promise<void>(resolve => clock.after(20, resolve))
    expect(hasRun).toBe(false)
  })
})

describe('the real disk', () => {
  it('lets nobody else read what it writes', () => {
    const { disk } = realMachine()
    const directory = temporaryDirectory()
    disk.makeDirectory(`${directory}/d`)
    disk.append(`${directory}/d/a`, { exclusive: true }).close()
    disk.replace(`${directory}/d/b`, bytes('x'))
    const modes = ['d', 'd/a', 'd/b'].map(name => (statSync(`${directory}/${name}`).mode & 0o777).toString(8))
    expect(modes).toEqual(['700', '600', '600'])
  })

  it('throws what the system says', () => {
    const { disk } = realMachine()
    expect(() => disk.makeDirectory('/dev/null/x')).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
    const file = disk.append('/dev/full', { exclusive: false })
    expect(() => file.write(bytes('x'))).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    file.close()
  })
})

describe('a connection that was hung up on', () => {
  it('is dropped when the peer does not end its side', async () => {
    const { near, far } = await pair(realMachine())
    const ended = new Promise(resolve => near.onEnd(resolve))
    near.onData(() => {})
    far.onData(() => {})
    near.hangUp()
    // The peer goes on to talk, until it is told that nobody is there.
    const gone = new Promise(resolve => far.onEnd(resolve))
    await Promise.all([ended, gone])
  })

  it('has all taken from it that was written, however slowly', async () => {
    const { near, far } = await pair(realMachine())
    const { clock } = realMachine()
    const size = 16 << 20
    near.write(new Uint8Array(size))
    near.hangUp()
    let taken = 0
    let waits = 15
    const over = new Promise(resolve => far.onEnd(resolve))
    far.onData(async chunk => {
      taken += chunk.length
      if (waits-- > 0) await new Promise<void>(resolve => clock.after(100, resolve))
    })
    await over
    expect(taken).toBe(size)
  })
})

describe('TLS on a connection under way', () => {
  it('starts where the plain bytes end, and keeps those of the handshake that were read already', async () => {
    const { near, far } = await pair(realMachine())
    const secured = new Promise<Socket>((resolve, reject) => {
      far.onData(async chunk => {
        // The client sends its hello right behind the request, as impatient clients do.
        expect(text(chunk.subarray(0, 8))).toBe('startTLS')
        resolve(far.startServerTls(server, chunk.subarray(8)).catch(reject) as Promise<Socket>)
      })
    })
    near.write(bytes('startTLS'))
    const client = await near.startClientTls(trusting('localhost', 'certificate and name'))
    const accepted = await secured
    client.write(bytes('from the client'))
    expect(await take(accepted, 15)).toBe('from the client')
    accepted.write(bytes('from the server'))
    expect(await take(client, 15)).toBe('from the server')
    expect([client.tls, accepted.tls, far.tls]).toEqual([true, true, false])
  })

  it('agrees on a protocol name, and carries the end', async () => {
    const { near, far } = await pair(realMachine())
    const [accepted, client] = await Promise.all([far.startServerTls(server, none), near.startClientTls(trusting('localhost', 'none'))])
    const ended = new Promise<Error | null>(resolve => accepted.onEnd(resolve))
    accepted.onData(() => {})
    client.end()
    expect(await ended).toBe(null)
    accepted.write(bytes('still here'))
    expect(await take(client, 10)).toBe('still here')
    expect(accepted.alpn).toBe(null)
  })

  it('carries much, both ways, against a slow reader', async () => {
    const { near, far } = await pair(realMachine())
    const [accepted, client] = await Promise.all([far.startServerTls(server, none), near.startClientTls(trusting('localhost', 'none'))])
    const piece = new Uint8Array(100_000).fill(5)
    let got = 0
    const all = new Promise<void>(resolve =>
      accepted.onData(async chunk => {
        got += chunk.length
        await new Promise(proceed => setTimeout(proceed, 0))
        if (got === 50 * piece.length) resolve()
      }),
    )
    for (let sent = 0; sent < 50; sent++) if (!client.write(piece)) await client.drained()
    await all
  })

  const cases: { verify: ClientTls['verify']; serverName: string; authorities: string | null; succeeds: boolean }[] = [
    { verify: 'none', serverName: 'elsewhere', authorities: null, succeeds: true },
    { verify: 'certificate', serverName: 'elsewhere', authorities: testCertificates.authority, succeeds: true },
    { verify: 'certificate', serverName: '127.0.0.1', authorities: testCertificates.authority, succeeds: true },
    { verify: 'certificate', serverName: 'localhost', authorities: null, succeeds: false },
    { verify: 'certificate and name', serverName: 'localhost', authorities: testCertificates.authority, succeeds: true },
    { verify: 'certificate and name', serverName: 'elsewhere', authorities: testCertificates.authority, succeeds: false },
    { verify: 'certificate and name', serverName: '127.0.0.1', authorities: testCertificates.authority, succeeds: false },
    { verify: 'certificate and name', serverName: 'localhost', authorities: null, succeeds: false },
  ]
  for (const { succeeds, ...how } of cases) {
    const authority = how.authorities === null ? 'an unknown' : 'a known'
    it(`${succeeds ? 'trusts' : 'refuses'} ${authority} authority's certificate for localhost as ${how.serverName}, verifying ${how.verify}`, async () => {
      const { near, far } = await pair(realMachine())
      far.onEnd(() => {})
      const accepted = far.startServerTls(server, none).catch(() => null)
      const connected = near.startClientTls(how)
      if (succeeds) expect((await connected).tls).toBe(true)
      else await expect(connected).rejects.toThrow()
      await accepted
    })
  }

  it('refuses what is not a handshake, and tells both the caller and the handler of the end', async () => {
    const { near, far } = await pair(realMachine())
    const ended = new Promise<Error | null>(resolve => far.onEnd(resolve))
    const refused = expect(far.startServerTls(server, bytes('GET / HTTP/1.1\r\n\r\n'))).rejects.toThrow()
    near.onData(() => {})
    await refused
    expect(await ended).toBeInstanceOf(Error)
  })

  it('gives up when the peer leaves in the middle of the handshake', async () => {
    const { near, far } = await pair(realMachine())
    const refused = expect(far.startServerTls(server, none)).rejects.toThrow()
    near.destroy()
    await refused
  })

  it('gives up when its own side drops the connection', async () => {
    const { far } = await pair(realMachine())
    const refused = expect(far.startServerTls(server, none)).rejects.toThrow()
    far.destroy()
    await refused
  })
})

const server = { certificate: testCertificates.certificate, key: testCertificates.key, alpn: ['postgresql'] }
const none = new Uint8Array(0)

function trusting(serverName: string, verify: ClientTls['verify']): ClientTls {
  return { serverName, verify, authorities: testCertificates.authority }
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'steno-'))
  onTestFinished(() => {
    chmodSync(directory, 0o700)
    rmSync(directory, { recursive: true })
  })
  return directory
}
