import type { LiveSchema } from '@steno/policy-dsl'
import type { Approvals, Estimates } from '../approvals/index.ts'
import type { Target } from '../config/index.ts'
import type { IndexCheck } from '../index/index.ts'
import type { Search } from '../index/search.ts'
import type { Ledger } from '../journal/ledger.ts'
import type { RecordingFiles } from '../journal/recording-files.ts'
import type { EpochLists, Epochs, GatewayLog } from '../log/index.ts'
import type { Address } from '../runtime/machine.ts'
import type { Policies, PolicyFiles, Proposals } from '../policies/index.ts'
import type { Connection } from '../protocols/protocol.ts'
import type { Rehearsals } from '../rehearsal/index.ts'
import type { Erasures, Holds, Readers } from '../retention/index.ts'
import type { CallerDeps } from './caller.ts'
import type { EventStream } from './event-stream.ts'
import type { Witness, Witnessing } from '../witness/index.ts'
import type { Metrics } from './metrics.ts'
import type { StaticFiles } from './static-files.ts'

/** Sessions that are open now: the guard. */
export interface LiveSessions {
  openSessions: ReadonlyMap<string, unknown>
  terminate(id: string): boolean
}

/** Everything the API stands on. */
export interface ApiDeps extends CallerDeps {
  version: string
  search: Search
  /** Empties the index and fills it again; settles when it is full. */
  reindex(): Promise<void>
  /** Holds the index against the recordings and the ledger. */
  checkIndex(): Promise<IndexCheck>
  ledger: Ledger
  log: GatewayLog
  /** The witnesses of the log; absent for a log that has none. */
  witnessing?: Witnessing
  /** The witness that this gateway is for other logs, if it is one. */
  witness?: Witness | null
  epochs: Epochs
  epochLists: EpochLists
  sessions: LiveSessions
  approvals: Approvals
  estimates: Estimates
  policies: Policies
  /** What waits for a second person to be published. */
  proposals: Proposals
  /** Where policies are published from; null when they are published through the API. */
  policyFiles: PolicyFiles | null
  /** What policies may name: asked for whenever one is written. */
  liveSchema: () => LiveSchema
  recordings: RecordingFiles
  /** Writes down who looks at a recording, before they do. */
  readers: Readers
  holds: Holds
  erasures: Erasures
  rehearsals: Rehearsals
  targets: Readonly<Record<string, Target>>
  /** Where clients reach each protocol's port; a protocol that is turned off is not there. */
  ports: Readonly<Record<string, Address>>
  /** How a run reaches a target. */
  connection(how: { run: string; token: string; target: Target; address: Address }): Connection
  events: EventStream
  metrics: Metrics
  /** The desk, or null for a gateway that was built without it. */
  web: StaticFiles | null
  /** The JSON Schema of `steno.yaml`. */
  configSchema: Record<string, unknown>
  /** An error that is ours: the caller learns nothing of it. */
  onError(error: unknown, request: { method: string; path: string }): void
}
