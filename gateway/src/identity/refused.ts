/** Why something was refused to whoever asked: `code` is stable, the message says what to do about it. */
export class IdentityRefused extends Error {
  readonly code: 'not_allowed' | 'not_found' | 'already_there' | 'invalid'

  constructor(code: IdentityRefused['code'], message: string) {
    super(message)
    this.name = 'IdentityRefused'
    this.code = code
  }
}
