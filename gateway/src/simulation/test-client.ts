import { ask, join, splitMessages } from '../protocols/postgres/test-conversation.ts'
import { ScramClient } from '../protocols/postgres/auth/scram.ts'
import { writeCancelRequest, writeSaslInitialResponse, writeSaslResponse, writeStartup } from '../protocols/postgres/wire/write.ts'
import type { Address } from '../runtime/machine.ts'
import type { SimulatedMachine } from '../runtime/simulated.ts'
import type { SimulatedSocket } from '../runtime/simulated-network.ts'
import { marksIn } from './test-marks.ts'

// For tests alone: a program with a run's credential, which says what it is told and keeps all that it hears.

/** The connection is over, in the middle of whatever was asked. */
export class Gone extends Error {}

export interface Login {
  address: Address
  run: string
  token: string
  target: string
}

type Message = ReturnType<typeof splitMessages>[number]

/** What carries marks that a client has been told: rows, tags, errors, notices, content. */
const telling = new Set(['D', 'C', 'E', 'N', 'A', 'd'])

export class SimulatedClient {
  /** Told each mark that reaches this client. */
  onHeard: (mark: string) => void = () => {}
  /** `code` of every error, in order. */
  readonly errors: string[] = []
  readonly settings = new Map<string, string>()
  readonly #machine: SimulatedMachine
  readonly #socket: SimulatedSocket
  readonly #address: Address
  #received: Uint8Array = new Uint8Array(0)
  readonly #unread: Message[] = []
  #isGone = false
  #wake: () => void = () => {}
  #key = { processId: 0, secretKey: new Uint8Array(0) as Uint8Array }

  private constructor(machine: SimulatedMachine, socket: SimulatedSocket, address: Address) {
    this.#machine = machine
    this.#socket = socket
    this.#address = address
    socket.onData(bytes => this.#take(bytes))
    socket.onEnd(() => {
      this.#isGone = true
      this.#wake()
    })
  }

  /** Comes in with a run's credential. Rejects with `Gone` when it is not let in. */
  static async connect(machine: SimulatedMachine, { address, run, token, target }: Login): Promise<SimulatedClient> {
    const socket = await machine.network.connect(address, { timeoutMs: 1000 }).catch(() => {
      throw new Gone('nobody listens')
    })
    const client = new SimulatedClient(machine, socket, address)
    socket.write(
      writeStartup(
        new Map([
          ['user', run],
          ['database', target],
        ]),
      ),
    )
    const scram = new ScramClient({ password: token, nonce: `nonce${run}` })
    for (;;) {
      const { type, bytes, text } = await client.next()
      if (type === 'E') throw new Gone(text)
      if (type === 'Z') return client
      if (type === 'K') client.#key = { processId: new DataView(bytes.buffer, bytes.byteOffset).getInt32(5), secretKey: bytes.slice(9) }
      if (type === 'S') client.settings.set(...(text.split('\0').slice(0, 2) as [string, string]))
      if (type !== 'R') continue
      const request = new DataView(bytes.buffer, bytes.byteOffset).getInt32(5)
      if (request === 10) socket.write(writeSaslInitialResponse('SCRAM-SHA-256', scram.first()))
      if (request === 11) socket.write(writeSaslResponse(scram.final(text.slice(4))))
      if (request === 12) scram.verify(text.slice(4))
    }
  }

  get isGone(): boolean {
    return this.#isGone
  }

  say(...messages: Uint8Array[]): void {
    this.#socket.write(join(...messages))
  }

  /** Reads until the gateway is ready so many times, and gives all that it said. */
  async readies(times = 1): Promise<Message[]> {
    const all: Message[] = []
    for (let left = times; left > 0;) {
      const one = await this.next()
      all.push(one)
      if (one.type === 'Z') left--
    }
    return all
  }

  /** The next message. Rejects with `Gone` at the end. */
  async next(): Promise<Message> {
    for (;;) {
      const one = this.#unread.shift()
      if (one) return one
      if (this.#isGone) throw new Gone('the connection ended')
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  /** Asks on a connection of its own that what runs is stopped. */
  async cancel(): Promise<void> {
    const socket = await this.#machine.network.connect(this.#address, { timeoutMs: 1000 }).catch(() => null)
    socket?.onData(() => {})
    socket?.write(writeCancelRequest(this.#key.processId, this.#key.secretKey))
  }

  breakAfter(sizeBytes: number): void {
    this.#socket.breakAfter(sizeBytes)
  }

  /** Leaves as one should, or at once. */
  leave(how: 'politely' | 'quietly' | 'at once'): void {
    if (how === 'politely') this.#socket.write(ask.terminate)
    if (how === 'at once') this.#socket.destroy()
    else this.#socket.end()
  }

  #take(bytes: Uint8Array): void {
    this.#received = join(this.#received, bytes)
    const messages = splitMessages(this.#received)
    this.#received = this.#received.slice(messages.reduce((sum, { bytes: { length } }) => sum + length, 0))
    for (const one of messages) {
      this.#unread.push({ ...one, bytes: one.bytes.slice() })
      if (telling.has(one.type)) for (const mark of marksIn(one.text)) this.onHeard(mark)
      if (one.type === 'E') this.errors.push(/\0C(\w{5})\0/.exec(one.text)?.[1] ?? '?')
    }
    this.#wake()
  }
}
