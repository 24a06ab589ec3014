import type { IndexCheck } from './check-index.ts'
import type { Followed, Forgotten, Indexed, Lag } from './indexer.ts'
import type { StoreConnection } from './store.ts'

/** What the indexer's thread is started with. */
export interface IndexerStart {
  connection: StoreConnection
  dataDirectory: string
}

/** What the gateway asks of the indexer's thread. Those with a number are answered. */
export type Request =
  | { kind: 'follow'; recordings: Followed[] }
  | { kind: 'settle' | 'reindex' | 'check' | 'close'; number: number }
  | { kind: 'forget'; number: number; forgotten: Forgotten }

/** What the indexer's thread tells. */
export type Report =
  | { kind: 'ready' }
  | { kind: 'indexed'; indexed: Indexed }
  | { kind: 'lag'; lag: Lag }
  | { kind: 'problem'; problem: string }
  | { kind: 'done'; number: number; check?: IndexCheck }
  | { kind: 'failed'; number: number; reason: string }
