import type { Machine } from '../runtime/machine.ts'

/** Something that just happened, for whoever watches. */
export interface LiveEvent {
  id: string
  type: 'session' | 'command' | 'run' | 'alert' | 'approval' | 'policy' | 'proposal' | 'reset'
  /** JSON text. */
  data: string
}

/** The last so many events can be caught up on after a broken connection. */
const rememberedMax = 1000
/** A watcher that falls so far behind is let go; it comes back and catches up. */
const waitingMax = 1000
const watchersMax = 200

export interface Watcher {
  /** The next event; null when the stream is over, `idle` when none came for so long. */
  next(idleMs: number): Promise<LiveEvent | 'idle' | null>
  close(): void
}

/** What happens at the gateway, to any number of watchers. Memory stays bounded, whoever reads slowly. */
export class EventStream {
  readonly #machine: Machine
  /** Tells this life of the gateway from the one before: numbers start again. */
  readonly #life: string
  readonly #remembered: LiveEvent[] = []
  readonly #watchers = new Set<(event: LiveEvent | null) => void>()
  #count = 0

  constructor(machine: Machine) {
    this.#machine = machine
    this.#life = machine.clock.nowUs().toString(36)
  }

  publish(type: Exclude<LiveEvent['type'], 'reset'>, data: unknown): void {
    this.#count += 1
    const event: LiveEvent = { id: `${this.#life}-${this.#count}`, type, data: JSON.stringify(data) }
    this.#remembered.push(event)
    if (this.#remembered.length > rememberedMax) this.#remembered.shift()
    for (const notify of this.#watchers) notify(event)
  }

  /** Watches from after `lastId` on; starts with a `reset` when that cannot be done without a gap. Null when too many watch already. */
  watch(lastId: string | null): Watcher | null {
    if (this.#watchers.size >= watchersMax) return null
    const waiting = this.#missed(lastId)
    let isOver = false
    let wake: (() => void) | null = null
    const notify = (event: LiveEvent | null) => {
      if (event === null || waiting.length >= waitingMax) {
        isOver = true
        this.#watchers.delete(notify)
      } else waiting.push(event)
      wake?.()
    }
    this.#watchers.add(notify)
    const next = async (idleMs: number): Promise<LiveEvent | 'idle' | null> => {
      if (waiting.length === 0 && !isOver) {
        await new Promise<void>(resolve => {
          const timer = this.#machine.clock.after(idleMs, resolve)
          wake = () => {
            timer.cancel()
            resolve()
          }
        })
        wake = null
      }
      const event = waiting.shift()
      return event ?? (isOver ? null : 'idle')
    }
    return { next, close: () => notify(null) }
  }

  /** Ends every watcher's stream, for a gateway that stops. */
  close(): void {
    for (const notify of this.#watchers) notify(null)
  }

  get watchers(): number {
    return this.#watchers.size
  }

  #missed(lastId: string | null): LiveEvent[] {
    if (lastId === null || lastId === `${this.#life}-${this.#count}`) return []
    const at = this.#remembered.findIndex(event => event.id === lastId)
    if (at >= 0) return this.#remembered.slice(at + 1)
    return [{ id: `${this.#life}-${this.#count}`, type: 'reset', data: '{}' }]
  }
}
