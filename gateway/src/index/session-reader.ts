import {
  parseEvent,
  parseHeader,
  RecordingError,
  type AnswerPart,
  type CommandRecord,
  type EndReason,
  type Operation,
  type RecordedEvent,
} from '@steno/recordings'
import { answeredMax, cellText, decided, newCommandRow, newSessionRow, start, storable, type CommandRow, type SessionRow } from './rows.ts'

/** A session as far as it is indexed: its row, and the commands whose answers have not ended. */
export interface SessionState {
  session: SessionRow
  running: Map<number, CommandRow>
}

/** Gives the operations of a command, from its text and what the protocol calls it. */
export type ReadOperations = (command: CommandRecord, protocol: string) => Operation[]

/** Begins a session with its recording's first line. */
export function beginSession(line: Uint8Array, path: string): SessionState {
  const { steno } = parseHeader(decode(line, 0))
  return { session: newSessionRow({ steno, path, indexedBytes: line.length + 1 }), running: new Map() }
}

/** Takes one more line into the state, and gives the commands it changed. */
export function readLine(state: SessionState, line: Uint8Array, readOperations: ReadOperations): CommandRow[] {
  const { session } = state
  const frame = session.indexed_lines
  const { intervalUs, event } = parseEvent(decode(line, frame), frame)
  session.indexed_lines = event.code === 'v' ? event.erased.to : frame + 1
  session.indexed_bytes += line.length + 1
  session.last_us += intervalUs
  const changed = take(state, event, frame, readOperations)
  return changed ? [changed] : []
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(line: Uint8Array, number: number): string {
  try {
    return decoder.decode(line)
  } catch {
    throw new RecordingError('not_utf8', number, 'expected UTF-8')
  }
}

function take(state: SessionState, event: RecordedEvent, frame: number, readOperations: ReadOperations): CommandRow | null {
  const { session, running } = state
  switch (event.code) {
    case 'q': {
      const { command } = event
      // What the policy was asked about knew the target's catalogue, which a reading of the text now does not.
      const operations = command.operations ?? readOperations(command, session.protocol)
      const row = newCommandRow(session, { command, operations, atUs: session.last_us, frame })
      running.set(row.number, row)
      session.commands++
      if (row.verdict === 'deny') session.denied++
      if (row.held) session.held++
      return row
    }
    case 'd': {
      const row = running.get(event.decision.n)
      if (!row) return null
      const { decision } = event.decision
      if (decision.verdict === 'deny' && row.verdict !== 'deny') session.denied++
      Object.assign(row, decided(decision))
      return row
    }
    case 'a': {
      const row = running.get(event.answer.n)
      if (!row) return null
      for (const part of event.answer.parts) takePart(state, row, part)
      return row
    }
    case 'e':
      end(session, event.end)
      return null
    case 'v':
      if (event.erased.end) end(session, event.erased.end)
      return null
    default:
      return null
  }
}

function end(session: SessionRow, { reason }: { reason: EndReason }): void {
  session.ended_us = session.started_us + session.last_us
  session.end_reason = reason
}

function takePart({ session, running }: SessionState, row: CommandRow, part: AnswerPart): void {
  switch (part.kind) {
    case 'rows':
      for (const cells of part.rows) {
        for (const cell of cells) {
          if (row.answered.length < answeredMax) find(row, cellText(cell))
          if (typeof cell === 'object' && cell !== null && 'masked' in cell) {
            row.masked++
            session.masked++
          }
        }
      }
      return
    case 'value':
      return find(row, cellText(part.value))
    case 'data':
      if ('text' in part.content) find(row, part.content.text)
      return
    case 'error':
      if (row.error_code === null) {
        session.errors++
        row.error_code = storable(part.error.code)
        row.error_message = storable(start(part.error.message, answeredMax))
      }
      return
    case 'done':
      row.rows = (row.rows ?? 0) + part.rows
      if (part.affected !== undefined) row.affected = (row.affected ?? 0) + part.affected
      return
    case 'suspended':
      row.rows = (row.rows ?? 0) + part.rows
      return
    case 'end':
      row.duration_us = session.started_us + session.last_us - row.at_us
      if (row.error_message !== null) row.answered += `${row.error_message}\n`
      running.delete(row.number)
  }
}

/** Adds to what a command's answer can be found by, up to its share. */
function find(row: CommandRow, text: string): void {
  const room = answeredMax - row.answered.length
  if (room > 0 && text !== '') row.answered += `${storable(start(text, room))}\n`
}
