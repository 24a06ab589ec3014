/** Bytes that break the protocol. `code` is the SQLSTATE that PostgreSQL would answer them with. */
export class WireError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'WireError'
    this.code = code
  }
}
