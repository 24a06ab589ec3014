import type { LineRange } from '@steno/recordings'
import type { Disk } from '../runtime/machine.ts'
import {
  findExpired,
  linesToErase,
  planErasure,
  rewrite,
  type ErasurePlan,
  type ExpiredOfDay,
  type ExpirySearch,
  type LinesToErase,
  type Wanted,
} from './recording-tasks.ts'

/** Reads and rewrites recordings whole, which takes its time. */
export interface RecordingWork {
  /** Throws `ErasureError`. */
  plan(path: string, wanted: Wanted): Promise<ErasurePlan>
  /** Throws `ErasureError`. */
  linesToErase(path: string, how: { lines: readonly LineRange[]; erasure: string }): Promise<LinesToErase[]>
  /** Throws `ErasureError`, or what the disk says; then the recording is as it was. */
  rewrite(path: string, how: { lines: readonly LineRange[]; erasure: string }): Promise<void>
  findExpired(where: ExpirySearch): Promise<ExpiredOfDay>
  close(): void
}

/** Without a thread of its own: on a machine that a test drives. */
export function inlineRecordingWork(disk: Disk): RecordingWork {
  return {
    plan: async (path, wanted) => planErasure(disk, path, wanted),
    linesToErase: async (path, how) => linesToErase(disk, path, how),
    rewrite: async (path, how) => rewrite(disk, path, how),
    findExpired: async where => findExpired(disk, where),
    close: () => {},
  }
}
