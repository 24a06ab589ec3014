import { describe, expect, it } from 'vitest'
import type { Law } from '../../guard/law.ts'
import { decidedBy, lawOf } from '../../guard/test-law.ts'
import {
  ask,
  connect,
  join,
  logIn,
  message,
  openGateway,
  recorded,
  rest,
  say,
  ScriptedTarget,
  splitMessages,
  type Story,
} from './test-conversation.ts'

interface Scenario {
  /** What the client says, a turn at a time; it goes on when the answers of the last turn are in. */
  turns: Uint8Array[]
  /** What the target answers to each Query, Sync, Flush, FunctionCall, CopyDone and CopyFail it reads. */
  answers: Uint8Array[]
  law?: Law
  /** A refused statement that travels in pieces is refused in pieces, so only what ran is compared. */
  mayBeSplit?: true
  /** What the client must get, as type letters; what the target must get. */
  client: string
  target: string
  executed: { text: string; parameters?: string[]; verdict?: string; parts: string[] }[]
}

/** Where one of the two streams is cut in two, with everything at rest in between. */
type Cut = { side: 'client' | 'target'; at: number } | 'nowhere' | 'everywhere'

interface Outcome {
  client: Uint8Array
  target: Uint8Array
  story: Story
}

const denyDelete = lawOf(({ text }) => (text.startsWith('delete') ? decidedBy('deny', 'no deletes', 'nothing is deleted here') : null))

const selected = join(say.columns('a'), say.row('1'), say.row(null), say.done('SELECT 2'))

const scenarios: Record<string, Scenario> = {
  'a simple query with two statements': {
    turns: [ask.query('select 1; update t set a = 1')],
    answers: [join(selected, say.done('UPDATE 3'), say.ready())],
    client: 'TDDCCZ',
    target: 'Q',
    executed: [{ text: 'select 1; update t set a = 1', parts: ['columns a', 'rows 2', 'done SELECT 2', 'done UPDATE 3', 'end idle'] }],
  },
  'an empty query': {
    turns: [ask.query('')],
    answers: [join(say.empty, say.ready())],
    client: 'IZ',
    target: 'Q',
    executed: [{ text: '', parts: ['empty', 'end idle'] }],
  },
  'a statement by the extended protocol': {
    turns: [join(ask.parse('', 'select $1', [25]), ask.bind('', '', ['x']), ask.describe('P', ''), ask.execute(''), ask.sync)],
    answers: [join(say.parsed, say.bound, selected, say.ready())],
    client: '12TDDCZ',
    target: 'PBDES',
    executed: [{ text: 'select $1', parameters: ['x'], parts: ['columns a', 'rows 2', 'done SELECT 2', 'end idle'] }],
  },
  'a named statement, described and used twice': {
    turns: [
      join(ask.parse('s1', 'select $1'), ask.describe('S', 's1'), ask.sync),
      join(ask.bind('', 's1', ['x']), ask.execute(''), ask.sync),
      join(ask.bind('', 's1', [null]), ask.execute(''), ask.sync),
    ],
    answers: [
      join(say.parsed, say.parameters(25), say.columns('a'), say.ready()),
      join(say.bound, say.row('x'), say.done('SELECT 1'), say.ready()),
      join(say.bound, say.done('SELECT 0'), say.ready()),
    ],
    client: '1tTZ2DCZ2CZ',
    target: 'PDSBESBES',
    executed: [
      { text: 'select $1', parameters: ['x'], parts: ['columns a', 'rows 1', 'done SELECT 1', 'end idle'] },
      { text: 'select $1', parameters: ['null'], parts: ['columns a', 'done SELECT 0', 'end idle'] },
    ],
  },
  'a portal read in slices': {
    turns: [
      ask.query('begin'),
      join(ask.parse('', 'select a from t'), ask.bind('p', ''), ask.describe('P', 'p'), ask.execute('p', 1), ask.flush),
      join(ask.execute('p', 1), ask.sync),
      join(ask.close('P', 'p'), ask.sync),
    ],
    answers: [
      join(say.done('BEGIN'), say.ready('T')),
      join(say.parsed, say.bound, say.columns('a'), say.row('1'), say.suspended),
      join(say.row('2'), say.done('SELECT 1'), say.ready('T')),
      join(say.closed, say.ready('T')),
    ],
    client: 'CZ12TDsDCZ3Z',
    target: 'QPBDEHESCS',
    executed: [
      { text: 'begin', parts: ['done BEGIN', 'end transaction'] },
      { text: 'select a from t', parts: ['columns a', 'rows 1', 'suspended 1', 'end transaction'] },
      { text: 'select a from t', parts: ['columns a', 'rows 1', 'done SELECT 1', 'end transaction'] },
    ],
  },
  'an error in the middle of a pipeline': {
    turns: [
      join(
        ask.parse('', 'select 1/0'),
        ask.bind('', ''),
        ask.execute(''),
        ask.parse('s2', 'select 2'),
        ask.bind('', 's2'),
        ask.execute(''),
        ask.sync,
      ),
    ],
    answers: [join(say.parsed, say.bound, say.error('22012', 'division by zero'), say.ready())],
    client: '12EZ',
    target: 'PBEPBES',
    executed: [
      { text: 'select 1/0', parts: ['error 22012 by target', 'end idle'] },
      { text: 'select 2', parts: ['skipped', 'end idle'] },
    ],
  },
  'a name from a pipeline that failed': {
    turns: [
      join(ask.parse('', 'select 1/0'), ask.bind('', ''), ask.execute(''), ask.parse('s2', 'select 2'), ask.sync),
      join(ask.bind('', 's2'), ask.execute(''), ask.sync),
    ],
    answers: [
      join(say.parsed, say.bound, say.error('22012', 'division by zero'), say.ready()),
      join(say.error('42601', 'syntax'), say.ready()),
    ],
    client: '12EZEZ',
    target: 'PBEPSPPS',
    executed: [
      { text: 'select 1/0', parts: ['error 22012 by target', 'end idle'] },
      { text: '', verdict: 'deny', parts: ['skipped', 'end idle'] },
    ],
  },
  'COPY in': {
    turns: [ask.query('copy t from stdin'), join(ask.copyData('a\t1\n'), ask.copyData('b\t2\n'), ask.copyDone)],
    answers: [say.copyIn, join(say.done('COPY 2'), say.ready())],
    client: 'GCZ',
    target: 'Qddc',
    executed: [{ text: 'copy t from stdin', parts: ['copy in', 'data a\t1\nb\t2\n', 'done COPY 2', 'end idle'] }],
  },
  'COPY in by the extended protocol': {
    turns: [
      join(ask.parse('', 'copy t from stdin'), ask.bind('', ''), ask.execute(''), ask.sync),
      join(ask.copyData('a\t1\n'), ask.copyDone, ask.sync),
      ask.query('select 1'),
    ],
    answers: [join(say.parsed, say.bound, say.copyIn), say.done('COPY 1'), say.ready(), join(selected, say.ready())],
    client: '12GCZTDDCZ',
    target: 'PBESdcSQ',
    executed: [
      { text: 'copy t from stdin', parts: ['copy in', 'data a\t1\n', 'done COPY 1', 'end idle'] },
      { text: 'select 1', parts: ['columns a', 'rows 2', 'done SELECT 2', 'end idle'] },
    ],
  },
  'a COPY in that the client gives up': {
    turns: [ask.query('copy t from stdin'), join(ask.copyData('a\t1\n'), ask.copyFail('tired'))],
    answers: [say.copyIn, join(say.error('57014', 'COPY failed'), say.ready())],
    client: 'GEZ',
    target: 'Qdf',
    executed: [{ text: 'copy t from stdin', parts: ['copy in', 'data a\t1\n', 'error 57014 by target', 'end idle'] }],
  },
  'COPY out': {
    turns: [ask.query('copy t to stdout')],
    answers: [join(say.copyOut, say.copyData('a\t1\n'), say.copyData('é\t2\n'), say.copyDone, say.done('COPY 2'), say.ready())],
    client: 'HddcCZ',
    target: 'Q',
    executed: [{ text: 'copy t to stdout', parts: ['copy out', 'data a\t1\né\t2\n', 'done COPY 2', 'end idle'] }],
  },
  'notices, settings and notifications in between': {
    turns: [ask.query('select 1')],
    answers: [
      join(
        say.notification('jobs', 'one'),
        say.notice('careful'),
        say.columns('a'),
        say.row('1'),
        say.notification('jobs', 'two'),
        say.row('2'),
        say.setting('TimeZone', 'UTC'),
        say.done('SELECT 2'),
        say.ready(),
        say.notification('jobs', 'three'),
        say.notice('late'),
      ),
    ],
    client: 'ANTDADSCZAN',
    target: 'Q',
    executed: [{ text: 'select 1', parts: ['notice careful', 'columns a', 'rows 2', 'done SELECT 2', 'end idle'] }],
  },
  'a function call': {
    turns: [ask.call(1299, ['x'])],
    answers: [join(say.value('42'), say.ready())],
    client: 'VZ',
    target: 'F',
    executed: [{ text: 'function 1299', parameters: ['x'], parts: ['value "42"', 'end idle'] }],
  },
  'a refused statement inside a transaction': {
    turns: [ask.query('begin'), ask.query('delete from t'), ask.query('rollback')],
    answers: [
      join(say.done('BEGIN'), say.ready('T')),
      join(say.error('42601', 'syntax error at or near "refused"'), say.ready('E')),
      join(say.done('ROLLBACK'), say.ready()),
    ],
    law: denyDelete,
    client: 'CZEZCZ',
    target: 'QQQ',
    executed: [
      { text: 'begin', parts: ['done BEGIN', 'end transaction'] },
      { text: 'delete from t', verdict: 'deny', parts: ['error 42501 by gateway', 'end failed'] },
      { text: 'rollback', parts: ['done ROLLBACK', 'end idle'] },
    ],
  },
  'a refused statement in a pipeline': {
    turns: [
      join(ask.parse('', 'delete from t'), ask.bind('', ''), ask.execute(''), ask.sync),
      join(ask.parse('', 'select 1'), ask.bind('', ''), ask.execute(''), ask.sync),
    ],
    answers: [
      join(say.error('42601', 'syntax'), say.ready()),
      join(say.parsed, say.bound, say.row('1'), say.done('SELECT 1'), say.ready()),
    ],
    law: denyDelete,
    mayBeSplit: true,
    client: 'EZ12DCZ',
    target: 'PSPBES',
    executed: [{ text: 'select 1', parts: ['rows 1', 'done SELECT 1', 'end idle'] }],
  },
  'a statement that nobody prepared': {
    turns: [join(ask.bind('', 'ghost'), ask.describe('P', ''), ask.execute(''), ask.sync)],
    answers: [join(say.error('42601', 'syntax'), say.ready())],
    client: 'EZ',
    target: 'PDPS',
    executed: [{ text: '', verdict: 'deny', parts: ['skipped', 'end idle'] }],
  },
  'a statement that SQL took away': {
    turns: [join(ask.parse('s1', 'select 1'), ask.sync), ask.query('deallocate s1'), join(ask.bind('', 's1'), ask.execute(''), ask.sync)],
    answers: [join(say.parsed, say.ready()), join(say.done('DEALLOCATE'), say.ready()), join(say.error('42601', 'syntax'), say.ready())],
    client: '1ZCZEZ',
    target: 'PSQPPS',
    executed: [
      { text: 'deallocate s1', parts: ['done DEALLOCATE', 'end idle'] },
      { text: '', verdict: 'deny', parts: ['skipped', 'end idle'] },
    ],
  },
  'a target that closes in the middle of an answer': {
    turns: [ask.query('select 1')],
    answers: [join(say.columns('a'), say.row('1'))],
    client: 'TD',
    target: 'Q',
    executed: [{ text: 'select 1', parts: ['columns a', 'rows 1'] }],
  },
  'an unknown message from the target': {
    turns: [ask.query('select 1')],
    answers: [join(message('y', [1, 2, 3]), say.done('SELECT 0'), say.ready())],
    client: 'E',
    target: 'Q',
    executed: [{ text: 'select 1', parts: [] }],
  },
  'a client that says goodbye behind its last statement': {
    turns: [join(ask.query('select 1'), ask.terminate)],
    answers: [join(selected, say.ready())],
    client: 'TDDCZ',
    target: 'QX',
    executed: [{ text: 'select 1', parts: ['columns a', 'rows 2', 'done SELECT 2', 'end idle'] }],
  },
}

/** Plays a scenario through `serve`, from login to the last byte. */
async function play(scenario: Scenario, cut: Cut): Promise<Outcome> {
  const gateway = openGateway(scenario.law ? { law: scenario.law } : {})
  const target = new ScriptedTarget(gateway, scenario.answers)
  const { client, served } = connect(gateway)
  await logIn(client)
  const welcome = splitMessages(client.take())
  expect(welcome.at(-1)?.type).toBe('Z')
  if (cut === 'everywhere') gateway.machine.network.cuts = 'every byte'
  const cutter = (side: 'client' | 'target', write: (bytes: Uint8Array) => void) => {
    let left = typeof cut === 'object' && cut.side === side ? cut.at : Number.POSITIVE_INFINITY
    return async (bytes: Uint8Array) => {
      const at = Math.min(left, bytes.length)
      left -= at
      if (left === 0 && at < bytes.length) {
        left = Number.POSITIVE_INFINITY
        if (at > 0) write(bytes.slice(0, at))
        await rest()
        return write(bytes.slice(at))
      }
      write(bytes)
    }
  }
  const fromClient = cutter('client', bytes => void client.socket.write(bytes))
  const fromTarget = cutter('target', bytes => void target.peer?.socket.write(bytes))
  // Answers stay in their order, whatever is cut.
  let delivered = Promise.resolve()
  target.deliver = bytes => void (delivered = delivered.then(() => fromTarget(bytes)))
  target.hangUp = () => void (delivered = delivered.then(() => target.peer?.socket.end()))
  for (const turn of scenario.turns) {
    await fromClient(turn)
    await rest()
    await delivered
    await rest()
  }
  target.peer?.socket.end()
  await served
  await rest()
  return { client: client.received, target: target.sent, story: recorded(gateway) }
}

const letters = (bytes: Uint8Array) =>
  splitMessages(bytes)
    .map(({ type }) => type)
    .join('')

/** A story in short words, to be read at a glance. */
function told(executed: Story['executed']): Scenario['executed'] {
  return executed.map(({ command, parts }) => ({
    text: command.text,
    ...(command.parameters
      ? { parameters: command.parameters.map(({ value }) => (value === null ? 'null' : JSON.stringify(value).slice(1, -1))) }
      : {}),
    ...(command.decision.verdict === 'allow' ? {} : { verdict: command.decision.verdict }),
    parts: parts.map(part => {
      if (part.kind === 'columns') return `columns ${part.columns.map(({ name }) => name).join(',')}`
      if (part.kind === 'rows') return `rows ${part.rows.length}`
      if (part.kind === 'done') return `done ${part.tag}`
      if (part.kind === 'suspended') return `suspended ${part.rows}`
      if (part.kind === 'error') return `error ${part.error.code} by ${part.by}`
      if (part.kind === 'end') return `end ${part.transaction}`
      if (part.kind === 'copy') return `copy ${part.direction}`
      if (part.kind === 'data') return `data ${'text' in part.content ? part.content.text : '?'}`
      if (part.kind === 'notice') return `notice ${part.notice.message}`
      if (part.kind === 'value') return `value ${JSON.stringify(part.value)}`
      return part.kind
    }),
  }))
}

/** What must not depend on where the streams were cut. */
async function outcome(scenario: Scenario, cut: Cut) {
  const { client, target, story } = await play(scenario, cut)
  const executed = scenario.mayBeSplit ? story.executed.filter(({ command }) => command.decision.verdict === 'allow') : story.executed
  return { client, target, executed, notices: story.notices, end: story.end?.reason }
}

const size = (pieces: Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0)

describe('the relay carries', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    it(`${name}, cut anywhere`, async () => {
      const whole = await outcome(scenario, 'nowhere')
      expect({ client: letters(whole.client), target: letters(whole.target), executed: told(whole.executed) }).toEqual({
        client: scenario.client,
        target: scenario.target,
        executed: scenario.executed,
      })
      const cuts: Cut[] = ['everywhere']
      for (let at = 1; at < size(scenario.turns); at++) cuts.push({ side: 'client', at })
      for (let at = 1; at < size(scenario.answers); at++) cuts.push({ side: 'target', at })
      for (const cut of cuts) {
        const found = await outcome(scenario, cut)
        expect({ cut, told: told(found.executed) }).toEqual({ cut, told: scenario.executed })
        expect({ cut, ...found, target: scenario.mayBeSplit ? whole.target : found.target }).toEqual({ cut, ...whole })
      }
    })
  }
})
