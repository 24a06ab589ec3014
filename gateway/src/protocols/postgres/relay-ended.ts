import type { EndReason, Notice } from '@steno/recordings'

/** One of the two sides broke the protocol, or did what a session here may not. */
export class RelayEnded extends Error {
  readonly notice: Notice
  readonly reason: EndReason

  constructor(reason: EndReason, notice: Notice) {
    super(notice.message)
    this.name = 'RelayEnded'
    this.reason = reason
    this.notice = notice
  }
}
