import { expect, it } from 'vitest'
import { statementShape } from './statement-shape.ts'

it.each([
  ["SELECT * FROM Orders WHERE id = 7 AND name = 'O''Brien'", 'select * from orders where id = ? and name = ?'],
  ['select  *\n from orders -- why\n where id = $1;', 'select * from orders where id = ?'],
  ['insert into t values (1, 2.5, -3e4)', 'insert into t values (?…)'],
  ['select x from t where a in ($1, $2, $3)', 'select x from t where a in (?…)'],
  ['select "Weird 1" from t1 where c2 = 0', 'select "Weird 1" from t1 where c2 = ?'],
  ['do $body$ begin perform 1; end $body$', 'do ?'],
  ['', ''],
])('gives %j the shape %j', (text, shape) => {
  expect(statementShape(text)).toBe(shape)
})

it('takes a time that grows with the text, not faster', () => {
  const tags = Array.from({ length: 20_000 }, (_, n) => `$${n.toString(36).replaceAll(/\d/g, '_')}$`).join('')
  const hostile = [
    tags,
    ';'.repeat(200_000) + 'x',
    '/* '.repeat(70_000),
    '"'.repeat(100_001),
    `${'1'.repeat(100_000)}a`,
    "'".repeat(100_001),
    '/*'.repeat(50_000),
    '$a'.repeat(50_000),
    '('.repeat(100_000),
    '?, '.repeat(50_000),
    ' '.repeat(100_000),
  ]
  for (const text of hostile) expect(statementShape(text).length).toBeLessThanOrEqual(text.length)
})
