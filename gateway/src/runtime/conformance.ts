import { describe, expect, it, onTestFinished } from 'vitest'
import type { Machine, Socket } from './machine.ts'

/** What every machine must do. `setUp` gives a fresh machine and an empty directory on its disk. */
export function itIsAMachine(setUp: () => { machine: Machine; directory: string }): void {
  describe('disk', () => {
    it('appends in order, across openings, and reads ranges back', () => {
      const { machine, directory } = setUp()
      const path = `${directory}/a`
      for (const text of ['one', 'two']) {
        const file = machine.disk.append(path, { exclusive: false })
        file.write(bytes(text))
        file.write(bytes('.'))
        file.close()
      }
      expect(text(machine.disk.read(path))).toBe('one.two.')
      expect(text(machine.disk.readRange(path, { start: 4, end: 7 }))).toBe('two')
      expect(text(machine.disk.readRange(path, { start: 6, end: 99 }))).toBe('o.')
      expect(machine.disk.readRange(path, { start: 50, end: 99 })).toHaveLength(0)
      const into = bytes('.......')
      const read = machine.disk.readRange(path, { start: 4, end: 99, into })
      expect([text(read), text(into), read.buffer === into.buffer]).toEqual(['two.', 'two....', true])
      expect(() => machine.disk.readRange(path, { start: 0, end: 99, into })).toThrow()
      expect(machine.disk.sizeBytes(path)).toBe(8)
    })

    it('syncs, also when the file is closed at once', async () => {
      const { machine, directory } = setUp()
      const file = machine.disk.append(`${directory}/a`, { exclusive: true })
      file.write(bytes('x'))
      const synced = file.sync()
      file.close()
      await synced
      expect(machine.disk.sizeBytes(`${directory}/a`)).toBe(1)
    })

    it('has nothing done to a file that is closed: its number may be another file’s', async () => {
      const { machine, directory } = setUp()
      const file = machine.disk.append(`${directory}/a`, { exclusive: true })
      file.close()
      expect(() => file.write(bytes('x'))).toThrow('a file that is closed is not used any more')
      await expect(file.sync()).rejects.toThrow('a file that is closed is not used any more')
      expect(() => file.close()).toThrow('a file that is closed is not used any more')
    })

    it('refuses to open an existing file exclusively', () => {
      const { machine, directory } = setUp()
      machine.disk.append(`${directory}/a`, { exclusive: true }).close()
      expect(() => machine.disk.append(`${directory}/a`, { exclusive: true })).toThrow('EEXIST')
    })

    it('names what is missing', () => {
      const { machine, directory } = setUp()
      expect(() => machine.disk.read(`${directory}/no`)).toThrow('ENOENT')
      expect(() => machine.disk.sizeBytes(`${directory}/no`)).toThrow('ENOENT')
      expect(() => machine.disk.remove(`${directory}/no`)).toThrow('ENOENT')
      expect(() => machine.disk.append(`${directory}/no/a`, { exclusive: false })).toThrow('ENOENT')
    })

    it('replaces whole files and leaves nothing beside them', () => {
      const { machine, directory } = setUp()
      machine.disk.replace(`${directory}/a`, bytes('long content'))
      machine.disk.replace(`${directory}/a`, bytes('short'))
      expect(text(machine.disk.read(`${directory}/a`))).toBe('short')
      expect(machine.disk.list(directory)).toEqual(['a'])
    })

    it('replaces a whole file in pieces, or leaves it as it was when one does not come', () => {
      const { machine, directory } = setUp()
      const path = `${directory}/pieces`
      machine.disk.replace(path, bytes('before'))
      function* breaking() {
        yield bytes('half')
        throw new Error('no more')
      }
      expect(() => machine.disk.replace(path, breaking())).toThrow('no more')
      expect(text(machine.disk.read(path))).toBe('before')
      machine.disk.replace(path, [bytes('one '), bytes('and two')])
      expect(text(machine.disk.read(path))).toBe('one and two')
    })

    it('replaces whole files later as well, and leaves nothing beside them', async () => {
      const { machine, directory } = setUp()
      await machine.disk.replaceLater(`${directory}/a`, bytes('long content'))
      await machine.disk.replaceLater(`${directory}/a`, bytes('short'))
      expect(text(machine.disk.read(`${directory}/a`))).toBe('short')
      expect(machine.disk.list(directory)).toEqual(['a'])
      await expect(machine.disk.replaceLater(`${directory}/no/a`, bytes('x'))).rejects.toMatchObject({ code: 'ENOENT' })
    })

    it('discards, and says when there is nothing to', () => {
      const { machine, directory } = setUp()
      machine.disk.replace(`${directory}/a`, bytes('old'))
      machine.disk.discard(`${directory}/a`)
      expect(machine.disk.list(directory)).toEqual([])
      expect(() => machine.disk.discard(`${directory}/a`)).toThrow('ENOENT')
    })

    it('destroys secrets', () => {
      const { machine, directory } = setUp()
      machine.disk.replace(`${directory}/a`, bytes('secret'))
      machine.disk.destroy(`${directory}/a`)
      expect(machine.disk.list(directory)).toEqual([])
      expect(() => machine.disk.destroy(`${directory}/a`)).toThrow('ENOENT')
    })

    it('lists, makes, truncates and removes', () => {
      const { machine, directory } = setUp()
      machine.disk.makeDirectory(`${directory}/x/y`)
      machine.disk.makeDirectory(`${directory}/x/y`)
      machine.disk.replace(`${directory}/x/b`, bytes('bbb'))
      machine.disk.replace(`${directory}/x/a`, bytes('aaa'))
      expect(machine.disk.list(`${directory}/x`)).toEqual(['a', 'b', 'y'])
      expect(machine.disk.list(`${directory}/nowhere`)).toEqual([])
      machine.disk.truncate(`${directory}/x/a`, 1)
      expect(text(machine.disk.read(`${directory}/x/a`))).toBe('a')
      machine.disk.remove(`${directory}/x/b`)
      expect(machine.disk.exists(`${directory}/x/b`)).toBe(false)
      expect(machine.disk.exists(`${directory}/x`)).toBe(true)
    })
  })

  describe('lock', () => {
    it('is one holder’s at a time, who says who it is, and free again when it is released', async () => {
      const { machine, directory } = setUp()
      for (const holder of ['first', 'second']) {
        const lock = await machine.disk.lock(`${directory}/lock`, holder)
        await expect(machine.disk.lock(`${directory}/lock`, 'other')).rejects.toMatchObject({
          code: 'lock_held',
          holder: expect.stringContaining(holder),
        })
        await lock.release()
      }
    })

    it('is exactly one’s of many who come at once, whatever the one before left', async () => {
      const { machine, directory } = setUp()
      for (let round = 0; round < 5; round++) {
        const all = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => machine.disk.lock(`${directory}/lock`, `starter ${i}`)))
        const held = all.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
        expect(held).toHaveLength(1)
        for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'lock_held' })
        await held[0]!.release()
      }
    })
  })

  describe('network', () => {
    it('carries bytes both ways, in order', async () => {
      const { near, far } = await pair(setUp().machine)
      near.write(bytes('ping '))
      near.write(bytes('pong'))
      expect(await take(far, 9)).toBe('ping pong')
      far.write(bytes('back'))
      expect(await take(near, 4)).toBe('back')
    })

    it('keeps what arrives before there is a handler, and the end after it', async () => {
      const { near, far } = await pair(setUp().machine)
      near.write(bytes('early'))
      near.end()
      await turns()
      const seen: string[] = []
      const ended = new Promise<Error | null>(resolve => far.onEnd(resolve))
      far.onData(chunk => void seen.push(text(chunk)))
      expect(await ended).toBe(null)
      expect(seen.join('')).toBe('early')
    })

    it('goes on writing to a peer that ended its own side', async () => {
      const { near, far } = await pair(setUp().machine)
      const farEnded = new Promise<Error | null>(resolve => far.onEnd(resolve))
      far.onData(() => {})
      near.end()
      expect(await farEnded).toBe(null)
      far.write(bytes('still here'))
      expect(await take(near, 10)).toBe('still here')
    })

    it('holds bytes, and the end, back while a handler is at work', async () => {
      const { near, far } = await pair(setUp().machine)
      const story: string[] = []
      let release = () => {}
      const firstDone = new Promise<void>(resolve => (release = resolve))
      const ended = new Promise<void>(resolve =>
        far.onEnd(() => {
          story.push('end')
          resolve()
        }),
      )
      far.onData(async chunk => {
        story.push(`+${text(chunk)}`)
        await firstDone
        story.push('-')
      })
      near.write(bytes('a'))
      await until(() => story.length === 1)
      near.write(bytes('b'))
      near.end()
      await turns()
      expect(story).toEqual(['+a'])
      release()
      await ended
      expect(story).toEqual(['+a', '-', '+b', '-', 'end'])
    })

    it('asks a writer to wait for a peer that does not read', async () => {
      const { near, far } = await pair(setUp().machine)
      const piece = new Uint8Array(256 * 1024).fill(7)
      let sent = 0
      // Kernels buffer some megabytes before they push back.
      while (near.write(piece)) {
        sent += piece.length
        expect(sent).toBeLessThan(64 * 1024 * 1024)
        await turns()
      }
      sent += piece.length
      let received = 0
      const drained = near.drained()
      far.onData(chunk => void (received += chunk.length))
      await drained
      await until(() => received === sent)
    })

    it('lets a waiting writer go when the connection is gone', async () => {
      const { near } = await pair(setUp().machine)
      const piece = new Uint8Array(256 * 1024)
      while (near.write(piece)) await turns()
      const drained = near.drained()
      near.destroy()
      await drained
      expect(near.write(piece)).toBe(false)
      await near.drained()
    })

    it('ends once, with the error, when a handler throws', async () => {
      for (const handle of [
        () => {
          throw new Error('ours')
        },
        () => Promise.reject(new Error('ours')),
      ]) {
        const { near, far } = await pair(setUp().machine)
        const ends: (Error | null)[] = []
        far.onEnd(error => void ends.push(error))
        far.onData(handle)
        const nearEnded = new Promise(resolve => near.onEnd(resolve))
        near.onData(() => {})
        near.write(bytes('x'))
        await nearEnded
        await turns()
        expect(ends.map(error => error?.message)).toEqual(['ours'])
      }
    })

    it('ends once, without an error, when it is destroyed', async () => {
      const { near, far } = await pair(setUp().machine)
      const ends: (Error | null)[] = []
      near.onEnd(error => void ends.push(error))
      near.onData(() => {})
      const farEnded = new Promise(resolve => far.onEnd(resolve))
      far.onData(() => {})
      near.destroy()
      near.destroy()
      await farEnded
      await until(() => ends.length > 0)
      near.write(bytes('nobody hears'))
      near.end()
      await turns()
      expect(ends).toEqual([null])
    })

    it('says that a port is in use, and that nobody listens', async () => {
      const { machine } = setUp()
      const listener = await machine.network.listen({ host: '127.0.0.1', port: 0 }, () => {})
      await expect(machine.network.listen(listener.address, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' })
      await listener.close()
      await expect(machine.network.connect(listener.address, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    })

    it('closes a port without waiting for its connections, which stay', async () => {
      const { machine } = setUp()
      const { near, far, listener } = await pair(machine)
      await listener.close()
      near.write(bytes('hello'))
      expect(await take(far, 5)).toBe('hello')
    })
  })
}

/** A connected pair on a port of its own, gone when the test is over. */
export async function pair(machine: Machine) {
  let accept: (socket: Socket) => void = () => {}
  const accepted = new Promise<Socket>(resolve => (accept = resolve))
  const listener = await machine.network.listen({ host: '127.0.0.1', port: 0 }, accept)
  const near = await machine.network.connect(listener.address, { timeoutMs: 5_000 })
  const far = await accepted
  onTestFinished(async () => {
    near.destroy()
    far.destroy()
    await listener.close()
  })
  return { near, far, listener }
}

/** Resolves with the first so many bytes that arrive, as text. */
export function take(socket: Socket, sizeBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    socket.onEnd(error => reject(error ?? new Error(`expected ${sizeBytes} bytes, got \`${got}\` and the end`)))
    socket.onData(chunk => {
      got += text(chunk)
      if (got.length >= sizeBytes) resolve(got)
    })
  })
}

export function bytes(of: string): Uint8Array {
  return new TextEncoder().encode(of)
}

export function text(of: Uint8Array): string {
  return new TextDecoder().decode(of)
}

/** Lets real sockets and simulated ones alike carry what is on its way. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setTimeout(resolve, 1))
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    expect(turn).toBeLessThan(2_000)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}
