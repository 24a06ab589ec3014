import { forget, recall, remember } from '../memory.ts'

/** A text that is not published yet, and the version it was begun on. */
export interface Draft {
  source: string
  base: string | null
}

const key = (name: string): string => `policy draft ${name}`

/** Gives the draft this browser keeps of a policy, or null. */
export function readDraft(name: string): Draft | null {
  const kept = recall(key(name))
  if (kept === null) return null
  try {
    const { source, base } = JSON.parse(kept) as Partial<Draft>
    return typeof source === 'string' ? { source, base: typeof base === 'string' ? base : null } : null
  } catch {
    return null
  }
}

export function writeDraft(name: string, draft: Draft): void {
  remember(key(name), JSON.stringify(draft))
}

export function clearDraft(name: string): void {
  forget(key(name))
}
