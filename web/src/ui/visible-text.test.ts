import { expect, it } from 'vitest'
import { visibleParts, visibleText } from './visible-text.ts'

it('leaves plain text alone, in any script', () => {
  for (const text of ['', 'select 1', '<script>alert(1)</script>', 'Kaja Ødegård', '注文', 'שלום', '👍'])
    expect(visibleText(text)).toBe(text)
})

it('shows every control character', () => {
  for (let code = 0; code < 0xa0; code += 1) {
    const character = String.fromCharCode(code)
    if (code >= 0x20 && code < 0x7f) continue
    expect(visibleText(`a${character}b`, { lines: true }), code.toString(16)).toSatisfy(
      (text: string) => text.length > 2 || character === '\n' || character === '\t',
    )
    expect(visibleText(`a${character}b`)).not.toContain(character)
  }
  expect(visibleText('\u001b[2J')).toBe('␛[2J')
})

it('never lets a bidi override through', () => {
  expect(visibleText('a\u202eb')).toBe('a⟦RLO⟧b')
  for (const code of [0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069])
    expect(visibleText(String.fromCodePoint(code))).toMatch(/^⟦.+⟧$/)
})

it('shows what draws nothing', () => {
  for (const code of [0xa0, 0xad, 0x115f, 0x200b, 0x200d, 0x2028, 0x2060, 0x2800, 0x3164, 0xfeff, 0xe0041])
    expect(visibleText(String.fromCodePoint(code))).toMatch(/^⟦.+⟧$/)
})

it('shows half a character as the replacement', () => {
  expect(visibleText('a\ud800b')).toBe('a\ufffdb')
})

it('keeps lines where asked and folds them elsewhere', () => {
  expect(visibleText('select 1,\n\t 2', { lines: true })).toBe('select 1,\n\t 2')
  expect(visibleText('select 1,\n\t 2  ;')).toBe('select 1, 2  ;')
})

it('names the character a symbol stands for', () => {
  expect(visibleParts('a\u202e')).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'symbol', text: '⟦RLO⟧', name: 'U+202E, right-to-left override' },
  ])
})
