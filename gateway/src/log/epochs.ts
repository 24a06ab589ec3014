import { formatBase64, type EpochHead } from '@steno/recordings'
import type { Ledger } from '../journal/ledger.ts'
import type { Clock, Timer } from '../runtime/machine.ts'
import { SharedRun } from '../runtime/shared-run.ts'
import type { EpochLists } from './epoch-lists.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { LedgerLeaves } from './ledger-leaves.ts'
import { ledgerId } from './log-state.ts'
import type { SessionLog } from './session-log.ts'
import type { AskedFile, KeptHead, TreeKeeper } from './tree-keeper.ts'

const epochMs = 1000
/** An epoch ends after so long also when nothing changed: the log says that the gateway was there. */
const idleEpochMs = 60_000

export interface EpochsOptions {
  clock: Clock
  log: GatewayLog
  sessions: SessionLog
  lists: EpochLists
  keeper: TreeKeeper
  ledger: Ledger
  ledgerLeaves: LedgerLeaves
  /** The number of the last epoch there was. */
  last: number
  /** Closes recordings that could not be closed before. */
  closeLeft: () => Promise<void>
  onProblem: (problem: string) => void
}

/**
 * The log's heartbeat. At the end of each epoch one leaf says how far every
 * open recording and the ledger had come, and a checkpoint has it. So nobody
 * can cut what is older than that, while its session still goes on.
 */
export class Epochs {
  readonly #options: EpochsOptions
  readonly #run = new SharedRun(() => this.#end())
  #number: number
  #timer: Timer | null = null
  #isStopped = false
  /** When the last epoch that is behind a checkpoint looked, and what it saw. */
  #lookedAtUs: number
  /** When last everything was behind a checkpoint: what is not is younger. */
  #wholeAtUs: number
  #anchored: { logSize: number; ledgerBytes: number } = { logSize: -1, ledgerBytes: -1 }
  #ledgerHead: EpochHead | null = null
  /** What keeps the log from going on; said once. */
  #trouble: string | null = null

  constructor(options: EpochsOptions) {
    this.#options = options
    this.#number = options.last
    this.#lookedAtUs = options.clock.monotonicUs()
    this.#wholeAtUs = this.#lookedAtUs
  }

  /** Ends an epoch each second from here on, while anything changes. */
  start(): void {
    this.#timer = this.#options.clock.after(epochMs, () => void this.#tick())
  }

  /** Everything that was written before the call is behind a published checkpoint when it resolves. Rejects while the disk does not take that. */
  anchor(): Promise<void> {
    return this.#run.run()
  }

  /** How old the oldest line may be that no checkpoint is behind; 0 when there is none. */
  get unanchoredSeconds(): number {
    return this.#hasChanged() ? (this.#options.clock.monotonicUs() - this.#wholeAtUs) / 1e6 : 0
  }

  /** Ends a last epoch, if the disk takes it. */
  async close(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    if (!this.#options.log.isBroken) await this.#tryToEnd()
  }

  async #tick(): Promise<void> {
    const { clock } = this.#options
    const beganUs = clock.monotonicUs()
    const hasChanged = this.#hasChanged()
    if (!hasChanged) this.#wholeAtUs = beganUs
    if (hasChanged || beganUs - this.#lookedAtUs >= idleEpochMs * 1000) await this.#tryToEnd()
    if (this.#isStopped) return
    const tookMs = (clock.monotonicUs() - beganUs) / 1000
    this.#timer = clock.after(Math.max(0, epochMs - tookMs), () => void this.#tick())
  }

  async #tryToEnd(): Promise<void> {
    const { onProblem, log } = this.#options
    try {
      await this.anchor()
      if (this.#trouble !== null) onProblem('the log goes on')
      this.#trouble = null
    } catch (error) {
      // A log that is broken has stopped the gateway.
      if (log.isBroken) return
      const trouble = reasonOf(error)
      if (this.#trouble !== trouble) onProblem(`the log falls behind: ${trouble}`)
      this.#trouble = trouble
    }
  }

  #hasChanged(): boolean {
    const { log, ledger, sessions } = this.#options
    if (log.size !== this.#anchored.logSize || ledger.sizeBytes !== this.#anchored.ledgerBytes) return true
    for (const { head, sizeBytes } of sessions.unsealed.values()) if (head.bytes !== sizeBytes) return true
    return false
  }

  /** Ends the epoch. */
  async #end(): Promise<void> {
    const { clock, log, lists, ledgerLeaves, closeLeft } = this.#options
    const lookedAtUs = clock.monotonicUs()
    await closeLeft()
    const asked = this.#look()
    const ledgerBytes = asked.at(-1)!.sizeBytes
    // Heads are of what cannot be lost any more.
    await log.settle()
    await this.#take(asked)
    ledgerLeaves.flush()
    // From here to the leaf nobody else runs: what is open in the list is open in the log.
    const heads = this.#heads()
    const root = lists.write(this.#number + 1, heads)
    log.append({ kind: 'epoch', number: this.#number + 1, count: heads.length, root: formatBase64(root) })
    this.#number += 1
    lists.prune(this.#number)
    const logSize = log.size
    await log.publish()
    this.#anchored = { logSize, ledgerBytes }
    this.#lookedAtUs = lookedAtUs
    this.#wholeAtUs = lookedAtUs
  }

  /** What grew since it was last looked at; the ledger is the last of it. */
  #look(): AskedFile[] {
    const { sessions, ledger } = this.#options
    const asked: AskedFile[] = []
    for (const [id, { path, head, sizeBytes }] of sessions.unsealed) if (head.bytes !== sizeBytes) asked.push({ id, path, sizeBytes })
    asked.push({ id: ledgerId, path: ledger.path, sizeBytes: ledger.sizeBytes })
    return asked
  }

  async #take(asked: AskedFile[]): Promise<void> {
    for (const kept of await this.#options.keeper.heads(asked)) this.#keep(kept)
  }

  #keep(kept: KeptHead): void {
    const { sessions, onProblem } = this.#options
    // A file that somebody cut keeps the head it had: the log goes on saying what was there.
    if ('problem' in kept) return onProblem(`the log cannot follow ${kept.id}: ${kept.problem}`)
    const { id, head } = kept
    if (id === ledgerId) this.#ledgerHead = { id, size: head.size, root: head.root }
    const open = sessions.unsealed.get(id)
    if (open) open.head = head
  }

  #heads(): EpochHead[] {
    const heads = [...this.#options.sessions.unsealed].map(([id, { head }]) => ({ id, size: head.size, root: head.root }))
    return this.#ledgerHead ? [...heads, this.#ledgerHead] : heads
  }
}

/** What went wrong, and what that rests on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
