import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { run, until } from '../support/machine.ts'
import { startPostgres, superuserPassword, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway
let current: Run

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(
    'create table orders (id int primary key, total int); insert into orders select g, g * 10 from generate_series(1, 20) g; create table payments (id int primary key, order_id int)',
  )
  gateway = await startGateway(postgres)
  current = await gateway.run({ task: 'psql' })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

describe('psql through the port', () => {
  it('prints what it prints without Steno', async () => {
    const script = [
      'select id, total from orders where id < 4 order by id;',
      "select null as nothing, '' as empty, 'ünïcødé 🙂' as text;",
      'begin; update orders set total = total where id = 1; savepoint a; select 1/0; rollback to a; commit;',
      "do $$ begin raise notice 'hello %', 42; end $$;",
      'select 1; select 2 \\; select 3;',
      '\\copy (select id from orders where id < 3 order by id) to stdout',
      'prepare p as select $1::int + 1; execute p(41); deallocate p;',
      'begin; declare c cursor for select id from orders order by id; fetch 2 from c; fetch 1 from c; close c; commit;',
      '\\d orders',
      '\\x',
      'select * from orders where id = 3;',
    ].join('\n')
    const through = await psql(current.url, script)
    const direct = await psql(`postgres://postgres:${encodeURIComponent(superuserPassword)}@127.0.0.1:${postgres.port}/shop`, script)
    expect(through.stdout).toBe(direct.stdout)
    expect(through.stderr.replaceAll(/psql:<stdin>:/g, '')).toBe(direct.stderr.replaceAll(/psql:<stdin>:/g, ''))
    expect(through.code).toBe(direct.code)
  })

  it('says errors with all their fields, as the target said them', async () => {
    const ran = await psql(current.url, '\\set VERBOSITY verbose\nselect * from nowhere;')
    expect(ran.stderr).toContain('42P01')
    expect(ran.stderr).toContain('LINE 1: select * from nowhere;')
    expect(ran.stderr).toContain('LOCATION:')
  })

  it('copies in and out, and both may fail', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `${i + 1}\t${i % 20}`).join('\n')
    const inward = await psql(current.url, `copy payments from stdin;\n${rows}\n\\.\nselect count(*) from payments;`)
    expect(inward.stdout.trim()).toBe('5000')
    const outward = await psql(current.url, 'copy payments to stdout;')
    expect(outward.stdout.trim().split('\n')).toHaveLength(5000)
    const broken = await psql(current.url, 'copy payments from stdin;\nnot a number\t1\n\\.\nselect 7;')
    expect(broken.stderr).toContain('invalid input syntax for type integer')
    expect(broken.stdout.trim()).toBe('7')
    const failing = await psql(current.url, 'copy (select 1 / (3 - g) from generate_series(1, 5) g) to stdout;\nselect 8;')
    expect(failing.stderr).toContain('division by zero')
    expect(failing.stdout.trim().split('\n').at(-1)).toBe('8')
  })

  it('hears notifications', async () => {
    const ran = await psql(current.url, "listen news;\nselect pg_notify('news', 'fresh');\nselect 1;")
    expect(ran.stdout).toContain('Asynchronous notification "news" with payload "fresh"')
  })

  it('writes every statement and every row down', async () => {
    await psql(current.url, "select id, total from orders where id in (5, 6) and 'the mark' <> '' order by id;")
    const recording = await until('the recording to end', () =>
      gateway
        .recordings()
        .find(
          ({ events }) => events.at(-1)?.code === 'e' && events.some(event => event.code === 'q' && event.data.text.includes('the mark')),
        ),
    )
    expect(recording.whole).toBe(true)
    expect(recording.header.steno.principal.name).toBe('agent-x')
    expect(recording.header.steno.run.id).toBe(current.id)
    const command = recording.events.find(event => event.code === 'q' && event.data.text.includes('the mark'))!.data
    const parts = recording.events.flatMap(event => (event.code === 'a' && event.data.n === command.n ? event.data.parts : []))
    expect(
      parts.find(part => part.kind === 'columns').columns.map((column: { name: string; type: string }) => [column.name, column.type]),
    ).toEqual([
      ['id', 'int4'],
      ['total', 'int4'],
    ])
    expect(parts.filter(part => part.kind === 'rows').flatMap(part => part.rows)).toEqual([
      ['5', '50'],
      ['6', '60'],
    ])
    expect(parts.at(-1)).toEqual({ kind: 'end', transaction: 'idle' })
    expect(recording.events.at(-1)!.code).toBe('e')
    expect(recording.events.at(-1)!.data.reason).toBe('client closed')
  })

  it('finds by table what touched it, however deep', async () => {
    await psql(
      current.url,
      'with late as (select order_id from payments where id > 4990) select count(*) from orders join late on late.order_id = orders.id;',
    )
    await until('the index', async () =>
      (await gateway.commands('table=payments&verb=SELECT')).some(command => command.text.startsWith('with late')),
    )
    const commands = await gateway.commands('table=payments&limit=200')
    expect(commands.some(command => command.text.startsWith('copy payments from'))).toBe(true)
    expect(commands.every(command => /payments/.test(command.text))).toBe(true)
  })

  it('keeps pg_dump and pgbench whole', async () => {
    const dump = await run('pg_dump', ['-t', 'orders', current.url])
    expect(dump.code, dump.stderr).toBe(0)
    expect(dump.stdout).toContain('COPY public.orders')
    const init = await run('pgbench', ['-i', '-q', '-s', '1', '-n', current.env['PGDATABASE'] ?? ''], {
      env: { ...process.env, ...current.env },
    })
    expect(init.code, init.stderr).toBe(0)
    for (const mode of ['simple', 'extended', 'prepared']) {
      const bench = await run('pgbench', ['-n', '-M', mode, '-c', '2', '-t', '50', current.env['PGDATABASE'] ?? ''], {
        env: { ...process.env, ...current.env },
      })
      expect(bench.code, bench.stderr).toBe(0)
      expect(bench.stdout).toContain('number of transactions actually processed: 100/100')
    }
  })
})
