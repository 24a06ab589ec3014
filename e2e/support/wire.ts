import type { Socket } from 'node:net'
import { rawLogin } from './raw-login.ts'
import { int16, int32, message } from './raw.ts'
import { superuserPassword, type Postgres } from './postgres.ts'

/** One message of a server, with its body. */
export interface Said {
  type: string
  body: Buffer
}

/** How a text is asked. */
export type Manner = 'simple' | 'extended' | 'extended binary' | 'prepared'

const sync = message('S')

/** A client that speaks PostgreSQL's protocol message by message, and gives everything it was told. */
export class Wire {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #isClosed = false
  #heard: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.removeAllListeners('data')
    socket.on('data', bytes => {
      this.#received = Buffer.concat([this.#received, bytes])
      this.#heard()
    })
    for (const event of ['end', 'close', 'error'])
      socket.on(event, () => {
        this.#isClosed = true
        this.#heard()
      })
  }

  /** Logs in; at the gateway as a run, at a server past it as the superuser. */
  static async open(port: number, { id, token }: { id: string; token: string }, database = 'shop'): Promise<Wire> {
    const raw = await rawLogin(port, { id, token, attempt: 1, url: '', env: {} }, { parameters: { database } })
    return new Wire(raw.socket)
  }

  static past(postgres: Postgres, database = 'shop'): Promise<Wire> {
    return Wire.open(postgres.port, { id: 'postgres', token: superuserPassword }, database)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes nothing any more of what it is sent. */
  stopReading(): void {
    this.#socket.pause()
  }

  send(...parts: Buffer[]): void {
    this.#socket.write(Buffer.concat(parts))
  }

  /** Asks one text and gives all that is said until the server is ready again, or gone. COPY in gets one empty line. */
  async ask(text: string, how: Manner = 'simple'): Promise<Said[]> {
    if (how === 'simple') return this.exchange(message('Q', `${text}\0`))
    const values = Math.max(0, ...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)))
    const nulls = Buffer.concat(Array.from({ length: values }, () => int32(-1)))
    const format = how === 'extended binary' ? [int16(1), int16(1)] : [int16(0)]
    const name = how === 'prepared' ? 'asked' : ''
    const parse = message('P', `${name}\0${text}\0`, int16(0))
    const run = [
      message('B', `\0${name}\0`, int16(0), int16(values), nulls, ...format),
      message('D', 'P\0'),
      message('E', '\0', int32(0)),
      sync,
    ]
    if (how !== 'prepared') return this.exchange(parse, ...run)
    const prepared = await this.exchange(parse, message('D', `S${name}\0`), sync)
    if (errorOf(prepared)) return prepared
    const answered = await this.exchange(...run)
    return [...prepared, ...answered, ...(await this.exchange(message('C', `S${name}\0`), sync))]
  }

  /** Sends bytes that end with one request for readiness, and gives what comes until it does. */
  async exchange(...parts: Buffer[]): Promise<Said[]> {
    this.send(...parts)
    const said: Said[] = []
    for (;;) {
      for (const one of this.#take()) {
        said.push(one)
        if (one.type === 'G') this.send(message('c'), ...(parts[0]![0] === 0x51 ? [] : [sync]))
        if (one.type === 'Z') return said
      }
      if (this.#isClosed) return said
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('waited in vain for the server to be ready')), 10_000)
        this.#heard = () => {
          clearTimeout(late)
          resolve()
        }
        if (this.#isClosed) this.#heard()
      })
    }
  }

  /** Puts a session back as it began, but for temporary tables. DISCARD ALL would make the gateway read the schema again. */
  async reset(): Promise<void> {
    await this.ask('ROLLBACK')
    await this.ask('DEALLOCATE ALL; CLOSE ALL; UNLISTEN *; RESET ALL; SELECT pg_advisory_unlock_all()')
  }

  close(): void {
    if (!this.#isClosed) this.send(message('X'))
    this.#isClosed = true
    this.#socket.destroy()
  }

  *#take(): Generator<Said> {
    while (this.#received.length >= 5) {
      const end = this.#received.readInt32BE(1) + 1
      if (this.#received.length < end) return
      const said = { type: String.fromCharCode(this.#received[0]!), body: this.#received.subarray(5, end) }
      this.#received = this.#received.subarray(end)
      yield said
    }
  }
}

/** The fields of the first error that was said, by the protocol's letters; null when there was none. */
export function errorOf(said: Said[]): Record<string, string> | null {
  const error = said.find(({ type }) => type === 'E')
  if (!error) return null
  const fields = error.body.toString().split('\0').filter(Boolean)
  return Object.fromEntries(fields.map(field => [field[0]!, field.slice(1)]))
}

/** The cells of all rows, as bytes in text; null for NULL. */
export function rowsOf(said: Said[]): (string | null)[][] {
  return said.filter(({ type }) => type === 'D').map(({ body }) => cellsOf(body))
}

export function cellsOf(body: Buffer): (string | null)[] {
  const cells: (string | null)[] = []
  let at = 2
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const length = body.readInt32BE(at)
    cells.push(length < 0 ? null : body.toString('latin1', at + 4, at + 4 + length))
    at += 4 + Math.max(0, length)
  }
  return cells
}

/** The command tags. */
export function tagsOf(said: Said[]): string[] {
  return said.filter(({ type }) => type === 'C').map(({ body }) => body.toString().slice(0, -1))
}

/** Everything that was said, byte for byte. */
export function bytesOf(said: Said[]): Buffer {
  return Buffer.concat(said.map(({ type, body }) => Buffer.concat([Buffer.from(type), body])))
}
