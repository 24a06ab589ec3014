/** Ways to masked columns in several texts, on the schema of `corpus.ts`; they make what they need in a schema `made`. */
export const seeingSteps: readonly { name: string; steps: readonly string[] }[] = [
  {
    name: 'a path that is not known any more',
    steps: ['SELECT ssn(c) FROM customers c', 'SELECT mail_of(1)', "SELECT id FROM notes WHERE mail_of(1) LIKE 'a%'"],
  },
  {
    name: 'a prepared statement under the name in a comment',
    steps: ['PREPARE p AS SELECT upper(ssn) FROM customers', 'PREPARE q AS SELECT name FROM customers /* prepare p */', 'EXECUTE p'],
  },
  {
    name: 'a prepared statement under the name in a string',
    steps: ['PREPARE p AS SELECT upper(ssn) FROM customers', "PREPARE q AS SELECT name, 'prepare p' FROM customers", 'EXECUTE p'],
  },
  {
    name: 'a second PREPARE that fails',
    steps: [
      'PREPARE p AS SELECT upper(ssn) FROM customers',
      'PREPARE q AS SELECT name FROM customers; PREPARE p AS SELECT name FROM customers',
      'EXECUTE p',
    ],
  },
  {
    name: 'two PREPAREs in one message',
    steps: ['PREPARE p AS SELECT upper(ssn) FROM customers; PREPARE q AS SELECT name FROM customers', 'EXECUTE p', 'EXECUTE q'],
  },
  {
    name: 'PREPARE without a space',
    steps: ['PREPARE p AS SELECT name FROM customers', 'DEALLOCATE p', 'PREPARE/**/p AS SELECT upper(ssn) FROM customers', 'EXECUTE p'],
  },
  {
    name: 'DEALLOCATE and PREPARE in one message',
    steps: ['PREPARE p AS SELECT name FROM customers', 'DEALLOCATE p; PREPARE/**/p AS SELECT upper(ssn) FROM customers', 'EXECUTE p'],
  },
  {
    name: 'DISCARD and PREPARE in one message',
    steps: [
      'PREPARE p AS SELECT name FROM customers',
      'DISCARD PLANS; DEALLOCATE ALL; PREPARE/**/p AS SELECT upper(ssn) FROM customers',
      'EXECUTE p',
    ],
  },
  {
    name: 'a prepared statement whose name differs in case',
    steps: ['PREPARE "P" AS SELECT upper(ssn) FROM customers', 'PREPARE p AS SELECT name FROM customers', 'EXECUTE "P"'],
  },
  {
    name: 'a prepared statement with a Unicode name',
    steps: ['PREPARE q AS SELECT name FROM customers', 'PREPARE U&"\\0070" AS SELECT upper(ssn) FROM customers', 'EXECUTE p'],
  },
  {
    name: 'a cursor under the name in a comment',
    steps: [
      'BEGIN',
      'DECLARE c CURSOR FOR SELECT upper(ssn) FROM customers',
      'DECLARE d CURSOR FOR SELECT name FROM customers /* declare c */',
      'FETCH ALL FROM c',
      'ROLLBACK',
    ],
  },
  {
    name: 'a cursor whose second DECLARE fails',
    steps: [
      'BEGIN',
      'DECLARE c CURSOR WITH HOLD FOR SELECT upper(ssn) FROM customers',
      'COMMIT',
      'BEGIN; DECLARE d CURSOR FOR SELECT name FROM customers; DECLARE c CURSOR FOR SELECT name FROM customers',
      'ROLLBACK',
      'FETCH ALL FROM c',
      'CLOSE ALL',
    ],
  },
  {
    name: 'a cursor rolled back to a savepoint',
    steps: [
      'BEGIN',
      'DECLARE c CURSOR FOR SELECT upper(ssn) FROM customers',
      'SAVEPOINT s',
      'CLOSE c; DECLARE c CURSOR FOR SELECT name FROM customers',
      'ROLLBACK TO s',
      'FETCH ALL FROM c',
      'ROLLBACK',
    ],
  },
  {
    name: 'a cursor closed by the transaction',
    steps: [
      'BEGIN',
      'DECLARE c CURSOR FOR SELECT name FROM customers',
      'ROLLBACK',
      'BEGIN',
      'DECLARE/**/c CURSOR FOR SELECT upper(ssn) FROM customers',
      'FETCH ALL FROM c',
      'ROLLBACK',
    ],
  },
  {
    name: 'COPY of an EXECUTE',
    steps: ['PREPARE p AS SELECT upper(ssn) FROM customers', 'CREATE TABLE made.t AS EXECUTE p', 'SELECT * FROM made.t'],
  },
  {
    name: 'a function that writes what it is given',
    steps: [
      "CREATE FUNCTION made.keep(t text) RETURNS text LANGUAGE sql AS 'INSERT INTO notes VALUES (100, $1) RETURNING body'",
      'SELECT made.keep(ssn) FROM customers',
      'SELECT body FROM notes',
    ],
  },
  {
    name: 'a function that says what it is given',
    steps: [
      "CREATE FUNCTION made.tell(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', t; RETURN t; END $$",
      'SELECT made.tell(ssn) FROM customers',
    ],
  },
  {
    name: 'a function that fails with what it is given',
    steps: [
      "CREATE FUNCTION made.fail(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', t USING DETAIL = t, HINT = t, ERRCODE = '22012', COLUMN = t, CONSTRAINT = t; END $$",
      'SELECT made.fail(ssn) FROM customers',
    ],
  },
  {
    name: 'a function that says it with the code',
    steps: [
      "CREATE FUNCTION made.fail(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = upper(substr(replace(t, '-', '0'), 1, 5)); END $$",
      'SELECT made.fail(ssn) FROM customers',
    ],
  },
  {
    name: 'a function that fails or not',
    steps: [
      "CREATE FUNCTION made.ask(t text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF t LIKE '0%' THEN RAISE EXCEPTION 'yes'; END IF; RETURN 1; END $$",
      'SELECT made.ask(ssn) FROM customers',
    ],
  },
  {
    name: 'a built-in that is shadowed',
    steps: [
      "CREATE FUNCTION made.lower(t text) RETURNS text LANGUAGE sql AS 'INSERT INTO notes VALUES (101, $1) RETURNING body'",
      'SET search_path = made, public, pg_catalog',
      'UPDATE customers SET email = lower(email) WHERE id = 1',
      'SELECT body FROM notes',
      'RESET search_path',
    ],
  },
  {
    name: 'an aggregate that is shadowed',
    steps: [
      "CREATE FUNCTION made.step(int, t text) RETURNS int LANGUAGE sql AS 'INSERT INTO notes VALUES (102, $2) RETURNING 1'",
      "CREATE AGGREGATE made.count(text) (SFUNC = made.step, STYPE = int, INITCOND = '0')",
      'SET search_path = made, public, pg_catalog',
      'SELECT count(email) FROM customers',
      'SELECT body FROM notes',
      'RESET search_path',
    ],
  },
  {
    name: 'an operator that writes',
    steps: [
      "CREATE FUNCTION made.keep(a text, b text) RETURNS boolean LANGUAGE sql AS 'INSERT INTO notes VALUES (103, $1) RETURNING true'",
      'CREATE OPERATOR made.+-+ (LEFTARG = text, RIGHTARG = text, FUNCTION = made.keep)',
      "SELECT ssn OPERATOR(made.+-+) 'x' FROM customers",
      'SELECT body FROM notes',
    ],
  },
  {
    name: 'a cast that writes',
    steps: [
      'CREATE TYPE made.holder AS (t text)',
      "CREATE FUNCTION made.hold(t text) RETURNS made.holder LANGUAGE sql AS 'INSERT INTO notes VALUES (104, $1) RETURNING ROW(body)::made.holder'",
      'CREATE CAST (text AS made.holder) WITH FUNCTION made.hold(text)',
      'SELECT ssn::made.holder FROM customers',
      'SELECT body FROM notes',
    ],
  },
  {
    name: 'a domain whose check asks',
    steps: ["CREATE DOMAIN made.guess AS text CHECK (VALUE NOT LIKE '0%')", 'SELECT ssn::made.guess FROM customers'],
  },
  {
    name: 'an enum of guesses',
    steps: ["CREATE TYPE made.guess AS ENUM ('078-05-1120')", 'SELECT ssn::made.guess FROM customers WHERE id = 1'],
  },
  {
    name: 'a default that reads',
    steps: [
      'CREATE TABLE made.t (id int, s text)',
      'ALTER TABLE made.t ALTER COLUMN s SET DEFAULT mail_of(1)',
      'INSERT INTO made.t (id) VALUES (1)',
      'SELECT * FROM made.t',
    ],
  },
  {
    name: 'a default that reads, through a function',
    steps: [
      "CREATE FUNCTION made.own() RETURNS text LANGUAGE sql AS 'SELECT mail_of(1)'",
      'CREATE TABLE made.t (id int, s text DEFAULT made.own())',
      'INSERT INTO made.t (id) VALUES (1)',
      'SELECT * FROM made.t',
    ],
  },
  {
    name: 'a parent',
    steps: [
      'CREATE TABLE made.parent (email text, ssn text)',
      'ALTER TABLE customers INHERIT made.parent',
      'SELECT upper(ssn) FROM made.parent',
      'ALTER TABLE customers NO INHERIT made.parent',
    ],
  },
  {
    name: 'a parent of parents',
    steps: [
      'CREATE TABLE made.grand (ssn text)',
      'CREATE TABLE made.parent (email text) INHERITS (made.grand)',
      'ALTER TABLE customers INHERIT made.parent',
      'SELECT ssn || 1 FROM made.grand',
      'ALTER TABLE customers NO INHERIT made.parent',
    ],
  },
  {
    name: 'a child',
    steps: [
      'CREATE TABLE made.child (x int) INHERITS (customers)',
      "INSERT INTO made.child (id, ssn) VALUES (77, 'own')",
      'SELECT upper(ssn) FROM made.child',
    ],
  },
  {
    name: 'a table like it',
    steps: ['CREATE TABLE made.t (LIKE customers INCLUDING ALL)', 'INSERT INTO made.t TABLE customers', 'SELECT * FROM made.t'],
  },
  {
    name: 'a trigger',
    steps: [
      'CREATE TABLE made.t (t text)',
      'CREATE FUNCTION made.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO made.t VALUES (NEW.ssn); RETURN NEW; END $$',
      'CREATE TRIGGER spy AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION made.spy()',
      'UPDATE customers SET city = city',
      'SELECT * FROM made.t',
    ],
  },
  {
    name: 'a trigger with a transition table',
    steps: [
      'CREATE TABLE made.t (t text)',
      'CREATE FUNCTION made.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO made.t SELECT ssn FROM fresh; RETURN NULL; END $$',
      'CREATE TRIGGER spy AFTER UPDATE ON customers REFERENCING NEW TABLE AS fresh EXECUTE FUNCTION made.spy()',
      'UPDATE customers SET city = city',
      'SELECT * FROM made.t',
    ],
  },
  {
    name: 'a rule',
    steps: [
      'CREATE TABLE made.t (t text)',
      'CREATE RULE spy AS ON UPDATE TO customers DO ALSO INSERT INTO made.t VALUES (NEW.ssn)',
      'UPDATE customers SET city = city',
      'SELECT * FROM made.t',
    ],
  },
  { name: 'a view through a view', steps: ['CREATE VIEW made.v AS SELECT * FROM customer_list', 'SELECT upper(contact) FROM made.v'] },
  {
    name: 'row security that asks',
    steps: [
      "CREATE POLICY spy ON customers USING (ssn LIKE '0%')",
      'ALTER TABLE customers ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE customers FORCE ROW LEVEL SECURITY',
      'SELECT id FROM customers',
    ],
  },
  { name: 'a renamed column', steps: ['ALTER TABLE customers RENAME COLUMN ssn TO n', 'SELECT n FROM customers'] },
  { name: 'a renamed table', steps: ['ALTER TABLE customers RENAME TO people', 'SELECT ssn FROM people'] },
  { name: 'another schema', steps: ['ALTER TABLE customers SET SCHEMA made', 'SELECT upper(ssn) FROM made.customers'] },
  {
    name: 'the path',
    steps: [
      'CREATE TABLE made.customers (id int, name text, email text, ssn text)',
      "INSERT INTO made.customers VALUES (1, 'a', 'b', 'c')",
      'SET search_path = made',
      'SELECT upper(ssn) FROM public.customers',
      'RESET search_path',
    ],
  },
  {
    name: 'the path, set by a function',
    steps: [
      "SELECT set_config('search_' || 'path', 'made', false)",
      'SELECT upper(ssn) FROM customers',
      'SELECT upper(ssn) FROM public.customers',
      'RESET search_path',
    ],
  },
  {
    name: 'the path of a role',
    steps: [
      "ALTER ROLE postgres SET search_path = 'made'",
      'SELECT upper(ssn) FROM public.customers',
      'ALTER ROLE postgres RESET search_path',
    ],
  },
  {
    name: 'a temporary table in its place',
    steps: ['CREATE TEMP TABLE customers (ssn text)', 'SELECT upper(ssn) FROM public.customers', 'DROP TABLE pg_temp.customers'],
  },
  {
    name: 'a copied table under another name',
    steps: [
      'BEGIN',
      'CREATE TEMP TABLE t (a text, b text)',
      'INSERT INTO t SELECT email, ssn FROM customers',
      'SELECT * FROM t',
      'ROLLBACK',
    ],
  },
  {
    name: 'extensions that read pages',
    steps: [
      'CREATE EXTENSION pageinspect SCHEMA made',
      "SELECT made.get_raw_page('customers', 0)",
      "SELECT t_data FROM made.heap_page_items(made.get_raw_page('customers', 0))",
    ],
  },
  {
    name: 'an event trigger',
    steps: [
      "CREATE FUNCTION made.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE s text; BEGIN SELECT ssn INTO s FROM customers LIMIT 1; RAISE NOTICE '%', s; END $$",
      'CREATE EVENT TRIGGER made_ddl ON ddl_command_end EXECUTE FUNCTION made.on_ddl()',
      'CREATE TABLE made.t (x int)',
      'DROP EVENT TRIGGER IF EXISTS made_ddl',
    ],
  },
  {
    name: 'statistics',
    steps: [
      'ANALYZE customers',
      'CREATE STATISTICS made.s (mcv) ON email, ssn FROM customers',
      'ANALYZE customers',
      'SELECT stxdmcv::text FROM pg_statistic_ext_data',
      'SELECT * FROM pg_stats_ext',
    ],
  },
  {
    name: 'an index over an expression',
    steps: [
      'CREATE INDEX customers_spy ON customers (left(ssn, 3))',
      'ANALYZE customers',
      "SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'customers_spy'",
      'DROP INDEX IF EXISTS customers_spy',
    ],
  },
  {
    name: 'a constraint that fails with the row',
    steps: [
      "ALTER TABLE customers ADD CONSTRAINT spy CHECK (city <> 'Rome')",
      "UPDATE customers SET city = 'Rome' WHERE id = 1",
      'ALTER TABLE customers DROP CONSTRAINT IF EXISTS spy',
    ],
  },
  { name: 'NOT NULL that fails with the row', steps: ['UPDATE customers SET id = NULL WHERE id = 1'] },
  {
    name: 'a foreign key that fails',
    steps: [
      'CREATE TABLE made.t (e text)',
      "INSERT INTO made.t VALUES ('x')",
      'ALTER TABLE made.t ADD FOREIGN KEY (e) REFERENCES customers (email)',
    ],
  },
  { name: 'a listener', steps: ['LISTEN spy', "SELECT pg_notify('spy', ssn) FROM customers", 'NOTIFY spy', 'UNLISTEN *'] },
  {
    name: 'plan text in the log of the session',
    steps: [
      "SET client_min_messages = 'debug5'",
      'SET debug_print_plan = on',
      'SET debug_print_parse = on',
      'SELECT upper(ssn) FROM customers',
      'RESET ALL',
    ],
  },
  { name: 'notices of debug', steps: ["SET client_min_messages = 'debug1'", 'SELECT ssn::int FROM customers', 'refuse'] },
  {
    name: 'another database',
    steps: [
      'CREATE EXTENSION dblink SCHEMA made',
      "SELECT made.dblink_connect('x', 'dbname=shop')",
      "SELECT * FROM made.dblink('x', 'SELECT upper(ssn) FROM customers') AS t(s text)",
    ],
  },
  { name: 'a function with a variadic any', steps: ['SELECT jsonb_build_array(VARIADIC ARRAY(SELECT ssn FROM customers))'] },
  {
    name: 'a procedure with INOUT',
    steps: [
      'CREATE PROCEDURE made.p(INOUT t text) LANGUAGE plpgsql AS $$ BEGIN t := upper(t); END $$',
      'CALL made.p((SELECT ssn FROM customers LIMIT 1))',
    ],
  },
  {
    name: 'a polymorphic function',
    steps: [
      "CREATE FUNCTION made.same(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1'",
      'SELECT made.same(ssn), (made.same(c)).ssn FROM customers c',
    ],
  },
  {
    name: 'a set-returning function of its row',
    steps: [
      "CREATE FUNCTION made.cols(customers) RETURNS SETOF text LANGUAGE sql AS 'SELECT ($1).ssn'",
      'SELECT made.cols(c) FROM customers c',
      'SELECT x FROM customers c, made.cols(c) x',
    ],
  },
]
