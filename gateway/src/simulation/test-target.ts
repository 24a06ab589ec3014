import { join, say, splitMessages } from '../protocols/postgres/test-conversation.ts'
import { question } from '../protocols/postgres/search-path.ts'
import { readStartup } from '../protocols/postgres/wire/startup.ts'
import { writeAuthenticationOk, writeBackendKeyData, writeParameterStatus, writeReadyForQuery } from '../protocols/postgres/wire/write.ts'
import type { Address } from '../runtime/machine.ts'
import type { SimulatedMachine } from '../runtime/simulated.ts'
import type { SimulatedSocket } from '../runtime/simulated-network.ts'
import type { Chance } from './test-chance.ts'
import type { Marks } from './test-marks.ts'

// For tests alone: a database server that speaks PostgreSQL's protocol, does
// what statements tell it to in a comment, and remembers all that it saw.

/** Something that reached a target: a statement's text, values for one, or content of a COPY. */
export type Seen = { atUs: number; target: string } & (
  | { what: 'query' | 'prepare'; text: string }
  | { what: 'bind'; text: string; values: (string | null)[] }
  | { what: 'content'; text: string }
)

/** What a statement says it wants, in a comment: how many rows, to fail, to take its time. */
function wish(statement: string, name: string): number {
  return Number(new RegExp(`\\b${name}=(\\d+)`).exec(statement)?.[1] ?? 0)
}

interface TargetParts {
  name: string
  address: Address
  machine: SimulatedMachine
  chance: Chance
  marks: Marks
}

export class SimulatedTarget {
  readonly name: string
  readonly seen: Seen[] = []
  readonly #machine: SimulatedMachine
  readonly #chance: Chance
  readonly #marks: Marks
  readonly #backends = new Map<number, Backend>()
  #lastProcessId = 100
  /** By chance a connection breaks after some bytes. */
  breaks = false

  constructor({ name, address, machine, chance, marks }: TargetParts) {
    this.name = name
    this.#marks = marks
    this.#machine = machine
    this.#chance = chance
    void machine.network.listen(address, socket => this.#accept(socket as SimulatedSocket))
  }

  #accept(socket: SimulatedSocket): void {
    const processId = ++this.#lastProcessId
    if (this.breaks && this.#chance.isOne(4)) socket.breakAfter(this.#chance.below(3000))
    const backend = new Backend({
      socket,
      processId,
      chance: this.#chance,
      marks: this.#marks,
      machine: this.#machine,
      see: seen => this.seen.push({ ...seen, atUs: this.#machine.clock.monotonicUs(), target: this.name } as Seen),
      cancel: id => this.#backends.get(id)?.cancel(),
    })
    this.#backends.set(processId, backend)
  }
}

interface BackendParts {
  socket: SimulatedSocket
  processId: number
  chance: Chance
  marks: Marks
  machine: SimulatedMachine
  see: (seen: { what: Seen['what']; text: string; values?: (string | null)[] }) => void
  cancel: (processId: number) => void
}

type Message = ReturnType<typeof splitMessages>[number]

interface Portal {
  text: string
  rowsSent: number
}

/** One connection, served by a process of its own: messages wait their turn, and are dealt with also when nobody reads the answers any more. */
class Backend {
  readonly #parts: BackendParts
  #received: Uint8Array = new Uint8Array(0)
  #isIn = false
  readonly #queue: Message[] = []
  #isWorking = false
  #state: 'I' | 'T' | 'E' = 'I'
  #isSkipping = false
  /** What is done when the content of a COPY has come; a failed COPY in a pipeline skips to its Sync. */
  #copyIn: { isExtended: boolean } | null = null
  readonly #statements = new Map<string, string>()
  readonly #portals = new Map<string, Portal>()
  #wake: (() => void) | null = null

  constructor(parts: BackendParts) {
    this.#parts = parts
    parts.socket.onData(bytes => this.#take(bytes))
    parts.socket.onEnd(() => {})
  }

  cancel(): void {
    this.#wake?.()
  }

  #take(bytes: Uint8Array): void {
    this.#received = join(this.#received, bytes)
    if (!this.#isIn && !this.#login()) return
    const messages = splitMessages(this.#received)
    const length = messages.reduce((sum, { bytes: { length: one } }) => sum + one, 0)
    this.#received = this.#received.slice(length)
    for (const one of messages) {
      this.#see(one)
      this.#queue.push({ ...one, bytes: one.bytes.slice() })
    }
    void this.#work()
  }

  /** Lets everybody in. Gives false until it has. */
  #login(): boolean {
    const { socket, processId, cancel } = this.#parts
    const reading = readStartup(this.#received, { isFirst: false })
    if (reading.kind === 'more') return false
    if (reading.kind === 'cancel') {
      cancel(reading.processId)
      socket.end()
      return false
    }
    this.#received = this.#received.slice(reading.length)
    this.#isIn = true
    socket.write(
      join(
        writeAuthenticationOk(),
        writeParameterStatus('server_version', '15.4'),
        writeParameterStatus('client_encoding', 'UTF8'),
        writeParameterStatus('standard_conforming_strings', 'on'),
        writeBackendKeyData(processId, Uint8Array.of(1, 2, 3, 4)),
        writeReadyForQuery('idle'),
      ),
    )
    return true
  }

  /** Notes what came, as it came: whatever is done with it later, it was seen. */
  #see({ type, text, bytes }: Message): void {
    const { see } = this.#parts
    if (type === 'Q') see({ what: 'query', text: text.slice(0, -1) })
    if (type === 'P') {
      const [name, statement] = text.split('\0') as [string, string]
      this.#names.set(name, statement)
      see({ what: 'prepare', text: statement })
    }
    if (type === 'B') {
      const { statement, values } = readBind(bytes)
      see({ what: 'bind', text: this.#names.get(statement) ?? '', values })
    }
    if (type === 'd') see({ what: 'content', text })
  }

  /** The texts that names had when their messages came. */
  readonly #names = new Map<string, string>()

  async #work(): Promise<void> {
    if (this.#isWorking) return
    this.#isWorking = true
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const answer = await this.#answer(next)
      if (answer.length > 0) this.#parts.socket.write(answer)
    }
    this.#isWorking = false
  }

  async #answer(asked: Message): Promise<Uint8Array> {
    const { type, text } = asked
    if (this.#copyIn) return this.#onCopyIn(asked, this.#copyIn)
    if (type === 'X') {
      this.#parts.socket.end()
      return nothing
    }
    if (type === 'S') {
      this.#isSkipping = false
      return this.#ready()
    }
    if (this.#isSkipping) return nothing
    switch (type) {
      case 'Q':
        return this.#onQuery(text.slice(0, -1))
      case 'P': {
        const [name, statement] = text.split('\0') as [string, string]
        if (!isKnownSyntax(statement)) return this.#failExtended('42601', 'syntax error')
        this.#statements.set(name, statement)
        return say.parsed
      }
      case 'B': {
        const { portal, statement } = readBind(asked.bytes)
        const bound = this.#statements.get(statement)
        if (bound === undefined) return this.#failExtended('26000', 'no such statement')
        this.#portals.set(portal, { text: bound, rowsSent: 0 })
        return say.bound
      }
      case 'D': {
        const found = text[0] === 'S' ? this.#statements.get(text.slice(1, -1)) : this.#portals.get(text.slice(1, -1))?.text
        if (found === undefined) return this.#failExtended('26000', 'nothing of that name')
        const columns = /^\s*select\b/i.test(found) ? say.columns('mark', 'name') : say.noData
        return text[0] === 'S' ? join(say.parameters(...Array.from({ length: parametersOf(found) }, () => 25)), columns) : columns
      }
      case 'E': {
        const [name] = text.split('\0') as [string]
        const rowsMax = new DataView(asked.bytes.buffer, asked.bytes.byteOffset).getInt32(asked.bytes.length - 4)
        const portal = this.#portals.get(name)
        if (!portal) return this.#failExtended('34000', 'no such portal')
        return this.#onStatement(portal.text, { portal, rowsMax })
      }
      case 'C':
        if (text[0] === 'S') this.#statements.delete(text.slice(1, -1))
        else this.#portals.delete(text.slice(1, -1))
        return say.closed
      case 'H':
      case 'd':
      case 'c':
      case 'f':
        return nothing
      case 'F':
        return join(say.value(this.#parts.marks.word('ans')), say.ready(this.#state))
      default:
        return this.#failExtended('0A000', `nobody does ${type} here`)
    }
  }

  async #onQuery(text: string): Promise<Uint8Array> {
    const own = answerToGateway(text)
    if (own) return join(own, say.ready(this.#state))
    if (!isKnownSyntax(text)) return join(this.#error('42601', 'syntax error'), say.ready(this.#state))
    const answers: Uint8Array[] = []
    const statements = text.split(';').filter(statement => statement.trim() !== '')
    if (statements.length === 0) return join(say.empty, say.ready(this.#state))
    for (const statement of statements) {
      const answer = await this.#onStatement(statement, null)
      answers.push(answer)
      if (this.#copyIn) return join(...answers)
      if (splitMessages(answer).some(one => one.type === 'E')) break
    }
    return join(...answers, say.ready(this.#state))
  }

  async #onStatement(statement: string, extended: { portal: Portal; rowsMax: number } | null): Promise<Uint8Array> {
    const verb = /^\s*(\w+)/.exec(statement)?.[1]?.toLowerCase() ?? ''
    const fail = (code: string, text: string) => (extended ? this.#failExtended(code, text) : this.#error(code, text))
    if (this.#state === 'E' && verb !== 'rollback' && verb !== 'commit') return fail('25P02', 'current transaction is aborted')
    if (await this.#waits(wish(statement, 'delay'))) return fail('57014', 'canceling statement due to user request')
    const before = wish(statement, 'notice') > 0 ? say.notice(this.#parts.marks.word('ntc')) : nothing
    if (wish(statement, 'fails') > 0) return join(before, fail('22012', this.#parts.marks.word('err')))
    const tag = (name: string) => join(before, say.done(`${name} ${this.#parts.marks.number()}`))
    switch (verb) {
      case 'begin':
        this.#state = 'T'
        return say.done('BEGIN')
      case 'commit':
      case 'rollback': {
        const done = verb === 'rollback' || this.#state === 'E' ? 'ROLLBACK' : 'COMMIT'
        this.#state = 'I'
        this.#portals.clear()
        return say.done(done)
      }
      case 'select':
        return join(before, this.#rows(statement, extended))
      case 'copy':
        return join(before, this.#copy(statement, extended !== null))
      case 'insert':
        return tag('INSERT 0')
      default:
        return tag(verb.toUpperCase())
    }
  }

  #rows(statement: string, extended: { portal: Portal; rowsMax: number } | null): Uint8Array {
    const all = wish(statement, 'rows')
    const sent = extended?.portal.rowsSent ?? 0
    const count = extended && extended.rowsMax > 0 ? Math.min(all - sent, extended.rowsMax) : all - sent
    if (extended) extended.portal.rowsSent += count
    const secret = wish(statement, 'secret') > 0
    const rows = Array.from({ length: count }, () =>
      say.row(this.#parts.marks.word('ans'), secret ? `a secret ${this.#parts.marks.word('sec')}` : null),
    )
    const isSuspended = extended !== null && extended.rowsMax > 0 && count === extended.rowsMax
    const columns = extended ? nothing : say.columns('mark', 'name')
    return join(columns, ...rows, isSuspended ? say.suspended : say.done(`SELECT ${count}`))
  }

  #copy(statement: string, isExtended: boolean): Uint8Array {
    if (/\bfrom stdin\b/i.test(statement)) {
      this.#copyIn = { isExtended }
      return say.copyIn
    }
    const lines = Array.from({ length: wish(statement, 'rows') }, () => say.copyData(`${this.#parts.marks.word('ans')}\n`))
    return join(say.copyOut, ...lines, say.copyDone, say.done(`COPY ${this.#parts.marks.number()}`))
  }

  #onCopyIn({ type }: Message, { isExtended }: { isExtended: boolean }): Uint8Array {
    // PostgreSQL ignores Flush and Sync here, and anything else ends the COPY with an error.
    if (type === 'd' || type === 'H' || type === 'S') return nothing
    this.#copyIn = null
    const ready = isExtended ? nothing : say.ready(this.#state)
    if (type === 'c') return join(say.done(`COPY ${this.#parts.marks.number()}`), ready)
    const error = isExtended
      ? this.#failExtended('57014', this.#parts.marks.word('err'))
      : this.#error('57014', this.#parts.marks.word('err'))
    return join(error, isExtended ? nothing : say.ready(this.#state))
  }

  #error(code: string, text: string): Uint8Array {
    if (this.#state === 'T') this.#state = 'E'
    return say.error(code, text)
  }

  #failExtended(code: string, text: string): Uint8Array {
    this.#isSkipping = true
    return this.#error(code, text)
  }

  #ready(): Uint8Array {
    if (this.#state === 'I') this.#portals.clear()
    const { chance } = this.#parts
    const aside = chance.isOne(30) ? say.notification('channel', this.#parts.marks.word('ntc')) : nothing
    return join(aside, say.ready(this.#state))
  }

  /** Takes its time, and gives whether it was told to stop. */
  #waits(delayMs: number): Promise<boolean> | false {
    if (delayMs === 0) return false
    return new Promise(resolve => {
      const timer = this.#parts.machine.clock.after(delayMs, () => {
        this.#wake = null
        resolve(false)
      })
      this.#wake = () => {
        timer.cancel()
        this.#wake = null
        resolve(true)
      }
    })
  }
}

const nothing = new Uint8Array(0)

function isKnownSyntax(text: string): boolean {
  return !text.startsWith('refused')
}

function parametersOf(text: string): number {
  return new Set(text.match(/\$\d/g)).size
}

function readBind(bytes: Uint8Array): { portal: string; statement: string; values: (string | null)[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const utf8 = new TextDecoder()
  let at = 5
  const name = () => {
    const end = bytes.indexOf(0, at)
    const read = utf8.decode(bytes.subarray(at, end))
    at = end + 1
    return read
  }
  const portal = name()
  const statement = name()
  at += 2 + 2 * view.getInt16(at)
  const count = view.getInt16(at)
  at += 2
  const values = Array.from({ length: count }, () => {
    const length = view.getInt32(at)
    at += 4
    if (length < 0) return null
    at += length
    return utf8.decode(bytes.subarray(at - length, at))
  })
  return { portal, statement, values }
}

/** What the gateway asks by itself: where names are looked up, and what there is. A shop of one table. */
function answerToGateway(text: string): Uint8Array | null {
  if (text === question)
    return join(...['public', 'none', 'app'].map(value => join(say.columns('setting'), say.row(value), say.done('SHOW'))))
  if (text.includes('server_version_num')) return rows(['150000', '["public"]'])
  if (text.startsWith('BEGIN ISOLATION')) return join(say.done('BEGIN'), say.done('SET'), say.done('SET'), say.done('SET'))
  if (text === 'COMMIT') return say.done('COMMIT')
  if (text === 'ROLLBACK') return say.done('ROLLBACK')
  if (text.includes('c.relkind,')) return rows(['16385', 'public', 't', 'r', null])
  if (text.includes('FROM pg_attribute a'))
    return rows(['16385', '1', 'mark', 'text', '25', null, null, null, null], ['16385', '2', 'name', 'text', '25', null, null, null, null])
  return /\bFROM pg_|\bFROM \(\s*SELECT conrelid/.test(text) ? rows() : null
}

function rows(...all: (string | null)[][]): Uint8Array {
  return join(
    say.columns(...(all[0] ?? ['x']).map((_, i) => `c${i}`)),
    ...all.map(row => say.row(...row)),
    say.done(`SELECT ${all.length}`),
  )
}
