import type { CatalogueData, RoutineData } from '../catalogue.ts'

/**
 * Statements on one schema with what must become of them while
 * `customers.email` and `customers.ssn` are masked: the unit tests plan them
 * and the end-to-end tests run them on a real server.
 */

/**
 * A text and the outcome for its last statement: `refuse`; `none` when it
 * answers no rows; `uncounted` when nothing in its rows is masked; or its
 * columns in order, each `-` (as it is), `email` or `ssn` (that column), with a
 * `*` when the value is only made from it and is hidden whole.
 */
export type CorpusLine = readonly [text: string, outcome: string]

/** Makes the schema, with rows whose secrets are known. */
export const corpusSchema = `
CREATE TABLE customers (id int PRIMARY KEY, name text, email text UNIQUE, ssn text, city text, created_at timestamptz DEFAULT now());
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric, note text);
CREATE TABLE notes (id int PRIMARY KEY, body text);
CREATE VIEW customer_list AS SELECT id, name, email AS contact FROM customers;
CREATE FUNCTION mail_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM customers WHERE id = $1';
INSERT INTO customers VALUES
  (1, 'Ada', 'ada@secret.example', '078-05-1120', 'Berlin', '2024-01-05'),
  (2, 'Ben', 'ben@secret.example', '219-09-9999', 'Paris', '2024-02-06'),
  (3, 'Cy', NULL, NULL, 'Berlin', '2024-03-07');
INSERT INTO orders VALUES (1, 1, 10.50, 'first'), (2, 1, 20, 'second'), (3, 2, 5, 'gift');
INSERT INTO notes VALUES (1, 'hello'), (2, 'world');
`

/** Every secret in the fixture's rows; none of them may be seen by a client. */
export const corpusSecrets = ['ada@secret.example', 'ben@secret.example', '078-05-1120', '219-09-9999']

/** The same schema as the gateway would read it. */
export const corpusCatalogue: CatalogueData = {
  searchPath: ['public'],
  serverVersion: 150000,
  relations: [
    {
      oid: 1001,
      schema: 'public',
      name: 'customers',
      kind: 'table',
      columns: columns(['id int', 'name text', 'email text', 'ssn text', 'city text', 'created_at timestamp with time zone']),
    },
    {
      oid: 1002,
      schema: 'public',
      name: 'orders',
      kind: 'table',
      columns: columns(['id int', 'customer_id int', 'total numeric', 'note text']),
    },
    { oid: 1003, schema: 'public', name: 'notes', kind: 'table', columns: columns(['id int', 'body text']) },
    {
      oid: 1004,
      schema: 'public',
      name: 'customer_list',
      kind: 'view',
      columns: columns(['id int', 'name text', 'contact text']),
      definition: ' SELECT customers.id,\n    customers.name,\n    customers.email AS contact\n   FROM customers;',
    },
  ],
  routines: [
    ...ownRoutines(),
    {
      oid: 20001,
      schema: 'public',
      name: 'mail_of',
      kind: 'function',
      language: 'sql',
      body: 'SELECT email FROM customers WHERE id = $1',
      parameters: ['integer'],
      returnsSet: false,
      returnsRelation: 0,
    },
  ],
}

/** PostgreSQL's own functions that the corpora name. */
function ownRoutines(): RoutineData[] {
  const names = `
    abs acldefault array_agg array_remove array_to_string array_upper ascii avg col_description concat convert_to count current_database
    current_schema current_schemas current_setting currval cursor_to_xml database_to_xml date_trunc extract first_value format format_type
    generate_series getdatabaseencoding has_database_privilege hashtext inet_server_addr json_agg json_build_object json_object_agg
    json_to_recordset jsonb_agg jsonb_build_object jsonb_each jsonb_each_text jsonb_object_agg jsonb_object_keys jsonb_path_exists
    jsonb_to_record lag left length lo_from_bytea lo_import lower max md5 min nextval now obj_description octet_length percentile_cont percentile_disc
    pg_advisory_lock pg_backend_pid pg_char_to_encoding pg_collation_is_visible pg_column_size pg_conversion_is_visible pg_database_size
    pg_encoding_to_char pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_function_arguments
    pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef pg_get_ruledef
    pg_get_statisticsobjdef_columns pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role pg_is_in_recovery pg_logical_emit_message
    pg_logical_slot_get_changes pg_mcv_list_items pg_notify pg_opclass_is_visible pg_operator_is_visible pg_options_to_table pg_read_file
    pg_relation_is_publishable pg_size_pretty pg_sleep pg_stat_get_activity pg_statistics_obj_is_visible pg_table_is_visible pg_table_size
    pg_tablespace_location pg_total_relation_size pg_ts_config_is_visible pg_type_is_visible pg_typeof query_to_xml quote_ident quote_literal rank
    regexp_matches regexp_split_to_table reverse right row_number row_to_json rtrim schema_to_xml set_config setval shobj_description
    similar_to_escape string_agg string_to_array substr substring sum suppress_redundant_updates_trigger table_to_xml to_char to_json
    to_jsonb to_tsvector ts_stat unnest upper version width_bucket`
  return names
    .trim()
    .split(/\s+/)
    .map((name, at) => ({
      oid: 1000 + at,
      schema: 'pg_catalog',
      name,
      kind: 'function',
      language: 'internal',
      body: null,
      parameters: [],
      returnsSet: false,
      returnsRelation: 0,
    }))
}

function columns(written: string[]): CatalogueData['relations'][number]['columns'] {
  return written.map((one, at) => {
    const [name = '', ...type] = one.split(' ')
    return { name, attribute: at + 1, type: type.join(' ').replace(/^int$/, 'integer'), typeOid: 0 }
  })
}

/** Ways to what is masked, and what must become of each. */
export const attacks: readonly CorpusLine[] = [
  // --- seeing it by another name
  ['SELECT ssn FROM customers', 'ssn'],
  ['SELECT email AS name FROM customers', 'email'],
  ['SELECT * FROM customers', '- - email ssn - -'],
  ['TABLE customers', '- - email ssn - -'],
  ['SELECT c.* FROM customers c', '- - email ssn - -'],
  ['SELECT public.customers.* FROM public.customers', '- - email ssn - -'],
  ['SELECT "created_at", * FROM customers', '- - - email ssn - -'],
  ['SELECT name, *, ssn FROM customers', '- - - email ssn - - ssn'],
  ['SELECT c.ssn::text FROM customers c', 'ssn'],
  ['SELECT ssn::varchar FROM customers', 'ssn'],
  ['SELECT ssn::varchar(3) FROM customers', 'ssn*'],
  ['SELECT ssn::char(1) FROM customers', 'ssn*'],
  ['SELECT ssn COLLATE "C" FROM customers', 'ssn'],
  ['SELECT (customers).ssn FROM customers', 'ssn'],
  ['SELECT (c).email FROM customers AS c', 'email'],
  ['SELECT (c).* FROM customers AS c', '- - email ssn - -'],
  ['SELECT ssn(c) FROM customers c', 'ssn'],
  ['SELECT q.b FROM customers AS q(a, x, b)', 'email'],
  ['SELECT a, b FROM customers AS q(ssn, b, a)', 'email -'],
  ['SELECT s FROM (SELECT ssn AS s FROM customers) q', 'ssn'],
  ['SELECT x FROM (SELECT id, ssn FROM customers) AS q(y, x)', 'ssn'],
  ['SELECT * FROM (SELECT * FROM (SELECT * FROM customers) a) b', '- - email ssn - -'],
  ['SELECT (SELECT ssn FROM customers WHERE id = 1)', 'ssn'],
  ['SELECT o.id, (SELECT c.email FROM customers c WHERE c.id = o.customer_id) FROM orders o', '- email'],
  ['SELECT o.id, l.e FROM orders o, LATERAL (SELECT email AS e FROM customers WHERE id = o.customer_id) l', '- email'],
  ['SELECT o.id, l.e FROM orders o CROSS JOIN LATERAL (SELECT o.note || c.email AS e FROM customers c) l', '- email*'],
  ['WITH q AS (SELECT ssn FROM customers) SELECT * FROM q', 'ssn'],
  ['WITH q(a) AS (SELECT ssn FROM customers) SELECT a AS id FROM q', 'ssn'],
  ['WITH a AS (SELECT email e FROM customers), b AS (SELECT e FROM a) SELECT b.e, 1 FROM b', 'email -'],
  ['WITH customers AS (SELECT id, ssn AS name FROM customers) SELECT name FROM customers', 'ssn'],
  ['WITH RECURSIVE r(n, v) AS (SELECT 1, email FROM customers UNION ALL SELECT n + 1, v FROM r WHERE n < 3) SELECT v FROM r', 'email'],
  [
    "WITH RECURSIVE r(n, a, b) AS (SELECT 1, ''::text, email FROM customers UNION ALL SELECT n + 1, b, a FROM r WHERE n < 3) SELECT a FROM r",
    'email',
  ],
  ['SELECT name FROM customers UNION ALL SELECT ssn FROM customers', 'ssn'],
  ['SELECT id, note FROM orders UNION ALL SELECT id, email FROM customers ORDER BY 1', '- email'],
  ["SELECT 'x' UNION ALL (SELECT email FROM customers LIMIT 1)", 'email'],
  ['SELECT email FROM customers UNION ALL SELECT ssn FROM customers', 'email,ssn'],
  ['VALUES ((SELECT ssn FROM customers WHERE id = 1), 2)', 'ssn -'],
  ['SELECT v.x FROM (VALUES ((SELECT ssn FROM customers LIMIT 1))) v(x)', 'ssn'],
  ['SELECT j.* FROM (customers c JOIN orders o ON o.customer_id = c.id) AS j', '- - email ssn - - - - - -'],
  ['SELECT j.ssn FROM (customers c CROSS JOIN notes n) AS j(a, b, d, ssn)', 'ssn'],
  ['SELECT * FROM orders JOIN customers USING (id)', '- - - - - email ssn - -'],
  ['SELECT * FROM orders NATURAL JOIN customers', '- - - - - email ssn - -'],
  ['SELECT contact FROM customer_list', 'email'],
  ['SELECT * FROM customer_list', '- - email'],
  ['SELECT l.contact, n.* FROM customer_list l, notes n', 'email - -'],
  ['SELECT email FROM ONLY customers', 'email'],
  ['SELECT email FROM customers TABLESAMPLE SYSTEM (100)', 'email'],
  ['SELECT U&"\\0073sn" FROM customers', 'ssn'],
  ['SELECT "ssn" FROM "public"."customers"', 'ssn'],
  ['/* a */ SELECT -- b\n ssn /* c /* d */ */ FROM customers', 'ssn'],
  ['SELECT 1; SELECT ssn FROM customers', 'ssn'],

  // --- as part of something else
  ['SELECT upper(email) FROM customers', 'email*'],
  ["SELECT 'x' || ssn FROM customers", 'ssn*'],
  ['SELECT concat(name, ssn) FROM customers', 'ssn*'],
  ["SELECT format('%s', ssn) FROM customers", 'ssn*'],
  ['SELECT substring(ssn, 1, 1) FROM customers', 'ssn*'],
  ['SELECT substring(ssn FROM 2 FOR 3) FROM customers', 'ssn*'],
  ['SELECT left(ssn, 3), right(ssn, 4) FROM customers', 'ssn* ssn*'],
  ['SELECT length(ssn), md5(ssn), reverse(email) FROM customers', 'ssn* ssn* email*'],
  ['SELECT coalesce(ssn, email) FROM customers', 'ssn,email*'],
  ["SELECT greatest(ssn, '') FROM customers", 'ssn*'],
  ['SELECT CASE WHEN id = 1 THEN ssn ELSE name END FROM customers', 'ssn*'],
  ['SELECT row_to_json(c) FROM customers c', 'email,ssn*'],
  ['SELECT to_jsonb(customers) FROM customers', 'email,ssn*'],
  ["SELECT to_jsonb(c) ->> 'ssn' FROM customers c", 'email,ssn*'],
  ['SELECT c FROM customers c', 'email,ssn*'],
  ['SELECT customers FROM customers', 'email,ssn*'],
  ['SELECT c::text FROM customers c', 'email,ssn*'],
  ['SELECT CAST(c AS text) FROM customers c', 'email,ssn*'],
  ['SELECT ROW(c.*) FROM customers c', 'email,ssn*'],
  ['SELECT ROW(id, ssn) FROM customers', 'ssn*'],
  ['SELECT ARRAY[name, ssn] FROM customers', 'ssn*'],
  ['SELECT (ARRAY[ssn, name])[1] FROM customers', 'ssn*'],
  ['SELECT ARRAY(SELECT ssn FROM customers)', 'ssn*'],
  ["SELECT array_to_string(ARRAY(SELECT ssn FROM customers), ',')", 'ssn*'],
  ['SELECT unnest(ARRAY[ssn, email]) FROM customers', 'ssn,email*'],
  ['SELECT u.x FROM customers c, unnest(ARRAY[c.ssn]) AS u(x)', 'ssn*'],
  ['SELECT (unnest(array_agg(c))).ssn FROM customers c', 'ssn'],
  ['SELECT u.ssn FROM (SELECT array_agg(c) AS a FROM customers c) q, unnest(q.a) u', 'ssn*'],
  ['SELECT e.value FROM customers c, jsonb_each_text(to_jsonb(c)) e', 'email,ssn*'],
  ['SELECT e.* FROM customers c, jsonb_each(to_jsonb(c)) AS e', 'email,ssn* email,ssn*'],
  ['SELECT r.ssn FROM customers c, jsonb_to_record(to_jsonb(c)) AS r(ssn text)', 'refuse'],
  ['SELECT min(ssn), max(email) FROM customers', 'ssn* email*'],
  ['SELECT array_agg(ssn) FROM customers', 'ssn*'],
  ["SELECT string_agg(ssn, ',') FROM customers", 'ssn*'],
  ['SELECT jsonb_agg(c) FROM customers c', 'email,ssn*'],
  ['SELECT json_agg(row_to_json(c)) FROM customers c', 'email,ssn*'],
  ["SELECT json_build_object('a', ssn) FROM customers", 'ssn*'],
  ['SELECT json_object_agg(id, ssn) FROM customers', 'ssn*'],
  ['SELECT array_agg(c)::text FROM customers c', 'email,ssn*'],
  ['SELECT json_agg(q) FROM (SELECT id, email FROM customers) q', 'email*'],
  ["SELECT city, string_agg(email, ';' ORDER BY id) FROM customers GROUP BY city", '- email*'],
  ['SELECT first_value(ssn) OVER (ORDER BY id), lag(ssn) OVER (ORDER BY id) FROM customers', 'ssn* ssn*'],
  ['SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ssn) FROM customers', 'ssn*'],
  ['SELECT xmlelement(name x, ssn) FROM customers', 'ssn*'],
  ['SELECT xmlforest(ssn AS a, name AS b) FROM customers', 'ssn*'],
  ['SELECT xmlserialize(CONTENT xmlelement(name x, email) AS text) FROM customers', 'email*'],
  ['SELECT mail_of(1)', 'email,ssn*'],
  ['SELECT mail_of(id) FROM orders', 'email,ssn*'],
  ['SELECT * FROM mail_of(1)', 'email,ssn*'],
  ['SELECT m FROM mail_of(1) m', 'email,ssn*'],
  ["SELECT 'x' || mail_of(1)", 'email,ssn*'],
  ['SELECT public.mail_of(1)', 'email,ssn*'],
  ['SELECT c.mail FROM (SELECT mail_of(id) AS mail FROM notes) c', 'email,ssn*'],
  ['SELECT EXISTS (SELECT ssn FROM customers), (SELECT count(*) FROM customers), (SELECT max(ssn) FROM customers)', '- - ssn*'],

  // --- through what a change returns
  ["UPDATE customers SET name = 'x' WHERE id = 1 RETURNING ssn", 'ssn'],
  ["UPDATE customers SET name = 'x' WHERE id = 1 RETURNING *", '- - email ssn - -'],
  ['DELETE FROM customers WHERE id = 99 RETURNING id, email', '- email'],
  ["INSERT INTO customers (id, name, email) VALUES (9, 'x', 'y@z') RETURNING email, id", 'email -'],
  ['WITH d AS (DELETE FROM customers WHERE id = 99 RETURNING *) SELECT d.ssn AS x FROM d', 'ssn'],
  ["WITH u AS (UPDATE customers SET city = 'x' WHERE id = 1 RETURNING row_to_json(customers) j) SELECT j FROM u", 'email,ssn*'],
  ['UPDATE orders SET note = note FROM customers c WHERE c.id = customer_id RETURNING c.ssn', 'ssn'],
  ['DELETE FROM orders USING customers c WHERE c.id = 99 RETURNING c.*', '- - email ssn - -'],
  ['MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED THEN UPDATE SET note = c.email', 'refuse'],

  // --- other ways out
  ['COPY customers TO STDOUT', '- - email ssn - -'],
  ['COPY customers (ssn, id) TO STDOUT (FORMAT csv)', 'ssn -'],
  ['COPY (SELECT email, id FROM customers) TO STDOUT WITH (FORMAT binary)', 'email -'],
  ['COPY (TABLE customers) TO STDOUT', '- - email ssn - -'],
  ['COPY (UPDATE customers SET city = city WHERE id = 1 RETURNING ssn) TO STDOUT', 'ssn'],
  ["COPY customers TO '/tmp/x'", 'refuse'],
  ["COPY (SELECT ssn FROM customers) TO PROGRAM 'cat > /tmp/x'", 'refuse'],
  ['BEGIN; DECLARE c CURSOR FOR SELECT ssn, id FROM customers; FETCH ALL FROM c', 'ssn -'],
  ['PREPARE p AS SELECT email FROM customers; EXECUTE p', 'email'],
  ['PREPARE p (int) AS SELECT upper(ssn), id FROM customers WHERE id = $1; EXECUTE p (1)', 'ssn* -'],
  ['FETCH ALL FROM somebodys_cursor', 'refuse'],
  ['EXECUTE somebodys_statement', 'refuse'],
  ['CREATE TABLE copy AS SELECT * FROM customers', 'refuse'],
  ['CREATE TEMP TABLE t AS SELECT upper(ssn) FROM customers', 'refuse'],
  ['CREATE TABLE t AS TABLE customers', 'refuse'],
  ['SELECT * INTO t FROM customers', 'refuse'],
  ['SELECT ssn INTO TEMP t FROM customers UNION ALL SELECT name FROM customers', 'refuse'],
  ['CREATE VIEW v AS SELECT ssn AS x FROM customers', 'refuse'],
  ['CREATE OR REPLACE TEMP VIEW v AS SELECT contact FROM customer_list', 'refuse'],
  ['CREATE MATERIALIZED VIEW v AS SELECT row_to_json(c) FROM customers c', 'refuse'],
  ['CREATE RECURSIVE VIEW v (a) AS SELECT ssn FROM customers', 'refuse'],
  ['INSERT INTO notes SELECT id + 70, ssn FROM customers', 'refuse'],
  ['INSERT INTO notes (id, body) VALUES (7, (SELECT ssn FROM customers WHERE id = 1))', 'refuse'],
  ['INSERT INTO notes SELECT 8, mail_of(1)', 'refuse'],
  ['INSERT INTO customers (id, name) SELECT id + 70, email FROM customers', 'refuse'],
  ["UPDATE notes SET body = (SELECT string_agg(email, ',') FROM customers)", 'refuse'],
  ['UPDATE customers SET name = ssn', 'refuse'],
  ['UPDATE customers SET (name, city) = (SELECT name, ssn FROM customers c WHERE c.id = customers.id)', 'refuse'],
  ['UPDATE customers SET (city, name) = (email, name)', 'refuse'],
  ['WITH x AS (INSERT INTO notes SELECT id + 70, email FROM customers RETURNING body) SELECT 1', 'refuse'],
  ["INSERT INTO orders (id, note) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET note = (SELECT ssn FROM customers LIMIT 1)", 'refuse'],
  ['MERGE INTO notes n USING customers c ON n.id = c.id WHEN NOT MATCHED THEN INSERT (id, body) VALUES (c.id, c.ssn)', 'refuse'],
  ['ALTER TABLE customers RENAME COLUMN ssn TO s', 'refuse'],
  ['ALTER TABLE customers RENAME TO c2', 'refuse'],
  ['ALTER TABLE customers SET SCHEMA pg_temp', 'refuse'],
  ['ALTER SCHEMA public RENAME TO p2', 'refuse'],
  ['ALTER TABLE customers ADD COLUMN s2 text GENERATED ALWAYS AS (ssn) STORED', 'refuse'],
  ['ALTER TABLE customers ALTER COLUMN name TYPE text USING ssn', 'refuse'],
  ["ALTER TABLE customers ADD CHECK (ssn NOT LIKE '0%')", 'refuse'],
  ['CREATE TABLE guess (e text REFERENCES customers (email))', 'refuse'],
  ['CREATE INDEX ON customers ((1 / (ascii(ssn) - 48)))', 'refuse'],
  ['CREATE UNIQUE INDEX ON customers (left(ssn, 1))', 'refuse'],
  ["CREATE INDEX ON customers (id) WHERE ssn LIKE '0%'", 'refuse'],
  ['CREATE TRIGGER t BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION f()', 'refuse'],
  ['CREATE RULE r AS ON UPDATE TO notes DO ALSO INSERT INTO orders (id, note) SELECT 5, ssn FROM customers', 'refuse'],
  ['CREATE RULE r AS ON UPDATE TO customers DO ALSO INSERT INTO notes VALUES (1, OLD.ssn)', 'refuse'],
  ["CREATE POLICY p ON notes USING (EXISTS (SELECT 1 FROM customers WHERE ssn LIKE '0%'))", 'refuse'],
  ["CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS 'SELECT ssn FROM customers'", 'refuse'],
  ['CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT ssn FROM customers; END', 'refuse'],
  ['CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN mail_of(1)', 'refuse'],
  ['CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT contact FROM customer_list LIMIT 1); END $$', 'refuse'],
  ['CREATE FUNCTION f(q text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE q INTO r; RETURN r; END $$', 'refuse'],
  ['CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT ssn FROM U&"\\0063ustomers" LIMIT 1); END $$', 'refuse'],
  ["CREATE FUNCTION q2x(text, boolean, boolean, text) RETURNS xml LANGUAGE internal AS 'query_to_xml'", 'refuse'],
  ["CREATE FUNCTION f() RETURNS text LANGUAGE plpython3u AS $$ return plpy.execute('select 1') $$", 'refuse'],
  ["DO $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM customers LIMIT 1); END $$", 'refuse'],
  ["DO $$ BEGIN EXECUTE 'create table t as select * from cust' || 'omers'; END $$", 'refuse'],
  ['DO LANGUAGE plpython3u $$ plpy.notice(1) $$', 'refuse'],
  ["SELECT pg_notify('c', ssn) FROM customers", 'refuse'],
  ["SELECT set_config('my.x', ssn, false) FROM customers WHERE id = 1", 'refuse'],
  ["SELECT lo_from_bytea(0, convert_to(ssn, 'UTF8')) FROM customers", 'refuse'],
  ["SELECT setval('s', length(ssn)) FROM customers", 'refuse'],
  ['SELECT pg_advisory_lock(hashtext(ssn)) FROM customers', 'refuse'],
  ["SELECT pg_logical_emit_message(false, 'x', ssn) FROM customers", 'refuse'],
  ["SELECT query_to_xml('select ssn from customers', true, false, '')", 'ssn*'],
  ["SELECT query_to_xml('select s' || 'sn from customers', true, false, '')", 'refuse'],
  ["SELECT query_to_xml('select id from customers where ssn like ''0%''', true, false, '')", 'refuse'],
  ["SELECT table_to_xml('customers', true, false, '')", 'refuse'],
  ["SELECT table_to_xml(('cust' || 'omers')::regclass, true, false, '')", 'refuse'],
  ["SELECT schema_to_xml('public', true, false, '')", 'refuse'],
  ["SELECT database_to_xml(true, false, '')", 'refuse'],
  ["SELECT cursor_to_xml('c', 10, true, false, '')", 'refuse'],
  ["SELECT t.word FROM ts_stat('select to_tsvector(ssn) from customers') t", 'refuse'],
  ["SELECT * FROM dblink('dbname=shop', 'select ssn from customers') AS t(s text)", 'refuse'],
  ["SELECT pg_read_file('base/1/1259')", 'refuse'],
  ["SELECT * FROM pg_logical_slot_get_changes('s', NULL, NULL)", 'refuse'],
  ['SELECT chunk_data FROM pg_toast.pg_toast_16385', 'refuse'],
  ["CREATE FOREIGN TABLE c2 (ssn text) SERVER loop OPTIONS (table_name 'customers')", 'refuse'],
  ['IMPORT FOREIGN SCHEMA public FROM SERVER loop INTO other', 'refuse'],
  ["CREATE SUBSCRIPTION s CONNECTION 'host=evil' PUBLICATION p", 'refuse'],
  ['CREATE PUBLICATION p FOR TABLE customers', 'refuse'],
  ["SELECT most_common_vals FROM pg_stats WHERE tablename = 'customers'", 'pg_stats.most_common_vals*'],
  ['SELECT tablename, histogram_bounds::text FROM pg_catalog.pg_stats', '- pg_stats.histogram_bounds*'],
  ['SELECT stavalues1 FROM pg_statistic', 'pg_statistic.stavalues1*'],
  ['SELECT pg_mcv_list_items(stxdmcv) FROM pg_statistic_ext_data', 'pg_mcv_list_items*'],
  ['SELECT pid, query FROM pg_stat_activity', '- pg_stat_activity.query*'],
  ["SELECT pid FROM pg_stat_activity WHERE query LIKE '%1%'", 'refuse'],
  ['SELECT statement FROM pg_prepared_statements', 'pg_prepared_statements.statement*'],
  ['SELECT statement FROM pg_cursors', 'pg_cursors.statement*'],
  ['SELECT query FROM pg_stat_get_activity(NULL)', 'pg_stat_get_activity*'],

  ['CREATE SCHEMA s CREATE VIEW v2 AS SELECT ssn FROM customers', 'refuse'],
  ['CREATE TABLE t (id int, m text DEFAULT mail_of(1))', 'refuse'],
  ['ALTER TABLE notes ALTER COLUMN body SET DEFAULT mail_of(1)', 'refuse'],
  ['CREATE DOMAIN d AS text DEFAULT mail_of(1)', 'refuse'],
  ['SELECT ((SELECT c FROM customers c LIMIT 1)).ssn', 'ssn'],
  ['SELECT (array_agg(c))[1].ssn FROM customers c', 'ssn'],
  ['SELECT customers.*::text FROM customers', 'email,ssn*'],
  ['SELECT x.ssn FROM customers c, LATERAL (SELECT c.*) x', 'ssn'],
  ["COPY customers TO STDOUT (ENCODING 'LATIN1')", 'refuse'],

  // --- names that the text itself gives a meaning
  [
    "CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE sql AS 'INSERT INTO notes VALUES (91, $1) RETURNING body'; SELECT lower(ssn::varchar) FROM customers",
    'refuse',
  ],
  ["CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT $1'; SELECT pg_catalog.lower(ssn) FROM customers", 'ssn*'],
  ["CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT $1'; SELECT ssn(c) FROM customers c", 'refuse'],
  [
    "CREATE FUNCTION kept(text, int) RETURNS text LANGUAGE sql AS 'INSERT INTO notes VALUES ($2, $1) RETURNING body'; CREATE OPERATOR || (LEFTARG = text, RIGHTARG = int, FUNCTION = kept); SELECT ssn || 92 FROM customers WHERE id = 1",
    'refuse',
  ],
  [
    "CREATE FUNCTION kept(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE OPERATOR || (LEFTARG = text, RIGHTARG = int, FUNCTION = kept); SELECT ssn OPERATOR(pg_catalog.||) 'x' FROM customers",
    'ssn*',
  ],
  [
    "CREATE FUNCTION kept(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE count(text) (SFUNC = kept, STYPE = int, INITCOND = '0'); SELECT count(ssn) FROM customers",
    'refuse',
  ],
  ["CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (VALUE NOT LIKE '2%'); SELECT ssn::text FROM customers", 'refuse'],
  ["CREATE DOMAIN public.text AS pg_catalog.text CHECK (VALUE NOT LIKE '2%'); SELECT ssn::public.text FROM customers", 'refuse'],
  ['CREATE TEMP TABLE text (a int); SELECT ssn::text FROM customers', 'refuse'],
  ['DO $$ BEGIN CREATE TABLE x (a int); END $$; SELECT upper(ssn) FROM customers', 'refuse'],
  ['ALTER FUNCTION mail_of(int) RENAME TO total_of', 'refuse'],
  ['ALTER FUNCTION mail_of(int) SET SCHEMA pg_temp', 'refuse'],
  ['CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION mail_of()', 'refuse'],
  ["CREATE OR REPLACE FUNCTION pg_catalog.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'", 'refuse'],
  ['CREATE OPERATOR @@@ (RIGHTARG = int, FUNCTION = mail_of)', 'refuse'],
  ['CREATE OPERATOR !# (RIGHTARG = text, FUNCTION = pg_read_file)', 'refuse'],
  [
    'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN DO $x$ BEGIN INSERT INTO notes SELECT 90, ssn FROM customers; END $x$; END $f$',
    'refuse',
  ],
  [
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN CREATE FUNCTION g() RETURNS text LANGUAGE sql AS 'SELECT ssn FROM customers'; END $f$",
    'refuse',
  ],
  ['SELECT no_such_function(1)', 'refuse'],
  ['SELECT n.body, no_such_function(c) FROM customers c, notes n', 'refuse'],

  // --- what a type, a constraint or an index is given
  ['ALTER TABLE customers ALTER COLUMN ssn TYPE varchar(5)', 'refuse'],
  ["CREATE DOMAIN dd AS text CHECK (VALUE NOT LIKE '2%'); ALTER TABLE customers ALTER ssn TYPE dd", 'refuse'],
  ['ALTER TABLE customers ADD UNIQUE (ssn)', 'refuse'],
  ['CREATE UNIQUE INDEX ON customers (ssn) WHERE id IN (1, 2)', 'refuse'],
  ['CREATE INDEX ON customers (ssn my_ops)', 'refuse'],
  ['CREATE INDEX ON customers (ssn public.text_ops)', 'refuse'],
  ['ALTER TABLE customers ADD EXCLUDE USING gist (ssn WITH =)', 'refuse'],
  ['CREATE TABLE guess (e text PRIMARY KEY); ALTER TABLE customers ADD FOREIGN KEY (ssn) REFERENCES guess (e)', 'refuse'],
  ['ALTER TABLE customers VALIDATE CONSTRAINT later', 'refuse'],
  ['ALTER TABLE notes ENABLE RULE off', 'refuse'],
  ["COPY notes FROM PROGRAM 'psql -c ''select 1, ssn from customers'''", 'refuse'],
  ["COPY notes FROM '/var/lib/postgresql/base/1/1'", 'refuse'],
  ["SELECT lo_import('base/1/1259')", 'refuse'],
  ['SELECT rolpassword FROM pg_authid', 'pg_authid.rolpassword*'],

  // --- queries of WITH RECURSIVE, which see those after them
  ['WITH RECURSIVE a AS (SELECT reverse(body) x FROM notes), notes AS (SELECT ssn AS body FROM customers) SELECT x FROM a', 'ssn*'],
  ['WITH RECURSIVE a AS (SELECT body FROM b), b(body) AS (SELECT reverse(ssn) FROM customers) SELECT * FROM a', 'ssn*'],
  ['WITH a AS (SELECT reverse(body) x FROM notes), notes AS (SELECT ssn AS body FROM customers) SELECT x FROM a', '-'],
  ['SELECT max(body) FROM not_yet_known', 'not_yet_known.**'],

  // --- asking instead of reading
  ['SELECT unnest(array_agg(DISTINCT left(ssn, 1))) FROM customers', 'refuse'],
  ["SELECT c.id, e.key FROM customers c, jsonb_each(jsonb_build_object(left(ssn, 1), 1, '0', 1)) e", 'refuse'],
  ["SELECT jsonb_build_object(left(ssn, 1), 1) -> '0' FROM customers", 'refuse'],
  ['SELECT jsonb_object_keys(jsonb_object_agg(left(ssn, 1), id)) FROM customers', 'refuse'],
  ['SELECT id FROM customers ORDER BY customers.*', 'refuse'],
  ["INSERT INTO customers (id, email) VALUES (6, 'ada@secret.example') ON CONFLICT DO NOTHING", 'refuse'],
  ["INSERT INTO customers (id, email) VALUES (6, 'ada@secret.example') ON CONFLICT ON CONSTRAINT customers_email_key DO NOTHING", 'refuse'],
  ["SELECT id FROM customers WHERE ssn LIKE '1%'", 'refuse'],
  ["SELECT count(*) FROM customers WHERE ssn = '078-05-1120'", 'refuse'],
  ["SELECT id FROM customers WHERE email IN ('a', 'b')", 'refuse'],
  ["SELECT id FROM customers WHERE email = ANY ('{a,b}')", 'refuse'],
  ["SELECT id FROM customers WHERE 'a' < email", 'refuse'],
  ['SELECT id FROM customers WHERE length(ssn) > 3 OR true', 'refuse'],
  ["SELECT id FROM customers WHERE NOT (id > 0 AND ssn ~ '^0')", 'refuse'],
  ["SELECT id FROM customers WHERE ssn BETWEEN '0' AND '1'", 'refuse'],
  ["SELECT id FROM customers WHERE ssn SIMILAR TO '0%'", 'refuse'],
  ["SELECT id FROM customers WHERE (ssn LIKE '0%') IS TRUE", 'refuse'],
  ["SELECT id FROM customers WHERE ssn IS NOT DISTINCT FROM '1'", 'refuse'],
  ["SELECT id FROM customers WHERE nullif(ssn, '1') IS NULL", 'refuse'],
  ["SELECT id FROM customers WHERE substring(ssn FROM '^0') IS NOT NULL", 'refuse'],
  ["SELECT id FROM customers WHERE (id, ssn) = (1, '1')", 'refuse'],
  ["SELECT id FROM customers c WHERE c::text LIKE '%078%'", 'refuse'],
  ['SELECT id FROM customers c WHERE to_jsonb(c) @> \'{"ssn": "1"}\'', 'refuse'],
  ["SELECT id FROM customers c WHERE to_tsvector(email) @@ 'x'", 'refuse'],
  ["SELECT id FROM customer_list WHERE contact LIKE 'a%'", 'refuse'],
  ["SELECT id FROM notes WHERE mail_of(1) LIKE 'a%'", 'refuse'],
  ["SELECT id FROM (SELECT id, ssn AS x FROM customers) q WHERE x LIKE '0%'", 'refuse'],
  ["WITH q AS (SELECT id, left(ssn, 1) AS d FROM customers) SELECT id FROM q WHERE d = '0'", 'refuse'],
  ["SELECT 1 WHERE EXISTS (SELECT 1 FROM customers WHERE ssn LIKE '0%')", 'refuse'],
  ["SELECT (SELECT count(*) FROM customers WHERE ssn LIKE '0%')", 'refuse'],
  ["SELECT ssn = '078-05-1120' FROM customers", 'refuse'],
  ["SELECT ssn LIKE '0%' AS b FROM customers", 'refuse'],
  ["SELECT CASE WHEN ssn LIKE '0%' THEN 1 ELSE 0 END FROM customers", 'refuse'],
  ["SELECT CASE ssn WHEN '078-05-1120' THEN 1 END FROM customers", 'refuse'],
  ["SELECT nullif(ssn, '078-05-1120') FROM customers", 'refuse'],
  ['SELECT id FROM customers ORDER BY ssn', 'refuse'],
  ['SELECT id, ssn FROM customers ORDER BY 2', 'refuse'],
  ['SELECT id, ssn AS x FROM customers ORDER BY x', 'refuse'],
  ['SELECT id FROM customers c ORDER BY c', 'refuse'],
  ['SELECT id FROM customers ORDER BY md5(ssn)', 'refuse'],
  ['SELECT count(*) FROM customers GROUP BY ssn', 'refuse'],
  ['SELECT left(ssn, 1), count(*) FROM customers GROUP BY 1', 'refuse'],
  ['SELECT left(ssn, 1) AS d, count(*) FROM customers GROUP BY d', 'refuse'],
  ['SELECT count(*) FROM customers GROUP BY GROUPING SETS ((city), (email))', 'refuse'],
  ["SELECT city FROM customers GROUP BY city HAVING max(ssn) > '5'", 'refuse'],
  ['SELECT DISTINCT email FROM customers', 'refuse'],
  ['SELECT DISTINCT ON (ssn) id FROM customers', 'refuse'],
  ['SELECT email FROM customers UNION SELECT name FROM customers', 'refuse'],
  ["SELECT ssn FROM customers INTERSECT SELECT '078-05-1120'", 'refuse'],
  ["SELECT ssn FROM customers EXCEPT ALL SELECT '078-05-1120'", 'refuse'],
  ['SELECT c.id FROM customers c JOIN notes n ON n.body = c.ssn', 'refuse'],
  ['SELECT c.id FROM customers c JOIN customers d ON left(c.ssn, 1) = left(d.ssn, 1)', 'refuse'],
  ["SELECT c.id FROM customers c JOIN (VALUES ('078-05-1120')) AS v(ssn) USING (ssn)", 'refuse'],
  ["SELECT c.id FROM customers c NATURAL JOIN (SELECT '078-05-1120'::text AS ssn) v", 'refuse'],
  ["SELECT n.id FROM notes n LEFT JOIN customers c ON c.ssn LIKE '0%'", 'refuse'],
  ['SELECT id FROM notes WHERE body IN (SELECT ssn FROM customers)', 'refuse'],
  ["SELECT '078-05-1120' IN (SELECT ssn FROM customers)", 'refuse'],
  ["SELECT '078-05-1120' = ANY (ARRAY(SELECT ssn FROM customers))", 'refuse'],
  ['SELECT row_number() OVER (ORDER BY ssn), id FROM customers', 'refuse'],
  ['SELECT count(*) OVER (PARTITION BY left(ssn, 1)) FROM customers', 'refuse'],
  ['SELECT rank() OVER w FROM customers WINDOW w AS (ORDER BY email)', 'refuse'],
  ["SELECT count(*) FILTER (WHERE ssn LIKE '0%') FROM customers", 'refuse'],
  ['SELECT array_agg(id ORDER BY ssn) FROM customers', 'refuse'],
  ["SELECT count(substring(ssn FROM '^0')) FROM customers", 'refuse'],
  ["SELECT count(nullif(left(ssn, 1), '0')) FROM customers", 'refuse'],
  ['SELECT count(DISTINCT left(ssn, 1)) FROM customers', 'refuse'],
  ["SELECT count(DISTINCT v) FROM (VALUES ('078-05-1120'), ((SELECT ssn FROM customers WHERE id = 1))) AS q(v)", 'refuse'],
  ["SELECT count(DISTINCT v) FROM (SELECT ssn AS v FROM customers UNION ALL SELECT '078-05-1120') AS q", 'refuse'],
  ["SELECT ts_rewrite('a'::tsquery, concat('SELECT ''a''::tsquery, quote_literal(ssn)::tsquery FROM custo', 'mers'))", 'refuse'],
  ['CLUSTER customers USING customers_email_key', 'refuse'],
  ["CREATE STATISTICS spy ON (ssn = '078-05-1120'), city FROM customers", 'refuse'],
  [
    "CREATE TRIGGER spy BEFORE UPDATE ON customers FOR EACH ROW WHEN (OLD.ssn = '078-05-1120') EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    'refuse',
  ],
  ["CREATE UNIQUE INDEX spy ON customers (city) WHERE ssn <> '078-05-1120'", 'refuse'],
  ['SELECT id FROM notes LIMIT (SELECT ascii(ssn) FROM customers WHERE id = 1)', 'refuse'],
  ['SELECT generate_series(1, ascii(ssn)) FROM customers', 'refuse'],
  ['SELECT g FROM customers c, generate_series(1, length(c.ssn)) g', 'refuse'],
  ["SELECT 1 FROM customers, regexp_split_to_table(ssn, '')", 'refuse'],
  ["SELECT unnest(string_to_array(ssn, '1')) FROM customers", 'refuse'],
  ["SELECT regexp_matches(ssn, '^0') FROM customers", 'refuse'],
  ['SELECT pg_sleep(ascii(ssn) - 48) FROM customers WHERE id = 1', 'refuse'],
  ['SELECT 1 / (ascii(ssn) - 48) FROM customers WHERE id = 1', 'refuse'],
  ['SELECT ssn::int FROM customers', 'refuse'],
  ["SELECT ('\\' || ssn)::bytea FROM customers", 'refuse'],
  ['SELECT \'{"0": 1}\'::jsonb -> left(ssn, 1) FROM customers', 'refuse'],
  ['SELECT (ARRAY[1, 2, 3])[ascii(ssn) - 48] FROM customers', 'refuse'],
  ['SELECT jsonb_path_exists(to_jsonb(c), \'$ ? (@.ssn like_regex "^0")\') FROM customers c', 'refuse'],
  ["UPDATE notes SET body = 'x' WHERE EXISTS (SELECT 1 FROM customers WHERE ssn LIKE '0%')", 'refuse'],
  ["DELETE FROM customers WHERE ssn = '1'", 'refuse'],
  ["UPDATE customers SET city = CASE WHEN ssn LIKE '0%' THEN 'a' ELSE 'b' END", 'refuse'],
  ["INSERT INTO customers (id, email) VALUES (5, 'ada@secret.example') ON CONFLICT (email) DO NOTHING", 'refuse'],
  ['MERGE INTO notes n USING customers c ON n.body = c.ssn WHEN MATCHED THEN DELETE', 'refuse'],
  ["MERGE INTO notes n USING customers c ON n.id = c.id WHEN MATCHED AND c.ssn LIKE '0%' THEN DELETE", 'refuse'],
  ["EXPLAIN SELECT * FROM customers WHERE ssn = '1'", 'refuse'],
  ["EXPLAIN ANALYZE SELECT id FROM customers WHERE ssn LIKE '0%'", 'refuse'],
  ['EXPLAIN (VERBOSE) SELECT mail_of(1)', 'refuse'],
  ["PREPARE p AS SELECT id FROM customers WHERE ssn = $1; EXECUTE p ('078-05-1120')", 'refuse'],
  ['BEGIN; DECLARE c CURSOR FOR SELECT id FROM customers ORDER BY ssn; FETCH 1 FROM c', 'refuse'],
  ["SELECT x.a FROM customers c, XMLTABLE('/x' PASSING xmlelement(name x, c.ssn) COLUMNS a text PATH '.') x", 'refuse'],
  [
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, customers c WHERE c.id = 1 AND n < ascii(c.ssn)) SELECT count(*) FROM r',
    'refuse',
  ],
  // --- the same by other ways, as a real server was asked
  ["SELECT count(*) FROM customers c, unnest(string_to_array(c.ssn, '-'))", 'refuse'],
  ['SELECT 1 FROM customers c, generate_series(1, length(c.ssn))', 'refuse'],
  ['SELECT generate_series(1, length(ssn)) FROM customers', 'refuse'],
  ["SELECT regexp_split_to_table(email, '[.@]') FROM customers", 'refuse'],
  ["SELECT name, regexp_matches(email, '^a', 'g') FROM customers", 'refuse'],
  ['SELECT id FROM notes LIMIT (SELECT length(max(ssn)) - 10 FROM customers)', 'refuse'],
  ['SELECT id FROM notes OFFSET (SELECT length(max(ssn)) - 10 FROM customers)', 'refuse'],
  ['SELECT id FROM notes FETCH FIRST (SELECT length(max(email)) - 17 FROM customers) ROWS ONLY', 'refuse'],
  ['SELECT id, ssn AS s FROM customers ORDER BY s DESC', 'refuse'],
  ['SELECT id FROM (SELECT id, ssn FROM customers ORDER BY ssn) q', 'refuse'],
  ['SELECT id, row_number() OVER (ORDER BY ssn) FROM customers', 'refuse'],
  ['SELECT id, ntile(2) OVER (ORDER BY email DESC) FROM customers', 'refuse'],
  ['SELECT id, count(*) OVER (PARTITION BY left(ssn, 1)) FROM customers', 'refuse'],
  ['SELECT DISTINCT left(ssn, 1) FROM customers', 'refuse'],
  ['SELECT DISTINCT ON (left(ssn, 1)) id FROM customers', 'refuse'],
  ["SELECT '078-05-1120' EXCEPT SELECT ssn FROM customers", 'refuse'],
  ['SELECT left(ssn, 1) FROM customers UNION SELECT left(ssn, 1) FROM customers', 'refuse'],
  ["SELECT count(*) FROM (SELECT left(ssn, 1) FROM customers UNION SELECT '0') q", 'refuse'],
  ["SELECT id FROM customers NATURAL JOIN (VALUES ('078-05-1120')) v(ssn)", 'refuse'],
  ["SELECT id FROM customers JOIN (VALUES ('078-05-1120')) v(ssn) USING (ssn)", 'refuse'],
  ["SELECT o.id FROM orders o LEFT JOIN customers c ON c.ssn LIKE '0%' WHERE c.id IS NULL", 'refuse'],
  ["SELECT id FROM customers c JOIN LATERAL (SELECT 1 WHERE c.ssn LIKE '0%') l ON true", 'refuse'],
  ["SELECT id FROM notes WHERE EXISTS (SELECT FROM customers WHERE email LIKE 'ada%')", 'refuse'],
  ["SELECT id FROM notes WHERE '078-05-1120' = ANY (ARRAY(SELECT ssn FROM customers))", 'refuse'],
  ["SELECT city FROM customers GROUP BY city HAVING max(ssn) > '2'", 'refuse'],
  ["SELECT id FROM customers ORDER BY CASE WHEN ssn LIKE '0%' THEN 1 ELSE 2 END", 'refuse'],
  ['SELECT count(*) FROM customers GROUP BY left(ssn, 1)', 'refuse'],
  ['SELECT id FROM customers c WHERE to_jsonb(c) @> \'{"ssn": "078-05-1120"}\'', 'refuse'],
  ['SELECT id FROM customers c WHERE jsonb_path_exists(to_jsonb(c), \'$.ssn ? (@ like_regex "^0")\')', 'refuse'],
  ["SELECT id FROM customers c WHERE c = ROW(1, 'Ada', 'ada@secret.example', '078-05-1120', 'Berlin', '2024-01-05')::customers", 'refuse'],
  ["SELECT id FROM customers c WHERE (id, ssn) = (1, '078-05-1120')", 'refuse'],
  ["SELECT id FROM customers WHERE (CASE WHEN id = 1 THEN ssn END) > '0'", 'refuse'],
  ["SELECT id FROM (SELECT id, left(ssn, 1) AS l FROM customers) q WHERE l = '0'", 'refuse'],
  ["WITH q AS (SELECT id, ssn AS name FROM customers) SELECT id FROM q WHERE name < '1'", 'refuse'],
  ["SELECT l.id FROM customer_list l WHERE contact LIKE 'ada%'", 'refuse'],
  ["SELECT id FROM orders WHERE mail_of(customer_id) LIKE 'ada%'", 'refuse'],
  [
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < (SELECT length(max(ssn)) FROM customers)) SELECT n FROM r',
    'refuse',
  ],
  ['SELECT id FROM orders TABLESAMPLE BERNOULLI ((SELECT length(max(ssn)) FROM customers))', 'refuse'],
  ["SELECT CASE WHEN ssn LIKE '0%' THEN 1 / 0 ELSE 1 END FROM customers WHERE id = 1", 'refuse'],
  ['SELECT 1 / (length(ssn) - 11) FROM customers WHERE id = 1', 'refuse'],
  ['SELECT ssn::date FROM customers', 'refuse'],
  ['SELECT email::uuid FROM customers', 'refuse'],
  ["SELECT to_number(ssn, '999') FROM customers", 'refuse'],
  ["SELECT (ssn || 'x')::json FROM customers", 'refuse'],
  ["SELECT CASE WHEN ssn LIKE '0%' THEN NULL ELSE ssn END FROM customers", 'refuse'],
  ["SELECT substring(ssn FROM '^0') FROM customers", 'refuse'],
  ["SELECT (string_to_array(ssn, '-'))[4] FROM customers", 'refuse'],
  ['SELECT to_jsonb(c) -> left(ssn, 3) FROM customers c', 'refuse'],
  ["SELECT nullif(ssn LIKE '0%', true) FROM customers", 'refuse'],
  ["SELECT ARRAY[nullif(ssn, '078-05-1120')] FROM customers", 'refuse'],
  ["SELECT nullif(length(ssn), 11)::text, nullif(ssn, '078-05-1120')::varchar(2) FROM customers", 'refuse'],
  ["SELECT email FROM (SELECT nullif(email, 'ada@secret.example') AS email FROM customers) customers", 'refuse'],
  ["COPY (SELECT nullif(ssn, '078-05-1120') FROM customers) TO STDOUT", 'refuse'],
  ["COPY (SELECT nullif(ssn, '078-05-1120') FROM customers) TO STDOUT (FORMAT binary)", 'refuse'],
  ['SELECT pg_sleep(length(ssn) / 1000.0) FROM customers', 'refuse'],
  ["EXPLAIN SELECT * FROM customers WHERE ssn = '078-05-1120'", 'refuse'],
  ["EXPLAIN ANALYZE SELECT * FROM customers WHERE ssn LIKE '0%'", 'refuse'],
  ["DELETE FROM notes USING customers c WHERE c.ssn LIKE '0%'", 'refuse'],
  ["UPDATE notes SET body = 'x' FROM customers c WHERE c.ssn LIKE '0%'", 'refuse'],
  ["DELETE FROM customers WHERE ssn LIKE '0%'", 'refuse'],
  ["UPDATE customers SET city = 'x' WHERE email = 'ada@secret.example'", 'refuse'],
  ["MERGE INTO notes n USING customers c ON c.ssn LIKE '0%' WHEN MATCHED THEN DELETE", 'refuse'],
  ["INSERT INTO notes SELECT 70, 'x' FROM customers WHERE ssn LIKE '0%'", 'refuse'],
  ['COPY notes (body) FROM PROGRAM \'psql -c "select ssn from customers"\'', 'refuse'],
  ["COPY notes (body) FROM '/etc/hostname'", 'refuse'],
  ['BEGIN; DECLARE c BINARY CURSOR FOR SELECT ssn, upper(email) FROM customers; FETCH 2 FROM c', 'ssn email*'],
  ['BEGIN; DECLARE c SCROLL CURSOR FOR TABLE customers; MOVE 2 FROM c; FETCH BACKWARD ALL FROM c', '- - email ssn - -'],
  ["SELECT ts_headline(email, to_tsquery('ada')) FROM customers", 'refuse'],
  ['SELECT to_tsvector(email) FROM customers', 'email*'],
  ['SELECT json_populate_record(NULL::customers, row_to_json(c)) FROM customers c', 'refuse'],
  ['SELECT x.ssn FROM json_to_recordset((SELECT json_agg(c) FROM customers c)) AS x(id int, ssn text)', 'refuse'],
  ['SELECT jsonb_populate_recordset(NULL::customers, (SELECT jsonb_agg(c) FROM customers c))', 'refuse'],
  [
    "SELECT x.* FROM xmltable('/r/v' PASSING (SELECT xmlelement(name r, xmlagg(xmlelement(name v, ssn))) FROM customers) COLUMNS v text PATH '.') x",
    'refuse',
  ],
  ['SELECT hstore_to_json(hstore(c)) FROM customers c', 'refuse'],
  ["SELECT get_raw_page('customers', 0)", 'refuse'],
  ["SELECT encode(pg_read_binary_file(pg_relation_filepath('customers')), 'escape')", 'refuse'],
  ["SELECT lo_import('/etc/passwd')", 'refuse'],
  ['SELECT currval(ssn) FROM customers', 'refuse'],
  ['SELECT to_regclass(ssn), to_regtype(email) FROM customers', 'refuse'],
  ['SELECT ssn::regclass FROM customers', 'refuse'],
  ["SELECT has_table_privilege(email, 'customers', 'SELECT') FROM customers", 'refuse'],
  ['SELECT pg_typeof(ssn), pg_column_size(ssn), octet_length(email) FROM customers', 'ssn* ssn* email*'],
  ['SELECT hashtext(ssn), md5(email), sha256(ssn::bytea) FROM customers', 'refuse'],
  ["SELECT ssn > email, ssn IS NULL, ssn IS DISTINCT FROM '078-05-1120' FROM customers", 'refuse'],
  ["SELECT ssn IN ('078-05-1120') FROM customers", 'refuse'],
  ["SELECT bool_or(ssn = '078-05-1120') FROM customers", 'refuse'],
  ["SELECT EXISTS (SELECT FROM customers WHERE ssn = '078-05-1120')", 'refuse'],
  ["SELECT (SELECT name FROM customers WHERE ssn = '078-05-1120')", 'refuse'],
  ["SELECT id FROM customers WHERE ssn IS NOT NULL AND ssn > '0'", 'refuse'],
]

/**
 * What people and programs ask all day, which must not be refused. The outcome
 * `free` means that nothing in the answer is masked, however many columns it has.
 */
export const ordinary: readonly CorpusLine[] = [
  // --- selects of what is not masked, and of what is
  ['SELECT 1', 'free'],
  ['SELECT version()', 'free'],
  ['SELECT now(), current_user, current_database(), current_schema()', 'free'],
  ['SELECT id, name, city FROM customers', 'free'],
  ['SELECT id, name, city FROM customers WHERE id = 1', 'free'],
  ['SELECT c.id, c.name FROM customers c WHERE c.city = $1 ORDER BY c.name LIMIT 20 OFFSET 40', 'free'],
  ['SELECT id, name, email FROM customers WHERE id = $1', '- - email'],
  ['SELECT * FROM customers WHERE id = $1', '- - email ssn - -'],
  ['SELECT * FROM customers ORDER BY id DESC LIMIT 10', '- - email ssn - -'],
  ['SELECT * FROM customers ORDER BY created_at DESC NULLS LAST, 1 FETCH FIRST 5 ROWS ONLY', '- - email ssn - -'],
  ['SELECT * FROM orders', 'free'],
  ['SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id', 'free'],
  ['SELECT o.*, c.* FROM orders o LEFT JOIN customers c ON c.id = o.customer_id', '- - - - - - email ssn - -'],
  ["SELECT id, name FROM customer_list WHERE name ILIKE 'a%'", 'free'],
  ['SELECT name, contact FROM customer_list ORDER BY name', '- email'],
  ["SELECT * FROM notes WHERE body LIKE '%email%'", 'free'],
  ["SELECT 'email' AS ssn", 'free'],
  ['SELECT name AS email FROM customers', 'free'],
  ['SELECT note AS ssn FROM orders ORDER BY ssn', 'free'],
  ['SELECT id FROM customers WHERE email IS NULL', 'free'],
  ["SELECT id FROM customers WHERE email IS NOT NULL AND city = 'Berlin'", 'free'],
  ['SELECT id, email IS NULL AS has_no_mail FROM customers', 'free'],
  ["SELECT id, CASE WHEN email IS NULL THEN 'no' ELSE 'yes' END FROM customers", 'free'],
  ['SELECT count(*) FROM customers', 'free'],
  ['SELECT count(email), count(ssn), count(DISTINCT email) FROM customers', 'free'],
  ['SELECT count(*) FILTER (WHERE email IS NOT NULL) FROM customers', 'free'],
  ['SELECT count(c) FROM customers c', 'free'],
  ['SELECT EXISTS (SELECT 1 FROM customers WHERE id = 3)', 'free'],
  ["SELECT EXISTS (SELECT * FROM customers WHERE city = 'Berlin')", 'free'],
  ["SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE city = 'Paris')", 'free'],
  ['SELECT id FROM orders o WHERE NOT EXISTS (SELECT FROM customers c WHERE c.id = o.customer_id)', 'free'],
  ["SELECT coalesce(name, '?'), upper(city), length(name) FROM customers", 'free'],
  ['SELECT DISTINCT city FROM customers', 'free'],
  ['SELECT DISTINCT ON (city) city, name FROM customers ORDER BY city, created_at', 'free'],
  ['SELECT city FROM customers UNION SELECT note FROM orders ORDER BY 1', 'free'],
  ['SELECT id FROM customers EXCEPT SELECT customer_id FROM orders', 'free'],
  ['SELECT q.id FROM (SELECT * FROM customers) q ORDER BY q.id', 'free'],
  ["SELECT q.id, q.name FROM (SELECT * FROM customers WHERE id < 10) q WHERE q.city <> 'x'", 'free'],
  ["WITH q AS (SELECT * FROM customers) SELECT id, city FROM q WHERE created_at > now() - interval '30 days'", 'free'],
  ['SELECT c.id, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c', 'free'],
  ['SELECT c.name, o.last FROM customers c CROSS JOIN LATERAL (SELECT max(id) AS last FROM orders WHERE customer_id = c.id) o', 'free'],
  ["SELECT json_build_object('id', id, 'name', name) FROM customers", 'free'],
  ['SELECT row_to_json(o) FROM orders o', 'free'],
  ['SELECT json_agg(q) FROM (SELECT id, name FROM customers) q', 'free'],
  ['SELECT (o).total FROM orders o', 'free'],
  ['SELECT g, g * 2 FROM generate_series(1, 10) AS g', 'free'],
  ['SELECT * FROM generate_series(1, 3)', 'free'],
  ["SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) WITH ORDINALITY AS t(a, b, n)", 'free'],
  ['SELECT x.a, x.b FROM json_to_recordset(\'[{"a":1,"b":2}]\') AS x(a int, b int)', 'free'],
  ['SELECT * FROM jsonb_each_text(\'{"a":1}\')', 'free'],
  ["VALUES (1, 'a'), (2, 'b')", 'free'],
  ["SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, l) ORDER BY n", 'free'],
  ['WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t', 'free'],
  [
    'WITH RECURSIVE tree AS (SELECT id, customer_id, 1 AS depth FROM orders WHERE customer_id IS NULL UNION ALL SELECT o.id, o.customer_id, t.depth + 1 FROM orders o JOIN tree t ON t.id = o.customer_id) SELECT * FROM tree ORDER BY depth',
    'free',
  ],
  ['SELECT ctid, tableoid::regclass, xmin FROM customers LIMIT 1', 'free'],
  ['SELECT id FROM customers FOR UPDATE SKIP LOCKED', 'free'],

  // --- dashboards
  ["SELECT date_trunc('month', created_at) AS m, count(*) FROM customers GROUP BY 1 ORDER BY 1", 'free'],
  ["SELECT date_trunc('day', c.created_at)::date AS day, count(DISTINCT c.id) FROM customers c GROUP BY day ORDER BY day", 'free'],
  ['SELECT city, count(*) AS n FROM customers GROUP BY city HAVING count(*) > 1 ORDER BY n DESC', 'free'],
  ['SELECT city, count(email) AS reachable, count(*) AS all FROM customers GROUP BY city', 'free'],
  [
    'SELECT c.city, sum(o.total) AS revenue, avg(o.total)::numeric(10,2) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.city ORDER BY revenue DESC NULLS LAST LIMIT 10',
    'free',
  ],
  ['SELECT c.id, c.name, count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name', 'free'],
  ['SELECT c.id, c.email, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY 3 DESC', '- email -'],
  [
    'SELECT id, total, sum(total) OVER (PARTITION BY customer_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders',
    'free',
  ],
  ['SELECT name, rank() OVER (ORDER BY created_at), lag(name) OVER w FROM customers WINDOW w AS (PARTITION BY city ORDER BY id)', 'free'],
  ['SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY total) FROM orders', 'free'],
  ['SELECT width_bucket(total, 0, 100, 10) AS b, count(*) FROM orders GROUP BY b ORDER BY b', 'free'],
  ['SELECT count(*) FILTER (WHERE total > 10) AS big, count(*) FILTER (WHERE total <= 10) AS small FROM orders', 'free'],
  ["SELECT city, string_agg(name, ', ' ORDER BY name) FROM customers GROUP BY city", 'free'],
  ['SELECT customer_id, array_agg(id ORDER BY id) FROM orders GROUP BY GROUPING SETS ((customer_id), ())', 'free'],
  ['SELECT city, grouping(city), count(*) FROM customers GROUP BY ROLLUP (city)', 'free'],
  [
    "SELECT d::date, coalesce(n, 0) FROM generate_series(now() - interval '7 days', now(), '1 day') d LEFT JOIN (SELECT created_at::date AS day, count(*) n FROM customers GROUP BY 1) q ON q.day = d::date",
    'free',
  ],
  ["SELECT to_char(created_at, 'YYYY-MM') AS month, count(*) FROM customers WHERE created_at BETWEEN $1 AND $2 GROUP BY month", 'free'],
  ['SELECT extract(dow FROM created_at) AS dow, count(*) FROM customers GROUP BY dow', 'free'],
  [
    'WITH m AS (SELECT customer_id, max(id) AS last FROM orders GROUP BY customer_id) SELECT c.name, o.total FROM m JOIN orders o ON o.id = m.last JOIN customers c ON c.id = m.customer_id',
    'free',
  ],
  [
    'SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY customer_id ORDER BY total DESC) AS rn FROM orders o) q WHERE rn = 1',
    'free',
  ],
  ['SELECT relname, n_live_tup, n_dead_tup, last_autovacuum FROM pg_stat_user_tables ORDER BY n_dead_tup DESC', 'free'],
  ["SELECT pid, state, wait_event_type, now() - query_start AS age FROM pg_stat_activity WHERE state <> 'idle' ORDER BY age DESC", 'free'],
  ['SELECT count(*), state FROM pg_stat_activity GROUP BY state', 'free'],
  ['SELECT datname, pg_size_pretty(pg_database_size(datname)) FROM pg_database', 'free'],
  ["SELECT pg_size_pretty(pg_total_relation_size('customers'))", 'free'],
  ['SELECT queryid, calls, total_exec_time FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 10', 'free'],
  ["SELECT tablename, attname, n_distinct, null_frac FROM pg_stats WHERE schemaname = 'public'", 'free'],
  ['SELECT * FROM pg_locks WHERE NOT granted', 'free'],
  ["SELECT name, setting FROM pg_settings WHERE name LIKE 'max%'", 'free'],
  ['SHOW server_version', 'free'],
  ['EXPLAIN SELECT * FROM customers WHERE id = 1', 'free'],
  ['EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT city, count(*) FROM customers GROUP BY city', 'free'],

  // --- ORMs
  ['SELECT "customers"."id", "customers"."name", "customers"."city" FROM "customers" WHERE "customers"."id" = $1 LIMIT $2', 'free'],
  ['SELECT "customers".* FROM "customers" WHERE "customers"."city" = $1 ORDER BY "customers"."id" ASC LIMIT $2', '- - email ssn - -'],
  ['SELECT 1 AS one FROM "customers" WHERE "customers"."name" = $1 LIMIT $2', 'free'],
  ['SELECT COUNT(*) FROM "customers" INNER JOIN "orders" ON "orders"."customer_id" = "customers"."id"', 'free'],
  ['SELECT "customers"."id", "customers"."email" FROM "customers" WHERE "customers"."id" IN (1, 2, 3)', '- email'],
  ['SELECT (1) AS "a" FROM "customers" WHERE "customers"."id" = 1 LIMIT 1', 'free'],
  [
    'SELECT COUNT(*) AS "__count" FROM "orders" INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."id") WHERE "customers"."city" = \'x\'',
    'free',
  ],
  [
    'SELECT "orders"."customer_id", SUM("orders"."total") AS "s" FROM "orders" GROUP BY "orders"."customer_id" HAVING SUM("orders"."total") > 5',
    'free',
  ],
  [
    'SELECT "public"."customers"."id", "public"."customers"."email", "public"."customers"."city" FROM "public"."customers" WHERE ("public"."customers"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3',
    '- email -',
  ],
  ['SELECT COUNT(*) FROM (SELECT "public"."customers"."id" FROM "public"."customers" WHERE 1=1 OFFSET $1) AS "sub"', 'free'],
  [
    'SELECT "t1"."id", COALESCE("aggr_selection_0_Order"."_aggr_count_orders", 0) AS "_aggr_count_orders" FROM "public"."customers" AS "t1" LEFT JOIN (SELECT "public"."orders"."customer_id", COUNT(*) AS "_aggr_count_orders" FROM "public"."orders" WHERE 1=1 GROUP BY "public"."orders"."customer_id") AS "aggr_selection_0_Order" ON ("t1"."id" = "aggr_selection_0_Order"."customer_id")',
    'free',
  ],
  [
    'SELECT "t0"."id", "t0_orders"."__prisma_data__" AS "orders" FROM "public"."customers" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), \'[]\') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT(\'id\', "t2"."id") AS "__prisma_data__" FROM (SELECT "t1".* FROM "public"."orders" AS "t1" WHERE "t0"."id" = "t1"."customer_id") AS "t2") AS "t3") AS "t4") AS "t0_orders" ON true',
    'free',
  ],
  [
    'SELECT anon_1.customers_id, orders_1.total FROM (SELECT customers.id AS customers_id FROM customers LIMIT 5) AS anon_1 LEFT OUTER JOIN orders AS orders_1 ON anon_1.customers_id = orders_1.customer_id',
    'free',
  ],
  ['INSERT INTO "customers" ("name", "email", "ssn") VALUES ($1, $2, $3) RETURNING "id"', 'free'],
  [
    "INSERT INTO customers (id, name, email, ssn, city) VALUES (50, 'x', 'x@y', '1', 'z') ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email, ssn = EXCLUDED.ssn",
    'none',
  ],
  ["INSERT INTO orders (id, customer_id, total) SELECT 90, id, 1 FROM customers WHERE name = 'Ada'", 'none'],
  ["INSERT INTO notes VALUES (60, 'a'), (61, 'b') RETURNING *", 'free'],
  ['UPDATE "customers" SET "email" = $1 WHERE "customers"."id" = $2', 'none'],
  ["UPDATE customers SET city = upper(city), name = 'n' WHERE id = 1 RETURNING id, city", 'free'],
  ['UPDATE customers SET email = lower(email) WHERE id = 1', 'none'],
  ['UPDATE customers SET email = NULL, ssn = NULL WHERE id = 1', 'none'],
  ['UPDATE orders o SET note = c.name FROM customers c WHERE c.id = o.customer_id', 'none'],
  ['UPDATE orders SET (note, total) = (SELECT name, 1 FROM customers WHERE id = customer_id)', 'none'],
  ['DELETE FROM customers WHERE id = 1', 'none'],
  ["DELETE FROM orders USING customers c WHERE c.id = customer_id AND c.city = 'x'", 'none'],
  [
    'MERGE INTO notes n USING orders o ON n.id = o.id WHEN MATCHED THEN UPDATE SET body = o.note WHEN NOT MATCHED THEN INSERT (id, body) VALUES (o.id, o.note)',
    'none',
  ],
  ['BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT', 'none'],
  ['SET search_path = public; SELECT name FROM customers', 'free'],
  ["SET LOCAL statement_timeout = '5s'", 'none'],
  ["SELECT set_config('search_path', 'public', false)", 'free'],
  ['BEGIN; DECLARE c CURSOR FOR SELECT id, name FROM customers; FETCH 2 FROM c', 'free'],
  ['PREPARE q (int) AS SELECT name FROM customers WHERE id = $1; EXECUTE q (1)', 'free'],
  ['DEALLOCATE ALL', 'none'],
  ['SELECT pg_advisory_lock(42)', 'free'],
  ["SELECT nextval('s'), currval('s')", 'free'],
  ['COPY orders TO STDOUT WITH (FORMAT csv, HEADER)', 'free'],
  ['COPY (SELECT id, city FROM customers) TO STDOUT', 'free'],
  ['COPY customers (id, name) TO STDOUT', 'free'],
  ['COPY customers FROM STDIN', 'none'],
  ["LISTEN c; NOTIFY c, 'hello'", 'none'],

  ['BEGIN; CREATE TEMP TABLE t (id int, what text); SELECT *, what FROM t', '- - -'],
  ['CREATE TEMP TABLE t (id int); SELECT upper(email) FROM customers', 'email*'],
  ["CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'; SELECT id, email FROM customers", '- email'],
  [
    "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'; SELECT lower(name), count(*) FROM customers GROUP BY 1",
    'free',
  ],
  ["SELECT set_config('search_path', 'public', false); SELECT upper(email) FROM customers", 'email*'],
  ['DROP TABLE notes; SELECT id, upper(email) FROM customers', '- email*'],
  ['WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3), u AS (SELECT n FROM t) SELECT * FROM u, t', 'free'],

  // --- definitions
  ['CREATE TABLE t (id serial PRIMARY KEY, email text UNIQUE, ref int REFERENCES customers (id))', 'none'],
  ['CREATE TEMP TABLE t AS SELECT id, city FROM customers', 'none'],
  ['SELECT id, name INTO TEMP t FROM customers', 'none'],
  ['CREATE VIEW v AS SELECT c.id, c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id', 'none'],
  ['CREATE MATERIALIZED VIEW v AS SELECT city, count(*) FROM customers GROUP BY city', 'none'],
  ['REFRESH MATERIALIZED VIEW v', 'none'],
  ['CREATE INDEX CONCURRENTLY i ON customers (email)', 'none'],
  ['CREATE INDEX i ON customers (lower(name), city) WHERE city IS NOT NULL', 'none'],
  ['ALTER TABLE customers ADD COLUMN phone text', 'none'],
  ['ALTER TABLE customers ADD CHECK (length(name) > 0)', 'none'],
  ['ALTER TABLE customers ALTER COLUMN ssn SET NOT NULL', 'none'],
  ['ALTER TABLE customers DROP COLUMN ssn', 'none'],
  ['ALTER TABLE orders RENAME COLUMN note TO remark', 'none'],
  ['ALTER TABLE customers RENAME COLUMN city TO town', 'none'],
  ['CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION f()', 'none'],
  ["CREATE FUNCTION total_of(int) RETURNS numeric LANGUAGE sql AS 'SELECT sum(total) FROM orders WHERE customer_id = $1'", 'none'],
  ['CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := now()::text; RETURN NEW; END $$', 'none'],
  ["DO $$ BEGIN RAISE NOTICE '%', (SELECT count(*) FROM orders); END $$", 'none'],
  ['GRANT SELECT ON customers TO PUBLIC', 'none'],
  ["COMMENT ON COLUMN customers.ssn IS 'secret'", 'none'],
  ['VACUUM ANALYZE customers', 'none'],
  ['TRUNCATE notes', 'none'],
  ['DROP TABLE IF EXISTS nothing', 'none'],
  ["CREATE ROLE r LOGIN PASSWORD 'x'", 'none'],

  ['CREATE INDEX ON customers (email text_pattern_ops)', 'none'],
  ['CREATE UNIQUE INDEX ON customers (name, city)', 'none'],
  ['ALTER TABLE customers ALTER COLUMN name TYPE varchar(100)', 'none'],
  ['ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT paid', 'none'],
  ['ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID', 'none'],
  ["CREATE DOMAIN word AS text CHECK (VALUE <> ''); ALTER DOMAIN word ADD CHECK (VALUE <> 'x')", 'none'],
  [
    "CREATE FUNCTION plus(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE OPERATOR @@@ (LEFTARG = text, RIGHTARG = int, FUNCTION = plus)",
    'none',
  ],
  ['CREATE TRIGGER t BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'none'],
  ['CREATE RULE quiet AS ON DELETE TO notes DO INSTEAD NOTHING', 'none'],

  // --- what drivers and desktop tools ask when they connect
  [
    "SELECT n.nspname AS table_schem, c.relname AS table_name FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r' ORDER BY 1, 2",
    'free',
  ],
  [
    'SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod, c.collname, col_description(a.attrelid, a.attnum) AS comment, attidentity AS identity, attgenerated as attgenerated FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum LEFT JOIN pg_type t ON a.atttypid = t.oid LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation WHERE a.attrelid = \'"customers"\'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum',
    'free',
  ],
  ["SELECT t.oid, t.typname FROM pg_type as t WHERE t.typname IN ('int2', 'int4', 'json')", 'free'],
  [
    "SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2')",
    'free',
  ],
  [
    "SELECT distinct i.relname, d.indisunique, d.indkey, pg_get_indexdef(d.indexrelid), pg_catalog.obj_description(i.oid, 'pg_class') AS comment, d.indisvalid FROM pg_class t INNER JOIN pg_index d ON t.oid = d.indrelid INNER JOIN pg_class i ON d.indexrelid = i.oid LEFT JOIN pg_namespace n ON n.oid = t.relnamespace WHERE i.relkind IN ('i', 'I') AND d.indisprimary = 'f' AND t.relname = 'customers' AND n.nspname = ANY (current_schemas(false)) ORDER BY i.relname",
    'free',
  ],
  [
    "SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END, obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid)",
    'free',
  ],
  [
    "SELECT c.conname, array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS ca ON cols.colid = ca.attnum WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx), c.contype, (SELECT fkc.relname || '.' || fka.attname FROM pg_attribute AS fka JOIN pg_class AS fkc ON fka.attrelid = fkc.oid WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]), cl.reloptions FROM pg_constraint AS c JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.relname = 'customers' AND pg_catalog.pg_table_is_visible(cl.oid)",
    'free',
  ],
  [
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position",
    'free',
  ],
  ['SELECT * FROM information_schema.tables', 'free'],
  [
    "SELECT tc.constraint_name, kcu.column_name, ccu.table_name AS foreign_table_name FROM information_schema.table_constraints AS tc JOIN information_schema.key_column_usage AS kcu ON tc.constraint_name = kcu.constraint_name AND tc.table_schema = kcu.table_schema JOIN information_schema.constraint_column_usage AS ccu ON ccu.constraint_name = tc.constraint_name WHERE tc.constraint_type = 'FOREIGN KEY' AND tc.table_name = 'orders'",
    'free',
  ],
  ["SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')", 'free'],
  [
    'SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relname = $1::VARCHAR AND pg_catalog.pg_class.relkind = ANY (ARRAY[$2::VARCHAR, $3::VARCHAR]) AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid) AND pg_catalog.pg_namespace.nspname != $4::VARCHAR',
    'free',
  ],
  ["SELECT pg_get_viewdef('customer_list'::regclass, true)", 'free'],
  [
    'SELECT result.TABLE_CAT, result.TABLE_NAME, (result.KEYS).n AS KEY_SEQ FROM (SELECT NULL AS TABLE_CAT, ct.relname AS TABLE_NAME, information_schema._pg_expandarray(i.indkey) AS KEYS FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_index i ON ct.oid = i.indrelid) result',
    'free',
  ],
  ['SELECT SESSION_USER, pg_is_in_recovery(), inet_server_addr(), pg_backend_pid()', 'free'],
  ['SELECT rolname, rolsuper FROM pg_roles ORDER BY rolname', 'free'],
  ["SELECT proname, prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = 'public'", 'free'],
  ['SELECT sequence_name FROM information_schema.sequences', 'free'],
  ['SELECT * FROM pg_catalog.pg_class c LIMIT 5', 'free'],
  ['SELECT extname, extversion FROM pg_extension', 'free'],
]

/** More on top of the schema: operators, casts, domains, aggregates, generated columns and rules of someone's own. */
export const peculiarSchema = `
CREATE SCHEMA hr;
CREATE TABLE people (id int, ssn text);
CREATE TABLE hr.people (id int, ssn text);
INSERT INTO people VALUES (1, 'nothing');
INSERT INTO hr.people VALUES (1, '078-05-1120');
CREATE TABLE keep (x text);
CREATE FUNCTION kept(text, int) RETURNS text LANGUAGE sql AS 'INSERT INTO keep VALUES ($1) RETURNING x';
CREATE OPERATOR || (LEFTARG = text, RIGHTARG = int, FUNCTION = kept);
CREATE FUNCTION peek(int, int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM customers WHERE id = $1';
CREATE OPERATOR @@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = peek);
CREATE FUNCTION step(text, int) RETURNS text LANGUAGE sql STABLE AS 'SELECT coalesce($1, (SELECT ssn FROM customers WHERE id = $2))';
CREATE AGGREGATE steps(int) (SFUNC = step, STYPE = text);
CREATE FUNCTION query_to_xml(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION peek_of(orders) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM customers WHERE id = $1.customer_id';
CREATE FUNCTION of_hr() RETURNS text LANGUAGE sql STABLE SET search_path = hr AS 'SELECT ssn FROM people LIMIT 1';
CREATE FUNCTION go_hr() RETURNS text LANGUAGE sql AS 'SELECT set_config(''search_path'', ''hr'', false)';
CREATE FUNCTION hr.lower(varchar) RETURNS text LANGUAGE sql AS 'INSERT INTO public.keep VALUES ($1) RETURNING x';
CREATE FUNCTION fits(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO keep VALUES ($1); RETURN true; END';
CREATE DOMAIN short AS text;
CREATE DOMAIN shorter AS short;
CREATE TYPE wrap AS (x text);
CREATE FUNCTION wrapped(int) RETURNS wrap LANGUAGE sql STABLE AS 'SELECT row(ssn)::wrap FROM customers WHERE id = $1';
CREATE CAST (int AS wrap) WITH FUNCTION wrapped(int);
CREATE TABLE members (id int, ssn shorter, upper text GENERATED ALWAYS AS (upper(ssn)) STORED, to_jsonb text, age int);
INSERT INTO members (id, ssn) VALUES (1, '078-05-1120');
CREATE FUNCTION age_of(members) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW nv AS SELECT id, body FROM notes;
CREATE RULE nv_update AS ON UPDATE TO nv DO INSTEAD UPDATE notes SET body = NEW.body WHERE id = OLD.id
  RETURNING id, (SELECT lpad(ssn, 20) FROM customers WHERE id = 1);
CREATE TABLE turning (id int, path text DEFAULT set_config('search_path', 'hr', false));
CREATE TABLE rl (id int);
CREATE RULE rl_insert AS ON INSERT TO rl DO ALSO SELECT ssn FROM customers;
CREATE VIEW rv AS SELECT id FROM rl;
CREATE TABLE twice (id int);
CREATE RULE twice_insert AS ON INSERT TO twice DO ALSO INSERT INTO rl VALUES (NEW.id);
CREATE TABLE still (id int);
CREATE RULE still_delete AS ON DELETE TO still DO INSTEAD NOTHING;
CREATE RULE still_update AS ON UPDATE TO still DO ALSO INSERT INTO notes VALUES (NEW.id, 'changed');
CREATE RULE still_insert AS ON INSERT TO still DO ALSO SELECT 1;
`

/** Columns that are masked in it besides those of `customers`. */
export const peculiarColumns = [
  { target: null, schema: 'hr', table: 'people', column: 'ssn' },
  { target: null, schema: 'public', table: 'members', column: 'ssn' },
]

/** Ways to what is masked through what such a database has, and what stays allowed. */
export const peculiar: readonly CorpusLine[] = [
  ['SELECT ssn || 1 FROM customers', 'refuse'],
  ["SELECT ssn || 'x' FROM customers", 'refuse'],
  ["SELECT ssn OPERATOR(pg_catalog.||) 'x' FROM customers", 'ssn*'],
  ['SELECT name || city, id, ssn FROM customers', '- - ssn'],
  ['SELECT 1 @@@ 1', 'email,ssn*'],
  ['SELECT id FROM notes WHERE (id @@@ 1) IS NULL', 'refuse'],
  ['SELECT steps(id) FROM notes', 'email,ssn*'],
  ["SELECT query_to_xml('select ssn from customers', true, false, '')", 'ssn*'],
  ['SELECT o.peek_of FROM orders o', 'email,ssn*'],
  ['SELECT (o).peek_of FROM orders o', 'email,ssn*'],
  ['SELECT peek_of(o) FROM orders o', 'email,ssn*'],
  ['SELECT of_hr()', 'hr.people.ssn*'],
  ['SELECT lower(ssn) FROM customers', 'refuse'],
  ['SELECT pg_catalog.lower(ssn) FROM customers', 'ssn*'],
  ['SELECT lower(name), upper(ssn) FROM customers', '- ssn*'],
  ['SELECT ssn FROM people', '-'],
  ['SELECT go_hr(); SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  ['SET search_path = hr; SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  [
    "SET search_path = hr; SELECT set_config('search_path', 'public', false) WHERE false; SELECT reverse(ssn) FROM people",
    'hr.people.ssn*',
  ],
  ["SET search_path = hr; SELECT set_config('search_path', 'public', false), (SELECT reverse(ssn) FROM people)", '- hr.people.ssn*'],
  ['SET search_path = hr; BEGIN; SET search_path = public; ROLLBACK; SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  ['SET search_path = public, hr; DROP TABLE public.people; SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  ['SET ROLE postgres; SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  ['INSERT INTO turning VALUES (1); SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  [
    "CREATE TABLE t (a int, b text DEFAULT set_config('search_path', 'hr', false)); INSERT INTO t (a) VALUES (1); SELECT reverse(ssn) FROM people",
    'hr.people.ssn*',
  ],
  ["ALTER TABLE notes ADD COLUMN b text DEFAULT set_config('search_path', 'hr', false); SELECT reverse(ssn) FROM people", 'hr.people.ssn*'],
  ['RESET ALL; SELECT reverse(ssn) FROM people', 'hr.people.ssn*'],
  ['CREATE DOMAIN dd AS text CHECK (fits(VALUE)); ALTER TABLE members ALTER ssn TYPE dd', 'refuse'],
  ['ALTER DOMAIN shorter ADD CHECK (fits(VALUE))', 'refuse'],
  ["ALTER DOMAIN short ADD CHECK (VALUE NOT LIKE '2%')", 'refuse'],
  ['ALTER DOMAIN short SET NOT NULL', 'refuse'],
  ['ALTER DOMAIN short VALIDATE CONSTRAINT short_check', 'refuse'],
  ["ALTER DOMAIN short SET DEFAULT 'x'", 'none'],
  ['SELECT 1::wrap', 'email,ssn*'],
  ['SELECT upper FROM members', 'members.ssn*'],
  ['SELECT * FROM members', '- members.ssn members.ssn* - -'],
  ["SELECT id FROM members WHERE upper LIKE '0%'", 'refuse'],
  ['SELECT to_jsonb(m) FROM members m', 'members.ssn*'],
  ['SELECT m.to_jsonb FROM members m', '-'],
  ["UPDATE nv SET body = 'x' WHERE id = 1 RETURNING body", 'refuse'],
  ['INSERT INTO rl VALUES (1)', 'refuse'],
  ['INSERT INTO rv VALUES (1)', 'refuse'],
  ['INSERT INTO twice VALUES (1)', 'refuse'],
  ['INSERT INTO still VALUES (1)', 'refuse'],
  ['DELETE FROM rl', 'none'],
  ['DELETE FROM still', 'none'],
  ['UPDATE still SET id = 1', 'none'],
  ["INSERT INTO nv VALUES (50, 'x') RETURNING id", '-'],
  ['SELECT * FROM nv', '- -'],
]

/** The same database as the gateway would read it. */
export const peculiarCatalogue: CatalogueData = {
  ...corpusCatalogue,
  relations: [
    ...corpusCatalogue.relations,
    table(20101, 'people', ['id int', 'ssn text']),
    { ...table(20102, 'people', ['id int', 'ssn text']), schema: 'hr' },
    table(20103, 'keep', ['x text']),
    {
      ...table(20104, 'members', []),
      columns: columns(['id int', 'ssn public.shorter', 'upper text', 'to_jsonb text', 'age int']).map(column => {
        if (column.name === 'ssn') return { ...column, domain: { schema: 'public', name: 'shorter' } }
        return column.name === 'upper' ? { ...column, generated: 'upper((ssn)::text)' } : column
      }),
    },
    {
      ...table(20105, 'nv', ['id int', 'body text']),
      kind: 'view',
      definition: ' SELECT notes.id,\n    notes.body\n   FROM public.notes;',
      rules: [
        {
          event: 'UPDATE',
          isInstead: true,
          definition:
            'CREATE RULE nv_update AS\n    ON UPDATE TO public.nv DO INSTEAD  UPDATE public.notes SET body = new.body\n  WHERE (notes.id = old.id)\n  RETURNING notes.id,\n    ( SELECT lpad(customers.ssn, 20) AS lpad\n           FROM public.customers\n          WHERE (customers.id = 1)) AS lpad;',
        },
      ],
    },
    {
      ...table(20110, 'turning', []),
      columns: columns(['id int', 'path text']).map(column =>
        column.name === 'path' ? { ...column, default: "set_config('search_path'::text, 'hr'::text, false)" } : column,
      ),
    },
    {
      ...table(20106, 'rl', ['id int']),
      rules: [
        {
          event: 'INSERT',
          isInstead: false,
          definition: 'CREATE RULE rl_insert AS\n    ON INSERT TO public.rl DO  SELECT customers.ssn\n   FROM public.customers;',
        },
      ],
    },
    { ...table(20107, 'rv', ['id int']), kind: 'view', definition: ' SELECT rl.id\n   FROM public.rl;' },
    {
      ...table(20108, 'twice', ['id int']),
      rules: [
        {
          event: 'INSERT',
          isInstead: false,
          definition: 'CREATE RULE twice_insert AS\n    ON INSERT TO public.twice DO  INSERT INTO public.rl (id)\n  VALUES (new.id);',
        },
      ],
    },
    {
      ...table(20109, 'still', ['id int']),
      rules: [
        { event: 'DELETE', isInstead: true, definition: 'CREATE RULE still_delete AS\n    ON DELETE TO public.still DO INSTEAD NOTHING;' },
        { event: 'INSERT', isInstead: false, definition: 'CREATE RULE still_insert AS\n    ON INSERT TO public.still DO  SELECT 1;' },
        {
          event: 'UPDATE',
          isInstead: false,
          definition:
            "CREATE RULE still_update AS\n    ON UPDATE TO public.still DO  INSERT INTO public.notes (id, body)\n  VALUES (new.id, 'changed'::text);",
        },
      ],
    },
  ],
  routines: [
    ...corpusCatalogue.routines,
    sql(20201, 'kept', 'INSERT INTO keep VALUES ($1) RETURNING x'),
    sql(20202, 'peek', 'SELECT ssn FROM customers WHERE id = $1'),
    sql(20203, 'step', 'SELECT coalesce($1, (SELECT ssn FROM customers WHERE id = $2))'),
    { ...sql(20204, 'steps', ''), kind: 'aggregate', language: 'internal', body: null, calls: [{ schema: 'public', name: 'step' }] },
    sql(20205, 'query_to_xml', 'SELECT 1'),
    sql(20206, 'peek_of', 'SELECT ssn FROM customers WHERE id = $1.customer_id'),
    { ...sql(20207, 'of_hr', 'SELECT ssn FROM people LIMIT 1'), searchPath: 'hr' },
    sql(20208, 'go_hr', "SELECT set_config('search_path', 'hr', false)"),
    { ...sql(20209, 'lower', 'INSERT INTO public.keep VALUES ($1) RETURNING x'), schema: 'hr' },
    { ...sql(20210, 'fits', 'BEGIN INSERT INTO keep VALUES ($1); RETURN true; END'), language: 'plpgsql' },
    sql(20211, 'wrapped', 'SELECT row(ssn)::wrap FROM customers WHERE id = $1'),
    sql(20212, 'age_of', 'SELECT 1'),
  ],
  operators: [
    { schema: 'public', name: '||', routine: { schema: 'public', name: 'kept' } },
    { schema: 'public', name: '@@@', routine: { schema: 'public', name: 'peek' } },
  ],
  casts: [{ source: 'integer', target: 'public.wrap', routine: { schema: 'public', name: 'wrapped' } }],
  domains: [
    { schema: 'public', name: 'short', base: 'text', checks: [] },
    { schema: 'public', name: 'shorter', base: 'public.short', checks: [] },
  ],
  types: ['short', 'shorter', 'wrap'].map(name => ({ schema: 'public', name })),
}

function table(oid: number, name: string, written: string[]): CatalogueData['relations'][number] {
  return { oid, schema: 'public', name, kind: 'table', columns: columns(written) }
}

function sql(oid: number, name: string, body: string): RoutineData {
  return { oid, schema: 'public', name, kind: 'function', language: 'sql', body, parameters: [], returnsSet: false, returnsRelation: 0 }
}
