import { describe, expect, it } from 'vitest'
import { SaltPool } from './salt-pool.ts'
import { seeded } from './test-session.ts'

describe('SaltPool', () => {
  it('gives salts of 16 characters of base64url that are never alike', () => {
    const chance = seeded(1)
    const pool = new SaltPool(sizeBytes => Uint8Array.from({ length: sizeBytes }, () => chance(256)))
    const salts = Array.from({ length: 1000 }, () => pool.next())
    for (const salt of salts) expect(salt).toMatch(/^[\w-]{16}$/)
    expect(new Set(salts).size).toBe(1000)
    expect(new Set(salts.join('')).size).toBe(64)
  })

  it('copies a salt to where it is wanted and nowhere else', () => {
    const pool = new SaltPool(sizeBytes => new Uint8Array(sizeBytes))
    const bytes = new Uint8Array(20)
    pool.copyNext(bytes, 2)
    expect(String.fromCharCode(...bytes)).toBe(`\0\0${'A'.repeat(16)}\0\0`)
  })
})
