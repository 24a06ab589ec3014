// From a statement's text to its verdict, as a session of the gateway goes
// about it: what it would do, what the rules say, and how its answer would be
// masked. No sockets, no disk.
import { built } from './built.js'
import { median, percentile, printTable } from './numbers.js'

const tablesCount = 200
/** A session asks for few texts often: prepared statements, an ORM's queries. */
const repeatedCount = 64

/** Measures and prints; `share` of the statements are asked. */
export async function benchVerdicts({ rounds, share = 1 }) {
  const parts = await openParts()
  const kinds = [
    { label: 'repeated text', textOf: i => shortText(i % repeatedCount), count: Math.ceil(share * 100_000) },
    { label: 'new short text', textOf: i => shortText(1000 + i), count: Math.ceil(share * 10_000) },
    { label: 'new medium text', textOf: i => mediumText(1000 + i), count: Math.ceil(share * 5000) },
  ]
  for (const kind of kinds) kind.taken = []
  let next = 0
  for (let round = -1; round < rounds; round++)
    for (const kind of kinds) {
      const session = openSession(parts)
      // What the runtime has not seen is slow, whatever it is; a repeated text is one that was asked before.
      for (let i = 0; i < 2 * repeatedCount; i++) session(kind.textOf(next++))
      const microseconds = new Float64Array(kind.count)
      for (let i = 0; i < kind.count; i++) {
        const text = kind.textOf(next++)
        const began = performance.now()
        session(text)
        microseconds[i] = (performance.now() - began) * 1000
      }
      const parsing = timeParsing(parts, kind, next, Math.ceil(share * 1000))
      next += kind.count
      if (round >= 0) kind.taken.push([percentile(microseconds, 0.5), percentile(microseconds, 0.99), mean(microseconds), parsing])
    }
  printTable(
    `Statement to verdict: 50 rules of which 2 mask, a catalogue of ${tablesCount} tables`,
    ['characters', 'p50 µs', 'p99 µs', 'mean µs', 'parsing alone p50 µs', '× parsing'],
    kinds.map(({ label, textOf, taken }) => {
      const [p50, p99, average, parsing] = [0, 1, 2, 3].map(column => median(taken.map(one => one[column])))
      return [label, textOf(7).length, p50, p99, average, parsing, (p50 / parsing).toFixed(2)]
    }),
  )
}

/** The parser alone, for scale: what nobody can save. */
function timeParsing({ parser }, { textOf }, from, count) {
  const microseconds = Array.from({ length: count }, (_, i) => {
    const text = textOf(from + i)
    const began = performance.now()
    parser.syntax(text)
    return (performance.now() - began) * 1000
  })
  return percentile(microseconds, 0.5)
}

async function openParts() {
  const { Catalogue, createEvaluator, createMaskKey, createParser } = await built('policy-dsl/dist/index.js')
  const { sampleRules } = await built('policy-dsl/dist/evaluate/sample-rules.js')
  const { KnownTexts, Understander } = await built('gateway/dist/protocols/postgres/understander.js')
  const { OwnTables } = await built('gateway/dist/protocols/postgres/own-tables.js')
  const { lawOfSession } = await built('gateway/dist/policies/session-law.js')
  const { RunMemories } = await built('gateway/dist/policies/run-memories.js')
  const { loadParserWasm } = await built('gateway/dist/runtime/parser-wasm.js')
  const parser = await createParser({ loadWasm: loadParserWasm })
  const catalogue = new Catalogue(catalogueData())
  const policies = [{ version: 'bench@1', evaluator: createEvaluator(sampleRules()) }]
  const clock = { nowUs: () => Date.now() * 1000, monotonicUs: () => performance.now() * 1000 }
  return {
    KnownTexts,
    Understander,
    OwnTables,
    lawOfSession,
    parser,
    catalogue,
    key: createMaskKey(new Uint8Array(32).fill(7)),
    law: {
      clock,
      memories: new RunMemories(clock),
      inForce: () => policies,
      onProblem: message => {
        throw new Error(message)
      },
    },
  }
}

/** Gives what takes a text to its verdict, as `Session.submit` does. */
function openSession({ KnownTexts, Understander, OwnTables, lawOfSession, parser, catalogue, key, law: lawParts }) {
  const target = { name: 'shop', protocol: 'postgres', labels: { env: 'prod' } }
  const understander = new Understander({
    parser,
    catalogues: { get: () => catalogue, doubt: () => false },
    ownTables: new OwnTables(),
    target,
    key,
    known: new KnownTexts(),
    prepared: () => null,
    cursors: () => null,
    searchPath: () => catalogue.data.searchPath,
    isStale: () => false,
    isDoubtful: () => false,
  })
  const law = lawOfSession(
    {
      id: 'session',
      rootRun: 'run',
      run: { id: 'run', attempt: 1, task: 'report', trigger: null, agentVersion: null, parent: null },
      principal: { kind: 'agent', name: 'reporter', groups: ['data'] },
      delegation: [{ kind: 'human', name: 'ada', groups: ['dba'] }],
      target,
      client: { address: '127.0.0.1', application: 'psql' },
      startedAtUs: 0,
    },
    lawParts,
  )
  let before = 0
  return text => {
    understander.ready()
    const asked = { text, parameters: [], show: shown => shown, isDoubtful: false }
    understander.withoutSecrets(asked)
    const { operations, comply } = understander.understand(asked)
    const { judgement } = law.judge({ kind: 'query', text, transaction: 'idle', operations, before: before++ })
    if (judgement.verdict !== 'allow') throw new Error(`expected a statement that is allowed, got ${judgement.by?.rule}: ${text}`)
    const { possible, reason } = comply(judgement.masks)
    if (!possible) throw new Error(`expected answers that can be masked: ${reason}`)
  }
}

function shortText(i) {
  return `SELECT id, email, status, total FROM shop.table_${i % tablesCount} WHERE id = ${i * 7919} LIMIT 50`
}

function mediumText(i) {
  const [one, other, third] = [i % tablesCount, (i * 7) % tablesCount, (i * 13) % tablesCount]
  return `SELECT o.id, o.email AS contact, p.total, p.status, coalesce(r.note, 'none') AS remark, lower(o.region) AS region
FROM shop.table_${one} o
JOIN shop.table_${other} p ON p.owner_id = o.id AND p.status IN ('paid', 'sent')
LEFT JOIN shop.table_${third} r ON r.owner_id = o.id AND r.total > ${i}
WHERE o.created_at >= now() - interval '30 days' AND r.id IS NULL AND o.note <> 'note ${i}'
ORDER BY p.total DESC NULLS LAST LIMIT 100`
}

/** A shop's tables, and beside them as many functions as PostgreSQL brings along. */
function catalogueData() {
  const columns = ['id', 'owner_id', 'email', 'phone', 'status', 'total', 'note', 'created_at', 'updated_at', 'region', 'channel', 'ref']
  const types = [20, 20, 25, 25, 25, 1700, 25, 1184, 1184, 25, 25, 25]
  const functions = ['now', 'count', 'sum', 'max', 'min', 'lower', 'coalesce', ...Array.from({ length: 3000 }, (_, i) => `built_in_${i}`)]
  return {
    searchPath: ['shop', 'public'],
    serverVersion: 170_000,
    relations: Array.from({ length: tablesCount }, (_, i) => ({
      oid: 20_000 + i,
      schema: 'shop',
      name: `table_${i}`,
      kind: 'table',
      columns: columns.map((name, at) => ({ name, attribute: at + 1, type: 'text', typeOid: types[at] })),
    })),
    routines: functions.map((name, i) => ({
      oid: 1000 + i,
      schema: 'pg_catalog',
      name,
      kind: 'function',
      language: 'internal',
      body: null,
      parameters: [],
      returnsSet: false,
      returnsRelation: 0,
    })),
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
