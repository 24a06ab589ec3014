import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../runtime/assert.ts'
import type { IndexCheck } from './check-index.ts'
import type { IndexerStart, Report, Request } from './messages.ts'
import { startIndexer } from './start-indexer.ts'

const port = parentPort
assert(port !== null, 'the indexer runs in a thread of its own')

lowerPriority()

const tell = (report: Report) => port.postMessage(report)
const starting = startIndexer(workerData as IndexerStart, {
  onIndexed: indexed => tell({ kind: 'indexed', indexed }),
  onLag: lag => tell({ kind: 'lag', lag }),
  onProblem: problem => tell({ kind: 'problem', problem }),
})

// Listening comes before waiting: what is told to a thread that does not listen yet may be lost.
port.on('message', (request: Request) => void take(request))

const { ready } = await starting
await ready
tell({ kind: 'ready' })

async function take(request: Request): Promise<void> {
  const { indexer, close } = await starting
  if (request.kind === 'follow') return request.recordings.forEach(recording => indexer.follow(recording))
  if (request.kind === 'settle') await indexer.settled()
  if (request.kind === 'reindex') await indexer.reindex()
  if (request.kind === 'forget') await indexer.forget(request.forgotten)
  if (request.kind === 'check') return tell(await checked(request.number, indexer.check()))
  if (request.kind === 'close') await close()
  tell({ kind: 'done', number: request.number })
  if (request.kind === 'close') port?.close()
}

async function checked(number: number, checking: Promise<IndexCheck>): Promise<Report> {
  try {
    return { kind: 'done', number, check: await checking }
  } catch (error) {
    return { kind: 'failed', number, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Lets the sessions go first. Only Linux has priorities of single threads; elsewhere this would slow the whole gateway. */
function lowerPriority(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(19)
  } catch {
    // A sandbox may forbid it. The index is then only less polite.
  }
}
