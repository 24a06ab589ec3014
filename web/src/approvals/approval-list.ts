import type { Approval, ApprovalQuery } from '../api.ts'

/** Which requests the inbox shows. */
export const inboxes = ['waiting', 'decided'] as const
export type Inbox = (typeof inboxes)[number]

/** The longest that a shape can be approved for; the gateway holds to the same. */
export const grantMinutesMax = 240

/** The minutes that somebody wrote; null for what is no such number. */
export function grantMinutes(text: string): number | null {
  const minutes = /^\d{1,3}$/.test(text.trim()) ? Number(text) : 0
  return minutes >= 1 && minutes <= grantMinutesMax ? minutes : null
}

/** What the list of decided requests is narrowed by, as it stands in the address. */
export const decidedFilters = ['state', 'target', 'agent', 'reviewer', 'since', 'grant'] as const
export type DecidedFilter = (typeof decidedFilters)[number]

/** Ages that the list can begin at. */
export const sinceOptions = { '1h': 'last hour', '24h': 'last day', '7d': 'last 7 days', '30d': 'last 30 days' }

/** What the gateway is asked for: what it would not understand is left out. */
export function decidedQuery(chosen: Partial<Record<DecidedFilter, string | undefined>>): ApprovalQuery {
  const { state, target, agent, reviewer, since, grant } = chosen
  const decided = (['granted', 'rejected', 'expired', 'withdrawn'] as const).find(one => one === state)
  return {
    state: decided ?? 'decided',
    ...(target ? { target } : {}),
    ...(agent ? { agent } : {}),
    ...(reviewer ? { reviewer } : {}),
    ...(since && since in sinceOptions ? { since } : {}),
    ...(grant === 'open' ? { grant: 'open' } : {}),
  }
}

/** Gives the requests in the order somebody should look at them: what runs out first, then what was decided last. */
export function sortApprovals(approvals: readonly Approval[]): Approval[] {
  return approvals.toSorted((a, b) => {
    if (a.state === 'pending' && b.state === 'pending') return a.expiresAt.localeCompare(b.expiresAt)
    return (b.decidedAt ?? b.askedAt).localeCompare(a.decidedAt ?? a.askedAt)
  })
}

/** Gives the request that lies `by` places from the chosen one, or the chosen one at either end. */
export function neighbour(approvals: readonly Approval[], chosen: string | undefined, by: number): Approval | undefined {
  const at = approvals.findIndex(({ id }) => id === chosen)
  return approvals[Math.min(Math.max(at < 0 ? 0 : at + by, 0), approvals.length - 1)]
}

/** The states in the words of the page, with the sign that goes before them. */
export const stateLabels: Record<Approval['state'], { sign: string; word: string; mark: 'allow' | 'hold' | 'deny' }> = {
  pending: { sign: '◔', word: 'waiting', mark: 'hold' },
  granted: { sign: '✓', word: 'approved', mark: 'allow' },
  rejected: { sign: '✕', word: 'rejected', mark: 'deny' },
  expired: { sign: '✕', word: 'expired', mark: 'deny' },
  withdrawn: { sign: '–', word: 'withdrawn', mark: 'hold' },
}

/** Why a request that is over can no longer be decided, as a sentence. */
export function endingOf({ state, reviews, because, grant }: Pick<Approval, 'state' | 'reviews' | 'because' | 'grant'>): string {
  const by = reviews.at(-1)?.by
  if (state === 'granted') return `Approved${by ? ` by ${by}` : ''}. The command went on${grant ? ', and others of its shape may' : ''}.`
  if (because === 'policies changed') return 'The policies changed while it waited. The command was refused; it can be asked again.'
  if (because === 'gateway restarted') return 'The gateway restarted while it waited. Nothing ran.'
  if (state === 'rejected') return `Rejected${by ? ` by ${by}` : ''}. The command was refused.`
  if (state === 'expired') return 'Nobody decided in time. The command was refused.'
  return 'Whoever asked took it back, or is gone. Nothing ran.'
}

/** Why a grant lets nothing pass any more, as the beginning of a sentence. */
export const grantEnds: Record<NonNullable<NonNullable<Approval['grant']>['ended']>['because'], string> = {
  time: 'Its time ran out',
  'run over': 'The run is over',
  'policies changed': 'The policies changed',
  'taken back': 'Taken back',
  'gateway restarted': 'The gateway restarted',
}

/** How urgent what is left is: the last fifth of the time, the last half of that. */
export function urgency({ askedAt, expiresAt }: Pick<Approval, 'askedAt' | 'expiresAt'>, nowMs: number): 'calm' | 'soon' | 'now' {
  const [from, to] = [Date.parse(askedAt), Date.parse(expiresAt)]
  const share = (to - nowMs) / Math.max(1, to - from)
  return share > 0.2 ? 'calm' : share > 0.1 ? 'soon' : 'now'
}

/** What is left of a request's time: `4:07`, `1:02:09`; `0:00` when there is nothing left. */
export function countdownLabel(expiresAt: string, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(expiresAt) - nowMs) / 1000))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
