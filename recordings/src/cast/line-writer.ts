import type {
  AnswerPart,
  BodyRecord,
  CommandRecord,
  DecisionRecord,
  EndRecord,
  NoticeRecord,
  RecordedEvent,
  RecordingHeader,
  VoidRecord,
} from '../model.ts'
import type { ContentBlock, RowBlock } from './row-block.ts'
import { saltLength, type SaltSource } from './salt-pool.ts'
import { utf8Encoder } from './utf8.ts'

/** What the header says each of our event codes means. */
export const eventMeanings: Record<string, string> = {
  q: 'command',
  b: 'body',
  d: 'decision',
  a: 'answer',
  n: 'notice',
  e: 'end',
  v: 'void',
  s: 'salt',
}

/** A record whose optional fields may also be said to be absent. */
type Unset<Fields> = { [Name in keyof Fields]: {} extends Pick<Fields, Name> ? Fields[Name] | undefined : Fields[Name] }

/** The size of terminal the transcript is laid out for. */
export interface TerminalSize {
  cols: number
  rows: number
}

const startBytes = 64 * 1024
/** A batch that grew past this is not kept for the next one. */
const keptBytesMax = 1024 * 1024
/** Room for all that stands around an event's data, so that no line is begun or ended by halves. */
const frameBytesMax = 128
/** Longer JSON is not kept for the next time. */
const keptJsonBytesMax = 16 * 1024
/** Keys and names are no longer than this. */
const shortLength = 64
/** How much of a long text is encoded before the room for it is looked at again. */
const pieceLength = 16 * 1024
/** The most bytes one byte becomes in a JSON string inside a JSON string: NUL is `\\u0000`. */
const escapedBytesMax = 7

/**
 * Turns events into the lines of a recording, gathered in memory until the
 * caller takes them to write them with one write.
 *
 * Every line is whole when it is taken, every byte of it is UTF-8, and times
 * never run backwards: an event that claims to be earlier than the last one is
 * given the last one's time.
 */
export class RecordingWriter {
  readonly #salts: SaltSource
  #bytes = new Uint8Array(startBytes)
  #end = 0
  #line = 0
  #lastAtUs = 0
  #takenBytes = 0
  /** `#lastAtUs` as it was before the line that is being written. */
  #lineBeforeAtUs = 0
  /** Where the open answer line starts, -1 when none is open. */
  #answerStart = -1
  #hasParts = false
  #rowsAreOpen = false
  readonly #kept = new WeakMap<object, Uint8Array>()
  readonly #lastFixed = new Map<string, object>()

  /** Each command, answer and whatever else tells of the session gets a salt of its own from there. */
  constructor(salts: SaltSource) {
    this.#salts = salts
  }

  /** A writer that goes on after lines that are in the file already. */
  static continuing(from: { lastAtUs: number; line?: number }, salts: SaltSource): RecordingWriter {
    const writer = new RecordingWriter(salts)
    writer.#lastAtUs = from.lastAtUs
    writer.#line = from.line ?? 0
    return writer
  }

  /** Lines written so far, the header among them: the number the next line will have. */
  get line(): number {
    return this.#line
  }

  /** Bytes handed out by `take` so far. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  /** Writes line 0. */
  header(header: RecordingHeader, term: TerminalSize, title: string): void {
    const timestamp = Math.floor(header.startedAtUs / 1e6)
    const json = wellFormedJson({ version: 3, term: { cols: term.cols, rows: term.rows }, timestamp, title, steno: header })
    this.#plain(`${json}\n`)
    this.#line++
  }

  /** Writes a command's line. A field that is undefined is not there. Its operations and decision, and the columns of an answer, are not to be changed afterwards. */
  command(atUs: number, command: Unset<CommandRecord>): void {
    const start = this.#startLine('q', atUs)
    try {
      this.#command(command)
      this.#endRecord()
    } catch (error) {
      throw this.#droppedLine(start, error)
    }
  }

  body(atUs: number, body: BodyRecord): void {
    this.#record('b', atUs, body)
  }

  decision(atUs: number, decision: DecisionRecord): void {
    this.#record('d', atUs, decision)
  }

  notice(atUs: number, notice: NoticeRecord): void {
    this.#record('n', atUs, notice)
  }

  end(atUs: number, end: EndRecord): void {
    this.#record('e', atUs, end)
  }

  /** Writes the line that stands for erased ones; the next line has the number after theirs. */
  void(atUs: number, erased: VoidRecord): void {
    const start = this.#startLine('v', atUs)
    try {
      this.#json(erased)
      this.#endLine()
      this.#line = erased.to
    } catch (error) {
      throw this.#droppedLine(start, error)
    }
  }

  /** Writes what a stock player shows. Nothing to show is no line. */
  output(atUs: number, text: string): void {
    if (text !== '') this.#besideSalt('o', atUs, text)
  }

  marker(atUs: number, label: string): void {
    this.#besideSalt('m', atUs, label)
  }

  /** Writes a line that says nothing: the salt for one that has none. */
  salt(atUs: number): void {
    this.#startLine('s', atUs)
    this.#ascii('{')
    this.#endWithSalt()
  }

  /** Writes one line of any code with its data as it is. */
  event(code: string, atUs: number, data: string): void {
    if (!/^[A-Za-z]$/.test(code)) throw new TypeError(`expected an event code of one letter, got ${JSON.stringify(code)}`)
    const start = this.#startLine(code, atUs)
    try {
      this.#escaped(data, onceEscapes)
      this.#endLine()
    } catch (error) {
      throw this.#droppedLine(start, error)
    }
  }

  /** Writes any event as the reader gives it. */
  write(atUs: number, event: RecordedEvent): void {
    switch (event.code) {
      case 'q':
        return this.command(atUs, event.command)
      case 'b':
        return this.body(atUs, event.body)
      case 'd':
        return this.decision(atUs, event.decision)
      case 'n':
        return this.notice(atUs, event.notice)
      case 'e':
        return this.end(atUs, event.end)
      case 'a':
        this.answer(atUs, event.answer.n)
        for (const part of event.answer.parts) this.part(part)
        return this.closeAnswer()
      case 'v':
        return this.void(atUs, event.erased)
      case 's':
        return this.salt(atUs)
      case 'o':
        return this.event('o', atUs, event.output)
      case 'm':
        return this.event('m', atUs, event.label)
      case 'r':
        return this.event('r', atUs, event.size)
      case 'other':
        return this.event(event.letter, atUs, event.data)
    }
  }

  /** Opens the line of an answer; its parts follow until `closeAnswer`. */
  answer(atUs: number, n: number): void {
    this.#answerStart = this.#startLine('a', atUs)
    this.#hasParts = false
    this.#rowsAreOpen = false
    this.#ascii('{\\"n\\":')
    this.#ascii(String(n))
    this.#ascii(',\\"parts\\":[')
  }

  /** Adds one part to the open answer. */
  part(part: AnswerPart): void {
    const before = this.#beforePart()
    try {
      this.#startPart()
      this.#part(part)
    } catch (error) {
      throw this.#droppedPart(before, error)
    }
  }

  /** Adds rows to the open answer; blocks that follow each other become one part. A cell that is not UTF-8 is written as hex. */
  rows(block: RowBlock): void {
    if (block.count === 0) return
    const before = this.#beforePart()
    try {
      if (this.#rowsAreOpen) this.#ascii(',')
      else {
        this.#startPart()
        this.#ascii('{\\"kind\\":\\"rows\\",\\"rows\\":[')
        this.#rowsAreOpen = true
      }
      this.#rows(block)
    } catch (error) {
      throw this.#droppedPart(before, error)
    }
  }

  /** Adds a `data` part straight from its bytes. Adds nothing and gives false when they are not UTF-8: then its content is base64, and `part` takes it. */
  data(block: ContentBlock): boolean {
    const before = this.#beforePart()
    try {
      this.#startPart()
      this.#ascii('{\\"kind\\":\\"data\\",\\"content\\":')
      if (this.#content(block)) {
        this.#ascii('}')
        return true
      }
      this.#droppedPart(before, null)
      return false
    } catch (error) {
      throw this.#droppedPart(before, error)
    }
  }

  /** Writes a body straight from its bytes. Writes nothing and gives false when they are not UTF-8: then its content is base64, and `body` takes it. */
  bodyText(atUs: number, n: number, block: ContentBlock): boolean {
    const start = this.#startLine('b', atUs)
    try {
      this.#ascii(`{\\"n\\":${n},\\"content\\":`)
      if (this.#content(block)) {
        this.#endRecord()
        return true
      }
      this.#droppedLine(start, null)
      return false
    } catch (error) {
      throw this.#droppedLine(start, error)
    }
  }

  /** Ends the line of the open answer. An answer without parts leaves no line. */
  closeAnswer(): void {
    if (this.#answerStart < 0) throw new TypeError('expected an open answer to close')
    if (this.#hasParts) {
      this.#reserve(frameBytesMax)
      this.#endRows()
      this.#ascii(']')
      this.#endRecord()
    } else {
      this.#end = this.#answerStart
      this.#lastAtUs = this.#lineBeforeAtUs
    }
    this.#answerStart = -1
  }

  /** Gives the lines since the last take. The bytes are the writer's own and good until it is given the next event. */
  take(): Uint8Array {
    if (this.#answerStart >= 0) throw new TypeError('expected the answer to be closed before its line is taken')
    const batch = this.#bytes.subarray(0, this.#end)
    this.#takenBytes += this.#end
    this.#end = 0
    if (this.#bytes.length > keptBytesMax) this.#bytes = new Uint8Array(startBytes)
    return batch
  }

  // These two are written for every statement, so what is the same each time is
  // written as it stands. What they give is what `#json` would.

  #command(command: Unset<CommandRecord>): void {
    const { n, kind, text, parameters, statement, portal, prepared, rowsMax, transaction, operations, decision } = command
    this.#field('{\\"n\\":', n)
    this.#ascii(',\\"kind\\":')
    this.#jsonText(kind)
    this.#ascii(',\\"text\\":')
    this.#jsonText(text)
    if (parameters !== undefined) this.#field(',\\"parameters\\":', parameters)
    if (statement !== undefined) this.#field(',\\"statement\\":', statement)
    if (portal !== undefined) this.#field(',\\"portal\\":', portal)
    if (prepared !== undefined) this.#field(',\\"prepared\\":', prepared)
    if (rowsMax !== undefined) this.#field(',\\"rowsMax\\":', rowsMax)
    this.#field(',\\"transaction\\":', transaction)
    if (operations !== undefined) this.#fixed(',\\"operations\\":', operations)
    this.#fixed(',\\"decision\\":', decision)
  }

  #part(part: AnswerPart): void {
    switch (part.kind) {
      case 'prepared':
        return this.#ascii('{\\"kind\\":\\"prepared\\"}')
      case 'bound':
        return this.#ascii('{\\"kind\\":\\"bound\\"}')
      case 'columns':
        this.#fixed('{\\"kind\\":\\"columns\\",\\"columns\\":', part.columns)
        return this.#ascii('}')
      case 'end':
        this.#field('{\\"kind\\":\\"end\\",\\"transaction\\":', part.transaction)
        return this.#ascii('}')
      default:
        this.#json(part)
    }
  }

  #field(name: string, value: unknown): void {
    this.#ascii(name)
    this.#json(value)
  }

  /** Writes a field whose value is often the very same object as before, and is never changed: its JSON is kept. */
  #fixed(name: string, value: object): void {
    this.#ascii(name)
    const known = this.#kept.get(value)
    if (known) {
      this.#reserve(known.length)
      this.#bytes.set(known, this.#end)
      this.#end += known.length
      return
    }
    const start = this.#end
    this.#json(value)
    // What comes twice in a row is likely to come again.
    if (this.#lastFixed.get(name) !== value) this.#lastFixed.set(name, value)
    else if (this.#end - start <= keptJsonBytesMax) this.#kept.set(value, this.#bytes.slice(start, this.#end))
  }

  #record(code: string, atUs: number, record: object): void {
    const start = this.#startLine(code, atUs)
    try {
      this.#json(record)
      this.#end -= '}'.length
      this.#endRecord()
    } catch (error) {
      throw this.#droppedLine(start, error)
    }
  }

  /** Writes all that stands before an event's data; gives where the line starts. `#endLine` follows. */
  #startLine(code: string, atUs: number): number {
    if (this.#answerStart >= 0) throw new TypeError('expected the answer to be closed before the next line')
    this.#reserve(frameBytesMax)
    const start = this.#end
    const beforeAtUs = this.#lastAtUs
    const intervalUs = this.#advance(atUs)
    this.#lineBeforeAtUs = beforeAtUs
    this.#ascii('[')
    this.#seconds(intervalUs)
    this.#ascii(',"')
    this.#ascii(code)
    this.#ascii('","')
    return start
  }

  // A line without a salt is the right half of a pair whose left half has one:
  // once both are erased, what is left of them is one hash, of the two. So
  // erasing a command takes no line of its neighbours along.
  #besideSalt(code: string, atUs: number, data: string): void {
    while (this.#line % 2 === 0 || this.#line === 1) this.salt(atUs)
    this.event(code, atUs, data)
  }

  /** Ends an object that has fields with one more, its salt, and with it the line. */
  #endRecord(): void {
    this.#ascii(',')
    this.#endWithSalt()
  }

  #endWithSalt(): void {
    this.#ascii('\\"salt\\":\\"')
    this.#reserve(frameBytesMax)
    this.#salts.copyNext(this.#bytes, this.#end)
    this.#end += saltLength
    this.#ascii('\\"}')
    this.#endLine()
  }

  #endLine(): void {
    this.#ascii('"]\n')
    this.#line++
  }

  // What could not be written whole (there may be no memory for it) is not
  // there at all: the lines before it can still be taken. INVARIANT: `take`
  // gives whole lines only.

  #droppedLine(start: number, error: unknown): unknown {
    this.#end = start
    this.#lastAtUs = this.#lineBeforeAtUs
    return error
  }

  #beforePart(): { end: number; hasParts: boolean; rowsAreOpen: boolean } {
    if (this.#answerStart < 0) throw new TypeError('expected an open answer to add a part to')
    return { end: this.#end, hasParts: this.#hasParts, rowsAreOpen: this.#rowsAreOpen }
  }

  #droppedPart(before: { end: number; hasParts: boolean; rowsAreOpen: boolean }, error: unknown): unknown {
    this.#end = before.end
    this.#hasParts = before.hasParts
    this.#rowsAreOpen = before.rowsAreOpen
    return error
  }

  /** Writes microseconds as seconds in decimal, without a float in between: 1500 is `0.0015`. */
  #seconds(us: number): void {
    let rest = us % 1e6
    this.#ascii(String((us - rest) / 1e6))
    if (rest === 0) return
    this.#ascii('.')
    for (let digit = 1e5; rest > 0; digit /= 10) {
      const value = Math.floor(rest / digit)
      this.#bytes[this.#end++] = 0x30 + value
      rest -= value * digit
    }
  }

  /** Moves the clock and gives the interval. Whole microseconds are subtracted, so intervals add up to the time exactly. */
  #advance(atUs: number): number {
    const nowUs = Math.max(Math.floor(atUs), this.#lastAtUs)
    if (!Number.isSafeInteger(nowUs)) throw new TypeError(`expected a time in microseconds, got ${atUs}`)
    const intervalUs = nowUs - this.#lastAtUs
    this.#lastAtUs = nowUs
    return intervalUs
  }

  #startPart(): void {
    this.#endRows()
    if (this.#hasParts) this.#ascii(',')
    this.#hasParts = true
  }

  #endRows(): void {
    if (!this.#rowsAreOpen) return
    this.#ascii(']}')
    this.#rowsAreOpen = false
  }

  #ascii(text: string): void {
    this.#reserve(text.length)
    const out = this.#bytes
    let at = this.#end
    for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i)
    this.#end = at
  }

  /** Writes a value as JSON inside the JSON string that is open; what JSON.stringify does twice, in one pass and without strings in between. */
  #json(value: unknown): void {
    if (typeof value === 'string') this.#jsonText(value)
    else if (typeof value === 'number') {
      if (!Number.isFinite(value)) throw new TypeError(`expected a finite number, got ${value}`)
      this.#ascii(String(value))
    } else if (Array.isArray(value)) {
      this.#ascii('[')
      for (let i = 0; i < value.length; i++) {
        if (i > 0) this.#ascii(',')
        this.#json(value[i])
      }
      this.#ascii(']')
    } else if (typeof value === 'object' && value !== null) {
      let isFirst = true
      this.#ascii('{')
      for (const key of Object.keys(value)) {
        const inner: unknown = value[key as keyof typeof value]
        if (inner === undefined) continue
        if (!isFirst) this.#ascii(',')
        isFirst = false
        this.#json(key)
        this.#ascii(':')
        this.#json(inner)
      }
      this.#ascii('}')
    } else if (typeof value === 'boolean' || value === null) this.#ascii(String(value))
    else throw new TypeError(`expected a value that JSON has, got ${typeof value}`)
  }

  /** Most strings are short and plain, and are written in place. */
  #jsonText(text: string): void {
    if (text.length <= shortLength) {
      this.#reserve(shortLength + 4)
      const out = this.#bytes
      let at = this.#end
      out[at++] = backslash
      out[at++] = quote
      let i = 0
      for (; i < text.length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0x7f || kinds[code] !== plain) break
        out[at++] = code
      }
      if (i === text.length) {
        out[at++] = backslash
        out[at++] = quote
        this.#end = at
        return
      }
    }
    this.#ascii('\\"')
    this.#escaped(text, twiceEscapes)
    this.#ascii('\\"')
  }

  /** Writes text with some characters escaped. A surrogate without its partner becomes U+FFFD. */
  #escaped(text: string, escapes: Uint8Array[]): void {
    for (let from = 0; from < text.length;) from = this.#escapedPiece(text, from, Math.min(text.length, from + pieceLength), escapes)
  }

  #escapedPiece(text: string, from: number, to: number, escapes: Uint8Array[]): number {
    this.#reserve((to - from) * escapedBytesMax + 4)
    const out = this.#bytes
    let at = this.#end
    let i = from
    while (i < to) {
      let code = text.charCodeAt(i++)
      if (code < 0x80) {
        if (kinds[code] === plain) out[at++] = code
        else {
          const escape = escapes[code]!
          for (let k = 0; k < escape.length; k++) out[at++] = escape[k]!
        }
        continue
      }
      if (code < 0x800) {
        out[at++] = 0xc0 | (code >> 6)
        out[at++] = 0x80 | (code & 0x3f)
        continue
      }
      if ((code & 0xf800) === 0xd800) {
        // The partner may stand just past the piece; the room is enough for it.
        code = text.codePointAt(i - 1)!
        if (code > 0xffff) {
          i++
          out[at++] = 0xf0 | (code >> 18)
          out[at++] = 0x80 | ((code >> 12) & 0x3f)
          out[at++] = 0x80 | ((code >> 6) & 0x3f)
          out[at++] = 0x80 | (code & 0x3f)
          continue
        }
        code = 0xfffd
      }
      out[at++] = 0xe0 | (code >> 12)
      out[at++] = 0x80 | ((code >> 6) & 0x3f)
      out[at++] = 0x80 | (code & 0x3f)
    }
    this.#end = at
    return i
  }

  // Most of what a gateway records passes here, so separators and cells of
  // plain characters are written in place; the rest goes through `#cell`.
  #rows({ count, columns, bytes, cells, special }: RowBlock): void {
    for (let row = 0, cell = 0; row < count; row++) {
      this.#ascii(row === 0 ? '[' : ',[')
      for (let column = 0; column < columns; column++, cell++) {
        const start = cells[2 * cell]!
        const end = cells[2 * cell + 1]!
        const isShort = start >= 0 && end - start <= pieceLength
        this.#reserve(isShort ? end - start + 8 : 8)
        const out = this.#bytes
        let at = this.#end
        if (column > 0) out[at++] = comma
        this.#end = at
        const replaced = special?.get(cell)
        if (replaced !== undefined) {
          this.#json(replaced)
          continue
        }
        if (start < 0) {
          this.#ascii('null')
          continue
        }
        out[at++] = backslash
        out[at++] = quote
        let i = isShort ? start : end + 1
        while (i < end) {
          const byte = bytes[i]!
          if (kinds[byte] !== plain) break
          out[at++] = byte
          i++
        }
        if (i === end) {
          out[at++] = backslash
          out[at++] = quote
          this.#end = at
        } else this.#cell(bytes, start, end)
      }
      this.#ascii(']')
    }
  }

  /** Writes a cell's bytes as a JSON string inside the JSON string that is open, or as hex when they are not UTF-8. */
  #cell(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#end
    this.#ascii('\\"')
    if (this.#escapedBytes(bytes, start, end)) return this.#ascii('\\"')
    this.#end = before
    this.#hex(bytes, start, end)
  }

  /** Writes content as `{"text":"…"}` straight from its bytes; writes nothing and gives false when they are not UTF-8. */
  #content({ bytes, ranges, count }: ContentBlock): boolean {
    const before = this.#end
    this.#ascii('{\\"text\\":\\"')
    for (let i = 0; i < count; i++) {
      if (this.#escapedBytes(bytes, ranges[2 * i]!, ranges[2 * i + 1]!)) continue
      this.#end = before
      return false
    }
    this.#ascii('\\"}')
    return true
  }

  /** Copies text into the string that is open; false at what is not UTF-8, having written some of it. */
  #escapedBytes(bytes: Uint8Array, start: number, end: number): boolean {
    for (let from = start; from < end;) {
      from = this.#escapedBytesPiece(bytes, from, Math.min(end, from + pieceLength), end)
      if (from < 0) return false
    }
    return true
  }

  /** Copies from `from` to at least `to`, to the end of the character there; gives where it stopped, -1 at what is not UTF-8. */
  #escapedBytesPiece(bytes: Uint8Array, from: number, to: number, end: number): number {
    this.#reserve((to - from) * escapedBytesMax + 4)
    const out = this.#bytes
    let at = this.#end
    let i = from
    while (i < to) {
      const byte = bytes[i]!
      const kind = kinds[byte]
      if (kind === plain) {
        out[at++] = byte
        i++
      } else if (kind === escaped) {
        const escape = twiceEscapes[byte]!
        for (let k = 0; k < escape.length; k++) out[at++] = escape[k]!
        i++
      } else {
        const next = afterCharacter(bytes, i, end)
        if (next < 0) return -1
        while (i < next) out[at++] = bytes[i++]!
      }
    }
    this.#end = at
    return i
  }

  #hex(bytes: Uint8Array, start: number, end: number): void {
    this.#ascii('{\\"hex\\":\\"')
    this.#reserve((end - start) * 2)
    const out = this.#bytes
    let at = this.#end
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      out[at++] = hexDigits.charCodeAt(byte >> 4)
      out[at++] = hexDigits.charCodeAt(byte & 15)
    }
    this.#end = at
    this.#ascii('\\"}')
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#end + sizeBytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = grown
  }

  /** Writes text that needs no escaping. */
  #plain(text: string): void {
    this.#reserve(text.length * 3)
    this.#end += utf8Encoder.encodeInto(text, this.#bytes.subarray(this.#end)).written
  }
}

const hexDigits = '0123456789abcdef'

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c

const plain = 0
const escaped = 1
const multibyte = 2

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return multibyte
  return byte < 0x20 || byte === quote || byte === backslash ? escaped : plain
})

/** What each ASCII character becomes in a JSON string. */
const onceEscapes = Array.from({ length: 128 }, (_, code) => asciiBytes(escapeJson(String.fromCharCode(code))))

/** What each ASCII character becomes in a JSON string inside a JSON string. */
const twiceEscapes = onceEscapes.map(escape => asciiBytes(escapeJson(String.fromCharCode(...escape))))

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

/** Gives the index after the character of several bytes at `i`, or -1 when it is not UTF-8 (RFC 3629 §4). */
function afterCharacter(bytes: Uint8Array, i: number, end: number): number {
  const first = bytes[i]!
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (first < 0xc2 || first > 0xf4 || i + length > end) return -1
  const second = bytes[i + 1]!
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return -1
  for (let k = i + 2; k < i + length; k++) if ((bytes[k]! & 0xc0) !== 0x80) return -1
  return i + length
}

// JSON.stringify writes a surrogate without its partner as `\ud800`, which
// strict readers in other languages refuse.
function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\ud')) return json
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? withoutLoneSurrogates(inner) : inner))
}

function withoutLoneSurrogates(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
