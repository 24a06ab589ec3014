import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MaskKind } from '../decision.ts'
import { maskFor } from './mask-for.ts'
import { createMaskKey, type MaskKey } from './mask-key.ts'
import { maskMatches } from './mask-matches.ts'
import { maskValue } from './mask-value.ts'
import { masks } from './registry.ts'

const secret = new Uint8Array(32).map((_, index) => index + 1)
const key = createMaskKey(secret)
const otherKey = createMaskKey(secret.toReversed())
const kinds = Object.keys(masks) as MaskKind[]

const mask = (kind: MaskKind, value: string) => maskValue(kind, value, key)
const isWellFormed = (text: string) => !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text)
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.emailAddress(),
  fc.stringMatching(/^[0-9 .+-]{1,30}$/),
)

describe('a mask key', () => {
  it('makes the HMAC-SHA-256 that everyone makes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), value => {
        expect(Buffer.from(key.hmac(value)).toString('hex')).toBe(createHmac('sha256', secret).update(value, 'utf8').digest('hex'))
      }),
    )
  })
  it('refuses a secret that can be found by trying', () => {
    expect(() => createMaskKey(new Uint8Array(15))).toThrow('expected a secret of at least 16 bytes, got 15')
  })
  it('keeps its secret when the caller wipes theirs', () => {
    const mine = secret.slice()
    const kept = createMaskKey(mine)
    mine.fill(0)
    expect(maskValue('hash', 'a', kept)).toBe(mask('hash', 'a'))
  })
  it('may be another’s implementation', () => {
    const nodeKey: MaskKey = { hmac: value => createHmac('sha256', secret).update(value, 'utf8').digest() }
    for (const kind of kinds) expect(maskValue(kind, 'jürgen@example.org 4111', nodeKey)).toBe(mask(kind, 'jürgen@example.org 4111'))
  })
})

describe('every mask', () => {
  it.each(kinds)('%s hides the same value alike, in whole characters', kind => {
    fc.assert(
      fc.property(text, value => {
        const shown = mask(kind, value)
        expect(mask(kind, value)).toBe(shown)
        if (isWellFormed(value)) expect(isWellFormed(shown ?? '')).toBe(true)
      }),
    )
  })
  it('is refused when nobody knows it', () => {
    expect(() => maskValue('reverse' as MaskKind, 'x', key)).toThrow('expected a known mask, got `reverse`')
    expect(() => maskValue('constructor' as MaskKind, 'x', key)).toThrow('expected a known mask')
    expect(() => maskFor('reverse' as MaskKind, 'text')).toThrow('expected a known mask')
  })
})

describe('redact and null', () => {
  it('say nothing of the value', () => {
    fc.assert(
      fc.property(text, value => {
        expect(mask('redact', value)).toBe('[redacted]')
        expect(mask('null', value)).toBeNull()
      }),
    )
  })
})

describe('hash', () => {
  it('is the start of the HMAC, and another under another key', () => {
    expect(mask('hash', 'ada@example.org')).toBe(createHmac('sha256', secret).update('ada@example.org').digest('hex').slice(0, 16))
    expect(maskValue('hash', 'ada@example.org', otherKey)).not.toBe(mask('hash', 'ada@example.org'))
  })
  it('differs for values that differ', () => {
    const seen = new Set(Array.from({ length: 5000 }, (_, index) => mask('hash', String(index))))
    expect(seen.size).toBe(5000)
  })
})

describe('last4', () => {
  it('shows four characters and not how many there were', () => {
    expect(mask('last4', '4111111111111234')).toBe('****1234')
    expect(mask('last4', '4111 1111 1111 1111 1234')).toBe('****1234')
    expect(mask('last4', 'x'.repeat(5) + '😀😀😀😀')).toBe('****😀😀😀😀')
  })
  it('hides a value as a whole when four characters are most of it', () => {
    for (const value of ['', 'a', '1234', '12345', '1234567', '😀😀😀😀']) expect(mask('last4', value)).toBe('****')
    expect(mask('last4', '12345678')).toBe('****5678')
  })
})

describe('partial', () => {
  it.each([
    ['ada.lovelace@example.org', 'a**.********@example.org'],
    ['al@example.org', '**@example.org'],
    ['a@b@example.org', 'a**********.***'],
    ['not an address@example.org', 'n** ** ***************.***'],
    ['4111 1111 1111 1234', '**** **** **** **34'],
    ['4111111111111234', '**************34'],
    ['123-45-6789', '*********89'],
    ['+44 20 7946 0958', '**************58'],
    ['12345', '****5'],
    ['12', '**'],
    ['Ada Lovelace', 'A** ********'],
    ['Ad', '**'],
    ['', ''],
    ['😀😀😀', '😀**'],
    ['@example.org', '@*******.***'],
    ['ada@localhost', 'a************'],
  ])('shows `%s` as `%s`', (value, shown) => {
    expect(mask('partial', value)).toBe(shown)
  })
  it('keeps at most a third of the characters, an address’s domain apart', () => {
    fc.assert(
      fc.property(text, value => {
        const shown = mask('partial', value) ?? ''
        const at = value.indexOf('@')
        // Only a plain address keeps its `@`; then what is before it is what counts.
        const isAddress = at > 0 && shown.slice(shown.indexOf('@')) === value.slice(at)
        const hidden = Array.from(isAddress ? value.slice(0, at) : value)
        const characters = Array.from(shown)
        expect(characters).toHaveLength(Array.from(value).length)
        const kept = hidden.filter((character, index) => characters[index] === character && character !== '*').length
        expect(kept).toBeLessThanOrEqual(hidden.length / 3)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('token', () => {
  it('puts letters for letters and digits for digits', () => {
    fc.assert(
      fc.property(text, value => {
        const shape = (character: string) =>
          /[a-z]/.test(character)
            ? 'a'
            : /[A-Z]/.test(character)
              ? 'A'
              : /\d/.test(character)
                ? '0'
                : character > '\u007f'
                  ? 'a'
                  : character
        const shown = mask('token', value) ?? ''
        expect(Array.from(shown, shape)).toEqual(Array.from(value, shape))
        expect(shown).not.toMatch(/[^\0-\u007f]/)
      }),
    )
  })
  it('is another under another key, and does not repeat itself in a long value', () => {
    expect(maskValue('token', 'Ada Lovelace', otherKey)).not.toBe(mask('token', 'Ada Lovelace'))
    const long = mask('token', 'a'.repeat(2000)) ?? ''
    expect(long.slice(0, 32)).not.toBe(long.slice(32, 64))
    expect(new Set(long).size).toBe(26)
  })
  it('reads a long value once', () => {
    let characters = 0
    const counting: MaskKey = { hmac: value => ((characters += value.length), key.hmac(value)) }
    maskValue('token', 'a'.repeat(100_000), counting)
    expect(characters).toBeLessThan(500_000)
  })
})

describe('masks of other types', () => {
  it('hide text-like types by any kind', () => {
    for (const kind of kinds) {
      for (const type of [
        'text',
        'varchar',
        'character varying(20)',
        'bpchar',
        'name',
        'citext',
        'unknown',
        'pg_catalog.text',
        'VARCHAR',
      ]) {
        expect(maskFor(kind, type)?.('ada@example.org', key)).toBe(mask(kind, 'ada@example.org'))
      }
    }
  })
  it('leave NULL for what cannot be a value of the type', () => {
    for (const kind of ['redact', 'hash', 'last4', 'partial', 'null'] as const) {
      for (const type of ['int4', 'numeric', 'date', 'uuid', 'bool', 'jsonb', 'text[]', '_text', 'bytea', 'constructor', '']) {
        expect(maskFor(kind, type)).toBeNull()
      }
    }
    for (const type of ['numeric', 'date', 'bool', 'timestamptz', 'jsonb', '_int4', 'inet']) expect(maskFor('token', type)).toBeNull()
  })
  it.each([
    ['int2', -(2n ** 15n), 2n ** 15n - 1n],
    ['int4', -(2n ** 31n), 2n ** 31n - 1n],
    ['integer', -(2n ** 31n), 2n ** 31n - 1n],
    ['int8', -(2n ** 63n), 2n ** 63n - 1n],
  ])('put a number with as many digits for a number of %s', (type, min, max) => {
    const hide = maskFor('token', type)
    fc.assert(
      fc.property(fc.oneof(fc.bigInt({ min, max }), fc.bigInt({ min: -999n, max: 999n }), fc.constantFrom(min, max, 0n)), value => {
        const shown = BigInt(hide?.(String(value), key) ?? 'x')
        expect(shown >= min && shown <= max).toBe(true)
        const digits = (number: bigint) => String(number < 0n ? -number : number).length
        expect(digits(shown)).toBe(digits(value))
        expect(hide?.(String(value), key)).toBe(String(shown))
      }),
    )
  })
  it('keep different numbers different', () => {
    const hide = maskFor('token', 'int4')
    const shown = (from: number, to: number) =>
      new Set(Array.from({ length: to - from + 1 }, (_, index) => hide?.(String(from + index), key)))
    expect(shown(0, 9)).toEqual(new Set(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
    expect(shown(-9, 999).size).toBe(1009)
    expect(shown(123_456_000, 123_456_999).size).toBe(1000)
    expect(shown(2_147_483_000, 2_147_483_647).size).toBe(648)
    expect(hide?.('123', otherKey)).not.toBe(hide?.('123', key))
  })
  it('let types of different widths join', () => {
    for (const value of ['7', '-42', '123456789'])
      expect(maskFor('token', 'int8')?.(value, key)).toBe(maskFor('token', 'int4')?.(value, key))
  })
  it('put a uuid for a uuid, however it is written', () => {
    const hide = maskFor('token', 'uuid')
    fc.assert(
      fc.property(fc.uuid(), value => {
        const shown = hide?.(value, key) ?? ''
        expect(shown).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(shown).not.toBe(value)
        expect(hide?.(value.toUpperCase(), key)).toBe(shown)
      }),
    )
  })
  it('show NULL for a text that is not of its type', () => {
    expect(maskFor('token', 'int4')?.('12a', key)).toBeNull()
    expect(maskFor('token', 'int4')?.('', key)).toBeNull()
    expect(maskFor('token', 'int2')?.('123456', key)).toBeNull()
    expect(maskFor('token', 'int2')?.('40000', key)).toBeNull()
    expect(maskFor('token', 'int4')?.('007', key)).toBeNull()
    expect(maskFor('token', 'uuid')?.('12', key)).toBeNull()
  })
})

describe('maskMatches', () => {
  const ssn = String.raw`\b\d{3}-\d{2}-\d{4}\b`

  it('hides every match and leaves the rest', () => {
    expect(maskMatches(ssn, '', 'a 123-45-6789 b 987-65-4321.', 'redact', key)).toBe('a [redacted] b [redacted].')
    expect(maskMatches('[a-z]+@[a-z.]+', 'i', 'to ADA@Example.org!', 'partial', key)).toBe('to A**@Example.org!')
    expect(maskMatches(ssn, '', 'x123-45-6789', 'redact', key)).toBe('x123-45-6789')
  })
  it('takes matches out for NULL', () => {
    expect(maskMatches(ssn, '', '<123-45-6789>', 'null', key)).toBe('<>')
  })
  it('puts the mask there as it is, whatever it looks like', () => {
    expect(maskMatches('p.*', '', 'a $&$1$$12', 'last4', key)).toBe('a $&$1$$12')
    expect(maskMatches('p.*', '', 'a password$&$1', 'last4', key)).toBe('a ****$&$1')
  })
  it('finds what lies between characters outside the first plane', () => {
    expect(maskMatches(ssn, '', '😀123-45-6789😀', 'redact', key)).toBe('😀[redacted]😀')
    expect(maskMatches('😀', '', 'a😀b😀', 'redact', key)).toBe('a[redacted]b[redacted]')
  })
  it('is not troubled by matches of nothing', () => {
    expect(maskMatches('x*', '', 'abxxc', 'redact', key)).toBe('ab[redacted]c')
  })
  it('gives the text itself where nothing matches, and refuses what RE2 does not know', () => {
    expect(maskMatches(ssn, '', 'nothing', 'redact', key)).toBe('nothing')
    expect(() => maskMatches('(?=a)', '', 'a', 'redact', key)).toThrow('invalid')
    expect(() => maskMatches('a', 'y', 'a', 'redact', key)).toThrow('expected the flags')
  })
  it('is linear where a backtracking engine is not', () => {
    const text = `${'a'.repeat(20_000)}!`
    expect(maskMatches('^(a+)+$', '', text, 'redact', key)).toBe(text)
  })
})
