import type { Machine } from './machine.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new ULID in lower case: 48 bits of milliseconds, 80 bits of chance, sorted by time. */
export function newId(machine: Machine): string {
  const time = BigInt(Math.floor(machine.clock.nowUs() / 1000))
  let bits = time
  for (const byte of machine.random(10)) bits = (bits << 8n) | BigInt(byte)
  let id = ''
  for (let at = 0; at < 26; at++) {
    id = alphabet[Number(bits & 31n)] + id
    bits >>= 5n
  }
  return id
}

/** The milliseconds since 1970 that an id was made at, or null for what is not an id. */
export function idTimeMs(id: string): number | null {
  if (!/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(id)) return null
  let time = 0
  for (const letter of id.slice(0, 10)) time = time * 32 + alphabet.indexOf(letter)
  return time
}
