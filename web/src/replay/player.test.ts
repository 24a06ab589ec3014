import { describe, expect, it } from 'vitest'
import { createPlayer, frameAt, playerStates, type Gap, type PlayerClock, type Track } from './player.ts'

/** A clock whose time moves only when told, a frame of 16 ms at a time. */
function steppedClock() {
  let nowMs = 0
  let due: (() => void) | null = null
  const clock: PlayerClock = {
    nowMs: () => nowMs,
    nextFrame(callback) {
      due = callback
      return () => {
        due = null
      }
    },
  }
  return {
    clock,
    pass: (ms: number) => {
      for (let left = ms; left > 0; left -= 16) {
        nowMs += Math.min(16, left)
        const callback = due
        due = null
        callback?.()
      }
    },
    isTicking: () => due !== null,
  }
}

function trackOf(timesMs: number[], options: { growth?: Track['growth']; gaps?: Gap[]; durationMs?: number } = {}): Track {
  return {
    count: timesMs.length,
    atUs: index => timesMs[index]! * 1000,
    durationUs: (options.durationMs ?? timesMs.at(-1) ?? 0) * 1000,
    gaps: options.gaps ?? [],
    growth: options.growth ?? 'complete',
  }
}

function loaded(track: Track) {
  const time = steppedClock()
  const player = createPlayer(time.clock)
  player.load()
  player.extend(track)
  return { ...time, player }
}

describe('createPlayer', () => {
  it('starts idle, loads, and is ready at the first frame', () => {
    const { clock } = steppedClock()
    const player = createPlayer(clock)
    expect(player.state()).toBe('idle')
    player.load()
    expect(player.state()).toBe('loading')
    player.extend(trackOf([]))
    expect(player.state()).toBe('loading')
    player.extend(trackOf([5, 10]))
    expect(player.state()).toBe('ready')
    expect(player.index()).toBe(0)
    expect(player.positionUs()).toBe(5000)
  })

  it('plays in real time and stops at the end', () => {
    const { player, pass, isTicking } = loaded(trackOf([0, 100, 400], { durationMs: 500 }))
    player.play()
    pass(150)
    expect(player.index()).toBe(1)
    expect(player.positionUs()).toBe(150_000)
    pass(400)
    expect(player.state()).toBe('ended')
    expect(player.index()).toBe(2)
    expect(isTicking()).toBe(false)
  })

  it('plays from the start again after the end', () => {
    const { player, pass } = loaded(trackOf([0, 100]))
    player.play()
    pass(200)
    player.play()
    expect(player.state()).toBe('playing')
    expect(player.index()).toBe(0)
  })

  it('keeps its place when the speed changes while it plays', () => {
    const { player, pass } = loaded(trackOf([0], { durationMs: 10_000 }))
    player.play()
    pass(160)
    player.setSpeed(4)
    pass(160)
    expect(player.positionUs()).toBe(800_000)
  })

  it('skips idle stretches, and does not when told', () => {
    const track = trackOf([0, 10_000], { durationMs: 10_000, gaps: [{ fromUs: 100_000, toUs: 9_900_000 }] })
    const skipping = loaded(track)
    skipping.player.play()
    skipping.pass(160)
    expect(skipping.player.positionUs()).toBeGreaterThanOrEqual(9_900_000)
    const patient = loaded(track)
    patient.player.setSkipsIdle(false)
    patient.player.play()
    patient.pass(160)
    expect(patient.player.positionUs()).toBe(160_000)
  })

  it('shows the exact frame it is told, also among frames of one instant', () => {
    const { player } = loaded(trackOf([0, 50, 50, 50, 80]))
    player.select(2)
    expect(player.index()).toBe(2)
    expect(player.state()).toBe('paused')
    player.seek(50_000)
    expect(player.index()).toBe(3)
  })

  it('goes on playing when it is moved while it plays', () => {
    const { player, pass } = loaded(trackOf([0, 100, 5000], { durationMs: 6000 }))
    player.play()
    player.seek(5_000_000)
    expect(player.state()).toBe('playing')
    pass(16)
    expect(player.index()).toBe(2)
  })

  it('waits, still playing, where the recording has not been read yet', () => {
    const { player, pass } = loaded(trackOf([0, 10], { growth: 'loading' }))
    player.play()
    pass(200)
    expect(player.state()).toBe('playing')
    player.extend(trackOf([0, 10, 250], { durationMs: 300 }))
    pass(250)
    expect(player.index()).toBe(2)
  })

  it('follows a live session until it is moved, and again on request', () => {
    const { player } = loaded(trackOf([0, 10], { growth: 'live' }))
    expect(player.state()).toBe('live')
    player.extend(trackOf([0, 10, 20], { growth: 'live' }))
    expect(player.index()).toBe(2)
    player.select(0)
    expect(player.state()).toBe('paused')
    player.extend(trackOf([0, 10, 20, 30], { growth: 'live' }))
    expect(player.index()).toBe(0)
    player.goLive()
    expect(player.state()).toBe('live')
    expect(player.index()).toBe(3)
    player.extend(trackOf([0, 10, 20, 30, 40]))
    expect(player.state()).toBe('ended')
    expect(player.index()).toBe(4)
  })

  it('catches up with a live session when playing reaches its end', () => {
    const { player, pass } = loaded(trackOf([0, 100], { growth: 'live' }))
    player.select(0)
    player.play()
    pass(160)
    expect(player.state()).toBe('live')
  })

  it('fails only while there is nothing to show', () => {
    const { clock } = steppedClock()
    const player = createPlayer(clock)
    player.load()
    player.fail('not found')
    expect(player.state()).toBe('failed')
    expect(player.failure()).toBe('not found')
    player.play()
    expect(player.state()).toBe('failed')
    const shown = loaded(trackOf([0]))
    shown.player.fail('torn')
    expect(shown.player.state()).toBe('ready')
  })

  it('stops asking for pictures when it is thrown away', () => {
    const { player, isTicking } = loaded(trackOf([0, 1000]))
    player.play()
    expect(isTicking()).toBe(true)
    player.dispose()
    expect(isTicking()).toBe(false)
  })

  it('lists every state it can be in', () => {
    expect(new Set(playerStates).size).toBe(8)
  })
})

describe('frameAt', () => {
  it('gives the last frame asked by a time', () => {
    const track = trackOf([10, 20, 20, 30])
    expect(frameAt(track, 0)).toBe(0)
    expect(frameAt(track, 20_000)).toBe(2)
    expect(frameAt(track, 29_999)).toBe(2)
    expect(frameAt(track, 1e9)).toBe(3)
    expect(frameAt(trackOf([]), 5)).toBe(-1)
  })
})
