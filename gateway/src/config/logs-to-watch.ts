import { z } from 'zod'
import type { LogToWatch } from '../witness/witness.ts'
import { parseVkey, vkey } from './vkey.ts'

/** One key of one log. Most logs name their keys as they name themselves. */
const logKey = z
  .union([vkey('a log'), z.strictObject({ origin: z.string().min(1), key: vkey('a log') })], {
    error: 'a log’s key as a vkey `name+id+key`, or { origin: NAME, key: VKEY } where the log has another name than its key',
  })
  .meta({ description: 'a key of a log, as a vkey' })

export const watchedLogs = z.array(logKey, 'a list of logs’ keys').default([]).meta({
  description: 'the logs to sign for: a key each, or several of one log',
})

/** The keys by the log that they speak for. */
export function logsToWatch(given: z.output<typeof watchedLogs>): LogToWatch[] {
  const logs = new Map<string, LogToWatch>()
  for (const one of given) {
    const key = parseVkey(typeof one === 'string' ? one : one.key)
    const origin = typeof one === 'string' ? key.name : one.origin
    const log = logs.get(origin) ?? { origin, keys: [] }
    log.keys.push(key)
    logs.set(origin, log)
  }
  return [...logs.values()]
}
