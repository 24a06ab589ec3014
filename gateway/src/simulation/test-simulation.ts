import { readConfig } from '../config/index.ts'
import { startGateway, type Gateway } from '../gateway.ts'
import { protocols } from '../protocols/registry.ts'
import { SimulatedMachine, settle } from '../runtime/simulated.ts'
import type { SimulatedProcess } from '../runtime/simulated-process.ts'
import { checkRecord } from './test-check.ts'
import { checkProof } from './test-proof.ts'
import { Chance } from './test-chance.ts'
import { Gone, SimulatedClient } from './test-client.ts'
import { simulatedCompanions, type SimulatedCompanions } from './test-companions.ts'
import { Marks } from './test-marks.ts'
import { acts, type Scene } from './test-script.ts'
import { data, Story } from './test-story.ts'
import { SimulatedTarget } from './test-target.ts'

// For tests alone: a whole gateway that lives several lives on one disk, among
// clients and targets, and dies of what gateways die of. All of it by seed.

const configFile = '/etc/steno.yaml'
const port = { host: '127.0.0.1', port: 7432 }
const secrets = { AGENT: 'agent-secret-0123456789abcdef', ADMIN: 'admin-secret-0123456789abcdef', DBA: 'dba-secret-0123456789abcdef' }

const policy = `
rule('nothing is deleted', { on: target('shop'), when: op => op.verb === 'DELETE', effect: forbid('not here') })
rule('changes are agreed to', { on: target('shop'), when: op => op.verb === 'UPDATE', effect: requireApproval({ by: 'approver', within: '3s' }) })
rule('no secrets', { on: target('shop'), effect: mask({ matching: /sec-[0-9]+/, with: 'redact' }) })
rule('small portions', { on: target('shop'), when: op => op.verb === 'SELECT', effect: limit({ rows: 6, over: 'cut' }) })
`

const diskFaults = ['full disk', 'write error', 'read-only disk']

/** How a life ends. */
type Ending = 'stopped' | 'killed' | 'without power' | 'fsync error'

/** What the API answers, as far as it is looked at here. */
interface Answer {
  id?: string
  token?: string
  items?: { id: string }[]
}

export class Simulation {
  readonly machine: SimulatedMachine
  /** What everybody else could tell of it. */
  readonly story: Story
  readonly #chance: Chance
  readonly #marks = new Marks()
  #process: SimulatedProcess
  #companions: SimulatedCompanions
  #gateway: Gateway | null = null
  #runs: { id: string; token: string }[] = []
  /** Clients at work, and since when they wait for what. */
  readonly #waiting = new Map<object, { act: string; sinceUs: number }>()
  #isQuiet = false
  /** Called when the gateway dies; and settled, for those who wait for it. */
  #dying = () => {}
  #died: Promise<void> = Promise.resolve()
  /** What went wrong with somebody who is not waited for. */
  #failure: unknown = null

  constructor(seed: number) {
    this.machine = new SimulatedMachine({ seed })
    const bytes = (count: number) => this.machine.random(count)
    this.#chance = new Chance(() => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32)
    this.story = new Story(this.machine, this.#chance.isOne(4) ? 'strict' : 'standard')
    for (const [i, name] of ['shop', 'billing'].entries()) {
      const address = { host: 'db', port: 5432 + i }
      this.story.targets.push(new SimulatedTarget({ name, address, machine: this.machine, chance: this.#chance, marks: this.#marks }))
    }
    this.machine.disk.makeDirectory('/etc')
    this.machine.disk.makeDirectory('/var')
    this.machine.disk.replace(configFile, new TextEncoder().encode(JSON.stringify(this.#config())))
    this.#process = this.machine.start()
    this.#companions = simulatedCompanions(this.#chance)
  }

  /** Lives a few lives, and one more in which nothing goes wrong. Throws what must not be. */
  async run(): Promise<void> {
    for (let lives = 1 + this.#chance.below(4); lives > 0; lives--) {
      if (await this.#boot({ mayDie: true })) {
        await this.#check()
        await this.#live()
        // Whoever looks before the next start sees a log that was cut short, and nothing that accuses anybody.
        if (!this.story.isBroken) await checkProof(this.story)
        if (this.#failure !== null) throw asError(this.#failure)
      }
    }
    this.machine.disk.heal()
    this.machine.disk.syncMs = 0
    this.machine.network.cuts = 'as written'
    for (const target of this.story.targets) target.breaks = false
    if (!(await this.#boot({ mayDie: false }))) throw new Error('the gateway does not start again')
    await this.#check()
    await this.#serves()
    await this.#stop()
    await this.#check()
  }

  async #check(): Promise<void> {
    checkRecord(this.story)
    await checkProof(this.story)
  }

  #config(): unknown {
    const target = (name: string, at: number) => ({
      protocol: 'postgres',
      address: `db:${at}`,
      database: name,
      user: 'app',
      tls: 'disable',
    })
    return {
      data,
      durability: this.story.durability,
      listen: { web: '127.0.0.1:7700', postgres: `${port.host}:${port.port}` },
      targets: { shop: target('shop', 5432), billing: target('billing', 5433) },
      agents: { worker: { secret: { env: 'AGENT' } } },
      tokens: { admin: { role: 'admin', secret: { env: 'ADMIN' } }, dba: { role: 'approver', secret: { env: 'DBA' } } },
    }
  }

  /** Starts a gateway on what the one before it left. Gives false when it died of it. */
  async #boot({ mayDie }: { mayDie: boolean }): Promise<boolean> {
    const { machine } = this
    this.#process = machine.start()
    const process = this.#process
    this.#dying = () => {}
    this.#died = new Promise(resolve => {
      process.onDeath = () => {
        this.#dying()
        resolve()
      }
    })
    this.#companions = simulatedCompanions(this.#chance)
    if (mayDie && this.#chance.isOne(4)) process.killAfterSteps(1 + this.#chance.below(40))
    this.story.tell('a gateway starts')
    let outcome: { gateway: Gateway } | { error: unknown } | null = null
    const read = readConfig({ path: configFile, disk: machine.disk, env: secrets, protocols })
    startGateway(read, process, {
      log: line => this.story.tell(`gateway: ${line}`),
      onFatal: reason => this.#onFatal(reason),
      companions: this.#companions,
    }).then(
      gateway => (outcome = { gateway }),
      (error: unknown) => (outcome = { error }),
    )
    while (outcome === null && !process.isDead) {
      await settle()
      if (machine.disk.isBusy) await machine.advance(machine.disk.syncMs)
    }
    if (process.isDead || outcome === null) {
      this.story.count('died while starting')
      this.story.tell('it died while it started')
      return false
    }
    const { gateway, error } = outcome as { gateway?: Gateway; error?: unknown }
    if (!gateway) throw asError(error)
    process.killAfterSteps(Number.POSITIVE_INFINITY)
    this.#gateway = gateway
    this.story.isBroken = false
    return true
  }

  #onFatal(reason: string): void {
    this.story.tell(`stopped: ${reason}`)
    this.story.count('stopped by an fsync error')
    this.#process.kill()
    this.story.losePower()
  }

  async #live(): Promise<void> {
    const { machine } = this
    const chance = this.#chance
    const process = this.#process
    const ending: Ending = chance.pick(['stopped', 'killed', 'killed', 'killed', 'without power', 'without power', 'fsync error'])
    this.#isQuiet = false
    machine.network.cuts = chance.pick(['as written', 'by seed', 'by seed', 'every byte'])
    machine.disk.syncMs = chance.pick([0, 0, 5, 50, 400])
    for (const target of this.story.targets) target.breaks = chance.isOne(3)
    this.story.tell(
      `it lives until it is ${ending}; ${this.story.durability}, syncs take ${machine.disk.syncMs} ms, bytes come ${machine.network.cuts}`,
    )
    this.#dying = () => {
      this.story.tell(`it is dead after ${process.steps} steps`)
      this.story.count(`died ${ending}`)
      if (ending === 'without power') this.story.losePower()
    }
    if (ending !== 'stopped' && !(ending === 'fsync error')) process.killAfterSteps(10 + chance.below(chance.isOne(3) ? 3000 : 600))
    const people = [
      this.#approver(process),
      this.#audit(process),
      ...Array.from({ length: 1 + chance.below(3) }, () => this.#agent(process)),
    ]
    const all = Promise.all(people).catch((error: unknown) => (this.#failure ??= error))
    const fault = chance.pick(['nothing', 'nothing', 'full disk', 'read-only disk', 'write error', 'clock steps'])
    const faultAt = chance.below(40)
    const fsyncFailsAt = ending === 'fsync error' ? chance.below(60) : -1
    for (let slice = 0; slice < 60 && !process.isDead; slice++) {
      if (slice === faultAt) this.#begin(fault)
      if (slice === faultAt + 10) this.#end(fault)
      if (slice === fsyncFailsAt) machine.disk.failSyncs()
      await machine.advance(10 + chance.below(200))
    }
    this.#end(fault)
    this.#isQuiet = true
    if (process.isDead) {
      machine.disk.heal()
      // What is on its way to a target arrives there, whoever sent it.
      await machine.advance(1000)
      return
    }
    // Whoever waits now waits for something that comes.
    for (let left = 100; left > 0 && !process.isDead && (await isPending(all)); left--) await machine.advance(500)
    if (!process.isDead && (await isPending(all))) {
      const stuck = [...this.#waiting.values()].map(({ act, sinceUs }) => `${act} (since ${sinceUs / 1000} ms)`)
      throw new Error(`somebody waits for what does not come: ${stuck.join(', ')}`)
    }
    if (process.isDead) return machine.disk.heal()
    if (ending === 'stopped' || ending === 'fsync error') {
      machine.disk.heal()
      await this.#stop()
    } else {
      process.kill()
      await machine.advance(1000)
    }
  }

  #begin(fault: string): void {
    const { disk, clock } = this.machine
    if (fault !== 'nothing') {
      this.story.tell(fault)
      this.story.count(fault)
    }
    if (fault === 'full disk') disk.failWritesAfter(this.#chance.below(5000))
    if (fault === 'write error') disk.failWritesAfter(this.#chance.below(5000), 'EIO')
    if (fault === 'read-only disk') disk.becomeReadOnly()
    if (diskFaults.includes(fault)) this.story.diskRefuses()
    if (fault === 'clock steps') clock.step((this.#chance.below(200) - 100) * 60_000)
  }

  #end(fault: string): void {
    if (!diskFaults.includes(fault)) return
    this.machine.disk.heal()
    this.story.diskTakes()
  }

  async #stop(): Promise<void> {
    const { machine } = this
    let isOver = false
    let failure: unknown = null
    this.#gateway!.stop().then(
      () => (isOver = true),
      (error: unknown) => (failure = error),
    )
    for (let left = 100; left > 0 && !isOver && failure === null; left--) await machine.advance(100)
    if (failure !== null) throw asError(failure)
    if (!isOver) throw new Error('the gateway does not stop')
    this.#process.kill()
    this.story.count('stopped')
  }

  /** Asks the API as whoever has a token. Rejects with `Gone` when the gateway dies over it. */
  async #call(process: SimulatedProcess, how: { method: string; path: string; token: string; body?: unknown }) {
    const { status, text } = await this.#ask(process, how)
    return { status, body: JSON.parse(text) as Answer }
  }

  async #ask(process: SimulatedProcess, how: { method: string; path: string; token: string; body?: unknown }) {
    if (process.isDead) throw new Gone('the gateway died')
    const { method, path, token, body } = how
    const request = new Request(`http://127.0.0.1:7700${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const companions = this.#companions
    const ask = async () => {
      const response = await companions.fetch(request)
      return { status: response.status, text: await response.text() }
    }
    // What a gateway that is dead by then would have answered, nobody hears.
    const answer = await Promise.race([ask(), this.#died])
    if (!answer || process.isDead) throw new Gone('the gateway died')
    return answer
  }

  async #openRun(process: SimulatedProcess, task: string): Promise<{ id: string; token: string } | null> {
    const { status, body } = await this.#call(process, { method: 'POST', path: '/api/runs', token: secrets.AGENT, body: { task } })
    this.story.count(`run ${status}`)
    if (status !== 201) return null
    const run = { id: body.id ?? '', token: body.token ?? '' }
    this.story.promised.runsOpened.add(run.id)
    this.#runs.push(run)
    return run
  }

  /** An agent: opens a run, or goes on with an older one, and does things in it until it is quiet. */
  async #agent(process: SimulatedProcess): Promise<void> {
    const chance = this.#chance
    try {
      await this.#publish(process)
      while (!this.#isQuiet && !process.isDead) {
        const run = (chance.isOne(3) ? this.#runs.at(-1) : undefined) ?? (await this.#openRun(process, chance.pick(['nightly', 'report'])))
        if (run) {
          await Promise.all(Array.from({ length: 1 + chance.below(2) }, () => this.#work(process, run)))
          if (chance.isOne(3)) await this.#endRun(process, run)
        }
        await this.#wait(chance.below(300))
      }
    } catch (error) {
      if (!(error instanceof Gone)) throw error
    }
  }

  async #endRun(process: SimulatedProcess, run: { id: string; token: string }): Promise<void> {
    this.#runs = this.#runs.filter(one => one !== run)
    const { status } = await this.#call(process, { method: 'POST', path: `/api/runs/${run.id}/end`, token: run.token, body: {} })
    if (status === 200) this.story.promised.runsEnded.add(run.id)
  }

  async #publish(process: SimulatedProcess): Promise<void> {
    if (this.story.promised.policy) return
    const { status, body } = await this.#call(process, {
      method: 'PUT',
      path: '/api/policies/house',
      token: secrets.ADMIN,
      body: { source: policy },
    })
    if (status === 200 || status === 201) this.story.promised.policy = true
    else if (status !== 503) throw new Error(`the policy was not published: ${JSON.stringify(body)}`)
  }

  /** One client, from its login to its leave. */
  async #work(process: SimulatedProcess, { id, token }: { id: string; token: string }): Promise<void> {
    const { machine } = this
    const chance = this.#chance
    const target = !this.story.promised.policy ? 'billing' : chance.pick(['shop', 'shop', 'billing'])
    const me = {}
    const does = (act: string) => this.#waiting.set(me, { act, sinceUs: this.story.nowUs })
    let client: SimulatedClient | null = null
    try {
      does(`a login to ${target}`)
      client = await SimulatedClient.connect(machine, { address: port, run: id, token, target })
      client.onHeard = mark => this.story.heard.push({ mark, target, atUs: this.story.nowUs })
      this.#keepReceipt(client)
      this.story.count('sessions')
      if (chance.isOne(5)) client.breakAfter(chance.below(2000))
      const scene: Scene = { client, chance, marks: this.#marks, wait: ms => this.#wait(ms) }
      for (let left = 1 + chance.below(8); left > 0 && !this.#isQuiet; left--) {
        const act = chance.pick(Object.keys(acts))
        does(act)
        await acts[act]!(scene)
        this.story.count(act)
        await this.#wait(chance.below(60))
      }
      client.leave(chance.pick(['politely', 'politely', 'quietly', 'at once']))
    } catch (error) {
      if (!(error instanceof Gone)) throw error
      if (process.isDead) throw error
    } finally {
      for (const code of client?.errors ?? []) this.story.count(`error ${code}`)
      this.#waiting.delete(me)
    }
  }

  /** Somebody who votes on what is held, now so and now so. */
  async #approver(process: SimulatedProcess): Promise<void> {
    const chance = this.#chance
    try {
      while (!this.#isQuiet && !process.isDead) {
        await this.#wait(200 + chance.below(600))
        const { body } = await this.#call(process, { method: 'GET', path: '/api/approvals?state=pending', token: secrets.DBA })
        for (const { id } of body.items ?? []) {
          const vote = chance.pick(['approve', 'approve', 'reject'] as const)
          const path = `/api/approvals/${id}/reviews`
          const { status } = await this.#call(process, { method: 'POST', path, token: secrets.DBA, body: { vote } })
          if (status === 200) this.story.promised.reviews.set(id, vote)
          this.story.count(`vote ${status}`)
        }
      }
    } catch (error) {
      if (!(error instanceof Gone)) throw error
    }
  }

  /** Somebody outside who keeps what is published; and an operator who changes the log's key now and then. */
  async #audit(process: SimulatedProcess): Promise<void> {
    const chance = this.#chance
    try {
      while (!this.#isQuiet && !process.isDead) {
        await this.#wait(100 + chance.below(900))
        const { status, text } = await this.#ask(process, { method: 'GET', path: '/checkpoint', token: '' })
        if (status === 200) this.story.auditor.checkpoint = text
        if (!chance.isOne(12)) continue
        const rotated = await this.#call(process, { method: 'POST', path: '/api/log/rotate-key', token: secrets.ADMIN, body: {} })
        this.story.count(`key change ${rotated.status}`)
      }
    } catch (error) {
      if (!(error instanceof Gone)) throw error
    }
  }

  #keepReceipt({ settings }: SimulatedClient): void {
    const [session, index] = settings.get('steno.receipt')?.split(' ') ?? []
    if (session === undefined) throw new Error('a client was let in without a receipt')
    this.story.receipts.push({ session, index: Number(index), atUs: this.story.nowUs })
  }

  #wait(ms: number): Promise<void> {
    return new Promise(resolve => this.machine.clock.after(ms, resolve))
  }

  /** Both targets can be reached, by whoever comes new. */
  async #serves(): Promise<void> {
    const { machine } = this
    let isDone = false
    let failure: unknown = null
    const asked = async () => {
      await this.#publish(this.#process)
      const run = await this.#openRun(this.#process, 'afterwards')
      if (!run) throw new Error('no run can be opened')
      for (const target of ['shop', 'billing']) {
        const client = await SimulatedClient.connect(machine, { address: port, run: run.id, token: run.token, target })
        client.onHeard = mark => this.story.heard.push({ mark, target, atUs: this.story.nowUs })
        await acts['one statement']!({ client, chance: this.#chance, marks: this.#marks, wait: ms => this.#wait(ms) })
        client.leave('politely')
      }
    }
    asked().then(
      () => (isDone = true),
      (error: unknown) => (failure = error),
    )
    for (let left = 100; left > 0 && !isDone && failure === null; left--) await machine.advance(100)
    if (failure !== null) throw new Error('the gateway does not serve again', { cause: failure })
    if (!isDone) throw new Error('the gateway does not answer any more')
  }
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something else than an error was thrown', { cause: thrown })
}
