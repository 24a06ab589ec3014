/** The world's reasons for a server that does not run. */
export class PostgresFailed extends Error {
  readonly code: 'unsupported platform' | 'port in use' | 'disk full' | 'in use' | 'untrusted place' | 'other version' | 'failed'

  constructor(code: PostgresFailed['code'], message: string) {
    super(message)
    this.name = 'PostgresFailed'
    this.code = code
  }
}
