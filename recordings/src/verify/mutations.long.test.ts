import { describe, expect, it } from 'vitest'
import { seeded } from '../cast/test-session.ts'
import { utf8Encoder } from '../cast/utf8.ts'
import { formatBase64 } from '../proof/base64.ts'
import { isSameHash } from '../proof/hash.ts'
import { sha256, verifyEd25519 } from '../proof/test-crypto.ts'
import { concat, evidenceOf, type Files } from './test-directory.ts'
import { mutations, sampleDirectory } from './test-mutations.ts'
import type { Report } from './report.ts'
import { verify, type VerifyOptions } from './verify.ts'

// The last two have logs of more than one tile.
const samples = Array.from({ length: 24 }, (_, seed) => sampleDirectory(seed + 1, { idleEpochs: seed < 22 ? 0 : 280 }))

/** Of each kind, no two alike: a few at each change; `npm test` asks on one runtime for more than ten thousand in all. */
const isThorough = process.env['STENO_THOROUGH'] !== undefined
const rounds = isThorough ? 300 : 30
/** Of some kinds there are only so many: after this many tries for each round, all are found that are to be found. */
const triesMax = 4

/** How many were tried of each kind. */
const tried = new Map<string, number>()

function judge(files: Files, options: Partial<VerifyOptions> = {}): Promise<Report> {
  return verify(evidenceOf(files), { sha256, verifyEd25519, trust: { by: 'first key' }, ...options })
}

describe('a mutation', () => {
  it.each(Object.entries(mutations))('%s', async (name, mutate) => {
    const wrong: unknown[] = []
    const seen = new Set<string>()
    for (let seed = 0; seen.size < rounds && seed < rounds * triesMax; seed++) {
      const at = seed % samples.length
      const sample = samples[at]!
      const mutated = mutate(sample, seeded(seed * 7919 + name.length))
      const change = mutated && changeOf(sample.directory.files, mutated.files)
      if (!mutated || change === null || seen.has(`${at} ${change}`)) continue
      seen.add(`${at} ${change}`)
      const report = await judge(mutated.files, mutated.since ? { since: mutated.since } : {})
      if (!mutated.expected.includes(report.verdict))
        wrong.push({ seed, verdict: report.verdict, expected: mutated.expected, findings: report.findings })
    }
    tried.set(name, seen.size)
    expect(wrong.slice(0, 2)).toEqual([])
    expect(seen.size).toBeGreaterThan(0)
  })

  it(`is one of ${isThorough ? 'ten thousand' : 'a thousand'}, no two alike`, () => {
    const count = [...tried.values()].reduce((sum, one) => sum + one, 0)
    expect(count).toBeGreaterThanOrEqual(isThorough ? 10_000 : 1_000)
  })
})

/** What an attack changed, as a digest; null where it happened to write what was there. */
function changeOf(before: Files, after: Files): string | null {
  const parts: Uint8Array[] = []
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(path), after.get(path)]
    if (was === is || (was && is && isSameHash(was, is))) continue
    parts.push(utf8Encoder.encode(`\n${path} ${is?.length ?? 'gone'}\n`), is ?? new Uint8Array(0))
  }
  return parts.length === 0 ? null : formatBase64(sha256(concat(parts)))
}
