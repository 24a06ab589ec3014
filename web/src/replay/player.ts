import { createSignal } from 'solid-js'

/**
 * Every state of a player, in the order a replay usually meets them.
 * `loading` nothing to show yet · `ready` shown, never moved · `ended` the play
 * head ran into the end · `live` the play head is pinned to a session that is
 * still open · `failed` there is nothing to show, and why.
 */
export const playerStates = ['idle', 'loading', 'ready', 'playing', 'paused', 'ended', 'live', 'failed'] as const
type PlayerState = (typeof playerStates)[number]

/** The speeds `<` and `>` step through. */
export const playerSpeeds = [0.5, 1, 2, 4, 8, 16] as const
export type PlayerSpeed = (typeof playerSpeeds)[number]

/** The time a player lives in: the browser's animation frames, or a test's. */
export interface PlayerClock {
  nowMs(): number
  /** Calls back once, when the next picture is due; the result calls it off. */
  nextFrame(callback: () => void): () => void
}

/** A stretch in which nothing happened. */
export interface Gap {
  fromUs: number
  toUs: number
}

/** What a player moves along. It may grow while it is played. */
export interface Track {
  /** Frames known so far, in the order of their times. */
  readonly count: number
  readonly durationUs: number
  readonly gaps: readonly Gap[]
  /** `loading`: more will come soon · `live`: more may come as it happens · `complete`: this is all. */
  readonly growth: 'loading' | 'live' | 'complete'
  atUs(index: number): number
}

/** An empty track, before anything is known. */
const emptyTrack: Track = { count: 0, durationUs: 0, gaps: [], growth: 'loading', atUs: () => 0 }

/** Plays, pauses and steps along a track. It knows no DOM and no clock but the one it is given. */
export interface Player {
  state(): PlayerState
  positionUs(): number
  /** The frame shown, -1 while there is none. */
  index(): number
  speed(): PlayerSpeed
  skipsIdle(): boolean
  track(): Track
  failure(): string | null
  load(): void
  /** Takes the track as it is known now. The frame shown stays, unless the player is live. */
  extend(track: Track): void
  fail(message: string): void
  play(): void
  pause(): void
  toggle(): void
  /** Moves to a time; the frame shown is the last one asked by then. */
  seek(toUs: number): void
  /** Moves to a frame, exactly. */
  select(index: number): void
  goLive(): void
  setSpeed(speed: PlayerSpeed): void
  setSkipsIdle(skips: boolean): void
  dispose(): void
}

const moves = {
  idle: { load: 'loading', fail: 'failed' },
  loading: { arrive: 'ready', follow: 'live', fail: 'failed' },
  ready: { play: 'playing', move: 'paused', follow: 'live' },
  playing: { pause: 'paused', move: 'playing', finish: 'ended', follow: 'live' },
  paused: { play: 'playing', move: 'paused', follow: 'live' },
  ended: { play: 'playing', move: 'paused', follow: 'live' },
  live: { pause: 'paused', move: 'paused', finish: 'ended' },
  failed: { load: 'loading' },
} as const satisfies Record<PlayerState, Partial<Record<string, PlayerState>>>

type Move = 'load' | 'arrive' | 'follow' | 'fail' | 'play' | 'pause' | 'move' | 'finish'

/** Gives a player at rest. */
export function createPlayer(clock: PlayerClock): Player {
  const [state, setState] = createSignal<PlayerState>('idle')
  const [positionUs, setPositionUs] = createSignal(0)
  const [index, setIndex] = createSignal(-1)
  const [speed, setSpeed] = createSignal<PlayerSpeed>(1)
  const [skipsIdle, setSkipsIdle] = createSignal(true)
  const [track, setTrack] = createSignal<Track>(emptyTrack)
  const [failure, setFailure] = createSignal<string | null>(null)
  let cancelTick: (() => void) | null = null
  let lastMs = 0

  /** Makes a move if this state knows it; says whether it did. */
  function make(move: Move): boolean {
    const next = (moves[state()] as Partial<Record<Move, PlayerState>>)[move]
    if (next === undefined) return false
    setState(next)
    if (next === 'playing') startTicking()
    else stopTicking()
    return true
  }

  function startTicking(): void {
    if (cancelTick) return
    lastMs = clock.nowMs()
    cancelTick = clock.nextFrame(tick)
  }

  function stopTicking(): void {
    cancelTick?.()
    cancelTick = null
  }

  function tick(): void {
    cancelTick = null
    const nowMs = clock.nowMs()
    const elapsedUs = (nowMs - lastMs) * 1000 * speed()
    lastMs = nowMs
    const along = track()
    let toUs = positionUs() + elapsedUs
    if (skipsIdle()) toUs = afterGap(along.gaps, toUs)
    const atEnd = toUs >= along.durationUs
    place(Math.min(toUs, along.durationUs))
    if (!atEnd || along.growth === 'loading') cancelTick = clock.nextFrame(tick)
    else if (along.growth === 'live') make('follow')
    else make('finish')
  }

  /** Puts the play head at a time, never back from a frame already shown at that same time. */
  function place(atUs: number): void {
    setPositionUs(atUs)
    setIndex(frameAt(track(), atUs))
  }

  function placeAtEnd(): void {
    const along = track()
    setPositionUs(along.durationUs)
    setIndex(along.count - 1)
  }

  return {
    state,
    positionUs,
    index,
    speed,
    skipsIdle,
    track,
    failure,
    load() {
      if (!make('load')) return
      setFailure(null)
      setTrack(emptyTrack)
      setPositionUs(0)
      setIndex(-1)
    },
    extend(next) {
      setTrack(next)
      if (state() === 'loading' && next.count > 0) {
        if (next.growth === 'live') make('follow')
        else make('arrive')
      }
      if (state() === 'live') {
        placeAtEnd()
        if (next.growth === 'complete') make('finish')
      } else if (index() < 0 && next.count > 0) {
        setIndex(0)
        setPositionUs(next.atUs(0))
      }
    },
    fail(message) {
      if (make('fail')) setFailure(message)
    },
    play() {
      const along = track()
      const isAtEnd = positionUs() >= along.durationUs
      if (!make('play')) return
      if (isAtEnd && along.growth === 'complete') place(0)
    },
    pause() {
      make('pause')
    },
    toggle() {
      if (state() === 'playing' || state() === 'live') this.pause()
      else this.play()
    },
    seek(toUs) {
      if (track().count > 0 && make('move')) place(Math.max(0, Math.min(toUs, track().durationUs)))
    },
    select(to) {
      const along = track()
      if (along.count === 0 || !make('move')) return
      const within = Math.max(0, Math.min(to, along.count - 1))
      setPositionUs(along.atUs(within))
      setIndex(within)
    },
    goLive() {
      if (track().growth === 'live') {
        if (make('follow')) placeAtEnd()
      } else if (make('move')) placeAtEnd()
    },
    setSpeed,
    setSkipsIdle,
    dispose: stopTicking,
  }
}

/** The last frame asked by a time; the first one before any was. */
export function frameAt(track: Track, atUs: number): number {
  let low = 0
  let high = track.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (track.atUs(middle) <= atUs) low = middle + 1
    else high = middle
  }
  return track.count === 0 ? -1 : Math.max(0, low - 1)
}

/** The same time, or the end of the gap it lies in. */
function afterGap(gaps: readonly Gap[], atUs: number): number {
  let low = 0
  let high = gaps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (gaps[middle]!.toUs <= atUs) low = middle + 1
    else high = middle
  }
  const gap = gaps[low]
  return gap && gap.fromUs < atUs ? gap.toUs : atUs
}
