import {
  identitiesOf,
  type Alert,
  type Allowance,
  type ApprovalDemand,
  type Counted,
  type EvidenceDemand,
  type LimitBook,
  type LimitObligation,
  type MaskObligation,
} from '@steno/policy-dsl'
import type {
  RecordingWriter,
  AnswerPart,
  CommandKind,
  ContentBlock,
  Decision,
  EndReason,
  NoticeRecord,
  Operation,
  Parameter,
  RowBlock,
  TransactionState,
} from '@steno/recordings'
import type { RecordingFile } from '../journal/recordings.ts'
import { assert } from '../runtime/assert.ts'
import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import type { Clock } from '../runtime/machine.ts'
import { contentOf } from './content.ts'
import type { Consent, ConsentOutcome, Evidence, EvidenceOutcome, LawfulSession, SessionLaw } from './law.ts'
import type { DenyReason, Log, Receipt } from './log.ts'
import { noPolicy } from './no-law.ts'
import { Cleared, guardKey, Pass } from './pass.ts'

export type { RowBlock } from '@steno/recordings'

/** What a protocol hands to `submit`: everything it knows of a command before the target does. */
export interface CommandDraft {
  kind: CommandKind
  text: string
  parameters?: Parameter[] | undefined
  statement?: string | undefined
  portal?: string | undefined
  prepared?: number | undefined
  rowsMax?: number | undefined
  transaction: TransactionState
  /** What the stock player shows of it. */
  transcript: string
  /** How it is written down, where that is not how it was sent: what must not be seen is masked. */
  recorded?: Recorded | undefined
  /** Set when the protocol itself must refuse it, whatever the policy says. */
  refusal?: { rule: string; reason: string } | undefined
  /** What it would do, and what can be done to its answer. Asked only when policies look at the session. */
  understand: () => Understanding
  /** Brings what is known of the target up to date, for a command that waited. */
  renew: () => void | Promise<void>
}

/** A command as the record has it. */
export interface Recorded {
  text: string
  parameters?: Parameter[] | undefined
  transcript: string
}

/** A command as its protocol reads it. */
export interface Understanding {
  operations: Operation[]
  /** What a limit on commands counts it as, where it is more than one: a text may hold several statements. */
  statements?: number
  /** SHA-256, in hex, of what it has in common with commands that differ from it in plain values alone; null where that cannot be said. */
  shape?: () => string | null
  /** Prepares the command for masks and limits on its answer, or says why they cannot be kept; then it must not run. */
  comply(masks: MaskObligation[]): Compliance
}

/** `recorded` is the command as it may be written down, whether it runs or not; undefined where that is as it was sent. */
export type Compliance = { recorded?: Recorded | undefined } & (
  | { possible: true; keeper: AnswerKeeper }
  | { possible: false; rule: string; reason: string; hint: string }
)

/** Part of an answer in bytes of its own, and as the record has it. */
export interface Given<Part = AnswerPart | RowBlock | ContentBlock> {
  part: Part
  bytes: Uint8Array
}

/** The same as policies want it. */
export interface Kept<Part = AnswerPart | RowBlock | ContentBlock> extends Given<Part> {
  /** How many rows it holds, as limits count them. */
  rows: number
}

/** Takes what the record has of an answer, part by part. */
export type Show = (part: AnswerPart | RowBlock | ContentBlock) => void

/** Keeps one command's answer to what policies demand. Whatever it throws ends the session with nothing passed on. */
export interface AnswerKeeper {
  /** Masks a part. */
  keep(given: Given): Kept
  /** Gives content that the client sends for the command, as the record may have it. */
  incoming(content: ContentBlock): ContentBlock
  /** Gives what the target says outside any answer, by any session's doing. */
  payload(text: string): string
  /** Gives the value of a setting that the target reports. */
  setting(value: string): string
  /** Gives what it held back of that, at its end. */
  incomingRest(): ContentBlock | null
  /** Gives what it held back of content until its end was known. */
  rest(): Kept<ContentBlock> | null
  /** Gives as many whole rows from the beginning as fit, and what must stand around them. */
  cut(kept: Kept<RowBlock | ContentBlock>, allowance: Allowance): Kept<RowBlock | ContentBlock>
  /** Ends an answer that was cut: what the client is told, and the parts of the record that say it. */
  finish(done: AnswerPart, cut: { rule: string; rows: number }): { parts: AnswerPart[]; bytes: Uint8Array }
}

/** The claim check of a submitted command: what its answers are cleared under. */
export interface Ticket {
  /** The command's number in its session, from 1. */
  readonly n: number
}

export type Ruling =
  | { verdict: 'allow'; decision: Decision; ticket: Ticket; pass: Pass }
  | {
      verdict: 'deny'
      decision: Decision
      ticket: Ticket
      /** How the asker can comply. */
      hint: string | null
      /** It was held, and whoever asked took it back. */
      isWithdrawn: boolean
    }

/** An answer broke a limit, so the session ends there: what is on its way is not passed on. */
export class LimitExceeded extends Error {
  readonly code = 'limit_exceeded'
  readonly rule: string

  constructor({ rule, rows, bytes }: LimitObligation) {
    super(`the answer is longer than the ${rows === null ? `${bytes} bytes` : `${rows} rows`} that policy allows`)
    this.name = 'LimitExceeded'
    this.rule = rule
  }
}

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
  durability: 'standard' | 'strict'
  lawful: LawfulSession
  law: SessionLaw
  /** Where refusals are told of, and what the client is given of it; null for a session that is in no log. */
  log: { log: Log; receipt: Receipt } | null
  /** Null when nobody can be asked: then what needs consent is refused. */
  consent: Consent | null
  /** Null when nobody witnesses the record: then what needs that is refused. */
  evidence: Evidence | null
  limits: LimitBook
  random: (count: number) => Uint8Array
  onAlert: (alert: Alert, command: string) => void
  /** Called when the session is over and its recording closed. */
  onClosed: () => void
}

/** What policies demand of one command's answer. */
interface Obliged {
  keeper: AnswerKeeper
  limits: LimitObligation[]
  /** Those of them that people lifted for this command. */
  lifted: LimitObligation[]
  given: Allowance
  /** The rule that cut it, and how many rows it has since its last end. */
  cutBy: string | null
  rows: number
}

/** What a command must wait for before it runs. */
interface Demanded {
  named: Omit<Decision, 'verdict'>
  operations: Operation[]
  demands: ApprovalDemand[]
  evidence: EvidenceDemand[]
  shape: () => string | null
  oblige: (ticket: Ticket) => void
}

interface Asking extends Pick<Demanded, 'named' | 'operations' | 'demands' | 'shape'> {
  versionAsked: string
  signal: AbortSignal
}

interface Asked {
  id: string
  outcome: Promise<ConsentOutcome>
}

/** A command that waits for people or witnesses. */
interface Held {
  withdraw: AbortController
  /** Its line and what that says, once it is written. */
  written: { ticket: Ticket; decision: Decision } | null
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
  /** Who limits count. */
  readonly #counted: Counted
  /** The command whose answer line is open in the writer, 0 for none. */
  #answering = 0
  #commands = 0
  #mustSync = false
  #failed: RecordingFailed | null = null
  #closed = false
  #isWatched = false
  #allowed: Decision = { verdict: 'allow', policyVersion: noPolicy }
  #held: Held | null = null
  /** What keeps the last answer that had masks: they hold for what is said outside of answers as well. */
  #keeper: AnswerKeeper | null = null
  /** Lines and commands that are in the file. */
  #committedLines: number
  #committedCommands = 0
  /** Lines since then that refuse a command. */
  #refused: { line: number; reason: DenyReason }[] = []
  /** Commands whose answers policies have demands on, by number, until they are over. */
  readonly #obliged = new Map<number, Obliged>()

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#writer = parts.writer
    this.#committedLines = parts.writer.line
    this.id = parts.id
    this.#counted = countedOf(parts.lawful)
    this.over = this.#over.signal
  }

  get commands(): number {
    return this.#commands
  }

  /** What the client can keep to show later that this session was in the log; null when it is in none. */
  get receipt(): Receipt | null {
    return this.#parts.log?.receipt ?? null
  }

  get sizeBytes(): number {
    return this.#parts.file.sizeBytes
  }

  /** Its target may hear of it now; with strict durability once that it opened is on disk. */
  begun(): void | Promise<void> {
    const { durability, log } = this.#parts
    if (durability === 'strict') return log ? log.log.durable() : this.#parts.file.durable()
  }

  /**
   * Writes the command down and decides it; a promise holds it, and with it
   * everything behind it on the same connection. Nothing is promised about the
   * disk until `commit`; nothing can be sent before.
   */
  submit(draft: CommandDraft): Ruling | Promise<Ruling> {
    this.#mustWork()
    if (draft.refusal) {
      const { rule, reason } = draft.refusal
      return this.#deny(draft, { verdict: 'deny', policyVersion: builtIn, rule, reason }, null)
    }
    const { law } = this.#parts
    this.#isWatched = !law.isSilent
    if (this.#isWatched) return this.#judge(draft)
    if (this.#allowed.policyVersion !== law.version) this.#allowed = { verdict: 'allow', policyVersion: law.version }
    return this.#allow(draft, this.#allowed)
  }

  /** Whether policies look at the session's commands now. */
  get isWatched(): boolean {
    return !this.#parts.law.isSilent
  }

  /** Takes back the command that is held; gives false when none is. */
  withdraw(): boolean {
    if (!this.#held) return false
    this.#held.withdraw.abort()
    return true
  }

  /** Lets a message through that asks nothing of the target by itself (Sync, Flush, Describe of what was submitted). */
  relay(): Pass {
    this.#mustWork()
    return new Pass(guardKey)
  }

  /** Writes down content that belongs to a running command (COPY in) and lets it through. */
  feed(ticket: Ticket, content: ContentBlock): Pass {
    const obliged = this.#obliged.size === 0 ? undefined : this.#obliged.get(ticket.n)
    this.#feed(ticket, obliged ? obliged.keeper.incoming(content) : content)
    return new Pass(guardKey)
  }

  /** Lets the end of such content through: what was held back of it for the record is written down first. */
  feedEnd(ticket: Ticket): Pass {
    const rest = this.#obliged.get(ticket.n)?.keeper.incomingRest()
    if (rest) this.#feed(ticket, rest)
    return this.relay()
  }

  /**
   * Masks and writes down one part of an answer, and clears the bytes that
   * carry it for the client. `show` gets what the record has of it: nothing
   * else may be shown.
   */
  clear(ticket: Ticket, part: AnswerPart | RowBlock | ContentBlock, bytes: Uint8Array, show: Show): Cleared {
    if (this.#isWatched && 'cells' in part) this.#parts.law.remember({ what: 'rows', count: part.count })
    const obliged = this.#obliged.size === 0 ? undefined : this.#obliged.get(ticket.n)
    if (obliged) return new Cleared(guardKey, this.#keep(ticket, obliged, { part, bytes }, show))
    show(part)
    this.#write(ticket, part)
    return new Cleared(guardKey, bytes)
  }

  /** Clears the end of content: what was held back of it goes first. */
  clearEnd(ticket: Ticket, bytes: Uint8Array, show: Show): Cleared[] {
    const obliged = this.#obliged.get(ticket.n)
    const rest = obliged?.keeper.rest()
    if (!obliged || !rest) return [new Cleared(guardKey, bytes)]
    const within = this.#within(obliged, rest)
    if (within.bytes.length > 0) {
      show(within.part)
      this.#write(ticket, within.part)
    }
    return [new Cleared(guardKey, within.bytes), new Cleared(guardKey, bytes)]
  }

  /** Whether policies have demands on a command's answer. */
  isObliged(ticket: Ticket): boolean {
    return this.#obliged.has(ticket.n)
  }

  /** Writes down a part of an answer that reaches the client in other bytes, or in none. */
  record(ticket: Ticket, part: AnswerPart, show: Show): void {
    const obliged = this.#obliged.size === 0 ? undefined : this.#obliged.get(ticket.n)
    if (obliged) this.#keep(ticket, obliged, { part, bytes: nothing }, show)
    else {
      show(part)
      this.#write(ticket, part)
    }
  }

  /** Writes down what the target said outside any command, and clears its bytes. */
  remark(notice: NoticeRecord, bytes: Uint8Array): Cleared {
    if (notice.kind !== 'notice' || !this.#keeper) {
      this.note(notice)
      return new Cleared(guardKey, bytes)
    }
    const kept = this.#keeper.keep({ part: { kind: 'notice', notice: notice.notice }, bytes })
    if ('kind' in kept.part && kept.part.kind === 'notice') this.note({ kind: 'notice', notice: kept.part.notice })
    return new Cleared(guardKey, kept.bytes)
  }

  /** A setting's value that the target reports, as the session may see it: some hold any text. */
  keepSetting(value: string): string {
    return this.#keeper ? this.#keeper.setting(value) : value
  }

  /** A message between sessions, as this one may see it: who sent it may have put anything in it. */
  keepPayload(text: string): string {
    return this.#keeper ? this.#keeper.payload(text) : text
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
      const firstLine = this.#committedLines
      this.#committedLines = this.#writer.line
      this.#committedCommands = this.#commands
      if (this.#refused.length > 0) this.#tellLog(bytes, firstLine)
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
      const left = this.#held?.written
      if (left) this.#writer.decision(this.#atUs(), { n: left.ticket.n, decision: withdrawn(left.decision) })
      this.#writer.end(this.#atUs(), { reason, commands: this.#commands, ...(message === undefined ? {} : { message }) })
      this.#parts.file.finish(this.#writer.take(), { reason, commands: this.#committedCommands })
    } else this.#parts.file.abandon(this.#committedCommands)
    this.#parts.onClosed()
  }

  #judge(draft: CommandDraft): Ruling | Promise<Ruling> {
    const { law, limits: book, onAlert, clock } = this.#parts
    const understanding = draft.understand()
    const { operations } = understanding
    const runs = draft.kind !== 'prepare' && draft.kind !== 'bind'
    const { kind, text, transaction } = draft
    const { policyVersion, judgement } = law.judge({ kind, text, transaction, operations, before: this.#commands })
    const { by, masks, matched } = judgement
    const named = {
      policyVersion,
      // What lets a command go on stands in `matched`. What is only prepared is not held yet: its execution will be.
      ...(by === null || judgement.verdict === 'allow' || (judgement.verdict === 'hold' && !runs)
        ? {}
        : { rule: by.rule, reason: by.reason, operation: by.operation }),
      ...(matched.length > 0 ? { matched } : {}),
    }
    const limits = runs ? judgement.limits : []
    // What may not be seen is not written down either, whatever becomes of the command.
    const compliance = masks.length > 0 || limits.length > 0 ? understanding.comply(masks) : null
    const asked = { ...draft, recorded: compliance?.recorded ?? draft.recorded }
    const deny = (refused: { rule?: string; reason?: string }, hint: string | null) => {
      law.remember({ what: 'command', operations, verdict: 'deny' })
      return this.#deny(asked, { ...named, ...refused, verdict: 'deny' }, hint, operations)
    }
    if (runs) for (const alert of judgement.alerts) onAlert(alert, `${this.id}.${this.#commands + 1}`)
    if (judgement.verdict === 'deny') return deny({}, by?.hint ?? null)
    const spent = book.begin(this.#counted, limits, clock.nowUs(), understanding.statements)
    const broken = spent.find(({ over }) => over === 'deny')
    if (broken) return deny({ rule: broken.rule, reason: limitReason(broken) }, limitHint)
    if (compliance?.possible === false) return deny({ rule: compliance.rule, reason: compliance.reason }, compliance.hint)
    const lifted = spent.filter(({ over }) => over === 'hold')
    const demands = lifted.length === 0 ? judgement.approvals : [...judgement.approvals, ...demandsBy(lifted)]
    if (compliance?.possible && masks.length > 0) this.#keeper = compliance.keeper
    const oblige = (ticket: Ticket) => {
      if (compliance?.possible)
        this.#obliged.set(ticket.n, { keeper: compliance.keeper, limits, lifted, given: { rows: 0, bytes: 0 }, cutBy: null, rows: 0 })
    }
    if (!runs || (demands.length === 0 && judgement.evidence.length === 0)) {
      if (runs) law.remember({ what: 'command', operations, verdict: 'allow' })
      const ruling = this.#allow(asked, { ...named, verdict: 'allow' }, operations)
      oblige(ruling.ticket)
      return ruling
    }
    const shape = () => understanding.shape?.() ?? null
    return this.#hold(asked, { named, operations, demands, evidence: judgement.evidence, shape, oblige })
  }

  #allow(draft: CommandDraft, decision: Decision, operations?: Operation[]): Extract<Ruling, { verdict: 'allow' }> {
    return { verdict: 'allow', decision, ticket: this.#begin(draft, decision, operations), pass: new Pass(guardKey) }
  }

  #deny(draft: CommandDraft, decision: Decision, hint: string | null, operations?: Operation[]): Ruling {
    this.#closeAnswer()
    this.#refused.push({ line: this.#writer.line, reason: decision.policyVersion === builtIn ? 'built in' : 'policy' })
    return { verdict: 'deny', decision, ticket: this.#begin(draft, decision, operations), hint, isWithdrawn: false }
  }

  /** Waits for people, then for witnesses. What they agreed to is this command, in this session, under these policies, once. */
  async #hold(draft: CommandDraft, { named, operations, demands, evidence, shape, oblige }: Demanded): Promise<Ruling> {
    const { law, evidence: witnesses } = this.#parts
    const versionAsked = law.version
    assert(this.#held === null, 'one command of a session is held at a time')
    const withdraw = new AbortController()
    const onOver = () => withdraw.abort()
    const refuse = (reason: string, hint: string | null) => this.#deny(draft, { ...named, verdict: 'deny', reason }, hint, operations)
    if (evidence.length > 0 && !witnesses) return refuse(noWitnesses, noWitnessesHint)
    const asked = demands.length > 0 ? this.#ask(draft, { named, operations, demands, shape, versionAsked, signal: withdraw.signal }) : null
    if (demands.length > 0 && !asked) return refuse('it needs consent, and nobody could be asked', null)
    const held: Held = { withdraw, written: null }
    this.#held = held
    this.over.addEventListener('abort', onOver)
    if (this.over.aborted) onOver()
    try {
      let decision: Decision = { ...named, verdict: 'hold', ...(asked ? { approval: asked.id } : {}) }
      const ticket = this.#begin(draft, decision, operations)
      held.written = { ticket, decision }
      this.commit()
      let refusal: Refusal | null = null
      let isGranted = false

      if (asked) {
        const outcome = await asked.outcome
        isGranted = 'grant' in outcome
        decision = { ...decision, ...('grant' in outcome ? { grant: outcome.grant } : { reviews: outcome.reviews }) }
        if (!outcome.granted) refusal = refusalBy(outcome)
      }
      if (refusal === null && evidence.length > 0 && witnesses && !this.#closed) {
        // What people said is part of what is witnessed.
        if (asked) this.#writer.decision(this.#atUs(), { n: ticket.n, decision })
        held.written = { ticket, decision }
        const outcome = await this.#witnessed(witnesses, evidence, withdraw.signal)
        if (outcome.witnessed) decision = { ...decision, witnessed: outcome.by }
        else refusal = refusals[outcome.because]
      }
      if (refusal === null && !this.#closed) refusal = await this.#changedSince(draft, operations, versionAsked)

      // The session ended first, and said so in the recording.
      if (this.#closed) return { verdict: 'deny', decision: withdrawn(decision), ticket, hint: null, isWithdrawn: true }
      held.written = null
      this.#mustWork()
      // Between the last vote or signature and now, whoever asked may have gone.
      if (withdraw.signal.aborted) refusal = refusals.withdrawn
      decision = { ...decision, verdict: refusal === null ? 'allow' : 'deny', ...(refusal === null ? {} : { reason: refusal.reason }) }
      this.#closeAnswer()
      if (refusal !== null) this.#refused.push({ line: this.#writer.line, reason: 'hold' })
      this.#writer.decision(this.#atUs(), { n: ticket.n, decision })
      const passed = `${asked ? 'approved' : 'witnessed'}: ${named.rule ?? ''}`
      this.#writer.marker(this.#atUs(), refusal === null ? passed : `deny: ${refusal.reason}`)
      law.remember({ what: 'command', operations, verdict: refusal === null ? 'allow' : 'deny' })
      if (refusal !== null) return { verdict: 'deny', decision, ticket, hint: refusal.hint, isWithdrawn: refusal === refusals.withdrawn }
      if (asked && !isGranted) law.remember({ what: 'approval' })
      // The line of the command may be on disk by now; that it may go is not.
      this.#mustSync = this.#parts.durability === 'strict'
      oblige(ticket)
      return { verdict: 'allow', decision, ticket, pass: new Pass(guardKey) }
    } finally {
      // Whatever went wrong here, nobody may consent any more; what has settled stays as it is.
      withdraw.abort()
      this.#held = null
      this.over.removeEventListener('abort', onOver)
    }
  }

  /** Asks people; null when nobody could be. */
  #ask(draft: CommandDraft, { named, operations, demands, shape, versionAsked, signal }: Asking): Asked | null {
    const { lawful, consent } = this.#parts
    const number = this.#commands + 1
    try {
      const asked = consent?.request(
        {
          session: lawful,
          number,
          text: draft.recorded?.text ?? draft.text,
          parameters: (draft.recorded ?? draft).parameters ?? [],
          operations,
          transaction: draft.transaction,
          isAsSent: !draft.recorded,
          // Nobody can agree to values that they are not shown.
          shape: draft.recorded ? null : shape(),
          policyVersion: named.policyVersion,
          lawVersion: versionAsked,
          demands,
          reason: named.reason ?? 'a policy wants consent',
          digest: digestOf(draft, { session: this.id, number, policyVersion: versionAsked, nonce: toHex(this.#parts.random(16)) }),
        },
        signal,
      )
      return asked ?? null
    } catch {
      // The request could not be written down, and what is not written down is not done.
      return null
    }
  }

  /** Waits until others vouch for the record so far. Of several rules, the most impatient says how long. */
  async #witnessed(witnesses: Evidence, demands: EvidenceDemand[], signal: AbortSignal): Promise<EvidenceOutcome> {
    this.commit()
    const { line: lines } = this.#writer
    // What others sign for must not be lost with the power.
    await this.#parts.file.durable()
    return witnesses.witnessed({ session: this.id, lines, withinMs: Math.min(...demands.map(({ withinMs }) => withinMs)) }, signal)
  }

  /** Why what was consented to may not run any more, or null: while people thought, policies may have changed, or what the command would do. */
  async #changedSince(draft: CommandDraft, operations: Operation[], versionAsked: string): Promise<Refusal | null> {
    try {
      await draft.renew()
      if (this.#parts.law.version !== versionAsked) return refusals.stale
      const now = draft.understand().operations
      return JSON.stringify(now) === JSON.stringify(operations) ? null : refusals.otherEffect
    } catch {
      return refusals.unreadable
    }
  }

  #begin(draft: CommandDraft, decision: Decision, operations: Operation[] | undefined): Ticket {
    this.#closeAnswer()
    const atUs = this.#atUs()
    const n = ++this.#commands
    const { text, parameters, transcript } = draft.recorded ?? draft
    const { kind, statement, portal, prepared, rowsMax, transaction } = draft
    this.#writer.command(atUs, { n, kind, text, parameters, statement, portal, prepared, rowsMax, transaction, operations, decision })
    this.#writer.output(atUs, transcript)
    if (decision.verdict !== 'allow') this.#writer.marker(atUs, `${decision.verdict}: ${decision.rule ?? 'held'}`)
    this.#mustSync = this.#parts.durability === 'strict'
    return { n }
  }

  #feed(ticket: Ticket, content: ContentBlock): void {
    this.#mustWork()
    if (content.count === 0) return
    this.#closeAnswer()
    const atUs = this.#atUs()
    if (!this.#writer.bodyText(atUs, ticket.n, content)) this.#writer.body(atUs, { n: ticket.n, content: contentOf(joined(content)) })
  }

  /** Masks, limits and writes down one part of an answer that policies have demands on; gives what the client may see of it. */
  #keep(ticket: Ticket, obliged: Obliged, given: Given, show: Show): Uint8Array {
    const kept = obliged.keeper.keep(given)
    const { part } = kept
    if ('kind' in part) {
      if (part.kind === 'end') this.#obliged.delete(ticket.n)
      if ((part.kind !== 'done' && part.kind !== 'suspended') || obliged.cutBy === null) {
        show(part)
        this.#write(ticket, part)
        return kept.bytes
      }
      const { parts, bytes } = obliged.keeper.finish(part, { rule: obliged.cutBy, rows: obliged.rows })
      for (const one of parts) {
        show(one)
        this.#write(ticket, one)
      }
      obliged.cutBy = null
      obliged.rows = 0
      return bytes
    }
    const within = this.#within(obliged, { ...kept, part })
    if (within.bytes.length > 0) {
      show(within.part)
      this.#write(ticket, within.part)
    }
    return within.bytes
  }

  /** As many rows as the limits allow. Throws `LimitExceeded` where a limit does not cut. */
  #within(obliged: Obliged, kept: Kept<RowBlock | ContentBlock>): Kept<RowBlock | ContentBlock> {
    const { limits: book, clock } = this.#parts
    const { limits, lifted, given, keeper } = obliged
    if (limits.length === 0) return kept
    const nowUs = clock.nowUs()
    let within = kept
    for (const limit of limits) {
      if (lifted.includes(limit)) continue
      const allowance = book.allowance(this.#counted, limit, given, nowUs)
      if (within.rows <= allowance.rows && within.bytes.length <= allowance.bytes) continue
      if (limit.over !== 'cut') throw new LimitExceeded(limit)
      within = keeper.cut(within, allowance)
      obliged.cutBy ??= limit.rule
    }
    const spent = { rows: within.rows, bytes: within.bytes.length }
    obliged.rows += spent.rows
    given.rows += spent.rows
    given.bytes += spent.bytes
    book.spend(this.#counted, limits, spent, nowUs)
    return within
  }

  #write(ticket: Ticket, part: AnswerPart | RowBlock | ContentBlock): void {
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

  /** Puts the refusals of a batch that is in the file into the log. */
  #tellLog(bytes: Uint8Array, firstLine: number): void {
    let at = firstLine
    let start = 0
    for (const { line, reason } of this.#refused.splice(0)) {
      for (; at < line; at++) start = bytes.indexOf(newline, start) + 1
      const text = bytes.subarray(start, bytes.indexOf(newline, start))
      this.#parts.log?.log.deny({ session: this.id, line, text, reason })
    }
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

const nothing = new Uint8Array(0)
const newline = 0x0a
/** What stands for the policy's version where the gateway itself refuses. */
const builtIn = 'built in'

const heldHint = 'ask whoever decides first, or change the statement so that the rule does not hold it'
const lateHint = 'ask again later, or change the statement so that the rule does not hold it; the gateway’s log says which witnesses answer'

/** Why a command that waited does not run, and what can be done about it. */
interface Refusal {
  reason: string
  hint: string
}

/** Why consent was not given; whoever rejected says it best. */
function refusalBy({ because, reviews }: Extract<ConsentOutcome, { granted: false }>): Refusal {
  const comment = because === 'rejected' ? reviews.findLast(({ vote }) => vote === 'reject')?.comment.trim() : ''
  const refusal: Refusal = refusals[because]
  return comment ? { ...refusal, reason: `${refusal.reason}: ${comment.replaceAll(/\s+/g, ' ')}` } : refusal
}

const refusals = {
  rejected: { reason: 'consent was refused', hint: heldHint },
  expired: { reason: 'nobody decided in time', hint: heldHint },
  withdrawn: { reason: 'it was withdrawn before anybody decided', hint: heldHint },
  stale: { reason: 'the policies changed while it waited; ask again', hint: heldHint },
  late: { reason: 'its record was not witnessed in time', hint: lateHint },
  otherEffect: { reason: 'what it would do changed while it waited; ask again', hint: heldHint },
  unreadable: { reason: 'what it would do could not be read again; ask again', hint: heldHint },
} satisfies Record<string, Refusal>

const noWitnesses = 'its record must be witnessed, and this gateway has no witnesses'
const noWitnessesHint = 'whoever runs the gateway names witnesses and their quorum under `log` in its configuration'

function withdrawn(decision: Decision): Decision {
  return { ...decision, verdict: 'deny', reason: refusals.withdrawn.reason }
}

const limitHint = 'ask for less, or wait until the limit has room again'
/** How long whoever may approve has for a command that a limit holds. */
const limitHoldMs = 15 * 60 * 1000

function limitReason({ per, rows, bytes, perMinute }: LimitObligation): string {
  const amounts = [
    ...(perMinute === null ? [] : [`${perMinute} commands a minute`]),
    ...(rows === null ? [] : [`${rows} rows`]),
    ...(bytes === null ? [] : [`${bytes} bytes`]),
  ]
  return `the ${per} has had the ${amounts.join(', ')} that policy allows`
}

/** A limit does not name who may lift it: anybody who approves may, all that its rule set for the command at once. */
function demandsBy(limits: readonly LimitObligation[]): ApprovalDemand[] {
  return [...new Set(limits.map(({ rule }) => rule))].map(rule => ({ rule, by: ['approver'], withinMs: limitHoldMs, quorum: 1 }))
}

function countedOf({ id, rootRun, principal, delegation }: LawfulSession): Counted {
  return { session: id, run: rootRun, principal: identitiesOf(principal, delegation).at(-1)?.name ?? principal.name }
}

/**
 * What consent is bound to: the exact text and values, the session, the
 * command's place in it, and the policies. The nonce is nobody's to know, or a
 * short masked value could be found by trying.
 */
function digestOf(draft: CommandDraft, bound: { session: string; number: number; policyVersion: string; nonce: string }): string {
  const { kind, text, parameters, transaction } = draft
  return toHex(sha256(new TextEncoder().encode(JSON.stringify({ ...bound, kind, transaction, text, parameters }))))
}
