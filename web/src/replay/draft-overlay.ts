import type { RehearsedFlip } from '@steno/policy-dsl'
import type { Verdict } from '@steno/recordings'
import { createEffect, createSignal, on, onCleanup, type Accessor } from 'solid-js'
import { api } from '../api.ts'
import { after } from '../clock.ts'
import { createLocalRehearsal, type RehearsalPort } from '../rehearsal/create-local-rehearsal.ts'
import type { PolicyText, RehearsalMessage } from '../rehearsal/rehearsal-messages.ts'

/** loading → shown | failed */
export type OverlayState =
  | { is: 'loading' }
  | { is: 'shown'; verdicts: DraftVerdicts }
  /** Nothing can be said, and why. */
  | { is: 'failed'; reason: string }

/** What commands of one session would meet under a draft, by the lines they stand on. What is not here would be decided as it was. */
export interface DraftVerdicts {
  byLine: ReadonlyMap<number, DraftVerdict>
  newly: Record<Verdict, number>
  commands: number
  /** More are decided otherwise than are shown. */
  isCut: boolean
  unknowns: readonly string[]
}

/** One command that would be decided otherwise. */
export interface DraftVerdict {
  before: Verdict
  after: Verdict
  rule: string | null
  reason: string | null
  policy: string | null
  /** The text of that rule's policy where it is known, and the places in it of the clauses that held. */
  source: string | null
  clauses: readonly (readonly [start: number, end: number])[]
}

export interface OverlayInput {
  session: string
  /** The policy whose place the draft takes; empty for one that has no name yet. */
  name: string
  source: string
  /** Changes when the recording grew: then all of it is rehearsed again. */
  grown: Accessor<number>
}

/** How long a recording did not grow before it is rehearsed again. */
const settledMs = 2_000
/** What a draft is called that has no name yet: no policy can have this one. */
const draftName = '(draft)'

/** Rehearses a draft on one session in a worker of its own, together with what is in force beside it. For as long as its owner lives. */
export function openDraftOverlay({ session, name, source, grown }: OverlayInput): Accessor<OverlayState> {
  const [state, setState] = createSignal<OverlayState>({ is: 'loading' })
  const draft: PolicyText = { name: name || draftName, version: null, source }
  const stop = new AbortController()
  const rehearsal = createLocalRehearsal({
    port: startWorker(),
    find: async () => ({ sessions: [session], agents: [], isTruncated: false }),
    sinceUsOf: () => null,
  })
  const everything = { since: '', target: '', agent: '' }
  const unbounded = { commands: Infinity, bytes: Infinity }
  let texts: PolicyText[] = [draft]

  const fail = (reason: string): void => void setState({ is: 'failed', reason })
  async function begin(): Promise<void> {
    try {
      const [beside, live] = await Promise.all([policiesBeside(draft.name, stop.signal), api.policySchema(stop.signal)])
      texts = [draft, ...beside]
      rehearsal.rehearse({ source, policies: texts, live })
      rehearsal.load(everything, unbounded)
    } catch (error) {
      if (!stop.signal.aborted) fail(error instanceof Error ? error.message : String(error))
    }
  }
  createEffect(on(grown, () => onCleanup(after(settledMs, () => rehearsal.load(everything, unbounded))), { defer: true }))
  createEffect(() => {
    const loading = rehearsal.loading()
    const text = rehearsal.text()
    if (loading.is === 'failed') fail(loading.reason)
    else if (text.is === 'failed') fail(text.reason)
    else if (text.is === 'uncompiled') fail(`the draft has ${text.errors === 1 ? 'an error' : `${text.errors} errors`}`)
  })
  createEffect(() => {
    const last = rehearsal.last()
    if (!last) return
    const { matrix, commands, flips, flipsTotal, unknowns } = last.report
    setState({
      is: 'shown',
      verdicts: {
        byLine: new Map(flips.map(flip => [flip.frame, verdictOf(flip, texts)])),
        newly: {
          deny: matrix.allow.deny + matrix.hold.deny,
          hold: matrix.allow.hold + matrix.deny.hold,
          allow: matrix.hold.allow + matrix.deny.allow,
        },
        commands,
        isCut: flipsTotal > flips.length,
        unknowns,
      },
    })
  })
  void begin()
  onCleanup(() => {
    stop.abort()
    rehearsal.close()
  })
  return state
}

function verdictOf({ before, after, rule, reason, policy, clauses }: RehearsedFlip, texts: readonly PolicyText[]): DraftVerdict {
  return { before, after, rule, reason, policy, source: texts.find(({ name }) => name === policy)?.source ?? null, clauses }
}

async function policiesBeside(name: string, signal: AbortSignal): Promise<PolicyText[]> {
  const { items } = await api.policies(signal)
  return Promise.all(
    items
      .filter(policy => policy.name !== name)
      .map(async policy => ({ name: policy.name, version: policy.version, source: (await api.policy(policy.name, signal)).source })),
  )
}

function startWorker(): RehearsalPort {
  const worker = new Worker(new URL('../rehearsal/rehearsal-worker.ts', import.meta.url), { type: 'module' })
  return {
    post: request => worker.postMessage(request),
    hear: take => worker.addEventListener('message', (event: MessageEvent<RehearsalMessage>) => take(event.data)),
    terminate: () => worker.terminate(),
  }
}
