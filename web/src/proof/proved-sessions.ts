import type { Report } from '@steno/recordings'
import type { PlacedLeaf } from './look-at-log.ts'

/** What is known of one session: by the leaves alone, or, once everything was verified, by that. */
export interface ProvedSession {
  session: string
  is: 'broken' | 'whole' | 'young' | 'erased' | 'sealed' | 'open' | 'removed'
  lines: number | null
  /** The newest leaf that is about it. */
  leaf: number | null
  openedAtUs: number | null
}

/** Lists sessions, the broken ones first and then the newest. */
export function provedSessions(leaves: readonly PlacedLeaf[], report: Pick<Report, 'sessions'> | null): ProvedSession[] {
  const sessions = new Map<string, ProvedSession>()
  for (const { index, said } of leaves) {
    if (said.kind === 'open')
      sessions.set(said.session, { session: said.session, is: 'open', lines: null, leaf: index, openedAtUs: said.atUs })
    if (said.kind !== 'seal' && said.kind !== 'retain') continue
    const known = sessions.get(said.session) ?? { session: said.session, openedAtUs: null }
    sessions.set(said.session, { ...known, is: said.kind === 'seal' ? 'sealed' : 'removed', lines: said.size, leaf: index })
  }
  for (const { session, verdict, lines, anchor } of report?.sessions ?? []) {
    const known = sessions.get(session)
    const is = known?.is === 'removed' ? 'removed' : standings[verdict]
    sessions.set(session, { session, is, lines, leaf: anchor?.leaf ?? known?.leaf ?? null, openedAtUs: known?.openedAtUs ?? null })
  }
  const rank = ({ is }: ProvedSession) => (is === 'broken' ? 0 : 1)
  return [...sessions.values()].toSorted((a, b) => rank(a) - rank(b) || (b.openedAtUs ?? 0) - (a.openedAtUs ?? 0))
}

const standings = {
  TAMPERED: 'broken',
  LOST: 'broken',
  TRUNCATED: 'broken',
  UNANCHORED: 'young',
  ERASED: 'erased',
  WHOLE: 'whole',
} as const
