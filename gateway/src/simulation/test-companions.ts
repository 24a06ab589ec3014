import type { Hono } from 'hono'
import type { ApiEnv } from '../api/caller.ts'
import type { Companions } from '../companions.ts'
import type { Index } from '../index/index.ts'
import { inlineTreeKeeper } from '../log/index.ts'
import type { Chance } from './test-chance.ts'
import { inlineRecordingWork } from '../retention/index.ts'

// For tests alone: what stands beside a simulated gateway. Its API is asked
// without HTTP, and its store is away, now in this way and now in that.

/** What a store's driver says when there is nobody. */
class StoreAway extends Error {
  readonly code = 'ECONNREFUSED'
}

export interface SimulatedCompanions extends Companions {
  /** Asks the API of the gateway that has these companions. */
  fetch(request: Request): Promise<Response>
}

export function simulatedCompanions(chance: Chance): SimulatedCompanions {
  let served: Hono<ApiEnv> | null = null
  return {
    openStore: async () => ({ connection: 'postgres://nowhere', stop: async () => {} }),
    openIndex: () => absentIndex(chance),
    askHttp: () => Promise.reject(new Error('nobody is out there')),
    openTreeKeeper: disk => inlineTreeKeeper(disk),
    openRecordingWork: disk => inlineRecordingWork(disk),
    openRehearsals: () => ({ start: () => null, close() {} }),
    async serveApi(api, { address }) {
      served = api
      return {
        address,
        close: async () => {
          served = null
        },
      }
    },
    async fetch(request) {
      if (served === null) throw new Error('nobody serves the API')
      return served.fetch(request)
    },
  }
}

/** An index whose store cannot be reached: it answers nobody, or says so, and follows nothing. */
function absentIndex(chance: Chance): Index {
  const away = () => (chance.isOne(2) ? Promise.reject(new StoreAway('nobody there')) : new Promise<never>(() => {}))
  const never = new Promise<never>(() => {})
  return {
    search: {
      commands: away,
      command: away,
      sessions: away,
      session: away,
      runs: away,
      run: away,
      histogram: away,
      ruleHits: away,
      heldCommands: away,
      shapeHistory: away,
      lag: away,
    },
    ready: never,
    follow() {},
    forget: () => never,
    onIndexed: () => () => {},
    lag: () => ({ bytes: 0, sessions: 0 }),
    settled: () => never,
    reindex: () => never,
    check: () => never,
    close: async () => {},
  }
}
