import { isSameHash, parseHash } from '@steno/recordings'
import { RecordingFiles } from '../journal/recording-files.ts'
import type { Disk } from '../runtime/machine.ts'
import type { EpochLists } from './epoch-lists.ts'
import { linesOf } from './line-tree.ts'
import type { TailLeaf } from './open-log.ts'

/**
 * Gives the first of the leaves that tells of a line, or a list, that is not
 * there; null when all is there. Whatever else a leaf tells of was on disk
 * before it was written.
 */
export function findLost(
  disk: Disk,
  dataDirectory: string,
  { tail, lists }: { tail: readonly TailLeaf[]; lists: EpochLists },
): TailLeaf | null {
  const recordings = new Lines(disk, dataDirectory, tail)
  return tail.find(({ leaf }) => isLost(leaf)) ?? null

  function isLost(leaf: TailLeaf['leaf']): boolean {
    if (leaf.kind === 'epoch') return !lists.has(leaf.number, leaf.root)
    if (leaf.kind === 'open') return !recordings.has(leaf.session, 0, leaf.header)
    if (leaf.kind === 'deny' && 'session' in leaf) return !recordings.has(leaf.session, leaf.line, leaf.hash)
    return false
  }
}

/** The lines of recordings that leaves tell of. */
class Lines {
  readonly #hashes = new Map<string, Map<number, Uint8Array>>()

  constructor(disk: Disk, dataDirectory: string, tail: readonly TailLeaf[]) {
    const files = new RecordingFiles(disk, dataDirectory)
    for (const [session, lines] of linesWanted(tail)) {
      const file = files.find(session)
      if (file) this.#hashes.set(session, readLines(disk, file, lines))
    }
  }

  has(session: string, line: number, hash: string): boolean {
    const found = this.#hashes.get(session)?.get(line)
    return found !== undefined && isSameHash(found, parseHash(hash))
  }
}

function linesWanted(tail: readonly TailLeaf[]): Map<string, Set<number>> {
  const wanted = new Map<string, Set<number>>()
  for (const { leaf } of tail) {
    const line = leaf.kind === 'open' ? 0 : leaf.kind === 'deny' && 'session' in leaf ? leaf.line : null
    if (line === null || !('session' in leaf) || leaf.session === undefined) continue
    wanted.set(leaf.session, (wanted.get(leaf.session) ?? new Set()).add(line))
  }
  return wanted
}

function readLines(disk: Disk, { path, sizeBytes }: { path: string; sizeBytes: number }, wanted: Set<number>): Map<number, Uint8Array> {
  const hashes = new Map<number, Uint8Array>()
  const last = Math.max(...wanted)
  let line = 0
  for (const { hash } of linesOf(disk, path, { start: 0, end: sizeBytes })) {
    if (wanted.has(line)) hashes.set(line, hash)
    if (line++ === last) break
  }
  return hashes
}
