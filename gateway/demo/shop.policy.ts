// What agents may do in the demo's shop. The demo publishes this text once, at
// its first start; after that, what was published last is in force, by
// `steno policy publish shop FILE` or the API. policy-dsl/LANGUAGE.md has all the words.

const schemaChanges = ['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'GRANT', 'REVOKE', 'REASSIGN', 'COMMENT', 'IMPORT', 'REINDEX']
const personal = list(shop.customers.name, shop.customers.email)

rule('agents do not change the schema', {
  on: shop,
  when: op => op.principal.kind === 'agent' && schemaChanges.includes(op.verb),
  unless: op => op.principal.groups.includes('migrators'),
  effect: forbid('agents do not change the schema of the shop', {
    hint: 'put it into a migration: the agents of the group migrators run those that were reviewed',
  }),
})

rule('no DELETE or UPDATE of everything without consent', {
  on: shop,
  when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere,
  effect: requireApproval({ by: 'approver', within: '10m' }),
})

// A DO block, a function in another language: more may happen than can be read. A migration was read before it runs.
rule('what cannot be read is looked at first', {
  on: shop,
  when: op => op.principal.kind === 'agent' && (op.isOpaque || op.verb === 'DO' || op.verb === 'UNPARSED'),
  unless: op => op.principal.groups.includes('migrators'),
  effect: requireApproval({ by: 'approver', within: '10m' }),
})

// An agent that has an address already may look its owner up with it.
rule('personal data stays hidden from agents', {
  on: shop,
  when: op => op.principal.kind === 'agent',
  unless: op => op.principal.groups.includes('pii-readers'),
  effect: mask({ columns: personal, with: 'partial', predicates: 'equality' }),
})

// Customers write addresses into their tickets as well.
rule('e-mail addresses stay hidden wherever they stand', {
  on: shop,
  when: op => op.principal.kind === 'agent',
  unless: op => op.principal.groups.includes('pii-readers'),
  effect: mask({ matching: /[\w.+-]+@[\w-]+(\.[\w-]+)+/, with: 'redact' }),
})

rule('agents work in small portions', {
  on: shop,
  when: op => op.principal.kind === 'agent',
  effect: [limit({ rows: 250, over: 'cut' }), limit({ perMinute: 300, over: 'hold' })],
})

// The table comes first: of a table that is not there nobody can say which columns it has, and that would deny.
rule('somebody asks for addresses', {
  on: shop,
  when: op => op.principal.kind === 'agent' && op.tables.includes(shop.customers) && op.reads.includes(shop.customers.email),
  unless: op => op.principal.groups.includes('pii-readers'),
  effect: alert('an agent without a need for e-mail addresses reads them', { severity: 'warning' }),
})

// Not in force: decisions say that it would have applied, so a look at a week of them says what it would break.
rule('agents say how many rows they want', {
  on: shop,
  when: op => op.principal.kind === 'agent' && op.verb === 'SELECT' && op.tables.length > 0 && !op.hasLimit,
  effect: forbid('a question without a LIMIT', { hint: 'add a LIMIT' }),
  mode: 'observe',
})

test('an agent drops no table', shop`DROP TABLE payments`, 'deny')
test('not inside a transaction block of its own making either', shop`BEGIN; ALTER TABLE orders DROP COLUMN total; COMMIT`, 'deny')
test('a migration does', shop`ALTER TABLE customers ADD COLUMN dormant_since timestamptz`, 'allow', { groups: ['migrators'] })
test('emptying a table is held', shop`DELETE FROM audit_note`, 'hold')
test('a condition that is always true is none', shop`UPDATE orders SET state = 'paid' WHERE 1 = 1`, 'hold')
test('nothing hides in a CTE', shop`WITH gone AS (DELETE FROM tickets RETURNING id) SELECT count(*) FROM gone`, 'hold')
test('a real condition passes', shop`UPDATE orders SET state = 'shipped' WHERE id = 7`, 'allow')
test('nor in a DO block', shop`DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'payments'; END $$`, 'deny')
test('a DO block that hides what it does is held', shop`DO $$ BEGIN EXECUTE (SELECT note FROM audit_note LIMIT 1); END $$`, 'hold')
test('names and addresses are hidden', shop`SELECT * FROM customers LIMIT 5`, 'allow', { masked: personal })
test('support sees who writes', shop`SELECT name, email FROM customers WHERE id = 61`, 'allow', { groups: ['pii-readers'], masked: [] })
test('people are not agents', shop`DROP TABLE audit_note`, 'allow', { kind: 'human', name: 'ada' })
