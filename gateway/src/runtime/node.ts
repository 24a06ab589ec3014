import { randomBytes } from 'node:crypto'
import type { Clock, Machine, Timer } from './machine.ts'
import { nodeDisk } from './node-disk.ts'
import { nodeNetwork } from './node-network.ts'

/** The real machine: this process's clock, chance, files and sockets, on Node, Deno and Bun alike. */
export function realMachine(): Machine {
  return { clock: nodeClock(), random: sizeBytes => randomBytes(sizeBytes), disk: nodeDisk(), network: nodeNetwork() }
}

/** `setTimeout` takes a longer delay than this for none at all. */
const timeoutMsMax = 2 ** 31 - 1

/** How far the fine clock may be from the coarse one before it is set again. */
const driftUsMax = 2_000

function nodeClock(): Clock {
  const monotonicUs = () => Math.floor(performance.now() * 1000)
  // `Date.now` is what an operator sets and reads, but counts milliseconds. The
  // monotonic clock fills in the microseconds, and is set again whenever it and
  // `Date.now` part: a stepped or slewed clock is followed within 2 ms.
  let originUs = Date.now() * 1000 - monotonicUs()
  return {
    monotonicUs,
    nowUs() {
      const coarseUs = Date.now() * 1000
      const fineUs = originUs + monotonicUs()
      if (Math.abs(fineUs - coarseUs) <= driftUsMax) return fineUs
      originUs += coarseUs - fineUs
      return coarseUs
    },
    after: startTimer,
  }
}

function startTimer(delayMs: number, run: () => void): Timer {
  let leftMs = delayMs
  let timeout: ReturnType<typeof setTimeout>
  wait()
  return { cancel: () => clearTimeout(timeout) }

  function wait(): void {
    const stepMs = Math.min(leftMs, timeoutMsMax)
    leftMs -= stepMs
    timeout = setTimeout(() => (leftMs > 0 ? wait() : run()), stepMs)
  }
}
