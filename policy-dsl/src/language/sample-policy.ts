/** One policy that uses the whole language, written for `testLiveSchema`. */
export const samplePolicy = `const pii = list(shop.customers.email, shop.customers.ssn, 'phone')
const destructive = ['DELETE', 'UPDATE', 'TRUNCATE']
const clusterAdmins = 'dba'
const portion = 1000

rule('no schema drops in prod', {
  on: postgres({ env: 'prod' }),
  when: op => op.verb === 'DROP' && (op.tables.length > 0 || op.object.startsWith('schema ') || op.object.startsWith('database ')),
  effect: forbid('Dropping tables, schemas or databases in prod goes through migrations', { hint: 'open a migration' }),
})

rule('destructive SQL needs a DBA', {
  on: postgres({ env: 'prod' }),
  when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere,
  effect: requireApproval({ by: clusterAdmins, within: '15m' }),
})

rule('hide personal data from agents', {
  on: target('shop'),
  when: op => op.principal.kind === 'agent',
  unless: op => op.principal.groups.includes('pii-readers'),
  effect: mask({ columns: pii, matching: /\\b\\d{3}-\\d{2}-\\d{4}\\b/, with: 'redact' }),
})

rule('agents read in small portions', {
  on: any(),
  when: op => op.principal.kind === 'agent' && op.verb === 'SELECT' && !op.hasLimit,
  effect: [limit({ rows: portion, over: 'cut' }), limit({ perMinute: 120, per: 'run', over: 'hold' })],
})

rule('nothing that hides what it does', {
  on: postgres({ env: ['prod', 'staging'] }),
  when: op => op.isOpaque || op.verb === 'UNPARSED' || op.functions.some(called => called === 'dblink' || called.name.startsWith('lo_')),
  effect: requireApproval({ by: ['dba', 'security'], within: '30m', quorum: 2 }),
})

rule('no bulk work at night', {
  on: target(['shop', 'data-lake']),
  when: op =>
    destructive.includes(op.verb) &&
    (op.time.hour('Europe/Berlin') < 6 || op.time.weekday('UTC') === 'sun' || op.time.date('UTC') >= '2099-12-24') &&
    (op.run.count('DELETE', '10m') > 20 || op.run.commands('1h') > 1000 || op.run.rows('1d') > 100000),
  unless: op => op.delegation.some(by => by.kind === 'human' && by.groups.includes('dba')) || op.run.task.under('/cleanups'),
  effect: [alert('bulk work at night', { severity: 'critical' }), forbid('not at night')],
})

rule('watch payments', {
  on: shop,
  when: op =>
    op.tables.includes(shop.payments) ||
    op.tables.includes('billing.invoices') ||
    op.reads.includes(shop.billing.invoices.iban) ||
    op.columns.includes(shop['order items']['e-mail']) ||
    (op.isNested ? op.inside === 'DO' : op.statement > 3) ||
    ['payments', 'invoices'].some(name => op.text.toLowerCase().includes(name)) ||
    /\\bcopy\\b.*\\bprogram\\b/is.test(op.text) ||
    op.target.labels['cost-center'] === '42' ||
    op.transaction === 'failed',
  effect: alert('payments were touched'),
  mode: 'observe',
})

rule('the lake is read only', {
  on: target('data-lake'),
  when: op => op.verb !== 'SELECT' && op.writes.every(path => path !== 'public.events.payload'),
  effect: forbid('the lake is read only'),
})

test('a cleanup without WHERE is held', shop\`DELETE FROM orders\`, 'hold')
test('a cleanup in a CTE is held as well', postgres\`WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone\`, 'hold', {
  kind: 'agent',
  name: 'cleanup-agent',
  groups: ['readers'],
  task: 'tidy up',
  labels: { env: 'prod' },
  at: '2026-01-07T12:00:00Z',
})
test('an agent sees no addresses', shop\`SELECT email FROM customers LIMIT 10\`, 'allow', { masked: [shop.customers.email, 'ssn'] })
test('the lake cannot be emptied', target('data-lake')\`TRUNCATE events\`, 'deny')
`
