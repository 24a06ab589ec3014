import type { AnswerPart, EndRecord, NoticeRecord, PlacedEvent, RecordingHeader, TransactionState } from '@steno/recordings'
import type { ByteRange, FrameSummary, RecordingFacts, TransactionSummary } from './frame.ts'
import type { Gap } from './player.ts'

/** A line of an answer as the index keeps it: where it is and what is in it, not the content. */
export interface AnswerLine {
  line: number
  range: ByteRange
  rows: number
  /** Whether it holds copied data and nothing else but rows. */
  hasOnlyContent: boolean
}

/** Where everything about one frame stands in the file. */
export interface FramePlaces {
  command: ByteRange
  answers: AnswerLine[]
  /** Content the client sent for it. */
  bodies: { range: ByteRange; line: number }[]
  /** What the target said while it was the latest command. */
  outside: { notice: NoticeRecord; atUs: number }[]
  portal: string | null
  preparedBy: number | null
  leaves: TransactionState | null
}

/** What changed since the last look; lists replace everything from `from` on. */
export interface IndexChanges {
  frames: FrameSummary[]
  transactions: { from: number; items: TransactionSummary[] }
  gaps: { from: number; items: Gap[] }
  facts: RecordingFacts
}

const previewCharacters = 400
const outsideMax = 200
/** A stretch without a command or an answer shorter than this is not idle. */
export const idleUsMin = 2_000_000

/** Builds the frames of a recording from its events, one at a time, in one pass. */
export class FrameIndex {
  readonly frames: FrameSummary[] = []
  readonly places: FramePlaces[] = []
  readonly transactions: TransactionSummary[] = []
  readonly gaps: Gap[] = []
  readonly #byNumber = new Map<number, number>()
  #changed = new Set<number>()
  #transactionsFrom = 0
  #gapsFrom = 0
  #open = false
  #running = new Set<number>()
  #busyUntilUs = 0
  #facts: RecordingFacts = { header: null, end: null, refusal: null, tornBytes: 0, lines: 0, lastUs: 0 }

  header(header: RecordingHeader): void {
    this.#facts = { ...this.#facts, header, lines: 1 }
  }

  refuse(line: number, message: string): void {
    this.#facts = { ...this.#facts, refusal: { line, message } }
  }

  /** Notes how many bytes stand after the last whole line. */
  tear(tornBytes: number): void {
    this.#facts = { ...this.#facts, tornBytes }
  }

  /** Takes the next event and the bytes it stands in. */
  push(placed: PlacedEvent, range: ByteRange): void {
    const { event, atUs, line } = placed
    this.#facts = { ...this.#facts, lines: line + 1, lastUs: atUs }
    switch (event.code) {
      case 'q': {
        this.#noteGap(atUs)
        const { command } = event
        const index = this.frames.length
        this.#byNumber.set(command.n, index)
        this.frames.push({
          index,
          line,
          n: command.n,
          kind: command.kind,
          preview: oneLine(command.text),
          atUs,
          endUs: null,
          outcome: 'running',
          verdict: command.decision.verdict,
          rows: 0,
          masked: 0,
          transaction: this.#open ? this.transactions.length - 1 : -1,
          errorCode: null,
        })
        this.places.push({
          command: range,
          answers: [],
          bodies: [],
          outside: [],
          portal: command.portal ?? null,
          preparedBy: command.prepared ?? null,
          leaves: null,
        })
        this.#running.add(index)
        this.#changed.add(index)
        if (this.#open) this.#extendTransaction(index, atUs)
        return
      }
      case 'a':
        return this.#answer(event.answer.n, event.answer.parts, { atUs, line, range })
      case 'b': {
        const index = this.#byNumber.get(event.body.n)
        if (index !== undefined) this.places[index]!.bodies.push({ range, line })
        this.#busyUntilUs = atUs
        return
      }
      case 'd': {
        const index = this.#byNumber.get(event.decision.n)
        if (index === undefined) return
        this.frames[index] = { ...this.frames[index]!, verdict: event.decision.decision.verdict }
        this.#changed.add(index)
        return
      }
      case 'n': {
        const outside = this.places.at(-1)?.outside
        if (outside && outside.length < outsideMax) outside.push({ notice: event.notice, atUs })
        return
      }
      case 'e':
        return this.#end(event.end, atUs)
      default:
        return
    }
  }

  /** Gives what changed since the last call. */
  takeChanges(): IndexChanges {
    const frames = [...this.#changed].sort((a, b) => a - b).map((index) => this.frames[index]!)
    const changes = {
      frames,
      transactions: { from: this.#transactionsFrom, items: this.transactions.slice(this.#transactionsFrom).map((each) => ({ ...each })) },
      gaps: { from: this.#gapsFrom, items: this.gaps.slice(this.#gapsFrom) },
      facts: this.#facts,
    }
    this.#changed = new Set()
    // The last transaction may still grow.
    this.#transactionsFrom = Math.max(0, this.transactions.length - 1)
    this.#gapsFrom = this.gaps.length
    return changes
  }

  /** The frame of a command's number, if it is known. */
  indexOf(n: number): number | undefined {
    return this.#byNumber.get(n)
  }

  #answer(n: number, parts: readonly AnswerPart[], at: { atUs: number; line: number; range: ByteRange }): void {
    this.#busyUntilUs = at.atUs
    const index = this.#byNumber.get(n)
    if (index === undefined) return
    const frame = { ...this.frames[index]! }
    const places = this.places[index]!
    let rows = 0
    let hasOnlyContent = true
    for (const part of parts) {
      if (part.kind === 'rows') {
        rows += part.rows.length
        for (const row of part.rows) for (const cell of row) if (typeof cell === 'object' && cell !== null && 'masked' in cell) frame.masked += 1
      } else if (part.kind !== 'data') hasOnlyContent = false
      if (part.kind === 'error') {
        frame.outcome = 'error'
        frame.errorCode = part.error.code
      } else if (part.kind === 'suspended' && frame.outcome === 'running') frame.outcome = 'suspended'
      else if (part.kind === 'skipped' && frame.outcome === 'running') frame.outcome = 'skipped'
      else if (part.kind === 'end') {
        if (frame.outcome === 'running') frame.outcome = 'ok'
        frame.endUs = at.atUs
        places.leaves = part.transaction
        this.#running.delete(index)
      }
    }
    frame.rows += rows
    places.answers.push({ line: at.line, range: at.range, rows, hasOnlyContent })
    if (places.leaves !== null && frame.endUs === at.atUs) this.#follow(frame, places.leaves, parts)
    this.frames[index] = frame
    this.#changed.add(index)
  }

  /** A transaction lasts from the command that left one behind to the command that left none. */
  #follow(frame: FrameSummary, leaves: TransactionState, parts: readonly AnswerPart[]): void {
    if (!this.#open && leaves !== 'idle') {
      this.#open = true
      this.transactions.push({ first: frame.index, last: frame.index, fromUs: frame.atUs, toUs: frame.endUs ?? frame.atUs, outcome: 'open' })
      frame.transaction = this.transactions.length - 1
      return
    }
    if (!this.#open) return
    this.#extendTransaction(frame.index, frame.endUs ?? frame.atUs)
    if (leaves !== 'idle') return
    this.#open = false
    const last = this.transactions.at(-1)!
    const isUndone = frame.outcome === 'error' || parts.some((part) => part.kind === 'done' && part.tag === 'ROLLBACK')
    last.outcome = isUndone ? 'rolled back' : 'committed'
  }

  #extendTransaction(index: number, toUs: number): void {
    const last = this.transactions.at(-1)!
    last.last = Math.max(last.last, index)
    last.toUs = Math.max(last.toUs, toUs)
  }

  #end(end: EndRecord, atUs: number): void {
    this.#noteGap(atUs)
    this.#facts = { ...this.#facts, end }
    // The target undoes what its session leaves open.
    const last = this.transactions.at(-1)
    if (last?.outcome === 'open') last.outcome = 'rolled back'
    this.#open = false
  }

  /** Nothing is idle while a command runs. */
  #noteGap(atUs: number): void {
    if (this.#running.size === 0 && atUs - this.#busyUntilUs >= idleUsMin) this.gaps.push({ fromUs: this.#busyUntilUs, toUs: atUs })
    this.#busyUntilUs = atUs
  }
}

/** The start of a statement, its white space drawn together. */
function oneLine(text: string): string {
  return text.slice(0, previewCharacters * 2).replace(/\s+/g, ' ').trim().slice(0, previewCharacters)
}
