import { createParser, type PastParser } from '@steno/policy-dsl'
import type { Cell, Column, CommandKind, Principal, RowBlock } from '@steno/recordings'
import { Guard } from '../guard/guard.ts'
import { TestConsent } from '../guard/test-law.ts'
import type { Ledger } from '../journal/ledger.ts'
import { RecordingFiles } from '../journal/recording-files.ts'
import { Recordings } from '../journal/recordings.ts'
import type { Policies } from '../policies/index.ts'
import { knownWorld, startPolicies } from '../policies/test-policies.ts'
import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'

const unseen = () => {}

const parser = await createParser({ loadWasm: loadParserWasm })

/** Reads texts as the gateway does, at once. */
export const pastParser: PastParser = { read: ({ text }) => parser.operations(text), ready: async () => {} }

/** One command of a past session, and what came back. */
export interface PastAsked {
  text: string
  kind?: CommandKind
  columns?: string[]
  rows?: string[][]
  /** Rows as the record has them, for what a block cannot say. */
  cells?: Cell[][]
  /** Whether people agree, where it is held. */
  consent?: boolean
  /** The protocol itself refuses it. */
  refusal?: { rule: string; reason: string }
}

/** A gateway's past: sessions that its guard recorded, under the policies that were in force then. */
export class History {
  readonly machine = new SimulatedMachine()
  readonly ledger: Ledger
  readonly policies: Policies
  readonly consent = new TestConsent()
  readonly files = new RecordingFiles(this.machine.disk, '/data')
  readonly sessions: { id: string; agent: string; target: string; commands: number; startedAtUs: number }[] = []
  readonly #guard: Guard

  constructor() {
    const { ledger, policies } = startPolicies(this.machine)
    this.ledger = ledger
    this.policies = policies
    const recordings = new Recordings(this.machine, { directory: '/data', onSyncFailed: () => {}, onGrown: () => {} })
    this.#guard = new Guard(this.machine, recordings, {
      gateway: 'gw',
      durability: 'standard',
      law: this.policies,
      log: null,
      consent: this.consent,
    })
  }

  /** Publishes a policy; sessions from here on are judged by it. */
  publish(name: string, source: string): Promise<unknown> {
    return this.policies.publish({ name, source, by: { kind: 'token', name: 'pen' }, reason: null })
  }

  /** Records a session, a second for each command; gives its id. */
  async session(
    asked: (string | PastAsked)[],
    { agent = 'backfill', target = 'shop', task = 'nightly', run = `run_${this.sessions.length + 1}` } = {},
  ): Promise<string> {
    const known = knownWorld.targets.find(({ name }) => name === target)!
    const principal: Principal = { kind: 'agent', name: agent, groups: [] }
    const startedAtUs = this.machine.clock.nowUs()
    const session = this.#guard.open({
      run: {
        identity: { id: run, attempt: 1, task, trigger: null, agentVersion: null, parent: null },
        root: run,
        principal,
        delegation: [],
        targets: [target],
        expiresAtUs: Number.MAX_SAFE_INTEGER,
        over: new AbortController().signal,
      },
      protocol: known.protocol,
      target: { name: target, address: { host: 'db', port: 5432 }, labels: known.labels, settings: {} },
      client: { address: '10.0.0.1:5000', application: null, tls: false },
    })
    for (const one of asked) {
      const {
        text,
        kind = 'query',
        columns = [],
        rows = [],
        cells,
        consent = true,
        refusal,
      }: PastAsked = typeof one === 'string' ? { text: one } : one
      await this.machine.advance(1000)
      const submitted = session.submit({
        kind,
        text,
        transaction: 'idle',
        transcript: `=> ${text}\r\n`,
        refusal,
        renew: () => {},
        understand: () => ({
          operations: parser.operations(text),
          comply: ([mask]) => ({ possible: false, rule: mask?.rule ?? '', reason: 'nothing can be masked here', hint: '' }),
        }),
      })
      if (submitted instanceof Promise)
        this.consent.asked.at(-1)?.settle(consent ? { granted: true, reviews: [] } : { granted: false, because: 'rejected', reviews: [] })
      const { verdict, ticket } = await submitted
      if (verdict === 'allow') {
        if (columns.length > 0) session.record(ticket, { kind: 'columns', columns: columns.map(columnOf) }, unseen)
        if (rows.length > 0) session.clear(ticket, blockOf(rows), new Uint8Array(1), unseen)
        if (cells) session.record(ticket, { kind: 'rows', rows: cells }, unseen)
        session.record(ticket, { kind: 'done', tag: 'X', rows: rows.length }, unseen)
      }
      session.record(ticket, { kind: 'end', transaction: 'idle' }, unseen)
      session.commit()
    }
    session.close('client closed')
    await settle()
    this.sessions.push({ id: session.id, agent, target, commands: asked.length, startedAtUs })
    return session.id
  }

  /** The bytes of a session's recording. */
  castOf(session: string): Uint8Array {
    return this.machine.disk.read(this.pathOf(session))
  }

  pathOf(session: string): string {
    return this.files.find(session)!.path
  }

  /** Writes something else in the place of a recording. */
  replaceCast(session: string, bytes: Uint8Array): void {
    this.machine.disk.replace(this.pathOf(session), bytes)
  }
}

function columnOf(name: string): Column {
  return { name, type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' }
}

function blockOf(rows: string[][]): RowBlock {
  const cells = rows.flat().map(cell => new TextEncoder().encode(cell))
  const bytes = new Uint8Array(cells.reduce((sum, { length }) => sum + length, 0))
  const ranges = new Int32Array(cells.length * 2)
  let at = 0
  for (const [i, cell] of cells.entries()) {
    bytes.set(cell, at)
    ranges.set([at, at + cell.length], i * 2)
    at += cell.length
  }
  return { count: rows.length, columns: rows[0]!.length, bytes, cells: ranges }
}
