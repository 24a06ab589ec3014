import { postgres } from './postgres/index.ts'
import type { Protocol } from './protocol.ts'

/** Every protocol this gateway speaks. A new one is a folder beside this file and a line here. */
export const protocols: Record<string, Protocol> = {
  postgres,
}
