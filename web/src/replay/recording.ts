import type { AnswerPart, Cell, CommandRecord, Content } from '@steno/recordings'
import { createLineReader, readOneLine } from './line-reader.ts'
import type { ByteRange, FrameDetail, ReadProgress, SearchHit, Section } from './frame.ts'
import { FrameIndex, type AnswerLine, type IndexChanges } from './frame-index.ts'
import type { RecordingSource } from './recording-source.ts'
import { findIn, matcherOf } from './search-inside.ts'

/** What the page learns while a recording is read. */
export interface RecordingUpdate extends IndexChanges {
  progress: ReadProgress
  /** `loading`: bytes are still coming · `open`: the file may grow · `complete`: it is closed, or was refused. */
  reading: 'loading' | 'open' | 'complete'
}

const textCharactersMax = 200_000
const copyCharactersMax = 200_000
const headRowsMax = 200
const cacheBytesMax = 24_000_000
/** Ranges closer than this are read with one request. */
const joinBytesMax = 64 * 1024
const noticeLinesMax = 400

/** One stretch of a table's rows inside one line. */
interface Span {
  line: AnswerLine
  /** The table's row the stretch starts with. */
  first: number
  rows: number
  /** Rows of the same line that belong to tables before. */
  skip: number
}

/** A recording read in one pass and then only where it is looked at. It never holds the file. */
export class Recording {
  readonly #source: RecordingSource
  readonly #index = new FrameIndex()
  readonly #cache = new Map<number, { parts: readonly AnswerPart[]; bytes: number }>()
  readonly #layouts = new Map<number, Map<number, Span[]>>()
  #cachedBytes = 0
  readonly #reader = createLineReader()
  #progress: ReadProgress = { readBytes: 0, totalBytes: null }
  #isReading = false

  constructor(source: RecordingSource) {
    this.#source = source
  }

  /** Reads what there is, from where it last stopped, and reports as it goes; `due` says when a report is worth making. */
  async readOn(report: (update: RecordingUpdate) => void, due: () => boolean, stop: AbortSignal): Promise<void> {
    if (this.#isReading || this.#reader.isRefused) return
    this.#isReading = true
    try {
      const { totalBytes, chunks } = await this.#source.stream(this.#progress.readBytes, stop)
      this.#progress = { ...this.#progress, totalBytes }
      for await (const chunk of chunks) {
        this.#progress = { ...this.#progress, readBytes: this.#progress.readBytes + chunk.length }
        this.#take(chunk)
        if (this.#reader.isRefused) break
        if (due()) report(this.#update('loading'))
      }
    } finally {
      this.#isReading = false
    }
    this.#index.tear(this.#reader.tornAt === null ? 0 : this.#progress.readBytes - this.#reader.tornAt)
    report(this.#update(this.#reader.isRefused || this.#reader.isEnded ? 'complete' : 'open'))
  }

  /** Gives a frame with everything that came back but the rows further down. */
  async detail(index: number): Promise<FrameDetail> {
    const places = this.#index.places[index]
    if (!places) throw new RangeError(`the recording has no frame ${index}`)
    const command = await this.#command(places.command, this.#index.frames[index]!.line)
    const { sections, spans } = await this.#sections(index)
    this.#layouts.set(index, spans)
    if (this.#layouts.size > 8) this.#layouts.delete(this.#layouts.keys().next().value!)
    const { answers } = places
    const prepared = places.preparedBy === null ? undefined : this.#index.indexOf(places.preparedBy)
    return {
      index,
      command: { ...command, text: command.text.slice(0, textCharactersMax) },
      textLength: command.text.length,
      preparedAt: prepared === undefined || prepared === index ? null : { index: prepared, n: places.preparedBy! },
      sections,
      leaves: places.leaves,
      commandBytes: places.command,
      answerBytes: answers.length === 0 ? null : { from: answers[0]!.range.from, to: answers.at(-1)!.range.to },
      answerLines: answers.length,
    }
  }

  /** Gives rows of one table of a frame. */
  async rows(at: { index: number; section: number; first: number; count: number }): Promise<Cell[][]> {
    let spans = this.#layouts.get(at.index)?.get(at.section)
    if (!spans) {
      await this.detail(at.index)
      spans = this.#layouts.get(at.index)?.get(at.section) ?? []
    }
    const end = at.first + at.count
    const touched = spans.filter((span) => span.first < end && span.first + span.rows > at.first)
    const lines = await this.#lines(touched.map((span) => span.line))
    const rows: Cell[][] = []
    touched.forEach((span, i) => {
      const from = Math.max(0, at.first - span.first)
      const to = Math.min(span.rows, end - span.first)
      rows.push(...rowsOf(lines[i]!).slice(span.skip + from, span.skip + to))
    })
    return rows
  }

  /** Gives the line a frame's command stands on, as it is in the file. */
  async raw(index: number): Promise<string> {
    const places = this.#index.places[index]
    if (!places) throw new RangeError(`the recording has no frame ${index}`)
    const { from, to } = places.command
    const text = new TextDecoder().decode(await this.#source.read({ from, to: Math.min(to, from + textCharactersMax) }))
    return to - from > textCharactersMax ? `${text} …` : text.trimEnd()
  }

  /** Searches the whole recording, answers too, and reports frames as they are found. */
  async search(text: string, report: (hits: SearchHit[], searchedBytes: number) => void, due: () => boolean, stop: AbortSignal): Promise<void> {
    const matches = matcherOf(text)
    const reader = createLineReader()
    const seen = new Set<number>()
    let hits: SearchHit[] = []
    let searchedBytes = 0
    const endBytes = this.#progress.readBytes
    const { chunks } = await this.#source.stream(0, stop)
    for await (const chunk of chunks) {
      for (const read of reader.push(chunk)) {
        if (read.kind !== 'event') continue
        const hit = findIn(read.placed.event, matches)
        const index = hit ? this.#index.indexOf(hit.n) : undefined
        if (!hit || index === undefined || seen.has(index)) continue
        seen.add(index)
        hits.push({ index, found: hit.found })
      }
      searchedBytes += chunk.length
      if (stop.aborted) return
      if (due()) {
        report(hits, searchedBytes)
        hits = []
      }
      if (searchedBytes >= endBytes || reader.isRefused) break
    }
    report(hits, searchedBytes)
  }

  #take(chunk: Uint8Array): void {
    for (const read of this.#reader.push(chunk)) {
      if (read.kind === 'header') this.#index.header(read.header)
      else if (read.kind === 'event') this.#index.push(read.placed, read.range)
      else this.#index.refuse(read.line, read.message)
    }
  }

  #update(reading: RecordingUpdate['reading']): RecordingUpdate {
    return { ...this.#index.takeChanges(), progress: this.#progress, reading }
  }

  async #command(range: ByteRange, line: number): Promise<CommandRecord> {
    const event = readOneLine(await this.#source.read(range), line)
    if (event.code !== 'q') throw new TypeError('expected a command on the line the index knows it on')
    return event.command
  }

  /** Lays an answer out: lines that hold only rows are counted, not read, but for the first. */
  async #sections(index: number): Promise<{ sections: Section[]; spans: Map<number, Span[]> }> {
    const places = this.#index.places[index]!
    const sections: Section[] = []
    const spans = new Map<number, Span[]>()
    const telling = places.answers.filter((line, at) => at === 0 || !line.hasOnlyContent).slice(0, noticeLinesMax)
    const firstRows = places.answers.find((line) => line.rows > 0)
    if (firstRows && !telling.includes(firstRows)) telling.push(firstRows)
    const read = new Map<AnswerLine, readonly AnswerPart[]>()
    const parts = await this.#lines(telling)
    telling.forEach((line, at) => read.set(line, parts[at]!))

    let table: (Section & { kind: 'table' }) | null = null
    let copy: (Section & { kind: 'copy' }) | null = null
    const addRows = (line: AnswerLine, rows: number, skip: number): Span[] => {
      if (!table) {
        table = { kind: 'table', columns: [], rows: 0, head: [], done: null, isSuspended: false }
        sections.push(table)
      }
      const at = sections.indexOf(table)
      const known = spans.get(at) ?? []
      known.push({ line, first: table.rows, rows, skip })
      spans.set(at, known)
      table.rows += rows
      return known
    }
    for (const line of places.answers) {
      const known = read.get(line)
      if (!known) {
        if (line.rows > 0) addRows(line, line.rows, 0)
        if (copy && line.rows === 0) await this.#copied(copy, line)
        continue
      }
      let skip = 0
      for (const part of known) {
        switch (part.kind) {
          case 'columns':
            table = { kind: 'table', columns: part.columns, rows: 0, head: [], done: null, isSuspended: false }
            sections.push(table)
            break
          case 'rows':
            addRows(line, part.rows.length, skip)
            skip += part.rows.length
            if (table && table.head.length === table.rows - part.rows.length) table.head.push(...part.rows.slice(0, headRowsMax - table.head.length))
            break
          case 'copy':
            copy = { kind: 'copy', direction: part.direction, isBinary: part.binary, text: '', isWhole: true, bytes: 0, done: null }
            sections.push(copy)
            if (part.direction === 'in') for (const body of places.bodies) await this.#body(copy, body)
            break
          case 'data':
            if (copy) addContent(copy, part.content)
            break
          case 'done': {
            const done = { tag: part.tag, affected: part.affected ?? null }
            if (table) table.done = done
            else if (copy) copy.done = done
            else sections.push({ kind: 'done', tag: part.tag, rows: part.rows, affected: part.affected ?? null })
            table = null
            copy = null
            break
          }
          case 'suspended':
            if (table) table.isSuspended = true
            table = null
            break
          case 'error':
            sections.push({ kind: 'error', error: part.error, by: part.by })
            table = null
            copy = null
            break
          case 'notice':
            sections.push({ kind: 'notice', notice: part.notice })
            break
          case 'value':
            sections.push({ kind: 'value', value: part.value })
            break
          case 'parameters':
            sections.push({ kind: 'parameters', types: part.types })
            break
          case 'prepared':
          case 'bound':
          case 'empty':
          case 'skipped':
            sections.push({ kind: 'word', word: part.kind })
            break
          case 'end':
            break
        }
      }
    }
    for (const outside of places.outside) sections.push({ kind: 'outside', ...outside })
    return { sections, spans }
  }

  async #copied(copy: Section & { kind: 'copy' }, line: AnswerLine): Promise<void> {
    if (!copy.isWhole || copy.text.length >= copyCharactersMax) {
      copy.isWhole = false
      copy.bytes += line.range.to - line.range.from
      return
    }
    const [parts] = await this.#lines([line])
    for (const part of parts!) if (part.kind === 'data') addContent(copy, part.content)
  }

  async #body(copy: Section & { kind: 'copy' }, { range, line }: { range: ByteRange; line: number }): Promise<void> {
    if (!copy.isWhole || copy.text.length >= copyCharactersMax) {
      copy.isWhole = false
      copy.bytes += range.to - range.from
      return
    }
    const event = readOneLine(await this.#source.read(range), line)
    if (event.code === 'b') addContent(copy, event.body.content)
  }

  /** Gives the parts of answer lines, from the cache or with as few requests as their places allow. */
  async #lines(lines: readonly AnswerLine[]): Promise<(readonly AnswerPart[])[]> {
    const found = new Map<number, readonly AnswerPart[]>()
    for (const { line } of lines) {
      const kept = this.#cache.get(line)
      if (kept) found.set(line, kept.parts)
    }
    const missing = lines.filter((line) => !found.has(line.line)).sort((a, b) => a.range.from - b.range.from)
    for (let at = 0; at < missing.length; ) {
      const first = missing[at]!
      let end = at + 1
      while (end < missing.length && missing[end]!.range.from - missing[end - 1]!.range.to <= joinBytesMax) end += 1
      const bytes = await this.#source.read({ from: first.range.from, to: missing[end - 1]!.range.to })
      for (const line of missing.slice(at, end)) {
        const event = readOneLine(bytes.subarray(line.range.from - first.range.from, line.range.to - first.range.from), line.line)
        if (event.code !== 'a') throw new TypeError('expected an answer on the line the index knows it on')
        found.set(line.line, event.answer.parts)
        this.#keep(line, event.answer.parts)
      }
      at = end
    }
    return lines.map((line) => found.get(line.line)!)
  }

  #keep(line: AnswerLine, parts: readonly AnswerPart[]): void {
    const bytes = line.range.to - line.range.from
    this.#cache.set(line.line, { parts, bytes })
    this.#cachedBytes += bytes
    for (const [oldest, kept] of this.#cache) {
      if (this.#cachedBytes <= cacheBytesMax || oldest === line.line) break
      this.#cache.delete(oldest)
      this.#cachedBytes -= kept.bytes
    }
  }
}

function rowsOf(parts: readonly AnswerPart[]): Cell[][] {
  return parts.flatMap((part) => (part.kind === 'rows' ? part.rows : []))
}

function addContent(copy: Section & { kind: 'copy' }, content: Content): void {
  const text = 'text' in content ? content.text : content.base64
  copy.bytes += 'text' in content ? text.length : Math.floor((text.length * 3) / 4)
  const room = copyCharactersMax - copy.text.length
  if (text.length > room) copy.isWhole = false
  copy.text += text.slice(0, Math.max(0, room))
}
