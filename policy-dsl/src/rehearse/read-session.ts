import {
  RecordingError,
  RecordingReader,
  type AnswerPart,
  type CommandRecord,
  type Operation,
  type RecordingHeader,
} from '@steno/recordings'
import { beginRehearsed, type RehearsedCommand } from './rehearsed-session.ts'

/** Commands of one session that follow each other, as a rehearsal takes them. */
export interface PastCommands {
  header: RecordingHeader
  commands: RehearsedCommand[]
  /** Of these, how many had what they would do read out of their texts now, because it was not recorded. */
  readNow: number
}

/** Reads the texts of commands that were recorded without what they would do. */
export interface PastParser {
  read: (command: CommandRecord, protocol: string) => Operation[]
  /** Settles when it can be asked. */
  ready: () => void | Promise<void>
}

/** So many commands are given at once: a session of a million need not fit in memory. */
const batchMax = 20_000
/** So many commands may be under way at once; of more than these, the first are given without the rest of their answers. */
const runningMax = 20_000

/**
 * Gives the commands of a recording in their order, from its bytes cut
 * anywhere. One that ends within a line, as those do that are being written,
 * gives what stands before it. One that cannot be read gives what could be, and
 * then throws its `RecordingError`. Without a parser, commands that were
 * recorded without what they would do stay so.
 */
export async function* readSession(pieces: Iterable<Uint8Array>, parser: PastParser | null): AsyncGenerator<PastCommands, void, undefined> {
  const reader = new RecordingReader()
  /** In the order of their numbers, the answered ones until those before them are. */
  const waiting = new Map<number, Waiting>()
  let failure: Error | null = null
  try {
    for (const piece of pieces) {
      for (const { event, line, atUs } of reader.push(piece)) {
        if (event.code === 'q') {
          waiting.set(event.command.n, await begin(event.command, { line, atUs, protocol: headerOf(reader).protocol }, parser))
        } else if (event.code === 'd') {
          const entry = waiting.get(event.decision.n)
          if (entry) entry.command.decidedLater = event.decision.decision
        } else if (event.code === 'a') {
          const entry = waiting.get(event.answer.n)
          if (entry) for (const part of event.answer.parts) takePart(entry, part)
        }
      }
      if (waiting.size < batchMax) continue
      const done = takeDone(waiting)
      if (done.length > 0) yield given(headerOf(reader), done)
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error
    failure = error
  }
  if (waiting.size > 0) yield given(headerOf(reader), [...waiting.values()])
  if (failure !== null) throw failure
}

interface Waiting {
  command: RehearsedCommand
  take: (part: AnswerPart) => void
  isReadNow: boolean
  isOver: boolean
}

async function begin(
  record: CommandRecord,
  { line, atUs, protocol }: { line: number; atUs: number; protocol: string },
  parser: PastParser | null,
): Promise<Waiting> {
  // Refused without anybody having asked what it would do: the protocol itself refused it, and would again.
  const isUnread = record.operations === undefined && record.decision.verdict !== 'deny'
  if (!isUnread || parser === null) return { ...beginRehearsed(record, { line, atUs, protocol }), isReadNow: false, isOver: false }
  await parser.ready()
  // A list of its own: the same text is read once, and commands are told apart by their lists.
  const known = { ...record, operations: [...parser.read(record, protocol)] }
  return { ...beginRehearsed(known, { line, atUs, protocol }), isReadNow: true, isOver: false }
}

function takePart(entry: Waiting, part: AnswerPart): void {
  entry.take(part)
  if (part.kind === 'end') entry.isOver = true
}

/** Takes out the commands from the first on that are over; when there are too many, also some that are not. */
function takeDone(waiting: Map<number, Waiting>): Waiting[] {
  const done: Waiting[] = []
  for (const [n, entry] of waiting) {
    if (!entry.isOver && waiting.size <= runningMax) break
    waiting.delete(n)
    done.push(entry)
  }
  return done
}

function given(header: RecordingHeader, entries: Waiting[]): PastCommands {
  return { header, commands: entries.map(({ command }) => command), readNow: entries.filter(({ isReadNow }) => isReadNow).length }
}

function headerOf(reader: RecordingReader): RecordingHeader {
  // The reader refuses an event that stands before the header, so none comes here without.
  if (!reader.header) throw new RecordingError('header_missing', 0, 'expected a header')
  return reader.header.steno
}
