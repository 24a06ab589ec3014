import { verifyRecording } from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import { thisThread } from '../runtime/thread.ts'
import { directoryOf } from './evidence-source.ts'
import type { Judged, JudgeAsk } from './verify-threads.ts'

const { data: folder, tell, onTold } = thisThread<string, Judged, JudgeAsk>({ niceness: 0 })
const evidence = directoryOf(folder)

// What cannot be read ends the thread, and whoever asked is told so.
onTold(ask => void judge(ask))

async function judge({ number, session, anchors }: JudgeAsk): Promise<void> {
  const bytes = await evidence.recording(session)
  tell({ number, report: bytes && (await verifyRecording(bytes, anchors, { sha256 })) })
}
