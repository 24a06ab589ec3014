import type { Report } from '@steno/recordings'
import { recall, remember } from '../memory.ts'

/** What this browser saw and verified last of the gateway's log. */
export interface RememberedLog {
  note: string
  atMs: number
}

const place = 'steno.log'

/** Gives what was verified last, or null the first time. */
export function recallLog(): RememberedLog | null {
  return parseRemembered(recall(place))
}

/** Keeps what a report proves, if nothing in it is unlawful: from then on history must go on from there. Says what is kept now. */
export function rememberLog(report: Report, atMs: number): RememberedLog | null {
  const kept = worthKeeping(report, atMs)
  if (kept) remember(place, JSON.stringify(kept))
  return kept ?? recallLog()
}

export function worthKeeping({ isAccepted, log }: Pick<Report, 'isAccepted' | 'log'>, atMs: number): RememberedLog | null {
  return isAccepted && log.isProven && log.note !== null ? { note: log.note, atMs } : null
}

export function parseRemembered(text: string | null): RememberedLog | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('note' in value) || !('atMs' in value)) return null
    const { note, atMs } = value
    return typeof note === 'string' && typeof atMs === 'number' ? { note, atMs } : null
  } catch {
    return null
  }
}
