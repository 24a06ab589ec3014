import { RecordingWriter, type EndReason, type RecordingHeader } from '@steno/recordings'
import type { Recordings } from '../journal/recordings.ts'
import type { SessionRequest } from '../protocols/protocol.ts'
import { newId } from '../runtime/id.ts'
import type { Machine } from '../runtime/machine.ts'
import { noPolicy } from './decide.ts'
import { RecordingFailed, Session, type Decide } from './session.ts'

export interface GuardOptions {
  gateway: string
  durability: 'standard' | 'strict'
  decide: Decide
}

/** A session that is open now, as the API sees it. */
export interface OpenSession {
  id: string
  run: string
  target: string
  protocol: string
  startedAtUs: number
  session: Session
}

/** The size of terminal that the transcript is laid out for. */
const transcriptSize = { cols: 120, rows: 36 }

/** Opens sessions and knows which are open. */
export class Guard {
  readonly #machine: Machine
  readonly #recordings: Recordings
  readonly #options: GuardOptions
  readonly #open = new Map<string, OpenSession>()
  readonly #whenEmpty: (() => void)[] = []
  readonly #closed = { commands: 0, bytes: 0 }

  constructor(machine: Machine, recordings: Recordings, options: GuardOptions) {
    this.#machine = machine
    this.#recordings = recordings
    this.#options = options
  }

  /** Commands and bytes recorded since the gateway started. */
  get recorded(): { commands: number; bytes: number } {
    const sum = { ...this.#closed }
    for (const { session } of this.#open.values()) {
      sum.commands += session.commands
      sum.bytes += session.sizeBytes
    }
    return sum
  }

  get openSessions(): ReadonlyMap<string, OpenSession> {
    return this.#open
  }

  /** Creates a session and the first line of its recording. Throws `RecordingFailed` when that cannot be written. */
  open(request: SessionRequest): Session {
    const { clock } = this.#machine
    const startedAtUs = clock.nowUs()
    const id = newId(this.#machine)
    const writer = new RecordingWriter()
    writer.header(this.#header(id, startedAtUs, request), transcriptSize, title(request))
    const session = new Session({
      id,
      writer,
      file: this.#openFile(id, startedAtUs),
      clock,
      startedAtMonotonicUs: clock.monotonicUs(),
      decide: this.#options.decide,
      durability: this.#options.durability,
      onClosed: () => {
        this.#open.delete(id)
        this.#closed.commands += session.commands
        this.#closed.bytes += session.sizeBytes
        if (this.#open.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
        request.run.over.removeEventListener('abort', endWithRun)
      },
    })
    const endWithRun = () => session.end(request.run.over.reason as EndReason)
    this.#open.set(id, { id, run: request.run.identity.id, target: request.target.name, protocol: request.protocol, startedAtUs, session })
    try {
      session.commit()
    } catch (error) {
      session.close('interrupted')
      throw error
    }
    request.run.over.addEventListener('abort', endWithRun)
    if (request.run.over.aborted) endWithRun()
    return session
  }

  /** Ends an open session. Gives false when there is none of that id. */
  terminate(id: string): boolean {
    const open = this.#open.get(id)
    open?.session.end('terminated')
    return open !== undefined
  }

  /** Ends all sessions, for a gateway that stops. */
  endAll(reason: EndReason): void {
    for (const open of this.#open.values()) open.session.end(reason)
  }

  /** Settles when no session is open. */
  allClosed(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#whenEmpty.push(resolve))
  }

  #openFile(id: string, startedAtUs: number) {
    try {
      return this.#recordings.open(id, startedAtUs)
    } catch (error) {
      throw new RecordingFailed(error)
    }
  }

  #header(id: string, startedAtUs: number, request: SessionRequest): RecordingHeader {
    const { run, target } = request
    return {
      v: 1,
      events: {
        q: 'command',
        b: 'body',
        d: 'decision',
        a: 'answer',
        n: 'notice',
        e: 'end',
      },
      session: id,
      gateway: this.#options.gateway,
      protocol: request.protocol,
      target: { name: target.name, address: `${target.address.host}:${target.address.port}`, labels: target.labels },
      run: run.identity,
      principal: run.principal,
      delegation: run.delegation,
      client: request.client,
      startedAtUs,
      policyVersion: noPolicy,
    }
  }
}

function title({ run, target }: SessionRequest): string {
  const task = run.identity.task ? ` · ${run.identity.task} #${run.identity.attempt}` : ''
  return `${run.principal.name}${task} · ${target.name}`
}
