import type { Hono } from 'hono'
import type { ApiEnv } from './api/caller.ts'
import { serveApi, type ServedApi } from './api/serve.ts'
import type { Config } from './config/index.ts'
import { openIndex, type Index, type IndexOptions, type StoreConnection } from './index/index.ts'
import { ThreadedTreeKeeper, type TreeKeeper } from './log/index.ts'
import { ThreadedRehearsals, type Rehearsals } from './rehearsal/index.ts'
import { ThreadedRecordingWork, type RecordingWork } from './retention/index.ts'
import { askHttp, type AskHttp } from './runtime/http-client.ts'
import type { Address, Disk, ServerTls } from './runtime/machine.ts'
import { startPostgres } from './targets/embedded-postgres.ts'

/**
 * What works beside the sessions and is more than the `Machine`: a store's
 * processes, threads, an HTTP server. On a machine that a test drives, others
 * stand in their places.
 */
export interface Companions {
  /** The PostgreSQL that holds the index: the configured server, or one of our own. */
  openStore(config: Config, log: (line: string) => void): Promise<{ connection: StoreConnection; stop: () => Promise<void> }>
  openIndex(options: IndexOptions): Index
  /** Who hashes what grows on the disk. */
  openTreeKeeper(disk: Disk, onProblem: (problem: string) => void): TreeKeeper
  /** Who reads and rewrites recordings whole. */
  openRecordingWork(disk: Disk): RecordingWork
  openRehearsals(dataDirectory: string): Rehearsals & { close(): void }
  /** Asks others, over HTTP: the witnesses of the log. */
  askHttp: AskHttp
  serveApi(api: Hono<ApiEnv>, options: { address: Address; tls: ServerTls | null }): Promise<ServedApi>
}

export const realCompanions: Companions = {
  openStore,
  openIndex,
  openTreeKeeper: (_, onProblem) => new ThreadedTreeKeeper(onProblem),
  openRecordingWork: () => new ThreadedRecordingWork(),
  openRehearsals: dataDirectory => new ThreadedRehearsals(dataDirectory),
  askHttp,
  serveApi,
}

async function openStore(config: Config, log: (line: string) => void): Promise<{ connection: StoreConnection; stop: () => Promise<void> }> {
  if (config.store !== null) return { connection: config.store, stop: async () => {} }
  const running = await startPostgres({
    directory: `${config.data}/store`,
    user: 'steno',
    // Search waits for the port, never the port for search.
    niceness: 19,
    settings: { shared_buffers: '64MB', max_connections: '30', synchronous_commit: 'off', wal_recycle: 'off' },
    log: () => {},
    progress: log,
  })
  return { connection: { ...running.connection, database: 'postgres' }, stop: () => running.stop() }
}
