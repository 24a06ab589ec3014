import { expect, it } from 'vitest'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import type { SimulatedProcess } from '../runtime/simulated-process.ts'
import { TestLog, testKey } from './test-log.ts'
import { Witness } from './witness.ts'

const origin = 'log.example/1'
const lives = 60
const stepsALife = 40
const sharedLeaves = 6

/** A log and its owner's lie: two trees that part after some leaves, signed with the same key. */
function twoHistories() {
  const [honest, lie] = [new TestLog(origin).grow(sharedLeaves), new TestLog(origin).grow(sharedLeaves)]
  for (let n = 0; n < 200; n++) {
    honest.add(new TextEncoder().encode(`leaf ${n}`))
    lie.add(new TextEncoder().encode(`lie ${n}`))
  }
  return [honest, lie] as const
}

const histories = twoHistories()

/** One life of a witness on a bad machine, with everybody asking at once. */
async function live(seed: number): Promise<{ signed: number; deaths: number }> {
  const machine = new SimulatedMachine({ seed })
  const draw = (below: number) => machine.random(1)[0]! % below
  machine.disk.makeDirectory('/w')
  const signed: { size: number; history: number }[] = []
  let deaths = 0
  let program: SimulatedProcess
  let witness: Witness
  const start = () => {
    program = machine.start()
    const logs = [{ origin, keys: [testKey(origin, 1).verifier] }]
    witness = new Witness(program, { name: 'w.example/1', keyPath: '/w/witness.key', directory: '/w/logs', logs, log: () => {} })
  }
  const known = async () => Number((await witness.addCheckpoint(histories[0].request(histories[0].size))).body)
  const ask = async (history: number, asker: Witness) => {
    const log = histories[history]!
    const oldSize = draw(3) === 0 ? draw(20) : Math.min(log.size, signed.at(-1)?.size ?? 0)
    const size = Math.min(log.size, oldSize + draw(4))
    const answer = await asker.addCheckpoint(log.request(oldSize, size))
    if (answer.status === 200) signed.push({ size, history })
  }
  const check = () => {
    const after = new Set(signed.filter(({ size }) => size > sharedLeaves).map(({ history }) => history))
    expect(after.size, `both histories are signed; STENO_SEED=${seed} shows it again`).toBeLessThan(2)
  }

  start()
  for (let step = 0; step < stepsALife; step++) {
    machine.disk.syncMs = draw(5)
    if (draw(4) === 0) program!.killAfterSteps(1 + draw(4))
    if (draw(8) === 0) machine.disk.failWritesAfter(draw(600))
    if (draw(12) === 0) machine.disk.failSyncs()
    for (let n = draw(4); n > 0; n--) void ask(draw(2), witness!)
    await machine.advance(draw(40))
    machine.disk.heal()
    await settle()
    check()
    if (!program!.isDead && draw(6) > 0) continue
    program!.kill()
    if (draw(2) === 0) machine.disk.losePower()
    deaths++
    start()
    const size = known()
    await machine.advance(100)
    const largest = Math.max(0, ...signed.map(one => one.size))
    expect(await size, `less is known than was signed; STENO_SEED=${seed} shows it again`).toBeGreaterThanOrEqual(largest)
  }
  return { signed: signed.length, deaths }
}

it('signs one history only, whatever is asked of it and wherever it dies', async () => {
  const first = Number(process.env['STENO_SEED'] ?? 1)
  const sum = { signed: 0, deaths: 0 }
  for (let seed = first; seed < first + lives; seed++) {
    const { signed, deaths } = await live(seed)
    sum.signed += signed
    sum.deaths += deaths
  }
  // A life in which nothing happened would prove nothing.
  expect(sum.signed).toBeGreaterThan(5 * lives)
  expect(sum.deaths).toBeGreaterThan(5 * lives)
})
