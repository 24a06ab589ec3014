import type { Progress, RehearsalReport } from '@steno/policy-dsl'
import { createEventReader } from '../event-reader.ts'

/** A report lists a thousand commands with the starts of their texts. */
const reportCharactersMax = 32_000_000

/** Reads the stream of a rehearsal to its end: gives the report, or throws what the gateway says in its place. */
export async function readRehearsal(chunks: AsyncIterable<Uint8Array>, onProgress: (progress: Progress) => void): Promise<RehearsalReport> {
  const decoder = new TextDecoder()
  let report: RehearsalReport | null = null
  let refusal: string | null = null
  const events = createEventReader(({ type, data }) => {
    if (type === 'progress') onProgress(JSON.parse(data) as Progress)
    else if (type === 'result') report = JSON.parse(data) as RehearsalReport
    else if (type === 'problem') refusal = (JSON.parse(data) as { detail: string }).detail
  }, reportCharactersMax)
  for await (const chunk of chunks) events.push(decoder.decode(chunk, { stream: true }))
  if (refusal !== null) throw new Error(refusal)
  if (report === null) throw new Error('the gateway ended its answer without a result')
  return report
}
