import { operationReaders, type OperationReader, type PastParser } from '@steno/policy-dsl'
import type { Operation } from '@steno/recordings'

const unread: Operation[] = [{ verb: 'UNPARSED', tables: [], columns: [] }]

/**
 * Reads the texts of commands that were recorded while no policy was in force,
 * each text once. The parsers are fetched with the first such command: most
 * recordings say already what their commands would do.
 */
export function createPastParser(loadWasm: () => Promise<Uint8Array>): PastParser {
  let readers: Map<string, OperationReader> | null = null
  const known = new Map<string, Operation[]>()
  return {
    read({ kind, text }, protocol) {
      // A function called by its number says what it is, not in a language.
      if (kind === 'call') return [{ verb: 'CALL', object: text, tables: [], columns: [] }]
      const key = `${protocol} ${text}`
      let operations = known.get(key)
      if (!operations) known.set(key, (operations = readers?.get(protocol)?.operations(text) ?? unread))
      return operations
    },
    async ready() {
      if (readers === null) {
        const opened = Object.entries(operationReaders).map(async ([protocol, open]) => [protocol, await open({ loadWasm })] as const)
        readers = new Map(await Promise.all(opened))
      }
      for (const reader of readers.values()) await reader.ready()
    },
  }
}
