import { readSession, type PastParser, type PastRecording } from '@steno/policy-dsl'
import type { RecordingFiles } from '../journal/recording-files.ts'
import type { Disk } from '../runtime/machine.ts'
import { piecesOf } from './pieces.ts'

/** The recordings of a gateway's sessions, looked for when their turn comes. `between` is called between two pieces of one. */
export function recordingsOf(
  sessions: string[],
  { disk, files, parser, between }: { disk: Disk; files: RecordingFiles; parser: PastParser; between?: () => void },
): PastRecording[] {
  return sessions.map(session => {
    const open = () => {
      const file = files.find(session)
      return file && piecesOf(disk, file.path, between)
    }
    const commands = () => {
      const pieces = open()
      return pieces && readSession(pieces, parser)
    }
    return { name: session, commands, open }
  })
}
