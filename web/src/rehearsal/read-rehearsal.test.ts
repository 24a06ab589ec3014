import type { Progress } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { readRehearsal } from './read-rehearsal.ts'

async function* stream(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const progress = 'event: progress\ndata: {"sessions":1,"of":2,"commands":3}\n\n'

it('tells of progress, and gives the report', async () => {
  const told: Progress[] = []
  const report = await readRehearsal(stream(`${progress}event: result\ndata: {"commands":3,"unknowns":["naïve"]}\n\n`), one =>
    told.push(one),
  )
  expect(told).toEqual([{ sessions: 1, of: 2, commands: 3 }])
  expect(report).toEqual({ commands: 3, unknowns: ['naïve'] })
})

it('takes a report that is larger than other events may be', async () => {
  const text = 'x'.repeat(5_000_000)
  const report = await readRehearsal(stream(`event: result\ndata: {"unknowns":["${text}"]}\n\n`, 65_536), () => {})
  expect(report.unknowns[0]).toHaveLength(5_000_000)
})

it('throws what the gateway says in the report’s place, and when it says nothing', async () => {
  const refused = readRehearsal(stream('event: problem\ndata: {"status":413,"detail":"ask for fewer sessions"}\n\n'), () => {})
  await expect(refused).rejects.toThrow('ask for fewer sessions')
  await expect(readRehearsal(stream(progress), () => {})).rejects.toThrow('ended its answer without a result')
})
