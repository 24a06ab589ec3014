import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactText } from './mask-text.ts'

/** Redacts every place where one of the parts stands. */
function without(text: string, ...parts: string[]): string {
  return redactText(
    text,
    parts.map(part => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length, rule: 'hide' })),
  )
}

describe('a text for the record', () => {
  it.each([
    ["ssn = '1''2'", "'1''2'", "ssn = '[masked]'"],
    [String.raw`ssn = E'1\'2'`, String.raw`E'1\'2'`, "ssn = '[masked]'"],
    ["ssn = U&'a'", "U&'a'", "ssn = '[masked]'"],
    ["flag = B'01'", "B'01'", "flag = '[masked]'"],
    ['do $a$ x $a$', '$a$ x $a$', 'do $$[masked]$$'],
    ['ssn > 12.5e3', '12.5e3', 'ssn > 0/*[masked]*/'],
    ['ssn > -.5', '-.5', 'ssn > 0/*[masked]*/'],
    ['COPY t FROM stdin', 't', 'COPY [masked] FROM stdin'],
  ])('%s has a literal for a literal', (text, part, shown) => {
    expect(without(text, part)).toBe(shown)
  })

  it('loses all parts, in whatever order they are named', () => {
    expect(without("a = 'x' AND b = 7 AND c = 'y'", "'y'", "'x'", '7')).toBe("a = '[masked]' AND b = 0/*[masked]*/ AND c = '[masked]'")
    expect(redactText("a = 'x'", [])).toBe("a = 'x'")
  })

  it('loses parts that overlap as one, and such as reach beyond it', () => {
    const hide = (start: number, end: number) => ({ start, end, rule: 'hide' })
    expect(redactText("a = 'xyz' + 1", [hide(4, 9), hide(5, 8), hide(4, 9)])).toBe("a = '[masked]' + 1")
    expect(redactText('abc', [hide(1, 99), hide(-5, 1)])).toBe('[masked][masked]')
    expect(redactText('abc', [hide(2, 1), hide(5, 9)])).toBe('abc')
  })

  it('keeps nothing of what is redacted, and all else', () => {
    const spans = fc.array(
      fc.record({ start: fc.integer({ min: -3, max: 30 }), end: fc.integer({ min: -3, max: 30 }), rule: fc.constant('hide') }),
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('s', '1', "'", '$', ' '), maxLength: 25 }), spans, (text, redactions) => {
        // Every kept character is marked by its place, so that it can be told from the stand-ins.
        const isHidden = (i: number) => redactions.some(({ start, end }) => i >= start && i < end)
        const kept = Array.from(text, (_, i) => i).filter(i => !isHidden(i))
        const marked = String.fromCharCode(...Array.from(text, (_, i) => 0x4e00 + i))
        const shown = redactText(marked, redactions).replace(/\[masked\]/g, '')
        expect(shown).toBe(String.fromCharCode(...kept.map(i => 0x4e00 + i)))
        expect(redactText(text, redactions).length > 0 || text === '').toBe(true)
      }),
    )
  })
})
