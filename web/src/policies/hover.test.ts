import { expect, it } from 'vitest'
import { hoverOfLiveName, hoverOfWord } from './hover.ts'
import { testWorld } from './test-world.ts'

it('says what a target holds, a table, a column', () => {
  expect(hoverOfLiveName(testWorld, ['shop'])).toEqual([
    'Target `shop` `postgres · env: prod`',
    '- `customers` `2 columns`\n- `order items` `1 column`\n- `public` `2 tables`\n- `billing` `1 table`',
  ])
  expect(hoverOfLiveName(testWorld, ['shop', 'customers'])?.[1]).toBe('- `id` `integer`\n- `email` `text`')
  expect(hoverOfLiveName(testWorld, ['shop', 'customers', 'email'])).toEqual(['Column `shop.customers.email` `text`'])
  expect(hoverOfLiveName(testWorld, ['crm'])?.at(-1)).toContain('has not told')
  expect(hoverOfLiveName(testWorld, ['op', 'verb'])).toBeNull()
})

it('makes nothing of what a database calls its things but text', () => {
  const name = '`[click](http://evil.example) <b>'
  const world = structuredClone(testWorld)
  world.targets[0]!.schemas![0]!.tables[0]!.columns.push({ name, type: 'text' })
  expect(hoverOfLiveName(world, ['shop', 'customers'])?.[1]).toContain('- `ˋ[click](http://evil.example) <b>` `text`')
})

it('lists so many, and says how many there are', () => {
  const world = structuredClone(testWorld)
  const columns = Array.from({ length: 30 }, (_, at) => ({ name: `c${at}`, type: 'text' }))
  world.targets[0]!.schemas![0]!.tables[0]!.columns = columns
  expect(hoverOfLiveName(world, ['shop', 'customers'])?.[1]).toMatch(/- `c11` `text`\n- and 18 more$/)
})

it('shows the words of the language without the machinery behind them', () => {
  const info = {
    text: '(property) Steno.Operation<Steno.PostgresVerb>.hasWhere: boolean',
    documentation: 'Whether it says which rows.',
    parameters: [],
  }
  expect(hoverOfWord(info)).toEqual(['```typescript\nOperation.hasWhere: boolean\n```', 'Whether it says which rows.'])
  expect(
    hoverOfWord({
      text: 'function forbid(reason: string): Steno.Effect',
      documentation: 'No.',
      parameters: [{ name: 'reason', text: 'Why not.' }],
    }).at(-1),
  ).toBe('- `reason` Why not.')
})
