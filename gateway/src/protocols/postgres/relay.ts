import type {
  AnswerPart,
  Column,
  ContentBlock,
  EndReason,
  Notice,
  Operation,
  Parameter,
  RowBlock,
  TransactionState,
} from '@steno/recordings'
import type { ClientWire, CommandDraft, Ruling, Session, TargetWire, Ticket } from '../../guard/index.ts'
import type { Limits } from '../protocol.ts'
import { assert } from '../../runtime/assert.ts'
import { CopyCollector } from './copy-collector.ts'
import { RowDecoder, type ResultShape } from './row-decoder.ts'
import { namedStatement, type NamedStatement } from './named-statement.ts'
import { describeParameters } from './parameters.ts'
import type { PinnedSettings } from './pinned-settings.ts'
import { fatal } from './refused.ts'
import { question, SearchPath } from './search-path.ts'
import { promptOf, showStatement, Transcript } from './transcript.ts'
import { Understander, type UnderstanderParts } from './understander.ts'
import * as backend from './wire/backend.ts'
import * as frontend from './wire/frontend.ts'
import { MessageReader } from './wire/message-reader.ts'
import { WireError } from './wire/wire-error.ts'
import {
  writeDescribePortal,
  writeErrorResponse,
  writeFlush,
  writeNotification,
  writeParameterStatus,
  writeParse,
  writeQuery,
} from './wire/write.ts'

/** What the target is sent in place of a refused statement: it fails there as any failing statement does, so transaction and pipeline behave alike. */
const refusedText = 'refused by steno'
const refusedStatement = 'steno_refused'

/** What a client may send behind a held command before it has to wait. */
const heldBytesMax = 1 << 20
/** Names that SQL gave to statements and cursors, of which a session remembers the last. */
const namesMax = 10_000

/** When a name was given its meaning, as far as that was sent. */
interface Named {
  /** The group of messages, up to a Sync, that it was sent in. */
  group: number
  /** Its debt's place in all that was ever owed; Infinity before it is sent. */
  seq: number
}

interface Prepared extends Named {
  text: string
  oids: number[]
  /** The `prepare` command that carried the text, 0 when it travelled with its execution. */
  n: number
  columns: Column[] | null
  /** Whether it takes names away or gives them, once that was asked. */
  renames: boolean | null
  /** Code that nobody read ran since: it may have put another statement in its place. */
  isDoubtful: boolean
}

interface Portal extends Named {
  prepared: Prepared
  statement: string
  parameters: Parameter[]
  resultFormats: number[]
  columns: Column[] | null
  /** The target has it: it lives until its transaction ends. */
  isBound: boolean
}

/** What the target still owes an answer for, in the order it was asked. */
interface Owed {
  what: 'query' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'call' | 'sync'
  ticket: Ticket | null
  /** What the client is told in place of the target's error, when the guard refused. */
  refusal: Notice | null
  /** What was asked, for a `query`, and what is closed; other debts have it in their shape. */
  text: string
  /** The gateway asked for it itself: nobody is told. */
  isOwn: boolean
  /** Its place in all that was ever owed. */
  seq: number
  /** Statements of its text that are done. */
  done: number
  /** Puts the names back as they were, should the target never do this. */
  undo: (() => void) | null
  shape: Prepared | Portal | null
}

/** A Parse, Bind and Describe whose Execute may follow in the same bytes: together they are one command. */
interface Folding {
  prepared: Prepared
  statement: string
  portalName: string | null
  portal: Portal | null
  pieces: Uint8Array[]
  owed: Owed[]
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

/** One of the two sides broke the protocol, or did what a session here may not. */
export class RelayEnded extends Error {
  readonly notice: Notice
  readonly reason: EndReason

  constructor(reason: EndReason, notice: Notice) {
    super(notice.message)
    this.name = 'RelayEnded'
    this.reason = reason
    this.notice = notice
  }
}

/**
 * Carries one session's messages both ways. Every statement is submitted to
 * the guard before its bytes go on, every part of an answer cleared.
 *
 * Both handlers work through all whole messages of the bytes they are given,
 * then flush once: one write to the recording, one to the socket. They return
 * a promise only when somebody must wait.
 */
export class Relay {
  readonly #session: Session
  readonly #client: ClientWire
  readonly #target: TargetWire
  readonly #parts: RelayParts
  readonly #fromClient: MessageReader
  readonly #fromTarget: MessageReader
  readonly #statements = new Map<string, Prepared>()
  readonly #portals = new Map<string, Portal>()
  readonly #transcript = new Transcript()
  readonly #rows: RowDecoder
  readonly #copyOut = new CopyCollector()
  readonly #copyInData = new CopyCollector()
  #owed: Owed[] = []
  #folding: Folding | null = null
  #copyIn: Ticket | null = null
  #transaction: TransactionState
  /** An error made the target read and forget messages until a Sync that was not sent yet. */
  #isSkipping = false
  /** The columns of the result now coming in, and how they are encoded. */
  #shape: ResultShape | null = null
  #shown = ''
  readonly #prompt: string
  #described: { bytes: Uint8Array; columns: Column[] } | null = null
  readonly #understander: Understander
  readonly #searchPath: SearchPath
  /** The texts that SQL's PREPARE and DECLARE came in, by the names they gave. */
  readonly #prepares = new Map<string, NamedStatement>()
  readonly #cursors = new Map<string, NamedStatement>()
  /** Code ran that may have opened and closed cursors by itself. */
  #cursorsAreDoubtful = false
  /** What ran while no policy looked may have given names other meanings. */
  #mayHaveRenamed = false
  /** What a catalogue shows that was changed in a transaction which is not over: code is what runs when it is named. */
  #changed: 'nothing' | 'tables' | 'code' = 'nothing'
  /** Messages up to a Sync or a simple query are a group: this is the one now being sent, and the first that is not answered. */
  #group = 0
  #answeredGroups = 0
  /** Something of the group was sent. */
  #isInGroup = false
  #seq = 0
  /** Where in all that is owed the content of a COPY ended last. */
  #copyInEnd = -1
  /** The last debt that may change what names mean, and the last that was looked at for it. */
  #renamingSeq = -1
  #searchedSeq = -1
  /** Who waits until nothing is owed. */
  #resting: (() => void) | null = null
  /** What the target said to a question of our own. */
  #told: (string | null)[] = []
  /** A command that waits for consent, or for the catalogue: what comes behind it stays in the reader. */
  #waiting: Promise<void> | null = null
  #saidGoodbye = false
  /** The client will say no more, but may still read. */
  clientEnded = false

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#session = parts.session
    this.#client = parts.clientWire
    this.#target = parts.targetWire
    this.#transaction = parts.transaction
    this.#fromClient = new MessageReader({ messageBytesMax: parts.limits.messageBytesMax })
    this.#fromTarget = new MessageReader({ messageBytesMax: parts.limits.messageBytesMax })
    this.#rows = new RowDecoder(parts.limits)
    this.#prompt = promptOf(parts.database)
    this.#searchPath = new SearchPath()
    this.#understander = new Understander({
      ...parts.reading,
      prepared: name => this.#statements.get(name)?.text ?? this.#prepares.get(name)?.text ?? null,
      cursors: name => this.#cursorText(name),
      isDoubtful: ({ verb, object = '' }) => this.#isDoubtful(verb, object),
      searchPath: () => this.#searchPath.schemas,
      isStale: () => this.#changed === 'code',
    })
  }

  /** Whether the client ended the session as the protocol wants. */
  get saidGoodbye(): boolean {
    return this.#saidGoodbye
  }

  /** Takes bytes from the client; what they ask goes on to the target once it is written down. */
  onClientBytes(bytes: Uint8Array): void | Promise<void> {
    this.#fromClient.push(bytes)
    if (!this.#waiting) return this.#pumpClient()
    // Reading goes on while a command waits, so that a client that leaves is noticed; it ends where that would cost memory.
    if (this.#fromClient.pendingBytes > heldBytesMax) return this.#waiting
  }

  /** Takes bytes from the target; what they answer goes on to the client once it is written down. */
  onTargetBytes(bytes: Uint8Array): void | Promise<void> {
    const reader = this.#fromTarget
    reader.push(bytes)
    while (reader.next()) this.#onTargetMessage(reader)
    this.#flushRows()
    this.#flushCopyOut()
    this.#flushShown()
    if (this.#resting && (this.#owed.length === 0 || this.#copyIn)) {
      const rested = this.#resting
      this.#resting = null
      rested()
    }
    return this.#client.flush()
  }

  // From the client

  #pumpClient(): void | Promise<void> {
    const reader = this.#fromClient
    while (reader.next()) {
      const wait = this.#onClientMessage(reader)
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
    await this.#pumpClient()
  }

  #onClientMessage(message: MessageReader): void | Promise<void> {
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
        return then(this.#settle(), () => this.#relay(message, this.#copyIn ? null : owed('sync', null)))
      case frontend.type.flush:
        frontend.readEmpty(message)
        return then(this.#settle(), () => this.#relay(message, null))
      case frontend.type.functionCall:
        return then(this.#settle(), () => this.#onFunctionCall(message))
      case frontend.type.copyData:
        return then(this.#settle(), () => this.#onCopyData(message))
      case frontend.type.copyDone:
        frontend.readEmpty(message)
        return then(this.#settle(), () => this.#onCopyInDone(message))
      case frontend.type.copyFail:
        return then(this.#settle(), () => {
          this.#session.note({ kind: 'gateway', message: `the client gave its COPY up: ${frontend.readCopyFail(message)}` })
          this.#relay(message, null)
          this.#endCopyIn()
        })
      case frontend.type.terminate:
        frontend.readEmpty(message)
        return then(this.#settle(), () => {
          this.#saidGoodbye = true
          this.#relay(message, null)
        })
      default:
        throw new WireError('08P01', `invalid frontend message type ${message.type}`)
    }
  }

  #relay(message: MessageReader, debt: Owed | null): void {
    this.#target.send(raw(message), this.#session.relay())
    if (debt?.what === 'sync') this.#isSkipping = false
    if (debt) this.#owe([debt])
    if (debt?.what === 'sync') this.#endGroup()
    else this.#isInGroup = true
  }

  #endGroup(): void {
    this.#group++
    this.#isInGroup = false
  }

  /** Notes what the target owes for messages that were sent; while it skips to the next Sync it owes nothing. */
  #owe(debts: Owed[]): void {
    if (this.#isSkipping) return this.#forget(debts)
    for (const debt of debts) {
      debt.seq = this.#seq++
      if ((debt.what === 'parse' || debt.what === 'bind') && debt.shape) debt.shape.seq = debt.seq
      this.#owed.push(debt)
    }
  }

  /**
   * Settles when all that was sent is answered. A Flush makes the target answer
   * what no Sync follows yet. In the middle of a COPY nothing can be waited for:
   * what comes there out of turn the target refuses by itself.
   */
  #rest(): void | Promise<void> {
    if (this.#owed.length === 0 || this.#copyIn) return
    if (this.#isInGroup) this.#target.send(writeFlush(), this.#session.relay())
    const rested = new Promise<void>(resolve => (this.#resting = resolve))
    return then(this.#target.flush(), () => rested)
  }

  /**
   * Whether an answer that is still owed may change what a name stands for, or
   * take its definition back: then nobody can say yet what is asked by it.
   */
  #isUnsettled(named: Named | undefined, name: string): boolean {
    const first = this.#owed[0]
    if (!first || this.#copyIn) return false
    // Taken away by a Close that an error may yet skip.
    if (!named) return this.#owed.some(debt => debt.what === 'close' && debt.text === name)
    if (named.group < this.#group && named.group >= this.#answeredGroups) return true
    if (name === '') return false
    this.#findRenaming()
    return this.#renamingSeq >= first.seq && this.#renamingSeq > named.seq
  }

  /** Looks through what was sent since it last did for texts that may rename something. Where policies look, that is known already. */
  #findRenaming(): void {
    const first = this.#owed[0]?.seq ?? 0
    for (let at = Math.max(0, this.#searchedSeq + 1 - first); at < this.#owed.length; at++) {
      const debt = this.#owed[at]!
      if (
        (debt.what === 'query' && renames(debt.text)) ||
        (debt.what === 'execute' && renamesAsPrepared(debt.shape)) ||
        debt.what === 'call'
      )
        this.#renamingSeq = debt.seq
      this.#searchedSeq = debt.seq
    }
  }

  /** Takes back names that the target never took, and says of commands that they did not run. */
  #forget(debts: Owed[], failed: Ticket | null = null): void {
    for (const debt of debts.toReversed()) debt.undo?.()
    for (const n of new Set(debts.flatMap(debt => (debt.ticket ? [debt.ticket.n] : [])))) {
      if (n !== failed?.n) this.#record({ n }, { kind: 'skipped' })
      this.#end({ n })
    }
  }

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
      this.#endGroup()
    })
  }

  #onParse(message: MessageReader): void {
    const { name, text, oids } = frontend.readParse(message)
    const prepared: Prepared = { text, oids, n: 0, columns: null, renames: null, isDoubtful: false, group: this.#group, seq: Infinity }
    const undo = replaceName(this.#statements, name, prepared)
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
    const prepared = this.#statements.get(bind.statement)
    if (this.#isUnsettled(prepared, bind.statement)) {
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
      group: this.#group,
      seq: Infinity,
    }
    const debt: Owed = { ...owed('bind', null), undo: replaceName(this.#portals, bind.portal, portal), shape: portal }
    this.#folding ??= { prepared, statement: bind.statement, portalName: null, portal: null, pieces: [], owed: [] }
    this.#folding.portal = portal
    this.#folding.portalName = bind.portal
    this.#folding.pieces.push(raw(message))
    this.#folding.owed.push(debt)
  }

  #onDescribe(message: MessageReader): void | Promise<void> {
    const { of, name } = frontend.readDescribe(message)
    const folding = this.#folding
    const shape = of === 'statement' ? this.#statements.get(name) : this.#portals.get(name)
    const debt = { ...owed('describe', null), shape: shape ?? null }
    if (folding && (of === 'statement' ? folding.statement === name : folding.portalName === name)) {
      folding.pieces.push(raw(message))
      folding.owed.push(debt)
      return
    }
    const settled = this.#settle() ?? (this.#isUnsettled(shape, name) ? this.#rest() : undefined)
    if (settled) return settled.then(() => this.#onDescribe(message))
    return then(undefined, () => {
      const ticket = shape && 'prepared' in shape ? null : shape && shape.n > 0 ? { n: shape.n } : null
      this.#relay(message, { ...debt, ticket })
    })
  }

  #onExecute(message: MessageReader): void | Promise<void> {
    const { portal: name, rowsMax } = frontend.readExecute(message)
    const joins = this.#folding !== null && this.#folding.portalName === name && this.#folding.portal !== null
    if (!joins) {
      const settled = this.#settle()
      if (settled) return settled.then(() => this.#onExecute(message))
    }
    const portal = this.#portals.get(name)
    if (this.#isUnsettled(portal, name)) {
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

  #draftOf(
    kind: 'prepare' | 'bind' | 'execute',
    { prepared, statement, parameters }: Pick<Portal, 'prepared' | 'statement' | 'parameters'>,
    name: string | null,
  ): CommandDraft {
    const draft = this.#draft({ kind, text: prepared.text, parameters, isDoubtful: prepared.isDoubtful })
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
    const show = (shown: string, values: Parameter[]) =>
      kind === 'query' || kind === 'execute' ? showStatement(this.#prompt, shown, values.map(shortValue)) : ''
    const asked = { text, parameters, show, isDoubtful }
    return {
      kind,
      text,
      parameters: parameters.length > 0 ? parameters : undefined,
      transaction: this.#transaction,
      transcript: show(text, parameters),
      // Every secret that SQL takes stands in a literal.
      recorded: text.includes("'") || text.includes('$') ? this.#understander.withoutSecrets(asked) : undefined,
      understand: () => this.#understander.understand(asked),
      renew: () => this.#understander.ready(),
    }
  }

  #carryOut(ruling: Ruling, pieces: Uint8Array[], debts: Owed[]): void {
    if (ruling.verdict === 'allow') {
      this.#target.send(pieces[0]!, ruling.pass)
      for (let i = 1; i < pieces.length; i++) this.#target.send(pieces[i]!, this.#session.relay())
      for (const debt of debts) debt.ticket = ruling.ticket
      this.#isInGroup = true
      this.#owe(debts)
      const last = debts.at(-1)
      if (last?.what === 'execute') this.#follow(last)
      return
    }
    for (const debt of debts.toReversed()) debt.undo?.()
    this.#refuseExtended(ruling.ticket, refusalOf(ruling))
  }

  #refuseExtended(ticket: Ticket, refusal: Notice): void {
    this.#target.send(writeParse(refusedStatement, refusedText), this.#session.relay())
    this.#isInGroup = true
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
    const undo = of === 'statement' ? removeName(this.#statements, name) : removeName(this.#portals, name)
    this.#relay(message, { ...owed('close', null), text: name, undo })
  }

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
      this.#endGroup()
    })
  }

  #onCopyData(message: MessageReader): void {
    if (this.#copyInData.append(message)) return
    this.#feed()
    assert(this.#copyInData.append(message), 'an empty collector takes data')
  }

  #onCopyInDone(message: MessageReader): void {
    const ticket = this.#copyIn ?? this.#owed.findLast(debt => debt.ticket !== null)?.ticket
    this.#target.send(raw(message), ticket ? this.#session.feedEnd(ticket) : this.#session.relay())
    this.#endCopyIn()
  }

  #endCopyIn(): void {
    this.#copyInEnd = this.#seq
    this.#copyIn = null
  }

  /** Content of one COPY that came together is written down together. */
  #feed(): void {
    if (!this.#copyInData.hasData) return
    const ticket = this.#copyIn ?? this.#owed.findLast(debt => debt.ticket !== null)?.ticket
    if (!ticket) throw new WireError('08P01', 'expected a statement before COPY data')
    const { content, bytes } = this.#copyInData.take()
    this.#target.send(bytes, this.#session.feed(ticket, content))
  }

  #submit(draft: CommandDraft, handle: (ruling: Ruling) => void): void | Promise<void> {
    draft.refusal ??= this.#parts.pinned.refuse(draft.text)
    if (!draft.refusal && this.#session.isWatched) {
      const wait = this.#beforeJudging(draft)
      if (wait) return this.#submitAfter(wait, draft, handle)
    }
    const ruling = this.#session.submit(draft)
    return ruling instanceof Promise ? ruling.then(handle) : handle(ruling)
  }

  /** Waits until all is known that a command is read by: what names mean, what the target holds, where it looks names up. */
  #beforeJudging(draft: CommandDraft): void | Promise<void> {
    if (this.#mayHaveRenamed) this.#doubtNames()
    const first = this.#owed[0]
    const wait =
      (first && this.#renamingSeq >= first.seq ? this.#rest() : undefined) ??
      this.#understander.ready() ??
      this.#askSearchPath() ??
      (draft.kind !== 'call' && this.#understander.isPuzzledBy(draft.text) ? this.#understander.ready() : undefined)
    return wait?.then(() => this.#beforeJudging(draft))
  }

  /** Asks the target where it looks names up, when that is not certain and a question may be put: between two groups of messages, with nothing owed. */
  #askSearchPath(): void | Promise<void> {
    if (this.#searchPath.isCertain || this.#owed.length > 0 || this.#isInGroup || this.#copyIn || this.#transaction === 'failed') return
    this.#session.note({ kind: 'gateway', message: 'asked the target where it looks names up' })
    this.#told = []
    this.#target.send(writeQuery(question), this.#session.relay())
    this.#owe([{ ...owed('query', null), isOwn: true }])
    this.#endGroup()
    return this.#rest()
  }

  /** Takes note of what a command that was sent may change: what names mean, and where they are looked up. */
  #follow(debt: Owed): void {
    const operations = this.#understander.takeOperations()
    if (operations === null) return this.#followUnread(debt)
    this.#searchPath.sent(operations)
    if (!operations.every(isPlain)) this.#renamingSeq = debt.seq
    this.#cursorsAreDoubtful ||= operations.some(runsRoutine)
    if (operations.some(mayRenameUnseen)) this.#doubtNames()
  }

  /** Nobody reads what is sent while no policy looks; what that may have done to names counts from the moment one does. */
  #followUnread(debt: Owed): void {
    this.#searchPath.lost()
    if (this.#mayHaveRenamed || this.#statements.size + this.#cursors.size + this.#prepares.size === 0) return
    const text = textOf(debt)
    this.#mayHaveRenamed = renames(text) || callsSomething.test(text)
  }

  /** Other statements may stand under the names we know. */
  #doubtNames(): void {
    this.#mayHaveRenamed = false
    this.#cursorsAreDoubtful = true
    for (const named of this.#prepares.values()) named.isDoubtful = true
    for (const prepared of this.#statements.values()) prepared.isDoubtful = true
  }

  /** Policies cannot be asked about a command that cannot be read where it would run. */
  async #submitAfter(wait: Promise<void>, draft: CommandDraft, handle: (ruling: Ruling) => void): Promise<void> {
    try {
      await wait
    } catch (error) {
      draft.refusal = {
        rule: 'policies see what a command would do',
        reason: `the target does not tell what it holds: ${error instanceof Error ? error.message : String(error)}`,
      }
    }
    handle(await this.#session.submit(draft))
  }

  // From the target

  #onTargetMessage(message: MessageReader): void {
    if (message.type === backend.type.dataRow) return this.#onDataRow(message)
    this.#flushRows()
    const first = this.#owed[0]
    if (first?.isOwn && first.what === 'query' && ownAnswers.has(message.type)) return this.#onOwnAnswer(message)
    if (message.type === backend.type.copyData) return this.#onCopyOutData(message)
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
        if (this.#front(message).what !== 'call') throw unexpected(message)
        return this.#answer(message, { kind: 'value', value: backend.readFunctionCallResponse(message) })
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
  #beginResult(debt: Owed): void {
    const portal = debt.shape && 'prepared' in debt.shape ? debt.shape : null
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
    this.#answeredGroups++
    this.#owed.shift()
    this.#searchPath.told(this.#told)
  }

  #onNotification(message: MessageReader): void {
    const { channel, payload, processId } = backend.readNotification(message)
    const kept = this.#session.keepPayload(payload)
    const bytes = kept === payload ? raw(message) : writeNotification({ channel, payload: kept, processId })
    this.#client.write(this.#session.remark({ kind: 'notification', channel, payload: kept, process: processId }, bytes))
  }

  #flushRows(): void {
    if (!this.#rows.hasRows) return
    const { block, bytes } = this.#rows.take()
    const ticket = this.#owed[0]?.ticket ?? null
    assert(ticket !== null, 'rows answer a command')
    this.#client.write(this.#session.clear(ticket, block, bytes, this.#show))
  }

  #onCopyOutData(message: MessageReader): void {
    const debt = this.#front(message)
    assert(debt.ticket !== null, 'COPY data answers a command')
    if (!this.#copyOut.append(message)) {
      this.#flushCopyOut()
      this.#copyOut.append(message)
    }
  }

  #flushCopyOut(): void {
    if (!this.#copyOut.hasData) return
    const ticket = this.#owed[0]?.ticket ?? null
    assert(ticket !== null, 'COPY data answers a command')
    const { content, bytes } = this.#copyOut.take()
    this.#client.write(this.#session.clear(ticket, content, bytes, this.#show))
  }

  #onCopyDone(message: MessageReader): void {
    const { ticket } = this.#front(message)
    if (!ticket) throw unexpected(message)
    for (const cleared of this.#session.clearEnd(ticket, raw(message), this.#show)) this.#client.write(cleared)
  }

  #paid(message: MessageReader, what: Owed['what'], part: AnswerPart | null): void {
    const debt = this.#front(message)
    if (debt.what !== what) throw unexpected(message)
    if (debt.what === 'bind' && debt.shape && 'isBound' in debt.shape) debt.shape.isBound = true
    if (part && debt.ticket) this.#record(debt.ticket, part)
    if (!debt.isOwn) this.#client.write(this.#session.relayBack(raw(message)))
    this.#pop()
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
      const isPortal = debt.shape !== null && 'prepared' in debt.shape
      const runsNext = debt.ticket !== null && this.#owed.some(later => later.what === 'execute' && later.ticket?.n === debt.ticket?.n)
      // Columns stand once in the record of a command: with a portal's
      // description, else when its result begins.
      if (runsNext && isPortal) this.#shape = { columns, formats: columns.map(column => (column.format === 'binary' ? 1 : 0)) }
      if (debt.isOwn && debt.ticket) this.#record(debt.ticket, { kind: 'columns', columns })
      else if (runsNext && !isPortal) this.#client.write(this.#session.relayBack(raw(message)))
      else this.#answer(message, { kind: 'columns', columns })
      return this.#pop()
    }
    this.#shape = { columns, formats: columns.map(column => (column.format === 'binary' ? 1 : 0)) }
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

  #onCommandComplete(message: MessageReader): void {
    const { tag, rows, affected } = backend.readCommandComplete(message)
    const debt = this.#front(message)
    this.#followTag(tag, debt)
    this.#followSchema(tag, textOf(debt))
    debt.done++
    this.#onStatementEnd(message, { kind: 'done', tag, rows, ...(affected === undefined ? {} : { affected }) })
  }

  /** Names that SQL took away are no longer the texts we saw; using them is refused until they are prepared again. */
  #followTag(tag: string, debt: Owed): void {
    switch (tag) {
      case 'BEGIN':
        this.#transaction = 'transaction'
        return
      case 'COMMIT':
      case 'ROLLBACK':
        // Cursors go with their transaction, and with what is rolled back of it; `AND CHAIN` begins the next at once.
        this.#transaction = 'idle'
        return this.#forgetPortals(tag)
      case 'DEALLOCATE': {
        const name = this.#namedBy(debt)?.name ?? null
        if (name === null) this.#forgetStatements()
        else for (const names of [this.#statements, this.#prepares]) names.delete(name)
        return
      }
      case 'DEALLOCATE ALL':
        return this.#forgetStatements()
      case 'PREPARE':
        return remember(this.#prepares, this.#namedBy(debt))
      case 'DECLARE CURSOR':
        return this.#onDeclared(this.#namedBy(debt))
      case 'CLOSE CURSOR':
      case 'CLOSE CURSOR ALL':
        return this.#forgetNamedPortals()
      case 'DISCARD ALL':
        this.#forgetStatements()
        return this.#forgetNamedPortals()
    }
  }

  /** Whether another statement may stand behind a name by now than the one we know. */
  #isDoubtful(verb: string, name: string): boolean {
    if (verb === 'FETCH' || verb === 'MOVE') return this.#cursorsAreDoubtful
    return verb === 'EXECUTE' && ((this.#statements.get(name) ?? this.#prepares.get(name))?.isDoubtful ?? false)
  }

  #cursorText(name: string): string | null {
    return this.#portals.get(name)?.prepared.text ?? this.#cursors.get(name)?.text ?? null
  }

  #onDeclared(named: NamedStatement | null): void {
    remember(this.#cursors, named)
    if (named === null || named.name === null) this.#forgetNamedPortals()
    else this.#portals.delete(named.name)
  }

  #forgetPortals(tag: 'COMMIT' | 'ROLLBACK'): void {
    for (const [name, { isHeld }] of this.#cursors) if (tag === 'ROLLBACK' || !isHeld) this.#cursors.delete(name)
    for (const [name, portal] of this.#portals) if (portal.isBound) this.#portals.delete(name)
  }

  #namedBy(debt: Owed): NamedStatement | null {
    return namedStatement(this.#parts.reading.parser, textOf(debt), debt.done)
  }

  /** Follows what there is to be named. */
  #followSchema(tag: string, text: string): void {
    const changed = changesSchema(tag, text)
    if (changed === 'code' || (changed === 'tables' && this.#changed === 'nothing')) this.#changed = changed
  }

  #forgetStatements(): void {
    this.#statements.clear()
    this.#prepares.clear()
  }

  #forgetNamedPortals(): void {
    this.#cursors.clear()
    for (const name of this.#portals.keys()) if (name !== '') this.#portals.delete(name)
  }

  #onStatementEnd(message: MessageReader, part: AnswerPart): void {
    const debt = this.#front(message)
    if (!this.#shape && debt.what === 'execute' && part.kind === 'done') this.#beginResult(debt)
    this.#answer(message, part)
    this.#copyIn = null
    this.#shape = null
    this.#rows.startResult()
    if (debt.what === 'execute') this.#pop()
  }

  #onError(message: MessageReader): void {
    const error = backend.readNotice(message)
    const debt = this.#owed[0]
    this.#copyIn = null
    this.#shape = null
    this.#rows.startResult()
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
    this.#skipToSync(debt)
  }

  /** After an error the target reads and forgets everything up to the next Sync; so do we. */
  #skipToSync(failed: Owed): void {
    const sync = this.#owed.findIndex(debt => debt.what === 'sync')
    // The Sync may not have come yet: then all that comes before it is skipped too.
    this.#isSkipping = sync < 0
    this.#forget(this.#owed.splice(0, sync < 0 ? this.#owed.length : sync), failed.ticket)
  }

  #onNotice(message: MessageReader): void {
    const notice = backend.readNotice(message)
    const ticket = this.#owed[0]?.ticket
    if (ticket) this.#answerWith(ticket, { kind: 'notice', notice }, raw(message))
    else this.#client.write(this.#session.remark({ kind: 'notice', notice }, raw(message)))
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

  #onCopyResponse(message: MessageReader): void {
    const { direction, binary, columns } = backend.readCopyResponse(message)
    const debt = this.#front(message)
    if (direction === 'in') this.#onCopyIn(debt.ticket)
    this.#answer(message, { kind: 'copy', direction, binary, columns })
  }

  /** While it copies in, the target reads and forgets every Sync: those that were sent before the content's end are never answered. */
  #onCopyIn(ticket: Ticket | null): void {
    this.#copyIn = ticket
    const asked = this.#owed[0]?.seq ?? 0
    const end = this.#copyInEnd > asked ? this.#copyInEnd : Infinity
    const isIgnored = (debt: Owed) => debt.what === 'sync' && debt.seq < end
    this.#answeredGroups += this.#owed.filter(isIgnored).length
    this.#owed = this.#owed.filter(debt => !isIgnored(debt))
  }

  #onReady(message: MessageReader): void {
    const debt = this.#front(message)
    if (debt.what !== 'sync' && debt.what !== 'query' && debt.what !== 'call') throw unexpected(message)
    this.#transaction = backend.readReadyForQuery(message)
    this.#answeredGroups++
    if (this.#transaction === 'idle') this.#onIdle()
    if (this.#transaction === 'idle') for (const [name, portal] of this.#portals) if (portal.isBound) this.#portals.delete(name)
    this.#owed.shift()
    if (debt.ticket) this.#end(debt.ticket)
    else if (this.#ending) this.#end(this.#ending)
    this.#client.write(this.#session.relayBack(raw(message)))
  }

  #onIdle(): void {
    if (this.#cursors.size === 0) this.#cursorsAreDoubtful = false
    this.#searchPath.idle()
    const isStale = this.#understander.idle()
    if (this.#changed === 'nothing' && !isStale) return
    if (isStale) this.#searchPath.lost()
    this.#changed = 'nothing'
    this.#parts.reading.catalogues.invalidate(this.#parts.reading.target)
  }

  /** A ticket whose last answer came right before a Sync: its end waits for the transaction state that follows. */
  #ending: Ticket | null = null

  #pop(): void {
    const debt = this.#owed.shift()
    const next = this.#owed[0]
    if (!debt?.ticket || next?.ticket?.n === debt.ticket.n) return
    if (next?.what === 'sync') this.#ending = debt.ticket
    else this.#end(debt.ticket)
  }

  #end(ticket: Ticket): void {
    this.#ending = null
    this.#record(ticket, { kind: 'end', transaction: this.#transaction })
  }

  #front(message: MessageReader): Owed {
    const debt = this.#owed[0]
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

function owed(what: Owed['what'], ticket: Ticket | null): Owed {
  return { what, ticket, text: '', isOwn: false, seq: 0, done: 0, refusal: null, undo: null, shape: null }
}

/** What answers a question of our own, besides its row. */
const ownAnswers: ReadonlySet<number> = new Set([
  backend.type.rowDescription,
  backend.type.commandComplete,
  backend.type.errorResponse,
  backend.type.readyForQuery,
])

const plainVerbs = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** Whether an operation stands in a routine, which may open cursors under any name. */
function runsRoutine({ inside }: Operation): boolean {
  return inside !== undefined && /^(?:DO$|function |trigger )/.test(inside)
}

const namingVerbs = new Set(['PREPARE', 'DEALLOCATE', 'DECLARE', 'CLOSE', 'DISCARD'])

/** Whether an operation may give or take names where its text does not say so: code that nobody read, and code that does it. */
function mayRenameUnseen({ verb, inside, isOpaque }: Operation): boolean {
  return isOpaque === true || (inside !== undefined && namingVerbs.has(verb))
}

/** Whether an operation leaves every name as it is: rows are read and changed, by code that is known. */
function isPlain({ verb, isOpaque, functions }: Operation): boolean {
  return plainVerbs.has(verb) && !isOpaque && !functions?.some(name => name.endsWith('set_config'))
}

/** A longer text is not searched: it may hold anything. */
const searchedLengthMax = 1 << 16

/** Whether a text may give names to statements and cursors, or take them away. */
function renames(text: string): boolean {
  return text.length > searchedLengthMax || /\b(?:deallocate|prepare|discard|declare|close)\b/i.test(text)
}

function renamesAsPrepared(shape: Prepared | Portal | null): boolean {
  if (!shape) return true
  const prepared = 'prepared' in shape ? shape.prepared : shape
  prepared.renames ??= renames(prepared.text)
  return prepared.renames
}

const noParameters: Parameter[] = []

/** A call of something, or code of its own. */
const callsSomething = /[\w"]\s*\(|\b(?:do|call|execute)\b/i

/** The text that a debt is about. */
function textOf({ shape, text }: Owed): string {
  if (!shape) return text
  return 'prepared' in shape ? shape.prepared.text : shape.text
}

/** What a statement that is done may have changed of what a catalogue shows. What runs code may have done so unseen. */
function changesSchema(tag: string, text: string): 'nothing' | 'tables' | 'code' {
  if (/^(?:CREATE|DROP) (?:TABLE|INDEX|SEQUENCE|STATISTICS)/.test(tag)) return 'tables'
  if (/^(?:CREATE|ALTER|DROP|IMPORT|REASSIGN|DO$|CALL$)/.test(tag)) return 'code'
  return /^(?:SELECT|INSERT)/.test(tag) &&
    (text.length > searchedLengthMax || /\b(?:into|create)\b/i.test(text)) &&
    !/^\s*insert\b/i.test(text)
    ? 'tables'
    : 'nothing'
}

/** Notes what SQL gave a name to. When that cannot be told, no name is certain any more. */
function remember(names: Map<string, NamedStatement>, named: NamedStatement | null): void {
  if (named === null || named.name === null) return names.clear()
  names.delete(named.name)
  names.set(named.name, named)
  for (const oldest of names.keys()) {
    if (names.size <= namesMax) return
    names.delete(oldest)
  }
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}

function raw(message: MessageReader): Uint8Array {
  return message.bytes.subarray(message.start, message.end)
}

function then(wait: void | Promise<void>, next: () => void | Promise<void>): void | Promise<void> {
  return wait ? wait.then(next) : next()
}

function replaceName<T>(names: Map<string, T>, name: string, value: T): () => void {
  const previous = names.get(name)
  names.set(name, value)
  return () => (previous === undefined ? names.delete(name) : names.set(name, previous))
}

function removeName<T>(names: Map<string, T>, name: string): () => void {
  const previous = names.get(name)
  names.delete(name)
  return () => previous !== undefined && names.set(name, previous)
}

function formatOf(formats: number[], column: number): 'text' | 'binary' {
  const format = formats.length === 1 ? formats[0] : (formats[column] ?? 0)
  return format === 1 ? 'binary' : 'text'
}

function shortValue(parameter: Parameter): string {
  const { value } = parameter
  if (value === null) return 'NULL'
  if (typeof value === 'string') return value.length > 80 ? `'${value.slice(0, 79)}…'` : `'${value}'`
  return 'hex' in value ? `\\x${value.hex.slice(0, 80)}` : '…'
}

/** A refusal as PostgreSQL says `insufficient_privilege`, with the rule and the way out; one that was cancelled as `query_canceled`. */
function refusalOf(ruling: Ruling): Notice {
  const { decision } = ruling
  const { rule = 'unnamed', policyVersion } = decision
  if (ruling.verdict === 'deny' && ruling.isWithdrawn)
    return { severity: 'ERROR', code: '57014', message: 'canceling statement due to user request', detail: `rule: ${rule}` }
  return {
    severity: 'ERROR',
    code: '42501',
    message: decision.reason ?? 'refused by policy',
    detail: `rule: ${rule}${policyVersion === 'built in' ? '' : ` (policy ${policyVersion})`}`,
    hint: (ruling.verdict === 'deny' ? ruling.hint : null) ?? 'do it another way, or ask whoever keeps the policy',
  }
}

function unexpected(message: MessageReader): RelayEnded {
  return new RelayEnded(
    'protocol violation',
    fatal('08P01', `the target sent a message of type ${String.fromCharCode(message.type)} that nothing asked for`),
  )
}
