import type {
  AnswerPart,
  Cell,
  Column,
  CommandRecord,
  Content,
  Decision,
  EndRecord,
  LineRange,
  Notice,
  NoticeRecord,
  RecordingHeader,
  TransactionState,
  VoidRecord,
} from './model.ts'
import { parseEvent, type PlacedLine } from './cast/read.ts'
import { utf8Decoder } from './cast/utf8.ts'

/** A line of the file: its number, and the bytes to fetch to have it. */
export interface LinePlace {
  line: number
  offset: number
  sizeBytes: number
}

/** One step of a replay, by what the browser draws for it. */
export type Frame = TableFrame | NoticeFrame | ErasedFrame

/** What became of a command. `unanswered`: the session ended before its answer did. `erased`: the end of its answer may be among erased lines. */
export type CommandStatus = 'running' | 'held' | 'denied' | 'ok' | 'error' | 'suspended' | 'skipped' | 'empty' | 'unanswered' | 'erased'

/** A command and what came back, without the rows: those stay in the file, at the places given. */
export interface TableFrame {
  kind: 'table'
  /** Its place among the frames, from 0. */
  index: number
  place: LinePlace
  atUs: number
  /** Null until the command is over. */
  endUs: number | null
  command: CommandRecord
  /** The last decision on it. */
  decision: Decision
  status: CommandStatus
  /** What its statements gave, in order; a simple query may hold several. */
  results: StatementResult[]
  /** Types of the parameters the target described. */
  parameterTypes: string[] | null
  /** Lines with what the client sent while it ran (COPY in). */
  bodies: LinePlace[]
  /** The transaction it left behind, null until it is over. */
  leaves: TransactionState | null
  /** Index of its transaction, null outside one. */
  transaction: number | null
  /** Frame of the command that carried its text, when that travelled on its own. */
  preparedBy: number | null
  /** Frames of the commands that ran the text it carried. */
  executions: number[]
}

/** What one statement gave. */
export interface StatementResult {
  columns: Column[] | null
  rowCount: number
  /** Where its rows are, in order. */
  rows: RowRange[]
  copy: { direction: 'in' | 'out' | 'both'; binary: boolean } | null
  /** Where the content that it sent outside rows is (COPY out). */
  data: LinePlace[]
  value: Cell | undefined
  tag: string | null
  affected: number | null
  error: { notice: Notice; by: 'target' | 'gateway' } | null
  /** The first `noticesKeptMax`. */
  notices: Notice[]
  noticeCount: number
  /** `described`: its columns were told, but it was not run. */
  outcome: 'running' | 'done' | 'error' | 'empty' | 'suspended' | 'described'
}

/** Rows of one result that stand in one part of one line. */
export interface RowRange extends LinePlace {
  /** Which part of the line's answer holds them. */
  part: number
  /** The first row's place among the result's rows. */
  firstRow: number
  rowCount: number
}

/** What the target or the gateway said outside commands, and the session's end. */
export interface NoticeFrame {
  kind: 'notice'
  index: number
  place: LinePlace
  atUs: number
  said: NoticeRecord | { kind: 'end'; end: EndRecord }
}

/** Lines that are erased. Nothing is known of what they said. */
export interface ErasedFrame {
  kind: 'erased'
  index: number
  place: LinePlace
  /** The time of the line before them, and of the last of them. */
  atUs: number
  untilUs: number
  lines: LineRange
  erasure: string
}

/** The commands from the one that began a transaction to the one that ended it. */
export interface Transaction {
  index: number
  /** Frames of its commands, in order. */
  frames: number[]
  fromUs: number
  toUs: number
  /** `unknown`: the session ended while one of its commands was running, or what ended it may be among erased lines. */
  outcome: 'open' | 'committed' | 'rolled back' | 'unknown'
}

/** A frame worth stopping at. */
export interface Flag {
  frame: number
  atUs: number
  why: 'error' | 'deny' | 'hold'
}

/** A stretch in which no command ran and nothing was said. */
export interface Gap {
  fromUs: number
  toUs: number
}

/** Notices kept of one result; a statement can raise millions. */
export const noticesKeptMax = 100

/**
 * Builds the frames of a recording from its events, in one pass and without
 * its rows, so that a recording of any size can be looked at. Feed it while
 * the session runs and what it has built grows.
 */
export class FrameBuilder {
  readonly header: RecordingHeader
  readonly frames: Frame[] = []
  readonly transactions: Transaction[] = []
  readonly flags: Flag[] = []
  readonly gaps: Gap[] = []
  readonly markers: { atUs: number; label: string }[] = []
  readonly #idleUsMin: number
  readonly #byNumber = new Map<number, TableFrame>()
  /** Commands that are not over, by number. */
  readonly #running = new Map<number, TableFrame>()
  /** Those of them whose answers may be among erased lines. */
  readonly #doubtful = new Set<TableFrame>()
  #open: Transaction | null = null
  #busyUntilUs = 0
  #durationUs = 0
  #end: EndRecord | null = null

  constructor(header: RecordingHeader, options: { idleUsMin?: number } = {}) {
    this.header = header
    this.#idleUsMin = options.idleUsMin ?? 2_000_000
  }

  /** The time of the last event. */
  get durationUs(): number {
    return this.#durationUs
  }

  /** How the session ended, null while it is open. */
  get end(): EndRecord | null {
    return this.#end
  }

  /** The frame of a command, by the command's number. */
  command(n: number): TableFrame | undefined {
    return this.#byNumber.get(n)
  }

  /** The frame whose line this is, or the last one before it: where a deep link leads. */
  atLine(line: number): Frame | undefined {
    return lastUntil(this.frames, frame => frame.place.line <= line)
  }

  /** The last frame that began by then. */
  atTime(atUs: number): Frame | undefined {
    return lastUntil(this.frames, frame => frame.atUs <= atUs)
  }

  /** Takes the next event. */
  push(placed: PlacedLine): void {
    const { event, atUs } = placed
    const beforeUs = this.#durationUs
    this.#durationUs = atUs
    switch (event.code) {
      case 'q':
        return this.#onCommand(event.command, placed)
      case 'd':
        return this.#onDecision(event.decision.n, event.decision.decision, atUs)
      case 'a':
        return this.#onAnswer(event.answer.n, event.answer.parts, placed)
      case 'b':
        this.#busyUntilUs = atUs
        this.#byNumber.get(event.body.n)?.bodies.push(placeOf(placed))
        return
      case 'n':
        return this.#onNotice(event.notice, placed)
      case 'e':
        return this.#onEnd(event.end, placed)
      case 'v':
        return this.#onErased(event.erased, beforeUs, placed)
      case 'm':
        this.markers.push({ atUs, label: event.label })
        return
      case 'o':
      case 'r':
      case 's':
      case 'other':
        return
    }
  }

  #onCommand(command: CommandRecord, placed: PlacedLine): void {
    this.#noteGap(placed.atUs)
    const carrier = command.prepared === undefined ? undefined : this.#byNumber.get(command.prepared)
    const frame: TableFrame = {
      kind: 'table',
      index: this.frames.length,
      place: placeOf(placed),
      atUs: placed.atUs,
      endUs: null,
      command,
      decision: command.decision,
      status: 'running',
      results: [],
      parameterTypes: null,
      bodies: [],
      leaves: null,
      transaction: this.#open?.index ?? null,
      preparedBy: carrier?.index ?? null,
      executions: [],
    }
    this.frames.push(frame)
    this.#byNumber.set(command.n, frame)
    this.#running.set(command.n, frame)
    carrier?.executions.push(frame.index)
    this.#decided(frame, placed.atUs)
  }

  #onDecision(n: number, decision: Decision, atUs: number): void {
    const frame = this.#byNumber.get(n)
    if (!frame) return
    this.#busyUntilUs = atUs
    frame.decision = decision
    this.#decided(frame, atUs)
  }

  #decided(frame: TableFrame, atUs: number): void {
    const { verdict } = frame.decision
    // What waits for people first and then for witnesses is held twice, and is one hold.
    if (verdict === 'hold' && frame.status === 'held') return
    frame.status = verdict === 'deny' ? 'denied' : verdict === 'hold' ? 'held' : 'running'
    if (verdict !== 'allow') this.flags.push({ frame: frame.index, atUs, why: verdict })
  }

  #onAnswer(n: number, parts: AnswerPart[], placed: PlacedLine): void {
    this.#busyUntilUs = placed.atUs
    const frame = this.#byNumber.get(n)
    if (!frame) return
    parts.forEach((part, i) => this.#onPart(frame, part, { ...placeOf(placed), part: i }, placed.atUs))
    // A prepared statement can be described long after its command is over.
    if (frame.endUs !== null) describeRest(frame)
  }

  #onPart(frame: TableFrame, part: AnswerPart, place: LinePlace & { part: number }, atUs: number): void {
    switch (part.kind) {
      case 'columns': {
        // What was described before begins anew: a result says its columns once.
        const open = openResult(frame)
        if (open.columns !== null || open.rowCount > 0) open.outcome = 'described'
        openResult(frame).columns = part.columns
        return
      }
      case 'rows': {
        const result = openResult(frame)
        result.rows.push({ ...place, firstRow: result.rowCount, rowCount: part.rows.length })
        result.rowCount += part.rows.length
        return
      }
      case 'copy':
        openResult(frame).copy = { direction: part.direction, binary: part.binary }
        return
      case 'data': {
        const { data } = openResult(frame)
        const { line, offset, sizeBytes } = place
        if (data.at(-1)?.line !== line) data.push({ line, offset, sizeBytes })
        return
      }
      case 'value':
        openResult(frame).value = part.value
        return
      case 'notice': {
        const result = openResult(frame)
        result.noticeCount++
        if (result.notices.length < noticesKeptMax) result.notices.push(part.notice)
        return
      }
      case 'error': {
        const result = openResult(frame)
        result.error = { notice: part.error, by: part.by }
        result.outcome = 'error'
        if (frame.status !== 'denied') {
          frame.status = 'error'
          this.flags.push({ frame: frame.index, atUs, why: 'error' })
        }
        return
      }
      case 'done': {
        const result = openResult(frame)
        result.tag = part.tag
        result.affected = part.affected ?? null
        result.outcome = 'done'
        return
      }
      case 'empty':
      case 'suspended':
        openResult(frame).outcome = part.kind
        return
      case 'skipped':
        if (frame.status === 'running') frame.status = 'skipped'
        return
      case 'parameters':
        frame.parameterTypes = part.types
        return
      case 'prepared':
      case 'bound':
        return
      case 'end':
        return this.#over(frame, part.transaction, atUs)
    }
  }

  #over(frame: TableFrame, leaves: TransactionState, atUs: number): void {
    describeRest(frame)
    const last = frame.results.at(-1)?.outcome
    if (frame.status === 'running' || frame.status === 'held') frame.status = last === 'suspended' || last === 'empty' ? last : 'ok'
    frame.endUs = atUs
    frame.leaves = leaves
    this.#running.delete(frame.command.n)
    this.#follow(frame, leaves, atUs)
  }

  /** A transaction lasts from the command that left one behind to the command that left none. */
  #follow(frame: TableFrame, leaves: TransactionState, atUs: number): void {
    const open = this.#open
    if (open) {
      this.#join(open, frame, atUs)
      const chains = /\band\s+chain\b/i.test(frame.command.text)
      const tag = frame.results.findLast(result => result.tag !== null)?.tag
      if (leaves !== 'idle' && !(chains && (tag === 'COMMIT' || tag === 'ROLLBACK'))) return
      open.outcome = frame.status === 'ok' && tag !== 'ROLLBACK' ? 'committed' : 'rolled back'
      this.#open = null
      if (leaves !== 'idle') this.#begin(atUs)
    } else if (leaves !== 'idle') this.#join(this.#begin(frame.atUs), frame, atUs)
    else frame.transaction = null
  }

  #begin(fromUs: number): Transaction {
    const transaction: Transaction = { index: this.transactions.length, frames: [], fromUs, toUs: fromUs, outcome: 'open' }
    this.transactions.push(transaction)
    this.#open = transaction
    return transaction
  }

  #join(transaction: Transaction, frame: TableFrame, atUs: number): void {
    frame.transaction = transaction.index
    transaction.frames.push(frame.index)
    transaction.toUs = atUs
  }

  #onNotice(notice: NoticeRecord, placed: PlacedLine): void {
    this.#noteGap(placed.atUs)
    this.frames.push({ kind: 'notice', index: this.frames.length, place: placeOf(placed), atUs: placed.atUs, said: notice })
  }

  #onEnd(end: EndRecord, placed: PlacedLine): void {
    this.#noteGap(placed.atUs)
    this.#end = end
    const wasRunning = this.#running.size > 0
    for (const frame of this.#running.values()) {
      if (frame.status === 'running' || frame.status === 'held') frame.status = this.#doubtful.has(frame) ? 'erased' : 'unanswered'
      if (this.#open) this.#join(this.#open, frame, placed.atUs)
    }
    this.#running.clear()
    // A target undoes what its session leaves open, unless it was just told to keep it.
    if (this.#open) this.#open.outcome = wasRunning ? 'unknown' : 'rolled back'
    this.#open = null
    this.frames.push({ kind: 'notice', index: this.frames.length, place: placeOf(placed), atUs: placed.atUs, said: { kind: 'end', end } })
  }

  #onErased({ from, to, erasure, end }: VoidRecord, beforeUs: number, placed: PlacedLine): void {
    const index = this.frames.length
    this.frames.push({ kind: 'erased', index, place: placeOf(placed), atUs: beforeUs, untilUs: placed.atUs, lines: { from, to }, erasure })
    for (const frame of this.#running.values()) this.#doubtful.add(frame)
    if (this.#open) this.#open.outcome = 'unknown'
    this.#open = null
    this.#busyUntilUs = placed.atUs
    if (end) this.#onEnd(end, placed)
  }

  #noteGap(atUs: number): void {
    if (this.#running.size === 0 && atUs - this.#busyUntilUs >= this.#idleUsMin) this.gaps.push({ fromUs: this.#busyUntilUs, toUs: atUs })
    this.#busyUntilUs = atUs
  }
}

/** Gives the rows of a range from the bytes of its line, which were fetched by its place. */
export function readRows(bytes: Uint8Array, range: RowRange): Cell[][] {
  const part = readAnswer(bytes, range)[range.part]
  if (part?.kind !== 'rows') throw new TypeError(`expected rows in part ${range.part} of line ${range.line}`)
  return part.rows
}

/** Gives the content of a line of a COPY, in either direction, from its bytes. */
export function readContents(bytes: Uint8Array, place: LinePlace): Content[] {
  const { event } = parseLine(bytes, place)
  if (event.code === 'b') return [event.body.content]
  return readAnswer(bytes, place).flatMap(part => (part.kind === 'data' ? [part.content] : []))
}

function readAnswer(bytes: Uint8Array, place: LinePlace): AnswerPart[] {
  const { event } = parseLine(bytes, place)
  if (event.code !== 'a') throw new TypeError(`expected an answer on line ${place.line}`)
  return event.answer.parts
}

function parseLine(bytes: Uint8Array, place: LinePlace) {
  const hasNewline = bytes.at(-1) === 0x0a
  return parseEvent(utf8Decoder.decode(hasNewline ? bytes.subarray(0, -1) : bytes), place.line)
}

/** The result that parts belong to now: the last one, unless its statement is done. */
function openResult(frame: TableFrame): StatementResult {
  const last = frame.results.at(-1)
  if (last?.outcome === 'running') return last
  const result: StatementResult = {
    columns: null,
    rowCount: 0,
    rows: [],
    copy: null,
    data: [],
    value: undefined,
    tag: null,
    affected: null,
    error: null,
    notices: [],
    noticeCount: 0,
    outcome: 'running',
  }
  frame.results.push(result)
  return result
}

function describeRest(frame: TableFrame): void {
  for (const result of frame.results) if (result.outcome === 'running') result.outcome = 'described'
}

function placeOf({ line, offset, sizeBytes }: PlacedLine): LinePlace {
  return { line, offset, sizeBytes }
}

/** The last of a list that begins with what holds and goes on with what does not. */
function lastUntil<T>(list: T[], holds: (item: T) => boolean): T | undefined {
  let from = 0
  let to = list.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(list[middle]!)) from = middle + 1
    else to = middle
  }
  return list[from - 1]
}
