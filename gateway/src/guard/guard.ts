import { LimitBook, type Alert } from '@steno/policy-dsl'
import { eventMeanings, RecordingWriter, SaltPool, type EndReason, type RecordingHeader } from '@steno/recordings'
import type { RecordingFile, Recordings } from '../journal/recordings.ts'
import type { ActiveRun, SessionRequest } from '../protocols/protocol.ts'
import { newId } from '../runtime/id.ts'
import type { Machine } from '../runtime/machine.ts'
import type { Consent, Evidence, Law, LawfulSession } from './law.ts'
import type { Log, Receipt } from './log.ts'
import { RecordingFailed, Session } from './session.ts'

export interface GuardOptions {
  gateway: string
  durability: 'standard' | 'strict'
  law: Law
  /** The log that sessions are in; null where they are in none, and their headers say so. */
  log: Log | null
  /** Who is asked about held commands; null while nobody can be. */
  consent: Consent | null
  /** Who waits for witnesses; null or absent while there are none. */
  evidence?: Evidence | null
  /** A rule wants somebody to know of a command. */
  onAlert?: (alert: Alert, command: string) => void
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

interface Begun {
  file: RecordingFile
  receipt: Receipt | null
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
  readonly #runs = new WeakMap<AbortSignal, Set<Session>>()
  readonly #limits: LimitBook
  readonly #salts: SaltPool
  readonly #closed = { commands: 0, bytes: 0 }

  constructor(machine: Machine, recordings: Recordings, options: GuardOptions) {
    this.#machine = machine
    this.#recordings = recordings
    this.#options = options
    this.#limits = new LimitBook()
    this.#salts = new SaltPool(sizeBytes => machine.random(sizeBytes))
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

  /** Creates a session, the first line of its recording, and its leaf in the log. Throws `RecordingFailed` when these cannot be written. */
  open(request: SessionRequest): Session {
    const { clock } = this.#machine
    const startedAtUs = clock.nowUs()
    const id = newId(this.#machine)
    const lawful = lawfulSession(id, startedAtUs, request)
    const law = this.#options.law.forSession(lawful)
    const writer = new RecordingWriter(this.#salts)
    writer.header({ ...this.#header(lawful, request, law.version), ...this.#options.log?.next() }, transcriptSize, title(request))
    const { file, receipt } = this.#begin(id, startedAtUs, writer.take())
    const session = new Session({
      id,
      writer,
      file,
      log: this.#options.log && receipt && { log: this.#options.log, receipt },
      clock,
      startedAtMonotonicUs: clock.monotonicUs(),
      durability: this.#options.durability,
      lawful,
      law,
      consent: this.#options.consent,
      evidence: this.#options.evidence ?? null,
      limits: this.#limits,
      random: count => this.#machine.random(count),
      onAlert: this.#options.onAlert ?? (() => {}),
      onClosed: () => {
        this.#open.delete(id)
        this.#closed.commands += session.commands
        this.#closed.bytes += session.sizeBytes
        if (this.#open.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve()
        this.#leaveRun(request.run, session)
      },
    })
    this.#open.set(id, { id, run: request.run.identity.id, target: request.target.name, protocol: request.protocol, startedAtUs, session })
    this.#joinRun(request.run, session)
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

  /** Sessions end with their run. One listener serves all of a run's sessions, of which there may be thousands. */
  #joinRun(run: ActiveRun, session: Session): void {
    if (run.over.aborted) return session.end(run.over.reason as EndReason)
    const known = this.#runs.get(run.over)
    if (known) return void known.add(session)
    const sessions = new Set([session])
    this.#runs.set(run.over, sessions)
    run.over.addEventListener('abort', () => {
      for (const one of sessions) one.end(run.over.reason as EndReason)
    })
  }

  #leaveRun(run: ActiveRun, session: Session): void {
    this.#runs.get(run.over)?.delete(session)
  }

  /** Writes the first line and puts the session into the log. One that is not in both never began. */
  #begin(session: string, startedAtUs: number, header: Uint8Array): Begun {
    let file: RecordingFile | null = null
    try {
      file = this.#recordings.open(session, startedAtUs)
      file.write(header)
      const receipt = this.#options.log?.open({ session, header: header.subarray(0, -1), file }) ?? null
      return { file, receipt }
    } catch (error) {
      file?.discard()
      throw new RecordingFailed(error)
    }
  }

  #header(lawful: LawfulSession, request: SessionRequest, policyVersion: string): RecordingHeader {
    const { target, client } = request
    return {
      v: 1,
      events: eventMeanings,
      session: lawful.id,
      gateway: this.#options.gateway,
      protocol: request.protocol,
      target: { name: target.name, address: `${target.address.host}:${target.address.port}`, labels: target.labels },
      run: lawful.run,
      principal: lawful.principal,
      delegation: lawful.delegation,
      client,
      startedAtUs: lawful.startedAtUs,
      policyVersion,
    }
  }
}

function lawfulSession(id: string, startedAtUs: number, { run, protocol, target, client }: SessionRequest): LawfulSession {
  return {
    id,
    run: run.identity,
    rootRun: run.root,
    principal: run.principal,
    delegation: run.delegation,
    target: { name: target.name, protocol, labels: target.labels },
    client,
    startedAtUs,
  }
}

function title({ run, target }: SessionRequest): string {
  const task = run.identity.task ? ` · ${run.identity.task} #${run.identity.attempt}` : ''
  return `${run.principal.name}${task} · ${target.name}`
}
