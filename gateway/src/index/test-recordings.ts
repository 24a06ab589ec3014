import {
  eraseLines,
  eventMeanings,
  linesOfCommand,
  RecordingWriter,
  SaltPool,
  withoutLines,
  type AnswerPart,
  type CommandRecord,
  type EndReason,
  type LineRange,
  type RecordingHeader,
  type RecordingSource,
} from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { Disk, Machine } from '../runtime/machine.ts'

/** A session for a test: who, when, and what was asked. */
export interface Told {
  id: string
  startedAtUs?: number
  principal?: string
  delegation?: string[]
  run?: string
  attempt?: number
  task?: string | null
  target?: string
  protocol?: string
}

/** A recording that a test writes a command at a time, to disk at once. */
export class TestRecording {
  readonly path: string
  readonly session: string
  readonly #writer = new RecordingWriter(new SaltPool(sizeBytes => new Uint8Array(sizeBytes)))
  readonly #disk: Disk
  readonly #append: (bytes: Uint8Array) => void
  #n = 0
  #atUs = 0

  constructor(machine: Machine, dataDirectory: string, told: Told) {
    this.session = told.id
    this.#disk = machine.disk
    const startedAtUs = told.startedAtUs ?? 1_700_000_000_000_000
    const directory = `${dataDirectory}/sessions/${new Date(startedAtUs / 1000).toISOString().slice(0, 10)}`
    machine.disk.makeDirectory(directory)
    this.path = `${directory}/${told.id}.cast`
    const file = machine.disk.append(this.path, { exclusive: true })
    this.#append = bytes => file.write(bytes)
    this.#writer.header(header(told, startedAtUs), { cols: 120, rows: 36 }, told.id)
    this.flush()
  }

  /** Asks, and does not answer. Gives the command's number. */
  ask(text: string, more: Partial<CommandRecord> = {}): number {
    this.#atUs += 1000
    this.#writer.command(this.#atUs, {
      n: ++this.#n,
      kind: 'query',
      text,
      transaction: 'idle',
      decision: { verdict: 'allow', policyVersion: 'none' },
      ...more,
    })
    this.#writer.output(this.#atUs, `${text}\r\n`)
    this.flush()
    return this.#n
  }

  answer(n: number, ...parts: AnswerPart[]): void {
    this.#atUs += 500
    this.#writer.answer(this.#atUs, n)
    for (const part of parts) this.#writer.part(part)
    this.#writer.closeAnswer()
    this.flush()
  }

  /** Asks and answers with rows of text. */
  run(text: string, rows: string[][] = [], more: Partial<CommandRecord> = {}): number {
    const n = this.ask(text, more)
    this.answer(
      n,
      { kind: 'rows', rows },
      { kind: 'done', tag: `SELECT ${rows.length}`, rows: rows.length },
      { kind: 'end', transaction: 'idle' },
    )
    return n
  }

  fail(text: string, code: string, message: string): number {
    const n = this.ask(text)
    this.answer(n, { kind: 'error', by: 'target', error: { severity: 'ERROR', code, message } }, { kind: 'end', transaction: 'idle' })
    return n
  }

  decide(n: number, verdict: 'allow' | 'deny', rule: string): void {
    this.#writer.decision(this.#atUs, { n, decision: { verdict, policyVersion: 'v2', rule } })
    this.flush()
  }

  /** Lines so far. */
  get lines(): number {
    return this.#writer.line
  }

  /** Erases all that tells of a command. */
  erase(n: number): void {
    this.eraseLines(...linesOfCommand(this.#source(), n))
  }

  eraseLines(...ranges: LineRange[]): void {
    const source = this.#source()
    this.#disk.replace(this.path, withoutLines(source, eraseLines(sha256, source, { ranges, erasure: 'era_1' })))
  }

  #source(): RecordingSource {
    return { sizeBytes: this.#disk.sizeBytes(this.path), read: range => this.#disk.readRange(this.path, range) }
  }

  end(reason: EndReason = 'client closed'): void {
    this.#writer.end(this.#atUs, { reason, commands: this.#n })
    this.flush()
  }

  /** Bytes as they are: a torn line, or damage. */
  raw(text: string): void {
    this.#append(new TextEncoder().encode(text))
  }

  flush(): void {
    this.#append(this.#writer.take())
  }
}

/** A line of the ledger that opens a run. */
export function runOpened(told: {
  id: string
  atUs: number
  principal?: string
  task?: string | null
  attempt?: number
  targets?: string[]
  expiresAtUs?: number
}): string {
  return line({
    atUs: told.atUs,
    kind: 'run.open',
    run: { id: told.id, attempt: told.attempt ?? 1, task: told.task ?? null, trigger: null, agentVersion: null, parent: null },
    principal: { kind: 'agent', name: told.principal ?? 'agent-a', groups: [] },
    delegation: [{ kind: 'human', name: 'ada', groups: [] }],
    targets: told.targets ?? ['shop'],
    expiresAtUs: told.expiresAtUs ?? told.atUs + 3_600_000_000,
    verifier: { sha256: '0'.repeat(64), scram: { iterations: 4096, salt: 'AAAA', storedKey: 'AAAA', serverKey: 'AAAA' } },
  })
}

export function runEnded(told: { id: string; atUs: number; exitCode: number | null }): string {
  return line({
    atUs: told.atUs,
    kind: 'run.end',
    run: told.id,
    reason: 'ended',
    exitCode: told.exitCode,
    by: { kind: 'run', name: told.id },
  })
}

function line(entry: object): string {
  return `${JSON.stringify({ ...entry, salt: 'A'.repeat(16) })}\n`
}

function header(told: Told, startedAtUs: number): RecordingHeader {
  return {
    v: 1,
    events: eventMeanings,
    session: told.id,
    gateway: 'test',
    protocol: told.protocol ?? 'postgres',
    target: { name: told.target ?? 'shop', address: '127.0.0.1:5432', labels: { env: 'test' } },
    run: { id: told.run ?? 'run1', attempt: told.attempt ?? 1, task: told.task ?? null, trigger: null, agentVersion: null, parent: null },
    principal: { kind: 'agent', name: told.principal ?? 'agent-a', groups: [] },
    delegation: (told.delegation ?? ['ada']).map(name => ({ kind: 'human', name, groups: [] })),
    client: { address: '127.0.0.1:50000', application: 'psql', tls: false },
    startedAtUs,
    policyVersion: 'none',
  }
}
