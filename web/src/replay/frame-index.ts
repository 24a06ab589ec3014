import {
  FrameBuilder,
  type ErasedFrame,
  type Frame,
  type LineRange,
  type LinePlace,
  type NoticeFrame,
  type PlacedLine,
  type RecordingHeader,
  type TableFrame,
} from '@steno/recordings'
import type { FrameSummary, RecordingFacts, TransactionSummary } from './frame.ts'
import type { Gap } from './player.ts'

/** What changed since the last look; lists replace everything from `from` on. */
export interface IndexChanges {
  frames: FrameSummary[]
  transactions: { from: number; items: TransactionSummary[] }
  gaps: { from: number; items: Gap[] }
  facts: RecordingFacts
}

/** Where the answer to a command stands, from its first line to its last. */
export interface AnswerPlace {
  from: number
  to: number
  lines: number
}

const previewCharacters = 400

/** Builds the frames of a recording from its events, and tells what is new in the words the page keeps. */
export class FrameIndex {
  readonly answers = new Map<number, AnswerPlace>()
  readonly #counts = new Map<number, { masked: number; cut: number }>()
  #builder: FrameBuilder | null = null
  #changed = new Set<number>()
  #transactionsFrom = 0
  #gapsFrom = 0
  #facts: RecordingFacts = { header: null, end: null, refusal: null, tornBytes: 0, lines: 0, lastUs: 0 }

  /** The frame at a place in the list. */
  frame(index: number): Frame | undefined {
    return this.#builder?.frames[index]
  }

  /** The frame of a command's number. */
  command(n: number): TableFrame | undefined {
    return this.#builder?.command(n)
  }

  header(header: RecordingHeader): void {
    this.#builder = new FrameBuilder(header)
    this.#facts = { ...this.#facts, header, lines: 1 }
  }

  refuse(line: number, message: string): void {
    this.#facts = { ...this.#facts, refusal: { line, message } }
  }

  /** Notes how many bytes stand after the last whole line. */
  tear(tornBytes: number): void {
    this.#facts = { ...this.#facts, tornBytes }
  }

  /** Takes the next event. */
  push(placed: PlacedLine): void {
    const builder = this.#builder
    if (!builder) throw new TypeError('expected a header before the first event')
    const { event, atUs, line } = placed
    const known = builder.frames.length
    builder.push(placed)
    this.#facts = { ...this.#facts, lines: event.code === 'v' ? event.erased.to : line + 1, lastUs: atUs, end: builder.end }
    for (let index = known; index < builder.frames.length; index += 1) this.#changed.add(index)
    if (event.code === 'a') this.#onAnswer(event.answer.n, placed)
    else if (event.code === 'd') this.#touch(event.decision.n)
    // The end is what leaves commands without an answer.
    else if (builder.end && builder.frames.length > known)
      for (const frame of builder.frames) if (frame.kind === 'table' && frame.endUs === null) this.#changed.add(frame.index)
  }

  /** Gives what changed since the last call. */
  takeChanges(): IndexChanges {
    const builder = this.#builder
    const frames = builder ? [...this.#changed].sort((a, b) => a - b).map(index => this.#summary(builder.frames[index]!)) : []
    const transactions = builder?.transactions ?? []
    const gaps = builder?.gaps ?? []
    const changes: IndexChanges = {
      frames,
      transactions: {
        from: this.#transactionsFrom,
        items: transactions.slice(this.#transactionsFrom).map(({ frames: members, fromUs, toUs, outcome }) => ({
          first: members[0] ?? 0,
          last: members.at(-1) ?? 0,
          fromUs,
          toUs,
          outcome,
        })),
      },
      gaps: { from: this.#gapsFrom, items: gaps.slice(this.#gapsFrom) },
      facts: this.#facts,
    }
    this.#changed = new Set()
    // The last transaction may still grow.
    this.#transactionsFrom = Math.max(0, transactions.length - 1)
    this.#gapsFrom = gaps.length
    return changes
  }

  #touch(n: number): TableFrame | undefined {
    const frame = this.command(n)
    if (frame) this.#changed.add(frame.index)
    return frame
  }

  #onAnswer(n: number, { event, offset, sizeBytes }: PlacedLine): void {
    const frame = this.#touch(n)
    if (!frame || event.code !== 'a') return
    const place = this.answers.get(frame.index)
    if (place) {
      place.to = offset + sizeBytes
      place.lines += 1
    } else this.answers.set(frame.index, { from: offset, to: offset + sizeBytes, lines: 1 })
    const counts = this.#counts.get(frame.index) ?? { masked: 0, cut: 0 }
    for (const part of event.answer.parts) {
      if (part.kind !== 'rows') continue
      for (const row of part.rows) {
        for (const cell of row) {
          if (typeof cell !== 'object' || cell === null) continue
          if ('masked' in cell) counts.masked += 1
          else if ('cut' in cell) counts.cut += 1
        }
      }
    }
    if (counts.masked + counts.cut > 0) this.#counts.set(frame.index, counts)
  }

  #summary(frame: Frame): FrameSummary {
    if (frame.kind === 'notice') return saidSummary(frame)
    if (frame.kind === 'erased') return erasedSummary(frame)
    return {
      index: frame.index,
      line: frame.place.line,
      n: frame.command.n,
      kind: frame.command.kind,
      preview: oneLine(frame.command.text),
      atUs: frame.atUs,
      endUs: frame.endUs,
      outcome: frame.status,
      verdict: frame.decision.verdict,
      rows: frame.results.reduce((sum, result) => sum + result.rowCount, 0),
      masked: this.#counts.get(frame.index)?.masked ?? 0,
      cut: this.#counts.get(frame.index)?.cut ?? 0,
      transaction: frame.transaction ?? -1,
      errorCode: frame.results.find(result => result.error)?.error?.notice.code ?? null,
    }
  }
}

function saidSummary({ index, place, atUs, said }: NoticeFrame): FrameSummary {
  return {
    ...noCommand,
    index,
    line: place.line,
    kind: said.kind === 'end' ? 'end' : said.kind === 'setting' ? 'setting' : 'said',
    preview: oneLine(saidWords(said)),
    atUs,
    endUs: atUs,
    outcome: 'said',
  }
}

function erasedSummary({ index, place, atUs, untilUs, lines }: ErasedFrame): FrameSummary {
  return {
    ...noCommand,
    index,
    line: place.line,
    kind: 'erased',
    preview: erasedWords(lines),
    atUs,
    endUs: untilUs,
    outcome: 'erased',
  }
}

/** What is said of a frame that is no command. */
const noCommand = { n: 0, verdict: 'allow', rows: 0, masked: 0, cut: 0, transaction: -1, errorCode: null } as const

/** Says which lines are erased. */
export function erasedWords({ from, to }: LineRange): string {
  return to - from === 1 ? `line ${from} is erased` : `lines ${from} to ${to - 1} are erased`
}

/** Gives what was said outside any command as one sentence. */
function saidWords(said: NoticeFrame['said']): string {
  switch (said.kind) {
    case 'notice':
      return `${said.notice.severity} ${said.notice.code} ${said.notice.message}`
    case 'notification':
      return `notification on ${said.channel} from process ${said.process}: ${said.payload}`
    case 'setting':
      return `the target set ${said.name} to ${said.value}`
    case 'gateway':
      return `gateway: ${said.message}`
    case 'end':
      return `session over: ${said.end.reason}${said.end.message === undefined ? '' : `, ${said.end.message}`}`
  }
}

/** The start of a statement, its white space drawn together. */
function oneLine(text: string): string {
  return text
    .slice(0, previewCharacters * 2)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, previewCharacters)
}

/** The bytes of a line. */
export function rangeOf(place: LinePlace): { from: number; to: number } {
  return { from: place.offset, to: place.offset + place.sizeBytes }
}
