const dayMs = 86_400_000
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** So many days are remembered of a zone: the history that a policy is rehearsed on. */
const daysMax = 1024

/** What the clocks of a zone show at an instant: milliseconds since 1970 as if they showed UTC. */
export type ZonedClock = (nowUs: number) => number

const clocks = new Map<string, ZonedClock>()

/** Gives a zone's clock (`Europe/Berlin`), the same one each time. Throws for a zone that nobody knows. */
export function zonedClock(zone: string): ZonedClock {
  let clock = clocks.get(zone)
  if (!clock) clocks.set(zone, (clock = createClock(zone)))
  return clock
}

/** From 0 to 23. */
export function hourOf(shownMs: number): number {
  return Math.floor(shownMs / 3_600_000) - Math.floor(shownMs / dayMs) * 24
}

/** From 0 to 59. */
export function minuteOf(shownMs: number): number {
  return Math.floor(shownMs / 60_000) - Math.floor(shownMs / 3_600_000) * 60
}

/** `mon` to `sun`. */
export function weekdayOf(shownMs: number): string {
  const days = Math.floor(shownMs / dayMs) + 4 // 1970 began on a Thursday
  return weekdays[((days % 7) + 7) % 7] ?? ''
}

/** `2026-01-31`. */
export function dateOf(shownMs: number): string {
  return new Date(shownMs).toISOString().slice(0, 10)
}

/**
 * Asking the runtime for the time in a zone is slow, and rules ask for it all
 * the time. A zone that is equally far from UTC at both ends of a UTC day is so
 * all day long: none has ever changed twice in one.
 */
function createClock(zone: string): ZonedClock {
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  /** By day: how far the zone is from UTC, or null where that changes. */
  const offsets = new Map<number, number | null>()
  const offsetAt = (ms: number) => shownBy(formatter, ms) - ms
  return nowUs => {
    if (!Number.isFinite(nowUs)) throw new Error(`expected an instant, got ${nowUs}`)
    const seconds = Math.floor(nowUs / 1_000_000) * 1000
    const day = Math.floor(seconds / dayMs)
    let offset = offsets.get(day)
    if (offset === undefined) {
      const [first, last] = [offsetAt(day * dayMs), offsetAt((day + 1) * dayMs - 1000)]
      offset = first === last ? first : null
      if (offsets.size >= daysMax) offsets.clear()
      offsets.set(day, offset)
    }
    return seconds + (offset ?? offsetAt(seconds))
  }
}

function shownBy(formatter: Intl.DateTimeFormat, ms: number): number {
  const parts = new Map<string, number>()
  for (const { type, value } of formatter.formatToParts(ms)) parts.set(type, Number(value))
  const part = (type: string) => parts.get(type) ?? Number.NaN
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}
