import { describe, expect, it } from 'vitest'
import { ProofError } from '@steno/recordings'
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (raw: Uint8Array) => new TextDecoder().decode(raw)

/** The example of c2sp.org/tlog-witness. */
const example = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`

const hash = 'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw='

describe('a request to cosign', () => {
  it('is read and written as the specification has it', () => {
    const read = parseAddCheckpoint(bytes(example))
    expect(read.oldSize).toBe(20_852_014)
    expect(read.proof).toHaveLength(4)
    expect(text(read.checkpoint)).toMatch(/^example\.com\/behind-the-sofa\n20852163\n/)
    expect(text(formatAddCheckpoint(read))).toBe(example)
  })

  it('may be without a proof', () => {
    expect(parseAddCheckpoint(bytes('old 0\n\nrest'))).toEqual({ oldSize: 0, proof: [], checkpoint: bytes('rest') })
  })

  it.each([
    ['nothing', ''],
    ['no empty line', `old 1\n${hash}\n`],
    ['no old size', `\n\nrest`],
    ['another word', `new 1\n\nrest`],
    ['a size with a zero in front', 'old 01\n\nrest'],
    ['a size below zero', 'old -1\n\nrest'],
    ['a size that is no number', 'old one\n\nrest'],
    ['a size that a double does not hold', 'old 9007199254740993\n\nrest'],
    ['two spaces', 'old  1\n\nrest'],
    ['a space at the end', 'old 1 \n\nrest'],
    ['a carriage return', 'old 1\r\n\r\nrest'],
    ['a hash that is too short', 'old 1\nAAAA\n\nrest'],
    ['a hash in the URL alphabet', `old 1\n${hash.replace('P', '-')}\n\nrest`],
    ['a hash without its padding', `old 1\n${hash.slice(0, -1)}\n\nrest`],
    ['a character that ends like an ASCII one', `old 1\n${hash.replace('P', 'Ő')}\n\nrest`],
    ['64 hashes', `old 1\n${`${hash}\n`.repeat(64)}\nrest`],
  ])('is refused with %s', (_what, body) => {
    expect(() => parseAddCheckpoint(bytes(body))).toThrow(ProofError)
  })

  it('may have 63 hashes', () => {
    expect(parseAddCheckpoint(bytes(`old 1\n${`${hash}\n`.repeat(63)}\nrest`)).proof).toHaveLength(63)
  })

  it('is never read as something else, wherever it is cut', () => {
    const whole = bytes(example)
    const head = example.indexOf('\n\n') + 2
    for (let end = 0; end < head; end++) expect(() => parseAddCheckpoint(whole.subarray(0, end))).toThrow(ProofError)
  })
})
