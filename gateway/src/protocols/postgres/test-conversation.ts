import { readRecording, type AnswerPart, type CommandRecord, type EndRecord, type NoticeRecord } from '@steno/recordings'
import { createMaskKey, createParser } from '@steno/policy-dsl'
import { Guard } from '../../guard/guard.ts'
import type { Consent, Law } from '../../guard/law.ts'
import { noLaw } from '../../guard/no-law.ts'
import { Recordings } from '../../journal/recordings.ts'
import { toBase64 } from '../../runtime/bytes.ts'
import { hmacSha256, pbkdf2Sha256, sha256 } from '../../runtime/crypto.ts'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import { SimulatedMachine } from '../../runtime/simulated.ts'
import type { SimulatedSocket } from '../../runtime/simulated-network.ts'
import type { ActiveRun, Doors, ScramVerifier } from '../protocol.ts'
import { Cancels } from './cancels.ts'
import { Catalogues } from './catalogue/catalogues.ts'
import { PinnedSettings } from './pinned-settings.ts'
import { question } from './search-path.ts'
import { serve } from './serve.ts'
import {
  writeAuthenticationOk,
  writeBackendKeyData,
  writeParameterStatus,
  writeReadyForQuery,
  writeSaslInitialResponse,
  writeSaslResponse,
  writeStartup,
} from './wire/write.ts'

// For tests alone: a client, a gateway and a target that answers by a script, on a simulated machine.

const utf8 = new TextEncoder()

export function join(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** A message of a type, its body given in pieces: text as it is, numbers as bytes. */
export function message(type: string, ...pieces: (string | number[] | Uint8Array)[]): Uint8Array {
  const body = join(...pieces.map(piece => (typeof piece === 'string' ? utf8.encode(piece) : Uint8Array.from(piece))))
  return join(utf8.encode(type), Uint8Array.from(int32(body.length + 4)), body)
}

export const int16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff]
export const int32 = (value: number): number[] => [...int16(value >>> 16), ...int16(value)]
const value = (text: string | null): number[] => (text === null ? int32(-1) : [...int32(utf8.encode(text).length), ...utf8.encode(text)])

/** What a client says. */
export const ask = {
  query: (text: string) => message('Q', `${text}\0`),
  parse: (name: string, text: string, oids: number[] = []) => message('P', `${name}\0${text}\0`, int16(oids.length), oids.flatMap(int32)),
  bind: (portal: string, statement: string, values: (string | null)[] = []) =>
    message('B', `${portal}\0${statement}\0`, int16(0), int16(values.length), values.flatMap(value), int16(0)),
  describe: (of: 'S' | 'P', name: string) => message('D', `${of}${name}\0`),
  execute: (portal: string, rowsMax = 0) => message('E', `${portal}\0`, int32(rowsMax)),
  close: (of: 'S' | 'P', name: string) => message('C', `${of}${name}\0`),
  call: (oid: number, values: string[]) => message('F', int32(oid), int16(0), int16(values.length), values.flatMap(value), int16(0)),
  copyData: (text: string) => message('d', text),
  copyDone: message('c'),
  copyFail: (why: string) => message('f', `${why}\0`),
  flush: message('H'),
  sync: message('S'),
  terminate: message('X'),
}

/** What a target answers. */
export const say = {
  columns: (...names: string[]) =>
    message(
      'T',
      int16(names.length),
      ...names.flatMap(name => [`${name}\0`, int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
    ),
  parameters: (...oids: number[]) => message('t', int16(oids.length), oids.flatMap(int32)),
  row: (...values: (string | null)[]) => message('D', int16(values.length), values.flatMap(value)),
  done: (tag: string) => message('C', `${tag}\0`),
  parsed: message('1'),
  bound: message('2'),
  closed: message('3'),
  noData: message('n'),
  empty: message('I'),
  suspended: message('s'),
  error: (code: string, text: string) => message('E', `SERROR\0VERROR\0C${code}\0M${text}\0\0`),
  notice: (text: string) => message('N', `SNOTICE\0VNOTICE\0C00000\0M${text}\0\0`),
  notification: (channel: string, payload: string) => message('A', int32(7), `${channel}\0${payload}\0`),
  setting: writeParameterStatus,
  copyIn: message('G', [0], int16(1), int16(0)),
  copyOut: message('H', [0], int16(1), int16(0)),
  copyData: (text: string) => message('d', text),
  copyDone: message('c'),
  value: (text: string | null) => message('V', value(text)),
  ready: (state: 'I' | 'T' | 'E' = 'I') => message('Z', state),
}

const token = utf8.encode('stn_test')
const salt = utf8.encode('a salt of 16 byte')
const iterations = 4096
const salted = pbkdf2Sha256(token, salt, iterations)
const clientKey = hmacSha256(salted, utf8.encode('Client Key'))

/** What the gateway knows of the token. */
export const verifier: ScramVerifier = {
  iterations,
  salt,
  storedKey: sha256(clientKey),
  serverKey: hmacSha256(salted, utf8.encode('Server Key')),
}

const parser = await createParser({ loadWasm: loadParserWasm })

export interface GatewayOptions {
  law?: Law
  consent?: Consent
  durability?: 'standard' | 'strict'
  messageBytesMax?: number
  admitted?: boolean
}

/** A gateway with one run, `r1`, and one target, `shop`, at `db:5432`, which the test serves. */
export function openGateway({
  law = noLaw,
  consent,
  durability = 'standard',
  messageBytesMax = 1 << 20,
  admitted = true,
}: GatewayOptions = {}) {
  const machine = new SimulatedMachine()
  const recordings = new Recordings(machine, { directory: '/data', onSyncFailed: () => {}, onGrown: () => {} })
  const guard = new Guard(machine, recordings, { gateway: 'gw', durability, law, log: null, consent: consent ?? null })
  const over = new AbortController()
  const run: ActiveRun = {
    identity: { id: 'r1', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
    root: 'r1',
    principal: { kind: 'agent', name: 'reporter', groups: [] },
    delegation: [],
    targets: ['shop'],
    expiresAtUs: Number.MAX_SAFE_INTEGER,
    over: over.signal,
  }
  const turnedAway: string[] = []
  const doors: Doors = {
    machine,
    tls: null,
    limits: { startupMs: 10_000, messageBytesMax, valueBytesMax: 1 << 20, connectMs: 5_000 },
    maskKey: createMaskKey(new Uint8Array(32)),
    credential: name => (name === 'r1' ? { run, scram: verifier } : null),
    admit: () =>
      admitted
        ? {
            admitted: true,
            target: {
              name: 'shop',
              address: { host: 'db', port: 5432 },
              labels: {},
              settings: { database: 'shop', user: 'app', tls: 'disable' },
            },
          }
        : { admitted: false, reason: 'this run may not reach "shop"' },
    open: request => guard.open(request),
    reveal: () => 'secret',
    readFile: () => '',
    turnedAway: ({ reason }) => void turnedAway.push(reason),
  }
  // A target without tables of its own: what a session asks is all these tests look at.
  const catalogues = new Catalogues(doors, async () => ({ relations: [], routines: [], searchPath: ['public'], serverVersion: 150_000 }))
  const office = { doors, cancels: new Cancels(machine), pinned: new PinnedSettings(parser), parser, catalogues, known: new Map() }
  return { machine, guard, doors, office, turnedAway, endRun: (reason: string) => over.abort(reason) }
}

export type TestGateway = ReturnType<typeof openGateway>

/** One end of a connection: what came, and what is written. */
export class Peer {
  readonly socket: SimulatedSocket
  received: Uint8Array = new Uint8Array(0)
  isEnded = false
  onMore: () => void = () => {}

  constructor(socket: SimulatedSocket) {
    this.socket = socket
    socket.onData(bytes => {
      this.received = join(this.received, bytes)
      this.onMore()
    })
    socket.onEnd(() => (this.isEnded = true))
  }

  /** The whole messages that came, with their type letters, and the bytes after them. */
  messages(): { type: string; bytes: Uint8Array; text: string }[] {
    return splitMessages(this.received)
  }

  take(): Uint8Array {
    const { received } = this
    this.received = new Uint8Array(0)
    return received
  }
}

export function splitMessages(bytes: Uint8Array): { type: string; bytes: Uint8Array; text: string }[] {
  const found: { type: string; bytes: Uint8Array; text: string }[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + view.getInt32(at + 1)
    if (end > bytes.length) break
    const whole = bytes.subarray(at, end)
    found.push({ type: String.fromCharCode(whole[0]!), bytes: whole, text: new TextDecoder().decode(whole.subarray(5)) })
    at = end
  }
  return found
}

/** Resolves when all that could go on without the clock has gone on: after the microtasks there are. */
export function rest(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

const ending = new Set(['Q', 'S', 'H', 'F', 'c', 'f'])

/**
 * A target that lets the gateway in and then gives the next of its answers
 * each time it has read a message that asks for one: Query, Sync, Flush,
 * FunctionCall, CopyDone, CopyFail.
 */
export class ScriptedTarget {
  /** What the gateway sent after its login, without its own questions. */
  sent: Uint8Array = new Uint8Array(0)
  peer: Peer | null = null
  /** Writes one answer; a test replaces it to cut it. */
  deliver: (bytes: Uint8Array) => void
  hangUp: () => void
  readonly #answers: Uint8Array[]
  #read = 0
  #isIn = false
  #state: 'I' | 'T' | 'E' = 'I'

  constructor(gateway: TestGateway, answers: Uint8Array[]) {
    this.#answers = [...answers]
    this.deliver = bytes => void this.peer?.socket.write(bytes)
    this.hangUp = () => this.peer?.socket.end()
    void gateway.machine.network.listen({ host: 'db', port: 5432 }, socket => {
      const peer = new Peer(socket as SimulatedSocket)
      peer.onMore = () => this.#onMore(peer)
      this.peer = peer
    })
  }

  #onMore(peer: Peer): void {
    if (!this.#isIn) {
      if (peer.received.length < 4 || peer.received.length < new DataView(peer.received.buffer).getInt32(0)) return
      peer.take()
      this.#isIn = true
      return void peer.socket.write(
        join(
          writeAuthenticationOk(),
          writeParameterStatus('client_encoding', 'UTF8'),
          writeParameterStatus('standard_conforming_strings', 'on'),
          writeBackendKeyData(99, Uint8Array.of(1, 2, 3, 4)),
          writeReadyForQuery('idle'),
        ),
      )
    }
    const messages = splitMessages(peer.received)
    this.sent = withoutQuestions(peer.received)
    for (; this.#read < messages.length; this.#read++) {
      const message = messages[this.#read]!
      if (message.type === 'X') this.hangUp()
      if (isQuestion(message)) peer.socket.write(join(said('public'), said('none'), said('app'), say.ready(this.#state)))
      else if (ending.has(message.type)) {
        const answer = this.#answers.shift()
        if (!answer) continue
        const ready = splitMessages(answer).findLast(({ type }) => type === 'Z')
        if (ready) this.#state = ready.text as 'I' | 'T' | 'E'
        this.deliver(answer)
      }
    }
  }
}

/** Connects a client that has not said anything yet. `served` settles when the gateway is done with it. */
export function connect(gateway: TestGateway): { client: Peer; served: Promise<void> } {
  const [near, far] = gateway.machine.network.pair()
  return { client: new Peer(near), served: serve(far, gateway.office) }
}

/** Logs a client in as the run `user`, as far as the gateway lets it. */
export async function logIn(
  client: Peer,
  {
    user = 'r1',
    parameters = {},
    proofKey = clientKey,
  }: { user?: string; parameters?: Record<string, string>; proofKey?: Uint8Array } = {},
): Promise<void> {
  client.socket.write(writeStartup(new Map(Object.entries({ user, database: 'shop', ...parameters }))))
  await rest()
  const bare = 'n=,r=abcdefgh'
  client.socket.write(writeSaslInitialResponse('SCRAM-SHA-256', `n,,${bare}`))
  await rest()
  const serverFirst = client.messages().at(-1)?.text.slice(4) ?? ''
  const nonce = /^r=([^,]*)/.exec(serverFirst)?.[1] ?? ''
  const withoutProof = `c=biws,r=${nonce}`
  const signature = hmacSha256(sha256(proofKey), utf8.encode(`${bare},${serverFirst},${withoutProof}`))
  client.socket.write(writeSaslResponse(`${withoutProof},p=${toBase64(proofKey.map((byte, i) => byte ^ signature[i]!))}`))
  await rest()
}

/** One executed command with its answer, however the messages around it were cut. */
export interface Executed {
  command: Omit<CommandRecord, 'n' | 'prepared' | 'kind'>
  parts: AnswerPart[]
}

export interface Story {
  commands: CommandRecord[]
  executed: Executed[]
  notices: NoticeRecord[]
  transcript: string
  end: EndRecord | null
}

/** Reads the only recording with the strict reader. */
export function recorded({ machine }: TestGateway): Story {
  const [day] = machine.disk.list('/data/sessions')
  const [name] = machine.disk.list(`/data/sessions/${day}`)
  const story: Story = { commands: [], executed: [], notices: [], transcript: '', end: null }
  const answers = new Map<number, AnswerPart[]>()
  for (const { event } of readRecording(machine.disk.read(`/data/sessions/${day}/${name}`)).events) {
    if (event.code === 'q') story.commands.push(event.command)
    else if (event.code === 'n') story.notices.push(event.notice)
    else if (event.code === 'o') story.transcript += event.output
    else if (event.code === 'e') story.end = event.end
    else if (event.code === 'b') addPart(answers, event.body.n, { kind: 'data', content: event.body.content })
    else if (event.code === 'a') for (const part of event.answer.parts) addPart(answers, event.answer.n, part)
  }
  for (const { n, prepared: _prepared, kind, ...command } of story.commands)
    if (kind === 'query' || kind === 'execute' || kind === 'call') story.executed.push({ command, parts: answers.get(n) ?? [] })
  return story
}

/** Joins what came in pieces, and leaves out what the planning of a statement answers. */
function addPart(answers: Map<number, AnswerPart[]>, n: number, part: AnswerPart): void {
  if (part.kind === 'prepared' || part.kind === 'bound' || part.kind === 'parameters') return
  const parts = answers.get(n) ?? []
  answers.set(n, parts)
  const last = parts.at(-1)
  if (last?.kind === 'rows' && part.kind === 'rows') parts[parts.length - 1] = { kind: 'rows', rows: [...last.rows, ...part.rows] }
  else if (last?.kind === 'data' && part.kind === 'data' && 'text' in last.content && 'text' in part.content)
    parts[parts.length - 1] = { kind: 'data', content: { text: last.content.text + part.content.text } }
  else parts.push(part)
}

const said = (value: string) => join(say.columns('setting'), say.row(value), say.done('SHOW'))

/** Where the gateway asks by itself, because policies look at the session. */
function isQuestion({ type, text }: { type: string; text: string }): boolean {
  return type === 'Q' && text === `${question}\0`
}

function withoutQuestions(bytes: Uint8Array): Uint8Array {
  const messages = splitMessages(bytes)
  const whole = messages.reduce((sum, message) => sum + message.bytes.length, 0)
  return join(...messages.filter(message => !isQuestion(message)).map(message => message.bytes), bytes.subarray(whole))
}
