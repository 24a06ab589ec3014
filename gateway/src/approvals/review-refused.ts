/** Why a vote does not count: `code` is stable, the message says it to whoever voted. */
export class ReviewRefused extends Error {
  readonly code: 'not_allowed' | 'not_found' | 'conflict' | 'invalid'

  constructor(code: ReviewRefused['code'], message: string) {
    super(message)
    this.name = 'ReviewRefused'
    this.code = code
  }
}
