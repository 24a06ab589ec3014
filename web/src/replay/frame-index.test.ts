import {
  coverRange,
  eventMeanings,
  RecordingWriter,
  SaltPool,
  type AnswerPart,
  type CommandRecord,
  type RecordingHeader,
  type TransactionState,
} from '@steno/recordings'
import { expect, it } from 'vitest'
import { FrameIndex } from './frame-index.ts'
import { createLineReader } from './line-reader.ts'

const header: RecordingHeader = {
  v: 1,
  events: eventMeanings,
  session: 'ses_1',
  gateway: 'steno',
  protocol: 'postgres',
  target: { name: 'shop', address: '127.0.0.1:5432', labels: {} },
  run: { id: 'run_1', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
  principal: { kind: 'agent', name: 'agent', groups: [] },
  delegation: [],
  client: { address: '127.0.0.1:1', application: null, tls: false },
  startedAtUs: 1_795_222_882_000_000,
  policyVersion: 'none',
}

/** A session told command by command; times move by what each takes. */
function session() {
  const writer = new RecordingWriter(new SaltPool(sizeBytes => new Uint8Array(sizeBytes)))
  writer.header(header, { cols: 80, rows: 24 }, 'test')
  let atUs = 0
  let n = 0
  let transaction: TransactionState = 'idle'
  return {
    ask(text: string, fields: Partial<CommandRecord> = {}) {
      n += 1
      writer.command(atUs, { n, kind: 'query', text, transaction, decision: { verdict: 'allow', policyVersion: 'none' }, ...fields })
      return n
    },
    answer(of: number, parts: AnswerPart[], takesUs = 1000) {
      atUs += takesUs
      writer.write(atUs, { code: 'a', answer: { n: of, parts } })
    },
    run(text: string, leaves: TransactionState = transaction, parts: AnswerPart[] = [{ kind: 'done', tag: text, rows: 0 }]) {
      this.answer(this.ask(text), [...parts, { kind: 'end', transaction: leaves }])
      transaction = leaves
    },
    wait(us: number) {
      atUs += us
    },
    erase(lines: number, takesUs: number) {
      atUs += takesUs
      const from = writer.line
      const hashes = coverRange(from, from + lines).map(() => `${'A'.repeat(43)}=`)
      writer.void(atUs, { from, to: from + lines, hashes, erasure: 'era_1' })
    },
    end() {
      writer.end(atUs, { reason: 'client closed', commands: n })
    },
    index() {
      const index = new FrameIndex()
      for (const read of createLineReader().push(writer.take().slice())) {
        if (read.kind === 'event') index.push(read.placed)
        else if (read.kind === 'header') index.header(read.header)
        else index.refuse(read.line, read.message)
      }
      return index
    },
  }
}

/** Shorter than this nothing is idle. */
const idleUsMin = 2_000_000

const error: AnswerPart = { kind: 'error', by: 'target', error: { severity: 'ERROR', code: '42703', message: 'no such column' } }

it('gives one frame per command with its line and how it came out', () => {
  const told = session()
  told.run('select 1', 'idle', [
    { kind: 'rows', rows: [['1'], ['2']] },
    { kind: 'done', tag: 'SELECT 2', rows: 2 },
  ])
  told.run('select x', 'idle', [error])
  const asked = told.ask('select\n  pg_sleep(9)')
  const { frames } = told.index().takeChanges()
  expect(frames.map(({ line, outcome, rows, errorCode, preview }) => ({ line, outcome, rows, errorCode, preview }))).toEqual([
    { line: 1, outcome: 'ok', rows: 2, errorCode: null, preview: 'select 1' },
    { line: 3, outcome: 'error', rows: 0, errorCode: '42703', preview: 'select x' },
    { line: 5, outcome: 'running', rows: 0, errorCode: null, preview: 'select pg_sleep(9)' },
  ])
  expect(frames[2]).toMatchObject({ n: asked, endUs: null })
})

it('holds a transaction together from the command that began it to the one that ended it', () => {
  const told = session()
  told.run('select 1')
  told.run('BEGIN', 'transaction')
  told.run('update a')
  told.run('COMMIT', 'idle')
  told.run('BEGIN', 'transaction')
  told.run('update b', 'failed', [error])
  told.run('ROLLBACK', 'idle')
  const index = told.index().takeChanges()
  expect(index.frames.map(frame => frame.transaction)).toEqual([-1, 0, 0, 0, 1, 1, 1])
  expect(index.transactions.items.map(({ first, last, outcome }) => ({ first, last, outcome }))).toEqual([
    { first: 1, last: 3, outcome: 'committed' },
    { first: 4, last: 6, outcome: 'rolled back' },
  ])
})

it('says that a COMMIT the target answered with ROLLBACK undid everything', () => {
  const told = session()
  told.run('BEGIN', 'transaction')
  told.run('oops', 'failed', [error])
  told.run('COMMIT', 'idle', [{ kind: 'done', tag: 'ROLLBACK', rows: 0 }])
  expect(told.index().takeChanges().transactions.items[0]!.outcome).toBe('rolled back')
})

it('knows a transaction that the end of its session undid', () => {
  const told = session()
  told.run('BEGIN', 'transaction')
  told.end()
  expect(told.index().takeChanges().transactions.items[0]!.outcome).toBe('rolled back')
})

it('calls a stretch idle only when no command runs in it', () => {
  const told = session()
  told.run('select 1')
  told.wait(idleUsMin)
  const slow = told.ask('select pg_sleep(60)')
  told.answer(slow, [{ kind: 'end', transaction: 'idle' }], 60_000_000)
  told.wait(idleUsMin - 1)
  told.run('select 2')
  expect(told.index().takeChanges().gaps.items).toEqual([{ fromUs: 1000, toUs: 1000 + idleUsMin }])
})

it('gives each change once', () => {
  const told = session()
  told.run('select 1')
  const index = told.index()
  expect(index.takeChanges().frames).toHaveLength(1)
  expect(index.takeChanges().frames).toHaveLength(0)
})

it('counts masked cells and remembers where an answer stands', () => {
  const told = session()
  told.run('select email', 'idle', [
    { kind: 'rows', rows: [[{ masked: 'redacted', rule: 'hide' }], [{ masked: null, rule: 'hide' }], ['x']] },
  ])
  const index = told.index()
  expect(index.takeChanges().frames[0]).toMatchObject({ rows: 3, masked: 2 })
  expect(index.answers.get(0)).toMatchObject({ lines: 1 })
})

it('says of a command that never ended, once its session did, that it has no answer', () => {
  const told = session()
  told.ask('select pg_sleep(9)')
  told.end()
  const { frames } = told.index().takeChanges()
  expect(frames.map(({ kind, n, outcome }) => ({ kind, n, outcome }))).toEqual([
    { kind: 'query', n: 1, outcome: 'unanswered' },
    { kind: 'end', n: 0, outcome: 'said' },
  ])
})

it('shows that lines are erased, and does not say of a command whose answer may be among them that it never came', () => {
  const told = session()
  told.run('select 1')
  told.ask('select pg_sleep(9)')
  told.erase(3, 5000)
  told.end()
  const { frames, facts } = told.index().takeChanges()
  expect(frames.map(({ kind, n, line, outcome }) => ({ kind, n, line, outcome }))).toEqual([
    { kind: 'query', n: 1, line: 1, outcome: 'ok' },
    { kind: 'query', n: 2, line: 3, outcome: 'erased' },
    { kind: 'erased', n: 0, line: 4, outcome: 'erased' },
    { kind: 'end', n: 0, line: 7, outcome: 'said' },
  ])
  expect(frames[2]).toMatchObject({ preview: 'lines 4 to 6 are erased', atUs: 1000, endUs: 6000 })
  expect(facts).toMatchObject({ lines: 8, refusal: null, end: { reason: 'client closed' } })
})
