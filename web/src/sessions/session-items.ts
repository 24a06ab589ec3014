import type { Session } from '@steno/recordings'
import type { Command } from '../api.ts'

/** What is known of the matched commands of a session that was unfolded. */
export type Unfolded = { is: 'loading' } | { is: 'failed' } | { is: 'ready'; commands: readonly Command[]; hasMore: boolean }

/** One row of the sessions' table. */
export type SessionItem =
  | { kind: 'session'; key: string; session: Session }
  | { kind: 'command'; key: string; session: Session; command: Command }
  | { kind: 'note'; key: string; session: Session; text: string }

/** Gives the rows of the table: every session, and under an unfolded one its matched commands. */
export function sessionItems(sessions: readonly Session[], unfolded: Readonly<Record<string, Unfolded>>): SessionItem[] {
  return sessions.flatMap((session): SessionItem[] => [
    { kind: 'session', key: session.id, session },
    ...under(session, unfolded[session.id]),
  ])
}

function under(session: Session, state: Unfolded | undefined): SessionItem[] {
  const note = (text: string): SessionItem => ({ kind: 'note', key: `${session.id} note`, session, text })
  if (!state) return []
  if (state.is === 'loading') return [note('loading the matched commands')]
  if (state.is === 'failed') return [note('its commands could not be loaded; fold and unfold to try again')]
  if (state.commands.length === 0) return [note('no command matches; the session itself does')]
  const rows = state.commands.map((command): SessionItem => ({ kind: 'command', key: command.id, session, command }))
  return state.hasMore ? [...rows, note('more in the replay')] : rows
}

/** Puts what was heard since into a list: known sessions as they are now, and how many are new. */
export function mergeHead<T extends { id: string }>(known: readonly T[], head: readonly T[]): { items: T[]; fresh: T[] } {
  const newer = new Map(head.map(item => [item.id, item]))
  const ids = new Set(known.map(item => item.id))
  return { items: known.map(item => newer.get(item.id) ?? item), fresh: head.filter(item => !ids.has(item.id)) }
}
