import { readContents, readRows, type Cell, type LinePlace, type RowRange, type StatementResult, type TableFrame } from '@steno/recordings'
import type { ByteRange, FrameDetail, ReadProgress, SearchHit, Section } from './frame.ts'
import { FrameIndex, rangeOf, type IndexChanges } from './frame-index.ts'
import { createLineReader } from './line-reader.ts'
import type { RecordingSource } from './recording-source.ts'
import { findIn, matcherOf } from './search-inside.ts'

/** What the page learns while a recording is read. */
export interface RecordingUpdate extends IndexChanges {
  progress: ReadProgress
  /** `loading`: bytes are still coming · `open`: the file may grow · `complete`: it is closed, or was refused. */
  reading: 'loading' | 'open' | 'complete'
}

const textCharactersMax = 200_000
const copyCharactersMax = 100_000
const headRowsMax = 200
const cacheBytesMax = 24_000_000
/** Ranges closer than this are read with one request. */
const joinBytesMax = 64 * 1024

/** A recording read in one pass and then only where it is looked at. It never holds the file. */
export class Recording {
  readonly #source: RecordingSource
  readonly #onBytes: (bytes: Uint8Array) => void
  readonly #index = new FrameIndex()
  readonly #reader = createLineReader()
  /** Rows by the line and part they stand in, the longest unused first. */
  readonly #cache = new Map<string, { rows: Cell[][]; bytes: number }>()
  #cachedBytes = 0
  #progress: ReadProgress = { readBytes: 0, totalBytes: null }
  #isReading = false

  /** `onBytes` sees every byte of the recording as it is read, in its order. */
  constructor(source: RecordingSource, onBytes: (bytes: Uint8Array) => void = () => {}) {
    this.#source = source
    this.#onBytes = onBytes
  }

  /** Whether a line broke the format, so that what follows was not read. */
  get isRefused(): boolean {
    return this.#reader.isRefused
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
        this.#onBytes(chunk)
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
    const frame = this.#index.frame(index)
    if (!frame) throw new RangeError(`the recording has no frame ${index}`)
    const bytes = rangeOf(frame.place)
    if (frame.kind === 'notice') return { kind: 'said', index, bytes, said: frame.said }
    if (frame.kind === 'erased') return { kind: 'erased', index, bytes, lines: frame.lines, erasure: frame.erasure }
    const { command } = frame
    return {
      kind: 'command',
      index,
      bytes,
      command: { ...command, text: command.text.slice(0, textCharactersMax) },
      textLength: command.text.length,
      decision: frame.decision,
      preparedAt: frame.preparedBy === null || frame.preparedBy === index ? null : { index: frame.preparedBy, n: command.prepared ?? 0 },
      sections: await this.#sections(frame),
      leaves: frame.leaves,
      answer: this.#index.answers.get(index) ?? null,
    }
  }

  /** Gives rows of one result of a frame. */
  async rows(at: { index: number; result: number; first: number; count: number }): Promise<Cell[][]> {
    const frame = this.#index.frame(at.index)
    const result = frame?.kind === 'table' ? frame.results[at.result] : undefined
    if (!result) throw new RangeError(`frame ${at.index} has no result ${at.result}`)
    const end = at.first + at.count
    const touched = result.rows.filter(range => range.firstRow < end && range.firstRow + range.rowCount > at.first)
    const parts = await this.#rowsOf(touched)
    return touched.flatMap((range, i) => parts[i]!.slice(Math.max(0, at.first - range.firstRow), end - range.firstRow))
  }

  /** Gives the line a frame stands on, as it is in the file. */
  async raw(index: number): Promise<string> {
    const frame = this.#index.frame(index)
    if (!frame) throw new RangeError(`the recording has no frame ${index}`)
    const { from, to } = rangeOf(frame.place)
    const text = new TextDecoder().decode(await this.#source.read({ from, to: Math.min(to, from + textCharactersMax) }))
    return to - from > textCharactersMax ? `${text} …` : text.trimEnd()
  }

  /** Searches the whole recording, answers too, and reports frames as they are found. */
  async search(
    text: string,
    report: (hits: SearchHit[], searchedBytes: number) => void,
    due: () => boolean,
    stop: AbortSignal,
  ): Promise<void> {
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
        const index = hit ? this.#index.command(hit.n)?.index : undefined
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
      else if (read.kind === 'event') this.#index.push(read.placed)
      else this.#index.refuse(read.line, read.message)
    }
  }

  #update(reading: RecordingUpdate['reading']): RecordingUpdate {
    return { ...this.#index.takeChanges(), progress: this.#progress, reading }
  }

  /** Lays an answer out in the order it came. */
  async #sections(frame: TableFrame): Promise<Section[]> {
    const sections: Section[] = []
    if (frame.parameterTypes && frame.command.kind === 'prepare') sections.push({ kind: 'parameters', types: frame.parameterTypes })
    for (const [at, result] of frame.results.entries()) sections.push(...(await this.#result(frame, result, at)))
    if (frame.status === 'skipped') sections.push({ kind: 'word', word: 'skipped' })
    else if (frame.command.kind === 'prepare' && frame.status === 'ok') sections.push({ kind: 'word', word: 'prepared' })
    else if (frame.command.kind === 'bind' && frame.status === 'ok') sections.push({ kind: 'word', word: 'bound' })
    return sections
  }

  async #result(frame: TableFrame, result: StatementResult, at: number): Promise<Section[]> {
    const sections: Section[] = []
    const done = result.tag === null ? null : { tag: result.tag, affected: result.affected }
    if (result.copy) {
      const { direction, binary } = result.copy
      const content = await this.#content(direction === 'in' ? frame.bodies : result.data)
      sections.push({ kind: 'copy', direction, isBinary: binary, ...content, done })
    } else if (result.outcome === 'described' && result.rowCount === 0) {
      if (result.columns) sections.push({ kind: 'described', columns: result.columns })
    } else if (result.columns || result.rowCount > 0) {
      const [first] = result.rows
      const head = first ? (await this.#rowsOf([first]))[0]!.slice(0, headRowsMax) : []
      sections.push({
        kind: 'table',
        result: at,
        columns: result.columns ?? [],
        rows: result.rowCount,
        head,
        done,
        isSuspended: result.outcome === 'suspended',
      })
    } else if (done) sections.push({ kind: 'done', ...done })
    if (result.value !== undefined) sections.push({ kind: 'value', value: result.value })
    if (result.outcome === 'empty') sections.push({ kind: 'word', word: 'empty' })
    if (result.error) sections.push({ kind: 'error', error: result.error.notice, by: result.error.by })
    if (result.noticeCount > 0) sections.push({ kind: 'notices', notices: result.notices, count: result.noticeCount })
    return sections
  }

  /** Reads copied content up to what a page can bear. */
  async #content(places: readonly LinePlace[]): Promise<{ text: string; isWhole: boolean; bytes: number }> {
    let text = ''
    let isWhole = true
    let bytes = 0
    for (const place of places) {
      if (text.length >= copyCharactersMax) {
        isWhole = false
        bytes += place.sizeBytes
        continue
      }
      for (const content of readContents(await this.#source.read(rangeOf(place)), place)) {
        const piece = 'text' in content ? content.text : content.base64
        bytes += 'text' in content ? piece.length : Math.floor((piece.length * 3) / 4)
        text += piece
      }
    }
    if (text.length > copyCharactersMax) isWhole = false
    return { text: text.slice(0, copyCharactersMax), isWhole, bytes }
  }

  /** Gives the rows of ranges, from the cache or with as few requests as their places allow. */
  async #rowsOf(ranges: readonly RowRange[]): Promise<Cell[][][]> {
    const found = new Map<string, Cell[][]>()
    const missing: RowRange[] = []
    for (const range of ranges) {
      const kept = this.#cache.get(keyOf(range))
      if (kept) found.set(keyOf(range), kept.rows)
      else missing.push(range)
    }
    for (let at = 0; at < missing.length;) {
      const { from } = rangeOf(missing[at]!)
      let end = at + 1
      while (end < missing.length && missing[end]!.offset - rangeOf(missing[end - 1]!).to <= joinBytesMax) end += 1
      const bytes = await this.#source.read({ from, to: rangeOf(missing[end - 1]!).to } satisfies ByteRange)
      for (const range of missing.slice(at, end)) {
        const line = bytes.subarray(range.offset - from, range.offset - from + range.sizeBytes)
        const rows = readRows(line, range)
        found.set(keyOf(range), rows)
        this.#keep(range, rows)
      }
      at = end
    }
    return ranges.map(range => found.get(keyOf(range))!)
  }

  #keep(range: RowRange, rows: Cell[][]): void {
    this.#cache.set(keyOf(range), { rows, bytes: range.sizeBytes })
    this.#cachedBytes += range.sizeBytes
    for (const [oldest, kept] of this.#cache) {
      if (this.#cachedBytes <= cacheBytesMax || oldest === keyOf(range)) break
      this.#cache.delete(oldest)
      this.#cachedBytes -= kept.bytes
    }
  }
}

function keyOf(range: RowRange): string {
  return `${range.line}.${range.part}`
}
