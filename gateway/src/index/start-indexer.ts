import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { realMachine } from '../runtime/node.ts'
import { createWaitMeter, standBehindSessions } from '../runtime/thread.ts'
import { Indexer, type IndexerParts } from './indexer.ts'
import type { IndexerStart } from './messages.ts'
import { openOperations } from './operations.ts'
import { connectStore } from './store.ts'

/** Starts an indexer in this thread. `ready` settles when it knows what lies on disk, which waits for the store. */
export async function startIndexer(
  { connection, dataDirectory }: IndexerStart,
  listeners: Pick<IndexerParts, 'onIndexed' | 'onLag' | 'onProblem'>,
  { machine = realMachine(), waitedMs = createWaitMeter() } = {},
): Promise<{ indexer: Indexer; ready: Promise<void>; close: () => Promise<void> }> {
  const operations = await openOperations({ loadWasm: loadParserWasm })
  const sql = connectStore(connection, { connections: 1 })
  const indexer = new Indexer({
    sql,
    machine,
    dataDirectory,
    readOperations: operations.read,
    parsersReady: operations.ready,
    waitedMs,
    // A store that is given by its URL may run anywhere, and has its own say in what goes first.
    onStoreProcess: typeof connection === 'string' ? () => {} : standBehindSessions,
    ...listeners,
  })
  return {
    indexer,
    ready: indexer.start(),
    async close() {
      await indexer.close()
      await sql.end({ timeout: 5 })
    },
  }
}
