import type { Operation } from '@steno/recordings'
import { SyntaxReader, type LoadWasm, type Syntax } from './syntax.ts'
import { operationsOf } from './walk.ts'

/** Reads PostgreSQL text. It keeps a WebAssembly instance, so one serves a whole thread. */
export interface Parser {
  /** Everything a text would do, as a flat list; `UNPARSED` when that cannot be known. Never throws. */
  operations(text: string): Operation[]
  /** The text's parse tree, for checks that need more than operations. */
  syntax(text: string): Syntax
  /** Settles when the parser has recovered from a text that broke it; at once when none did. */
  ready(): Promise<void>
}

/** A parser that is ready to be used. `loadWasm` gives the bytes of `libpg-query/wasm/libpg-query.wasm`. */
export async function createParser({ loadWasm }: { loadWasm: LoadWasm }): Promise<Parser> {
  const reader = await SyntaxReader.open(loadWasm)
  return {
    operations: text => operationsIn(reader.read(text)),
    syntax: text => reader.read(text),
    ready: () => reader.ready(),
  }
}

/** What is known of a text that is not understood: that something is done. */
export function unparsed(): Operation {
  return { verb: 'UNPARSED', tables: [], columns: [] }
}

function operationsIn(syntax: Syntax): Operation[] {
  const operations = syntax.kind === 'statements' ? operationsOf(syntax.statements) : null
  return operations ?? [unparsed()]
}
