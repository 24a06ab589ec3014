import type { LiveSchema, RehearsalReport } from '@steno/policy-dsl'

/** Which commands of the past are rehearsed on; null for no end. */
export interface PastWindow {
  sinceUs: number | null
  untilUs: number | null
}

/** A policy's text as it is rehearsed: the draft, which has no version, or what is in force beside it. */
export interface PolicyText {
  name: string
  version: string | null
  source: string
}

/** What is to be rehearsed on the recordings that are loaded. */
export interface LocalAsk {
  policies: PolicyText[]
  live: LiveSchema
  window: PastWindow
  /** There is more history in the window than is loaded. */
  isTruncated: boolean
}

/** How far loading is. */
export interface LoadProgress {
  sessions: number
  of: number
  commands: number
  bytes: number
}

/** What came of rehearsing a text here. */
export type LocalOutcome =
  | { is: 'report'; report: RehearsalReport }
  /** The text does not compile, so that nothing can be said of it. */
  | { is: 'uncompiled'; errors: number }

/** What the worker is asked. Loading replaces what was loaded; of several texts only the last is rehearsed. */
export type RehearsalRequest = { is: 'load'; id: number; sessions: string[] } | { is: 'rehearse'; id: number; ask: LocalAsk }

/** What the worker tells. */
export type RehearsalMessage =
  | { is: 'loading'; id: number; progress: LoadProgress }
  | { is: 'loaded'; id: number; progress: LoadProgress }
  | { is: 'unloadable'; id: number; reason: string }
  | { is: 'rehearsed'; id: number; outcome: LocalOutcome }
  | { is: 'failed'; id: number; reason: string }
