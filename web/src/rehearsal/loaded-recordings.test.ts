import { emptyLiveSchema, type PastCommands, type PastParser } from '@steno/policy-dsl'
import { RecordingWriter, SaltPool, eventMeanings } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { loadRecordings, type ReadRecording } from './loaded-recordings.ts'
import { rehearseLoaded } from './rehearse-loaded.ts'

const parser: PastParser = { read: () => [{ verb: 'SELECT', tables: [], columns: [] }], ready: () => {} }

/** The bytes of a session of statements, one column and one row each. */
function recorded(session: string, texts: string[]): Uint8Array {
  const writer = new RecordingWriter(new SaltPool(size => new Uint8Array(size)))
  writer.header(
    {
      v: 1,
      events: eventMeanings,
      session,
      gateway: 'gw',
      protocol: 'postgres',
      target: { name: 'shop', address: 'db:5432', labels: {} },
      run: { id: session, attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
      principal: { kind: 'agent', name: 'loader', groups: [] },
      delegation: [],
      client: { address: '10.0.0.1:1', application: null, tls: false },
      startedAtUs: 1_772_359_200_000_000,
      policyVersion: 'none',
    },
    { cols: 80, rows: 24 },
    session,
  )
  for (const [at, text] of texts.entries()) {
    const n = at + 1
    const verb = text.split(' ')[0]!.toUpperCase()
    const operations = [{ verb, tables: ['public.customers'], columns: ['email'], reads: ['public.customers.email'], hasWhere: false }]
    writer.command(n * 1000, {
      n,
      kind: 'query',
      text,
      transaction: 'idle',
      operations,
      decision: { verdict: 'allow', policyVersion: 'p@1' },
    })
    writer.answer(n * 1000 + 1, n)
    writer.part({ kind: 'columns', columns: [{ name: 'email', type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' }] })
    writer.part({ kind: 'rows', rows: [['ada@example.com']] })
    writer.part({ kind: 'end', transaction: 'idle' })
    writer.closeAnswer()
  }
  return writer.take().slice()
}

/** Gives recordings by their sessions, cut into pieces. */
function serve(files: Record<string, Uint8Array>): ReadRecording {
  return session => Promise.resolve(files[session] ? cut(files[session]) : null)
}

async function* cut(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
}

function load(sessions: string[], read: ReadRecording) {
  const told: number[] = []
  const loading = loadRecordings(sessions, {
    read,
    parser,
    onProgress: ({ sessions: count }) => told.push(count),
    stop: new AbortController().signal,
  })
  return loading.then(loaded => ({ ...loaded, told }))
}

async function all(commands: AsyncIterable<PastCommands> | Iterable<PastCommands> | null): Promise<PastCommands[]> {
  const given: PastCommands[] = []
  for await (const past of commands ?? []) given.push(past)
  return given
}

describe('recordings that are loaded', () => {
  it('stand in the order they were asked for, however they come', async () => {
    const files = { a: recorded('a', ['select 1']), b: recorded('b', ['select 1', 'select 2']) }
    const serving = serve(files)
    const { recordings, progress, told } = await load(['b', 'a'], async (session, stop) => {
      // The first one comes last.
      if (session === 'b') await new Promise(resolve => queueMicrotask(() => resolve(null)))
      return serving(session, stop)
    })
    expect(recordings.map(({ name }) => name)).toEqual(['b', 'a'])
    expect(progress).toEqual({ sessions: 2, of: 2, commands: 3, bytes: files.a.length + files.b.length })
    expect(told).toEqual([1, 2])
    expect((await all(recordings[0]!.commands()))[0]?.commands.map(({ record }) => record.text)).toEqual(['select 1', 'select 2'])
  })

  it('are read once, and given as often as they are rehearsed', async () => {
    const { recordings } = await load(['a'], serve({ a: recorded('a', ['select 1']) }))
    expect(await all(recordings[0]!.commands())).toEqual(await all(recordings[0]!.commands()))
  })

  it('say which are not there any more, and give what stands before damage', async () => {
    const bytes = recorded('a', ['select 1', 'select 2'])
    const damaged = new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/\n\[[^\n]*select 2/, '\nnot a line'))
    const { recordings } = await load(['gone', 'a'], serve({ a: damaged }))
    expect(recordings[0]!.commands()).toBeNull()
    const outcome = await rehearse(recordings, `rule('x', { on: any(), effect: forbid('no') })`)
    expect(outcome).toMatchObject({ is: 'report', report: { commands: 1, sessions: 1 } })
    const { unknowns } = outcome.is === 'report' ? outcome.report : { unknowns: [] }
    expect(unknowns).toContainEqual('1 recording is not there any more')
    expect(unknowns).toContainEqual(expect.stringMatching(/^1 recording cannot be read to the end/))
  })

  it('are let go of when something else is wanted', async () => {
    const stopping = new AbortController()
    const reading = loadRecordings(['a', 'b', 'c', 'd'], {
      read: session => {
        stopping.abort()
        return serve({ a: recorded('a', ['select 1']) })(session, stopping.signal)
      },
      parser,
      onProgress: () => {},
      stop: stopping.signal,
    })
    await expect(reading).rejects.toThrow(/abort/i)
  })
})

function rehearse(
  recordings: Awaited<ReturnType<typeof load>>['recordings'],
  source: string,
  others: { name: string; source: string }[] = [],
) {
  return rehearseLoaded(
    {
      policies: [{ name: 'draft', version: null, source }, ...others.map(other => ({ ...other, version: `${other.name}@1` }))],
      live: emptyLiveSchema,
      window: { sinceUs: null, untilUs: null },
      isTruncated: true,
    },
    { recordings, monotonicUs: () => 0, random: size => new Uint8Array(size).fill(7) },
  )
}

describe('rehearsing on what is loaded', () => {
  it('reports what the gateway would, with values before and after a mask', async () => {
    const { recordings } = await load(['a'], serve({ a: recorded('a', ['select email from customers', 'delete from customers']) }))
    const outcome = await rehearse(
      recordings,
      `rule('no deletes', { on: any(), when: op => op.verb === 'DELETE', effect: forbid('no') })
       rule('mail', { on: any(), effect: mask({ columns: ['customers.email'], with: 'redact' }) })`,
    )
    expect(outcome).toMatchObject({
      is: 'report',
      report: {
        commands: 2,
        isTruncated: true,
        flips: [{ session: 'a', command: 2, before: 'allow', after: 'deny', rule: 'no deletes', policy: 'draft' }],
        masks: [{ rule: 'mail', samples: [{ before: 'ada@example.com', maskedBy: null }] }],
      },
    })
  })

  it('says nothing of a text that does not compile', async () => {
    expect(await rehearse([], 'rule(')).toEqual({ is: 'uncompiled', errors: 1 })
  })

  it('goes on without a policy in force that does not compile any more, and says so', async () => {
    const outcome = await rehearse([], '', [{ name: 'old', source: `rule('x', { on: nowhere, effect: forbid('no') })` }])
    expect(outcome).toMatchObject({
      is: 'report',
      report: { policies: [{ name: 'draft' }], unknowns: [expect.stringMatching(/^old, which/)] },
    })
  })
})
