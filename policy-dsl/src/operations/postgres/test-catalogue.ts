import { Catalogue, type RelationData, type RoutineData } from './catalogue.ts'

let lastOid = 16_384

/** A relation with columns of text, as a catalogue has it. */
export function relation(name: string, columns: string[], more: Partial<RelationData> = {}): RelationData {
  const [schema, bare] = parts(name)
  return {
    oid: lastOid++,
    schema,
    name: bare,
    kind: 'table',
    columns: columns.map((column, at) => ({ name: column, attribute: at + 1, type: 'text', typeOid: 25 })),
    ...more,
  }
}

/** A view over a definition, as `pg_get_viewdef` would print it. */
export function view(name: string, columns: string[], definition: string): RelationData {
  return relation(name, columns, { kind: 'view', definition })
}

/** A routine of someone's own, with its body. */
export function routine(name: string, language: string, body: string | null, more: Partial<RoutineData> = {}): RoutineData {
  const [schema, bare] = parts(name)
  return {
    oid: lastOid++,
    schema,
    name: bare,
    kind: 'function',
    language,
    body,
    parameters: [],
    returnsSet: false,
    returnsRelation: 0,
    ...more,
  }
}

function builtIn(name: string): RoutineData {
  return routine(`pg_catalog.${name}`, 'internal', null)
}

function parts(name: string): [schema: string, bare: string] {
  const at = name.indexOf('.')
  return [name.slice(0, at), name.slice(at + 1)]
}

const builtIns =
  'now count max lower set_config query_to_xml table_to_xml schema_to_xml pg_read_file lo_import row_to_json jsonb_agg generate_series quote_ident format ts_stat nextval'

const events = relation('shop.events', ['id', 'day', 'note'])

/** A shop: tables, views over views, triggers, partitions, and functions that do what their names do not say. */
export const shop = new Catalogue({
  searchPath: ['shop', 'public'],
  serverVersion: 180_000,
  relations: [
    relation('pg_catalog.pg_class', ['oid', 'relname']),
    view('pg_catalog.pg_stats', ['most_common_vals'], 'SELECT stavalues1 AS most_common_vals FROM pg_statistic'),
    relation('shop.customers', ['id', 'name', 'email', 'ssn']),
    relation('shop.orders', ['id', 'customer_id', 'total'], {
      triggers: [
        { events: ['INSERT', 'UPDATE'], routine: { schema: 'shop', name: 'on_order' } },
        { events: ['DELETE'], routine: { schema: 'shop', name: 'on_order_gone' } },
        { events: ['TRUNCATE'], routine: { schema: 'shop', name: 'on_order_gone' } },
      ],
    }),
    relation('shop.audit', ['at', 'order_id', 'what']),
    relation('shop.sessions', ['id', 'token']),
    events,
    relation('shop.events_2026', ['id', 'day', 'note'], {
      parents: [events.oid],
      triggers: [{ events: ['INSERT'], routine: { schema: 'shop', name: 'on_event' } }],
    }),
    relation('shop.broken', ['id'], { triggers: [{ events: ['INSERT'], routine: { schema: 'shop', name: 'lost' } }] }),
    relation('public.notes', ['id', 'name', 'body']),
    relation('public.orders', ['id', 'archived']),
    view('shop.contacts', ['id', 'mail'], ' SELECT customers.id,\n    customers.email AS mail\n   FROM customers;'),
    view('shop.contact_names', ['mail'], 'SELECT contacts.mail FROM contacts'),
    view('shop.reports', ['total'], 'SELECT count_all() AS total'),
    view('shop.open_orders', ['id', 'total'], 'SELECT orders.id, orders.total FROM orders WHERE orders.total IS NULL'),
    relation('shop.daily', ['total'], { kind: 'materialized view', definition: 'SELECT orders.total FROM shop.orders' }),
  ],
  routines: [
    ...builtIns.split(' ').map(builtIn),
    routine('shop.wipe', 'sql', 'DELETE FROM sessions'),
    routine('shop.count_all', 'sql', 'SELECT count(*) FROM customers'),
    routine('shop.total', 'sql', 'SELECT ssn FROM customers', { parameters: ['o'] }),
    routine('shop.atomic', 'sql', null, {
      sqlBody: 'BEGIN ATOMIC\n DELETE FROM shop.sessions;\n SELECT customers.ssn FROM customers;\nEND',
    }),
    routine('shop.returned', 'sql', null, { sqlBody: 'RETURN (SELECT max(customers.ssn) FROM customers)' }),
    routine('shop.outer_wipe', 'plpgsql', 'BEGIN PERFORM wipe(); RETURN 1; END'),
    routine('shop.over', 'sql', 'SELECT name FROM customers WHERE id = $1', { parameters: ['id'] }),
    routine('shop.over', 'sql', 'UPDATE customers SET name = $1', { parameters: ['name', 'x'] }),
    routine('public.over', 'sql', 'TRUNCATE notes'),
    routine('public.lower', 'sql', 'DELETE FROM notes', { parameters: ['x'] }),
    routine('shop.ping', 'plpgsql', 'BEGIN PERFORM pong(); END', { returnsSet: false }),
    routine('shop.pong', 'plpgsql', "BEGIN PERFORM ping(); DELETE FROM audit WHERE what = 'x'; END"),
    routine('shop.dynamic', 'plpgsql', "BEGIN EXECUTE 'DELETE FROM ' || quote_ident(tbl); END", { parameters: ['tbl'] }),
    routine('shop.out_values', 'plpgsql', 'BEGIN SELECT c.id, c.ssn INTO first, rest.x FROM customers c; second := 2; RETURN; END'),
    routine('shop.out_cursor', 'plpgsql', 'BEGIN OPEN cur FOR SELECT ssn FROM customers; RETURN; END'),
    routine(
      'shop.unnamed',
      'plpgsql',
      'DECLARE a ALIAS FOR $1; b ALIAS FOR $2; BEGIN b := (SELECT ssn FROM customers WHERE id = a); RETURN; END',
      {
        parameters: [''],
      },
    ),
    routine('shop.loop_out', 'plpgsql', 'BEGIN FOR r IN SELECT * FROM customers LOOP total := total + 1; RETURN NEXT; END LOOP; END', {
      returnsSet: true,
    }),
    routine('shop.many', 'plpgsql', 'BEGIN RETURN QUERY SELECT email FROM customers; RETURN NEXT 1; RETURN; END', { returnsSet: true }),
    routine('shop.proc', 'plpgsql', 'BEGIN DELETE FROM sessions WHERE id = keep; COMMIT; END', { kind: 'procedure', parameters: ['keep'] }),
    routine('shop.py', 'plpython3u', null),
    routine('shop.similarity', 'c', null),
    routine('public.digest', 'c', null, { extension: 'pgcrypto' }),
    routine('public.middle', 'internal', null, { kind: 'aggregate', extension: 'vector' }),
    routine('public.mystery', 'c', null, { extension: 'homemade' }),
    routine('public.pivot', 'c', null, { extension: 'tablefunc' }),
    routine('public.to_python', 'plpython3u', null, { extension: 'hstore' }),
    routine('public.tidy', 'sql', 'DELETE FROM notes', { extension: 'citext' }),
    routine('shop.bad_sql', 'sql', 'DELETE FORM x'),
    routine('shop.bad_body', 'plpgsql', 'BEGN END'),
    routine('shop.on_order', 'plpgsql', "BEGIN NEW.total := 0; INSERT INTO audit (order_id, what) VALUES (NEW.id, 'x'); RETURN NEW; END"),
    routine('shop.on_order_gone', 'plpgsql', 'BEGIN DELETE FROM sessions WHERE id = OLD.customer_id; RETURN OLD; END'),
    routine('shop.on_event', 'plpgsql', 'BEGIN PERFORM wipe(); RETURN NEW; END'),
    routine('evil.lower', 'sql', 'TRUNCATE shop.customers', { parameters: ['x'] }),
    routine('evil.hidden', 'sql', 'TRUNCATE shop.orders'),
  ],
})

/** Functions that call one another in a chain of a given length, the last of which deletes. */
export function chainOfFunctions(length: number): Catalogue {
  return new Catalogue({
    searchPath: ['shop'],
    serverVersion: 180_000,
    relations: [relation('shop.orders', ['id'])],
    routines: Array.from({ length }, (_, at) =>
      routine(`shop.f${at}`, 'sql', at === length - 1 ? 'DELETE FROM orders' : `SELECT f${at + 1}()`),
    ),
  })
}

/** Functions each of which calls all those after it. */
export function webOfFunctions(size: number): Catalogue {
  return new Catalogue({
    searchPath: ['shop'],
    serverVersion: 180_000,
    relations: [],
    routines: Array.from({ length: size }, (_, at) =>
      routine(`shop.f${at}`, 'sql', `SELECT 1${Array.from({ length: size - at - 1 }, (_, next) => `, f${at + next + 1}()`).join('')}`),
    ),
  })
}

/** A workshop where things happen that no statement names: rules, operators, casts, domains, constraints, row security. */
export const workshop = new Catalogue({
  searchPath: ['w'],
  serverVersion: 180_000,
  relations: [
    relation('w.orders', ['id', 'total']),
    relation('w.log', ['what']),
    relation('archive.orders', ['id']),
    relation('w.members', ['name']),
    relation('w.parts', ['id', 'note'], {
      rules: [
        { event: 'DELETE', isInstead: true, definition: 'CREATE RULE gone AS ON DELETE TO w.parts DO INSTEAD DELETE FROM w.orders' },
        {
          event: 'UPDATE',
          isInstead: false,
          definition:
            'CREATE RULE moved AS ON UPDATE TO w.parts WHERE (w.chatty(new.note) > 0) DO (UPDATE w.orders SET total = 0 WHERE orders.id = old.id; INSERT INTO w.log (what) VALUES (new.note))',
        },
        { event: 'INSERT', isInstead: true, definition: 'CREATE RULE none AS ON INSERT TO w.parts DO INSTEAD NOTHING' },
      ],
    }),
    view('w.old_parts', ['id'], 'SELECT parts.id FROM w.parts'),
    relation('w.view_like', ['id'], {
      kind: 'view',
      definition: 'SELECT orders.id FROM w.orders',
      rules: [
        {
          event: 'UPDATE',
          isInstead: true,
          definition: 'CREATE RULE x AS ON UPDATE TO w.view_like DO INSTEAD DELETE FROM w.log WHERE log.what = old.id',
        },
      ],
    }),
    relation('w.circle', ['id'], {
      rules: [
        {
          event: 'UPDATE',
          isInstead: false,
          definition: 'CREATE RULE r AS ON UPDATE TO w.circle DO ALSO UPDATE w.circle SET id = 1 WHERE id = 2',
        },
      ],
    }),
    relation('w.broken', ['id'], { rules: [{ event: 'DELETE', isInstead: true, definition: 'CREATE RULE (' }] }),
    relation('w.checked', ['id'], { checks: ['((length(id) > 0) AND w.allowed(id))', "(id <> ''::text)"] }),
    relation('w.moved', ['id'], { checks: ["(set_config('search_path'::text, 'hr'::text, false) IS NOT NULL)"] }),
    relation('w.secret', ['id'], {
      policies: ['(EXISTS ( SELECT 1 FROM w.members m WHERE m.name = CURRENT_USER))', 'w.allowed(id)'],
    }),
    relation('w.indexed', ['id'], { indexes: ['w.allowed(id), lower(id)', '(id OPERATOR(w.===) 1)'] }),
    {
      ...relation('w.typed', []),
      columns: [
        { name: 'a', attribute: 1, type: 'w.short', typeOid: 1, domain: { schema: 'w', name: 'short' } },
        { name: 'b', attribute: 2, type: 'w.wrap', typeOid: 2 },
        { name: 'c', attribute: 3, type: 'text', typeOid: 25, default: 'w.chatty(1)' },
        { name: 'd', attribute: 4, type: 'text', typeOid: 25, generated: 'w.allowed(c)' },
      ],
    },
  ],
  routines: [
    ...builtIns.split(' ').map(builtIn),
    builtIn('length'),
    builtIn('pg_terminate_backend'),
    routine('w.chatty', 'sql', "INSERT INTO w.log VALUES ('x'); SELECT 1", { parameters: ['x'] }),
    routine('w.allowed', 'plpgsql', 'BEGIN DELETE FROM w.log; RETURN true; END', { parameters: ['x'] }),
    routine('w.plus', 'sql', 'SELECT 1', { parameters: ['', ''] }),
    routine('w.last', 'internal', null, {
      kind: 'aggregate',
      calls: [
        { schema: 'w', name: 'chatty' },
        { schema: 'pg_catalog', name: 'max' },
      ],
    }),
    routine('w.citext_eq', 'c', null, { extension: 'citext' }),
    routine('w.geometry_eq', 'c', null, { extension: 'postgis' }),
    routine('w.crosstab', 'c', null, { extension: 'tablefunc' }),
    routine('w.st_isvalid', 'c', null, { extension: 'postgis' }),
    routine('w.elsewhere', 'sql', 'DELETE FROM orders', { searchPath: 'archive, w' }),
    routine('w.anywhere', 'sql', 'DELETE FROM log', { searchPath: '"$user", w' }),
  ],
  operators: [
    { schema: 'w', name: '===', routine: { schema: 'w', name: 'chatty' } },
    { schema: 'w', name: '=', routine: { schema: 'w', name: 'citext_eq' } },
    { schema: 'w', name: '=', routine: { schema: 'w', name: 'geometry_eq' } },
    { schema: 'w', name: '>=', routine: { schema: 'w', name: 'plus' } },
    { schema: 'w', name: '##', routine: { schema: 'pg_catalog', name: 'pg_terminate_backend' } },
    { schema: 'w', name: '?!', routine: { schema: 'w', name: 'crosstab' } },
    { schema: 'w', name: '!!!', routine: { schema: 'w', name: 'lost' } },
  ],
  casts: [
    { source: 'text', target: 'w.wrap', routine: { schema: 'w', name: 'chatty' } },
    { source: 'w.wrap', target: 'integer', routine: { schema: 'w', name: 'allowed' } },
    { source: 'text', target: 'w.plain', routine: null },
  ],
  domains: [
    { schema: 'w', name: 'short', base: 'text', checks: ['w.allowed(VALUE)', '(length(VALUE) < 5)'] },
    { schema: 'w', name: 'shorter', base: 'w.short', checks: [] },
  ],
})
