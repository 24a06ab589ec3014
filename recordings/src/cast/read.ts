import type {
  AnswerRecord,
  BodyRecord,
  CommandRecord,
  DecisionRecord,
  EndRecord,
  NoticeRecord,
  PlacedEvent,
  RecordedEvent,
  VoidRecord,
} from '../model.ts'
import { coverRange } from '../proof/tree.ts'
import {
  answerRecord,
  bodyRecord,
  castHeader,
  commandRecord,
  decisionRecord,
  endRecord,
  noticeRecord,
  saltRecord,
  voidRecord,
  type CastHeader,
  type Salted,
} from './records.ts'
import { RecordingError, type RecordingErrorCode } from './recording-error.ts'
import { describe, isObject, type Check } from './shape.ts'
import { utf8Decoder } from './utf8.ts'

/** An event and the bytes of the file it stands in. */
export interface PlacedLine extends PlacedEvent {
  /** Where its line starts. */
  offset: number
  /** How long its line is, with the newline. */
  sizeBytes: number
  /** Its salt; null for what has none, the transcript and what is said beside it. */
  salt: string | null
}

/** The longest line that is read. A longer one would not fit a string of the runtimes this runs on. */
export const lineBytesMax = 0x1fff_ffe8

/**
 * Reads a recording as it comes, cut anywhere. It takes what `RecordingWriter`
 * writes and refuses everything else, naming the line; after that it reads no
 * further.
 */
export class RecordingReader {
  readonly #lineBytesMax: number
  #header: CastHeader | null = null
  /** What has come of the line that has no newline yet. */
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  #offset = 0
  #line = 0
  #atUs = 0
  #commands = 0
  /** How many commands after those may be among erased lines: each line can have been one. */
  #hidden = 0
  #isEnded = false
  #failure: RecordingError | null = null

  constructor(options: { lineBytesMax?: number } = {}) {
    this.#lineBytesMax = options.lineBytesMax ?? lineBytesMax
  }

  /** The first line, once it has been read. */
  get header(): CastHeader | null {
    return this.#header
  }

  /** Lines so far, the header and erased ones among them: the number that the next line has. */
  get lines(): number {
    return this.#line
  }

  /** The time of the last event. */
  get atUs(): number {
    return this.#atUs
  }

  /** The number of the last command that is known of, which is how many there were. */
  get commands(): number {
    return this.#commands
  }

  /** Whether the recording is closed: its last line has been read. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Where whole lines end and a line without its newline starts; null when there is none. */
  get tornAt(): number | null {
    return this.#piecesBytes > 0 ? this.#offset : null
  }

  /** Gives the events whose lines these bytes complete. They are read as they are taken: take all before the next push. */
  *push(bytes: Uint8Array): Generator<PlacedLine, void, undefined> {
    if (this.#failure) throw this.#failure
    try {
      let from = 0
      for (let newline = bytes.indexOf(0x0a); newline >= 0; newline = bytes.indexOf(0x0a, from)) {
        const placed = this.#read(this.#whole(bytes.subarray(from, newline)))
        from = newline + 1
        if (placed) yield placed
      }
      if (from < bytes.length) this.#keep(bytes.slice(from))
    } catch (error) {
      if (error instanceof RecordingError) this.#failure = error
      throw error
    }
  }

  /** Says that no more bytes come. A recording that is still open may end after any line, but not within one. */
  finish(): void {
    if (this.#failure) throw this.#failure
    if (this.#piecesBytes > 0)
      throw new RecordingError('torn_line', this.#line, `expected a newline, got the end after ${this.#piecesBytes} bytes of a line`)
    if (!this.#header) throw new RecordingError('header_missing', 0, 'expected a header, got nothing')
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#piecesBytes += piece.length
    if (this.#piecesBytes > this.#lineBytesMax) throw this.#error('line_too_long', `expected a line of at most ${this.#lineBytesMax} bytes`)
  }

  #whole(end: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0 && end.length <= this.#lineBytesMax) return end
    this.#keep(end)
    const line = new Uint8Array(this.#piecesBytes)
    let at = 0
    for (const piece of this.#pieces) {
      line.set(piece, at)
      at += piece.length
    }
    this.#pieces = []
    this.#piecesBytes = 0
    return line
  }

  #read(bytes: Uint8Array): PlacedLine | null {
    const text = this.#decode(bytes)
    const offset = this.#offset
    const line = this.#line
    let placed: PlacedLine | null = null
    if (line === 0) this.#header = parseHeader(text)
    else {
      const { intervalUs, event, salt } = parseEvent(text, line)
      this.#mustFollow(event)
      if (this.#atUs + intervalUs > Number.MAX_SAFE_INTEGER) throw this.#error('interval_too_large', 'expected a time within 285 years')
      this.#atUs += intervalUs
      placed = { line, atUs: this.#atUs, event, offset, sizeBytes: bytes.length + 1, salt }
    }
    this.#line = placed?.event.code === 'v' ? placed.event.erased.to : this.#line + 1
    this.#offset += bytes.length + 1
    return placed
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8Decoder.decode(bytes)
    } catch {
      throw this.#error('not_utf8', 'expected UTF-8')
    }
  }

  /** Holds an event against the ones before it. */
  #mustFollow(event: RecordedEvent): void {
    if (this.#isEnded) throw this.#error('after_end', 'expected nothing after the end')
    switch (event.code) {
      case 'q': {
        const { n, prepared } = event.command
        if (n <= this.#commands || n > this.#commands + 1 + this.#hidden)
          throw this.#error('command_number', `expected command ${this.#commands + 1}, got ${n}`)
        if (prepared !== undefined && prepared >= n) throw this.#unknown(prepared)
        this.#hidden -= n - this.#commands - 1
        this.#commands = n
        return
      }
      case 'b':
        return this.#mustBeKnown(event.body.n)
      case 'd':
        return this.#mustBeKnown(event.decision.n)
      case 'a':
        return this.#mustBeKnown(event.answer.n)
      case 'e':
        return this.#endAfter(event.end.commands)
      case 'v':
        return this.#pass(event.erased)
    }
  }

  /** What names a command says that its line stood before, if only among erased ones. */
  #mustBeKnown(n: number): void {
    if (n > this.#commands + this.#hidden) throw this.#unknown(n)
    if (n <= this.#commands) return
    this.#hidden -= n - this.#commands
    this.#commands = n
  }

  #endAfter(commands: number): void {
    if (commands < this.#commands || commands > this.#commands + this.#hidden)
      throw this.#error('command_count', `expected the end of ${this.#commands} commands, got one of ${commands}`)
    this.#commands = commands
    this.#isEnded = true
  }

  #pass({ from, to, hashes, end }: VoidRecord): void {
    if (from !== this.#line || to <= from)
      throw this.#error('void_range', `expected erased lines from ${this.#line} on, got ${from} to ${to}`)
    const cover = coverRange(from, to)
    if (hashes.length !== cover.length)
      throw this.#error('void_hashes', `expected ${cover.length} hashes for lines ${from} to ${to}, got ${hashes.length}`)
    this.#hidden += to - from
    if (end) this.#endAfter(end.commands)
  }

  #unknown(n: number): RecordingError {
    return this.#error('command_unknown', `expected a command that stands before, got ${n}`)
  }

  #error(code: RecordingErrorCode, expectation: string): RecordingError {
    return new RecordingError(code, this.#line, expectation)
  }
}

/** Reads a whole file. */
export function readRecording(bytes: Uint8Array): { header: CastHeader; events: PlacedLine[] } {
  const reader = new RecordingReader()
  const events = [...reader.push(bytes)]
  reader.finish()
  // INVARIANT: `finish` throws while there is no header.
  return { header: reader.header as CastHeader, events }
}

/** Reads the first line, given without its newline. */
export function parseHeader(line: string): CastHeader {
  mustBeLine(line, 0)
  const value = line.startsWith('{') && line.endsWith('}') ? parseJson(line) : undefined
  if (!isObject(value)) throw new RecordingError('header_not_json', 0, 'expected a JSON object')
  if (value['version'] !== 3) throw new RecordingError('header_not_v3', 0, 'expected version 3')
  if (!isObject(value['steno'])) throw new RecordingError('header_without_steno', 0, 'expected an object `steno`')
  if (value['steno']['v'] !== 1) throw new RecordingError('header_steno_version', 0, 'expected version 1 of the profile')
  const header = checked<CastHeader>(value, castHeader, 'header_shape', 0)
  const startedAt = Math.floor(header.steno.startedAtUs / 1e6)
  if (header.timestamp !== startedAt)
    throw new RecordingError('header_shape', 0, `expected timestamp ${startedAt}, the second the session started`)
  mustBeUnambiguous(line, value, 0)
  return header
}

/** Reads one line after the first, given without its newline. `line` is its number, for the error. */
export function parseEvent(text: string, line: number): { intervalUs: number; event: RecordedEvent; salt: string | null } {
  const start = eventStart.exec(text)
  const data = start && text.endsWith('"]') ? parseJson(text.slice(start[0].length, -1)) : undefined
  if (!start || typeof data !== 'string') throw explain(text, line)
  const [, seconds, fraction = '', code] = start
  const intervalUs = Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0'))
  if (intervalUs > Number.MAX_SAFE_INTEGER) throw new RecordingError('interval_too_large', line, 'expected an interval within 285 years')
  mustBeWellFormed(text, data, line)
  return { intervalUs, ...readEvent(code!, data, line) }
}

const eventStart = /^\[(0|[1-9]\d{0,9})(?:\.(\d{1,6}))?,"([A-Za-z])",(?=")/

function readEvent(code: string, data: string, line: number): { event: RecordedEvent; salt: string | null } {
  switch (code) {
    case 'q':
      return readSalted<CommandRecord>(data, commandRecord, line, command => ({ code, command }))
    case 'b':
      return readSalted<BodyRecord>(data, bodyRecord, line, body => ({ code, body }))
    case 'd':
      return readSalted<DecisionRecord>(data, decisionRecord, line, decision => ({ code, decision }))
    case 'a':
      return readSalted<AnswerRecord>(data, answerRecord, line, answer => ({ code, answer }))
    case 'n':
      return readSalted<NoticeRecord>(data, noticeRecord, line, notice => ({ code, notice }))
    case 'e':
      return readSalted<EndRecord>(data, endRecord, line, end => ({ code, end }))
    case 's':
      return readSalted(data, saltRecord, line, () => ({ code }))
    case 'v':
      return { event: { code, erased: readRecord<VoidRecord>(data, voidRecord, line) }, salt: null }
    default:
      return { event: readPlain(code, data, line), salt: null }
  }
}

function readPlain(code: string, data: string, line: number): RecordedEvent {
  switch (code) {
    case 'o':
      return { code, output: data }
    case 'm':
      return { code, label: data }
    case 'r':
      if (!/^[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(data)) throw new RecordingError('record_shape', line, 'expected a size such as `80x24`')
      return { code, size: data }
    default:
      return { code: 'other', letter: code, data }
  }
}

function readSalted<T extends object>(data: string, check: Check, line: number, eventOf: (record: T) => RecordedEvent) {
  const { salt, ...record } = readRecord<Salted<T>>(data, check, line)
  // INVARIANT: what `Salted` added is gone again; the compiler does not follow that for every `T`.
  return { event: eventOf(record as unknown as T), salt }
}

function readRecord<T>(data: string, check: Check, line: number): T {
  const value = parseJson(data)
  if (value === undefined) throw new RecordingError('record_not_json', line, 'expected JSON in the data')
  const record = checked<T>(value, check, 'record_shape', line)
  mustBeUnambiguous(data, value, line)
  return record
}

/** Gives a value its type after its check has looked at every field of it. */
function checked<T>(value: unknown, check: Check, code: RecordingErrorCode, line: number): T {
  const problem = check(value)
  if (problem) throw new RecordingError(code, line, describe(problem))
  return value as T
}

/** Refuses JSON that two readers could take for different things. */
function mustBeUnambiguous(json: string, value: unknown, line: number): void {
  mustBeWellFormed(json, value, line)
  // Written again the same, it holds nothing that is not in the value; else the names are counted.
  if (JSON.stringify(value) !== json && namesInText(json) !== namesIn(value))
    throw new RecordingError('name_repeated', line, 'expected each name once in an object')
}

function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  return inner.reduce<number>((sum, field) => sum + namesIn(field), Array.isArray(value) ? 0 : inner.length)
}

/** Counts the strings of valid JSON that a colon follows. */
function namesInText(json: string): number {
  let names = 0
  for (let i = json.indexOf('"'); i >= 0; i = json.indexOf('"', i + 1)) {
    while (json[++i] !== '"') if (json[i] === '\\') i++
    while (/\s/.test(json[i + 1] ?? '')) i++
    if (json[i + 1] === ':') names++
  }
  return names
}

/** Refuses a surrogate without its partner, which JSON can only hold as an escape and strict readers elsewhere refuse. */
function mustBeWellFormed(json: string, value: unknown, line: number): void {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return
  const isWellFormed = (inner: unknown): boolean => {
    if (typeof inner === 'string') return !/\p{Surrogate}/u.test(inner)
    if (typeof inner !== 'object' || inner === null) return true
    return Object.entries(inner).every(([name, field]) => isWellFormed(name) && isWellFormed(field))
  }
  if (!isWellFormed(value)) throw new RecordingError('lone_surrogate', line, 'expected whole characters, got half of a surrogate pair')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function mustBeLine(text: string, line: number): void {
  if (text === '') throw new RecordingError('blank_line', line, 'expected an event, got a blank line')
  if (text.startsWith('#')) throw new RecordingError('comment', line, 'expected an event, got a comment')
  if (text.endsWith('\r')) throw new RecordingError('carriage_return', line, 'expected a newline alone, got a carriage return before it')
}

/** Finds out which rule a line that is no event of ours breaks. */
function explain(text: string, line: number): RecordingError {
  mustBeLine(text, line)
  const wrong = (code: RecordingErrorCode, expectation: string) => new RecordingError(code, line, expectation)
  if (/^\s*\[\s*[-+]?(?:NaN|Infinity)/.test(text)) return wrong('interval_not_number', 'expected an interval in seconds')
  const value = parseJson(text)
  if (value === undefined) return wrong('event_not_json', 'expected JSON')
  if (!Array.isArray(value)) return wrong('event_not_array', 'expected an array')
  if (value.length !== 3) return wrong('event_not_three', `expected 3 elements, got ${value.length}`)
  const [interval, code, data]: unknown[] = value
  const digits = /^\s*\[\s*([^\s,]*)/.exec(text)?.[1] ?? ''
  if (typeof interval !== 'number') return wrong('interval_not_number', 'expected an interval in seconds')
  if (digits.startsWith('-')) return wrong('interval_negative', `expected an interval from 0, got ${digits}`)
  if (/[eE]/.test(digits)) return wrong('interval_exponent', `expected an interval without an exponent, got ${digits}`)
  if (/\.\d{7}/.test(digits)) return wrong('interval_too_precise', `expected at most 6 decimals, got ${digits}`)
  if (/^\d{11}/.test(digits)) return wrong('interval_too_large', 'expected an interval within 285 years')
  if (typeof code !== 'string' || !/^[A-Za-z]$/.test(code)) return wrong('code_not_letter', 'expected a code of one ASCII letter')
  if (typeof data !== 'string') return wrong('data_not_string', 'expected a string as data')
  if (/^\s*\[[^,]*,\s*"\\/.test(text)) return wrong('code_escaped', `expected the code as \`"${code}"\`, got an escape`)
  return wrong('event_not_compact', 'expected no spaces between the elements')
}
