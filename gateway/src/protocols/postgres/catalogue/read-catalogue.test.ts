import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Catalogue, type CatalogueData } from '@steno/policy-dsl'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { realMachine } from '../../../runtime/node.ts'
import { startPostgres, type RunningPostgres } from '../../../targets/embedded-postgres.ts'
import type { AdmittedTarget, Doors } from '../../protocol.ts'
import { join, openGateway, rest, say, ScriptedTarget } from '../test-conversation.ts'
import { liveNamespaces } from './catalogues.ts'
import { readCatalogue, type ReadCatalogue } from './read-catalogue.ts'

describe('the catalogue of a real PostgreSQL', () => {
  let directory: string
  let server: RunningPostgres
  let data: CatalogueData
  let read: () => Promise<ReadCatalogue>
  let connect: () => Promise<pg.Client>
  let catalogue: Catalogue

  beforeAll(async () => {
    directory = mkdtempSync(`${tmpdir()}/steno-catalogue-`)
    const machine = realMachine()
    const free = await machine.network.listen({ host: '127.0.0.1', port: 0 }, () => {})
    await free.close()
    server = await startPostgres({
      directory: `${directory}/shop`,
      port: free.address.port,
      user: 'app',
      settings: { fsync: 'off' },
      log: () => {},
    })
    const { host, port, user, password } = server.connection
    const client = new pg.Client({ host, port, user, password, database: 'postgres' })
    await client.connect()
    await client.query(`
      CREATE SCHEMA "Shop of Ann"; SET search_path = "Shop of Ann";
      CREATE TABLE people (id int PRIMARY KEY, gone text, "E-Mail" varchar(40), tags text[]);
      ALTER TABLE people DROP COLUMN gone;
      CREATE VIEW seen AS SELECT "E-Mail" AS address FROM people;
      CREATE TABLE sales (id int, at date) PARTITION BY RANGE (at);
      CREATE TABLE sales_2020 PARTITION OF sales FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
      CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM sales; RETURN new; END';
      CREATE TRIGGER wiping AFTER UPDATE OR TRUNCATE ON people EXECUTE FUNCTION wipe();
      CREATE TRIGGER asking AFTER INSERT ON people FOR EACH ROW WHEN (NEW.id > 5) EXECUTE FUNCTION wipe();
      CREATE TRIGGER resting AFTER DELETE ON people EXECUTE FUNCTION wipe();
      ALTER TABLE people DISABLE TRIGGER resting;
      CREATE FUNCTION of_id(who int, OUT name text) RETURNS SETOF text LANGUAGE sql AS 'SELECT "E-Mail" FROM people WHERE id = who';
      CREATE FUNCTION all_people() RETURNS SETOF people BEGIN ATOMIC SELECT * FROM people; END;
      CREATE PROCEDURE nothing() LANGUAGE sql SET search_path = public, "$user" AS '';
      CREATE FUNCTION kept(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1';
      CREATE OPERATOR || (LEFTARG = text, RIGHTARG = int, FUNCTION = kept);
      CREATE FUNCTION fits(text) RETURNS bool LANGUAGE sql AS 'SELECT true';
      CREATE DOMAIN short AS varchar(9) CHECK (fits(VALUE));
      CREATE TYPE wrap AS (x text);
      CREATE FUNCTION wrapped(text) RETURNS wrap LANGUAGE sql AS 'SELECT row($1)::wrap';
      CREATE CAST (text AS wrap) WITH FUNCTION wrapped(text);
      CREATE CAST (int AS short) WITH INOUT;
      CREATE AGGREGATE all_kept(int) (SFUNC = kept, STYPE = text);
      CREATE TABLE parts (name text PRIMARY KEY, other int UNIQUE);
      CREATE TABLE odd (
        id int DEFAULT 7, name text DEFAULT lower('X'), low text GENERATED ALWAYS AS (lower(name)) STORED,
        kind short DEFAULT kept('x', 1), CONSTRAINT fit CHECK (fits(name)));
      CREATE INDEX ON odd (upper(name), (id + 1)) WHERE id > 3;
      CREATE STATISTICS counts ON (length(name)), id FROM odd;
      CREATE TRIGGER mending BEFORE UPDATE ON odd FOR EACH ROW EXECUTE FUNCTION wipe();
      CREATE TABLE leads (name text REFERENCES parts ON DELETE CASCADE ON UPDATE SET NULL);
      CREATE FUNCTION lazy(a int, b text DEFAULT lower('X'), c int DEFAULT 1 + 2) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE POLICY mine ON odd USING (fits(name)) WITH CHECK (id > 1);
      CREATE RULE keep AS ON INSERT TO odd DO ALSO SELECT "E-Mail" FROM people;
      CREATE RULE gone AS ON DELETE TO odd DO INSTEAD NOTHING;
      CREATE RULE off AS ON UPDATE TO odd DO INSTEAD NOTHING;
      ALTER TABLE odd DISABLE RULE off;
      CREATE EXTENSION pgcrypto;
      CREATE ROLE guest; GRANT CREATE ON DATABASE postgres TO guest; CREATE SCHEMA guests AUTHORIZATION guest;
      SET ROLE guest; SET search_path = guests;
      CREATE EXTENSION fuzzystrmatch;
      CREATE FUNCTION slipped_in(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE AGGREGATE slipped_in_too(int) (SFUNC = int4pl, STYPE = int);
      ALTER EXTENSION fuzzystrmatch ADD FUNCTION slipped_in(int); ALTER EXTENSION fuzzystrmatch ADD AGGREGATE slipped_in_too(int);
      RESET ROLE; SET search_path = "Shop of Ann";
      ALTER ROLE app SET search_path = "Shop of Ann", nowhere, public;`)
    await client.end()
    const target = {
      name: 'shop',
      address: { host, port },
      labels: {},
      settings: { database: 'postgres', user, password: { env: 'PASSWORD' }, tls: 'disable' },
    }
    const doors = { machine, limits: { connectMs: 5_000 }, reveal: () => password } as unknown as Doors
    read = () => readCatalogue(target, doors)
    connect = async () => {
      const other = new pg.Client({ host, port, user, password, database: 'postgres' })
      await other.connect()
      return other
    }
    data = await read()
    catalogue = new Catalogue(data)
  }, 60_000)

  afterAll(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it('has the columns with their numbers, which dropped ones keep', () => {
    expect(catalogue.relation(null, 'people')).toMatchObject({
      schema: 'Shop of Ann',
      kind: 'table',
      columns: [
        { name: 'id', attribute: 1, type: 'integer', typeOid: 23 },
        { name: 'E-Mail', attribute: 3, type: 'character varying', typeOid: 1043 },
        { name: 'tags', attribute: 4, type: 'text[]', typeOid: 1009 },
      ],
    })
  })

  it('has views with definitions that name every schema', () => {
    expect(catalogue.relation(null, 'seen')).toMatchObject({ kind: 'view' })
    expect(catalogue.relation(null, 'seen')?.definition).toMatch(/FROM "Shop of Ann"\.people/)
  })

  it('has triggers that are not disabled, with what sets them off', () => {
    expect(catalogue.relation(null, 'people')?.triggers).toEqual([
      { events: ['INSERT'], routine: { schema: 'Shop of Ann', name: 'wipe' }, definition: expect.stringContaining('WHEN ((new.id > 5))') },
      { events: ['UPDATE', 'TRUNCATE'], routine: { schema: 'Shop of Ann', name: 'wipe' } },
    ])
  })

  it('has the parents of partitions', () => {
    expect(catalogue.relation(null, 'sales_2020')?.parents).toEqual([catalogue.relation(null, 'sales')?.oid])
    expect(catalogue.relation(null, 'sales')?.parents).toBe(undefined)
  })

  it('says which extension a routine came with, but not of those that others put there', () => {
    const extensionOf = (schema: string, name: string) => catalogue.routines(schema, name).map(routine => routine.extension)
    expect(extensionOf('Shop of Ann', 'gen_salt')).toEqual(['pgcrypto', 'pgcrypto'])
    expect(extensionOf('guests', 'soundex')).toEqual(['fuzzystrmatch'])
    expect(extensionOf('guests', 'slipped_in')).toEqual([undefined])
    expect(extensionOf('guests', 'slipped_in_too')).toEqual([undefined])
    expect(extensionOf('Shop of Ann', 'of_id')).toEqual([undefined])
    expect(extensionOf('pg_catalog', 'pg_sleep')).toEqual([undefined])
  })

  it('has bodies of routines that were added, and only the names of others', () => {
    const [ofId] = catalogue.routines(null, 'of_id')
    expect(ofId).toMatchObject({ kind: 'function', language: 'sql', parameters: ['who'], returnsSet: true, returnsRelation: 0 })
    expect(ofId?.body).toContain('FROM people')
    const [all] = catalogue.routines(null, 'all_people')
    expect(all).toMatchObject({ body: null, returnsSet: true, returnsRelation: catalogue.relation(null, 'people')?.oid })
    expect(all?.sqlBody).toContain('BEGIN ATOMIC')
    expect(catalogue.routines(null, 'nothing')).toMatchObject([{ kind: 'procedure', body: '', searchPath: 'public, "$user"' }])
    expect(catalogue.routines(null, 'pg_sleep')).toMatchObject([{ schema: 'pg_catalog', language: 'internal', body: null }])
    expect(catalogue.routines('information_schema', '_pg_expandarray')).toMatchObject([{ body: null }])
  })

  it('has the expressions that run when rows change, and what its columns are made of', () => {
    const odd = catalogue.relation(null, 'odd')
    expect(odd?.columns).toEqual([
      { name: 'id', attribute: 1, type: 'integer', typeOid: 23 },
      { name: 'name', attribute: 2, type: 'text', typeOid: 25, default: `lower('X'::text)` },
      { name: 'low', attribute: 3, type: 'text', typeOid: 25, generated: 'lower(name)' },
      {
        name: 'kind',
        attribute: 4,
        type: '"Shop of Ann".short',
        typeOid: expect.any(Number),
        default: `"Shop of Ann".kept('x'::text, 1)`,
        domain: { schema: 'Shop of Ann', name: 'short' },
      },
    ])
    expect(odd?.checks).toEqual(['"Shop of Ann".fits(name)'])
    expect(odd?.policies).toEqual(['"Shop of Ann".fits(name)', '(id > 1)'])
    expect(odd?.indexes).toEqual(expect.arrayContaining(['upper(name), (id + 1)', '(id > 3)', 'length(name)']))
    expect(odd?.triggers).toEqual([{ events: ['UPDATE'], routine: { schema: 'Shop of Ann', name: 'wipe' }, changesRow: true }])
    expect(catalogue.relation(null, 'people')?.checks).toBe(undefined)
  })

  it('has the keys that lead to a table, and what they take along', () => {
    expect(catalogue.relation(null, 'parts')?.referencedBy).toEqual([
      { from: catalogue.relation(null, 'leads')?.oid, columns: ['name'], keys: ['name'], onDelete: 'cascade', onUpdate: 'set' },
    ])
    expect(catalogue.relation(null, 'people')?.referencedBy).toBe(undefined)
  })

  it('has what stands for arguments that are left out', () => {
    expect(catalogue.routines(null, 'lazy')).toMatchObject([{ defaults: "lower('X'::text), (1 + 2)" }])
    expect(catalogue.routines(null, 'of_id')[0]?.defaults).toBe(undefined)
  })

  it('is read by PostgreSQL’s own functions, whatever the account finds first', async () => {
    const client = await connect()
    await client.query(`
      CREATE SCHEMA evil;
      CREATE FUNCTION evil.current_schemas(boolean) RETURNS name[] LANGUAGE plpgsql AS $$ BEGIN
        CREATE TEMP VIEW pg_class AS SELECT c.* FROM pg_catalog.pg_class c WHERE relname <> 'people';
        RETURN ARRAY['guests']::name[]; END $$;
      ALTER ROLE app SET search_path = evil, pg_catalog, "Shop of Ann"`)
    const poisoned = await read()
    await client.query('ALTER ROLE app SET search_path = "Shop of Ann", nowhere, public; DROP SCHEMA evil CASCADE')
    await client.end()
    expect(poisoned.searchPath).toEqual(['evil', 'pg_catalog', 'Shop of Ann'])
    expect(poisoned.relations.filter(({ name }) => name === 'people')).toHaveLength(1)
  })

  it('has rules that are not disabled, and no view has one for its query', () => {
    const odd = catalogue.relation(null, 'odd')!
    expect(odd.rules).toHaveLength(2)
    expect(catalogue.rules(odd, 'INSERT')).toMatchObject([
      { isInstead: false, definition: expect.stringMatching(/FROM "Shop of Ann"\.people/) },
    ])
    expect(catalogue.rules(odd, 'DELETE')).toMatchObject([{ isInstead: true, definition: expect.stringMatching(/DO INSTEAD NOTHING/) }])
    expect(catalogue.rules(odd, 'UPDATE')).toEqual([])
    expect(catalogue.relation(null, 'seen')?.rules).toBe(undefined)
  })

  it('has the operators, casts, domains and aggregates that someone added', () => {
    expect(data.operators).toEqual([{ schema: 'Shop of Ann', name: '||', routine: { schema: 'Shop of Ann', name: 'kept' } }])
    expect(catalogue.operators(null, '||')).toHaveLength(1)
    expect(catalogue.operators('pg_catalog', '||')).toEqual([])
    expect(data.casts).toEqual([
      { source: 'text', target: '"Shop of Ann".wrap', routine: { schema: 'Shop of Ann', name: 'wrapped' } },
      { source: 'integer', target: '"Shop of Ann".short', routine: null },
    ])
    expect(catalogue.domains(null, 'short')).toEqual([
      { schema: 'Shop of Ann', name: 'short', base: 'character varying(9)', checks: ['"Shop of Ann".fits((VALUE)::text)'] },
    ])
    expect(catalogue.domains('public', 'short')).toEqual([])
    expect(data.types).toEqual([
      { schema: 'Shop of Ann', name: 'short' },
      { schema: 'Shop of Ann', name: 'wrap' },
    ])
    expect(catalogue.routines(null, 'all_kept')).toMatchObject([{ kind: 'aggregate', calls: [{ schema: 'Shop of Ann', name: 'kept' }] }])
  })

  it('has what PostgreSQL brings along, and where names are looked for', () => {
    expect(catalogue.relation('pg_catalog', 'pg_stats')).toMatchObject({ kind: 'view' })
    expect(catalogue.relation('information_schema', 'columns')).toMatchObject({ kind: 'view' })
    expect(data.searchPath).toEqual(['Shop of Ann', 'public'])
    expect(data.serverVersion).toBeGreaterThanOrEqual(180_000)
  })

  it("does not wait for somebody's lock, and then lacks what views and rules do", async () => {
    const other = await connect()
    await other.query('BEGIN; LOCK TABLE "Shop of Ann".people IN ACCESS EXCLUSIVE MODE')
    const partial = await read()
    await other.query('ROLLBACK')
    await other.end()
    expect(partial.isPartial).toBe(true)
    const found = new Catalogue(partial)
    expect(found.relation('Shop of Ann', 'seen')?.definition).toBe('?')
    expect(found.relation('Shop of Ann', 'odd')?.rules?.map(({ definition }) => definition)).toEqual(['?', '?'])
    expect(found.relation('Shop of Ann', 'people')?.columns.map(({ name }) => name)).toEqual(['id', 'E-Mail', 'tags'])
    expect((await read()).isPartial).toBeUndefined()
  })

  it('shows authors their own schemas alone', () => {
    const [ours, ...others] = liveNamespaces(catalogue)
    expect(others).toEqual([])
    expect(ours).toMatchObject({ name: 'Shop of Ann', isDefault: true })
    expect(ours?.tables.map(table => table.name)).toEqual(['leads', 'odd', 'parts', 'people', 'sales', 'sales_2020', 'seen'])
    expect(ours?.tables.at(-1)).toEqual({ name: 'seen', columns: [{ name: 'address', type: 'character varying' }] })
  })
})

describe('a catalogue that cannot be read', () => {
  const target: AdmittedTarget = {
    name: 'shop',
    address: { host: 'db', port: 5432 },
    labels: {},
    settings: { database: 'shop', user: 'app', tls: 'disable' },
  }
  const about = join(say.columns('a', 'b'), say.row('150020', '["public"]'), say.done('SELECT 1'), say.ready())

  function read(...answers: Uint8Array[]) {
    const gateway = openGateway()
    const scripted = new ScriptedTarget(gateway, answers)
    const outcome = readCatalogue(target, gateway.doors).catch((error: unknown) => error)
    return { gateway, scripted, outcome }
  }

  const refusal = (detail: string) => ({
    name: 'Refused',
    notice: { severity: 'FATAL', code: '58000', message: 'the catalogue of target "shop" cannot be read', detail },
  })

  it('says what the target said', async () => {
    const { outcome } = read(about, join(say.error('57014', 'canceling statement due to statement timeout'), say.ready()))
    expect(await outcome).toMatchObject(refusal('SQLSTATE 57014: canceling statement due to statement timeout'))
  })

  it('says that the connection ended', async () => {
    const { scripted, outcome } = read()
    await rest()
    scripted.hangUp()
    expect(await outcome).toMatchObject(refusal('the connection ended'))
  })

  it('does not wait for ever', async () => {
    const { gateway, outcome } = read(about)
    await rest()
    await gateway.machine.advance(60_001)
    expect(await outcome).toMatchObject(refusal('it took longer than 60000 ms'))
  })

  it('is not made of what has another form', async () => {
    const { outcome } = read(join(say.columns('a', 'b'), say.row('x', null), say.done('SELECT 1'), say.ready()))
    expect(await outcome).toMatchObject(refusal("expected a number in column 0 of the catalogue's answer"))
    const { outcome: other } = read(join(say.columns('a', 'b'), say.row('150020', '{public}'), say.done('SELECT 1'), say.ready()))
    expect(await other).toMatchObject(refusal("expected a list of texts in column 1 of the catalogue's answer"))
  })

  it('is refused when the target cannot be reached', async () => {
    const gateway = openGateway()
    await expect(readCatalogue(target, gateway.doors)).rejects.toMatchObject({ notice: { code: '08001' } })
  })
})
