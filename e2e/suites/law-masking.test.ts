import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { run, until } from '../support/machine.ts'
import { attacks, commandsOf, maskingPolicy, ordinary, publish } from '../support/law.ts'
import { int16, int32, message } from '../support/raw.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { loadTool } from '../tools/tools.js'
import { bytesOf, cellsOf, errorOf, rowsOf, Wire, type Manner, type Said } from '../support/wire.ts'

let postgres: Postgres
let gateway: Gateway
let current: Run
/** Statements that showed a secret, or a difference that only a secret can make. */
const leaks: string[] = []
/** Statements that were refused, or answered otherwise than by the server, without need. */
const needless: string[] = []
let attempts = 0
let asked = 0

/** What stands in the twin database instead of the secrets: as many, of other lengths, in another order. */
const twins: Record<string, string> = {
  'ada@secret.example': 'zoe.q@hidden.invalid',
  'ben@secret.example': 'al@concealed.test',
  '078-05-1120': '900-77-0004-1',
  '219-09-9999': '111-22-333',
}
const secrets = [...attacks.secrets, ...Object.values(twins)]
/** Parts of secrets that nothing else holds. */
const parts = [
  'secret.ex',
  '078-0',
  '5-1120',
  '219-0',
  '9-9999',
  'hidden.in',
  'concealed',
  '900-7',
  '7-0004',
  '22-333',
  'elpmaxe.terces',
  'ADA@',
  'BEN@',
  'ZOE.Q',
]

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('CREATE DATABASE twin', 'postgres')
  const twinSchema = attacks.seeingSchema
    .join('\n')
    .replace(new RegExp(attacks.secrets.map(one => one.replaceAll('.', '\\.')).join('|'), 'g'), one => twins[one]!)
  await postgres.sql(attacks.seeingSchema.join('\n'))
  await postgres.sql(twinSchema, 'twin')
  for (const database of ['shop', 'twin'])
    await postgres.sql(['CREATE EXTENSION pg_stat_statements; ANALYZE;', ...attacks.seeingObjects].join('\n'), database)
  const target = { protocol: 'postgres', address: `127.0.0.1:${postgres.port}`, user: 'postgres', password: { env: 'SHOP_PASSWORD' } }
  gateway = await startGateway(postgres, { targets: { shop: { ...target, database: 'shop' }, twin: { ...target, database: 'twin' } } })
  await publish(gateway, 'masks', maskingPolicy)
  current = await gateway.run({ task: 'masking', targets: ['shop', 'twin'] })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
  console.log(
    `masking: ${leaks.length} leaks in ${attempts} attempts; ${needless.length} needless refusals or changes in ${asked} ordinary commands`,
  )
})

/** Why an answer shows what it must not; null when it does not. */
function shows(said: Said[]): string | null {
  const text = bytesOf(said).toString('latin1')
  return [...secrets, ...parts].find(secret => text.includes(secret)) ?? null
}

/** An answer without what differs between two databases that hold the same: object numbers and transaction numbers. */
function comparable(said: Said[]): string {
  return said
    .filter(({ type }) => type !== 'S' && type !== 'A')
    .map(({ type, body }) =>
      type === 'T' ? `T${namesOf(body)}` : type === 'E' || type === 'N' ? `${type}${wordsOf(body)}` : `${type}${body.toString('latin1')}`,
    )
    .join('\n')
}

function namesOf(body: Buffer): string {
  const names: string[] = []
  let at = 2
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const end = body.indexOf(0, at)
    names.push(body.toString('utf8', at, end))
    at = end + 19
  }
  return names.join(',')
}

/** Code, words and the like of an error, without the place in the server's source. */
function wordsOf(body: Buffer): string {
  return body
    .toString()
    .split('\0')
    .filter(field => field !== '' && !'FLRp'.includes(field[0]!))
    .join('|')
}

/** A session of each database, begun again when the law ended it. */
class Pair {
  readonly #open: (database: string) => Promise<Wire>
  #shop: Wire | null = null
  #twin: Wire | null = null

  constructor(open: (database: string) => Promise<Wire>) {
    this.#open = open
  }

  /** Asks one thing in a transaction that is undone, on both. */
  async ask(text: string, how: Manner): Promise<[Said[], Said[]]> {
    if (this.#shop === null || this.#shop.isClosed) this.#shop = await this.#open('shop')
    if (this.#twin === null || this.#twin.isClosed) this.#twin = await this.#open('twin')
    return Promise.all([askUndone(this.#shop, text, how), askUndone(this.#twin, text, how)])
  }

  close(): void {
    this.#shop?.close()
    this.#twin?.close()
  }
}

async function askUndone(wire: Wire, text: string, how: Manner): Promise<Said[]> {
  if (!text.startsWith('BEGIN')) await wire.ask('BEGIN')
  const said = await wire.ask(text, how)
  if (!wire.isClosed) await wire.reset()
  return said
}

const throughGateway = (database: string) => Wire.open(gateway.port, current, database)

describe('what is masked', () => {
  it.each(['simple', 'extended', 'extended binary', 'prepared'] as Manner[])(
    'is not seen in any way, nor told by anything that is seen: %s',
    async how => {
      const pair = new Pair(throughGateway)
      const wrong: string[] = []
      for (const [text, outcome] of attacks.seeing) {
        attempts++
        const [shop, twin] = await pair.ask(text, how)
        const seen = shows(shop) ?? shows(twin)
        if (seen !== null) wrong.push(`${text}: LEAKS ${seen}`)
        else if (comparable(shop) !== comparable(twin) && !/pg_stat_(?:get_)?activity/.test(text)) {
          const [again] = await pair.ask(text, how)
          // What differs from itself differs by the clock.
          if (comparable(again) === comparable(shop))
            wrong.push(`${text}: DIFFERS\n    ${comparable(shop).slice(0, 300)}\n    ${comparable(twin).slice(0, 300)}`)
        }
        const isSeveral = text.includes(';') && how !== 'simple'
        if (outcome === 'refuse' && !isSeveral && errorOf(shop)?.['C'] !== '42501')
          wrong.push(`${text}: expected a refusal, got ${errorOf(shop)?.['C']} ${errorOf(shop)?.['M']}`)
        if (outcome === 'refuse' && errorOf(shop)?.['C'] === '42501' && !(errorOf(shop)!['D']?.startsWith('rule: ') && errorOf(shop)!['H']))
          wrong.push(`${text}: no rule or no hint`)
        if (outcome !== 'refuse' && errorOf(shop)?.['C'] === '42501') {
          wrong.push(`${text}: REFUSED although it can be masked: ${errorOf(shop)?.['M']}`)
          needless.push(`${how}: ${text}`)
        }
      }
      pair.close()
      leaks.push(...wrong.filter(line => /LEAKS|DIFFERS/.test(line)))
      expect(wrong).toEqual([])
    },
  )
})

/** Asks texts one after the other in a session of their own, and takes away what they made. */
async function inSteps(database: string, steps: string[], how: Manner): Promise<Said[]> {
  const past = await Wire.past(postgres, database)
  await past.ask('CREATE SCHEMA made')
  const wire = await throughGateway(database)
  const said: Said[] = []
  for (const step of steps) said.push(...(await wire.ask(step, step.includes(';') && !step.includes('$$') ? 'simple' : how)))
  wire.close()
  for (const undone of [
    'ALTER TABLE IF EXISTS people RENAME TO customers',
    'ALTER TABLE IF EXISTS made.customers SET SCHEMA public',
    'DROP EVENT TRIGGER IF EXISTS made_ddl',
    'DROP POLICY IF EXISTS spy ON customers',
    'ALTER TABLE customers DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE customers RENAME COLUMN n TO ssn',
    'ALTER ROLE postgres RESET search_path',
    'DROP INDEX IF EXISTS customers_spy',
    'DROP SCHEMA made CASCADE',
    'DELETE FROM notes WHERE id > 2',
    'TRUNCATE own.keep, own.filled',
  ])
    await past.ask(undone)
  past.close()
  return said
}

describe('what is masked, in several steps', () => {
  it.each([...attacks.seeingSteps, ...attacks.seeingThrough].map(({ name, steps }) => [name, steps] as const))(
    'is not seen: %s',
    async (name, steps) => {
      for (const how of ['simple', 'extended'] as Manner[]) {
        attempts++
        const [shop, twin] = [await inSteps('shop', steps, how), await inSteps('twin', steps, how)]
        const seen = shows(shop) ?? shows(twin)
        if (seen !== null || comparable(shop) !== comparable(twin)) leaks.push(name)
        expect(seen).toBeNull()
        expect(comparable(shop)).toBe(comparable(twin))
      }
    },
  )

  it.each(['own.swaps()', 'own.swaps_early()'])('is not seen through a portal that %s put another cursor behind', async call => {
    const wire = await throughGateway('shop')
    const portal = [
      message('P', "s\0SELECT 'x'::text\0", int16(0)),
      message('B', 'x\0s\0', int16(0), int16(0), int16(0)),
      message('P', `\0SELECT ${call}\0`, int16(0)),
      message('B', '\0\0', int16(0), int16(0), int16(0)),
    ]
    const execute = message('E', 'x\0', int32(0))
    for (const [run, ask] of [
      [
        [...portal, message('E', '\0', int32(0)), message('S')],
        [execute, message('S')],
      ],
      [[], [...portal, message('E', '\0', int32(0)), execute, message('S')]],
      [[], [...portal, execute, message('S')]],
    ] as const) {
      attempts++
      await wire.ask('BEGIN')
      if (run.length > 0) await wire.exchange(...run)
      const said = await wire.exchange(...ask)
      if (shows(said) !== null) leaks.push(`a portal swapped by ${call}`)
      expect(shows(said)).toBeNull()
      expect(errorOf(said)?.['C']).toBe('42501')
      await wire.reset()
    }
    wire.close()
  })

  it('is not seen while another makes a view of it that the gateway has not heard of', async () => {
    const wire = await throughGateway('shop')
    await wire.ask('SELECT name FROM customers')
    await postgres.sql(
      'CREATE VIEW fresh AS SELECT id, ssn AS harmless FROM customers; CREATE FUNCTION fresh_of(int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT ssn FROM customers WHERE id = $1 $$',
    )
    for (const text of [
      'SELECT harmless FROM fresh',
      'SELECT upper(harmless) FROM fresh',
      'SELECT fresh_of(1)',
      "SELECT id FROM fresh WHERE harmless LIKE '0%'",
      'COPY fresh TO STDOUT',
      'COPY (SELECT upper(harmless) FROM fresh) TO STDOUT',
    ]) {
      attempts++
      const said = await wire.ask(text)
      expect(shows(said), text).toBeNull()
      expect(
        rowsOf(said)
          .flat()
          .filter(cell => cell !== null && cell !== '[redacted]'),
        text,
      ).toEqual([])
    }
    wire.close()
    await postgres.sql('DROP FUNCTION fresh_of(int); DROP VIEW fresh')
  })

  it('tells of a guess only what a unique index must: whether it is taken', async () => {
    const wire = await throughGateway('shop')
    await wire.ask('BEGIN')
    const said = await wire.ask("INSERT INTO customers (id, email) VALUES (70, 'ada@secret.example')")
    wire.close()
    expect(errorOf(said)).toMatchObject({ C: '23505', n: 'customers_email_key' })
    expect(errorOf(said)!['D']).toBeUndefined()
    expect(shows(said)).toBeNull()
  })
})

/** Cells that a plan leaves as they are. */
function plainCells(said: Said[], outcome: string): (string | null)[][] {
  const plan = outcome.split(' ')
  return rowsOf(said).map(row => row.filter((_, i) => plan[i] === '-'))
}

describe('what is ordinary', () => {
  const queries: [text: string, outcome: string][] = [
    ...ordinary.statements,
    ...[...ordinary.psql, ...ordinary.dump.filter(text => !/^(?:PREPARE|EXECUTE)/.test(text))].map(
      text => [text, 'free'] as [string, string],
    ),
  ]

  it.each(['simple', 'extended', 'extended binary', 'prepared'] as Manner[])(
    'is answered byte for byte as the server does: %s',
    async how => {
      let gated = await throughGateway('shop')
      const past = await Wire.past(postgres)
      const wrong: string[] = []
      for (const [text, outcome] of queries) {
        if (how === 'simple' && text.includes('$1')) continue
        asked++
        if (gated.isClosed) gated = await throughGateway('shop')
        const direct = await askUndone(past, text, how)
        const said = await askUndone(gated, text, how).catch(() => null)
        if (said === null) {
          wrong.push(`${text}: is never answered`)
          gated.close()
          continue
        }
        const error = errorOf(said)
        if (error?.['C'] === '42501' && error['D']?.startsWith('rule: ')) wrong.push(`${text}: REFUSED ${error['M']}`)
        else if (/^[- ]*[a-z]/.test(outcome) && !/^(free|none)$/.test(outcome)) {
          if (JSON.stringify(plainCells(said, outcome)) !== JSON.stringify(plainCells(direct, outcome))) wrong.push(`${text}: other cells`)
        } else if (error && error['C'] === errorOf(direct)?.['C'] && /customers|customer_list|pg_stat_statements/.test(text)) {
          // An error about a masked table says what happened, in words that hold no value.
          continue
        } else if (!bytesOf(said).equals(bytesOf(direct))) {
          const again = await askUndone(past, text, how)
          // What differs from itself differs by the clock, or by who asks; its shape does not.
          const isFickle =
            !bytesOf(again).equals(bytesOf(direct)) ||
            /pg_stat_activity|pg_locks|pg_backend_pid|SESSION_USER|pg_cursors|pg_stat_user_tables|pg_settings|nextval/i.test(text)
          const shape = (answer: Said[]) =>
            answer.map(({ type, body }) => ('DC'.includes(type) ? '' : type === 'T' ? namesOf(body) : type)).join('')
          if (!isFickle || shape(said) !== shape(direct))
            wrong.push(`${text}:\n    ${comparable(said).slice(0, 300)}\n    ${comparable(direct).slice(0, 300)}`)
        }
      }
      gated.close()
      past.close()
      needless.push(...wrong)
      expect(wrong).toEqual([])
    },
    60_000,
  )

  it.each([
    [
      'psql and its \\d',
      ['psql', '-Xq'],
      '\\d\n\\dt+\n\\d customers\n\\d+ orders\n\\d+ customer_list\n\\dv\n\\di\n\\ds\n\\df\n\\df+ mail_of\n\\dn\n\\du\n\\dT\n\\dx\n\\dp\n\\ddp\n\\dC int4\n\\do @>\n\\sf mail_of\n\\sv customer_list\n\\l\n\\dconfig work_mem\n\\conninfo\n',
    ],
    ['pg_dump of a table that is not masked', ['pg_dump', '--table=orders', '--table=notes'], ''],
    ['pg_dump of the schema', ['pg_dump', '--schema-only'], ''],
    ['pg_dump with INSERTs', ['pg_dump', '--table=orders', '--inserts', '--data-only'], ''],
  ])('%s gives the same as past the gateway', async (_name, [command, ...args], input) => {
    asked++
    const url = (address: string) => (command === 'psql' ? [address] : ['-d', address])
    const strip = (text: string) =>
      text
        .replaceAll(/You are connected.*\n/g, '')
        .replaceAll(/restrict .*\n/g, '')
        .replaceAll(/.*pg_size_pretty.*\n/g, '')
    const through = await run(command!, [...args, ...url(current.url)], { input })
    const direct = await run(
      command!,
      [...args, ...url(`postgres://postgres:${encodeURIComponent('a password that no agent sees')}@127.0.0.1:${postgres.port}/shop`)],
      { input },
    )
    if (through.stderr !== direct.stderr) needless.push(`${command}: ${through.stderr}`)
    expect(through.stderr).toBe(direct.stderr)
    expect(strip(through.stdout)).toBe(strip(direct.stdout))
    expect(through.code).toBe(0)
    expect(through.stdout.length).toBeGreaterThan(100)
  })

  it('pg_dump of a masked table is refused or masked, never told', async () => {
    attempts++
    const ran = await run('pg_dump', ['--table=customers', '-d', current.url])
    expect(secrets.filter(secret => ran.stdout.includes(secret))).toEqual([])
    expect(ran.stdout + ran.stderr).toMatch(/\[redacted\]|rule: hide personal data/)
  })
})

describe('in bulk', () => {
  it('masks every row of a long answer, wherever its bytes are cut', async () => {
    await postgres.sql(
      'CREATE TABLE bulk.customers (id int, pad text, email text, ssn text[])'.replace('CREATE', 'CREATE SCHEMA bulk; CREATE') +
        "; INSERT INTO bulk.customers SELECT n, repeat('p', n % 97), 'ada@secret.example' || n || repeat('-078-05-1120', n % 200), ARRAY['219-09-9999', n::text] FROM generate_series(1, 8000) n",
    )
    const wire = await throughGateway('shop')
    // A change that the gateway sees makes it look at the schema again.
    await wire.ask('CREATE TEMP TABLE look_again (id int)')
    const texts = [
      'SELECT * FROM bulk.customers',
      'COPY bulk.customers TO STDOUT',
      'COPY bulk.customers TO STDOUT (FORMAT csv, HEADER)',
      'COPY bulk.customers TO STDOUT (FORMAT binary)',
      'SELECT id, to_jsonb(c) FROM bulk.customers c',
      "COPY (SELECT id, email || pad FROM bulk.customers) TO STDOUT WITH (DELIMITER '|', NULL 'ada')",
    ]
    for (const text of texts) {
      for (const how of ['simple', 'extended binary'] as Manner[]) {
        attempts++
        const said = await wire.ask(text, how)
        expect(errorOf(said), text).toBeNull()
        expect(shows(said), text).toBeNull()
        expect(said.filter(({ type }) => type === 'D' || type === 'd').length, text).toBeGreaterThanOrEqual(8000)
      }
    }
    wire.close()
    await postgres.sql('DROP SCHEMA bulk CASCADE')
  }, 60_000)

  it('masks portals that are read in slices', async () => {
    const wire = await throughGateway('shop')
    attempts++
    const said = await wire.exchange(
      message('P', 's\0SELECT id, ssn, upper(email) FROM customers ORDER BY id\0', int16(0)),
      message('B', '\0s\0', int16(0), int16(0), int16(3), int16(1), int16(0), int16(1)),
      message('E', '\0', int32(1)),
      message('E', '\0', int32(1)),
      message('E', '\0', int32(0)),
      message('S'),
    )
    wire.close()
    expect(shows(said)).toBeNull()
    expect(said.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body).slice(1))).toEqual([
      ['[redacted]', '[redacted]'],
      ['[redacted]', '[redacted]'],
      [null, '[redacted]'],
    ])
  })
})

describe('on its way in', () => {
  const values = ['new-1@inbound.example', '555-44-3322', 'Pa55-for-a-role', 'Pa55-for-a-server']

  it('reaches the target and is not written down', async () => {
    const mine = await gateway.run({ task: 'inbound' })
    const wire = await Wire.open(gateway.port, mine)
    const ok = async (text: string, how: Manner = 'simple') => expect(errorOf(await wire.ask(text, how)), text).toBeNull()
    await ok("INSERT INTO customers (id, name, email, ssn) VALUES (40, 'In', 'new-1@inbound.example', '555-44-3322')")
    await ok(
      "INSERT INTO customers (id, name, email) VALUES (41, 'In', 'new-1@inbound.example' || '.two') ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email",
      'extended',
    )
    await ok("UPDATE customers SET ssn = '555-44-3322', email = lower('new-1@inbound.example' || '.three') WHERE id = 41", 'prepared')
    await ok("EXPLAIN UPDATE customers SET ssn = '555-44-3322' WHERE id = 1")
    await ok("PREPARE put (int, text) AS UPDATE customers SET ssn = $2 WHERE id = $1; EXECUTE put (41, '555-44-3322')")
    await ok("CREATE ROLE inbound LOGIN PASSWORD 'Pa55-for-a-role'")
    await ok("ALTER ROLE inbound PASSWORD 'Pa55-for-a-role'", 'extended')
    // What a rule refuses is written down too, without what may not be seen.
    expect(errorOf(await wire.ask("SELECT id FROM customers WHERE ssn = '555-44-3322'"))?.['C']).toBe('42501')
    expect(errorOf(await wire.ask("DO $$ BEGIN UPDATE customers SET ssn = '555-44-3322' WHERE id = 41; END $$"))?.['C']).toBe('42501')
    expect(errorOf(await wire.ask("SELECT id FROM customers WHERE email LIKE 'new-1@inbound.example%'", 'extended'))?.['C']).toBe('42501')
    wire.close()
    const { default: pg } = await loadTool('pg')
    const client = new pg.Client({ connectionString: mine.url })
    await client.connect()
    await client.query('UPDATE customers SET email = $1, ssn = $2 WHERE id = $3', ['new-1@inbound.example', '555-44-3322', 40])
    await client.query('INSERT INTO customers (id, name, email) VALUES ($1, $2, lower($3))', [
      42,
      'In',
      'NEW-1@inbound.example.four'.toLowerCase(),
    ])
    await expect(client.query('SELECT id FROM customers WHERE ssn = $1', ['555-44-3322'])).rejects.toMatchObject({ code: '42501' })
    await client.end()
    const copied = await run('psql', [mine.url, '-Xq', '-c', '\\copy customers (id, email, ssn) from stdin'], {
      input: '43\tnew-1@inbound.example.five\t555-44-3322\n',
    })
    expect(copied.stderr).toBe('')
    expect(await postgres.sql('SELECT id, email, ssn FROM customers WHERE id IN (40, 41) ORDER BY id')).toBe(
      '40|new-1@inbound.example|555-44-3322\n41|new-1@inbound.example.three|555-44-3322',
    )
    expect(await postgres.sql('SELECT count(*) FROM customers WHERE id IN (42, 43)')).toBe('2')
    expect(await postgres.sql("SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = 'inbound'")).toBe('t')
    await until(
      'the recordings',
      () =>
        commandsOf(gateway, mine.id).length >= 14 &&
        gateway.recordings().filter(({ header, events }) => header.steno.run.id === mine.id && events.at(-1)?.code === 'e').length === 3,
    )
    const written = linesOf(mine.id)
    expect(written.filter(line => values.some(value => line.includes(value)))).toEqual([])
    expect(written.filter(line => line.includes('UPDATE customers')).length).toBeGreaterThan(4)
    await postgres.sql('DELETE FROM customers WHERE id >= 40; DROP ROLE inbound')
  })
})

/** The lines of a run's recordings, as they stand in the files. */
function linesOf(run: string): string[] {
  return gateway
    .recordings()
    .filter(({ header }) => header.steno.run.id === run)
    .flatMap(({ path }) => readFileSync(path, 'utf8').split('\n'))
}

/** Every file below a directory. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? filesBelow(join(directory, entry.name)) : [join(directory, entry.name)],
  )
}

describe('after all of this', () => {
  it('no secret stands in the recordings, the index, what the API says, or the log', async () => {
    const typed = [
      ...attacks.seeing.map(([text]) => text),
      ...[...attacks.seeingSteps, ...attacks.seeingThrough].flatMap(({ steps }) => steps),
      ...ordinary.statements.map(([text]) => text),
    ].join('\n')
    // What an attacker types as a guess outside a masked column is theirs; what was never typed can only have been shown.
    const untyped = [...secrets, ...parts].filter(secret => !typed.includes(secret))
    expect(untyped.length).toBeGreaterThan(8)
    const found: string[] = []
    for (const path of filesBelow(join(gateway.data, 'sessions'))) {
      for (const line of readFileSync(path, 'latin1').split('\n')) {
        const secret = untyped.find(one => line.includes(one))
        if (secret !== undefined) found.push(`${secret}: ${line.slice(0, 200)}`)
      }
    }
    for (const secret of untyped) if (gateway.log().includes(secret)) found.push(`log: ${secret}`)
    expect(found.slice(0, 20)).toEqual([])
    await until('the index to catch up', async () => (await gateway.commands(`run=${current.id}&text=bulk.customers&limit=5`)).length > 0)
    for (const secret of secrets) {
      const { body } = await gateway.call('GET', `/api/commands?limit=500&text=${encodeURIComponent(secret)}`)
      for (const item of body.items) expect(untyped.filter(one => JSON.stringify(item).includes(one))).toEqual([])
      if (untyped.includes(secret)) expect(body.items).toEqual([])
    }
    let cursor: string | null = ''
    let pages = 0
    while (cursor !== null && pages++ < 30) {
      const { body }: { body: any } = await gateway.call(
        'GET',
        `/api/commands?limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      )
      const text = JSON.stringify(body)
      expect(untyped.filter(secret => text.includes(secret))).toEqual([])
      cursor = body.cursor ?? null
    }
    expect(pages).toBeGreaterThan(3)
  }, 60_000)
})
