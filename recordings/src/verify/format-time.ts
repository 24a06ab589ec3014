/** RFC 3339 in UTC, to the millisecond. */
export function formatTime(us: number): string {
  return new Date(Math.floor(us / 1000)).toISOString()
}
