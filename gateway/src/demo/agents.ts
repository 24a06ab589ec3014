import { once } from 'node:events'
import pg from 'pg'
import postgres from 'postgres'

/**
 * The demo's agents: small programs that work in the shop through the port,
 * with nothing but the environment `steno run` gave them. Which one runs is
 * the first argument.
 */
const agents: Record<string, (attempt: number) => Promise<void>> = {
  backfill,
  migrate,
  report,
  import: importRows,
  support,
  cleanup,
}

await agents[process.argv[2] ?? '']!(Number(process.argv[3] ?? 1))

/** Marks dormant customers. The third attempt also reads their addresses, which the first two had no need for. */
async function backfill(attempt: number): Promise<void> {
  await withShop('agent-backfill', async sql => {
    const [found] = await sql`select count(*) as dormant from customers where status = ${'dormant'}`
    await pause(120)
    await sql.begin(async tx => {
      await tx`select set_config('statement_timeout', ${'5000'}, true)`
      const changed = await tx`update customers set status = ${'dormant'}
        from orders o where o.customer_id = customers.id and o.placed_at < ${'2025-02-20T00:00:00Z'}
        returning customers.id, customers.name, customers.city, customers.status`
      await pause(80)
      await tx`insert into audit_note (run, note) values (${process.env['STENO_RUN'] ?? ''}, ${`${changed.length} customers marked, ${String(found?.['dormant'])} were before`})`
    })
    await pause(200)
    for (const city of ['Lisbon', 'Oslo', 'Nairobi']) {
      await sql`select id, name, status from customers where city = ${city} and status = ${'dormant'} order by id limit 25`
      await pause(60)
    }
    if (attempt === 3) await sql`select id, email from customers where status = ${'dormant'} order by id`
    await pause(400)
    await sql`select state, count(*), sum(total) from orders group by state order by state`
  })
}

/** A migration that fails half way and is rolled back, then done in smaller steps. */
async function migrate(): Promise<void> {
  await withShop('claude-migrator', async sql => {
    try {
      await sql.begin(async tx => {
        await tx`alter table customers add column dormant_since timestamptz`.simple()
        await pause(50)
        await tx`create index customers_dormant on customers (dormant_sinse)`.simple()
      })
    } catch (error) {
      if (!(error instanceof postgres.PostgresError && error.code === '42703')) throw error
    }
    await pause(900)
    await sql.begin(async tx => {
      await tx`alter table customers add column if not exists dormant_since timestamptz`.simple()
      await tx`savepoint before_index`
      await tx`create index if not exists customers_dormant on customers (dormant_since) where dormant_since is not null`.simple()
      await tx`release savepoint before_index`
    })
    await sql
      .unsafe(
        `set lock_timeout = '5s'; select count(*) from customers; select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'customers'::regclass and attnum > 0 order by attnum`,
      )
      .simple()
  })
}

/** The weekly report: binary results, a cursor read in slices, a COPY out, a notice. */
async function report(): Promise<void> {
  const client = new pg.Client({ application_name: 'reporting-bot' })
  await client.connect()
  const config = {
    text: 'select id, placed_at, total, state from orders where total > $1 and placed_at >= $2 order by total desc limit 40',
    values: ['200', '2025-06-01'],
    name: 'large_orders',
    binary: true,
  }
  await client.query(config)
  await pause(70)
  await client.query({ ...config, values: ['230', '2025-09-01'] })
  await client.end()
  await withShop('reporting-bot', async sql => {
    for await (const rows of sql`select o.id, c.name, o.total from orders o join customers c on c.id = o.customer_id order by o.id limit 300`.cursor(
      100,
    ))
      if (rows.length > 0) await pause(40)
    await pause(500)
    const copy =
      await sql`copy (select date_trunc('week', placed_at)::date as week, count(*) as orders, sum(total) as revenue from orders group by 1 order by 1) to stdout with (format csv, header)`.readable()
    copy.resume()
    await once(copy, 'end')
    // What a DO block does cannot always be read, so the policy has it looked at first. Without the notice the report is as good.
    const announced = sql`do $$ begin raise notice 'report covers % orders', (select count(*) from orders); end $$`.simple()
    await announced.catch(toleratingRefusal)
    await sql`with late as (select p.order_id from payments p where p.settled_at is null) select o.state, count(*) from orders o join late on late.order_id = o.id group by 1`
  })
}

/** New tickets arrive by COPY. */
async function importRows(): Promise<void> {
  await withShop('ticket-importer', async sql => {
    const copy = await sql`copy tickets (customer_id, subject, body, opened_at) from stdin`.writable()
    for (let row = 1; row <= 120; row++)
      copy.write(
        `${1 + ((row * 29) % 1200)}\tImported #${row}\tBrought over from the old desk\t2025-11-${String(1 + (row % 20)).padStart(2, '0')} 10:00:00+00\n`,
      )
    copy.end()
    await once(copy, 'finish')
    await sql`select count(*) from tickets`
  })
}

/** Answers a support ticket. */
async function support(): Promise<void> {
  await withShop('support-copilot', async sql => {
    const [ticket] =
      await sql`select t.id, t.subject, t.body, c.id as customer, c.name from tickets t join customers c on c.id = t.customer_id where t.id = ${61}`
    await pause(1800)
    const customer = Number(ticket?.['customer'] ?? 1)
    await sql`select o.id, o.state, o.total, p.method, p.settled_at from orders o left join payments p on p.order_id = o.id where o.customer_id = ${customer} order by o.placed_at desc`
    await pause(700)
    await sql`select * from refunds where customer_id = ${customer}`.catch((error: unknown) => {
      if (!(error instanceof postgres.PostgresError && error.code === '42P01')) throw error
    })
    await pause(300)
    await sql`update tickets set subject = ${'Page shows markup instead of a name'} where id = ${61} returning id, subject`
  })
}

/** Empties the notes of the backfill. It tries the short way first and is told the one that is open to it. */
async function cleanup(): Promise<void> {
  await withShop('housekeeper', async sql => {
    await sql`select count(*) as notes, min(at) as oldest from audit_note`
    await pause(300)
    await sql`truncate audit_note`.simple().catch(toleratingRefusal)
    await pause(500)
    await sql`delete from audit_note returning id, note`
  })
}

/** An agent that is refused something reads why and goes on without it. */
function toleratingRefusal(error: unknown): void {
  if (!(error instanceof postgres.PostgresError && error.code === '42501')) throw error
}

async function withShop(name: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(process.env['DATABASE_URL'] ?? '', {
    max: 1,
    fetch_types: false,
    connection: { application_name: name },
    onnotice: () => {},
  })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
