import type { Approval } from '../api.ts'

/** Which requests the inbox shows. */
export const inboxes = ['waiting', 'decided'] as const
export type Inbox = (typeof inboxes)[number]

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
export function endingOf({ state, reviews }: Pick<Approval, 'state' | 'reviews'>): string {
  const by = reviews.at(-1)?.by
  if (state === 'granted') return `Approved${by ? ` by ${by}` : ''}. The command went on.`
  if (state === 'rejected') return `Rejected${by ? ` by ${by}` : ''}. The command was refused.`
  if (state === 'expired') return 'Nobody decided in time. The command was refused.'
  return 'Whoever asked took it back, or is gone. Nothing ran.'
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
