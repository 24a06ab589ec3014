import type {
  RecordingWriter,
  AnswerPart,
  CommandKind,
  CommandRecord,
  ContentBlock,
  Decision,
  EndReason,
  NoticeRecord,
  Parameter,
  RowBlock,
  TransactionState,
} from '@steno/recordings'
import type { RecordingFile } from '../journal/recordings.ts'
import { assert } from '../runtime/assert.ts'
import type { Clock } from '../runtime/machine.ts'
import { contentOf } from './content.ts'
import { Cleared, guardKey, Pass } from './pass.ts'

export type { RowBlock } from '@steno/recordings'

/** What a protocol hands to `submit`: everything it knows of a command before the target does. */
export interface CommandDraft {
  kind: CommandKind
  text: string
  parameters?: Parameter[]
  statement?: string
  portal?: string
  prepared?: number
  rowsMax?: number
  transaction: TransactionState
  /** What the stock player shows of it. */
  transcript: string
  /** Set when the protocol itself must refuse it, whatever the policy says. */
  refusal?: { rule: string; reason: string }
}

/** The claim check of a submitted command: what its answers are cleared under. */
export interface Ticket {
  /** The command's number in its session, from 1. */
  readonly n: number
}

export type Ruling =
  | { verdict: 'allow'; decision: Decision; ticket: Ticket; pass: Pass }
  | { verdict: 'deny'; decision: Decision; ticket: Ticket }

/** Decides one command. A promise holds it, and with it everything behind it on the same connection. */
export type Decide = (draft: CommandDraft) => Decision | Promise<Decision>

/** The recording cannot be written, so nothing goes on: the protocol refuses in its own words and the session ends. */
export class RecordingFailed extends Error {
  readonly code = 'recording_failed'

  constructor(cause: unknown) {
    super('the recording cannot be written', { cause })
    this.name = 'RecordingFailed'
  }
}

export interface SessionParts {
  id: string
  writer: RecordingWriter
  file: RecordingFile
  clock: Clock
  /** `Clock.monotonicUs` when the session began; every line's time counts from here. */
  startedAtMonotonicUs: number
  decide: Decide
  durability: 'standard' | 'strict'
  /** Called when the session is over and its recording closed. */
  onClosed: () => void
}

/**
 * The narrow waist of one session: what an agent asks passes `submit`, what it
 * sees passes `clear`, and both are lines of the recording first.
 *
 * Lines gather in memory and reach the kernel with one write in `commit`,
 * which the wires call before they touch a socket. INVARIANT: bytes leave the
 * gateway only after the lines that tell of them were written.
 */
export class Session {
  readonly id: string
  /** Aborted when the session must end: the run is over, someone terminated it, the gateway stops. The reason is an `EndReason`. */
  readonly over: AbortSignal
  readonly #over = new AbortController()
  readonly #parts: SessionParts
  readonly #writer: RecordingWriter
  /** The command whose answer line is open in the writer, 0 for none. */
  #answering = 0
  #commands = 0
  #mustSync = false
  #failed: RecordingFailed | null = null
  #closed = false

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#writer = parts.writer
    this.id = parts.id
    this.over = this.#over.signal
  }

  get commands(): number {
    return this.#commands
  }

  get sizeBytes(): number {
    return this.#parts.file.sizeBytes
  }

  /** Writes the command down and decides it. Nothing is promised about the disk until `commit`; nothing can be sent before. */
  submit(draft: CommandDraft): Ruling | Promise<Ruling> {
    this.#mustWork()
    const decision = draft.refusal
      ? { verdict: 'deny' as const, policyVersion: 'built in', rule: draft.refusal.rule, reason: draft.refusal.reason }
      : this.#parts.decide(draft)
    if (decision instanceof Promise) return this.#hold(draft, decision)
    const ticket = this.#write(draft, decision)
    return ruling(decision, ticket)
  }

  /** Lets a message through that asks nothing of the target by itself (Sync, Flush, Describe of what was submitted). */
  relay(): Pass {
    this.#mustWork()
    return new Pass(guardKey)
  }

  /** Writes down content that belongs to a running command (COPY in) and lets it through. */
  feed(ticket: Ticket, content: ContentBlock): Pass {
    this.#mustWork()
    this.#closeAnswer()
    const atUs = this.#atUs()
    if (!this.#writer.bodyText(atUs, ticket.n, content)) this.#writer.body(atUs, { n: ticket.n, content: contentOf(joined(content)) })
    return new Pass(guardKey)
  }

  /** Masks and writes down one part of an answer, and clears the bytes that carry it for the client. */
  clear(ticket: Ticket, part: AnswerPart | RowBlock | ContentBlock, bytes: Uint8Array): Cleared {
    this.record(ticket, part)
    return new Cleared(guardKey, bytes)
  }

  /** Writes down a part of an answer that reaches the client in other bytes, or in none. */
  record(ticket: Ticket, part: AnswerPart | RowBlock | ContentBlock): void {
    this.#mustWork()
    if (this.#answering !== ticket.n) {
      this.#closeAnswer()
      this.#writer.answer(this.#atUs(), ticket.n)
      this.#answering = ticket.n
    }
    if ('kind' in part) this.#writer.part(part)
    else if ('cells' in part) this.#writer.rows(part)
    else if (!this.#writer.data(part)) this.#writer.part({ kind: 'data', content: contentOf(joined(part)) })
  }

  /** Writes down what the target said outside any command, and clears its bytes. */
  remark(notice: NoticeRecord, bytes: Uint8Array): Cleared {
    this.note(notice)
    return new Cleared(guardKey, bytes)
  }

  /** Writes down something that belongs to the story but reaches nobody. */
  note(notice: NoticeRecord): void {
    this.#mustWork()
    this.#closeAnswer()
    this.#writer.notice(this.#atUs(), notice)
  }

  /** Clears bytes that carry no content: the end of a message exchange, a state that was recorded with its command. */
  relayBack(bytes: Uint8Array): Cleared {
    return new Cleared(guardKey, bytes)
  }

  /** Adds to the transcript that stock players show. */
  show(transcript: string): void {
    if (transcript === '') return
    this.#mustWork()
    this.#closeAnswer()
    this.#writer.output(this.#atUs(), transcript)
  }

  /** Puts a marker on the timeline that stock players show too. */
  mark(label: string): void {
    this.#mustWork()
    this.#closeAnswer()
    this.#writer.marker(this.#atUs(), label)
  }

  /** Hands all lines so far to the kernel in one write. Throws `RecordingFailed`; then nothing may be sent. */
  commit(): void {
    this.#mustWork()
    this.#closeAnswer()
    const bytes = this.#writer.take()
    if (bytes.length === 0) return
    try {
      this.#parts.file.write(bytes)
    } catch (error) {
      this.#failed = new RecordingFailed(error)
      throw this.#failed
    }
  }

  /** Like `commit`, and with strict durability the commands are on disk when the promise resolves. */
  commitCommands(): void | Promise<void> {
    this.commit()
    if (!this.#mustSync) return
    this.#mustSync = false
    return this.#parts.file.durable()
  }

  /** Asks the session to end; whoever serves it sees `over` and closes. */
  end(reason: EndReason): void {
    this.#over.abort(reason)
  }

  /** Writes the last line and closes the recording. A recording that cannot take it is left for recovery to close. */
  close(reason: EndReason, message?: string): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.#failed) {
      this.#closeAnswer()
      this.#writer.end(this.#atUs(), { reason, commands: this.#commands, ...(message === undefined ? {} : { message }) })
      this.#parts.file.finish(this.#writer.take())
    } else this.#parts.file.abandon()
    this.#parts.onClosed()
  }

  async #hold(draft: CommandDraft, pending: Promise<Decision>): Promise<Ruling> {
    const ticket = this.#write(draft, { verdict: 'hold', policyVersion: 'none' })
    this.commit()
    const decision = await pending
    this.#mustWork()
    this.#closeAnswer()
    this.#writer.decision(this.#atUs(), { n: ticket.n, decision })
    return ruling(decision, ticket)
  }

  #write(draft: CommandDraft, decision: Decision): Ticket {
    this.#closeAnswer()
    const atUs = this.#atUs()
    const n = ++this.#commands
    const { transcript, refusal: _, ...asked } = draft
    this.#writer.command(atUs, { n, ...asked, decision } satisfies CommandRecord)
    this.#writer.output(atUs, transcript)
    if (decision.verdict !== 'allow') this.#writer.marker(atUs, `${decision.verdict}: ${decision.rule ?? 'held'}`)
    this.#mustSync = this.#parts.durability === 'strict'
    return { n }
  }

  #closeAnswer(): void {
    if (this.#answering === 0) return
    this.#writer.closeAnswer()
    this.#answering = 0
  }

  #atUs(): number {
    return this.#parts.clock.monotonicUs() - this.#parts.startedAtMonotonicUs
  }

  #mustWork(): void {
    if (this.#failed) throw this.#failed
    assert(!this.#closed, 'a closed session takes no more')
  }
}

/** The pieces of a block as one: text may be cut between them in the middle of a character. */
function joined({ bytes, ranges, count }: ContentBlock): Uint8Array {
  const pieces = Array.from({ length: count }, (_, i) => bytes.subarray(ranges[2 * i]!, ranges[2 * i + 1]!))
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function ruling(decision: Decision, ticket: Ticket): Ruling {
  assert(decision.verdict !== 'hold', 'a ruling is final')
  return decision.verdict === 'allow'
    ? { verdict: 'allow', decision, ticket, pass: new Pass(guardKey) }
    : { verdict: 'deny', decision, ticket }
}
