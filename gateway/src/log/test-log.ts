import {
  openCheckpoint,
  parseEntryBundle,
  parseLogLeaf,
  tilePath,
  tileWidth,
  type Checkpoint,
  type LogLeaf,
  type NoteVerifier,
} from '@steno/recordings'
import type { Ledger } from '../journal/ledger.ts'
import type { Machine } from '../runtime/machine.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import type { SimulatedDisk } from '../runtime/simulated-disk.ts'
import { EpochLists } from './epoch-lists.ts'
import { Epochs } from './epochs.ts'
import { FileHeadStore } from './head-store.ts'
import { LedgerLeaves } from './ledger-leaves.ts'
import { LogKeys } from './log-keys.ts'
import { openLog, type OpenLogOptions, type OpenedLog } from './open-log.ts'
import { SessionLog } from './session-log.ts'
import { inlineTreeKeeper } from './tree-keeper.ts'

// For tests alone: a log on a simulated machine, and what an auditor with a copy of its files makes of them.

export const data = '/data'
export const origin = 'steno.test/log'

export function machineWithData(options: { seed?: number } = {}): SimulatedMachine {
  const machine = new SimulatedMachine(options)
  machine.disk.makeDirectory(data)
  return machine
}

export function openTestLog(machine: Machine, changes: Partial<OpenLogOptions> = {}): Promise<OpenedLog> {
  return openLog(machine, {
    directory: data,
    origin,
    headStore: new FileHeadStore(machine.disk, `${data}/log.head`),
    lists: new EpochLists(machine.disk, data),
    findLost: async () => null,
    settle: async () => {},
    onFatal: reason => {
      throw new Error(reason)
    },
    ...changes,
  })
}

/** The verifier of the key that is on the disk. */
export function verifierOn(machine: SimulatedMachine): NoteVerifier {
  return LogKeys.open(machine, { directory: `${data}/keys`, origin, isNew: false }).current.verifier
}

/** The published checkpoint, verified under the key that is on the disk. */
export function checkpointOn(machine: SimulatedMachine): Checkpoint {
  return openCheckpoint(machine.disk.read(`${data}/log/checkpoint`), { logKeys: [verifierOn(machine)], witnesses: [] }).checkpoint
}

/** The first leaves of the log as their files have them. */
export function leavesOn(disk: SimulatedDisk, size: number): LogLeaf[] {
  const leaves: LogLeaf[] = []
  for (let bundle = 0; leaves.length < size; bundle++) {
    const width = Math.min(tileWidth, size - leaves.length)
    const bytes = disk.read(`${data}/log/${tilePath('entries', bundle)}`)
    const whole = width === tileWidth ? bytes : bytes.subarray(0, bytesOf(bytes, width))
    leaves.push(...parseEntryBundle(whole, width).map(parseLogLeaf))
  }
  return leaves
}

function bytesOf(bundle: Uint8Array, width: number): number {
  let at = 0
  for (let entry = 0; entry < width; entry++) at += 2 + ((bundle[at]! << 8) | bundle[at + 1]!)
  return at
}

/** A log with all that belongs to it, beside a ledger and without recordings: what the API stands on. */
export async function openTestRoom(machine: Machine, ledger: Ledger) {
  const keeper = inlineTreeKeeper(machine.disk)
  const epochLists = new EpochLists(machine.disk, data)
  const { log } = await openTestLog(machine, { lists: epochLists, settle: () => epochLists.durable() })
  const sessions = new SessionLog({ disk: machine.disk, log, keeper, state: { sessions: 0, unsealed: new Set() }, onProblem: () => {} })
  const epochs = new Epochs({
    clock: machine.clock,
    log,
    sessions,
    lists: epochLists,
    keeper,
    ledger,
    ledgerLeaves: new LedgerLeaves(log, ledger),
    last: 0,
    closeLeft: async () => {},
    onProblem: () => {},
  })
  await epochs.anchor()
  return { log, epochs, epochLists, sessions }
}
