/** The raw Emscripten factory of libpg-query; the package's own door breaks in browser bundles. */
declare module 'libpg-query/wasm/libpg-query.js' {
  export interface LibPgQuery {
    _malloc(sizeBytes: number): number
    _free(pointer: number): void
    _wasm_parse_query_raw(text: number): number
    _wasm_free_parse_result(result: number): void
    _wasm_parse_plpgsql(text: number): number
    _wasm_free_string(text: number): void
    lengthBytesUTF8(text: string): number
    stringToUTF8(text: string, pointer: number, sizeBytes: number): void
    UTF8ToString(pointer: number): string
    getValue(pointer: number, type: 'i32'): number
  }

  export interface FactoryOptions {
    instantiateWasm(imports: unknown, done: (instance: unknown) => void): object
    print(line: string): void
    printErr(line: string): void
  }

  const factory: (options: FactoryOptions) => Promise<LibPgQuery>
  export default factory
}

/** The part of the WebAssembly interface that all our runtimes and the browser share. */
declare namespace WebAssembly {
  class Module {
    readonly #module: true
  }
  class Instance {
    constructor(module: Module, imports: unknown)
    readonly exports: Record<string, unknown>
  }
  class Memory {
    readonly #memory: true
    grow(pages: number): number
  }
  function compile(bytes: Uint8Array): Promise<Module>
}
