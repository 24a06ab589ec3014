import type { TreeHead } from '../proof/tree.ts'

/** A head the log vouches for: at that leaf the recording had these lines, and this root. */
export interface Anchor extends TreeHead {
  by: 'open' | 'epoch' | 'seal'
  leaf: number
  atUs: number
}

/** How a recording was closed, as its `seal` leaf says. */
export interface Seal extends Anchor {
  by: 'seal'
  bytes: number
  reason: string
}

/** Lines that were erased lawfully. */
export interface Erasure {
  leaf: number
  from: number
  to: number
  /** The leaf hash of the line that stands in their place. */
  void: Uint8Array
}

/** A refused command that has a leaf of its own. */
export interface Denial {
  leaf: number
  line: number
  hash: Uint8Array
}

/** All that a log says of one session's recording, and the name of the key that all of it rests on. */
export interface SessionAnchors {
  session: string
  /** The session's place among those of the log; null where its `open` leaf is not there. */
  number: number | null
  origin: string
  key: string | null
  /** The head of the header alone; null likewise. Of the heads, there is always one. */
  open: Anchor | null
  /** Heads of epochs, smallest first. */
  epochs: Anchor[]
  seal: Seal | null
  erasures: Erasure[]
  denials: Denial[]
  /** The leaf that says the recording was removed under its retention rule. */
  removal: { leaf: number; atUs: number } | null
}
