import type { Notice, Parameter, TransactionState } from '@steno/recordings'
import type { ClientWire, CommandDraft, Ruling, Session, TargetWire, Ticket } from '../../guard/index.ts'
import type { Limits } from '../protocol.ts'
import { assert } from '../../runtime/assert.ts'
import { Answers } from './answers.ts'
import { CopyCollector } from './copy-collector.ts'
import { Debts, owed, portalOf, textOf, type Debt } from './debts.ts'
import { Names, type Portal, type Prepared } from './names.ts'
import { OwnTables } from './own-tables.ts'
import { describeParameters, showParameter } from './parameters.ts'
import type { PinnedSettings } from './pinned-settings.ts'
import { refusalOf, refusedStatement, refusedText } from './refusal.ts'
import { usesNames } from './renaming.ts'
import { SchemaChanges } from './schema-changes.ts'
import { question, SearchPath } from './search-path.ts'
import { promptOf, showStatement } from './transcript.ts'
import { Understander, type Asked, type UnderstanderParts } from './understander.ts'
import * as frontend from './wire/frontend.ts'
import { MessageReader, raw } from './wire/message-reader.ts'
import { WireError } from './wire/wire-error.ts'
import { writeDescribePortal, writeFlush, writeParse, writeQuery } from './wire/write.ts'

/** What a client may send behind a held command before it has to wait. */
const heldBytesMax = 1 << 20

const noParameters: Parameter[] = []

/** A Parse, Bind and Describe whose Execute may follow in the same bytes: together they are one command. */
interface Folding {
  prepared: Prepared
  statement: string
  portalName: string | null
  portal: Portal | null
  pieces: Uint8Array[]
  owed: Debt[]
}

export interface RelayParts {
  session: Session
  clientWire: ClientWire
  targetWire: TargetWire
  database: string
  limits: Limits
  pinned: PinnedSettings
  transaction: TransactionState
  /** How commands are read where policies look at them. */
  reading: Pick<UnderstanderParts, 'parser' | 'catalogues' | 'target' | 'key' | 'known'>
  /** Told what goes wrong while a command waits, when nobody else hears of it. */
  onFailure: (error: unknown) => void
}

/**
 * Carries one session's messages both ways. Every statement is submitted to
 * the guard before its bytes go on, every part of an answer cleared.
 *
 * Here is the way to the target; `Answers` is the way back, `Debts` what is
 * between them, and `Names` what the session's names stand for.
 *
 * Both handlers work through all whole messages of the bytes they are given,
 * then flush once: one write to the recording, one to the socket. They return
 * a promise only when somebody must wait.
 */
export class Relay {
  readonly #session: Session
  readonly #target: TargetWire
  readonly #parts: RelayParts
  readonly #reader: MessageReader
  readonly #prompt: string
  readonly #debts = new Debts()
  readonly #names: Names
  readonly #searchPath = new SearchPath()
  readonly #schema = new SchemaChanges()
  readonly #ownTables = new OwnTables()
  readonly #understander: Understander
  readonly #answers: Answers
  readonly #copyIn = new CopyCollector()
  #folding: Folding | null = null
  /** A command that waits for consent, or for the catalogue: what comes behind it stays in the reader. */
  #waiting: Promise<void> | null = null
  #saidGoodbye = false
  /** The client will say no more, but may still read. */
  clientEnded = false

  constructor(parts: RelayParts) {
    const { session, clientWire, targetWire, database, limits, pinned, transaction, reading } = parts
    this.#parts = parts
    this.#session = session
    this.#target = targetWire
    this.#reader = new MessageReader({ messageBytesMax: limits.messageBytesMax })
    this.#prompt = promptOf(database)
    this.#names = new Names(reading.parser)
    this.#understander = new Understander({
      ...reading,
      prepared: name => this.#names.preparedText(name),
      cursors: name => this.#names.cursorText(name),
      isDoubtful: operation => this.#names.isDoubtful(operation),
      searchPath: () => this.#searchPath.schemas,
      ownTables: this.#ownTables,
      isStale: () => this.#schema.areOfCode,
    })
    this.#answers = new Answers({
      session,
      client: clientWire,
      debts: this.#debts,
      names: this.#names,
      searchPath: this.#searchPath,
      schema: this.#schema,
      ownTables: this.#ownTables,
      pinned,
      limits,
      transaction,
      onIdle: () => this.#onIdle(),
    })
  }

  /** Whether the client ended the session as the protocol wants. */
  get saidGoodbye(): boolean {
    return this.#saidGoodbye
  }

  /** Takes bytes from the client; what they ask goes on to the target once it is written down. */
  onClientBytes(bytes: Uint8Array): void | Promise<void> {
    this.#reader.push(bytes)
    if (!this.#waiting) return this.#pump()
    // Reading goes on while a command waits, so that a client that leaves is noticed; it ends where that would cost memory.
    if (this.#reader.pendingBytes > heldBytesMax) return this.#waiting
  }

  /** Takes bytes from the target; what they answer goes on to the client once it is written down. */
  onTargetBytes(bytes: Uint8Array): void | Promise<void> {
    return this.#answers.onBytes(bytes)
  }

  #pump(): void | Promise<void> {
    const reader = this.#reader
    while (reader.next()) {
      const wait = this.#onMessage(reader)
      if (wait) return this.#waitThenPump(wait)
    }
    this.#feed()
    const wait = this.#settle()
    if (wait) return this.#waitThenPump(wait)
    return this.#target.flush()
  }

  #waitThenPump(wait: Promise<void>): void {
    const waiting = this.#goOnAfter(wait)
    this.#waiting = waiting
    waiting.catch(this.#parts.onFailure)
  }

  async #goOnAfter(wait: Promise<void>): Promise<void> {
    // When nothing can be sent any more, what the wait comes to is nobody's.
    wait.catch(() => {})
    await this.#target.flush()
    await wait
    this.#waiting = null
    await this.#pump()
  }

  #onMessage(message: MessageReader): void | Promise<void> {
    if (message.type !== frontend.type.copyData) this.#feed()
    switch (message.type) {
      case frontend.type.query:
        return then(this.#settle(), () => this.#onQuery(message))
      case frontend.type.parse:
        return then(this.#settle(), () => this.#onParse(message))
      case frontend.type.bind:
        return this.#onBind(message)
      case frontend.type.describe:
        return this.#onDescribe(message)
      case frontend.type.execute:
        return this.#onExecute(message)
      case frontend.type.close:
        return then(this.#settle(), () => this.#onClose(message))
      case frontend.type.sync:
        frontend.readEmpty(message)
        return then(this.#settle(), () => this.#onSync(message))
      case frontend.type.flush:
        frontend.readEmpty(message)
        return then(this.#settle(), () => this.#relay(message))
      case frontend.type.functionCall:
        return then(this.#settle(), () => this.#onFunctionCall(message))
      case frontend.type.copyData:
        return then(this.#settle(), () => this.#onCopyData(message))
      case frontend.type.copyDone:
        frontend.readEmpty(message)
        return then(this.#settle(), () => this.#onCopyDone(message))
      case frontend.type.copyFail:
        return then(this.#settle(), () => this.#onCopyFail(message))
      case frontend.type.terminate:
        frontend.readEmpty(message)
        return then(this.#settle(), () => this.#onTerminate(message))
      default:
        throw new WireError('08P01', `invalid frontend message type ${message.type}`)
    }
  }

  // A simple query is a command, whatever its text holds.

  #onQuery(message: MessageReader): void | Promise<void> {
    const text = frontend.readQuery(message)
    const bytes = raw(message)
    return this.#submit(this.#draft({ kind: 'query', text, parameters: noParameters }), ruling => {
      const debt = owed('query', ruling.ticket)
      if (ruling.verdict === 'allow') {
        this.#target.send(bytes, ruling.pass)
        debt.text = text
        this.#owe([debt])
        this.#follow(debt)
      } else {
        this.#target.send(writeQuery(refusedText), this.#session.relay())
        debt.refusal = refusalOf(ruling)
        this.#owe([debt])
      }
      this.#debts.endGroup()
    })
  }

  // By the extended protocol it comes in pieces, which are folded into one command where they come together.

  #onParse(message: MessageReader): void {
    const { name, text, oids } = frontend.readParse(message)
    const { group } = this.#debts
    const prepared: Prepared = { text, oids, n: 0, columns: null, renames: null, runsCode: null, isDoubtful: false, group, seq: Infinity }
    const undo = this.#names.setStatement(name, prepared)
    this.#folding = {
      prepared,
      statement: name,
      portalName: null,
      portal: null,
      pieces: [raw(message)],
      owed: [{ ...owed('parse', null), undo, shape: prepared }],
    }
  }

  #onBind(message: MessageReader): void | Promise<void> {
    const bind = frontend.readBind(message)
    const joins = this.#folding !== null && this.#folding.portal === null && this.#folding.statement === bind.statement
    if (!joins) {
      const settled = this.#settle()
      if (settled) return settled.then(() => this.#onBind(message))
    }
    const prepared = this.#names.statement(bind.statement)
    if (this.#debts.isUnsettled(prepared, bind.statement)) {
      const rested = this.#rest()
      if (rested) return rested.then(() => this.#onBind(message))
    }
    if (!prepared)
      return this.#refuseUnknown(
        message,
        `prepared statement "${bind.statement}" is not known to this session`,
        '26000',
        'prepare it with a Parse message, or run it with EXECUTE',
      )
    const portal: Portal = {
      prepared,
      statement: bind.statement,
      parameters: describeParameters(bind, prepared.oids),
      resultFormats: bind.resultFormats,
      columns: prepared.columns,
      isBound: false,
      isDoubtful: false,
      group: this.#debts.group,
      seq: Infinity,
    }
    const debt: Debt = { ...owed('bind', null), undo: this.#names.setPortal(bind.portal, portal), shape: portal }
    this.#folding ??= { prepared, statement: bind.statement, portalName: null, portal: null, pieces: [], owed: [] }
    this.#folding.portal = portal
    this.#folding.portalName = bind.portal
    this.#folding.pieces.push(raw(message))
    this.#folding.owed.push(debt)
  }

  #onDescribe(message: MessageReader): void | Promise<void> {
    const { of, name } = frontend.readDescribe(message)
    const folding = this.#folding
    const shape = of === 'statement' ? this.#names.statement(name) : this.#names.portal(name)
    const debt = { ...owed('describe', null), shape: shape ?? null }
    if (folding && (of === 'statement' ? folding.statement === name : folding.portalName === name)) {
      folding.pieces.push(raw(message))
      folding.owed.push(debt)
      return
    }
    const settled = this.#settle() ?? (this.#debts.isUnsettled(shape, name) ? this.#rest() : undefined)
    if (settled) return settled.then(() => this.#onDescribe(message))
    if (shape && !('prepared' in shape) && shape.n > 0) debt.ticket = { n: shape.n }
    this.#relay(message)
    this.#owe([debt])
  }

  #onExecute(message: MessageReader): void | Promise<void> {
    const { portal: name, rowsMax } = frontend.readExecute(message)
    const joins = this.#folding !== null && this.#folding.portalName === name && this.#folding.portal !== null
    if (!joins) {
      const settled = this.#settle()
      if (settled) return settled.then(() => this.#onExecute(message))
    }
    const portal = this.#names.portal(name)
    if (this.#debts.isUnsettled(portal, name)) {
      const rested = this.#rest()
      if (rested) return rested.then(() => this.#onExecute(message))
    }
    if (!portal) return this.#refuseUnknown(message, `portal "${name}" is not known to this session`, '34000', 'read a cursor with FETCH')
    const bytes = raw(message)
    const folding = this.#folding
    this.#folding = null
    const draft = this.#draftOf('execute', portal, name)
    if (rowsMax > 0) draft.rowsMax = rowsMax
    return this.#submit(draft, ruling => {
      const pieces = folding?.pieces ?? []
      const debts = folding?.owed ?? []
      if (
        this.#session.isObliged(ruling.ticket) &&
        !portal.columns &&
        !portal.prepared.columns &&
        !debts.some(({ what }) => what === 'describe')
      ) {
        // Rows are masked by what the target says of their columns, so it is asked where the client did not.
        pieces.push(writeDescribePortal(name))
        debts.push({ ...owed('describe', null), shape: portal, isOwn: true })
      }
      pieces.push(bytes)
      debts.push({ ...owed('execute', null), shape: portal })
      if (debts[0]?.what === 'parse' && portal.prepared.n === 0) portal.prepared.n = ruling.ticket.n
      this.#carryOut(ruling, pieces, debts)
    })
  }

  /** Submits what was waiting for an Execute that did not come in the same bytes: it travels as a command of its own. */
  #settle(): void | Promise<void> {
    const folding = this.#folding
    if (!folding) return
    this.#folding = null
    const draft = folding.portal
      ? this.#draftOf('bind', folding.portal, folding.portalName ?? '')
      : this.#draftOf('prepare', { prepared: folding.prepared, statement: folding.statement, parameters: [] }, null)
    return this.#submit(draft, ruling => {
      if (folding.prepared.n === 0) folding.prepared.n = ruling.ticket.n
      this.#carryOut(ruling, folding.pieces, folding.owed)
    })
  }

  #carryOut(ruling: Ruling, pieces: Uint8Array[], debts: Debt[]): void {
    if (ruling.verdict === 'allow') {
      this.#target.send(pieces[0]!, ruling.pass)
      for (let i = 1; i < pieces.length; i++) this.#target.send(pieces[i]!, this.#session.relay())
      for (const debt of debts) debt.ticket = ruling.ticket
      this.#debts.enterGroup()
      this.#owe(debts)
      const last = debts.at(-1)
      if (last?.what === 'execute') this.#follow(last)
      // What never changes is worked out when it is planned, so that a function may run by then.
      else if (debts.some(({ what }) => what === 'bind')) this.#followPlanning()
      return
    }
    for (const debt of debts.toReversed()) debt.undo?.()
    this.#refuseExtended(ruling.ticket, refusalOf(ruling))
  }

  #refuseExtended(ticket: Ticket, refusal: Notice): void {
    this.#target.send(writeParse(refusedStatement, refusedText), this.#session.relay())
    this.#debts.enterGroup()
    this.#owe([{ ...owed('parse', ticket), refusal }])
  }

  /** A name whose text the gateway did not see cannot be recorded, so it is not run. */
  #refuseUnknown(message: MessageReader, reason: string, code: string, hint: string): void | Promise<void> {
    const kind = message.type === frontend.type.bind ? 'bind' : 'execute'
    const draft = this.#draft({ kind, text: '', parameters: noParameters })
    draft.refusal = { rule: 'only what is recorded runs', reason }
    return this.#submit(draft, ({ ticket }) => this.#refuseExtended(ticket, { severity: 'ERROR', code, message: reason, hint }))
  }

  #onClose(message: MessageReader): void {
    const { of, name } = frontend.readClose(message)
    const undo = of === 'statement' ? this.#names.closeStatement(name) : this.#names.closePortal(name)
    this.#relay(message)
    this.#owe([{ ...owed('close', null), text: name, undo }])
  }

  #onSync(message: MessageReader): void {
    // Nobody answers a Sync that stands in the content of a COPY.
    if (this.#debts.isCopyingIn) return this.#relay(message)
    this.#target.send(raw(message), this.#session.relay())
    this.#debts.stopSkipping()
    this.#owe([owed('sync', null)])
    this.#debts.endGroup()
  }

  // A function can be called by its number.

  #onFunctionCall(message: MessageReader): void | Promise<void> {
    const call = frontend.readFunctionCall(message)
    const bytes = raw(message)
    const text = `function ${call.oid}`
    const draft = this.#draft({ kind: 'call', text, parameters: describeParameters(call, []) })
    draft.transcript = showStatement(this.#prompt, text, [])
    draft.refusal = this.#parts.pinned.refuseCall(call.oid)
    draft.understand = () => this.#understander.understandCall(call.oid)
    return this.#submit(draft, ruling => {
      const allowed = ruling.verdict === 'allow'
      this.#target.send(allowed ? bytes : writeQuery(refusedText), allowed ? ruling.pass : this.#session.relay())
      const debt = { ...owed(allowed ? 'call' : 'query', ruling.ticket), refusal: allowed ? null : refusalOf(ruling) }
      this.#owe([debt])
      if (allowed) this.#follow(debt)
      this.#debts.endGroup()
    })
  }

  // The content of a COPY belongs to the command that asked for it.

  #onCopyData(message: MessageReader): void {
    if (this.#copyIn.append(message)) return
    this.#feed()
    assert(this.#copyIn.append(message), 'an empty collector takes data')
  }

  /** Content of one COPY that came together is written down together. */
  #feed(): void {
    if (!this.#copyIn.hasData) return
    const ticket = this.#debts.fed
    if (!ticket) throw new WireError('08P01', 'expected a statement before COPY data')
    const { content, bytes } = this.#copyIn.take()
    this.#target.send(bytes, this.#session.feed(ticket, content))
  }

  #onCopyDone(message: MessageReader): void {
    const ticket = this.#debts.fed
    this.#target.send(raw(message), ticket ? this.#session.feedEnd(ticket) : this.#session.relay())
    this.#debts.endCopyIn()
  }

  #onCopyFail(message: MessageReader): void {
    const reason = this.#session.keepPayload(frontend.readCopyFail(message))
    this.#session.note({ kind: 'gateway', message: `the client gave its COPY up: ${reason}` })
    this.#relay(message)
    this.#debts.endCopyIn()
  }

  #onTerminate(message: MessageReader): void {
    this.#saidGoodbye = true
    this.#relay(message)
  }

  #relay(message: MessageReader): void {
    this.#target.send(raw(message), this.#session.relay())
    this.#debts.enterGroup()
  }

  /** Notes what the target owes for messages that were sent. */
  #owe(debts: Debt[]): void {
    if (this.#debts.isSkipping) return this.#answers.forget(debts)
    for (const debt of debts) this.#debts.add(debt)
  }

  // What the guard is told of a command, and what must be certain before it is asked.

  #draftOf(
    kind: 'prepare' | 'bind' | 'execute',
    { prepared, statement, parameters, isDoubtful = false }: Pick<Portal, 'prepared' | 'statement' | 'parameters'> & Partial<Portal>,
    name: string | null,
  ): CommandDraft {
    if (this.#names.hasUnread && statement !== '') this.#readUnread()
    const draft = this.#draft({ kind, text: prepared.text, parameters, isDoubtful: isDoubtful || prepared.isDoubtful })
    draft.statement = statement
    if (name !== null) draft.portal = name
    if (prepared.n > 0) draft.prepared = prepared.n
    return draft
  }

  #draft({
    kind,
    text,
    parameters,
    isDoubtful = false,
  }: Pick<CommandDraft, 'kind' | 'text'> & { parameters: Parameter[]; isDoubtful?: boolean }): CommandDraft {
    const asked = this.#asked({ kind, text, parameters, isDoubtful })
    return {
      kind,
      text,
      parameters: parameters.length > 0 ? parameters : undefined,
      transaction: this.#answers.transaction,
      transcript: asked.show(text, parameters),
      // Every secret that SQL takes stands in a literal.
      recorded: text.includes("'") || text.includes('$') ? this.#understander.withoutSecrets(asked) : undefined,
      understand: () => this.#understander.understand(asked),
      renew: () => this.#understander.ready(),
    }
  }

  #asked({ kind, text, parameters, isDoubtful }: Pick<CommandDraft, 'kind'> & Omit<Asked, 'show'>): Asked {
    const show = (shown: string, values: Parameter[]) =>
      kind === 'query' || kind === 'execute' ? showStatement(this.#prompt, shown, values.map(showParameter)) : ''
    return { text, parameters, show, isDoubtful }
  }

  #submit(draft: CommandDraft, handle: (ruling: Ruling) => void): void | Promise<void> {
    draft.refusal ??= this.#parts.pinned.refuse(draft.text)
    if (!this.#session.isWatched) {
      if (this.#names.hasDoubts || this.#names.hasUnread) this.#tellDoubts(draft)
    } else if (!draft.refusal) {
      const wait = this.#beforeJudging(draft)
      if (wait) return this.#submitAfter(wait, draft, handle)
    }
    const ruling = this.#session.submit(draft)
    return ruling instanceof Promise ? ruling.then(handle) : handle(ruling)
  }

  /** Waits until all is known that a command is read by: what names mean, what the target holds, where it looks names up. */
  #beforeJudging(draft: CommandDraft): void | Promise<void> {
    if (this.#names.hasUnread) this.#readUnread()
    const wait =
      (this.#debts.mayRenameYet ? this.#rest() : undefined) ??
      this.#understander.ready() ??
      this.#askSearchPath() ??
      (draft.kind !== 'call' && this.#understander.isPuzzledBy(draft.text) ? this.#understander.ready() : undefined)
    return wait?.then(() => this.#beforeJudging(draft))
  }

  /** Policies cannot be asked about a command that cannot be read where it would run. */
  async #submitAfter(wait: Promise<void>, draft: CommandDraft, handle: (ruling: Ruling) => void): Promise<void> {
    try {
      await wait
    } catch (error) {
      const rule = 'policies see what a command would do'
      const { kind, text, parameters = noParameters } = draft
      draft.refusal = {
        rule,
        reason: `the target does not tell what it holds: ${error instanceof Error ? error.message : String(error)}`,
      }
      // Nor can anybody say which of its values a mask would hide.
      draft.recorded = this.#understander.withoutValues(this.#asked({ kind, text, parameters, isDoubtful: false }), rule)
    }
    handle(await this.#session.submit(draft))
  }

  /** Asks the target where it looks names up, when that is not certain and a question may be put: between two groups of messages, with nothing owed. */
  #askSearchPath(): void | Promise<void> {
    if (this.#searchPath.isCertain) return
    const { first, isInGroup, isCopyingIn } = this.#debts
    if (first || isInGroup || isCopyingIn || this.#answers.transaction === 'failed') return
    this.#session.note({ kind: 'gateway', message: 'asked the target where it looks names up' })
    this.#target.send(writeQuery(question), this.#session.relay())
    this.#owe([{ ...owed('query', null), isOwn: true }])
    this.#debts.endGroup()
    return this.#rest()
  }

  /**
   * Settles when all that was sent is answered. A Flush makes the target answer
   * what no Sync follows yet. In the middle of a COPY nothing can be waited for:
   * what comes there out of turn the target refuses by itself.
   */
  #rest(): void | Promise<void> {
    if (!this.#debts.first || this.#debts.isCopyingIn) return
    if (this.#debts.isInGroup) this.#target.send(writeFlush(), this.#session.relay())
    const rested = this.#debts.rest()
    return then(this.#target.flush(), () => rested)
  }

  /** Takes note of what a command that was sent may change: what names mean, and where they are looked up. */
  #follow(debt: Debt): void {
    const operations = this.#understander.takeOperations()
    if (operations === null) {
      // Nobody reads what is sent while no policy looks.
      this.#searchPath.lost()
      this.#names.sentUnread(textOf(debt), portalOf(debt)?.prepared ?? null)
      this.#ownTables.unread()
      return
    }
    this.#searchPath.sent(operations)
    this.#names.sent(operations)
    debt.doing = this.#understander.doing(textOf(debt), operations)
    if (debt.doing) this.#debts.mayRename(debt)
  }

  #followPlanning(): void {
    const operations = this.#understander.takeOperations()
    if (operations === null) return this.#searchPath.lost()
    this.#searchPath.sent(operations)
    this.#names.sent(operations)
  }

  /** Reads what was sent while no policy looked, as far as what is known of the target tells: too little for policies, to which every name is doubtful then. */
  #readUnread(): void {
    if (this.#session.isWatched) this.#names.doubt()
    else this.#names.readUnread(text => this.#understander.mayHaveGivenNames(text))
  }

  /** Where no policy looks nothing is asked of the target; a text that may not be what runs is said to be one. */
  #tellDoubts({ kind, text, statement = '' }: CommandDraft): void {
    const usesName = kind === 'query' ? usesNames(text) : kind !== 'prepare' && statement !== ''
    if (!usesName) return
    if (this.#names.hasUnread) this.#readUnread()
    const isDoubtful = kind === 'query' ? this.#names.hasDoubts : (this.#names.statement(statement)?.isDoubtful ?? false)
    if (isDoubtful)
      this.#session.note({
        kind: 'gateway',
        message: 'what comes next may be another statement than its name stood for: code that nobody read ran since it was given',
      })
  }

  #onIdle(): void {
    const { catalogues, target } = this.#parts.reading
    this.#searchPath.idle()
    const isStale = this.#understander.idle()
    const hadChanges = this.#schema.idle()
    const isUnsure = this.#ownTables.idle()
    if (isStale) this.#searchPath.lost()
    if (hadChanges || isStale || isUnsure) catalogues.invalidate(target)
  }
}

function then(wait: void | Promise<void>, next: () => void | Promise<void>): void | Promise<void> {
  return wait ? wait.then(next) : next()
}
