const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `'30s'`, `'10m'`, `'1h'` or `'1d'`. Null for anything else. */
export function durationMs(text: string): number | null {
  const [, count = '', unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  return count === '' ? null : Number(count) * unitMs[unit]!
}

/** The shortest way to write a length of time. */
export function formatDuration(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find(one => ms % unitMs[one]! === 0) ?? 's'
  return `${ms / unitMs[unit]!}${unit}`
}
