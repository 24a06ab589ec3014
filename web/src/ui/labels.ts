/** Gives a duration in the unit that fits it: `0.4 ms`, `41 ms`, `3.4 s`, `1 m 12 s`, `2 h 03 m`, `3 d 4 h`. */
export function durationLabel(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–'
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`
  return `${Math.floor(minutes / 1440)} d ${Math.floor(minutes / 60) % 24} h`
}

/** Gives an age in words: `just now`, `41 s ago`, `3 m ago`, `in 15 m`. */
export function ageLabel(ms: number): string {
  const size = Math.abs(ms)
  if (size < 5_000) return 'just now'
  const label =
    size < 60_000
      ? `${Math.floor(size / 1000)} s`
      : size < 3_600_000
        ? `${Math.floor(size / 60_000)} m`
        : size < 172_800_000
          ? `${Math.floor(size / 3_600_000)} h`
          : `${Math.floor(size / 86_400_000)} d`
  return ms >= 0 ? `${label} ago` : `in ${label}`
}

/** Gives a number of bytes in the unit that fits it: `812 B`, `4.1 kB`, `2.0 GB`. */
export function bytesLabel(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let size = bytes
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${units[unit] ?? 'B'}`
}

/** Gives a count with its thousands apart: `12,043`. */
export function countLabel(count: number): string {
  return count.toLocaleString('en')
}

/** Gives a count with its word in the right number: `1 command`, `1,204 commands`. */
export function countOf(count: number, word: string): string {
  return `${countLabel(count)} ${count === 1 ? word : `${word}s`}`
}

/** Gives a time of day in UTC: `14:01:52`; with the day before it when that is not `now`'s day. */
export function clockLabel(at: Date, now: Date): string {
  const iso = at.toISOString()
  const time = iso.slice(11, 19)
  if (iso.slice(0, 10) === now.toISOString().slice(0, 10)) return time
  const day = `${at.getUTCDate()} ${months[at.getUTCMonth()] ?? ''}`
  return at.getUTCFullYear() === now.getUTCFullYear() ? `${day} ${time}` : `${day} ${at.getUTCFullYear()} ${time}`
}

/** Gives the whole time with its zone: `2026-11-21 14:01:52.031 UTC`. */
export function absoluteLabel(at: Date): string {
  return `${at.toISOString().replace('T', ' ').replace('Z', '')} UTC`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
