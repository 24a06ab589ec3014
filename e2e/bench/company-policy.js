// Sixty rules as a company of a dozen teams has them after a year or two: some
// for everybody, some for each table and each team, and among them the
// mistakes that grow in such a file, which an analysis has to find.

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

/** The policy's source; `bulk` is a number that its author may be changing. */
export function companyPolicy({ bulk = 20 } = {}) {
  return [forEverybody(bulk), ...tables.map(forTable), ...teams.map(forTeam)].join('\n')
}

function forEverybody(bulk) {
  return String.raw`const destructive = ['DELETE', 'UPDATE', 'TRUNCATE']
const pii = list('customers.email', 'customers.phone', 'customers.ssn')

rule('no drops in production', {
  on: postgres({ env: 'prod' }),
  when: op => ['DROP', 'TRUNCATE'].includes(op.verb),
  effect: forbid('schemas change by migration', { hint: 'open a migration' }),
})
rule('a change of every row is approved', {
  on: postgres({ env: 'prod' }),
  when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere,
  effect: requireApproval({ by: 'dba', within: '15m' }),
})
rule('what is not understood is approved', {
  on: postgres({ env: ['prod', 'staging'] }),
  when: op => op.isOpaque || op.verb === 'UNPARSED' || op.verb === 'DO',
  unless: op => op.principal.kind === 'human' && op.principal.groups.includes('dba'),
  effect: requireApproval({ by: ['dba', 'sre'], within: '30m', quorum: 2 }),
})
rule('no rights are given', {
  on: any(),
  when: op => ['GRANT', 'REVOKE', 'REASSIGN'].includes(op.verb),
  effect: forbid('rights are given by the platform team'),
})
rule('no other role', {
  on: any(),
  when: op => op.verb === 'SET' && ['role', 'session_authorization'].includes(op.object),
  effect: forbid('who you are stays'),
})
rule('no programs on the server', {
  on: postgres(),
  when: op => op.verb === 'COPY' && /\bprogram\b/i.test(op.text),
  effect: forbid('no programs'),
})
rule('no foreign links', {
  on: any(),
  when: op => op.functions.some(name => name.startsWith('dblink') || name.startsWith('lo_')),
  effect: forbid('stay inside'),
})
rule('personal data is hidden from agents', {
  on: postgres({ env: 'prod' }),
  when: op => op.verb === 'SELECT' && op.principal.kind === 'agent',
  unless: op => op.principal.groups.includes('pii-readers'),
  effect: mask({ columns: pii, with: 'redact' }),
})
rule('card numbers show their end', {
  on: any(),
  when: op => op.verb === 'SELECT',
  effect: mask({ matching: /\b\d{16}\b/, with: 'last4' }),
})
rule('agents read in small portions', {
  on: postgres({ env: 'prod' }),
  when: op => op.principal.kind === 'agent' && op.verb === 'SELECT' && !op.hasLimit,
  effect: [limit({ rows: 1000, over: 'cut' }), limit({ perMinute: 120, over: 'hold' })],
})
rule('bulk work is watched', {
  on: postgres({ env: 'prod' }),
  when: op => destructive.includes(op.verb) && op.run.count('DELETE', '10m') > ${bulk},
  effect: requireApproval({ by: 'dba', within: '15m' }),
})
rule('a run that is denied often ends', {
  on: any(),
  when: op => op.run.denials('1h') >= 10,
  effect: forbid('too many denials'),
})
rule('nights are quiet', {
  on: postgres({ env: 'prod' }),
  when: op => destructive.includes(op.verb) && (op.time.hour('Europe/Berlin') < 6 || op.time.hour('Europe/Berlin') >= 22),
  unless: op => op.delegation.some(by => by.kind === 'human' && by.groups.includes('sre')),
  effect: alert('a change at night', { severity: 'critical' }),
})
rule('weekends need consent', {
  on: postgres({ env: 'prod' }),
  when: op => op.verb === 'ALTER' && ['sat', 'sun'].includes(op.time.weekday('UTC')),
  effect: requireApproval({ by: 'sre', within: '1h' }),
})
rule('no work by contractors on payments', {
  on: any(),
  when: op => op.tables.includes('payments') && op.delegation.some(by => by.groups.includes('contractors')),
  effect: forbid('ask billing'),
})
rule('a tool that names itself', {
  on: any(),
  when: op => /^(sqlmap|havij)/i.test(op.session.application),
  effect: forbid('not with that'),
})
rule('reruns are approved', {
  on: postgres({ env: 'prod' }),
  when: op => ['UPDATE', 'DELETE'].includes(op.verb) && op.run.attempt > 2,
  effect: requireApproval({ by: 'dba', within: '15m' }),
  mode: 'observe',
})
rule('temporary files only', {
  on: postgres(),
  when: op => op.verb === 'COPY' && op.object.startsWith('/') && !op.object.under('/tmp'),
  effect: forbid('files live in /tmp'),
})
rule('small hours of agents', {
  on: any({ env: 'prod' }),
  when: op => op.principal.kind === 'agent' && op.time.hour('UTC') > 9 && op.time.hour('UTC') < 5,
  effect: forbid('not at night'),
})
rule('truncation waits', {
  on: postgres({ env: 'prod' }),
  when: op => op.verb === 'TRUNCATE' && op.principal.kind === 'agent',
  effect: requireApproval({ by: 'dba', within: '15m' }),
})
rule('nobody empties a table', {
  on: postgres({ env: 'prod' }),
  when: op => op.verb === 'TRUNCATE',
  effect: forbid('schemas change by migration', { hint: 'open a migration' }),
})
rule('people read on paper', {
  on: any(),
  when: op => op.verb === 'SELECT' && op.principal.kind === 'human' && !op.hasLimit,
  effect: limit({ rows: 10000, over: 'cut' }),
})
rule('long transactions', {
  on: any(),
  when: op => op.transaction === 'transaction' && op.session.commands > 500,
  effect: alert('a long transaction'),
})
rule('staging is for everybody', {
  on: any({ env: 'staging' }),
  when: op => op.hasLimit || !op.hasLimit,
  effect: alert('staging is used', { severity: 'info' }),
})
`
}

function forTable(table, at) {
  const verbs = at % 2 === 0 ? `op.verb === 'DELETE'` : `['UPDATE', 'DELETE'].includes(op.verb)`
  const effect = [`forbid('${table} are kept')`, `requireApproval({ by: '${table}-owners', within: '1h' })`, `alert('${table} changed')`][
    at % 3
  ]
  const on = at % 3 === 0 ? 'any()' : `postgres({ env: 'prod' })`
  return `rule('${table} are kept', {
  on: ${on},
  when: op => ${verbs} && op.tables.includes('${table}'),
  unless: op => op.run.task === 'clean ${table}',
  effect: ${effect},
})
`
}

function forTeam(team) {
  const strangers = `!op.principal.groups.includes('${team}')`
  const reads = `rule('${team} reads its own', {
  on: target('${team}-db'),
  when: op => op.verb === 'SELECT' && ${strangers},
  effect: alert('somebody else reads ${team}'),
})
`
  const changes = `rule('${team} changes its own', {
  on: target('${team}-db'),
  when: op => ['INSERT', 'UPDATE', 'DELETE'].includes(op.verb) && ${strangers},
  effect: forbid('ask ${team}'),
})
`
  return reads + changes
}
