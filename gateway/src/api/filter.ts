import { z } from 'zod'
import type { Filter } from '../index/search.ts'
import type { Clock } from '../runtime/machine.ts'
import { Problem } from './problem.ts'

const name = z.string().min(1).max(500)
const flag = z.enum(['true', 'false']).optional()
export const queryTime = z
  .string()
  .max(40)
  .optional()
  .meta({ description: 'RFC 3339, or an age such as 30m, 1h, 7d', examples: ['1h', '2026-01-01T00:00:00Z'] })

/** The filters of every search, as they stand in a query string. */
export const filterQuery = z.strictObject({
  principal: name.optional(),
  agent: name.optional(),
  run: name.optional(),
  session: name.optional(),
  task: name.optional(),
  target: name.optional(),
  protocol: name.optional(),
  verb: name.optional(),
  table: name.optional(),
  column: name.optional(),
  verdict: z.enum(['allow', 'hold', 'deny']).optional(),
  error: flag.meta({ description: 'only what ended in an error' }),
  live: flag.meta({ description: 'only sessions that are open' }),
  text: name.optional(),
  since: queryTime,
  until: queryTime,
})

/** The filters, and which page of what they find. */
export const pageQuery = filterQuery.extend({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().min(1).max(1000).optional(),
})

/** The filter that a query asks for, its times resolved. */
export function toFilter(query: z.infer<typeof filterQuery>, clock: Clock): Filter {
  const { since, until, error, live, verb, limit: _, cursor: __, ...rest } = query as z.infer<typeof pageQuery>
  const filter: Filter = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (verb !== undefined) filter.verb = verb.toUpperCase()
  if (error !== undefined) filter.error = error === 'true'
  if (live !== undefined) filter.live = live === 'true'
  if (since !== undefined) filter.sinceUs = toTimeUs('since', since, clock)
  if (until !== undefined) filter.untilUs = toTimeUs('until', until, clock)
  return filter
}

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A moment that a query names, in microseconds. */
export function toTimeUs(which: string, text: string, clock: Clock): number {
  const age = /^(\d{1,6})([smhdw])$/.exec(text)
  if (age) return clock.nowUs() - Number(age[1]) * unitSeconds[age[2]!]! * 1_000_000
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i.exec(text)
  const seconds = time ? Date.parse(`${time[1]}${time[3]}`) / 1000 : Number.NaN
  if (!time || Number.isNaN(seconds)) {
    const message = `expected a time such as 2026-01-01T00:00:00Z or an age such as 1h, got \`${text}\``
    throw new Problem(400, `${which}: ${message}`, { faults: [{ at: which, message }] })
  }
  return seconds * 1_000_000 + Number((time[2] ?? '').padEnd(6, '0').slice(0, 6))
}
