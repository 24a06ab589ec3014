/** Why a hold, an erasure or a removal is refused: `code` is stable, the message says it to whoever asked. */
export class RetentionRefused extends Error {
  readonly code: 'not_allowed' | 'not_found' | 'conflict' | 'held' | 'session_open' | 'invalid'

  constructor(code: RetentionRefused['code'], message: string) {
    super(message)
    this.name = 'RetentionRefused'
    this.code = code
  }
}
