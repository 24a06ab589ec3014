import { describe, expect, it } from 'vitest'
import { seeded } from '../cast/test-session.ts'
import { isSameHash } from '../proof/hash.ts'
import { sha256, verifyEd25519 } from '../proof/test-crypto.ts'
import { evidenceOf, type Files } from './test-directory.ts'
import { mutations, sampleDirectory } from './test-mutations.ts'
import type { Report } from './report.ts'
import { verify, type VerifyOptions } from './verify.ts'

// The last two have logs of more than one tile.
const samples = Array.from({ length: 24 }, (_, seed) => sampleDirectory(seed + 1, { idleEpochs: seed < 22 ? 0 : 280 }))

/** Of each kind: a few at each change; `npm test` asks on one runtime for more than ten thousand in all. */
const rounds = process.env['STENO_THOROUGH'] === undefined ? 30 : 220

function judge(files: Files, options: Partial<VerifyOptions> = {}): Promise<Report> {
  return verify(evidenceOf(files), { sha256, verifyEd25519, trust: { by: 'first key' }, ...options })
}

describe('a mutation', () => {
  it.each(Object.entries(mutations))('%s', async (name, mutate) => {
    const wrong: unknown[] = []
    let tried = 0
    for (let seed = 0; tried < rounds; seed++) {
      const sample = samples[seed % samples.length]!
      const mutated = mutate(sample, seeded(seed * 7919 + name.length))
      if (!mutated || isSame(mutated.files, sample.directory.files)) continue
      tried++
      const report = await judge(mutated.files, mutated.since ? { since: mutated.since } : {})
      if (!mutated.expected.includes(report.verdict))
        wrong.push({ seed, verdict: report.verdict, expected: mutated.expected, findings: report.findings })
    }
    expect(wrong.slice(0, 2)).toEqual([])
  })
})

/** Whether an attack happened to write what was there. */
function isSame(a: Files, b: Files): boolean {
  return a.size === b.size && [...a].every(([path, bytes]) => bytes === b.get(path) || isSameHash(bytes, b.get(path) ?? new Uint8Array(0)))
}
