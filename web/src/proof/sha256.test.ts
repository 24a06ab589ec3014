import { describe, expect, it } from 'vitest'
import { sha256 } from './sha256.ts'

const hex = (bytes: Uint8Array) => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
const expected = async (bytes: Uint8Array) => hex(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))))

describe('sha256', () => {
  it('hashes the examples of the standard', () => {
    expect(hex(sha256(new Uint8Array(0)))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hex(sha256(new TextEncoder().encode('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('agrees with the platform’s at every length around its blocks', async () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff)
      expect(hex(sha256(bytes)), `${length} bytes`).toBe(await expected(bytes))
    }
  })

  it('agrees on a long message, and on a part of a larger memory', async () => {
    const bytes = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * i) & 0xff)
    expect(hex(sha256(bytes))).toBe(await expected(bytes))
    expect(hex(sha256(bytes.subarray(7, 4242)))).toBe(await expected(bytes.slice(7, 4242)))
  })

  it('gives bytes that the next hash does not change', () => {
    const first = sha256(Uint8Array.of(1))
    const kept = hex(first)
    sha256(Uint8Array.of(2))
    expect(hex(first)).toBe(kept)
  })
})
