import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { house, run, temporaryDirectory } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { loadTool } from '../tools/tools.js'

let postgres: Postgres
let gateway: Gateway
let current: Run

beforeAll(async () => {
  postgres = await startPostgres()
  gateway = await startGateway(postgres)
  current = await gateway.run({ task: 'drivers' })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const clients = `${house}/e2e/clients`
const environment = () => ({ ...process.env, ...current.env })

/** Commands recorded for the current run, by their text. */
function recorded(): string[] {
  return gateway
    .recordings()
    .filter(({ header }) => header.steno.run.id === current.id)
    .flatMap(({ events }) => events.flatMap(event => (event.code === 'q' ? [event.data.text as string] : [])))
}

describe('drivers notice nothing', () => {
  it.each([
    ['psycopg 3', 'psycopg3.py', 'select pg_sleep(30)'],
    ['psycopg 2', 'psycopg2_large.py', 'select 1; select 2; select 3'],
    ['asyncpg', 'asyncpg_client.py', 'select $1::int'],
  ])('%s', async (_name, script, statement) => {
    const ran = await run('/usr/bin/python3', [`${clients}/${script}`], { env: environment() })
    expect(ran.stderr).toBe('')
    expect(ran.stdout.trim()).toBe('ok')
    expect(recorded()).toContain(statement)
  })

  it('pgjdbc', async () => {
    const build = temporaryDirectory('jdbc')
    const compiled = await run('javac', ['-d', build.path, `${clients}/Jdbc.java`])
    expect(compiled.code, compiled.stderr).toBe(0)
    const ran = await run('java', ['-cp', `${build.path}:/usr/share/java/postgresql.jar`, 'Jdbc'], { env: environment() })
    expect(ran.stdout.trim(), ran.stderr).toBe('ok')
    expect(recorded()).toContain('insert into t values ($1)')
    build.remove()
  })

  it('libpq in pipeline mode', async () => {
    const build = temporaryDirectory('libpq')
    const compiled = await run('cc', ['-o', `${build.path}/pipeline`, `${clients}/pipeline.c`, '-I/usr/include/postgresql', '-lpq'])
    expect(compiled.code, compiled.stderr).toBe(0)
    const ran = await run(`${build.path}/pipeline`, [], { env: environment() })
    expect(ran.stdout.trim(), ran.stderr).toBe('ok')
    expect(recorded()).toContain('select 19')
    build.remove()
  })

  it('node-postgres, in text and binary', async () => {
    const { default: pg } = await loadTool('pg')
    const client = new pg.Client({ connectionString: current.url })
    await client.connect()
    expect((await client.query('select $1::int + 1 as n', [41])).rows).toEqual([{ n: 42 }])
    const named = { name: 'by_id', text: 'select $1::int8 as id, now() as at, 1.5::numeric as number', binary: true }
    for (const id of [1, 2, 3]) expect((await client.query({ ...named, values: [id] })).rows[0].id).toBe(String(id))
    await expect(client.query('select * from nowhere')).rejects.toMatchObject({ code: '42P01' })
    await client.end()
    const rows = gateway.recordings().flatMap(({ events }) => {
      const numbers = events.flatMap(event => (event.code === 'q' && event.data.statement === 'by_id' ? [event.data.n] : []))
      return events.flatMap(event =>
        event.code === 'a' && numbers.includes(event.data.n)
          ? event.data.parts.flatMap((part: any) => (part.kind === 'rows' ? part.rows : []))
          : [],
      )
    })
    expect(rows.map(row => [row[0], row[2]])).toEqual([
      ['1', '1.5'],
      ['2', '1.5'],
      ['3', '1.5'],
    ])
  })

  it('postgres.js, with cursors, transactions and COPY', async () => {
    const { default: postgresJs } = await loadTool('postgres')
    const sql = postgresJs(current.url, { max: 2 })
    let seen = 0
    for await (const rows of sql`select generate_series(1, 100) as n`.cursor(30)) seen += rows.length
    expect(seen).toBe(100)
    await sql.begin(async (tx: any) => {
      await tx`create temp table many (id int)`
      await tx`insert into many ${tx([{ id: 1 }, { id: 2 }])}`
      expect(await tx`select count(*)::int as n from many`).toMatchObject([{ n: 2 }])
    })
    await expect(sql`select 1 / ${0}::int`).rejects.toMatchObject({ code: '22012' })
    expect(await Promise.all([1, 2, 3, 4].map(n => sql`select ${n}::int as n`.then((rows: any) => rows[0].n)))).toEqual([1, 2, 3, 4])
    await sql.end()
  })
})
