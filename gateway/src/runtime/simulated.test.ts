import { describe, expect, it } from 'vitest'
import { bytes, itIsAMachine, pair, take, text } from './conformance.ts'
import { settle, SimulatedMachine } from './simulated.ts'

describe.each([
  ['a simulated machine', () => new SimulatedMachine()],
  ['a program on it', () => new SimulatedMachine().start()],
] as const)('%s', (_name, start) => {
  itIsAMachine(() => {
    const machine = start()
    machine.disk.makeDirectory('/d')
    return { machine, directory: '/d' }
  })
})

describe('the simulated clock', () => {
  it('runs what falls due in its order, and only when it is moved', async () => {
    const machine = new SimulatedMachine()
    const story: string[] = []
    machine.clock.after(20, () => story.push('second'))
    machine.clock.after(10, () => {
      story.push('first')
      machine.clock.after(5, () => story.push('from the first'))
    })
    machine.clock.after(30, () => story.push('cancelled')).cancel()
    await settle()
    expect(story).toEqual([])
    const before = machine.clock.nowUs()
    await machine.advance(100)
    expect(story).toEqual(['first', 'from the first', 'second'])
    expect(machine.clock.nowUs() - before).toBe(100_000)
  })

  it('steps the date back and never the monotonic clock', () => {
    const { clock } = new SimulatedMachine()
    const before = { nowUs: clock.nowUs(), monotonicUs: clock.monotonicUs() }
    clock.step(-5_000)
    expect(clock.nowUs()).toBe(before.nowUs - 5_000_000)
    expect(clock.monotonicUs()).toBe(before.monotonicUs)
  })

  it('gives the same chance for the same seed', () => {
    const draw = (seed: number) => new SimulatedMachine({ seed }).random(8)
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })
})

describe('the simulated disk', () => {
  function open() {
    const machine = new SimulatedMachine()
    return { machine, disk: machine.disk, file: machine.disk.append('/f', { exclusive: true }) }
  }

  it('tears the write that meets the end of the room', () => {
    const { disk, file } = open()
    file.write(bytes('12'))
    disk.failWritesAfter(3)
    expect(() => file.write(bytes('345678'))).toThrow('ENOSPC')
    expect(() => file.write(bytes('9'))).toThrow('ENOSPC')
    expect(text(disk.read('/f'))).toBe('12345')
    disk.heal()
    file.write(bytes('!'))
    expect(text(disk.read('/f'))).toBe('12345!')
  })

  it('fails syncs, and forbids writing, when told to', async () => {
    const { disk, file } = open()
    disk.failSyncs()
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' })
    disk.becomeReadOnly()
    expect(() => file.write(bytes('x'))).toThrow('EROFS')
    expect(() => disk.replace('/g', bytes('x'))).toThrow('EROFS')
  })

  it('keeps what was synced when the power goes, and some prefix of the rest, which may end in zeros', async () => {
    const left = new Set<string>()
    for (let seed = 1; seed <= 200; seed++) {
      const { disk } = new SimulatedMachine({ seed })
      const file = disk.append('/f', { exclusive: true })
      file.write(bytes('kept'))
      await file.sync()
      file.write(bytes('perhaps'))
      disk.losePower()
      const found = text(disk.read('/f'))
      expect(found).toMatch(/^kept/)
      expect('keptperhaps'.startsWith(found.replace(/\0+$/, ''))).toBe(true)
      left.add(found)
    }
    expect(left).toContain('kept')
    expect(left).toContain('keptperhaps')
    expect([...left].filter(found => found.endsWith('\0'))).not.toEqual([])
  })

  it('may lose a new name with the power, until the file is synced', async () => {
    const isThere = { synced: 0, unsynced: 0 }
    for (let seed = 1; seed <= 50; seed++) {
      const { disk } = new SimulatedMachine({ seed })
      disk.append('/unsynced', { exclusive: true }).close()
      disk.makeDirectory('/d')
      await disk.append('/d/synced', { exclusive: true }).sync()
      disk.losePower()
      if (disk.exists('/unsynced')) isThere.unsynced++
      if (disk.exists('/d/synced')) isThere.synced++
    }
    expect(isThere.synced).toBe(50)
    expect(isThere.unsynced).toBeGreaterThan(5)
    expect(isThere.unsynced).toBeLessThan(45)
  })

  it('takes its time to sync', async () => {
    const { machine, disk, file } = open()
    disk.syncMs = 50
    let isSynced = false
    void file.sync().then(() => (isSynced = true))
    await machine.advance(49)
    expect(isSynced).toBe(false)
    await machine.advance(1)
    expect(isSynced).toBe(true)
  })
})

describe('the simulated network', () => {
  it('cuts what is written as it is told', async () => {
    const machine = new SimulatedMachine()
    machine.network.cuts = 'every byte'
    const [near, far] = machine.network.pair()
    const sizes: number[] = []
    far.onData(chunk => void sizes.push(chunk.length))
    near.write(bytes('abcd'))
    await settle()
    expect(sizes).toEqual([1, 1, 1, 1])
  })

  it('breaks for both after so many bytes', async () => {
    const [near, far] = new SimulatedMachine().network.pair()
    let got = ''
    const ends: unknown[] = []
    far.onData(chunk => void (got += text(chunk)))
    far.onEnd(error => void ends.push(error))
    near.onEnd(error => void ends.push(error))
    near.breakAfter(5)
    near.write(bytes('abc'))
    near.write(bytes('defg'))
    await settle()
    expect(got).toBe('abcde')
    expect(ends).toMatchObject([{ code: 'ECONNRESET' }, { code: 'ECONNRESET' }])
  })

  it('times out at a port that answers nobody', async () => {
    const machine = new SimulatedMachine()
    machine.network.silence(5432)
    const connected = expect(machine.network.connect({ host: 'db', port: 5432 }, { timeoutMs: 3_000 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    })
    await machine.advance(3_000)
    await connected
  })

  it('continues inside TLS when both ends do, and refuses anything else', async () => {
    const machine = new SimulatedMachine()
    const { near, far } = await pair(machine)
    const tls = { certificate: '', key: '', alpn: ['postgresql'] }
    const [server, client] = await Promise.all([
      far.startServerTls(tls, new Uint8Array(0)),
      near.startClientTls({ serverName: 'db', verify: 'none', authorities: null }),
    ])
    expect([server.tls, server.alpn]).toEqual([true, 'postgresql'])
    client.write(bytes('secret'))
    expect(await take(server, 6)).toBe('secret')

    const [liar, victim] = machine.network.pair()
    const refused = expect(victim.startServerTls(tls, new Uint8Array(0))).rejects.toMatchObject({ code: 'EPROTO' })
    liar.write(bytes('GET / HTTP/1.1'))
    await refused
  })
})

describe('a simulated program', () => {
  it('killed at a step does nothing more, and leaves a torn write, a free lock and a free port', async () => {
    const torn = new Set<string>()
    for (let seed = 1; seed <= 60; seed++) {
      const machine = new SimulatedMachine({ seed })
      const program = machine.start()
      await program.disk.lock('/lock', 'the program')
      const listener = await program.network.listen({ host: 'h', port: 0 }, socket => socket.onData(() => void socket.write(bytes('pong'))))
      const peer = await machine.network.connect(listener.address, { timeoutMs: 1 })
      const ended = new Promise(resolve => peer.onEnd(resolve))
      let answer = ''
      peer.onData(chunk => void (answer += text(chunk)))
      const file = program.disk.append('/f', { exclusive: true })
      file.write(bytes('whole'))
      let isLate = false
      program.clock.after(5, () => (isLate = true))
      program.killAfterSteps(1)
      file.write(bytes('torn'))
      file.write(bytes('never'))
      program.disk.replace('/g', bytes('never'))
      peer.write(bytes('ping'))
      await ended
      await machine.advance(10)
      expect([program.isDead, isLate, answer, machine.disk.exists('/g')]).toEqual([true, false, '', false])
      torn.add(text(machine.disk.read('/f')))
      await (await machine.disk.lock('/lock', 'the next')).release()
      await machine.network.listen(listener.address, () => {})
    }
    expect([...torn].toSorted()).toEqual(['whole', 'wholet', 'wholeto', 'wholetor', 'wholetorn'])
  })

  it('is over while it waits: nothing that it waited for comes', async () => {
    const machine = new SimulatedMachine()
    const program = machine.start()
    machine.disk.syncMs = 10
    const file = program.disk.append('/f', { exclusive: true })
    const story: string[] = []
    void file.sync().then(() => story.push('synced'))
    void program.disk.replaceLater('/g', bytes('late')).then(() => story.push('replaced'))
    program.kill()
    await machine.advance(100)
    expect(story).toEqual([])
    expect(machine.disk.exists('/g')).toBe(false)
  })
})
