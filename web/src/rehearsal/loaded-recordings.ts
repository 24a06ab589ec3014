import { readSession, type PastCommands, type PastParser, type PastRecording } from '@steno/policy-dsl'
import { RecordingError } from '@steno/recordings'
import type { LoadProgress } from './rehearsal-messages.ts'

/** Where the bytes of sessions' recordings come from, cut anywhere; null for one that is not there any more. */
export type ReadRecording = (session: string, stop: AbortSignal) => Promise<AsyncIterable<Uint8Array> | null>

/** As many recordings are fetched at once: a browser opens six connections, and the page needs some. */
const fetchedAtOnce = 3

/** Fetches recordings and reads their commands once, so that they can be rehearsed on at every keystroke. In the order of `sessions`. */
export async function loadRecordings(
  sessions: readonly string[],
  {
    read,
    parser,
    onProgress,
    stop,
  }: { read: ReadRecording; parser: PastParser; onProgress: (progress: LoadProgress) => void; stop: AbortSignal },
): Promise<{ recordings: PastRecording[]; progress: LoadProgress }> {
  const recordings: PastRecording[] = []
  const progress: LoadProgress = { sessions: 0, of: sessions.length, commands: 0, bytes: 0 }
  let next = 0
  async function loadSome(): Promise<void> {
    while (next < sessions.length) {
      const at = next++
      const chunks = await fetchWhole(sessions[at]!)
      const past = chunks && (await readWhole(chunks))
      recordings[at] = {
        name: sessions[at]!,
        open: () => chunks,
        commands: () => past && commandsOf(past),
      }
      stop.throwIfAborted()
      progress.sessions++
      progress.commands += past?.given.reduce((sum, { commands }) => sum + commands.length, 0) ?? 0
      onProgress({ ...progress })
    }
  }

  async function fetchWhole(session: string): Promise<Uint8Array[] | null> {
    const pieces = await read(session, stop)
    if (pieces === null) return null
    const chunks: Uint8Array[] = []
    for await (const chunk of pieces) {
      chunks.push(chunk)
      progress.bytes += chunk.length
    }
    return chunks
  }

  async function readWhole(chunks: Uint8Array[]): Promise<ReadRecordingWhole> {
    const given: PastCommands[] = []
    try {
      for await (const past of readSession(chunks, parser)) given.push(past)
      return { given, failure: null }
    } catch (error) {
      // What stands before the damage counts; the rehearsal says that it ends there.
      if (error instanceof RecordingError) return { given, failure: error }
      throw error
    }
  }

  await Promise.all(Array.from({ length: fetchedAtOnce }, loadSome))
  return { recordings, progress }
}

interface ReadRecordingWhole {
  given: PastCommands[]
  failure: RecordingError | null
}

function* commandsOf({ given, failure }: ReadRecordingWhole): Generator<PastCommands, void, undefined> {
  yield* given
  if (failure) throw failure
}
