import { forget, recall, recalledNames, remember } from '../memory.ts'

/** A text that is not published yet, and the version it was begun on. */
export interface Draft {
  source: string
  base: string | null
}

const prefix = 'policy draft '

/** Gives the draft this browser keeps of a policy, or null. A policy that has no name yet is called ''. */
export function readDraft(name: string): Draft | null {
  return parseDraft(recall(prefix + name))
}

export function writeDraft(name: string, draft: Draft): void {
  remember(prefix + name, JSON.stringify(draft))
}

export function clearDraft(name: string): void {
  forget(prefix + name)
}

/** Every draft that this browser keeps, by the names of their policies. */
export function listDrafts(): { name: string; draft: Draft }[] {
  return recalledNames(prefix).flatMap(name => {
    const draft = readDraft(name)
    return draft ? [{ name, draft }] : []
  })
}

/** Calls back when another tab of this browser writes or discards the draft of a policy. The function it gives back ends that. */
export function watchDraft(name: string, onChanged: (draft: Draft | null) => void): () => void {
  const hear = (event: StorageEvent): void => {
    if (event.key === prefix + name) onChanged(parseDraft(event.newValue))
  }
  window.addEventListener('storage', hear)
  return () => window.removeEventListener('storage', hear)
}

function parseDraft(kept: string | null): Draft | null {
  if (kept === null) return null
  try {
    const { source, base } = JSON.parse(kept) as Partial<Draft>
    return typeof source === 'string' ? { source, base: typeof base === 'string' ? base : null } : null
  } catch {
    return null
  }
}
