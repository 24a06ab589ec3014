/** What the operating system said, as `node:` modules say it: the code first. */
export class SystemError extends Error {
  readonly code: string

  constructor(code: string, what: string) {
    super(`${code}: ${what}`)
    this.name = 'SystemError'
    this.code = code
  }
}

/** Whether it is the operating system that said so, with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
