import type { Operation, Principal } from '@steno/recordings'
import type { Facts } from '../facts.ts'
import type { Comparison, EffectUse, Expression, Rule, Ruleset, Selector } from '../ruleset.ts'

/**
 * Fifty rules as a company might have, and a thousand commands as its agents
 * might send: for measuring, and for the vectors that hold every runtime to the
 * same verdicts. The same each time.
 */
export function sampleRules(): Ruleset {
  const rules = [...ownRules(), ...tableRules(), ...teamRules()]
  return {
    language: 1,
    rules: rules.map((rule, index) => ({ ...rule, line: 1 + index * 5, at: [index * 200, index * 200 + 180] })),
    tests: [],
    hash: '',
  }
}

const verb = field('verb')
const isAgent = equals(field('principal', 'kind'), 'agent')
const hasNoWhere: Expression = { is: 'not', of: field('hasWhere'), at: [40, 52] }
const hasNoLimit: Expression = { is: 'not', of: field('hasLimit'), at: [60, 72] }
const prod: Selector = { protocols: ['postgres'], labels: { env: ['prod'] } }
const anywhere: Selector = {}

const tables = [
  'orders',
  'payments',
  'customers',
  'invoices',
  'sessions',
  'audit',
  'carts',
  'refunds',
  'products',
  'stock',
  'prices',
  'coupons',
]
const teams = ['billing', 'search', 'growth', 'support', 'data', 'platform', 'mobile', 'fraud', 'legal', 'people', 'sales', 'ops']

function ownRules(): Draft[] {
  return [
    rule('no drops in production', prod, verbIn('DROP', 'TRUNCATE'), forbid('schemas change by migration', 'open a migration')),
    rule('a change of every row is approved', prod, and(or(verbIs('DELETE'), verbIs('UPDATE')), hasNoWhere), approval('dba')),
    rule('unknown statements are approved', prod, verbIn('UNPARSED', 'OPAQUE', 'DO'), approval('dba', 'sre')),
    rule('no rights are given', anywhere, verbIn('GRANT', 'REVOKE', 'REASSIGN'), forbid('rights are given by the platform team')),
    rule('no other role', anywhere, and(verbIs('SET'), verbIsOf('object', 'role', 'session_authorization')), forbid('who you are stays')),
    rule(
      'no files of the server',
      anywhere,
      and(verbIs('COPY'), matches(field('text'), String.raw`\b(program|from|to)\s+'`, 'i')),
      forbid('no files'),
    ),
    {
      ...rule('personal data is hidden from agents', prod, and(verbIs('SELECT'), isAgent), maskColumns('redact', 'email', 'phone', 'ssn')),
      unless: call(field('principal', 'groups'), 'includes', text('pii-readers')),
    },
    rule('card numbers show their end', anywhere, verbIs('SELECT'), {
      effect: 'mask',
      arguments: { matching: { pattern: String.raw`\b\d{16}\b`, flags: '' }, with: 'last4' },
    }),
    rule('agents read in small portions', prod, and(isAgent, verbIs('SELECT'), hasNoLimit), {
      effect: 'limit',
      arguments: { rows: 1000, over: 'cut' },
    }),
    rule('agents do not hurry', prod, isAgent, { effect: 'limit', arguments: { perMinute: 120, over: 'hold' } }),
    rule(
      'many deletes are watched',
      anywhere,
      and(verbIs('DELETE'), compare('>', memory('count', 'DELETE', 600_000), 20)),
      approval('dba'),
    ),
    rule('a run that is denied often ends', anywhere, compare('>=', memory('denials', null, 3_600_000), 10), forbid('too many denials')),
    rule(
      'nights are quiet',
      prod,
      and(verbIn('UPDATE', 'DELETE', 'INSERT'), or(compare('<', hour('Europe/Berlin'), 6), compare('>=', hour('Europe/Berlin'), 22))),
      alert('a change at night'),
    ),
    rule(
      'weekends need consent',
      prod,
      and(verbIs('ALTER'), verbIsOf(call(field('time'), 'weekday', text('UTC')), 'sat', 'sun')),
      approval('sre'),
    ),
    rule(
      'no foreign links',
      anywhere,
      some(
        field('functions'),
        or(call(call(item(0), 'name'), 'startsWith', text('dblink')), call(call(item(0), 'name'), 'startsWith', text('lo_'))),
      ),
      forbid('stay inside'),
    ),
    rule(
      'who was sent by a contractor',
      anywhere,
      some(field('delegation'), call(call(item(0), 'groups'), 'includes', text('contractors'))),
      alert('launched by a contractor'),
    ),
    {
      ...rule(
        'what EXPLAIN would do',
        anywhere,
        and(field('isNested'), equals(field('inside'), 'EXPLAIN')),
        alert('looked at a plan', 'info'),
      ),
      mode: 'observe',
    },
    {
      ...rule('reruns are approved', prod, and(verbIn('UPDATE', 'DELETE'), compare('>', field('run', 'attempt'), 2)), approval('dba')),
      mode: 'observe',
    },
    rule(
      'long transactions',
      anywhere,
      and(equals(field('transaction'), 'transaction'), compare('>', field('session', 'commands'), 500)),
      alert('a long transaction'),
    ),
    rule('a client that names itself', anywhere, matches(field('session', 'application'), '^(sqlmap|havij)', 'i'), forbid('not with that')),
  ]
}

/** One for each table: the most usual rule there is. */
function tableRules(): Draft[] {
  return tables.map((name, index) => {
    const change = and(index % 2 === 0 ? verbIs('DELETE') : verbIn('UPDATE', 'DELETE'), call(field('tables'), 'includesTable', text(name)))
    const effects = [forbid(`${name} are kept`), approval(`${name}-owners`), alert(`${name} changed`)]
    return {
      ...rule(`${name} are kept`, index % 3 === 0 ? anywhere : prod, change, effects[index % 3] ?? forbid(name)),
      unless: equals(field('run', 'task'), `clean ${name}`),
    }
  })
}

/** A rule for each team's own targets, and for half of them a second one. */
function teamRules(): Draft[] {
  const own = (team: string): Selector => ({ targets: [`${team}-db`] })
  const first = teams.map(team =>
    rule(
      `${team} reads its own`,
      own(team),
      and(verbIs('SELECT'), { is: 'not', of: call(field('principal', 'groups'), 'includes', text(team)) }),
      alert(`somebody else reads ${team}`),
    ),
  )
  const second = teams
    .slice(0, 6)
    .map(team =>
      rule(
        `${team} changes its own`,
        own(team),
        and(verbIn('INSERT', 'UPDATE', 'DELETE'), { is: 'not', of: call(field('principal', 'groups'), 'includes', text(team)) }),
        forbid(`ask ${team}`),
      ),
    )
  return [...first, ...second]
}

/** Gives commands as rules see them: mostly one SELECT, from few sessions, now and then several operations. */
export function sampleFacts(count = 1000): Facts[] {
  const chance = createChance(20_260_107)
  const pick = <T>(values: readonly T[]): T => values[chance() % values.length] as T
  const targets = [
    ...teams.map(team => ({ name: `${team}-db`, protocol: 'postgres', labels: { env: 'prod', team } })),
    { name: 'shop', protocol: 'postgres', labels: { env: 'prod' } },
    { name: 'shop-staging', protocol: 'postgres', labels: { env: 'staging' } },
  ]
  const principals: Principal[] = [
    { kind: 'agent', name: 'cleaner', groups: ['growth', 'data'] },
    { kind: 'agent', name: 'reporter', groups: ['data', 'pii-readers'] },
    { kind: 'human', name: 'ada', groups: ['billing', 'dba'] },
    { kind: 'service', name: 'cron', groups: [] },
  ]
  const delegations: Principal[][] = [
    [],
    [{ kind: 'human', name: 'bea', groups: ['contractors'] }],
    [{ kind: 'human', name: 'ada', groups: ['dba'] }],
  ]
  const operation = (): Operation => {
    const chosen = pick([
      'SELECT',
      'SELECT',
      'SELECT',
      'SELECT',
      'SELECT',
      'INSERT',
      'UPDATE',
      'DELETE',
      'BEGIN',
      'COMMIT',
      'SET',
      'COPY',
      'DROP',
      'ALTER',
      'GRANT',
      'UNPARSED',
    ])
    const named = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'COPY', 'DROP', 'ALTER'].includes(chosen)
    return {
      verb: chosen,
      tables: named ? [`public.${pick(tables)}`, ...(chance() % 5 === 0 ? [pick(tables)] : [])] : [],
      columns: named ? ['id', 'email'] : [],
      ...(chosen === 'SET' ? { object: pick(['role', 'search_path', 'timezone']) } : {}),
      ...(chosen === 'UPDATE' || chosen === 'DELETE' ? { hasWhere: chance() % 4 !== 0 } : {}),
      ...(chosen === 'SELECT'
        ? { hasLimit: chance() % 2 === 0, functions: chance() % 8 === 0 ? [pick(['count', 'dblink_exec', 'lo_import'])] : [] }
        : {}),
      ...(chance() % 16 === 0 ? { inside: pick(['EXPLAIN', 'SELECT', 'DO']) } : {}),
    }
  }
  return Array.from({ length: count }, () => {
    const operations = Array.from({ length: chance() % 10 === 0 ? 3 : 1 }, operation)
    const done = chance()
    return {
      operations,
      circumstances: {
        principal: pick(principals),
        delegation: pick(delegations),
        run: {
          id: `run-${chance() % 40}`,
          attempt: 1 + (chance() % 4),
          task: pick([null, 'report', ...tables.map(name => `clean ${name}`)]),
          trigger: null,
          agentVersion: '1.4',
          parent: null,
        },
        session: {
          id: `session-${chance() % 90}`,
          application: pick([null, 'psql', 'SQLmap/1.7', 'psycopg']),
          clientAddress: '192.0.2.7',
          startedAtUs: 0,
          commands: chance() % 600,
        },
        target: pick(targets),
        command: {
          kind: 'query',
          text: `${operations.map(one => `${one.verb.toLowerCase()} ${one.tables.join(', ')}`).join('; ')} to '/tmp/x'`,
          transaction: pick(['idle', 'transaction', 'failed'] as const),
        },
        nowUs: 1_767_787_200_000_000 + (chance() % 10_000) * 97_000_000,
        memory: { sum: counter => done % (counter === 'denials' ? 11 : 25) },
      },
    }
  })
}

/** Numbers that look drawn, the same in every runtime (xorshift, 32 bits). */
function createChance(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** A rule before its place is known. */
type Draft = Omit<Rule, 'line' | 'at'>

function rule(name: string, on: Selector, when: Expression, ...effects: EffectUse[]): Draft {
  return { name, on, when, effects, mode: 'enforce' }
}

function field(...path: string[]): Expression {
  return { is: 'field', path }
}

function text(value: string): Expression {
  return { is: 'literal', value }
}

function equals(left: Expression, right: string): Expression {
  return { is: 'compare', operator: '===', left, right: text(right), at: [20, 38] }
}

function verbIs(name: string): Expression {
  return equals(verb, name)
}

function verbIn(...names: string[]): Expression {
  return call({ is: 'list', values: names }, 'includes', verb)
}

function verbIsOf(of: Expression | 'object', ...values: string[]): Expression {
  return call({ is: 'list', values }, 'includes', of === 'object' ? field(of) : of)
}

function and(...of: Expression[]): Expression {
  return { is: 'and', of, at: [10, 90] }
}

function or(...of: Expression[]): Expression {
  return { is: 'or', of, at: [12, 44] }
}

function call(on: Expression, method: string, ...args: Expression[]): Expression {
  return { is: 'call', method, on, arguments: args, at: [50, 80] }
}

function compare(operator: Comparison, left: Expression, right: number): Expression {
  return { is: 'compare', operator, left, right: { is: 'literal', value: right }, at: [30, 60] }
}

function matches(of: Expression, pattern: string, flags: string): Expression {
  return { is: 'matches', pattern, flags, text: of, at: [55, 85] }
}

function some(list: Expression, holds: Expression): Expression {
  return { is: 'some', list, holds, at: [15, 95] }
}

function item(depth: number): Expression {
  return { is: 'item', depth }
}

function hour(zone: string): Expression {
  return call(field('time'), 'hour', text(zone))
}

function memory(counter: 'count' | 'denials', ofVerb: string | null, windowMs: number): Expression {
  return { is: 'memory', counter, verb: ofVerb, windowMs }
}

function forbid(reason: string, hint?: string): EffectUse {
  return { effect: 'forbid', arguments: hint === undefined ? { reason } : { reason, hint } }
}

function approval(...by: string[]): EffectUse {
  return { effect: 'requireApproval', arguments: { by, within: 900_000 } }
}

function alert(message: string, severity = 'warning'): EffectUse {
  return { effect: 'alert', arguments: { message, severity } }
}

function maskColumns(kind: string, ...columns: string[]): EffectUse {
  return {
    effect: 'mask',
    arguments: { columns: columns.map(column => ({ target: null, schema: null, table: null, column })), with: kind },
  }
}
