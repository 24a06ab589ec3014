import { createSignal, type Accessor } from 'solid-js'
import { recall, remember } from '../memory.ts'

/** A search someone gave a name. */
export interface SavedView {
  name: string
  search: string
}

export interface SavedViews {
  views: Accessor<readonly SavedView[]>
  /** Keeps a search under a name, in place of another of that name. Says whether this browser could keep it. */
  save(view: SavedView): boolean
  remove(name: string): void
}

const key = 'steno.views'
const viewsMax = 24

/** Gives the searches this browser keeps by name. */
export function createSavedViews(): SavedViews {
  const [views, setViews] = createSignal(readViews(recall(key)))
  function keep(next: readonly SavedView[]): boolean {
    setViews(next)
    return remember(key, JSON.stringify(next))
  }
  return {
    views,
    save: view => keep([...views().filter(other => other.name !== view.name), view].slice(-viewsMax)),
    remove: name => void keep(views().filter(view => view.name !== name)),
  }
}

/** Reads saved views; what is not one is left out. */
export function readViews(text: string | null): readonly SavedView[] {
  let value: unknown
  try {
    value = JSON.parse(text ?? '[]')
  } catch {
    return []
  }
  if (!Array.isArray(value)) return []
  const list: unknown[] = value
  return list.filter(isView).slice(-viewsMax)
}

function isView(value: unknown): value is SavedView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'search' in value &&
    typeof value.search === 'string'
  )
}
