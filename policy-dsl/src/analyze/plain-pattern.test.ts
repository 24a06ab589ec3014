import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../evaluate/pattern.ts'
import { holdsForText } from './atoms.ts'
import { plainTestsOf } from './plain-pattern.ts'
import { sampleOf } from './sample.ts'

describe('a pattern that only names texts', () => {
  it.each([
    [
      '^(rm|dd)$',
      [
        { is: 'equals', value: 'rm' },
        { is: 'equals', value: 'dd' },
      ],
    ],
    ['^lo_', [{ is: 'prefix', value: 'lo_' }]],
    ['\\.sql$', [{ is: 'suffix', value: '.sql' }]],
    [
      '(?:a|b)',
      [
        { is: 'contains', value: 'a' },
        { is: 'contains', value: 'b' },
      ],
    ],
    ['a\\\\$', [{ is: 'suffix', value: 'a\\' }]],
  ])('is read as tests: %s', (pattern, tests) => {
    expect(plainTestsOf(pattern, '')).toEqual(tests)
  })

  it.each(['^a|b$', '(a)(b)', '(a|b)c', 'a.c', '^a+$', '\\d', '^(mkfs.*)$', 'cost\\$', '', '^$', '(?i)x', '(?i:x)', 'a|', 'é'])(
    'is not one that means more: %s',
    pattern => {
      expect(plainTestsOf(pattern, '')).toBeNull()
    },
  )

  it('is left alone with flags', () => {
    expect(plainTestsOf('^a', 'i')).toBeNull()
  })

  it('agrees with the engine on every text', () => {
    const letters = fc.constantFrom('a', 'b', '\n', '$', '\\', '^', '|', '(', ')', '.', '\\$', '\\.', '\\|', '\\\\', '(?:')
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '$', '\\', '.', '|', '(', ')', '^'), maxLength: 5 })
    let read = 0
    fc.assert(
      fc.property(
        fc.string({ unit: letters, minLength: 1, maxLength: 7 }),
        fc.array(text, { minLength: 20, maxLength: 20 }),
        (pattern, given) => {
          const tests = plainTestsOf(pattern, '')
          if (tests === null) return
          read++
          const compiled = compilePattern(pattern, '')
          const near = tests.flatMap(test =>
            test.is === 'matches' ? [] : [test.value, `${test.value}\n`, `a${test.value}`, `${test.value}a`],
          )
          for (const one of [...given, ...near])
            expect(
              tests.some(test => holdsForText(test, one)),
              JSON.stringify([pattern, one]),
            ).toBe(compiled.test(one))
        },
      ),
      { numRuns: 2000 },
    )
    expect(read).toBeGreaterThan(100)
  })
})

describe('a sample', () => {
  it.each([
    '^(rm|dd|mkfs.*|shutdown)$',
    '\\b\\d{3}-\\d{2}-\\d{4}\\b',
    '^[a-z]+@example\\.com$',
    '(?i)select\\s+\\*',
    '^v[0-9]+(\\.[0-9]+)?$',
    'a{2,}[^x]',
  ])('matches its pattern: %s', pattern => {
    expect(
      sampleOf(pattern).some(text => compilePattern(pattern.replace('(?i)', ''), pattern.startsWith('(?i)') ? 'i' : '').test(text)),
    ).toBe(true)
  })

  it('is none where the pattern is too much', () => {
    expect(sampleOf('('.repeat(500))).toEqual([])
    expect(sampleOf('[[:alpha:]]')).toEqual([])
    expect(sampleOf('a)b')).toEqual([])
  })
})
