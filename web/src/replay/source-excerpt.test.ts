import { describe, expect, it } from 'vitest'
import { sourceExcerpt } from './source-excerpt.ts'

const source = `rule('a', {
  when: op => op.verb === 'DROP' && op.isOpaque,
})`
const place = (text: string): [number, number] => [source.indexOf(text), source.indexOf(text) + text.length]
const shown = (...places: [number, number][]) =>
  sourceExcerpt(source, places)
    .map(({ text, isMarked }) => (isMarked ? `[${text}]` : text))
    .join('')

describe('an excerpt of a policy', () => {
  it('shows the whole lines of what held, with that marked', () => {
    expect(shown(place("op.verb === 'DROP'"))).toBe("  when: op => [op.verb === 'DROP'] && op.isOpaque,")
    expect(shown(place('op.isOpaque'), place("op.verb === 'DROP'"))).toBe("  when: op => [op.verb === 'DROP'] && [op.isOpaque],")
  })

  it('marks a clause within another once', () => {
    expect(shown(place("op.verb === 'DROP' && op.isOpaque"), place('op.isOpaque'))).toBe(
      "  when: op => [op.verb === 'DROP' && op.isOpaque],",
    )
  })

  it('spans lines, and is empty for nothing', () => {
    expect(shown([0, source.length])).toBe(`[${source}]`)
    expect(shown()).toBe('')
    expect(shown([9999, 10_000])).toBe('')
  })
})
