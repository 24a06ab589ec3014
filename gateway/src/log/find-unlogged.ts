import { parseHeader } from '@steno/recordings'
import { idTimeMs } from '../runtime/id.ts'
import type { Disk } from '../runtime/machine.ts'

/** What a session's recording tells from its first line, found without reading all of it. */
const numberForm = /"number":(\d{1,16}),"log":\{/g
const pieceBytes = 16 * 1024
/** A clock that was set back by more may hide one from us. */
const clockStepMs = 86_400_000

/**
 * Finds the recordings that a loss of power cut out of the log: it kept the
 * recording, and lost the session's leaf and its mark in `open/`. Among those
 * that began since shortly before `sinceUs` these are the ones whose number the
 * log does not have yet, and those without a whole first line.
 */
export function findUnlogged(
  disk: Disk,
  dataDirectory: string,
  { origin, sessions, sinceUs }: { origin: string; sessions: number; sinceUs: number },
): string[] {
  const sinceMs = sinceUs / 1000 - clockStepMs
  const firstDay = new Date(Math.max(0, sinceMs - clockStepMs)).toISOString().slice(0, 10)
  const found: string[] = []
  for (const day of disk.list(`${dataDirectory}/sessions`)) {
    if (day < firstDay) continue
    for (const name of disk.list(`${dataDirectory}/sessions/${day}`)) {
      const session = name.slice(0, -'.cast'.length)
      if (!name.endsWith('.cast') || (idTimeMs(session) ?? 0) < sinceMs) continue
      if (isUnlogged(disk, `${dataDirectory}/sessions/${day}/${name}`, { origin, sessions })) found.push(session)
    }
  }
  return found
}

function isUnlogged(disk: Disk, path: string, { origin, sessions }: { origin: string; sessions: number }): boolean {
  const start = new TextDecoder().decode(disk.readRange(path, { start: 0, end: pieceBytes }))
  const end = start.indexOf('\n')
  const header = end >= 0 ? start.slice(0, end) : longHeader(disk, path)
  if (header === null) return true
  // Most have a number that the log has, and need not be read more closely.
  const number = Number([...header.matchAll(numberForm)].at(-1)?.[1] ?? 0)
  return number > sessions && parseHeader(header).steno.log?.origin === origin
}

function longHeader(disk: Disk, path: string): string | null {
  const text = new TextDecoder().decode(disk.read(path))
  const end = text.indexOf('\n')
  return end < 0 ? null : text.slice(0, end)
}
