import type { AskHttp } from '../runtime/http-client.ts'
import { newId } from '../runtime/id.ts'
import type { Machine, Timer } from '../runtime/machine.ts'
import { signWebhook } from './sign-webhook.ts'

/** What endpoints can be told of. */
export const webhookEvents = ['approval.requested', 'approval.settled'] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** Somebody's endpoint, as the configuration has it. */
export interface Webhook {
  url: string
  key: Uint8Array
  events: readonly WebhookEvent[]
}

export interface WebhooksOptions {
  machine: Machine
  webhooks: Readonly<Record<string, Webhook>>
  ask: AskHttp
  onProblem: (problem: string) => void
}

/** How long after each attempt the next one comes; after the last the message is given up. */
const retryMs = [5_000, 30_000, 120_000, 600_000, 1_800_000, 7_200_000]
const attemptMs = 10_000
/** The most messages of one endpoint that wait, and that are under way at once. */
const waitingMax = 1000
const sendingMax = 4
/** What an endpoint answers is not read, but for its status. */
const answerBytesMax = 64 * 1024
/** The endpoint wants no more of them. */
const goneStatus = 410

interface Waiting {
  id: string
  body: string
  attempts: number
}

/**
 * Tells endpoints what happened, signed. Nobody waits for them: a message that
 * is not taken is sent again later, for some hours, and one endpoint that is
 * slow or away keeps nothing from the others.
 */
export class Webhooks {
  readonly #clock: Machine['clock']
  readonly #endpoints: { events: readonly WebhookEvent[]; endpoint: Endpoint }[]
  readonly #newId: () => string

  constructor({ machine, webhooks, ask, onProblem }: WebhooksOptions) {
    this.#clock = machine.clock
    this.#newId = () => `msg_${newId(machine)}`
    this.#endpoints = Object.entries(webhooks).map(([name, webhook]) => ({
      events: webhook.events,
      endpoint: new Endpoint({ webhook, clock: machine.clock, ask, onProblem: problem => onProblem(`webhook ${name}: ${problem}`) }),
    }))
  }

  tell(type: WebhookEvent, data: object): void {
    const id = this.#newId()
    const body = JSON.stringify({ type, timestamp: new Date(this.#clock.nowUs() / 1000).toISOString(), data })
    for (const { events, endpoint } of this.#endpoints) if (events.includes(type)) endpoint.add({ id, body, attempts: 0 })
  }

  /** Sends no more. */
  stop(): void {
    for (const { endpoint } of this.#endpoints) endpoint.stop()
  }
}

class Endpoint {
  readonly #webhook: Webhook
  readonly #clock: Machine['clock']
  readonly #ask: AskHttp
  readonly #onProblem: (problem: string) => void
  /** Those that are due, in their order. */
  readonly #due: Waiting[] = []
  readonly #later = new Set<Timer>()
  readonly #sending = new Set<AbortController>()
  #isStopped = false

  constructor(options: { webhook: Webhook; clock: Machine['clock']; ask: AskHttp; onProblem: (problem: string) => void }) {
    this.#webhook = options.webhook
    this.#clock = options.clock
    this.#ask = options.ask
    this.#onProblem = options.onProblem
  }

  add(message: Waiting): void {
    if (this.#isStopped) return
    if (this.#due.length + this.#later.size >= waitingMax) return this.#onProblem(`${message.id} is not sent: ${waitingMax} others wait`)
    this.#due.push(message)
    this.#next()
  }

  stop(): void {
    this.#isStopped = true
    this.#due.length = 0
    for (const timer of this.#later) timer.cancel()
    this.#later.clear()
    for (const sending of this.#sending) sending.abort()
  }

  #next(): void {
    while (this.#sending.size < sendingMax) {
      const message = this.#due.shift()
      if (!message) return
      void this.#send(message)
    }
  }

  async #send(message: Waiting): Promise<void> {
    const sending = new AbortController()
    this.#sending.add(sending)
    const deadline = this.#clock.after(attemptMs, () => sending.abort())
    const timestamp = Math.floor(this.#clock.nowUs() / 1_000_000)
    const { url, key } = this.#webhook
    let outcome: string | null
    try {
      const headers = { ...signWebhook({ ...message, timestamp }, key), 'content-type': 'application/json' }
      const body = new TextEncoder().encode(message.body)
      const { status } = await this.#ask({ method: 'POST', url, headers, body, answerBytesMax, signal: sending.signal })
      outcome = status >= 200 && status < 300 ? null : `answered ${status}`
      if (status === goneStatus) {
        this.#onProblem('it wants no more, and gets none until the gateway starts again')
        this.stop()
      }
    } catch {
      outcome = sending.signal.aborted ? `did not answer within ${attemptMs} ms` : 'could not be reached'
    }
    deadline.cancel()
    this.#sending.delete(sending)
    if (this.#isStopped) return
    if (outcome !== null) this.#again(message, outcome)
    this.#next()
  }

  #again(message: Waiting, outcome: string): void {
    const delayMs = retryMs[message.attempts]
    if (delayMs === undefined) return this.#onProblem(`${message.id} is given up: it ${outcome}, ${retryMs.length + 1} times`)
    if (message.attempts === 0) this.#onProblem(`${message.id} is sent again later: it ${outcome}`)
    const timer = this.#clock.after(delayMs, () => {
      this.#later.delete(timer)
      this.#due.push({ ...message, attempts: message.attempts + 1 })
      this.#next()
    })
    this.#later.add(timer)
  }
}
