/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { Catalogue } from './catalogue.ts'
import { createParser, type Circumstances, type Parser } from './parser.ts'
import { relation } from './test-catalogue.ts'

let parser: Parser

beforeAll(async () => {
  parser = await createParser({ loadWasm: () => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')) })
})

const catalogue = new Catalogue({
  searchPath: ['shop'],
  serverVersion: 180_000,
  relations: [
    relation('shop.orders', ['id', 'total', 'status', 'parent_id', 'email']),
    relation('shop.items', ['item_id', 'order_id', 'number']),
    relation('archive.orders', ['id', 'total']),
  ],
  routines: [],
})

/** What is said of the last operation that changes rows of the orders. */
function hasWhere(text: string, circumstances: Circumstances = {}): boolean | undefined {
  const operations = parser.understand(text, circumstances)
  return operations.findLast(({ hasWhere: said, tables }) => said !== undefined && tables.some(table => table.endsWith('orders')))?.hasWhere
}

/** A condition, or a whole statement. */
function statement(text: string): string {
  return /^(?:DELETE|UPDATE|MERGE|INSERT|WITH)\b/.test(text) ? text : `DELETE FROM orders WHERE ${text}`
}

const ordinary = [
  'id = 3',
  'id = $1',
  '3 = id',
  'orders.id = 3',
  'shop.orders.id = 3',
  'id IN (1, 2)',
  'id IN (1)',
  'id NOT IN (1, 2)',
  'id IN ($1, $2)',
  'id = ANY($1)',
  "id = ANY('{1,2}')",
  'id = ANY(ARRAY[1, 2]::int[])',
  'id <> ALL($1)',
  "created_at < now() - interval '1 day'",
  "created_at + interval '1 day' < now()",
  "created_at BETWEEN '2024-01-01' AND '2024-02-01'",
  'id BETWEEN 1 AND 10',
  'greatest(id, total) >= 5',
  'greatest(id, 5) > 5',
  "id <@ '[1,5)'::int4range",
  'CASE id WHEN 3 THEN true ELSE false END',
  '(id, true) IN (SELECT order_id, true FROM items)',
  'EXISTS (SELECT FROM items i WHERE i.order_id = orders.id)',
  'id NOT BETWEEN 1 AND 10',
  'total BETWEEN 0 AND credit',
  "status <> 'done'",
  "status != 'done'",
  "NOT (status = 'done')",
  'NOT (a = 1 AND b = 2)',
  'NOT (a = 1 OR b = 2)',
  'a = 1 AND b = 2',
  'a = 1 OR b = 2',
  'id = 1 OR id = 2 OR id = 3',
  'id = 1 OR false',
  'true AND id = 1',
  'x < 5 OR x > 10',
  "created_at < '2020-01-01' OR created_at > '2030-01-01'",
  'x <> 1 OR y <> 1',
  "note LIKE 'x%'",
  "note NOT LIKE 'x%'",
  "note ILIKE '%x%'",
  'note LIKE $1',
  "note LIKE '%' || $1 || '%'",
  "note LIKE 'a!%' ESCAPE '!'",
  "note ~ '^a'",
  "note ~* 'error|warning'",
  "note !~ '^[a-z]+$'",
  "note SIMILAR TO '(a|b)%'",
  "note = ''",
  "note <> ''",
  "note LIKE ANY(ARRAY['a%', 'b%'])",
  'is_active',
  'NOT is_active',
  'is_active = true',
  'is_active IS TRUE',
  'is_active IS NOT TRUE',
  'is_active IS FALSE',
  'is_active = false OR id = 3',
  'deleted_at IS NULL',
  'NOT (deleted_at IS NOT NULL)',
  'deleted_at IS NOT NULL AND deleted_at < now()',
  'deleted_at IS NULL AND id = 3',
  'parent_id IS NOT DISTINCT FROM NULL',
  'parent_id IS DISTINCT FROM 3',
  'coalesce(x, 0) = 5',
  'coalesce(x > 1, false)',
  'coalesce(x > 1, true)',
  'nullif(note, $1) IS NULL',
  'lower(email) = $1',
  'email <> lower(email)',
  'trim(name) <> name',
  'length(note) > 10',
  'length(note) = 0',
  'abs(total) > 5',
  'id % 10 = 3',
  'hashtext(id::text) % 4 = 0',
  'total * 2 > 100',
  'total > price',
  'total = price * quantity',
  'starts_at < ends_at',
  'id + 1 = 3',
  "date_trunc('month', created_at) = '2024-01-01'",
  'extract(year FROM created_at) = 2020',
  "created_at::date = '2024-01-01'",
  '(a, b) = (1, 2)',
  '(a, b) IN ((1, 2), (3, 4))',
  '(a, b) > (1, 2)',
  "doc->>'state' = 'old'",
  'doc @> \'{"a": 1}\'',
  "doc ? 'key'",
  "tags && ARRAY['x']",
  "'x' = ANY(tags)",
  "to_tsvector(note) @@ to_tsquery('x')",
  "starts_with(note, 'x')",
  "(doc->>'done')::boolean",
  "CASE WHEN status = 'a' THEN true ELSE false END",
  "CASE status WHEN 'a' THEN 1 ELSE 2 END = 1",
  "ctid = '(0,1)'",
  'xmin = $1',
  'CURRENT OF c',
  'EXISTS (SELECT 1 FROM items WHERE items.order_id = orders.id)',
  'EXISTS (SELECT FROM items i WHERE orders.id = i.order_id AND i.number > 3)',
  'NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id)',
  'EXISTS (SELECT 1 FROM items i JOIN stock s ON s.item_id = i.id WHERE i.order_id = orders.id)',
  'EXISTS (SELECT 1 FROM orders o WHERE o.email = orders.email AND o.id < orders.id)',
  'EXISTS (SELECT 1 FROM orders o WHERE o.parent_id = orders.id)',
  'EXISTS (SELECT 1 WHERE orders.id = 3)',
  'id IN (SELECT order_id FROM items WHERE number = 0)',
  'id IN (SELECT order_id FROM items)',
  'id NOT IN (SELECT order_id FROM items)',
  'id NOT IN (SELECT order_id FROM items WHERE number > 3)',
  "id IN (SELECT id FROM orders WHERE status = 'old')",
  'id IN (SELECT id FROM orders WHERE id IN (SELECT order_id FROM items WHERE number = 3))',
  'id IN (SELECT id FROM orders WHERE id IN (SELECT id FROM orders WHERE id = 3))',
  'id IN (SELECT id FROM orders LIMIT 100)',
  'ctid IN (SELECT ctid FROM orders ORDER BY id LIMIT 100)',
  "ctid = ANY(ARRAY(SELECT ctid FROM orders WHERE status = 'old' LIMIT 1000))",
  'id IN (SELECT max(id) FROM orders GROUP BY email)',
  'id NOT IN (SELECT min(id) FROM orders GROUP BY email)',
  'id IN (SELECT DISTINCT ON (email) id FROM orders ORDER BY email, id)',
  'id IN (SELECT id FROM orders GROUP BY id HAVING count(*) > 1)',
  'id IN (SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id)',
  'id IN (SELECT id FROM orders EXCEPT SELECT order_id FROM items)',
  "id IN (SELECT id FROM orders WHERE status = 'a' UNION SELECT order_id FROM items)",
  'parent_id IN (SELECT id FROM orders)',
  'id IN (SELECT parent_id FROM orders)',
  'id IN (VALUES (1), (2))',
  'id IN (SELECT unnest($1::int[]))',
  'id = (SELECT max(id) FROM orders)',
  'id < (SELECT max(id) FROM orders)',
  '(SELECT count(*) FROM items WHERE items.order_id = orders.id) = 0',
  'DELETE FROM orders o USING items i WHERE i.order_id = o.id',
  'DELETE FROM orders USING items WHERE order_id = orders.id AND number > 3',
  'DELETE FROM orders o USING orders o2 WHERE o.email = o2.email AND o.id > o2.id',
  'DELETE FROM orders a USING (SELECT min(ctid) AS ctid, email FROM orders GROUP BY email HAVING count(*) > 1) b WHERE a.email = b.email AND a.ctid <> b.ctid',
  "DELETE FROM orders o USING orders o2 WHERE o.id = o2.id AND o2.status = 'old'",
  'DELETE FROM orders o USING orders o2 JOIN items i ON i.order_id = o2.id WHERE o.id = o2.id AND i.number = 3',
  'DELETE FROM orders o USING orders p WHERE o.parent_id = p.id',
  "UPDATE orders SET total = 0 FROM items WHERE items.order_id = orders.id AND status = 'x'",
  'UPDATE orders SET total = v.total FROM (VALUES (1, 2)) AS v (id, total) WHERE v.id = orders.id',
  "WITH old AS (SELECT id FROM orders WHERE status = 'old' LIMIT 10) DELETE FROM orders WHERE id IN (SELECT id FROM old)",
  "WITH old AS (SELECT id FROM orders WHERE status = 'old') DELETE FROM orders USING old WHERE old.id = orders.id",
  'WITH gone AS (DELETE FROM items RETURNING order_id) DELETE FROM orders WHERE id IN (SELECT order_id FROM gone)',
  'MERGE INTO orders o USING items i ON i.order_id = o.id WHEN MATCHED THEN DELETE',
  'MERGE INTO orders o USING items i ON true WHEN MATCHED AND o.id = 3 THEN DELETE',
  "MERGE INTO orders o USING items i ON i.order_id = o.id WHEN NOT MATCHED BY SOURCE AND o.status = 'x' THEN DELETE",
  'INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = 0',
  'INSERT INTO orders (id) SELECT order_id FROM items ON CONFLICT (id) DO UPDATE SET total = 0',
  'INSERT INTO orders (id) SELECT * FROM unnest($1::int[]) ON CONFLICT (id) DO UPDATE SET total = 0',
  'INSERT INTO orders SELECT * FROM orders ON CONFLICT (id) DO UPDATE SET total = 0 WHERE orders.id = 3',
]

const empty = [
  'true',
  "'t'::boolean",
  '1 = 1',
  "'a' <> 'b'",
  '$1',
  '$1 = $2',
  'random() < 2',
  'now() IS NOT NULL',
  'id = id',
  'orders.id = id',
  'id::text = id::text',
  'id >= id',
  'id + 0 = id',
  'id = id * 1',
  'id + 1 > id',
  'id <> id + 1',
  "note || '' = note",
  'coalesce(id, 0) = id',
  'concat(note) = note',
  'a + b = b + a',
  '(id) = ((id))',
  'id = (SELECT id)',
  'id = (SELECT orders.id)',
  '(orders).id = id',
  'id COLLATE "C" = id',
  'id * 0 = 0',
  'id - id = 0',
  'id % 1 = 0',
  'id / id = 1',
  'id ^ 0 = 1',
  'id & 0 = 0',
  'nullif(id, id) IS NULL',
  '(id = NULL) IS NULL',
  'id + NULL IS NULL',
  "left(note, 0) = ''",
  "substr(note, 1, 0) = ''",
  "repeat(note, 0) = ''",
  "pg_typeof(id)::text = 'integer'",
  'pg_column_size(id) = 4',
  'tableoid > 0',
  "tableoid = 'orders'::regclass",
  'length(note) >= 0',
  'length(note) > -1',
  '0 <= length(note)',
  'abs(id) >= 0',
  'id * id >= 0',
  'id ^ 2 >= 0',
  'NOT (length(note) < 0)',
  'id > -2147483648',
  'id <= 9223372036854775807',
  "created_at > '-infinity'",
  "created_at < 'infinity'::timestamptz",
  "created_at BETWEEN '-infinity' AND 'infinity'",
  'id IS NOT NULL',
  'NOT id IS NULL',
  '(id IS NULL) IS FALSE',
  '(id IS NULL) IS NOT TRUE',
  '(id IS NOT NULL) IS TRUE',
  '(id IS NULL) = false',
  '(id IS NULL) <> true',
  'false = (id IS NULL)',
  '(id IS NULL)::int = 0',
  '(id = id) = true',
  '(id = 1) >= false',
  '(id = 1) IS NOT UNKNOWN',
  '(id = 1) IN (true, false)',
  'is_active IN (true, false)',
  'is_active = true OR is_active = false',
  'is_active OR NOT is_active',
  'is_active IS TRUE OR is_active IS NOT TRUE',
  'id IS DISTINCT FROM NULL',
  'NOT (id IS NOT DISTINCT FROM NULL)',
  '(id = id) IS NOT DISTINCT FROM true',
  'row(id) IS NOT NULL',
  'id BETWEEN id AND id',
  'id BETWEEN SYMMETRIC id AND id',
  'NOT (id NOT BETWEEN id AND id)',
  'coalesce(id = id, true)',
  'coalesce(NULL, id = id)',
  'coalesce(true, id = 3)',
  "note ~ ''",
  "note ~ '.*'",
  "note ~ '^'",
  "note ~ '^.*$'",
  "note ~ '(x|)'",
  "note ~ 'x*'",
  "note ~* '(?i)x?'",
  "note !~ '' OR note ~ ''",
  "note LIKE '%'",
  "note LIKE '%%'",
  "note LIKE '%' || ''",
  "note ~~ '%'",
  "note ILIKE '%'",
  'note LIKE chr(37)',
  "note LIKE '%' ESCAPE '!'",
  "note SIMILAR TO '%'",
  "note SIMILAR TO '(%|x)'",
  "note LIKE ANY(ARRAY['%', 'x'])",
  "note LIKE ANY('{%}')",
  "note NOT LIKE ''",
  "starts_with(note, '')",
  "note ^@ ''",
  "regexp_like(note, '')",
  "doc @> '{}'",
  "'{}' <@ doc",
  'tags @> ARRAY[]::text[]',
  'id IN (id, 3)',
  'id IN (3, id + 0)',
  'id = ANY(ARRAY[id])',
  'id = ANY(ARRAY[1] || id)',
  'id <> ANY(ARRAY[1, 2])',
  "id <> ALL('{}')",
  'id <> ALL(ARRAY[]::int[])',
  "NOT (id = ANY('{}'))",
  '(id, 1) = (id, 1)',
  'id = 1 OR true',
  'id = 1 OR 1 = 1',
  'id = 1 OR id <> 1',
  'id = 1 OR 1 <> id',
  'id <> 1 OR id <> 2',
  'id NOT IN (1) OR id NOT IN (2)',
  'id > 1 OR id <= 1',
  'id > 1 OR id < 10',
  "note LIKE 'x%' OR note NOT LIKE 'x%'",
  'id BETWEEN 1 AND 2 OR id NOT BETWEEN 1 AND 2',
  'id = 1 OR (id <> 1 AND total = total)',
  'NOT (id = 1 AND id <> 1)',
  'NOT (id = 1 AND NOT id = 1)',
  'id IS NULL OR id IS NOT NULL',
  'id = 3 OR id IS NOT NULL',
  'CASE WHEN id IS NULL THEN false ELSE true END',
  'CASE WHEN true THEN true ELSE id = 3 END',
  'CASE WHEN id = 1 THEN true ELSE true END',
  'CASE id WHEN id THEN true ELSE false END',
  'greatest(id, 5) >= 5',
  'least(id, 5) < 6',
  "id <@ '(,)'::int4range",
  "'( , )'::int4range @> id",
  'id IN (SELECT g FROM generate_series(0, 100000) g)',
  '(id, true) IN (SELECT id, true FROM orders)',
  'orders IN (SELECT o FROM orders o)',
  'EXISTS (SELECT FROM orders o WHERE o = orders)',
  'CASE WHEN id = 1 THEN 1 ELSE 1 END = 1 OR 1 = 1',
  'EXISTS (SELECT 1)',
  'EXISTS (SELECT 1 FROM items)',
  'EXISTS (SELECT 1 FROM items WHERE number = 3)',
  'EXISTS (SELECT 1 FROM items i WHERE i.order_id = i.order_id AND i.number > 3)',
  'EXISTS (SELECT 1 FROM orders o WHERE o.id = orders.id)',
  'EXISTS (SELECT 1 FROM orders o WHERE orders.id = o.id AND true)',
  'EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id OR true)',
  'EXISTS (SELECT count(*) FROM items i WHERE i.order_id = orders.id)',
  'EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id HAVING true)',
  'EXISTS (SELECT 1 UNION SELECT 1 FROM items i WHERE i.order_id = orders.id)',
  'NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id AND false)',
  'NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id LIMIT 0)',
  'NOT EXISTS (SELECT 1 FROM items WHERE false)',
  '(SELECT count(*) FROM items) >= 0',
  '(SELECT count(*) FROM items i WHERE i.order_id = orders.id) >= 0',
  '(SELECT true)',
  '(SELECT max(number) > 3 FROM items)',
  'id IN (SELECT id FROM orders)',
  'id IN (TABLE orders)',
  'id IN (SELECT DISTINCT id FROM orders)',
  'id IN (SELECT o.id::int FROM shop.orders o ORDER BY 1)',
  'id IN (SELECT id FROM orders LIMIT ALL)',
  'id IN (SELECT id FROM orders OFFSET 0)',
  'id IN (SELECT id FROM orders WHERE id IS NOT NULL)',
  'id IN (SELECT id FROM (SELECT * FROM orders) q)',
  'id IN (SELECT o.id FROM orders o LEFT JOIN items i ON i.order_id = o.id)',
  'id IN (SELECT o.id FROM orders o CROSS JOIN items)',
  'id IN (SELECT o.id FROM orders o, items)',
  'id IN (SELECT o.id FROM orders o JOIN orders p ON o.id = p.id)',
  'id IN (SELECT 3 UNION SELECT id FROM orders)',
  'id IN (SELECT orders.id FROM items)',
  'id IN (SELECT orders.id)',
  '(id, total) IN (SELECT id, total FROM orders)',
  'id IN (SELECT id FROM orders WHERE id IN (SELECT id FROM orders))',
  'id = ANY(SELECT id FROM orders)',
  'id = ANY(ARRAY(SELECT id FROM orders))',
  'id NOT IN (SELECT order_id FROM items WHERE false)',
  'id <> ALL(SELECT order_id FROM items WHERE 1 = 0)',
  'id >= (SELECT min(id) FROM orders)',
  '(SELECT max(id) FROM orders) >= id',
  'id >= ANY(SELECT id FROM orders)',
  'WITH x AS (SELECT id FROM orders) DELETE FROM orders WHERE id IN (SELECT id FROM x)',
  'WITH x AS (SELECT id FROM orders), y AS (SELECT * FROM x) DELETE FROM orders WHERE id IN (SELECT id FROM y)',
  'WITH x AS (SELECT id FROM orders), y AS (DELETE FROM orders WHERE id IN (SELECT id FROM x)) SELECT 1',
  'WITH RECURSIVE x AS (SELECT id FROM orders UNION SELECT id FROM x) DELETE FROM orders WHERE id IN (TABLE x)',
  'DELETE FROM orders WHERE id IN (WITH x AS (TABLE orders) SELECT id FROM x)',
  'DELETE FROM orders o USING orders o2 WHERE o.id = o2.id',
  'DELETE FROM orders o USING orders o2 WHERE o.id >= o2.id',
  'DELETE FROM orders USING orders o2 WHERE orders.id <> o2.id',
  'DELETE FROM orders o USING (SELECT id FROM orders) q WHERE o.id = q.id',
  'WITH x AS (TABLE orders) DELETE FROM orders o USING x WHERE o.id = x.id',
  'DELETE FROM orders o USING items i WHERE i.number = 3',
  'DELETE FROM orders o USING items i JOIN stock s ON s.item_id = i.id',
  'UPDATE orders SET total = 0 FROM items i WHERE i.number = 3',
  'MERGE INTO orders o USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE',
  'MERGE INTO orders o USING (SELECT 1) s ON o.id = o.id WHEN MATCHED THEN UPDATE SET total = 0',
  'MERGE INTO orders o USING orders p ON p.id = o.id WHEN MATCHED THEN DELETE',
  'MERGE INTO orders o USING items i ON i.number = 3 WHEN MATCHED THEN DELETE',
  'MERGE INTO orders o USING items i ON true WHEN MATCHED AND i.number = 3 THEN DELETE',
  'MERGE INTO orders o USING (SELECT 1) s ON false WHEN NOT MATCHED BY SOURCE THEN DELETE',
  'INSERT INTO orders SELECT * FROM orders ON CONFLICT (id) DO UPDATE SET total = 0',
  'WITH x AS (TABLE orders) INSERT INTO orders SELECT * FROM x ON CONFLICT (id) DO UPDATE SET total = 0',
  'INSERT INTO orders SELECT id, 0 FROM orders ON CONFLICT (id) DO UPDATE SET total = excluded.total WHERE true',
  'INSERT INTO orders SELECT generate_series FROM generate_series(1, 99999) ON CONFLICT (id) DO UPDATE SET total = 0',
]

describe('a condition', () => {
  for (const text of ordinary) it(`counts: ${text}`, () => expect(hasWhere(statement(text))).toBe(true))
  for (const text of empty) it(`counts as none: ${text}`, () => expect(hasWhere(statement(text))).toBe(false))
})

describe('a condition that is wrapped', () => {
  const isBare = (text: string): boolean => statement(text) !== text && text !== 'CURRENT OF c'
  const conditions = [...ordinary.map(text => ({ text, counts: true })), ...empty.map(text => ({ text, counts: false }))]
  const bare = conditions.filter(({ text }) => isBare(text))

  it('is what it was', () => {
    const wraps = [
      (text: string) => `(${text}) AND true`,
      (text: string) => `1 = 1 AND ((${text}))`,
      (text: string) => `NOT NOT (${text})`,
      (text: string) => `NOT (NOT (${text}) OR false)`,
      (text: string) => `(${text}) OR false`,
      (text: string) => `(${text}) IS TRUE`,
      (text: string) => `(${text}) = true`,
      (text: string) => `CASE WHEN ${text} THEN true ELSE false END`,
      (text: string) => `coalesce(${text}, false)`,
    ]
    for (const wrap of wraps)
      for (const { text, counts } of bare) expect([wrap(text), hasWhere(statement(wrap(text)))]).toEqual([wrap(text), counts])
  })

  it('is none beside none, and one beside one that is', () => {
    for (const { text, counts } of bare) {
      expect([text, hasWhere(statement(`(${text}) OR other = other`))]).toEqual([text, false])
      expect([text, hasWhere(statement(`(${text}) AND other = 3`))]).toEqual([text, true])
      expect([text, hasWhere(statement(`(${text}) OR other = 3`))]).toEqual([text, counts])
      expect([text, hasWhere(statement(`(${text}) OR NOT (${text})`))]).toEqual([text, false])
    }
  })
})

describe('a condition with a catalogue', () => {
  const said = (text: string): boolean | undefined => hasWhere(statement(text), { catalogue })

  it('counts when a bare name in it is a column of the table, and not when it is another table’s', () => {
    expect(said('DELETE FROM orders USING items WHERE number = 3')).toBe(false)
    expect(said('DELETE FROM orders USING items WHERE order_id = id')).toBe(true)
    expect(said('EXISTS (SELECT 1 FROM items WHERE order_id = id)')).toBe(true)
    expect(said('EXISTS (SELECT 1 FROM items WHERE order_id = item_id)')).toBe(false)
    expect(said('UPDATE orders SET total = 0 FROM items WHERE ctid IS NULL')).toBe(true)
  })

  it('is told from the same name in another schema', () => {
    expect(said('id IN (SELECT id FROM archive.orders)')).toBe(true)
    expect(said('id IN (SELECT id FROM shop.orders)')).toBe(false)
    expect(hasWhere('DELETE FROM shop.orders WHERE id IN (SELECT id FROM archive.orders)')).toBe(true)
  })
})

describe('a condition too big to be looked at', () => {
  it('counts as none when it is nested too deep', () => {
    expect(hasWhere(`DELETE FROM orders WHERE ${'('.repeat(300)}id${' + 1)'.repeat(300)} = 3`)).toBe(false)
    expect(hasWhere(`DELETE FROM orders WHERE ${'NOT '.repeat(1001)}is_active`)).toBe(false)
  })

  it('is answered, however long', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => at)
    expect(hasWhere(`DELETE FROM orders WHERE id IN (${many.join(', ')})`)).toBe(true)
    expect(
      hasWhere(
        `DELETE FROM orders WHERE ${many
          .slice(0, 5000)
          .map(at => `id = ${at}`)
          .join(' OR ')}`,
      ),
    ).toBe(true)
    const doubled = Array.from({ length: 60 }, (_, at) => `x${at + 1} AS (SELECT id FROM x${at} UNION SELECT id FROM x${at})`)
    expect(
      hasWhere(
        `WITH x0 AS (SELECT id FROM items WHERE number = 3), ${doubled.join(', ')} DELETE FROM orders WHERE id IN (SELECT id FROM x60)`,
      ),
    ).toBe(true)
  })
})
