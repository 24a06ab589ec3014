import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The clone's root. */
export const house = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
