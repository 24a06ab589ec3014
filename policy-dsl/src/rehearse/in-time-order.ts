import type { RecordingHeader } from '@steno/recordings'
import type { RehearsedCommand, RehearsedSession } from './rehearsed-session.ts'

/** A past command with its session and its moment. */
export interface PastCommand {
  header: RecordingHeader
  command: RehearsedCommand
  /** Microseconds since 1970 UTC. */
  nowUs: number
  /** No command of its session comes after it. */
  isLast: boolean
}

interface Cursor {
  session: RehearsedSession
  next: number
  nextUs: number
}

/**
 * Brings the commands of sessions that overlap into the order in which they
 * were asked. Sessions come by their start; a command is given on as soon as
 * no session that is still to come can hold an earlier one.
 */
export class InTimeOrder {
  readonly #give: (past: PastCommand) => void
  readonly #heldMax: number
  /** By the moment of their next command, the latest first. */
  readonly #open: Cursor[] = []
  #held = 0
  #givenUs = -Infinity
  /** Commands that were given on after a later one. */
  late = 0

  constructor(give: (past: PastCommand) => void, heldMax: number) {
    this.#give = give
    this.#heldMax = heldMax
  }

  add(session: RehearsedSession): void {
    this.#giveBefore(session.header.startedAtUs)
    this.#held += session.commands.length
    this.#insert({ session, next: 0, nextUs: 0 })
    while (this.#held > this.#heldMax && this.#open.length > 0) this.#giveNext()
  }

  /** Gives on all that is left. */
  flush(): void {
    this.#giveBefore(Infinity)
  }

  #giveBefore(beforeUs: number): void {
    while (this.#open.length > 0 && (this.#open.at(-1)?.nextUs ?? Infinity) < beforeUs) this.#giveNext()
  }

  #giveNext(): void {
    const cursor = this.#open.pop()
    const command = cursor?.session.commands[cursor.next]
    if (cursor === undefined || command === undefined) return
    const nowUs = cursor.nextUs
    if (nowUs < this.#givenUs) this.late++
    this.#givenUs = Math.max(this.#givenUs, nowUs)
    this.#held--
    cursor.next++
    this.#give({ header: cursor.session.header, command, nowUs, isLast: cursor.next >= cursor.session.commands.length })
    this.#insert(cursor)
  }

  #insert(cursor: Cursor): void {
    const command = cursor.session.commands[cursor.next]
    if (command === undefined) return
    // A clock that was set back does not change the order within a session.
    cursor.nextUs = Math.max(cursor.nextUs, cursor.session.header.startedAtUs + command.atUs)
    let [low, high] = [0, this.#open.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#open[middle]?.nextUs ?? 0) > cursor.nextUs) low = middle + 1
      else high = middle
    }
    this.#open.splice(low, 0, cursor)
  }
}
