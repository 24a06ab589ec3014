import type { Finding, LogLeaf, Report } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { logSentence, withoutAnswer, type LogFacts } from './log-sentence.ts'
import type { Cosigner } from './look-at-log.ts'

const nowMs = Date.UTC(2026, 10, 21, 14, 2, 49)
const hash = `${'A'.repeat(43)}=`
const at = (secondsAgo: number) => (nowMs - secondsAgo * 1000) * 1000
const epoch = (secondsAgo: number): LogLeaf => ({ kind: 'epoch', atUs: at(secondsAgo), number: 1, count: 1, root: hash })
const open: LogLeaf = { kind: 'open', atUs: at(120), session: 's', number: 1, header: hash }

function say(
  more: Partial<LogFacts> & { leaves?: LogLeaf[]; cosigners?: Cosigner[]; history?: NonNullable<LogFacts['look']>['history'] } = {},
) {
  const { leaves = [open, epoch(38)], cosigners = [], history = 'grown', ...facts } = more
  const look = { size: 7, cosigners, history, leaves: leaves.map((said, index) => ({ index, said })) }
  return logSentence({ look, unanchoredSeconds: 0, witnesses: 1, verified: null, nowMs, ...facts })
}

describe('logSentence', () => {
  it('says how far the record is anchored and when a witness signed last', () => {
    expect(say({ cosigners: [{ name: 'w', atMs: nowMs - 38_000, isTrue: true }] })).toMatchObject({
      tone: 'good',
      says: 'Every record up to 14:02:11 is anchored; the last witness signed 38 s ago.',
    })
  })

  it('says what it means that no witness is configured, or none answers', () => {
    expect(say({ witnesses: 0 })).toMatchObject({ tone: 'unsure', says: expect.stringContaining('no witness is configured') })
    expect(say({ witnesses: 0 }).means).toContain('whoever holds that key')
    expect(say({ witnesses: 2 }).says).toContain('no witness has signed the newest checkpoint')
  })

  it('does not count a signature that is not its witness’s, nor one nobody knows the key of', () => {
    expect(say({ cosigners: [{ name: 'w', atMs: nowMs, isTrue: false }] })).toMatchObject({ tone: 'bad' })
    expect(say({ cosigners: [{ name: 'w', atMs: nowMs, isTrue: null }] })).toMatchObject({ tone: 'unsure' })
  })

  it('is not content with a witness that has been silent for long', () => {
    expect(say({ cosigners: [{ name: 'w', atMs: nowMs - 3_600_000, isTrue: true }] })).toMatchObject({
      tone: 'unsure',
      says: expect.stringContaining('1 h ago'),
    })
  })

  it('says that the log cannot publish', () => {
    expect(say({ unanchoredSeconds: 41.3 })).toMatchObject({
      tone: 'bad',
      says: 'The log cannot publish: what was recorded after 14:02:11 is not anchored, for 41 s now.',
    })
  })

  it('says that nothing is recorded, or not even a checkpoint is there', () => {
    expect(say({ leaves: [epoch(3)], witnesses: 0 }).says).toMatch(/^Nothing is recorded/)
    expect(say({ look: null }).says).toContain('Nothing is anchored yet')
  })

  it('says what this browser computed before anything that the log says of itself', () => {
    const log = { isProven: true, newestEpochAtUs: at(60) } as Report['log']
    const broken: Finding = {
      verdict: 'TAMPERED',
      code: 'lines_differ',
      session: 's',
      line: 3,
      leaf: 4,
      key: 'k',
      says: 'line 3 is another',
    }
    const sessions = [{ session: 's' }, { session: 't' }] as Report['sessions']
    const report = { verdict: 'WHOLE', isAccepted: true, log, sessions, findings: [] } as const
    const cosigners = [{ name: 'w', atMs: nowMs, isTrue: true }]
    expect(say({ cosigners, verified: { report: { ...report, findings: [] }, atMs: nowMs - 9_000 } })).toMatchObject({
      tone: 'good',
      says: 'Every record up to 14:01:49 is verified; the last witness signed just now.',
    })
    const tampered = { ...report, verdict: 'TAMPERED' as const, isAccepted: false, findings: [broken] }
    expect(say({ cosigners, verified: { report: tampered, atMs: nowMs - 9_000 } })).toMatchObject({
      tone: 'bad',
      says: 'Tampered with: 1 of 2 recordings is not as it was signed; the others are as signed.',
      means: expect.stringContaining('computed it 9 s ago'),
    })
  })

  it('says nothing good of a gateway that does not answer', () => {
    const good = say({ cosigners: [{ name: 'w', atMs: nowMs, isTrue: true }] })
    expect(withoutAnswer(good)).toMatchObject({
      tone: 'unsure',
      says: 'The gateway does not answer. When it last did, every record up to 14:02:11 is anchored; the last witness signed just now.',
    })
    expect(withoutAnswer({ ...good, tone: 'bad' }).tone).toBe('bad')
  })

  it('says first of all that history does not go on from what was seen', () => {
    for (const history of ['rolled back', 'forked', 'another log'] as const)
      expect(say({ history, unanchoredSeconds: 99 }), history).toMatchObject({
        tone: 'bad',
        says: expect.stringContaining('this browser verified'),
      })
  })
})
