import type { RecordingHeader } from '../model.ts'
import { eventMeanings } from './line-writer.ts'
import { SaltPool } from './salt-pool.ts'

/** A header for tests, of a session that started on a known microsecond. */
export function testHeader(changes: Partial<RecordingHeader> = {}): RecordingHeader {
  return {
    v: 1,
    events: eventMeanings,
    session: '01JD2WQ7X0000000000000TEST',
    gateway: '0.1.0',
    protocol: 'postgres',
    target: { name: 'shop', address: '127.0.0.1:5432', labels: { env: 'prod' } },
    run: { id: 'r-1', attempt: 1, task: 'nightly', trigger: null, agentVersion: '2.3', parent: null },
    principal: { kind: 'agent', name: 'agent-backfill', groups: ['etl'] },
    delegation: [{ kind: 'human', name: 'ada', groups: [] }],
    client: { address: '127.0.0.1:50444', application: 'psql', tls: false },
    startedAtUs: 1_763_700_000_123_456,
    policyVersion: 'none',
    ...changes,
  }
}

/** Salts that are all alike, `AAAAAAAAAAAAAAAA`, so that lines can be foretold. */
export function testSalts(): SaltPool {
  return new SaltPool(sizeBytes => new Uint8Array(sizeBytes))
}

/** The same numbers for the same seed (mulberry32), from 0 to below `below`. */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below)
  }
}
