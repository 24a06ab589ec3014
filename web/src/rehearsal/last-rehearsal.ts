import type { RehearsalReport } from '@steno/policy-dsl'
import { createSignal } from 'solid-js'

/** What came of rehearsing a text, and what it was rehearsed on. */
export interface LastRehearsal {
  source: string
  report: RehearsalReport
  on: 'loaded' | 'everything'
}

const [byName, setByName] = createSignal<ReadonlyMap<string, LastRehearsal>>(new Map())

/** The last rehearsal of a policy on this page, for its editor's lenses and its publication; null where there was none. */
export function lastRehearsal(name: string): LastRehearsal | null {
  return byName().get(name) ?? null
}

export function keepRehearsal(name: string, rehearsal: LastRehearsal): void {
  setByName(known => new Map(known).set(name, rehearsal))
}
