import type { LiveSchema } from '@steno/policy-dsl'
import type { CheckRequest, Checked } from './check-messages.ts'

/** Checks texts beside the page; of several that are asked for at once only the last is answered. */
export interface Checker {
  check(source: string, live: LiveSchema): void
  close(): void
}

/** What a checker needs of the worker it asks. */
export interface CheckPort {
  postMessage(request: CheckRequest): void
  onChecked(hear: (checked: Checked) => void): void
  terminate(): void
}

/** Gives a checker that keeps at most one question under way, and asks the newest when that is answered. */
export function createChecker(port: CheckPort, onChecked: (checked: Checked) => void): Checker {
  let lastId = 0
  let underWay = 0
  let next: CheckRequest | null = null
  port.onChecked(checked => {
    underWay = 0
    if (next) send(next)
    else onChecked(checked)
  })
  function send(request: CheckRequest): void {
    next = null
    underWay = request.id
    port.postMessage(request)
  }
  return {
    check(source, live) {
      const request = { id: ++lastId, source, live }
      if (underWay > 0) next = request
      else send(request)
    },
    close: () => port.terminate(),
  }
}
