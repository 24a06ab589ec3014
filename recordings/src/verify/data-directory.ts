import { tilePath, tileWidth } from '../proof/tiles.ts'
import { leavesNaming } from './leaves-naming.ts'
import type { ByteStream, Evidence } from './evidence.ts'

/** Reads files below a folder: a disk's, an archive's, one in memory. Paths are relative, with `/`. */
export interface FileReader {
  /** A file's bytes, null where there is none. */
  read(path: string): Promise<Uint8Array | null>
  stream(path: string): Promise<ByteStream | null>
  /** The names in a folder; none, where there is no folder. */
  list(folder: string): Promise<string[]>
}

/** Where a data directory keeps the parts of its proof. */
export const proofPaths = {
  checkpoint: 'log/checkpoint',
  keptHead: 'log.head',
  ledger: 'ledger.ndjson',
  sessions: 'sessions',
  handover: (leaf: number) => `log/handover/${leaf}`,
  epochList: (number: number) => `log/epochs/${number}`,
  entries: (bundle: number) => `log/${tilePath('entries', bundle)}`,
  tile: (level: number, index: number) => `log/${tilePath(level, index)}`,
}

const suffix = '.cast'

/** A gateway's data directory as evidence. */
export function dataDirectory(files: FileReader): Evidence {
  let paths: Map<string, string> | null = null

  /** Recordings by their session. One that lies elsewhere a second time is nobody's session, and goes by its path. */
  async function recordingPaths(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (const day of (await files.list(proofPaths.sessions)).toSorted()) {
      for (const name of (await files.list(`${proofPaths.sessions}/${day}`)).toSorted()) {
        if (!name.endsWith(suffix)) continue
        const session = name.slice(0, -suffix.length)
        found.set(found.has(session) ? `${day}/${session}` : session, `${proofPaths.sessions}/${day}/${name}`)
      }
    }
    return found
  }

  return {
    checkpoint: () => files.read(proofPaths.checkpoint),
    handover: leaf => files.read(proofPaths.handover(leaf)),
    entries: bundle => files.read(proofPaths.entries(bundle)),
    tile: (level, index) => files.read(proofPaths.tile(level, index)),
    epochList: number => files.read(proofPaths.epochList(number)),
    async ledger() {
      const lines = await files.stream(proofPaths.ledger)
      return lines && { lines }
    },
    async sessions() {
      paths = await recordingPaths()
      return [...paths.keys()]
    },
    async recording(session) {
      paths ??= await recordingPaths()
      const path = paths.get(session)
      return path === undefined ? null : files.stream(path)
    },
    async leavesOf(session) {
      const found: number[] = []
      for (let bundle = 0; ; bundle++) {
        const bytes = await files.read(proofPaths.entries(bundle))
        if (!bytes) return found
        for (const at of leavesNaming(bytes, session)) found.push(bundle * tileWidth + at)
      }
    },
    keptHead: () => files.read(proofPaths.keptHead),
  }
}
