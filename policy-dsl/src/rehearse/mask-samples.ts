import { RecordingError, RecordingReader, type AnswerPart, type Cell, type Column, type RecordingHeader } from '@steno/recordings'
import type { MaskObligation } from '../decision.ts'
import { maskFor } from '../masks/mask-for.ts'
import type { MaskKey } from '../masks/mask-key.ts'
import { maskMatches } from '../masks/mask-matches.ts'
import type { RehearsedCommand } from './rehearsed-session.ts'

/** A value of a recorded answer, and what would stand in its place. */
export interface MaskSample {
  /** The column of the answer, by the name it came back under. */
  column: string
  /** What history holds of it, and what would come back: their starts. Null for NULL. */
  before: string | null
  after: string | null
  /** The rule that masked it already then: what is under that nobody can show, so `after` is the same. */
  maskedBy: string | null
  session: string
  command: number
  frame: number
}

/** Where values stand that a mask would hide. */
interface Wanted {
  mask: MaskObligation
  /** Which of its columns, by its name in the rule and in the answer; null for what its pattern finds. */
  named: { pattern: string; column: string } | null
  header: RecordingHeader
  command: RehearsedCommand
}

interface Looked extends Wanted {
  samples: MaskSample[]
}

/** So many values are shown for each column of a rule, and so much of each. */
const samplesMax = 5
const valueMax = 200
/** So many commands are looked at for them; a pattern may find nothing in the first. */
const commandsMax = { column: samplesMax, pattern: 20 }
/** So many rows of a command are looked at. */
const rowsMax = 1000
/** So many columns of rules, so that nobody reads all of history again. */
const keysMax = 200

/**
 * Remembers, while policies are rehearsed, where values stand that they would
 * mask, and reads a few of them afterwards: no answer is kept in memory
 * meanwhile.
 */
export class MaskSamples {
  readonly #key: MaskKey
  /** By rule and column, which samples there are, and in how many commands more are looked for. */
  readonly #byKey = new Map<string, { samples: MaskSample[]; commands: number }>()
  readonly #bySession = new Map<string, Map<number, Looked[]>>()

  constructor(key: MaskKey) {
    this.#key = key
  }

  want({ mask, named, header, command }: Wanted): void {
    if (command.rows === 0) return
    const key = JSON.stringify([mask.rule, named?.pattern ?? nameOfPattern(mask)])
    let entry = this.#byKey.get(key)
    if (!entry && this.#byKey.size < keysMax) this.#byKey.set(key, (entry = { samples: [], commands: 0 }))
    if (!entry || entry.commands >= commandsMax[named === null ? 'pattern' : 'column']) return
    entry.commands++
    let session = this.#bySession.get(header.session)
    if (!session) this.#bySession.set(header.session, (session = new Map<number, Looked[]>()))
    const looked = session.get(command.record.n) ?? []
    session.set(command.record.n, [...looked, { mask, named, header, command, samples: entry.samples }])
  }

  /** Reads them out of the recordings of the sessions they are in. */
  read(open: (session: string) => Iterable<Uint8Array> | null): void {
    for (const [session, byCommand] of this.#bySession) {
      const isEnough = [...byCommand.values()].flat().every(({ samples }) => samples.length >= samplesMax)
      const pieces = isEnough ? null : open(session)
      if (pieces !== null) this.#readSession(pieces, byCommand)
    }
  }

  /** The samples of a rule's column, or of its pattern, as a rehearsal names it. */
  of(rule: string, name: string): MaskSample[] {
    return this.#byKey.get(JSON.stringify([rule, name]))?.samples ?? []
  }

  #readSession(pieces: Iterable<Uint8Array>, byCommand: Map<number, Looked[]>): void {
    const reader = new RecordingReader()
    const columns = new Map<number, Column[]>()
    const rows = new Map<number, number>()
    try {
      for (const piece of pieces) {
        for (const { event } of reader.push(piece)) {
          if (event.code !== 'a') continue
          const { n, parts } = event.answer
          const wanted = byCommand.get(n)
          if (wanted === undefined) continue
          for (const part of parts) {
            if (part.kind === 'columns') columns.set(n, part.columns)
            else if (part.kind === 'rows')
              rows.set(n, this.#take(part, { wanted, columns: columns.get(n) ?? [], before: rows.get(n) ?? 0 }))
            if (part.kind === 'end' || (rows.get(n) ?? 0) >= rowsMax) byCommand.delete(n)
          }
        }
        if (byCommand.size === 0) return
      }
    } catch (error) {
      // What is damaged behind what was read the first time has been told.
      if (!(error instanceof RecordingError)) throw error
    }
  }

  /** Takes samples of an answer's rows; gives how many rows of it were looked at. */
  #take(
    { rows }: Extract<AnswerPart, { kind: 'rows' }>,
    { wanted, columns, before }: { wanted: Looked[]; columns: Column[]; before: number },
  ): number {
    for (const row of rows.slice(0, rowsMax - before)) {
      for (const one of wanted) {
        for (const [at, column] of columns.entries()) {
          if (one.named !== null && one.named.column !== column.name) continue
          if (one.samples.length >= samplesMax) break
          const sample = this.#sampleOf(row[at] ?? null, column, one)
          if (sample !== null && !one.samples.some(other => other.before === sample.before && other.column === sample.column))
            one.samples.push(sample)
        }
      }
    }
    return before + rows.length
  }

  #sampleOf(cell: Cell, { name, type }: Column, { mask, named, header, command }: Wanted): MaskSample | null {
    const place = { column: name, session: header.session, command: command.record.n, frame: command.line }
    if (cell === null) return null
    if (typeof cell === 'object') {
      if (named === null || !('masked' in cell)) return null
      const shown = startOf(cell.masked)
      return { ...place, before: shown, after: shown, maskedBy: cell.rule }
    }
    const after = named === null ? this.#withoutMatches(cell, type, mask) : this.#hidden(cell, type, mask)
    return after === undefined ? null : { ...place, before: startOf(cell), after: startOf(after), maskedBy: null }
  }

  /** What stands in a value's place; undefined for a document or a list, whose parts are masked one by one. */
  #hidden(value: string, type: string, mask: MaskObligation): string | null | undefined {
    if (/^jsonb?$|\[\]$|^_/.test(type)) return undefined
    return maskFor(mask.with, type)?.(value, this.#key) ?? null
  }

  /** Undefined where the pattern finds nothing, and in what is no text. */
  #withoutMatches(value: string, type: string, { matching, with: kind }: MaskObligation): string | undefined {
    if (matching === null || !/^(?:text|varchar|bpchar|name|citext|unknown)$/.test(type)) return undefined
    const after = maskMatches(matching.pattern, matching.flags, value, kind, this.#key)
    return after === value ? undefined : after
  }
}

/** As a rehearsal names it where it counts. */
function nameOfPattern({ matching }: MaskObligation): string {
  return `/${matching?.pattern}/${matching?.flags}`
}

function startOf<Value extends string | null>(value: Value): Value | string {
  return value !== null && value.length > valueMax ? `${value.slice(0, valueMax)}…` : value
}
