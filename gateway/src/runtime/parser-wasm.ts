import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** The program of the PostgreSQL parser, from where npm put it. */
export function loadParserWasm(): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm'))
}
