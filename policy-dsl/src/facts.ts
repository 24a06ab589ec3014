import type { CommandKind, Operation, Principal, RunIdentity, TransactionState } from '@steno/recordings'
import type { MemoryCounter } from './ruleset.ts'

/** Everything a rule can know about one command. Conditions see it once per operation, as `op`. */
export interface Facts {
  operations: Operation[]
  circumstances: Circumstances
}

/** What is the same for every operation of a command. */
export interface Circumstances {
  principal: Principal
  /** Whoever launched the principal, nearest first. */
  delegation: Principal[]
  run: RunIdentity
  session: { id: string; application: string | null; clientAddress: string; startedAtUs: number; commands: number }
  target: { name: string; protocol: string; labels: Record<string, string> }
  command: { kind: CommandKind; text: string; transaction: TransactionState }
  /** Microseconds since 1970 UTC. */
  nowUs: number
  memory: Memory
}

/** What a run did before this command. Windows move in whole seconds. */
export interface Memory {
  sum(counter: MemoryCounter, verb: string | null, windowMs: number): number
}
