import type { EndReason, Principal, RunIdentity } from '@steno/recordings'
import type { Actor, Ledger, LedgerEntry, LedgerEvent } from '../journal/ledger.ts'
import type { ActiveRun, RunCredential, ScramVerifier } from '../protocols/protocol.ts'
import { newId } from '../runtime/id.ts'
import type { Machine, Timer } from '../runtime/machine.ts'
import type { Agent } from './agents.ts'
import { ttlSecondsMax } from './names.ts'
import { IdentityRefused } from './refused.ts'
import { readVerifier, scramVerifier, writeVerifier } from './scram-verifier.ts'
import { newSecret, secretHash } from './secret-text.ts'

/** Who opens a run: an agent with its own secret, or a run with its token, which then is the parent. */
export type Opener = { kind: 'agent'; agent: Agent } | { kind: 'run'; run: ActiveRun }

/** What whoever opens a run says about it. */
export interface RunRequest {
  agent?: string | undefined
  version?: string | undefined
  task?: string | undefined
  trigger?: string | undefined
  targets?: string[] | undefined
  ttlSeconds?: number | undefined
}

const ttlSecondsDefault = 3600

/** The most hops of delegation a run may stand behind. */
const delegationMax = 32

export interface RunsOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  /** The names of all targets there are. */
  targets: readonly string[]
  /** The ledger refused the end of a run, which is over all the same. */
  onUnrecordedEnd: (run: string, error: unknown) => void
}

type RunOpened = Extract<LedgerEvent, { kind: 'run.open' }>
type RunEnded = Extract<LedgerEvent, { kind: 'run.end' }>

interface OpenRun {
  active: ActiveRun
  openedAtUs: number
  over: AbortController
  hash: string
  scram: ScramVerifier
  timer: Timer | null
}

/** The runs that are open, and how many there were of each task. */
export class Runs {
  readonly #options: RunsOptions
  readonly #open = new Map<string, OpenRun>()
  readonly #byHash = new Map<string, OpenRun>()
  readonly #attempts = new Map<string, number>()

  /** Takes up the runs that the ledger shows as open; those whose time is over stay so. */
  constructor(options: RunsOptions) {
    this.#options = options
    const opened = new Map<string, RunOpened & { atUs: number }>()
    for (const entry of options.entries) {
      if (entry.kind === 'run.open') {
        this.#countAttempt(entry)
        opened.set(entry.run.id, entry)
      }
      if (entry.kind === 'run.end') opened.delete(entry.run)
    }
    const nowUs = options.machine.clock.nowUs()
    for (const entry of opened.values()) {
      const isAlive = entry.expiresAtUs > nowUs && (entry.run.parent === null || this.#open.has(entry.run.parent))
      if (isAlive) this.#take(entry, entry.atUs)
    }
  }

  /** Opens a run and gives its token, which is shown this once. Throws `IdentityRefused` or `LedgerFailed`, and then nothing happened. */
  async open(opener: Opener, request: RunRequest): Promise<{ run: ActiveRun; token: string }> {
    const { machine, ledger } = this.#options
    const { principal, delegation } = whoActs(opener, request)
    const identity = {
      id: `run_${newId(machine)}`,
      task: request.task ?? null,
      trigger: request.trigger ?? null,
      agentVersion: request.version ?? null,
      parent: opener.kind === 'run' ? opener.run.identity.id : null,
    }
    const token = newSecret(machine, 'run')
    const scram = scramVerifier(machine, token)
    const opened: RunOpened = {
      kind: 'run.open',
      run: { ...identity, attempt: this.#attemptsOf(principal.name, identity.task) + 1 },
      principal,
      delegation,
      targets: this.#targetsFor(opener, request),
      expiresAtUs: this.#expiry(opener, request),
      verifier: { sha256: secretHash(token), scram: writeVerifier(scram) },
    }
    // The entry is in the kernel before this returns, so no other run can take
    // the same attempt; the token is given away only once it is on disk.
    const written = ledger.append(opened)
    this.#countAttempt(opened)
    const { active } = this.#take(opened, machine.clock.nowUs())
    await written
    return { run: active, token }
  }

  /** Ends a run and every run inside it: their tokens are refused from here on, and their sessions end. */
  async end(
    id: string,
    { exitCode, by, reason = 'ended' }: { exitCode: number | null; by: Actor; reason?: RunEnded['reason'] },
  ): Promise<void> {
    if (!this.#open.has(id)) throw new IdentityRefused('not_found', `no open run \`${id}\``)
    const written = this.#options.ledger.append({ kind: 'run.end', run: id, reason, exitCode, by })
    this.#close(id, 'run ended')
    await written
  }

  /** Ends all runs of an agent that is no more, those it delegated included. */
  async endAllOf(agent: string, by: Actor): Promise<void> {
    const ids = [...this.#open.values()].filter(({ active }) => active.principal.name === agent && active.identity.parent === null)
    await Promise.all(ids.map(({ active }) => this.end(active.identity.id, { exitCode: null, by, reason: 'agent removed' })))
  }

  /** A run that is neither ended nor expired. */
  get(id: string): ActiveRun | null {
    return this.#alive(this.#open.get(id))?.active ?? null
  }

  /** When an open run was opened. */
  openedAtUs(id: string): number | null {
    return this.#open.get(id)?.openedAtUs ?? null
  }

  /** How often a task was run by a principal so far. */
  attempts(principal: string, task: string | null): number {
    return this.#attemptsOf(principal, task)
  }

  openRuns(): ActiveRun[] {
    return [...this.#open.values()].flatMap(run => (this.#alive(run) ? [run.active] : []))
  }

  /** The run whose token this is. */
  authenticate(token: string): ActiveRun | null {
    return this.#alive(this.#byHash.get(secretHash(token)))?.active ?? null
  }

  /** The verifiers of a run that may come in now: what a protocol's port asks for. */
  credential(id: string): RunCredential | null {
    const run = this.#alive(this.#open.get(id))
    if (!run) return null
    return { run: run.active, scram: run.scram }
  }

  /** Stops all timers, for a gateway that stops; the runs themselves go on after the next start. */
  stop(): void {
    for (const run of this.#open.values()) run.timer?.cancel()
  }

  #take(opened: RunOpened, openedAtUs: number): OpenRun {
    const { machine } = this.#options
    const over = new AbortController()
    const active: ActiveRun = {
      identity: opened.run,
      root: (opened.run.parent === null ? undefined : this.#open.get(opened.run.parent)?.active.root) ?? opened.run.id,
      principal: opened.principal,
      delegation: opened.delegation,
      targets: opened.targets,
      expiresAtUs: opened.expiresAtUs,
      over: over.signal,
    }
    const run: OpenRun = { active, openedAtUs, over, hash: opened.verifier.sha256, scram: readVerifier(opened.verifier.scram), timer: null }
    this.#open.set(opened.run.id, run)
    this.#byHash.set(run.hash, run)
    const leftMs = Math.max(0, Math.ceil((opened.expiresAtUs - machine.clock.nowUs()) / 1000))
    run.timer = machine.clock.after(leftMs, () => this.#expire(run))
    return run
  }

  /** Null for a run that is over, also when its timer has yet to notice (the machine slept, or its clock was set). */
  #alive(run: OpenRun | undefined): OpenRun | null {
    if (!run) return null
    if (run.active.expiresAtUs > this.#options.machine.clock.nowUs()) return run
    this.#expire(run)
    return null
  }

  #expire(run: OpenRun): void {
    const { id } = run.active.identity
    if (!this.#open.has(id)) return
    this.#close(id, 'run expired')
    this.#record({ kind: 'run.end', run: id, reason: 'expired', exitCode: null, by: { kind: 'gateway', name: 'expiry' } })
  }

  #close(id: string, reason: EndReason): void {
    const run = this.#open.get(id)
    if (!run) return
    this.#open.delete(id)
    this.#byHash.delete(run.hash)
    run.timer?.cancel()
    run.over.abort(reason)
    for (const child of this.#open.values()) {
      if (child.active.identity.parent !== id) continue
      this.#close(child.active.identity.id, reason)
      this.#record({
        kind: 'run.end',
        run: child.active.identity.id,
        reason: 'parent over',
        exitCode: null,
        by: { kind: 'gateway', name: id },
      })
    }
  }

  /** Writes down an end that follows from what the ledger holds already, so losing the line loses nothing. */
  #record(ended: RunEnded): void {
    try {
      this.#options.ledger.append(ended).catch((error: unknown) => this.#options.onUnrecordedEnd(ended.run, error))
    } catch (error) {
      this.#options.onUnrecordedEnd(ended.run, error)
    }
  }

  #targetsFor(opener: Opener, { targets }: RunRequest): string[] {
    const reachable = opener.kind === 'run' ? opener.run.targets : this.#options.targets
    if (!targets) return [...reachable]
    const outside = targets.find(target => !reachable.includes(target))
    if (outside === undefined) return [...new Set(targets)]
    const where = opener.kind === 'run' ? 'the run it is opened in' : 'this gateway'
    throw new IdentityRefused(
      opener.kind === 'run' ? 'not_allowed' : 'invalid',
      `no target \`${outside}\` in ${where}; there is ${reachable.join(', ') || 'none'}`,
    )
  }

  #expiry(opener: Opener, { ttlSeconds }: RunRequest): number {
    const own = this.#options.machine.clock.nowUs() + Math.min(ttlSeconds ?? ttlSecondsDefault, ttlSecondsMax) * 1_000_000
    return opener.kind === 'run' ? Math.min(own, opener.run.expiresAtUs) : own
  }

  #attemptsOf(principal: string, task: string | null): number {
    return this.#attempts.get(attemptKey(principal, task)) ?? 0
  }

  #countAttempt({ principal, run }: { principal: Principal; run: RunIdentity }): void {
    this.#attempts.set(attemptKey(principal.name, run.task), run.attempt)
  }
}

/**
 * The principal of a new run and the chain behind it.
 *
 * An agent acts under its own name only. Inside a run, what the child calls
 * itself is nothing but a claim of its parent's, so it can never be the name of
 * somebody else: the child is `<parent>/<name>`, and a slash stands in no
 * registered name. A claimed name holds no groups.
 */
function whoActs(opener: Opener, { agent }: RunRequest): { principal: Principal; delegation: Principal[] } {
  if (opener.kind === 'agent') {
    const { name, groups } = opener.agent
    if (agent !== undefined && agent !== name) {
      throw new IdentityRefused('not_allowed', `this secret is agent \`${name}\`'s, so the run cannot be \`${agent}\`'s`)
    }
    return { principal: { kind: 'agent', name, groups: [...groups] }, delegation: [] }
  }
  const { principal: parent, delegation: before } = opener.run
  if (opener.run.over.aborted) throw new IdentityRefused('not_allowed', 'the run it would be opened in is over')
  if (agent?.includes('/')) throw new IdentityRefused('invalid', "an agent's name holds no slash")
  if (before.length >= delegationMax) throw new IdentityRefused('not_allowed', `runs nest at most ${delegationMax} deep`)
  const isItself = agent === undefined || agent === parent.name
  const principal: Principal = isItself ? { ...parent } : { kind: 'agent', name: `${parent.name}/${agent}`, groups: [] }
  return { principal, delegation: [parent, ...before] }
}

function attemptKey(principal: string, task: string | null): string {
  return JSON.stringify([principal, task])
}
