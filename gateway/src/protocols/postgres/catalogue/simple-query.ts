import type { Notice } from '@steno/recordings'
import type { Mailbox } from '../mailbox.ts'
import * as backend from '../wire/backend.ts'
import { Body } from '../wire/body.ts'
import { MessageReader } from '../wire/message-reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { writeQuery } from '../wire/write.ts'

/** One row of an answer in text format. */
export type TextRow = (string | null)[]

/** The target answered a query with an error. */
export class QueryFailed extends Error {
  readonly notice: Notice

  constructor(notice: Notice) {
    super(notice.message)
    this.name = 'QueryFailed'
    this.notice = notice
  }
}

/** The answers together were longer than the reader is ready to take. */
export class AnswerTooLong extends Error {
  constructor(bytesMax: number) {
    super(`expected answers of at most ${bytesMax} bytes`)
    this.name = 'AnswerTooLong'
  }
}

/** Asks a target one query after the other in the simple protocol, on a connection that is ready for the first. */
export class SimpleQueries {
  readonly #mailbox: Mailbox
  readonly #reader: MessageReader
  readonly #bytesMax: number
  #bytes = 0

  /** `bytesMax`: of all answers together. */
  constructor(mailbox: Mailbox, { bytesMax }: { bytesMax: number }) {
    this.#mailbox = mailbox
    this.#bytesMax = bytesMax
    this.#reader = new MessageReader({ messageBytesMax: bytesMax })
  }

  /** The rows of all statements of the text, one after the other. Throws `QueryFailed`, `AnswerTooLong`, `WireError`, or what the mailbox throws. */
  async ask(text: string): Promise<TextRow[]> {
    this.#mailbox.socket.write(writeQuery(text))
    const rows: TextRow[] = []
    let failure: QueryFailed | null = null
    for (;;) {
      const message = await this.#next()
      switch (message.type) {
        case backend.type.dataRow:
          rows.push(readTextRow(message))
          break
        case backend.type.errorResponse:
          failure ??= new QueryFailed(backend.readNotice(message))
          break
        case backend.type.readyForQuery:
          backend.readReadyForQuery(message)
          if (failure) throw failure
          return rows
        case backend.type.rowDescription:
        case backend.type.commandComplete:
        case backend.type.emptyQueryResponse:
        case backend.type.noticeResponse:
        case backend.type.parameterStatus:
        case backend.type.notificationResponse:
          break
        default:
          throw new WireError('08P01', `message of type ${message.type} in answer to a query`)
      }
    }
  }

  async #next(): Promise<MessageReader> {
    while (!this.#reader.next()) {
      const bytes = await this.#mailbox.more()
      this.#bytes += bytes.length
      if (this.#bytes > this.#bytesMax) throw new AnswerTooLong(this.#bytesMax)
      this.#reader.push(bytes)
    }
    return this.#reader
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function readTextRow(message: MessageReader): TextRow {
  const body = new Body(message, { isTrusted: true })
  const row: TextRow = []
  for (let left = body.count(4); left > 0; left--) {
    const value = body.value()
    row.push(value === null ? null : utf8.decode(value))
  }
  body.done()
  return row
}
