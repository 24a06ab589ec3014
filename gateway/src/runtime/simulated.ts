import type { Clock, Machine, Timer } from './machine.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'

/**
 * A machine in memory that a test drives: its clock stands still until it is
 * moved, its chance comes from a seed, and its disk and its wires break when told to.
 * A program that shall be killed runs in a process of it (`start`).
 */
export class SimulatedMachine implements Machine {
  readonly clock: SimulatedClock
  readonly disk: SimulatedDisk
  readonly network: SimulatedNetwork
  readonly #chance: () => number

  constructor({ seed = 1, startUs = 1_767_225_600_000_000 }: { seed?: number; startUs?: number } = {}) {
    this.#chance = seededChance(seed)
    this.clock = new SimulatedClock(startUs)
    this.disk = new SimulatedDisk({ clock: this.clock, chance: this.#chance })
    this.network = new SimulatedNetwork({ clock: this.clock, chance: this.#chance })
  }

  /** A program's life on this machine. */
  start(): SimulatedProcess {
    return new SimulatedProcess(this, this.#chance)
  }

  random(sizeBytes: number): Uint8Array {
    return Uint8Array.from({ length: sizeBytes }, () => Math.floor(this.#chance() * 256))
  }

  /** Moves the clock, running what falls due in its order, and lets everything under way come to rest. */
  async advance(ms: number): Promise<void> {
    await settle()
    const untilUs = this.clock.monotonicUs() + ms * 1000
    while (this.clock.runNext(untilUs)) await settle()
  }
}

export class SimulatedClock implements Clock {
  #elapsedUs = 0
  #wallUs: number
  #timers: { dueUs: number; run: () => void }[] = []

  constructor(startUs: number) {
    this.#wallUs = startUs
  }

  nowUs(): number {
    return this.#wallUs + this.#elapsedUs
  }

  monotonicUs(): number {
    return this.#elapsedUs
  }

  /** Sets the machine's date, forward or back, as an operator or NTP would. */
  step(byMs: number): void {
    this.#wallUs += byMs * 1000
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { dueUs: this.#elapsedUs + Math.max(0, delayMs) * 1000, run }
    const later = this.#timers.findIndex(other => other.dueUs > timer.dueUs)
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter(other => other !== timer)
      },
    }
  }

  /** Runs the first timer due by then and gives true, or gives false and the clock stands there. */
  runNext(untilUs: number): boolean {
    const first = this.#timers[0]
    if (first === undefined || first.dueUs > untilUs) {
      this.#elapsedUs = Math.max(this.#elapsedUs, untilUs)
      return false
    }
    this.#timers.shift()
    this.#elapsedUs = Math.max(this.#elapsedUs, first.dueUs)
    first.run()
    return true
  }
}

/** Resolves when all that could go on without the clock has gone on. */
export function settle(): Promise<void> {
  // Everything here goes on in microtasks, and a macrotask starts after the last of them.
  return new Promise(resolve => setImmediate(resolve))
}

/** The same numbers in [0, 1) for the same seed: mulberry32. */
function seededChance(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
