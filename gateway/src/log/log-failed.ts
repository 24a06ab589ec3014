/** The log cannot be written, so what it would have said does not happen. */
export class LogFailed extends Error {
  readonly code = 'log_failed'

  constructor(cause: unknown) {
    super('the log cannot be written', { cause })
    this.name = 'LogFailed'
  }
}
