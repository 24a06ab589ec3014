/** What the driver says when the store cannot be reached, what a PostgreSQL says that stops or starts (class 57P), and one in which the tables are still to be made. */
const codes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '57P03',
  '42P01',
  '3F000',
])

/** Whether an error of the search says that its store is not there now, rather than that something is wrong with what was asked. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.has(error.code)
}
