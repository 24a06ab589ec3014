import type { PlayerClock } from './player.ts'

/** The time of the browser's pictures. */
export const browserClock: PlayerClock = {
  nowMs: () => performance.now(),
  nextFrame(callback) {
    const request = requestAnimationFrame(callback)
    return () => cancelAnimationFrame(request)
  },
}
