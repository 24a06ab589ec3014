import type { CommandRecord, Operation } from '@steno/recordings'
import { operationReaders, type OperationReader } from '@steno/policy-dsl'
import { Lru } from '../runtime/lru.ts'
import type { ReadOperations } from './session-reader.ts'

/** Texts that are remembered, and how long a remembered one may be. */
const rememberedMax = 4096
const rememberedLengthMax = 16 * 1024

/** What reads the operations of every protocol we know, remembering texts that come again. */
export async function openOperations(options: {
  loadWasm: () => Promise<Uint8Array>
}): Promise<{ read: ReadOperations; ready: () => void | Promise<void> }> {
  const readers = new Map<string, OperationReader>()
  for (const [protocol, open] of Object.entries(operationReaders)) readers.set(protocol, await open(options))
  const remembered = new Lru<string, Operation[]>(rememberedMax)
  // A text that was not understood may have cost a reader its parser; no other can.
  let mayHaveLost = false
  return {
    read(command, protocol) {
      const key = `${protocol} ${command.text}`
      const known = command.kind === 'call' ? callOf(command) : remembered.get(key)
      if (known) return known
      const operations = readers.get(protocol)?.operations(command.text) ?? [unknown]
      // Not knowing may be the parser's momentary state, so it is not remembered.
      if (operations.some(({ verb }) => verb === 'UNPARSED')) mayHaveLost = true
      else if (command.text.length <= rememberedLengthMax) remembered.set(key, operations)
      return operations
    },
    ready() {
      if (!mayHaveLost) return
      mayHaveLost = false
      return allReady(readers.values())
    },
  }
}

async function allReady(readers: Iterable<OperationReader>): Promise<void> {
  for (const reader of readers) await reader.ready()
}

const unknown: Operation = { verb: 'UNPARSED', tables: [], columns: [] }

/** A function called by its number says what it is, not in a language. */
function callOf(command: CommandRecord): Operation[] {
  return [{ verb: 'CALL', object: command.text, tables: [], columns: [] }]
}
