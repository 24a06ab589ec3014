/** Why lines of a recording cannot be erased. */
export type ErasureErrorCode =
  /** The session is open: its recording still grows. */
  | 'recording_open'
  /** The header stays, and what is not there cannot go. */
  | 'lines_missing'
  | 'command_missing'
  | 'already_erased'
  /** A hash would be left that covers nothing but lines without a salt, and could be guessed back to them. */
  | 'lines_exposed'

/** Nothing was erased, and why not. */
export class ErasureError extends Error {
  readonly code: ErasureErrorCode

  constructor(code: ErasureErrorCode, message: string) {
    super(message)
    this.name = 'ErasureError'
    this.code = code
  }
}
