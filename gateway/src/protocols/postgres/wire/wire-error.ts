/** Bytes that the protocol does not allow. `code` is the SQLSTATE that PostgreSQL says it with. */
export class WireError extends Error {
  readonly code: string

  constructor(code: '08P01' | '22021' | '54000' | '0A000', message: string) {
    super(message)
    this.name = 'WireError'
    this.code = code
  }
}
