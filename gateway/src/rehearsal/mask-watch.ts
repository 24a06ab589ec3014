import { combine, maskedColumns, type Evaluator, type Facts, type Judgement, type RehearsedCommand } from '@steno/policy-dsl'
import type { Operation, RecordingHeader } from '@steno/recordings'

/** A past command whose answer would come back masked. */
export interface WouldMask {
  header: RecordingHeader
  command: RehearsedCommand
  rules: string[]
  /** Columns of the answer that would be masked, by the names they came back under. */
  columns: string[]
  /** Masked columns that it reads and that did not come back under their own names: in an expression, under an alias, in a condition. */
  reads: string[]
}

/**
 * Sees, while policies are rehearsed, which answers they would mask where: a
 * rehearsal counts by rule, and whoever looks at one recording wants to know of
 * each command.
 */
export class MaskWatch {
  readonly #commandsMax: number
  /** Commands by the list of what they would do, which is the same object wherever it is looked at. */
  readonly #byOperations = new WeakMap<Operation[], { header: RecordingHeader; command: RehearsedCommand }>()
  /** The first commands, by time. */
  readonly masked: WouldMask[] = []
  total = 0
  /** Of these, how many read a masked column that comes back under no name of its own. */
  unnamed = 0

  constructor(commandsMax: number) {
    this.#commandsMax = commandsMax
  }

  /** Has to know of each command before the rehearsal does. INVARIANT: no two commands share their list of operations. */
  remember(header: RecordingHeader, commands: RehearsedCommand[]): void {
    for (const command of commands) if (command.record.operations) this.#byOperations.set(command.record.operations, { header, command })
  }

  /** The same policies, watched: all of them are asked about a command, one after the other. */
  over(evaluators: Evaluator[]): Evaluator[] {
    let judgements: Judgement[] = []
    return evaluators.map((evaluator, at) => ({
      ruleset: evaluator.ruleset,
      looksAt: target => evaluator.looksAt(target),
      judge: facts => {
        if (at === 0) judgements = []
        const judgement = evaluator.judge(facts)
        judgements.push(judgement)
        if (at === evaluators.length - 1) this.#see(facts, judgements)
        return judgement
      },
    }))
  }

  #see({ operations, circumstances }: Facts, judgements: Judgement[]): void {
    if (judgements.every(({ masks }) => masks.length === 0)) return
    const { verdict, masks } = combine(judgements)
    const past = this.#byOperations.get(operations)
    const { kind } = circumstances.command
    if (verdict === 'deny' || kind === 'prepare' || kind === 'bind' || !past) return
    // The mask could not be put on then, and will not be now.
    const { decision } = past.command.record
    if (decision.verdict === 'deny' && masks.some(({ rule }) => rule === decision.rule)) return
    const columns = new Set<string>()
    const reads = new Set<string>()
    const rules = new Set<string>()
    for (const mask of masks) {
      for (const name of maskedColumns(mask, { operations, columns: past.command.columns, target: circumstances.target.name })) {
        const column = name.slice(name.lastIndexOf('.') + 1)
        rules.add(mask.rule)
        if (past.command.columns.includes(column)) columns.add(column)
        else reads.add(name)
      }
    }
    if (rules.size === 0) return
    this.total++
    if (reads.size > 0) this.unnamed++
    if (this.masked.length < this.#commandsMax) this.masked.push({ ...past, rules: [...rules], columns: [...columns], reads: [...reads] })
  }
}
