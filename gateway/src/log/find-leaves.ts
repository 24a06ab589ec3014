import { leavesNaming, parseEntryBundle, parseLogLeaf, tilePath, tileWidth, tileWidthAt } from '@steno/recordings'
import { idTimeMs } from '../runtime/id.ts'
import type { Clock } from '../runtime/machine.ts'
import type { GatewayLog } from './gateway-log.ts'

/** The gateway's clock may have been set back since; so much later than it says, a session's first leaf is looked for. */
const clockStepMs = 60_000
/** So many bundles are searched before others get their turn. */
const bundlesAtOnce = 16

/** The indexes of all published leaves that name a session, or a key of the log, in their order. */
export async function findLeaves(log: GatewayLog, session: string, clock: Clock): Promise<number[]> {
  const size = log.published?.checkpoint.size ?? 0
  const startedAtMs = idTimeMs(session)
  if (startedAtMs === null) return log.keyLeaves()
  const from = firstBundleSince(log, size, (startedAtMs - clockStepMs) * 1000)
  const found = await search(log, { session, from, size, clock })
  // A clock that was set back by more has put its leaf where nobody looks first.
  const all = found.some(index => kindOf(log, index, size) === 'open') ? found : await search(log, { session, from: 0, size, clock })
  return [...new Set([...log.keyLeaves(), ...all])].toSorted((a, b) => a - b)
}

async function search(
  log: GatewayLog,
  { session, from, size, clock }: { session: string; from: number; size: number; clock: Clock },
): Promise<number[]> {
  const found: number[] = []
  for (let bundle = from; bundle * tileWidth < size; bundle++) {
    for (const at of leavesNaming(bundleOf(log, bundle, size), session)) found.push(bundle * tileWidth + at)
    if ((bundle - from) % bundlesAtOnce === bundlesAtOnce - 1) await new Promise<void>(resolve => clock.after(0, resolve))
  }
  return found
}

/** The last bundle whose first leaf is older. */
function firstBundleSince(log: GatewayLog, size: number, atUs: number): number {
  let low = 0
  let high = Math.max(0, Math.ceil(size / tileWidth) - 1)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [first] = parseEntryBundle(bundleOf(log, middle, size), tileWidthAt(size, 'entries', middle))
    if (parseLogLeaf(first!).atUs < atUs) low = middle
    else high = middle - 1
  }
  return low
}

function kindOf(log: GatewayLog, index: number, size: number): string {
  const bundle = Math.floor(index / tileWidth)
  const entries = parseEntryBundle(bundleOf(log, bundle, size), tileWidthAt(size, 'entries', bundle))
  return parseLogLeaf(entries[index % tileWidth]!).kind
}

function bundleOf(log: GatewayLog, bundle: number, size: number): Uint8Array {
  const bytes = log.read(tilePath('entries', bundle, tileWidthAt(size, 'entries', bundle)))
  if (bytes === null) throw new Error(`expected bundle ${bundle} of a log of ${size} leaves`)
  return bytes
}
