import type { RecordingFiles } from '../journal/recording-files.ts'
import type { Disk } from '../runtime/machine.ts'
import { piecesOf } from './pieces.ts'
import type { PastRecording } from './rehearse-recordings.ts'

/** The recordings of a gateway's sessions, looked for when their turn comes. */
export function recordingsOf(sessions: string[], { disk, files }: { disk: Disk; files: RecordingFiles }): PastRecording[] {
  return sessions.map(session => ({
    name: session,
    open() {
      const file = files.find(session)
      return file && piecesOf(disk, file.path)
    },
  }))
}
