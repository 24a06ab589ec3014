/// <reference path="./libpg-query.d.ts" />
import factory, { type LibPgQuery } from 'libpg-query/wasm/libpg-query.js'
import { fieldsOf, isFields, list, type Fields } from './tree.ts'

/** The longest text that is given to the parser. Beyond it parsing costs more than a second of somebody's thread. */
export const parsedBytesMax = 1 << 20

/**
 * The memory an instance begins with is all it gets (128 MiB), and a tree longer
 * than this is not read. Both are needed: `(a, b, …) = (SELECT …)` prints its
 * source once for every column, so 500 bytes of nested ones are gigabytes of tree.
 */
const treeCharactersMax = 32 << 20

/** The tree of a longer text is not kept for the next who asks. */
const keptCharactersMax = 16 * 1024

/**
 * What a text says, or that it cannot be known: `refused` by the grammar, as
 * the server would refuse it, or `unknown` because it was not or could not be
 * parsed, though a server might run it.
 */
export type Syntax =
  | { kind: 'statements'; statements: Fields[]; places: BytePlace[] }
  | { kind: 'refused'; message: string }
  | { kind: 'unknown'; because: string }

/** Where a statement stands in the text's UTF-8 form. A length of null reaches to the end. */
export interface BytePlace {
  startByte: number
  sizeBytes: number | null
}

/** What a PL/pgSQL function or `DO` says, told like a text of SQL. */
export type BodySyntax = { kind: 'body'; body: Fields } | { kind: 'refused'; message: string } | { kind: 'unknown'; because: string }

/** The parser's program, as bytes. Where it lies is the caller's business: a file in the gateway, a URL in the browser. */
export type LoadWasm = () => Promise<Uint8Array>

/**
 * PostgreSQL's own parser.
 *
 * A text that exhausts the stack leaves an instance in an unknown state, so any
 * exception that is not the grammar's costs the instance. A spare takes over at
 * once; a third such text before the next one is made (some milliseconds, off
 * the caller's stack) is answered `unknown`, and so is every text until then.
 */
export class SyntaxReader {
  readonly #module: WebAssembly.Module
  #instance: LibPgQuery | null = null
  #spare: LibPgQuery | null = null
  #making: Promise<void> | null = null
  #last: { text: string; syntax: Syntax } | null = null

  private constructor(module: WebAssembly.Module) {
    this.#module = module
  }

  static async open(loadWasm: LoadWasm): Promise<SyntaxReader> {
    const reader = new SyntaxReader(await WebAssembly.compile(await loadWasm()))
    reader.#instance = await reader.#make()
    reader.#spare = await reader.#make()
    return reader
  }

  /** Settles when no instance is missing: for a caller that would rather wait than be told `unknown`. */
  ready(): Promise<void> {
    return this.#making ?? Promise.resolve()
  }

  /** One text is asked for by several, one after the other: what it does, and how its answer is masked. The tree is shared: do not change it. */
  read(text: string): Syntax {
    if (this.#last?.text === text) return this.#last.syntax
    const syntax = this.#ask(text, parse)
    this.#last = syntax.kind === 'statements' && text.length <= keptCharactersMax ? { text, syntax } : null
    return syntax
  }

  /** Reads the body of the one PL/pgSQL function that a `CREATE FUNCTION` or `DO` defines. */
  readBody(text: string): BodySyntax {
    return this.#ask(text, parseBody)
  }

  #ask<T>(text: string, parseText: (instance: LibPgQuery, text: string, sizeBytes: number) => T): T | { kind: 'unknown'; because: string } {
    if (text.length > parsedBytesMax) return { kind: 'unknown', because: 'the text is too long' }
    // The parser takes a C string: a NUL would hide all that follows it.
    if (text.includes('\0')) return { kind: 'unknown', because: 'the text has a NUL in it' }
    const instance = this.#instance ?? this.#promote()
    if (!instance) return { kind: 'unknown', because: 'the parser is being made anew' }
    const sizeBytes = instance.lengthBytesUTF8(text)
    if (sizeBytes > parsedBytesMax) return { kind: 'unknown', because: 'the text is too long' }
    try {
      return parseText(instance, text, sizeBytes)
    } catch (error) {
      this.#instance = null
      this.#promote()
      return { kind: 'unknown', because: error instanceof Error ? error.message : String(error) }
    }
  }

  #promote(): LibPgQuery | null {
    this.#instance = this.#spare
    this.#spare = null
    this.#making ??= this.#refill().finally(() => {
      this.#making = null
    })
    return this.#instance
  }

  async #refill(): Promise<void> {
    while (!this.#instance || !this.#spare) {
      const made = await this.#make()
      if (this.#instance) this.#spare = made
      else this.#instance = made
    }
  }

  #make(): Promise<LibPgQuery> {
    return factory({
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(this.#module, imports)
        forbidGrowth(instance)
        done(instance)
        return {}
      },
      print: ignoreLine,
      printErr: ignoreLine,
    })
  }
}

function forbidGrowth(instance: WebAssembly.Instance): void {
  for (const memory of Object.values(instance.exports)) {
    if (memory instanceof WebAssembly.Memory) memory.grow = refuseGrowth
  }
}

// The glue takes the exception for what the engine throws when it has no more.
function refuseGrowth(): number {
  throw new RangeError('the parser has had its share of memory')
}

// What an aborting instance prints is said by the exception it throws as well.
function ignoreLine(): void {}

/** Reads the result's three pointers: the tree as JSON, what was printed, the error. */
function parse(instance: LibPgQuery, text: string, sizeBytes: number): Syntax {
  const pointer = instance._malloc(sizeBytes + 1)
  instance.stringToUTF8(text, pointer, sizeBytes + 1)
  const result = instance._wasm_parse_query_raw(pointer)
  if (result === 0) throw new Error('the parser is out of memory')
  const failure = instance.getValue(result + 8, 'i32')
  const syntax: Syntax = failure
    ? { kind: 'refused', message: instance.UTF8ToString(instance.getValue(failure, 'i32')) }
    : readStatements(instance.UTF8ToString(instance.getValue(result, 'i32')))
  instance._wasm_free_parse_result(result)
  instance._free(pointer)
  return syntax
}

function readStatements(json: string): Syntax {
  const tree = readTree(json)
  const statements: Fields[] = []
  const places: BytePlace[] = []
  for (const raw of list(tree['stmts'])) {
    if (!isFields(raw) || !isFields(raw['stmt'])) continue
    statements.push(raw['stmt'])
    places.push({ startByte: numberIn(raw['stmt_location']) ?? 0, sizeBytes: numberIn(raw['stmt_len']) })
  }
  return { kind: 'statements', statements, places }
}

/** The result is a tree when it begins like one, and else what was wrong. */
function parseBody(instance: LibPgQuery, text: string, sizeBytes: number): BodySyntax {
  const pointer = instance._malloc(sizeBytes + 1)
  instance.stringToUTF8(text, pointer, sizeBytes + 1)
  const result = instance._wasm_parse_plpgsql(pointer)
  if (result === 0) throw new Error('the parser is out of memory')
  const answer = instance.UTF8ToString(result)
  instance._wasm_free_string(result)
  instance._free(pointer)
  if (!answer.startsWith('{')) return { kind: 'refused', message: answer }
  const functions = list(readTree(answer)['plpgsql_funcs'])
  const body = functions.length === 1 ? fieldsOf(functions[0], 'PLpgSQL_function') : null
  // A function in another language comes back as one without a body.
  if (!body || !('action' in body)) return { kind: 'refused', message: 'expected one function in PL/pgSQL' }
  return { kind: 'body', body }
}

function readTree(json: string): Fields {
  if (json.length > treeCharactersMax) throw new Error('the parse tree is too long')
  const tree: unknown = JSON.parse(json)
  if (!isFields(tree)) throw new Error('expected a parse tree')
  return tree
}

function numberIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
