/** What can be wrong with a log that a gateway does not go on with. */
export type LogRefusedCode =
  | 'rolled_back'
  | 'head_missing'
  | 'head_damaged'
  | 'key_missing'
  | 'key_damaged'
  | 'key_wrong'
  | 'origin_wrong'
  | 'log_damaged'

/** The gateway does not start on this log; the message says what to do. */
export class LogRefused extends Error {
  readonly code: LogRefusedCode

  constructor(code: LogRefusedCode, message: string) {
    super(message)
    this.name = 'LogRefused'
    this.code = code
  }
}
