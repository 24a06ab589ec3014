import type {
  AnswerPart,
  BodyRecord,
  CommandRecord,
  DecisionRecord,
  EndRecord,
  NoticeRecord,
  RecordedEvent,
  RecordingHeader,
} from '../model.ts'
import type { RowBlock } from './row-block.ts'
import { utf8Encoder } from './utf8.ts'

/** What the header says each of our event codes means. */
export const eventMeanings: Record<string, string> = { q: 'command', b: 'body', d: 'decision', a: 'answer', n: 'notice', e: 'end' }

/** The size of terminal the transcript is laid out for. */
export interface TerminalSize {
  cols: number
  rows: number
}

const startBytes = 64 * 1024
/** A batch that grew past this is not kept for the next one. */
const keptBytesMax = 1024 * 1024
/** How much of a long text is encoded before the room for it is looked at again. */
const pieceLength = 16 * 1024
/** The most bytes one byte of a cell becomes: NUL inside two JSON strings is `\\u0000`. */
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
  #bytes = new Uint8Array(startBytes)
  #end = 0
  #line = 0
  #lastAtUs = 0
  #takenBytes = 0
  /** Where the open answer line starts, -1 when none is open. */
  #answerStart = -1
  #answerAtUs = 0
  #answerHasParts = false
  #rowsAreOpen = false

  /** A writer that goes on after lines that are in the file already. */
  static continuing(from: { lastAtUs: number; line?: number }): RecordingWriter {
    const writer = new RecordingWriter()
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
    this.#text(wellFormedJson({ version: 3, term: { cols: term.cols, rows: term.rows }, timestamp, title, steno: header }))
    this.#endLine('\n')
  }

  command(atUs: number, command: CommandRecord): void {
    this.#record('q', atUs, command)
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

  /** Writes what a stock player shows. Nothing to show is no line. */
  output(atUs: number, text: string): void {
    if (text !== '') this.event('o', atUs, text)
  }

  marker(atUs: number, label: string): void {
    this.event('m', atUs, label)
  }

  /** Writes one line of any code with its data as it is. */
  event(code: string, atUs: number, data: string): void {
    if (!/^[A-Za-z]$/.test(code)) throw new TypeError(`expected an event code of one letter, got ${JSON.stringify(code)}`)
    this.#startLine(code, this.#advance(atUs))
    this.#text(JSON.stringify(withoutLoneSurrogates(data)))
    this.#endLine(']\n')
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
    this.#answerStart = this.#end
    this.#answerAtUs = this.#lastAtUs
    this.#answerHasParts = false
    this.#startLine('a', this.#advance(atUs))
    this.#ascii(`"{\\"n\\":${n},\\"parts\\":[`)
  }

  /** Adds one part to the open answer. */
  part(part: AnswerPart): void {
    this.#startPart()
    this.#embedded(part)
  }

  /** Adds rows to the open answer; blocks that follow each other become one part. A cell that is not UTF-8 is written as hex. */
  rows(block: RowBlock): void {
    if (block.count === 0) return
    if (!this.#rowsAreOpen) {
      this.#startPart()
      this.#ascii('{\\"kind\\":\\"rows\\",\\"rows\\":[[')
      this.#rowsAreOpen = true
    } else this.#ascii(',[')
    const { bytes, cells, special, columns } = block
    const last = block.count * columns
    // A result may have rows without columns.
    for (let row = 1; columns === 0 && row < block.count; row++) this.#ascii('],[')
    let column = 0
    for (let cell = 0; cell < last; cell++) {
      this.#reserve(8)
      if (column === columns) {
        this.#bytes[this.#end++] = 0x5d // ]
        this.#bytes[this.#end++] = 0x2c // ,
        this.#bytes[this.#end++] = 0x5b // [
        column = 0
      } else if (column > 0) this.#bytes[this.#end++] = 0x2c
      column++
      const start = cells[2 * cell]!
      const replaced = special?.get(cell)
      if (replaced !== undefined) this.#embedded(replaced)
      else if (start < 0) this.#ascii('null')
      else this.#cell(bytes, start, cells[2 * cell + 1]!)
    }
    this.#ascii(']')
  }

  /** Ends the line of the open answer. An answer without parts leaves no line. */
  closeAnswer(): void {
    if (this.#answerStart < 0) throw new TypeError('expected an open answer to close')
    if (this.#answerHasParts) {
      this.#endRows()
      this.#endLine(']}"]\n')
    } else {
      this.#end = this.#answerStart
      this.#lastAtUs = this.#answerAtUs
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

  #record(code: string, atUs: number, record: object): void {
    this.#startLine(code, this.#advance(atUs))
    this.#text(JSON.stringify(wellFormedJson(record)))
    this.#endLine(']\n')
  }

  /** Moves the clock and gives the interval. Whole microseconds are subtracted, so intervals add up to the time exactly. */
  #advance(atUs: number): number {
    const nowUs = Math.max(Math.floor(atUs), this.#lastAtUs)
    const intervalUs = nowUs - this.#lastAtUs
    this.#lastAtUs = nowUs
    return intervalUs
  }

  #startLine(code: string, intervalUs: number): void {
    this.#ascii(`[${formatSeconds(intervalUs)},"${code}",`)
  }

  #endLine(text: string): void {
    this.#ascii(text)
    this.#line++
  }

  #startPart(): void {
    if (this.#answerStart < 0) throw new TypeError('expected an open answer to add a part to')
    this.#endRows()
    if (this.#answerHasParts) this.#ascii(',')
    this.#answerHasParts = true
  }

  #endRows(): void {
    if (!this.#rowsAreOpen) return
    this.#ascii(']}')
    this.#rowsAreOpen = false
  }

  /** Writes a value as JSON inside the JSON string that is open. */
  #embedded(value: unknown): void {
    this.#text(JSON.stringify(wellFormedJson(value)).slice(1, -1))
  }

  #ascii(text: string): void {
    this.#reserve(text.length)
    const bytes = this.#bytes
    let end = this.#end
    for (let i = 0; i < text.length; i++) bytes[end++] = text.charCodeAt(i)
    this.#end = end
  }

  #text(text: string): void {
    for (let from = 0; from < text.length; ) {
      let to = Math.min(text.length, from + pieceLength)
      if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--
      const piece = from === 0 && to === text.length ? text : text.slice(from, to)
      this.#reserve(piece.length * 3)
      this.#end += utf8Encoder.encodeInto(piece, this.#bytes.subarray(this.#end)).written
      from = to
    }
  }

  /** Writes UTF-8 text as a JSON string inside a JSON string. */
  #cell(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#end
    this.#ascii('\\"')
    for (let from = start; from < end; ) {
      const next = this.#escape(bytes, from, Math.min(end, from + pieceLength), end)
      if (next < 0) {
        this.#end = before
        return this.#hex(bytes, start, end)
      }
      from = next
    }
    this.#ascii('\\"')
  }

  /** Copies text from `from` to at least `to`, to the end of the character there; gives where it stopped, -1 at what is not UTF-8. */
  #escape(bytes: Uint8Array, from: number, to: number, end: number): number {
    this.#reserve((to - from) * escapedBytesMax + 4)
    const out = this.#bytes
    let at = this.#end
    let i = from
    while (i < to) {
      const byte = bytes[i]!
      const kind = kinds[byte]!
      if (kind === plain) {
        out[at++] = byte
        i++
      } else if (kind === escaped) {
        const escape = escapes[byte]!
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
}

const hexDigits = '0123456789abcdef'

const plain = 0
const escaped = 1
const multibyte = 2

const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return multibyte
  return byte < 0x20 || byte === 0x22 || byte === 0x5c ? escaped : plain
})

/** What each escaped byte becomes inside a JSON string inside a JSON string. */
const escapes = Array.from({ length: 128 }, (_, byte) => {
  const inner = JSON.stringify(String.fromCharCode(byte)).slice(1, -1)
  const outer = JSON.stringify(inner).slice(1, -1)
  return Uint8Array.from(outer, (character) => character.charCodeAt(0))
})

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

/** Gives microseconds as seconds in decimal, without a float in between: 1500 is `0.0015`. */
function formatSeconds(us: number): string {
  const rest = us % 1e6
  if (rest === 0) return String(us / 1e6)
  return `${(us - rest) / 1e6}.${String(rest).padStart(6, '0').replace(/0+$/, '')}`
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
