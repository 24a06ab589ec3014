import { expect, it } from 'vitest'
import { completionsOf, liveCompletions, type TypeEntry } from './completions.ts'
import { testWorld } from './test-world.ts'

function at(marked: string): { source: string; offset: number; live: typeof testWorld } {
  return { source: marked.replace('|', ''), offset: marked.indexOf('|'), live: testWorld }
}

/** What follows a live name at `|`, with what is said of each. */
function live(marked: string): string[] | undefined {
  const { source, offset } = at(marked)
  return liveCompletions(source, offset, testWorld)?.map(({ label, detail }) => `${label} ${detail}`)
}

/** The text after one of the completions was taken. */
function taken(marked: string, label: string): string {
  const { source, offset } = at(marked)
  const found = liveCompletions(source, offset, testWorld)!.find(one => one.label === label)!
  return source.slice(0, found.start) + found.insert + source.slice(found.end)
}

const entry = (name: string, kind: string, more: Partial<TypeEntry> = {}): TypeEntry => ({ name, kind, sortText: '11', ...more })

it('are the tables and columns of the live target, with their types', () => {
  expect(live('columns: [shop.|')).toEqual(['customers 2 columns', 'order items 1 column', 'public 2 tables', 'billing 1 table'])
  expect(live('columns: [shop.customers.|')).toEqual(['id integer', 'email text'])
  expect(live('columns: [shop.billing.invoices.ib|')).toEqual(['iban text'])
  expect(live('op.|')).toBeUndefined()
  expect(live('sho|')).toBeUndefined()
})

it('take the place of the whole word', () => {
  expect(taken('[shop.customers.em|xyz]', 'email')).toBe('[shop.customers.email]')
})

it('stand in brackets where a name is no identifier', () => {
  expect(taken('[shop.ord|]', 'order items')).toBe("[shop['order items']]")
  expect(taken("[shop['order items'].|]", 'e-mail')).toBe("[shop['order items']['e-mail']]")
})

it('leave out what means nothing in a policy', () => {
  const entries = [
    entry('Steno', 'module'),
    entry('Array', 'interface'),
    entry('class', 'keyword'),
    entry('const', 'keyword'),
    entry('shop', 'const'),
  ]
  expect(completionsOf(entries, at('rule("x", { on: |')).map(({ label, kind, detail }) => [label, kind, detail])).toEqual([
    ['const', 'keyword', ''],
    ['shop', 'target', 'postgres · env: prod'],
  ])
})

it('offer pieces to fill in only where a statement can begin', () => {
  const labels = (marked: string) => completionsOf([], at(marked)).map(({ label }) => label)
  expect(labels('ru|')).toContain('rule')
  expect(labels("rule('a', {\n  on: ru|")).toEqual([])
})

it('are written with our quotes, in the place TypeScript names', () => {
  const [word] = completionsOf([entry('"DELETE"', 'string')], at('op.verb === |'))
  expect(word).toMatchObject({ label: "'DELETE'", insert: "'DELETE'" })
  const [inside] = completionsOf([entry('DELETE', 'string', { replacementSpan: { start: 13, length: 3 } })], at("op.verb === 'DEL|'"))
  expect(inside).toMatchObject({ insert: 'DELETE', start: 13, end: 16 })
})
