import type { Cell, SessionDetail } from '@steno/recordings'
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js'
import { after } from '../clock.ts'
import type { RecordingProof } from '../proof/recording-proof.ts'
import { browserClock } from './browser-clock.ts'
import type { FrameDetail, FrameSummary, ReadProgress, RecordingFacts, TransactionSummary } from './frame.ts'
import { createPlayer, frameAt, type Gap, type Player, type Track } from './player.ts'
import { openRecording } from './recording-client.ts'
import type { RecordingUpdate } from './recording.ts'
import { isYoung } from './frame-proof.ts'
import { isFlagged, isPreparation } from './statement-list.ts'

/** A place in a recording as a link names it: the line of a command, or seconds since the start. */
export type LinkedPlace = { line: number } | { seconds: number }

export interface ReplayInput {
  url: string
  session: SessionDetail
  /** Where to begin; null for the start, or for now in a live session. */
  place: LinkedPlace | null
}

/** A session being replayed: its frames as they are read, the player that moves along them, and what is shown. */
export interface Replay {
  player: Player
  frames: readonly FrameSummary[]
  transactions: readonly TransactionSummary[]
  /** Moves on whenever `frames` or `transactions` changed in place. */
  revision: Accessor<number>
  facts: Accessor<RecordingFacts>
  progress: Accessor<ReadProgress>
  isLoading: Accessor<boolean>
  isLive: Accessor<boolean>
  /** What is proven of the recording; null until that is found out. */
  proof: Accessor<RecordingProof | null>
  /** Why reading stopped short, if it did. */
  trouble: Accessor<string | null>
  current: Accessor<FrameSummary | undefined>
  /** The shown frame with its answer; the one before stays until it is read. */
  detail: Accessor<FrameDetail | null>
  detailTrouble: Accessor<string | null>
  flagged: Accessor<number>
  /** To the next or previous command, past those that only prepare unless they are listed. */
  step(by: 1 | -1, options: { showsPreparation: boolean }): void
  stepFlagged(by: 1 | -1): void
  goTo(place: LinkedPlace): void
  readRows: (result: number, first: number, count: number) => Promise<Cell[][]>
  readRaw: () => Promise<string>
  search: ReplaySearch
  /** Reads what came since; for a live session. */
  follow(): void
}

/** A search inside the recording. */
export interface ReplaySearch {
  text: Accessor<string>
  /** The frames found so far, in order. */
  hits: Accessor<readonly number[]>
  /** How much has been searched, from 0 to 1; null while nothing is. */
  share: Accessor<number | null>
  trouble: Accessor<string | null>
  start(text: string): void
}

/** How soon it is found out again whether what was young is anchored by now; each time twice as late. */
const proveAgainMs = 2_000
const proveAgainMsMax = 60_000
/** A larger recording is hashed again only when its page is opened again. */
const proveAgainBytesMax = 16_000_000

/** Opens a session's recording and gives the replay of it. */
export function createReplay(input: ReplayInput): Replay {
  const player = createPlayer(browserClock)
  const frames: FrameSummary[] = []
  const transactions: TransactionSummary[] = []
  const gaps: Gap[] = []
  const [revision, setRevision] = createSignal(0)
  const [facts, setFacts] = createSignal<RecordingFacts>({ header: null, end: null, refusal: null, tornBytes: 0, lines: 0, lastUs: 0 })
  const [progress, setProgress] = createSignal<ReadProgress>({ readBytes: 0, totalBytes: input.session.sizeBytes })
  const [growth, setGrowth] = createSignal<Track['growth']>('loading')
  const [trouble, setTrouble] = createSignal<string | null>(null)
  const [proof, setProof] = createSignal<RecordingProof | null>(null)
  let proofWaitMs = proveAgainMs
  let callOffProof = (): void => {}
  const [detail, setDetail] = createSignal<FrameDetail | null>(null)
  const [detailTrouble, setDetailTrouble] = createSignal<string | null>(null)
  let wanted = input.place
  let flaggedCount = 0

  player.load()
  const client = openRecording({ url: input.url, session: input.session.id, onUpdate: take, onProof: judge, onFailure: fail })
  onCleanup(() => {
    callOffProof()
    client.close()
    player.dispose()
  })

  function take(update: RecordingUpdate): void {
    for (const frame of update.frames) {
      const known = frames[frame.index]
      flaggedCount += Number(isFlagged(frame)) - Number(known !== undefined && isFlagged(known))
      frames[frame.index] = frame
    }
    transactions.splice(update.transactions.from, Infinity, ...update.transactions.items)
    gaps.splice(update.gaps.from, Infinity, ...update.gaps.items)
    const wasLoading = growth() === 'loading'
    setGrowth(growthOf(update))
    setFacts(update.facts)
    setProgress(update.progress)
    setRevision(count => count + 1)
    player.extend(trackOf())
    if (wanted && reach(wanted)) wanted = null
    // Whoever opens a live session without a place in mind wants to see now.
    if (wasLoading && growth() === 'live' && input.place === null && player.state() === 'ready') player.goLive()
    // And whoever opens one that is over wants to see its first command, not the settings said before it.
    if (input.place === null && input.session.endedAt !== null && player.state() === 'ready') {
      const first = frames.findIndex(frame => !isPreparation(frame))
      if (first > 0) player.select(first)
    }
    if (growth() === 'complete' && frames.length === 0) player.fail(update.facts.refusal?.message ?? 'no command was recorded')
  }

  function judge(next: RecordingProof): void {
    setProof(next)
    callOffProof()
    if (!isYoung(next) || progress().readBytes > proveAgainBytesMax) return
    callOffProof = after(proofWaitMs, () => client.prove())
    proofWaitMs = Math.min(2 * proofWaitMs, proveAgainMsMax)
  }

  function growthOf(update: RecordingUpdate): Track['growth'] {
    if (update.reading === 'loading') return 'loading'
    return update.reading === 'open' && update.facts.end === null && input.session.endedAt === null ? 'live' : 'complete'
  }

  function trackOf(): Track {
    return {
      count: frames.length,
      durationUs: Math.max(facts().lastUs, frames.at(-1)?.atUs ?? 0),
      gaps: [...gaps],
      growth: growth(),
      atUs: index => frames[index]?.atUs ?? 0,
    }
  }

  function fail(message: string): void {
    setTrouble(message)
    setGrowth('complete')
    player.extend(trackOf())
    player.fail(message)
  }

  /** Goes to a place once it has been read; says whether it could. */
  function reach(place: LinkedPlace): boolean {
    const isRead = growth() !== 'loading'
    if ('line' in place) {
      if (!isRead && (frames.at(-1)?.line ?? -1) < place.line) return false
      const index = frames.findLastIndex(frame => frame.line <= place.line)
      if (frames.length > 0 && player.index() !== index) player.select(Math.max(0, index))
    } else {
      if (!isRead && facts().lastUs < place.seconds * 1e6) return false
      player.seek(place.seconds * 1e6)
    }
    return true
  }

  const current = createMemo(() => {
    revision()
    return frames[player.index()]
  })

  // One detail is read at a time; whatever was asked last comes next.
  let isReading = false
  async function readDetail(): Promise<void> {
    if (isReading) return
    isReading = true
    try {
      for (let frame = current(); frame && !isShown(frame); frame = current()) {
        const asked = frame
        setDetailTrouble(null)
        try {
          const next = await client.detail(asked.index)
          shownFrame = asked
          setDetail(next)
        } catch (error) {
          shownFrame = asked
          setDetail(null)
          setDetailTrouble(error instanceof Error ? error.message : String(error))
        }
      }
    } finally {
      isReading = false
    }
  }
  let shownFrame: FrameSummary | null = null
  // A frame is replaced whenever more of its answer was read.
  const isShown = (frame: FrameSummary) => shownFrame === frame
  createEffect(on(current, () => void readDetail()))

  return {
    player,
    frames,
    transactions,
    revision,
    facts,
    progress,
    isLoading: () => growth() === 'loading',
    isLive: () => growth() === 'live',
    proof,
    trouble,
    current,
    detail,
    detailTrouble,
    flagged: () => {
      revision()
      return flaggedCount
    },
    step(by, options) {
      stepTo(by, frame => frame.n > 0 && (options.showsPreparation || !isPreparation(frame)))
    },
    stepFlagged(by) {
      stepTo(by, isFlagged)
    },
    goTo(place) {
      wanted = reach(place) ? null : place
    },
    readRows: (result, first, count) => client.rows({ index: detail()?.index ?? 0, result, first, count }),
    readRaw: () => client.raw(player.index()),
    search: createSearch(),
    follow: () => client.follow(),
  }

  function stepTo(by: 1 | -1, isWanted: (frame: FrameSummary) => boolean): void {
    for (let index = player.index() + by; index >= 0 && index < frames.length; index += by) {
      if (isWanted(frames[index]!)) return player.select(index)
    }
  }

  function createSearch(): ReplaySearch {
    const [text, setText] = createSignal('')
    const [hits, setHits] = createSignal<readonly number[]>([])
    const [share, setShare] = createSignal<number | null>(null)
    const [searchTrouble, setSearchTrouble] = createSignal<string | null>(null)
    return {
      text,
      hits,
      share,
      trouble: searchTrouble,
      start(next) {
        if (next === text()) return
        setText(next)
        setHits([])
        setSearchTrouble(null)
        setShare(next === '' ? null : 0)
        if (next === '') return client.stopSearch()
        client.search(
          next,
          found => {
            if (found.hits.length > 0) setHits(known => [...known, ...found.hits.map(hit => hit.index)].sort((a, b) => a - b))
            setShare(found.isDone ? null : Math.min(1, found.searchedBytes / Math.max(1, progress().readBytes)))
          },
          message => {
            setSearchTrouble(message)
            setShare(null)
          },
        )
      },
    }
  }
}

/** The frame a time belongs to, in a replay. */
export function frameAtTime(replay: Replay, atUs: number): number {
  return frameAt(replay.player.track(), atUs)
}
