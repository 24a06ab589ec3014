import type { RecordingHeader } from '@steno/recordings'
import type { MaskSamples } from './mask-samples.ts'
import { maskedColumns } from './masked-columns.ts'
import type { MaskedPast } from './rehearse.ts'
import type { RehearsedCommand } from './rehearsed-session.ts'

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
  readonly #samples: MaskSamples
  /** The first commands, by time. */
  readonly masked: WouldMask[] = []
  total = 0
  /** Of these, how many read a masked column that comes back under no name of its own. */
  unnamed = 0

  constructor(commandsMax: number, samples: MaskSamples) {
    this.#commandsMax = commandsMax
    this.#samples = samples
  }

  see({ header, command, operations, masks }: MaskedPast): void {
    const columns = new Set<string>()
    const reads = new Set<string>()
    const rules = new Set<string>()
    for (const mask of masks) {
      if (mask.matching !== null) this.#samples.want({ mask, named: null, header, command })
      for (const named of maskedColumns(mask, { operations, columns: command.columns, target: header.target.name })) {
        const column = named.slice(named.lastIndexOf('.') + 1)
        rules.add(mask.rule)
        if (!command.columns.includes(column)) reads.add(named)
        else {
          columns.add(column)
          this.#samples.want({ mask, named: { pattern: named, column }, header, command })
        }
      }
    }
    if (rules.size === 0) return
    this.total++
    if (reads.size > 0) this.unnamed++
    if (this.masked.length < this.#commandsMax)
      this.masked.push({ header, command, rules: [...rules], columns: [...columns], reads: [...reads] })
  }
}
