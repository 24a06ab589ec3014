import type { AnswerPart, Column, ContentBlock, RowBlock, TransactionState } from '@steno/recordings'
import type { ClientWire, Session, Ticket } from '../../guard/index.ts'
import type { Limits } from '../protocol.ts'
import { assert } from '../../runtime/assert.ts'
import { CopyCollector } from './copy-collector.ts'
import { portalOf, textOf, type Debt, type Debts } from './debts.ts'
import type { OwnTables } from './own-tables.ts'
import type { Names } from './names.ts'
import type { PinnedSettings } from './pinned-settings.ts'
import { fatal } from './refused.ts'
import { RelayEnded } from './relay-ended.ts'
import { RowDecoder, type ResultShape } from './row-decoder.ts'
import type { SchemaChanges } from './schema-changes.ts'
import type { SearchPath } from './search-path.ts'
import { Transcript } from './transcript.ts'
import * as backend from './wire/backend.ts'
import { MessageReader, raw } from './wire/message-reader.ts'
import { writeErrorResponse, writeNotification, writeParameterStatus } from './wire/write.ts'

export interface AnswersParts {
  session: Session
  client: ClientWire
  debts: Debts
  names: Names
  searchPath: SearchPath
  schema: SchemaChanges
  ownTables: OwnTables
  pinned: PinnedSettings
  limits: Limits
  transaction: TransactionState
  /** Told when no transaction is open any more. */
  onIdle: () => void
}

/**
 * Carries what the target says to the client. Every answer pays the first
 * debt, is cleared under its ticket, and is followed for what it does to
 * names, to the schema and to the transaction.
 */
export class Answers {
  readonly #session: Session
  readonly #client: ClientWire
  readonly #debts: Debts
  readonly #names: Names
  readonly #parts: AnswersParts
  readonly #reader: MessageReader
  readonly #rows: RowDecoder
  readonly #copyOut = new CopyCollector()
  readonly #transcript = new Transcript()
  #transaction: TransactionState
  /** The columns of the result now coming in, and how they are encoded. */
  #shape: ResultShape | null = null
  #described: { bytes: Uint8Array; columns: Column[] } | null = null
  #shown = ''
  /** What the target said to a question of our own. */
  #told: (string | null)[] = []
  /** A ticket whose last answer came right before a Sync: its end waits for the transaction state that follows. */
  #ending: Ticket | null = null

  constructor(parts: AnswersParts) {
    this.#parts = parts
    this.#session = parts.session
    this.#client = parts.client
    this.#debts = parts.debts
    this.#names = parts.names
    this.#transaction = parts.transaction
    this.#reader = new MessageReader({ messageBytesMax: parts.limits.messageBytesMax })
    this.#rows = new RowDecoder(parts.limits)
  }

  /** What the target said last of the session's transaction. */
  get transaction(): TransactionState {
    return this.#transaction
  }

  /** Takes bytes from the target; what they answer goes on to the client once it is written down. */
  onBytes(bytes: Uint8Array): void | Promise<void> {
    const reader = this.#reader
    reader.push(bytes)
    while (reader.next()) this.#onMessage(reader)
    this.#flushRows()
    this.#flushCopyOut()
    this.#flushShown()
    this.#debts.wakeResting()
    return this.#client.flush()
  }

  /** Takes back names that the target never took, and says of commands that they did not run. */
  forget(debts: Debt[], failed: Ticket | null = null): void {
    for (const debt of debts.toReversed()) debt.undo?.()
    for (const n of new Set(debts.flatMap(debt => (debt.ticket ? [debt.ticket.n] : [])))) {
      if (n !== failed?.n) this.#record({ n }, { kind: 'skipped' })
      this.#end({ n })
    }
  }

  #onMessage(message: MessageReader): void {
    if (message.type === backend.type.dataRow) return this.#onDataRow(message)
    this.#flushRows()
    const first = this.#debts.first
    if (first?.isOwn && first.what === 'query' && ownAnswers.has(message.type)) return this.#onOwnAnswer(message)
    if (message.type === backend.type.copyData) return this.#onCopyData(message)
    this.#flushCopyOut()
    switch (message.type) {
      case backend.type.parseComplete:
        return this.#paid(message, 'parse', { kind: 'prepared' })
      case backend.type.bindComplete:
        return this.#paid(message, 'bind', { kind: 'bound' })
      case backend.type.closeComplete:
        return this.#paid(message, 'close', null)
      case backend.type.noData:
        return this.#paid(message, 'describe', null)
      case backend.type.parameterDescription:
        return this.#onParameterDescription(message)
      case backend.type.rowDescription:
        return this.#onRowDescription(message)
      case backend.type.commandComplete:
        return this.#onCommandComplete(message)
      case backend.type.emptyQueryResponse:
        return this.#onStatementEnd(message, { kind: 'empty' })
      case backend.type.portalSuspended:
        return this.#onStatementEnd(message, { kind: 'suspended', rows: this.#rows.rowCount })
      case backend.type.errorResponse:
        return this.#onError(message)
      case backend.type.noticeResponse:
        return this.#onNotice(message)
      case backend.type.notificationResponse:
        return this.#onNotification(message)
      case backend.type.parameterStatus:
        return this.#onParameterStatus(message)
      case backend.type.copyInResponse:
      case backend.type.copyOutResponse:
        return this.#onCopyResponse(message)
      case backend.type.copyDone:
        return this.#onCopyDone(message)
      case backend.type.functionCallResponse:
        return this.#onCalled(message)
      case backend.type.readyForQuery:
        return this.#onReady(message)
      default:
        throw new RelayEnded('protocol violation', fatal('08P01', `the target sent an unknown message of type ${message.type}`))
    }
  }

  #onDataRow(message: MessageReader): void {
    const debt = this.#front(message)
    if (debt.isOwn && debt.what === 'query') {
      this.#told.push(backend.readFirstText(message))
      return
    }
    if (!this.#shape) this.#beginResult(debt)
    assert(this.#shape !== null, 'rows belong to a result')
    if (!this.#rows.append(message, this.#shape)) {
      this.#flushRows()
      assert(this.#rows.append(message, this.#shape), 'an empty collector takes a row')
    }
  }

  /** A result that was described before its execution says its columns again in the record, so that each command stands alone. */
  #beginResult(debt: Debt): void {
    const portal = portalOf(debt)
    const columns = portal?.columns ?? portal?.prepared.columns ?? []
    const formats = portal?.resultFormats ?? []
    const described = columns.map((column, i) => ({ ...column, format: formatOf(formats, i) }))
    this.#shape = { columns: described, formats }
    if (described.length > 0 || (debt.ticket && this.#session.isObliged(debt.ticket)))
      this.#record(debt.ticket, { kind: 'columns', columns: described })
  }

  /** What the target says to our own question is nobody else's. */
  #onOwnAnswer(message: MessageReader): void {
    if (message.type !== backend.type.readyForQuery) return
    this.#transaction = backend.readReadyForQuery(message)
    this.#debts.groupAnswered()
    this.#debts.pay()
    this.#parts.searchPath.told(this.#told)
    this.#told = []
  }

  #paid(message: MessageReader, what: Debt['what'], part: AnswerPart | null): void {
    const debt = this.#front(message)
    if (debt.what !== what) throw unexpected(message)
    if (debt.what === 'bind' && debt.shape && 'isBound' in debt.shape) debt.shape.isBound = true
    if (part && debt.ticket) this.#record(debt.ticket, part)
    if (!debt.isOwn) this.#client.write(this.#session.relayBack(raw(message)))
    this.#pay()
  }

  #onParameterDescription(message: MessageReader): void {
    const { oids, types } = backend.readParameterDescription(message)
    const shape = this.#front(message).shape
    if (shape && 'oids' in shape) shape.oids = oids
    this.#answer(message, { kind: 'parameters', oids, types })
  }

  #onRowDescription(message: MessageReader): void {
    const debt = this.#front(message)
    const columns = this.#columnsIn(message)
    if (debt.what === 'describe') {
      if (debt.shape) debt.shape.columns = columns
      const isPortal = portalOf(debt) !== null
      const runsNext = debt.ticket !== null && this.#debts.runsNext(debt.ticket)
      // Columns stand once in the record of a command: with a portal's
      // description, else when its result begins.
      if (runsNext && isPortal) this.#shape = shapeOf(columns)
      if (debt.isOwn && debt.ticket) this.#record(debt.ticket, { kind: 'columns', columns })
      else if (runsNext && !isPortal) this.#client.write(this.#session.relayBack(raw(message)))
      else this.#answer(message, { kind: 'columns', columns })
      return this.#pay()
    }
    this.#shape = shapeOf(columns)
    this.#answer(message, { kind: 'columns', columns })
  }

  /** The same description again gives the same columns, so that what was made of them need not be made again. */
  #columnsIn(message: MessageReader): Column[] {
    const bytes = raw(message)
    const last = this.#described
    if (last && sameBytes(bytes, last.bytes)) return last.columns
    const columns = backend.readRowDescription(message)
    this.#described = { bytes: bytes.slice(), columns }
    return columns
  }

  #onCalled(message: MessageReader): void {
    const debt = this.#front(message)
    if (debt.what !== 'call') throw unexpected(message)
    this.#parts.ownTables.done('', debt.doing, debt.done)
    this.#answer(message, { kind: 'value', value: backend.readFunctionCallResponse(message) })
  }

  #onCopyResponse(message: MessageReader): void {
    const { direction, binary, columns } = backend.readCopyResponse(message)
    const debt = this.#front(message)
    if (direction === 'in') this.#debts.beginCopyIn(debt.ticket)
    this.#answer(message, { kind: 'copy', direction, binary, columns })
  }

  #onCopyData(message: MessageReader): void {
    const debt = this.#front(message)
    assert(debt.ticket !== null, 'COPY data answers a command')
    if (!this.#copyOut.append(message)) {
      this.#flushCopyOut()
      this.#copyOut.append(message)
    }
  }

  #onCopyDone(message: MessageReader): void {
    const { ticket } = this.#front(message)
    if (!ticket) throw unexpected(message)
    for (const cleared of this.#session.clearEnd(ticket, raw(message), this.#show)) this.#client.write(cleared)
  }

  #onCommandComplete(message: MessageReader): void {
    const { tag, rows, affected } = backend.readCommandComplete(message)
    const debt = this.#front(message)
    const text = textOf(debt)
    if (tag === 'BEGIN') this.#transaction = 'transaction'
    else if (tag === 'COMMIT' || tag === 'ROLLBACK') this.#transaction = 'idle'
    this.#names.done(tag, text, debt.done)
    if (!this.#parts.ownTables.done(tag, debt.doing, debt.done)) this.#parts.schema.done(tag, text)
    debt.done++
    this.#onStatementEnd(message, { kind: 'done', tag, rows, ...(affected === undefined ? {} : { affected }) })
  }

  #onStatementEnd(message: MessageReader, part: AnswerPart): void {
    const debt = this.#front(message)
    if (!this.#shape && debt.what === 'execute' && part.kind === 'done') this.#beginResult(debt)
    this.#answer(message, part)
    this.#endResult()
    if (debt.what === 'execute') this.#pay()
  }

  #endResult(): void {
    this.#debts.stopCopyIn()
    this.#shape = null
    this.#rows.startResult()
  }

  #onError(message: MessageReader): void {
    const error = backend.readNotice(message)
    const debt = this.#debts.first
    this.#endResult()
    this.#parts.ownTables.failed()
    if (debt?.what === 'sync' && this.#ending) {
      // The statement was done, but its implicit transaction could not commit.
      return this.#answerWith(this.#ending, { kind: 'error', error, by: 'target' }, raw(message))
    }
    if (!debt || debt.what === 'sync') {
      // Said outside any command: the target is shutting down, or ends this connection.
      this.#client.write(this.#session.remark({ kind: 'notice', notice: error }, raw(message)))
      return
    }
    const part: AnswerPart = debt.refusal ? { kind: 'error', error: debt.refusal, by: 'gateway' } : { kind: 'error', error, by: 'target' }
    this.#answerWith(debt.ticket, part, debt.refusal ? writeErrorResponse(debt.refusal) : raw(message))
    if (this.#transaction === 'transaction') this.#transaction = 'failed'
    if (debt.what === 'query' || debt.what === 'call') return
    this.forget(this.#debts.skipToSync(), debt.ticket)
  }

  #onNotice(message: MessageReader): void {
    const notice = backend.readNotice(message)
    const ticket = this.#debts.first?.ticket
    if (ticket) this.#answerWith(ticket, { kind: 'notice', notice }, raw(message))
    else this.#client.write(this.#session.remark({ kind: 'notice', notice }, raw(message)))
  }

  #onNotification(message: MessageReader): void {
    const { channel, payload, processId } = backend.readNotification(message)
    const kept = this.#session.keepPayload(payload)
    const bytes = kept === payload ? raw(message) : writeNotification({ channel, payload: kept, processId })
    this.#client.write(this.#session.remark({ kind: 'notification', channel, payload: kept, process: processId }, bytes))
  }

  #onParameterStatus(message: MessageReader): void {
    const { name, value } = backend.readParameterStatus(message)
    const kept = this.#session.keepSetting(value)
    const bytes = this.#session.remark(
      { kind: 'setting', name, value: kept },
      kept === value ? raw(message) : writeParameterStatus(name, kept),
    )
    if (this.#parts.pinned.isBroken(name, value))
      throw new RelayEnded('protocol violation', fatal('42501', `\`${name}\` may not be changed in a recorded session`))
    this.#client.write(bytes)
  }

  #onReady(message: MessageReader): void {
    const debt = this.#front(message)
    if (debt.what !== 'sync' && debt.what !== 'query' && debt.what !== 'call') throw unexpected(message)
    this.#transaction = backend.readReadyForQuery(message)
    this.#debts.groupAnswered()
    if (this.#transaction === 'idle') {
      this.#names.idle()
      this.#parts.onIdle()
    }
    this.#debts.pay()
    if (debt.ticket) this.#end(debt.ticket)
    else if (this.#ending) this.#end(this.#ending)
    this.#client.write(this.#session.relayBack(raw(message)))
  }

  #pay(): void {
    const debt = this.#debts.pay()
    const next = this.#debts.first
    if (!debt?.ticket || next?.ticket?.n === debt.ticket.n) return
    if (next?.what === 'sync') this.#ending = debt.ticket
    else this.#end(debt.ticket)
  }

  #end(ticket: Ticket): void {
    this.#ending = null
    this.#record(ticket, { kind: 'end', transaction: this.#transaction })
  }

  #front(message: MessageReader): Debt {
    const debt = this.#debts.first
    if (!debt) throw unexpected(message)
    return debt
  }

  #answer(message: MessageReader, part: AnswerPart): void {
    this.#answerWith(this.#front(message).ticket, part, raw(message))
  }

  #answerWith(ticket: Ticket | null, part: AnswerPart, bytes: Uint8Array): void {
    if (ticket) return this.#client.write(this.#session.clear(ticket, part, bytes, this.#show))
    this.#show(part)
    this.#client.write(this.#session.relayBack(bytes))
  }

  #record(ticket: Ticket | null, part: AnswerPart): void {
    if (ticket) this.#session.record(ticket, part, this.#show)
  }

  #flushRows(): void {
    if (!this.#rows.hasRows) return
    const { block, bytes } = this.#rows.take()
    const ticket = this.#debts.first?.ticket ?? null
    assert(ticket !== null, 'rows answer a command')
    this.#client.write(this.#session.clear(ticket, block, bytes, this.#show))
  }

  #flushCopyOut(): void {
    if (!this.#copyOut.hasData) return
    const ticket = this.#debts.first?.ticket ?? null
    assert(ticket !== null, 'COPY data answers a command')
    const { content, bytes } = this.#copyOut.take()
    this.#client.write(this.#session.clear(ticket, content, bytes, this.#show))
  }

  /** Draws what the record has of an answer. */
  readonly #show = (part: AnswerPart | RowBlock | ContentBlock): void => {
    if ('cells' in part) this.#transcript.rows(part)
    else this.#shown += 'ranges' in part ? this.#transcript.data(part) : this.#transcript.part(part)
  }

  #flushShown(): void {
    if (this.#shown === '') return
    this.#session.show(this.#shown)
    this.#shown = ''
  }
}

/** What answers a question of our own, besides its row. */
const ownAnswers: ReadonlySet<number> = new Set([
  backend.type.rowDescription,
  backend.type.commandComplete,
  backend.type.errorResponse,
  backend.type.readyForQuery,
])

function shapeOf(columns: Column[]): ResultShape {
  return { columns, formats: columns.map(column => (column.format === 'binary' ? 1 : 0)) }
}

function formatOf(formats: number[], column: number): 'text' | 'binary' {
  const format = formats.length === 1 ? formats[0] : (formats[column] ?? 0)
  return format === 1 ? 'binary' : 'text'
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}

function unexpected(message: MessageReader): RelayEnded {
  return new RelayEnded(
    'protocol violation',
    fatal('08P01', `the target sent a message of type ${String.fromCharCode(message.type)} that nothing asked for`),
  )
}
