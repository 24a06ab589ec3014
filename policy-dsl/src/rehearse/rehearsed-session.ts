import type { AnswerPart, CommandRecord, Decision, RecordingHeader } from '@steno/recordings'
import { answerSizes } from '../operations/registry.ts'

/** A session of the past, as far as a policy is concerned. */
export interface RehearsedSession {
  header: RecordingHeader
  /** In the order they were asked. */
  commands: RehearsedCommand[]
}

export interface RehearsedCommand {
  record: CommandRecord
  /** Its line in the recording: the link to its frame. */
  line: number
  /** Microseconds since the session's start. */
  atUs: number
  /** What became of it in the end, where it was held at first. */
  decidedLater: Decision | null
  /** The names of the columns that came back. */
  columns: string[]
  /** Rows that were returned, and the bytes that carried them, as near as the record tells. */
  rows: number
  bytes: number
  /** Cells of them that were masked already. */
  maskedCells: number
}

/** So many columns of one command are kept; more come only of many statements in one text. */
const columnsMax = 2000

/** A command as its line begins it, and what takes its answer, part by part. */
export function beginRehearsed(
  record: CommandRecord,
  { line, atUs, protocol }: { line: number; atUs: number; protocol: string },
): { command: RehearsedCommand; take: (part: AnswerPart) => void } {
  const command: RehearsedCommand = { record, line, atUs, decidedLater: null, columns: [], rows: 0, bytes: 0, maskedCells: 0 }
  let sizeOf: ((part: AnswerPart) => { rows: number; bytes: number }) | null = null
  return {
    command,
    take(part) {
      if (part.kind === 'columns') {
        for (const { name } of part.columns) {
          if (command.columns.length < columnsMax && !command.columns.includes(name)) command.columns.push(name)
        }
      } else if (part.kind === 'rows') command.maskedCells += maskedIn(part.rows)
      else if (part.kind !== 'data') return
      sizeOf ??= (Object.hasOwn(answerSizes, protocol) ? answerSizes[protocol]?.() : undefined) ?? rowsAlone
      const { rows, bytes } = sizeOf(part)
      command.rows += rows
      command.bytes += bytes
    },
  }
}

function maskedIn(rows: readonly (readonly unknown[])[]): number {
  let masked = 0
  for (const row of rows) for (const cell of row) if (typeof cell === 'object' && cell !== null && 'masked' in cell) masked++
  return masked
}

/** Of a protocol whose messages nobody here knows. */
function rowsAlone(part: AnswerPart): { rows: number; bytes: number } {
  return { rows: part.kind === 'rows' ? part.rows.length : 0, bytes: 0 }
}
