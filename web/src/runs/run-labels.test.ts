import { expect, it } from 'vitest'
import type { Run } from '@steno/recordings'
import { runDurationMs, runItems, runState } from './run-labels.ts'

const run = (id: string, more: Partial<Run> = {}): Run => ({
  id,
  principal: 'agent-a',
  delegation: [],
  task: 'nightly',
  trigger: null,
  agentVersion: null,
  attempt: 1,
  attempts: 1,
  parent: null,
  targets: [],
  openedAt: '2026-11-21T14:00:00Z',
  expiresAt: '2026-11-21T15:00:00Z',
  endedAt: null,
  exitCode: null,
  state: 'open',
  sessions: 0,
  commands: 0,
  errors: 0,
  denied: 0,
  held: 0,
  masked: 0,
  ...more,
})

it('says how a run stands', () => {
  expect(runState({ state: 'open', exitCode: null }).word).toBe('open')
  expect(runState({ state: 'ended', exitCode: 0 })).toEqual({ sign: '✓', word: 'exit 0', isGood: true })
  expect(runState({ state: 'ended', exitCode: 3 })).toEqual({ sign: '!', word: 'exit 3', isGood: false })
  expect(runState({ state: 'ended', exitCode: null }).word).toBe('ended')
  expect(runState({ state: 'expired', exitCode: null }).isGood).toBe(false)
})

it('says how long a run took', () => {
  expect(runDurationMs(run('a'))).toBeNull()
  expect(runDurationMs(run('a', { state: 'ended', endedAt: '2026-11-21T14:01:12Z' }))).toBe(72_000)
  expect(runDurationMs(run('a', { state: 'expired' }))).toBe(3_600_000)
})

it('groups attempts under their task, never those of another principal', () => {
  const runs = [run('a'), run('b', { task: null }), run('c'), run('d', { principal: 'agent-b' })]
  expect(runItems(runs, true).map(item => (item.kind === 'run' ? item.key : `${item.principal}/${item.task}`))).toEqual([
    'agent-a/nightly',
    'a',
    'c',
    'agent-a/null',
    'b',
    'agent-b/nightly',
    'd',
  ])
  expect(runItems(runs, false).map(item => item.key)).toEqual(['a', 'b', 'c', 'd'])
})
