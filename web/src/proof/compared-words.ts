import type { Checkpoint } from '@steno/recordings'
import { countLabel } from '../ui/labels.ts'
import type { LogLook } from './look-at-log.ts'

/** What came of holding a kept checkpoint against the log. */
export interface Compared {
  tone: 'good' | 'unsure' | 'bad'
  says: string
}

/** Says how the log goes on from a checkpoint that somebody kept. Who signed it was theirs to see when they kept it. */
export function comparedWords(seen: Pick<Checkpoint, 'origin' | 'size'>, now: Pick<LogLook, 'origin' | 'size' | 'history'>): Compared {
  const then = countLabel(seen.size)
  switch (now.history) {
    case 'same':
      return { tone: 'good', says: `✓ This is the newest one: the same ${then} leaves.` }
    case 'grown':
      return {
        tone: 'good',
        says: `✓ One history: its ${then} leaves are the first of these ${countLabel(now.size)}, computed here from the tiles.`,
      }
    case 'rolled back':
      return {
        tone: 'bad',
        says: `✕ The log is shorter now: it had ${then} leaves then, and has ${countLabel(now.size)}. Keep what you have.`,
      }
    case 'forked':
      return { tone: 'bad', says: `✕ Two histories: the log’s first ${then} leaves are not those of this checkpoint. Keep what you have.` }
    case 'another log':
      return { tone: 'unsure', says: `◔ It is of another log, ${seen.origin}; this one is ${now.origin}.` }
    case 'first':
    case 'not shown':
      return { tone: 'unsure', says: '◔ The log’s tiles do not show whether it goes on from there. Verify here reads all of it.' }
  }
}
