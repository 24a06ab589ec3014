import {
  consistencyNodes,
  isSameHash,
  proveConsistency,
  readNodeFromTiles,
  tilesOf,
  verifyConsistency,
  type Checkpoint,
  type Evidence,
  type Sha256,
} from '@steno/recordings'

/** How a log goes on from a checkpoint that was seen before. */
export type History =
  /** Nothing was seen before. */
  | 'first'
  | 'same'
  | 'grown'
  /** It has fewer leaves than it had. */
  | 'rolled back'
  /** It does not begin with the leaves it had. */
  | 'forked'
  /** It has another name. */
  | 'another log'
  /** Its tiles do not say. */
  | 'not shown'

/** Says how a log goes on from what was seen of it, by a proof of consistency made from its tiles. */
export async function compareHistory(
  evidence: Pick<Evidence, 'tile'>,
  { seen, now }: { seen: Checkpoint | null; now: Checkpoint },
  sha256: Sha256,
): Promise<History> {
  if (!seen) return 'first'
  if (seen.origin !== now.origin) return 'another log'
  if (seen.size > now.size) return 'rolled back'
  if (seen.size === now.size) return isSameHash(seen.root, now.root) ? 'same' : 'forked'
  const sizes = { from: seen.size, to: now.size }
  const tiles = new Map<string, Uint8Array>()
  for (const { level, index, width } of tilesOf(now.size, consistencyNodes(sizes))) {
    const bytes = await evidence.tile(level, index, width)
    if (!bytes || bytes.length < width * 32) return 'not shown'
    tiles.set(`${level}/${index}`, bytes.slice(0, width * 32))
  }
  const proof = proveConsistency(
    sha256,
    sizes,
    readNodeFromTiles(sha256, now.size, (level, index) => tiles.get(`${level}/${index}`)!),
  )
  return verifyConsistency(sha256, { from: seen, to: now, proof }) ? 'grown' : 'forked'
}
