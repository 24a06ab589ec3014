import { readSession, type PastParser, type PastRecording } from '@steno/policy-dsl'
import { lineBytesMax, parseHeader, RecordingError, type RecordingHeader } from '@steno/recordings'
import type { Disk } from '../runtime/machine.ts'
import { piecesOf } from './pieces.ts'

/** Which sessions are wanted; absent means any. */
export interface PastFilter {
  target?: string | undefined
  agent?: string | undefined
  untilUs?: number | undefined
}

/** The recordings among files that are wanted, by their sessions' start; and which files are none, with the reason. */
export function findRecordings(
  paths: string[],
  filter: PastFilter,
  { disk, parser }: { disk: Disk; parser: PastParser },
): { recordings: PastRecording[]; unreadable: string[] } {
  const found: { path: string; startedAtUs: number }[] = []
  const unreadable: string[] = []
  for (const path of paths) {
    try {
      const header = readHeader(disk, path)
      if (isWanted(header, filter)) found.push({ path, startedAtUs: header.startedAtUs })
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error
      unreadable.push(`${path} (${error.message})`)
    }
  }
  return {
    recordings: found
      .toSorted((one, other) => one.startedAtUs - other.startedAtUs)
      .map(({ path }) => ({ name: path, commands: () => readSession(piecesOf(disk, path), parser), open: () => piecesOf(disk, path) })),
    unreadable,
  }
}

const firstBytes = 64 * 1024

/** Reads the first line, which is all but always in the first piece. */
function readHeader(disk: Disk, path: string): RecordingHeader {
  for (let end = firstBytes; ; end *= 8) {
    const start = disk.readRange(path, { start: 0, end })
    const newline = start.indexOf(0x0a)
    if (newline >= 0) return parseHeader(decode(start.subarray(0, newline))).steno
    if (start.length < end || end > lineBytesMax) throw new RecordingError('header_missing', 0, 'expected a header')
  }
}

function decode(line: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
  } catch {
    throw new RecordingError('not_utf8', 0, 'expected UTF-8')
  }
}

function isWanted({ target, principal, startedAtUs }: RecordingHeader, filter: PastFilter): boolean {
  return (
    (filter.target === undefined || target.name === filter.target) &&
    (filter.agent === undefined || (principal.kind === 'agent' && principal.name === filter.agent)) &&
    (filter.untilUs === undefined || startedAtUs < filter.untilUs)
  )
}
