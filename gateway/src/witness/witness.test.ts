import { cosignedAt, noteVerifier, openNote, parseCheckpoint, parseVerifierKey } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { toHex } from '../runtime/bytes.ts'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { TestLog, testKey, type TestKey } from './test-log.ts'
import { Witness } from './witness.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (raw: Uint8Array) => new TextDecoder().decode(raw)
const hashOf = (origin: string) => toHex(sha256(bytes(origin)))
const origin = 'log.example/1'

interface Rig {
  machine: SimulatedMachine
  /** Another process on the same disk: what was only in memory is gone. */
  restart(): Witness
  witness: Witness
  lines: string[]
}

function rig(...keys: TestKey[]): Rig {
  const machine = new SimulatedMachine()
  const lines: string[] = []
  const watched = keys.length > 0 ? keys : [testKey(origin, 1)]
  const restart = () =>
    new Witness(machine, {
      name: 'w.example/1',
      keyPath: '/w/witness.key',
      directory: '/w/logs',
      logs: [
        { origin, keys: watched.map(({ verifier }) => verifier) },
        { origin: 'other.example', keys: [testKey('other.example', 9).verifier] },
      ],
      log: line => lines.push(line),
    })
  machine.disk.makeDirectory('/w')
  return { machine, restart, witness: restart(), lines }
}

/** The checkpoint's note with what the witness answered, opened by its key. */
function opened({ witness }: Pick<Rig, 'witness'>, log: TestLog, answer: string) {
  const verifier = noteVerifier(parseVerifierKey(sha256, witness.vkey), verifyEd25519)
  const { note } = openNote(bytes(text(log.checkpoint()) + answer), [verifier])
  return { checkpoint: parseCheckpoint(note.text), at: cosignedAt(note, verifier) }
}

describe('a witness', () => {
  it('signs the first checkpoint of a log, and each that continues it', async () => {
    const on = rig()
    const log = new TestLog().grow(3)
    const first = await on.witness.addCheckpoint(log.request(0))
    expect(first.status).toBe(200)
    expect(opened(on, log, first.body)).toMatchObject({ checkpoint: { origin, size: 3 }, at: Math.floor(on.machine.clock.nowUs() / 1e6) })
    for (const [from, to] of [
      [3, 4],
      [4, 9],
      [9, 9],
      [9, 300],
    ] as const) {
      const answer = await on.witness.addCheckpoint(log.grow(to).request(from))
      expect(answer.status).toBe(200)
      expect(opened(on, log, answer.body).checkpoint.size).toBe(to)
    }
  })

  it('keeps what it signed over a restart, and shows it to monitors with both signatures', async () => {
    const on = rig()
    const log = new TestLog().grow(5)
    expect(on.witness.latest(hashOf(origin))).toBe(null)
    const { body } = await on.witness.addCheckpoint(log.request(0))
    on.machine.disk.losePower()
    const again = on.restart()
    expect(again.vkey).toBe(on.witness.vkey)
    expect(again.latest(hashOf(origin))).toBe(text(log.checkpoint()) + body)
    expect(again.latest(hashOf('other.example'))).toBe(null)
    expect(again.latest(hashOf('unheard of'))).toBe(null)
    expect(await again.addCheckpoint(log.grow(6).request(0))).toEqual({ status: 409, type: 'text/x.tlog.size', body: '5\n' })
    expect((await again.addCheckpoint(log.request(5))).status).toBe(200)
  })

  it('signs nothing that it could not keep, and goes on when there is room', async () => {
    const on = rig()
    const log = new TestLog().grow(5)
    await on.witness.addCheckpoint(log.request(0))
    await on.witness.addCheckpoint(log.grow(6).request(5))
    for (const breaks of [
      () => on.machine.disk.failWritesAfter(20),
      () => on.machine.disk.failSyncs(),
      () => on.machine.disk.becomeReadOnly(),
    ]) {
      breaks()
      const size = log.size
      const answer = await on.witness.addCheckpoint(log.grow(size + 1).request(size))
      expect(answer).toMatchObject({ status: 503, body: expect.not.stringContaining('—') as string })
      expect(on.lines.at(-1)).toContain('nothing is signed')
      on.machine.disk.heal()
      expect((await on.witness.addCheckpoint(log.request(size))).status).toBe(200)
      expect((await on.restart().addCheckpoint(log.request(0))).body).toBe(`${log.size}\n`)
    }
  })

  it('answers requests for one log one after the other, so that a race signs one history', async () => {
    const on = rig()
    const log = new TestLog().grow(5)
    await on.witness.addCheckpoint(log.request(0))
    on.machine.disk.syncMs = 10
    const other = new TestLog(origin, { word: 'lie' }).grow(8)
    log.grow(7)
    const answers = Promise.all([
      on.witness.addCheckpoint(log.request(5)),
      on.witness.addCheckpoint(log.grow(9).request(5)),
      on.witness.addCheckpoint(other.request(5)),
    ])
    await on.machine.advance(100)
    expect((await answers).map(({ status, body }) => (status === 409 ? body : status))).toEqual([200, '7\n', '7\n'])
  })
})

describe('a request', () => {
  const log = () => new TestLog().grow(10)

  it.each<[what: string, body: () => Uint8Array, status: number, answer?: string]>([
    ['is malformed', () => bytes('hello'), 400],
    ['has no checkpoint', () => bytes('old 0\n\nhello'), 400],
    ['has a checkpoint without signatures', () => bytes('old 0\n\nlog.example/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'), 400],
    ['is of a log that is not watched', () => new TestLog('log.example/2').grow(3).request(0), 404],
    ['is signed by nobody who is known', () => new TestLog(origin, { signers: [testKey(origin, 2)] }).grow(3).request(0), 403],
    ['is signed by the key of another log', () => new TestLog(origin, { signers: [testKey('other.example', 9)] }).grow(3).request(0), 403],
    ['claims the known key, and the signature is wrong', () => bytes(text(log().request(5)).replace(/\n10\n/, '\n11\n')), 403],
    ['says it grew from more than it has', () => bytes(text(log().request(0, 4)).replace('old 0', 'old 5')), 400],
    ['grows from less than was signed', () => log().request(4), 409, '5\n'],
    ['grows from nothing', () => log().request(0), 409, '5\n'],
    ['grows from more than was signed', () => log().request(6), 409, '5\n'],
    ['has no proof', () => bytes(text(log().request(0)).replace('old 0', 'old 5')), 422],
    ['has a proof of something else', () => bytes(text(log().request(4)).replace('old 4', 'old 5')), 422],
    ['is another history', () => new TestLog(origin, { word: 'lie' }).grow(10).request(5), 422],
    ['is another history of the same size', () => new TestLog(origin, { word: 'lie' }).grow(5).request(5), 422],
  ])('that %s is refused', async (_what, body, status, answer) => {
    const on = rig()
    const five = new TestLog().grow(5)
    await on.witness.addCheckpoint(five.request(0))
    const kept = on.witness.latest(hashOf(origin))
    const refused = await on.witness.addCheckpoint(body())
    expect(refused.status).toBe(status)
    expect(refused.body).not.toContain('—')
    if (answer !== undefined) expect(refused).toMatchObject({ type: 'text/x.tlog.size', body: answer })
    // It is as though it had not come.
    expect(on.witness.latest(hashOf(origin))).toBe(kept)
    expect(on.restart().latest(hashOf(origin))).toBe(kept)
    expect((await on.witness.addCheckpoint(five.grow(6).request(5))).status).toBe(200)
  })

  it('may begin a log with any tree, but with no proof', async () => {
    const proof = text(log().request(5)).replace('old 5', 'old 0')
    expect((await rig().witness.addCheckpoint(bytes(proof))).status).toBe(422)
    expect((await rig().witness.addCheckpoint(log().request(0))).status).toBe(200)
  })

  it('may begin a log with the empty tree, whose root there is one of', async () => {
    const on = rig()
    const empty = new TestLog()
    expect((await on.witness.addCheckpoint(empty.request(0))).status).toBe(200)
    expect((await on.witness.addCheckpoint(empty.grow(2).request(0))).status).toBe(200)
    const other = new TestLog(origin, { word: 'lie' }).grow(1)
    const lie = text(other.request(0)).replace(/\n1\n/, '\n0\n')
    expect((await rig().witness.addCheckpoint(bytes(lie))).status).toBe(403)
  })

  it('that contradicts what was signed is told to the operator, note and all', async () => {
    const on = rig()
    await on.witness.addCheckpoint(new TestLog().grow(5).request(0))
    const fork = new TestLog(origin, { word: 'lie' }).grow(5)
    for (let n = 0; n < 3; n++) await on.witness.addCheckpoint(fork.request(5))
    expect(on.lines).toEqual([expect.stringContaining(`TWO HISTORIES`)])
    expect(on.lines[0]).toContain(text(fork.checkpoint()))
    const nonsense = bytes(text(new TestLog().grow(9).request(4)).replace('old 4', 'old 5'))
    for (let n = 0; n < 3; n++) await on.witness.addCheckpoint(nonsense)
    expect(on.lines).toHaveLength(2)
    await on.machine.advance(60_000)
    await on.witness.addCheckpoint(nonsense)
    expect(on.lines).toHaveLength(3)
  })

  it('may carry signatures of strangers, which are not passed on', async () => {
    const on = rig()
    const signed = new TestLog(origin, { signers: [testKey(origin, 1), testKey(origin, 77)] }).grow(2)
    expect((await on.witness.addCheckpoint(signed.request(0))).status).toBe(200)
    expect(on.witness.latest(hashOf(origin))?.match(/^— /gm)).toHaveLength(2)
  })
})

describe('a log that replaces its key', () => {
  const [old, next, third] = [testKey(origin, 1), testKey(origin, 2), testKey(origin, 3)]

  /** A log that was witnessed, with a checkpoint that both keys signed. */
  async function replacing() {
    const on = rig(old)
    const log = new TestLog().grow(5)
    await on.witness.addCheckpoint(log.request(0))
    const index = log.replaceKey(next)
    expect((await on.witness.addCheckpoint(log.request(5))).status).toBe(200)
    return { on, log, index }
  }

  it('is followed by its own leaf, also over a restart, and the replaced key speaks for it no more', async () => {
    const { on, log, index } = await replacing()
    const proof = log.proofOf(index)
    expect(await on.witness.replaceKey(proof)).toMatchObject({ status: 200, body: '' })
    expect((await on.witness.replaceKey(proof)).status).toBe(200)
    for (const open of [() => on.witness, on.restart]) {
      const witness = open()
      log.signers = [old]
      const size = log.size
      expect((await witness.addCheckpoint(log.grow(size + 1).request(size))).status).toBe(403)
      log.signers = [next]
      expect((await witness.addCheckpoint(log.request(size))).status).toBe(200)
    }
    const again = log.replaceKey(third, next)
    const restarted = on.restart()
    expect((await restarted.addCheckpoint(log.request(log.size - 1))).status).toBe(200)
    expect((await restarted.replaceKey(log.proofOf(again))).status).toBe(200)
    log.signers = [third]
    expect((await restarted.addCheckpoint(log.grow(20).request(again + 1))).status).toBe(200)
  })

  it('is not followed because two keys signed one checkpoint', async () => {
    const { on, log } = await replacing()
    log.signers = [next]
    expect((await on.witness.addCheckpoint(log.grow(7).request(6))).status).toBe(403)
  })

  it.each<[what: string, proof: (made: Awaited<ReturnType<typeof replacing>>) => Uint8Array, status: number]>([
    ['is no proof', () => bytes('hello'), 400],
    ['is of another leaf', ({ log }) => log.proofOf(2), 400],
    [
      'is not signed by the replaced key',
      ({ log, index }) => {
        log.signers = [next]
        return log.proofOf(index)
      },
      403,
    ],
    [
      'is not signed by the new key',
      ({ log, index }) => {
        log.signers = [old]
        return log.proofOf(index)
      },
      403,
    ],
    [
      'names another key than the one that signed',
      ({ log, index }) => {
        log.signers = [old, third]
        return log.proofOf(index)
      },
      403,
    ],
    [
      'replaces a key that does not speak for the log',
      ({ log }) => {
        const index = log.replaceKey(next, third)
        return log.proofOf(index)
      },
      403,
    ],
    ['is in a tree that was not witnessed', ({ log, index }) => log.grow(9).proofOf(index), 409],
    [
      'is in another tree of the same size',
      () => {
        const other = new TestLog(origin, { word: 'lie' }).grow(5)
        return other.proofOf(other.replaceKey(next))
      },
      422,
    ],
    ['is of a leaf elsewhere', ({ log, index }) => bytes(text(log.proofOf(index)).replace(`index ${index}`, `index ${index - 1}`)), 422],
    [
      'is of another log',
      () => {
        const other = new TestLog('log.example/2').grow(5)
        return other.proofOf(other.replaceKey(testKey('log.example/2', 2)))
      },
      404,
    ],
    [
      'gives it a key of another name',
      ({ on, log }) => {
        void on
        const index = log.replaceKey(testKey('log.example/2', 2))
        return log.proofOf(index)
      },
      403,
    ],
  ])('is not followed where the proof %s', async (_what, proof, status) => {
    const made = await replacing()
    expect((await made.on.witness.replaceKey(proof(made))).status).toBe(status)
    made.log.signers = [old]
    const size = Number((await made.on.witness.addCheckpoint(made.log.grow(30).request(0))).body)
    expect((await made.on.witness.addCheckpoint(made.log.request(size))).status).toBe(200)
  })

  it('may have several keys from the start, each of which speaks for it', async () => {
    const on = rig(old, next)
    const log = new TestLog().grow(1)
    for (const signers of [[old], [next], [old, next]]) {
      log.signers = signers
      expect((await on.witness.addCheckpoint(log.grow(log.size + 1).request(log.size === 2 ? 0 : log.size - 1))).status).toBe(200)
    }
  })
})

describe('what a witness kept', () => {
  const path = `/w/logs/${hashOf(origin)}`

  async function signedOnce() {
    const on = rig()
    await on.witness.addCheckpoint(new TestLog().grow(5).request(0))
    return on
  }

  it.each([
    ['is not a state', '{}\n'],
    ['is not JSON', 'hello\n'],
    ['has no checkpoint in it', '{"checkpoint":"hello","learned":[],"retired":[]}\n'],
  ])('keeps it from starting when it %s', async (_what, content) => {
    const on = await signedOnce()
    on.machine.disk.replace(path, bytes(content))
    expect(() => on.restart()).toThrow(expect.objectContaining({ code: 'state_damaged' }) as Error)
  })

  it('keeps it from starting when it says another size than was signed, or is of another log', async () => {
    const on = await signedOnce()
    const kept = text(on.machine.disk.read(path))
    for (const [from, to] of [
      ['\\n5\\n', '\\n4\\n'],
      [origin, 'other.example'],
    ] as const) {
      on.machine.disk.replace(path, bytes(kept.replace(from, to)))
      expect(() => on.restart()).toThrow(expect.objectContaining({ code: 'state_damaged' }) as Error)
    }
  })

  it('holds when the witness was given a new key', async () => {
    const on = await signedOnce()
    on.machine.disk.remove('/w/witness.key')
    const again = on.restart()
    expect(again.vkey).not.toBe(on.witness.vkey)
    expect((await again.addCheckpoint(new TestLog().grow(6).request(0))).body).toBe('5\n')
  })
})
