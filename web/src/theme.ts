import { createSignal } from 'solid-js'
import { recall, remember } from './memory.ts'

/** What the reader chose; `system` follows the machine. */
export type Theme = 'light' | 'dark' | 'system'

export const themes: readonly Theme[] = ['light', 'dark', 'system']

const [theme, setThemeSignal] = createSignal<Theme>(readTheme(recall('steno.theme')))

export { theme }

/** Applies a theme now and keeps it for the next visit (`public/theme.js` reads it before the first paint). */
export function setTheme(next: Theme): void {
  setThemeSignal(next)
  if (next === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = next
  remember('steno.theme', next)
}

function readTheme(text: string | null): Theme {
  return text === 'light' || text === 'dark' ? text : 'system'
}
