import { ErasureError, type LineRange } from '@steno/recordings'
import { namesBehind, personOf } from '../identity/index.ts'
import type { Actor, Ledger, LedgerEntry } from '../journal/ledger.ts'
import type { RecordingFiles } from '../journal/recording-files.ts'
import { newId } from '../runtime/id.ts'
import type { Machine, Timer } from '../runtime/machine.ts'
import type { Holds } from './holds.ts'
import { readHeader, type LinesToErase, type Wanted } from './recording-tasks.ts'
import type { RecordingWork } from './recording-work.ts'
import { RetentionRefused } from './refused.ts'

/** `approved`: two people want it, and it is being carried out. `done`: nothing is left of it here. */
export type ErasureState = 'pending' | 'approved' | 'done' | 'refused'

/** Lines of a recording that somebody wants erased. */
export interface Erasure {
  id: string
  session: string
  /** All that goes: more than was named, where that takes it. */
  lines: LineRange[]
  /** Commands whose own lines are among them. */
  commands: number[]
  reason: string
  state: ErasureState
  requestedBy: Actor
  requestedAtUs: number
  /** Whoever approved or refused it, and when; null while it is pending. */
  decidedBy: Actor | null
  decidedAtUs: number | null
  doneAtUs: number | null
}

export interface ErasuresOptions {
  machine: Machine
  directory: string
  ledger: Ledger
  entries: readonly LedgerEntry[]
  files: RecordingFiles
  work: RecordingWork
  holds: Holds
  /** Resolves when everything in the ledger so far has its leaf behind a published checkpoint. */
  published: () => Promise<void>
  /** Leaves nothing of commands anywhere but in their recording: not in memory, not in the index. */
  forget: (erased: { session: string; commands: readonly number[]; path: string | null }) => Promise<void>
  onProblem: (problem: string) => void
}

/** An erasure that could not be carried out, for want of room or of the store, is tried again. */
const againAfterMs = 60_000

/**
 * Erases lines of closed recordings, with dual control: one asks, and another
 * approves. INVARIANT: what is to go and who agreed to it is in the ledger and
 * in the log before a byte changes, and an erasure that was approved is
 * carried out however often the gateway dies of it.
 */
export class Erasures {
  readonly #options: ErasuresOptions
  readonly #erasures = new Map<string, Erasure>()
  readonly #timers = new Set<Timer>()
  #rewriting: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: ErasuresOptions) {
    this.#options = options
    for (const entry of options.entries) this.#restore(entry)
  }

  /** Goes on with what the gateway's last life left undone. Resolves when each was tried once. */
  async start(): Promise<void> {
    for (const erasure of this.#erasures.values()) if (erasure.state === 'approved') await this.#carryOut(erasure)
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
  }

  /** Newest first. */
  list(): Erasure[] {
    return [...this.#erasures.values()].toReversed()
  }

  get(id: string): Erasure | null {
    return this.#erasures.get(id) ?? null
  }

  /** How often a session's recording was rewritten, or is about to be. */
  countOf(session: string): number {
    return this.list().filter(erasure => erasure.session === session && erasure.decidedBy !== null && erasure.state !== 'refused').length
  }

  /** Writes down that somebody wants something erased, and all that would go with it. Throws `RetentionRefused`. */
  async request({ session, wanted, reason }: { session: string; wanted: Wanted; reason: string }, by: Actor): Promise<Erasure> {
    const path = this.#closedRecording(session)
    this.#mustNotBeHeld(session, path)
    const { lines, commands } = await this.#asked(this.#options.work.plan(path, wanted))
    const { machine, ledger } = this.#options
    const id = `era_${newId(machine)}`
    const erasure = newErasure({ id, session, lines, commands, reason, by, atUs: machine.clock.nowUs() })
    await ledger.append({ kind: 'erasure requested', erasure: id, session, lines, commands, reason, by })
    this.#erasures.set(id, erasure)
    return erasure
  }

  /** Agrees to an erasure, which is carried out from here on. Throws `RetentionRefused`. */
  async approve(id: string, by: Actor): Promise<Erasure> {
    const erasure = this.#pending(id)
    const path = this.#closedRecording(erasure.session)
    const objection = this.objection(id, by)
    if (objection !== null) throw new RetentionRefused('not_allowed', objection)
    this.#mustNotBeHeld(erasure.session, path)
    await this.#decide(erasure, { state: 'approved', by })
    void this.#carryOut(erasure)
    return erasure
  }

  /** Ends an erasure that is not approved. Whoever asked may take it back. Throws `RetentionRefused`. */
  async refuse(id: string, { reason, by }: { reason: string; by: Actor }): Promise<Erasure> {
    const erasure = this.#pending(id)
    await this.#decide(erasure, { state: 'refused', by, reason })
    return erasure
  }

  /** Why this person cannot approve an erasure; null when they can. */
  objection(id: string, { name }: Actor): string | null {
    const erasure = this.#erasures.get(id)
    if (!erasure) return `no erasure \`${id}\` is there`
    if (erasure.state !== 'pending') return endings[erasure.state]
    const person = personOf(name)
    if (personOf(erasure.requestedBy.name) === person) return 'nobody approves what they asked for themselves'
    const path = this.#options.files.find(erasure.session)?.path
    if (path === undefined) return 'its recording is gone'
    const isInTheirName = namesBehind(readHeader(this.#options.machine.disk, path)).has(person)
    return isInTheirName ? 'nobody approves that what was done in their own name is erased' : null
  }

  // What the ledger does not take is not decided; until it says so, nobody else
  // can decide it either.
  async #decide(erasure: Erasure, decided: { state: 'approved' | 'refused'; by: Actor; reason?: string }): Promise<void> {
    const { machine, ledger } = this.#options
    const { state, by, reason = '' } = decided
    erasure.state = state
    erasure.decidedBy = by
    erasure.decidedAtUs = machine.clock.nowUs()
    try {
      if (state === 'approved') await ledger.append({ kind: 'erasure approved', erasure: erasure.id, by })
      else await ledger.append({ kind: 'erasure refused', erasure: erasure.id, reason, by })
    } catch (error) {
      erasure.state = 'pending'
      erasure.decidedBy = null
      erasure.decidedAtUs = null
      throw error
    }
  }

  /** Resolves when the recording is done with, or could not be; the index comes after that. */
  async #carryOut(erasure: Erasure): Promise<void> {
    // One after the other: two erasures of one recording must not read it at once.
    const rewriting = this.#rewriting.then(() => this.#erase(erasure))
    this.#rewriting = rewriting.catch(() => {})
    try {
      await rewriting
      void this.#finish(erasure).catch((error: unknown) => this.#again(erasure, error))
    } catch (error) {
      this.#again(erasure, error)
    }
  }

  #again(erasure: Erasure, error: unknown): void {
    if (this.#isStopped) return
    this.#options.onProblem(`erasure ${erasure.id} waits: ${error instanceof Error ? error.message : String(error)}`)
    const timer = this.#options.machine.clock.after(againAfterMs, () => {
      this.#timers.delete(timer)
      void this.#carryOut(erasure)
    })
    this.#timers.add(timer)
  }

  /** Every step can be taken twice: whatever a crash cut off is done from the beginning. */
  async #erase(erasure: Erasure): Promise<void> {
    const { machine, ledger, files, work, published, holds } = this.#options
    const { id, session, lines } = erasure
    const path = files.find(session)?.path
    if (this.#isStopped || path === undefined) return
    const left = await this.#linesLeft(path, erasure)
    if (left.length > 0) {
      const release = holds.claim({ session, run: readHeader(machine.disk, path).run.id })
      try {
        for (const { from, to, hashes, void: line } of left)
          await ledger.append({ kind: 'lines erased', erasure: id, session, from, to, hashes, void: line })
        await published()
        await work.rewrite(path, { lines, erasure: id })
      } finally {
        release()
      }
    }
    // What a crash tore off the recording is no line of it, and may be the rest of what was erased.
    const torn = `${path.slice(0, -'.cast'.length)}.torn`
    if (machine.disk.exists(torn)) machine.disk.remove(torn)
  }

  async #finish(erasure: Erasure): Promise<void> {
    const { machine, ledger, files, forget } = this.#options
    const { id, session, commands } = erasure
    await forget({ session, commands, path: files.find(session)?.path ?? null })
    await ledger.append({ kind: 'erasure done', erasure: id })
    erasure.state = 'done'
    erasure.doneAtUs = machine.clock.nowUs()
  }

  async #linesLeft(path: string, { id, lines }: Erasure): Promise<LinesToErase[]> {
    try {
      return await this.#options.work.linesToErase(path, { lines, erasure: id })
    } catch (error) {
      if (error instanceof ErasureError && error.code === 'already_erased') return []
      throw error
    }
  }

  #pending(id: string): Erasure {
    const erasure = this.#erasures.get(id)
    if (!erasure) throw new RetentionRefused('not_found', `no erasure \`${id}\` is there`)
    if (erasure.state !== 'pending') throw new RetentionRefused('conflict', endings[erasure.state])
    return erasure
  }

  /** Where the recording of a session that is over lies. A session counts as open until it is sealed. */
  #closedRecording(session: string): string {
    const { files, machine, directory } = this.#options
    const file = files.find(session)
    if (!file) throw new RetentionRefused('not_found', 'no recording of this session is here')
    if (machine.disk.exists(`${directory}/open/${session}`))
      throw new RetentionRefused('session_open', 'the session is open: end it first, what is being written cannot be erased')
    return file.path
  }

  #mustNotBeHeld(session: string, path: string): void {
    this.#options.holds.mustNotHold({ session, run: readHeader(this.#options.machine.disk, path).run.id })
  }

  async #asked<T>(planned: Promise<T>): Promise<T> {
    try {
      return await planned
    } catch (error) {
      if (!(error instanceof ErasureError)) throw error
      throw new RetentionRefused(refusals[error.code], error.message)
    }
  }

  #restore(entry: LedgerEntry): void {
    if (entry.kind === 'erasure requested') this.#erasures.set(entry.erasure, newErasure({ ...entry, id: entry.erasure }))
    const erasure = 'erasure' in entry ? this.#erasures.get(entry.erasure) : undefined
    if (!erasure) return
    if (entry.kind === 'erasure approved' || entry.kind === 'erasure refused') {
      erasure.state = entry.kind === 'erasure approved' ? 'approved' : 'refused'
      erasure.decidedBy = entry.by
      erasure.decidedAtUs = entry.atUs
    }
    if (entry.kind === 'erasure done') {
      erasure.state = 'done'
      erasure.doneAtUs = entry.atUs
    }
  }
}

function newErasure(asked: Pick<Erasure, 'id' | 'session' | 'lines' | 'commands' | 'reason'> & { by: Actor; atUs: number }): Erasure {
  const { id, session, lines, commands, reason, by, atUs } = asked
  return {
    id,
    session,
    lines,
    commands,
    reason,
    state: 'pending',
    requestedBy: by,
    requestedAtUs: atUs,
    decidedBy: null,
    decidedAtUs: null,
    doneAtUs: null,
  }
}

const endings: Record<ErasureState, string> = {
  pending: 'it is not decided yet',
  approved: 'it was approved, and is being carried out',
  done: 'it was carried out',
  refused: 'it was refused',
}

const refusals: Record<ErasureError['code'], RetentionRefused['code']> = {
  recording_open: 'session_open',
  lines_missing: 'invalid',
  command_missing: 'not_found',
  already_erased: 'conflict',
  lines_exposed: 'conflict',
}
