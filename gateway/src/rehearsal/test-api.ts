import type { Session } from '@steno/recordings'
import { createApi } from '../api/create-api.ts'
import { EventStream } from '../api/event-stream.ts'
import { Metrics } from '../api/metrics.ts'
import { Approvals, Estimates } from '../approvals/index.ts'
import { Agents, Runs, SignIn, Tokens } from '../identity/index.ts'
import type { Filter, Search } from '../index/search.ts'
import { inlineRecordingWork, openRetention } from '../retention/index.ts'
import { openTestRoom } from '../log/test-log.ts'
import { Proposals } from '../policies/index.ts'
import { knownWorld } from '../policies/test-policies.ts'
import type { History } from './test-history.ts'
import { RehearsalsHere } from './test-rehearsals.ts'

/** The secret of a token of each role. */
export const secrets = {
  admin: 'admin-secret-0123456789',
  author: 'author-secret-012345678',
  approver: 'approver-secret-0123456',
  investigator: 'investigator-secret-0123',
}

/** The API of a gateway with a past. */
export async function apiOf(history: History, { reviewers = [] as string[] } = {}) {
  const { machine, ledger, policies, files } = history
  const parts = { machine, ledger, entries: [] }
  const search = new HistorySearch(history)
  const rehearsals = new RehearsalsHere(history)
  const errors: unknown[] = []
  const room = await openTestRoom(machine, ledger)
  const approvals = new Approvals({ ...parts, onChanged: () => {}, onUnrecorded: () => {} })
  const { holds, erasures, readers } = openRetention({
    ...parts,
    directory: '/data',
    work: inlineRecordingWork(machine.disk),
    index: { forget: async () => {} },
    approvals,
    keep: {},
    published: () => room.epochs.anchor(),
    onProblem: problem => errors.push(problem),
  })
  const app = createApi({
    machine,
    version: '1.2.3',
    secure: false,
    ledger,
    ...room,
    holds,
    erasures,
    readers,
    search,
    rehearsals,
    policies,
    proposals: new Proposals({ ...parts, policies, reviewers, onChanged: () => {} }),
    recordings: files,
    reindex: async () => {},
    checkIndex: async () => ({ sessions: 0, commands: 0, runs: 0, differences: [], differing: 0 }),
    runs: new Runs({ ...parts, targets: [], onUnrecordedEnd: () => {} }),
    signIn: new SignIn(parts),
    agents: new Agents({ ...parts, declared: { backfill: { secret: 'backfill-secret-0123456', groups: [] } } }),
    tokens: new Tokens({
      ...parts,
      declared: {
        ci: { secret: secrets.admin, role: 'admin' },
        pen: { secret: secrets.author, role: 'author' },
        kim: { secret: secrets.approver, role: 'approver' },
        eye: { secret: secrets.investigator, role: 'investigator' },
      },
    }),
    approvals,
    estimates: new Estimates(notAsked),
    events: new EventStream(machine),
    metrics: new Metrics(),
    policyFiles: null,
    liveSchema: () => knownWorld,
    sessions: { openSessions: new Map(), terminate: () => false },
    targets: {},
    ports: {},
    connection: ({ target }) => ({ protocol: target.protocol, url: '', env: {} }),
    web: null,
    configSchema: {},
    onError: error => errors.push(error),
  })
  return { app, search, rehearsals, errors }
}

/** Finds what a history holds, two sessions a page. */
class HistorySearch implements Search {
  readonly #history: History
  readonly filters: Filter[] = []
  behindBytes = 0

  constructor(history: History) {
    this.#history = history
  }

  async sessions(filter: Filter, page: { limit: number; cursor: string | null }) {
    this.filters.push(filter)
    const { target, agent, untilUs = Infinity } = filter
    const found = this.#history.sessions
      .filter(session => (target ?? session.target) === session.target && (agent ?? session.agent) === session.agent)
      .filter(({ startedAtUs }) => startedAtUs < untilUs)
      .toReversed()
    const from = Number(page.cursor ?? 0)
    const to = from + Math.min(2, page.limit)
    // The rest of what a session is does not matter here.
    const items = found.slice(from, to).map(({ id, commands }) => ({ id, commands }) as Session)
    return { items, cursor: to < found.length ? String(to) : null }
  }

  async lag() {
    return { bytes: this.behindBytes, sessions: 0 }
  }

  commands = notAsked
  command = notAsked
  session = notAsked
  runs = notAsked
  run = notAsked
  histogram = notAsked
  ruleHits = notAsked
  heldCommands = notAsked
  shapeHistory = notAsked
}

async function notAsked(): Promise<never> {
  throw new Error('a rehearsal asks for sessions alone')
}
