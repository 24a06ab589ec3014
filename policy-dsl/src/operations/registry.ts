import type { AnswerPart, Operation } from '@steno/recordings'
import type { LiveTarget } from '../live-schema.ts'
import { createAnswerSize, type Size } from './postgres/answer-size.ts'
import { createParser } from './postgres/index.ts'

/** Reads the operations out of one protocol's texts. */
export interface OperationReader {
  /** Everything a text would do, as a flat list; `UNPARSED` when that cannot be known. Its tables and columns are those of `target`, as far as they are known. Never throws. */
  operations(text: string, target?: LiveTarget): Operation[]
  /** Settles when it can be asked: at once, unless a text has just cost it its parser. */
  ready(): Promise<void>
}

/** A protocol's reader by the protocol's name. A new protocol is a folder here and a line below. */
export const operationReaders: Record<string, (options: { loadWasm: () => Promise<Uint8Array> }) => Promise<OperationReader>> = {
  postgres: createParser,
}

/** What tells the size of one protocol's recorded answers, part by part, made anew for each answer. */
export const answerSizes: Record<string, () => (part: AnswerPart) => Size> = {
  postgres: createAnswerSize,
}
