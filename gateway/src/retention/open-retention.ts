import type { Approvals } from '../approvals/index.ts'
import type { Index } from '../index/index.ts'
import type { Ledger, LedgerEntry } from '../journal/ledger.ts'
import { RecordingFiles } from '../journal/recording-files.ts'
import type { Machine } from '../runtime/machine.ts'
import { Erasures } from './erasures.ts'
import { Holds } from './holds.ts'
import { Readers } from './readers.ts'
import type { RecordingWork } from './recording-work.ts'
import { Retention } from './retention.ts'

export interface RetentionParts {
  machine: Machine
  /** The data directory. */
  directory: string
  ledger: Ledger
  entries: readonly LedgerEntry[]
  work: RecordingWork
  index: Pick<Index, 'forget'>
  approvals: Pick<Approvals, 'forget'>
  /** Days that recordings of a target are kept for, by its name; those of others are kept for good. */
  keep: Readonly<Record<string, number>>
  /** Resolves when everything in the ledger so far has its leaf behind a published checkpoint. */
  published: () => Promise<void>
  onProblem: (problem: string) => void
}

/** All that decides how long recordings stay, and who has seen them. */
export interface OpenedRetention {
  holds: Holds
  erasures: Erasures
  readers: Readers
  /** Finishes the erasures that the gateway's last life left undone, as far as recordings go, and begins to remove what is due. */
  start(): Promise<void>
  stop(): void
}

/** Opens it as the ledger tells it was. Nothing is removed or erased before `start`. */
export function openRetention({ index, approvals, keep, ...parts }: RetentionParts): OpenedRetention {
  const { machine, directory, ledger, work } = parts
  const files = new RecordingFiles(machine.disk, directory)
  const holds = new Holds({ ...parts, onLifted: () => retention.lookAgain() })
  const erasures = new Erasures({
    ...parts,
    files,
    holds,
    async forget({ session, commands, path }) {
      approvals.forget(session, commands)
      await index.forget({ session, path, isErased: true })
    },
  })
  const retention = new Retention({
    ...parts,
    files,
    holds,
    keep,
    async forget({ session }) {
      approvals.forget(session, 'all')
      await index.forget({ session, path: null, isErased: false })
    },
  })
  return {
    holds,
    erasures,
    readers: new Readers({ clock: machine.clock, ledger }),
    async start() {
      await erasures.start()
      void retention.start()
    },
    stop() {
      erasures.stop()
      retention.stop()
      work.close()
    },
  }
}
