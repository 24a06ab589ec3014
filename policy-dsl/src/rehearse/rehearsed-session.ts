import type { AnswerPart, CommandRecord, Decision, PlacedEvent, RecordingHeader } from '@steno/recordings'

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
  /** Rows that were returned. */
  rows: number
  /** Cells of them that were masked already. */
  maskedCells: number
}

/** Gives a session from its recording's events. Memory is taken for commands, not for their answers. */
export function rehearsedSessionOf(header: RecordingHeader, events: Iterable<PlacedEvent>): RehearsedSession {
  const commands = new Map<number, RehearsedCommand>()
  for (const { line, atUs, event } of events) {
    if (event.code === 'q') {
      const { n } = event.command
      commands.set(n, { record: event.command, line, atUs, decidedLater: null, columns: [], rows: 0, maskedCells: 0 })
    } else if (event.code === 'd') {
      const command = commands.get(event.decision.n)
      if (command !== undefined) command.decidedLater = event.decision.decision
    } else if (event.code === 'a') {
      const command = commands.get(event.answer.n)
      if (command !== undefined) for (const part of event.answer.parts) addAnswer(command, part)
    }
  }
  return { header, commands: [...commands.values()] }
}

function addAnswer(command: RehearsedCommand, part: AnswerPart): void {
  if (part.kind === 'columns') {
    for (const { name } of part.columns) if (!command.columns.includes(name)) command.columns.push(name)
  } else if (part.kind === 'rows') {
    command.rows += part.rows.length
    for (const row of part.rows)
      for (const cell of row) if (typeof cell === 'object' && cell !== null && 'masked' in cell) command.maskedCells++
  }
}
