import type { Notice } from '@steno/recordings'

/** The connection ends, and the client is told why in PostgreSQL's words. */
export class Refused extends Error {
  readonly notice: Notice

  constructor(notice: Notice) {
    super(notice.message)
    this.name = 'Refused'
    this.notice = notice
  }
}

export function fatal(code: string, message: string, more: { detail?: string; hint?: string } = {}): Notice {
  return { severity: 'FATAL', code, message, ...more }
}
