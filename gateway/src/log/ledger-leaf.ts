import { formatBase64 } from '@steno/recordings'
import type { LedgerEvent, LedgerPlace } from '../journal/ledger.ts'
import type { NewLeaf } from './gateway-log.ts'

/** The leaf that tells of an entry of the ledger: where it stands and its hash, and nothing that it says in clear. Null for entries that have none. */
export function ledgerLeaf(event: LedgerEvent, { line, hash: bytes }: LedgerPlace): NewLeaf | null {
  const hash = formatBase64(bytes)
  switch (event.kind) {
    case 'policy published':
    case 'policy removed':
    case 'policy proposed':
    case 'policy proposal closed':
      return { kind: 'policy', entry: line, hash }
    case 'approval requested':
    case 'approval reviewed':
    case 'approval settled':
    case 'grant ended':
      return { kind: 'approval', entry: line, hash }
    case 'read':
      return { kind: 'read', entry: line, hash, session: event.session }
    case 'hold placed':
    case 'hold lifted':
      return { kind: 'hold', entry: line, hash, placed: event.kind === 'hold placed', ...about(event) }
    case 'recording removed':
      return { kind: 'retain', entry: line, hash, session: event.session, size: event.size, root: event.root }
    case 'lines erased':
      return {
        kind: 'erase',
        entry: line,
        hash,
        session: event.session,
        from: event.from,
        to: event.to,
        hashes: event.hashes,
        void: event.void,
      }
    case 'connections refused':
      return { kind: 'deny', reason: 'connection', commitment: hash }
    default:
      return null
  }
}

function about({ session, run }: { session?: string; run?: string }): { session?: string; run?: string } {
  return { ...(session === undefined ? {} : { session }), ...(run === undefined ? {} : { run }) }
}
