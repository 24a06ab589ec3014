import { createSignal, type Accessor } from 'solid-js'
import type { Draft } from './drafts.ts'

/** What is in force under the policy's name, as it was last heard. */
export interface InForce {
  version: string
  source: string
}

/** Where the drafts of this browser are kept, and how one hears what its other tabs write. */
export interface DraftStore {
  read(): Draft | null
  write(draft: Draft): void
  clear(): void
  watch(onChanged: (draft: Draft | null) => void): () => void
}

/**
 * same → changed → overtaken, and back. `overtaken`: something else came into
 * force since this text was begun, and its author has not looked at it yet.
 */
export type DraftStanding = 'same' | 'changed' | 'overtaken'

/** A text that is being written, on a version that was in force when it was begun. */
export interface DraftDesk {
  source: Accessor<string>
  /** The version it was begun on; null for none. */
  base: Accessor<string | null>
  standing: Accessor<DraftStanding>
  /** What another tab wrote meanwhile: until one of the two is chosen, neither is kept over the other. */
  elsewhere: Accessor<Draft | null>
  write(source: string): void
  /** Back to what is in force. */
  discard(): void
  /** Goes on with this text, in the place of what is in force now. */
  rebase(): void
  takeElsewhere(): void
  keepMine(): void
  close(): void
}

export interface DraftInput {
  inForce: Accessor<InForce | null>
  /** What a policy begins with that nobody wrote yet. */
  firstText: string
  store: DraftStore
}

/** Gives the draft that this browser keeps, or what is in force to begin one on. */
export function createDraft({ inForce, firstText, store }: DraftInput): DraftDesk {
  const kept = store.read()
  const versionNow = (): string | null => inForce()?.version ?? null
  const textNow = (): string => inForce()?.source ?? firstText
  /** Null while nothing was written: then it is what is in force, whatever that is. */
  const [text, setText] = createSignal(kept?.source ?? null)
  const [base, setBase] = createSignal(kept ? kept.base : versionNow())
  const [elsewhere, setElsewhere] = createSignal<Draft | null>(null)
  const source = (): string => text() ?? textNow()

  function keep(next: string, on: string | null): void {
    const isDraft = next !== textNow()
    setText(isDraft ? next : null)
    setBase(isDraft ? on : versionNow())
    if (elsewhere()) return
    if (isDraft) store.write({ source: next, base: on })
    else store.clear()
  }

  const unwatch = store.watch(draft => {
    const theirs = draft ?? { source: textNow(), base: versionNow() }
    setElsewhere(theirs.source === source() ? null : theirs)
  })

  return {
    source,
    base: () => (text() === null ? versionNow() : base()),
    standing: () => (source() === textNow() ? 'same' : base() === versionNow() ? 'changed' : 'overtaken'),
    elsewhere,
    write: next => keep(next, text() === null ? versionNow() : base()),
    discard() {
      setElsewhere(null)
      keep(textNow(), versionNow())
    },
    rebase: () => keep(source(), versionNow()),
    takeElsewhere() {
      const theirs = elsewhere()
      if (!theirs) return
      setElsewhere(null)
      keep(theirs.source, theirs.base)
    },
    keepMine() {
      setElsewhere(null)
      keep(source(), base())
    },
    close: unwatch,
  }
}
