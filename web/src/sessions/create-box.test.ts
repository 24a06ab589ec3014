import { createRoot, createSignal } from 'solid-js'
import { expect, it } from 'vitest'
import { createBox, type Box } from './create-box.ts'
import { formatSearch, parseSearch } from './query.ts'

function box(source = ''): Box & { search(): string } {
  return createRoot(() => {
    const [search, setSearch] = createSignal(parseSearch(source))
    const made = createBox({ search, known: () => ({ target: ['shop'] }), onSearch: next => void setSearch(next) })
    return { ...made, search: () => formatSearch(search()) }
  })
}

it('makes a filter of a whole word once a blank follows', () => {
  const made = box()
  made.type('target:shop')
  expect([made.search(), made.text()]).toEqual(['', 'target:shop'])
  made.type('target:shop ')
  expect([made.search(), made.text()]).toEqual(['target:shop', ''])
})

it('keeps the blank while text is typed', () => {
  const made = box()
  made.type('drop ')
  expect(made.text()).toBe('drop ')
  made.settle()
  expect([made.search(), made.text()]).toEqual(['drop', 'drop '])
})

it('does not search for a filter that is still being written', () => {
  const made = box()
  made.type('drop verdict:de')
  made.settle()
  expect([made.search(), made.text()]).toEqual(['drop', 'drop verdict:de'])
  made.type('ta')
  made.settle()
  expect(made.search()).toBe('ta')
})

it('takes everything on Enter', () => {
  const made = box('since:1h')
  made.type('table:payments delete')
  expect(made.enter()).toBe(true)
  expect([made.search(), made.text()]).toEqual(['since:1h table:payments delete', 'delete'])
})

it('completes a field, then its value, from the keyboard', () => {
  const made = box()
  made.type('tar')
  made.move(1)
  expect(made.enter()).toBe(false)
  expect(made.text()).toBe('target:')
  made.move(1)
  made.enter()
  expect([made.search(), made.text()]).toEqual(['target:shop', ''])
})

it('goes round the suggestions and over none', () => {
  const made = box()
  made.type('verdict:')
  const seen = [1, 1, 1, 1, -1].map(by => {
    made.move(by)
    return made.chosen()
  })
  expect(seen).toEqual([0, 1, 2, -1, 2])
})

it('takes the last filter back for mending', () => {
  const made = box('target:shop since:1h')
  expect(made.backspace()).toBe(true)
  expect([made.search(), made.text()]).toEqual(['target:shop', 'since:1h'])
  expect(made.backspace()).toBe(false)
})

it('takes over the text of a search made elsewhere', () => {
  const made = box('a')
  made.adopt('b c')
  expect(made.text()).toBe('b c')
})
