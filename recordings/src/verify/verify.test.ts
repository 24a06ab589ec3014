import { describe, expect, it } from 'vitest'
import { sha256, verifyEd25519 } from '../proof/test-crypto.ts'
import { evidenceOf, TestDirectory, type Files } from './test-directory.ts'
import type { Report } from './report.ts'
import { verify, type VerifyOptions } from './verify.ts'

function judge(files: Files, options: Partial<VerifyOptions> = {}): Promise<Report> {
  return verify(evidenceOf(files), { sha256, verifyEd25519, trust: { by: 'first key' }, ...options })
}

function busyDirectory(): TestDirectory {
  const directory = new TestDirectory()
  directory.entry({ kind: 'agent.add' })
  const first = directory.open()
  first.command('select 1')
  directory.epoch()
  const second = directory.open()
  first.command('drop table orders', 'deny')
  second.command('select 2')
  directory.epoch()
  first.command('select 3')
  first.close()
  second.command('select 4')
  directory.epoch()
  return directory
}

describe('untouched evidence', () => {
  it('is whole', async () => {
    const report = await judge(busyDirectory().files)
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ verdict: 'WHOLE', isAccepted: true, log: { isProven: true } })
    expect(report.sessions.map(({ verdict, lines, provenLines }) => [verdict, lines, provenLines])).toEqual([
      ['WHOLE', 14, 14],
      ['WHOLE', 9, 9],
    ])
  })
})
