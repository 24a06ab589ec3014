import { durationLabel } from '../ui/labels.ts'

/** Gives a time since the session's start as a player shows it: `00:18.932`, `1:02:03.004`. */
export function offsetLabel(atUs: number): string {
  const ms = Math.max(0, Math.floor(atUs / 1000))
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor(ms / 60_000) % 60
  const seconds = Math.floor(ms / 1000) % 60
  const start = hours > 0 ? `${hours}:${two(minutes)}` : two(minutes)
  return `${start}:${two(seconds)}.${String(ms % 1000).padStart(3, '0')}`
}

/** Gives a time since the session's start in seconds, for a narrow column: `18.932`; `1:02:03` from an hour on. */
export function shortOffset(atUs: number): string {
  if (atUs >= 3_600_000_000) return offsetLabel(atUs).slice(0, -4)
  if (atUs >= 100_000_000) return offsetLabel(atUs).slice(0, -2)
  return (Math.floor(atUs / 1000) / 1000).toFixed(3)
}

/** Gives a time since the session's start in words a screen reader says well. */
export function spokenOffset(atUs: number): string {
  const seconds = Math.floor(atUs / 1_000_000)
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const parts = [hours > 0 ? `${hours} h` : '', hours > 0 || minutes > 0 ? `${minutes} min` : '', `${seconds % 60} s`]
  return parts.filter(Boolean).join(' ')
}

/** Gives a stretch of time, in the unit that fits it. */
export function durationOfUs(us: number): string {
  return durationLabel(us / 1000)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
