// Policies for the gateways that the bench starts: what a company would have
// in force, none of which has anything to say about pgbench's own statement.

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
const verbs = ['DELETE', 'UPDATE', 'INSERT']

/** Fifty rules, as the source of a policy file. */
export function fiftyRules() {
  const own = [
    rule('no drops', `['DROP', 'TRUNCATE'].includes(op.verb)`, forbid('schemas change by migration')),
    rule('a change of every row is approved', `(op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere`, approval),
    rule('what is not understood is approved', `op.isOpaque || op.verb === 'UNPARSED'`, approval),
    rule('no rights are given', `['GRANT', 'REVOKE', 'REASSIGN'].includes(op.verb)`, forbid('rights are given by the platform team')),
    rule('no files of the server', String.raw`op.verb === 'COPY' && /\bprogram\b/i.test(op.text)`, forbid('no programs')),
    rule('no foreign links', `op.functions.some(called => called === 'dblink' || called.name.startsWith('lo_'))`, forbid('stay inside')),
    rule('a run that is denied often ends', `op.run.denials('1h') >= 10`, forbid('too many denials')),
    rule('many deletes are watched', `op.verb === 'DELETE' && op.run.count('DELETE', '10m') > 20`, approval),
    rule(
      'contractors do not read payments',
      `op.tables.includes('payments') && op.delegation.some(by => by.groups.includes('contractors'))`,
      forbid('ask'),
    ),
    rule('not with that client', `/^(sqlmap|havij)/i.test(op.session.application)`, forbid('not with that')),
    rule(
      'people read on paper',
      `op.verb === 'SELECT' && op.principal.kind === 'human' && !op.hasLimit`,
      `limit({ rows: 1000, over: 'cut' })`,
    ),
    rule('changes at night', `op.verb === 'UPDATE' && op.time.hour('Europe/Berlin') < 6`, `alert('a change at night')`),
    rule('addresses', `op.verb === 'SELECT' && op.tables.includes('customers')`, `mask({ columns: ['email', 'phone'], with: 'redact' })`),
    rule('temporary files', `op.object.under('/tmp')`, forbid('not there')),
  ]
  const perTable = tables.flatMap((table, at) =>
    verbs.map(verb =>
      rule(`${verb} ${table}`, `op.verb === '${verb}' && op.tables.includes('${table}')`, at % 2 ? approval : forbid(`${table} are kept`)),
    ),
  )
  return [...own, ...perTable].join('\n')
}

/** And one that hides the column which pgbench reads. */
export function maskedColumn() {
  return rule('balances are hidden', `op.verb === 'SELECT'`, `mask({ columns: ['pgbench_accounts.abalance'], with: 'last4' })`)
}

const approval = `requireApproval({ by: 'approver', within: '15m' })`

function forbid(reason) {
  return `forbid('${reason}')`
}

function rule(name, when, effect) {
  return `rule('${name}', { on: postgres(), when: op => ${when}, effect: ${effect} })\n`
}
