import { ErasureError } from '@steno/recordings'
import { nodeDisk } from '../runtime/node-disk.ts'
import { thisThread } from '../runtime/thread.ts'
import { inlineRecordingWork, type RecordingWork } from './recording-work.ts'
import type { WorkAsk, WorkDone } from './threaded-recording-work.ts'

const thread = thisThread<WorkAsk, WorkDone>()
thread.tell(await work(thread.data))

async function work({ task, args }: WorkAsk): Promise<WorkDone> {
  const tasks: Record<WorkAsk['task'], (...args: never[]) => Promise<unknown>> = inlineRecordingWork(nodeDisk()) satisfies RecordingWork
  try {
    return { done: await tasks[task](...(args as never[])) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { failed: { message, erasure: error instanceof ErasureError ? error.code : null } }
  }
}
