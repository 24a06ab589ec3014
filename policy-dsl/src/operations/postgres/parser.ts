import type { Operation } from '@steno/recordings'
import type { LiveTarget } from '../../live-schema.ts'
import { catalogueOfTables } from './catalogue-of-tables.ts'
import { readWithoutHead, type RoutineHead } from './bodies.ts'
import { SyntaxReader, type BodySyntax, type LoadWasm, type Syntax } from './syntax.ts'
import { understand, type Circumstances } from './understand.ts'

/** Reads PostgreSQL text. It keeps a WebAssembly instance, so one serves a whole thread. */
export interface Parser {
  /** Everything a text would do, as a flat list; `UNPARSED` when that cannot be known. Its tables and columns are those of `target`, as far as they are known. Never throws. */
  operations(text: string, target?: LiveTarget): Operation[]
  /** The same, with what is known where the text is run: names resolved, and functions, views, triggers and prepared statements followed. */
  understand(text: string, circumstances?: Circumstances): Operation[]
  /** The text's parse tree, for checks that need more than operations. */
  syntax(text: string): Syntax
  /** The tree of a PL/pgSQL routine's body, as its database keeps it. */
  body(head: RoutineHead): BodySyntax
  /** Settles when the parser has recovered from a text that broke it; at once when none did. */
  ready(): Promise<void>
}

/** A parser that is ready to be used. `loadWasm` gives the bytes of `libpg-query/wasm/libpg-query.wasm`. */
export async function createParser({ loadWasm }: { loadWasm: LoadWasm }): Promise<Parser> {
  const reader = await SyntaxReader.open(loadWasm)
  return {
    operations: (text, target) => understand(text, reader, target?.schemas ? { catalogue: catalogueOfTables(target.schemas) } : {}),
    understand: (text, circumstances = {}) => understand(text, reader, circumstances),
    syntax: text => reader.read(text),
    body: head => readWithoutHead(head, text => reader.readBody(text)),
    ready: () => reader.ready(),
  }
}

export type { Circumstances } from './understand.ts'
