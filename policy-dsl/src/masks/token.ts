import { bytesToHex } from '@noble/hashes/utils.js'
import type { Mask } from './mask.ts'
import type { MaskKey } from './mask-key.ts'

const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const digits = '0123456789'

/**
 * A stand-in of the same kind: letters for letters, digits for digits, as many
 * characters as before, what is between them as it is. Equal values have equal
 * stand-ins, so they join; short values have few possible ones, so two different
 * values may share one. Letters outside ASCII become lower-case ASCII: which
 * ones are letters, and which capital, differs by the version of Unicode.
 */
export const token: Mask = {
  kind: 'token',
  hide: (value, key) => {
    const stream = keyedBytes(value, key)
    let shown = ''
    for (const character of value) {
      const alphabet = alphabetOf(character)
      shown += alphabet === null ? character : (alphabet[(stream.next().value ?? 0) % alphabet.length] ?? '')
    }
    return shown
  },
  typed: {
    int2: (value, key) => integerToken(value, 32_767n, key),
    int4: (value, key) => integerToken(value, 2_147_483_647n, key),
    int8: (value, key) => integerToken(value, 9_223_372_036_854_775_807n, key),
    uuid: (value, key) => uuidToken(value, key),
  },
}

function alphabetOf(character: string): string | null {
  if (character >= 'a' && character <= 'z') return lower
  if (character >= 'A' && character <= 'Z') return upper
  if (character >= '0' && character <= '9') return digits
  return character > '\u007f' ? lower : null
}

/** As many bytes as are asked for. The value is hashed once, however long it is. */
function* keyedBytes(value: string, key: MaskKey): Generator<number, undefined> {
  const seed = bytesToHex(key.hmac(`token:${value}`))
  for (let block = 0; ; block++) yield* key.hmac(`token ${block} ${seed}`)
}

/**
 * As many digits as before and the same sign, within the type; different
 * numbers stay different, so a column of three codes still has three. Types
 * join with each other, except where the shorter one's largest number is near.
 */
function integerToken(value: string, max: bigint, key: MaskKey): string | null {
  const matched = /^(-?)(\d{1,19})$/.exec(value)
  if (!matched) return null
  const [, sign = '', figures = ''] = matched
  const isOneDigit = figures.length === 1
  const low = isOneDigit ? (sign === '-' ? 1n : 0n) : 10n ** BigInt(figures.length - 1)
  const high = 10n ** BigInt(figures.length) - 1n
  const furthest = sign === '-' ? max + 1n : max
  const last = high < furthest ? high : furthest
  const number = BigInt(figures)
  if (number < low || number > last) return null
  return `${sign}${low + permuted({ number: number - low, count: last - low + 1n, key })}`
}

const rounds = 8

/**
 * One of the numbers from 0 to count - 1 for each of them: a Feistel network
 * over the next square, walked until it is back among them.
 */
function permuted({ number, count, key }: { number: bigint; count: bigint; key: MaskKey }): bigint {
  const side = rootAbove(count)
  let shown = number
  do {
    let [left, right] = [shown / side, shown % side]
    for (let round = 0; round < rounds; round++) {
      const drawn = BigInt(`0x${bytesToHex(key.hmac(`token ${count} ${round} ${right}`).subarray(0, 16))}`)
      ;[left, right] = [right, (left + drawn) % side]
    }
    shown = left * side + right
  } while (shown >= count)
  return shown
}

/** The smallest number whose square is not below. */
function rootAbove(square: bigint): bigint {
  let root = BigInt(Math.ceil(Math.sqrt(Number(square))))
  while (root * root < square) root++
  while ((root - 1n) * (root - 1n) >= square) root--
  return root
}

/** Version 8 is for those who make their own (RFC 9562 §5.8): nobody takes it for one that was drawn. */
function uuidToken(value: string, key: MaskKey): string | null {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return null
  const hex = bytesToHex(key.hmac(`token:${value.toLowerCase()}`).subarray(0, 16))
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4] ?? '8'
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
