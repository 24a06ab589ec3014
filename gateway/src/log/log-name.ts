import { toHex } from '../runtime/bytes.ts'
import type { Machine } from '../runtime/machine.ts'

/** A log's origin when the configuration gives none: made once, kept in `<directory>/log.name`. `directory` is there. */
export function openLogName(machine: Machine, directory: string): string {
  const { disk } = machine
  const path = `${directory}/log.name`
  if (!disk.exists(path)) disk.replace(path, new TextEncoder().encode(`steno.local/${toHex(machine.random(4))}\n`))
  return new TextDecoder().decode(disk.read(path)).trimEnd()
}
