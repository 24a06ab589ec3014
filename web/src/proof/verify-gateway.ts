import {
  gatewayEvidence,
  parseCheckpoint,
  parseNote,
  tileWidth,
  verify,
  wholeEntries,
  type Cryptography,
  type Evidence,
  type GatewayDoor,
  type Report,
} from '@steno/recordings'
import { readSeen } from './look-at-log.ts'
import type { VerifyProgress } from './proof-tasks.ts'

/** A gateway that runs writes while it is read; an accusation must hold against what it has signed since. */
const readAgainMax = 2
const tellEveryMs = 100

export interface VerifyGatewayOptions extends Cryptography {
  /** The note that this browser verified last: history must go on from it. */
  seen: string | null
  /** Opens the gateway's door; it says how many bytes come through. */
  openDoor: (onBytes: (count: number) => void) => GatewayDoor
  onProgress: (progress: VerifyProgress) => void
  /** Milliseconds since whenever. */
  now: () => number
}

/** Downloads everything that a gateway has of its record and judges it, by the verifier that the command line has. */
export async function verifyGateway({ seen, openDoor, onProgress, now, ...cryptography }: VerifyGatewayOptions): Promise<Report> {
  let progress = nothing
  let toldAtMs = -Infinity
  const come = (on: Partial<VerifyProgress>) => {
    progress = { ...progress, ...on }
    if (now() - toldAtMs < tellEveryMs) return
    toldAtMs = now()
    onProgress(progress)
  }
  const door = openDoor(count => come({ bytes: progress.bytes + count }))
  const evidence = watched(gatewayEvidence(door), come)
  const since = seen === null ? null : readSeen(seen)
  const judge = () => {
    progress = { ...nothing, bytes: progress.bytes }
    return verify(evidence, {
      ...cryptography,
      trust: { by: 'first key' },
      ...(since ? { since } : {}),
      onSession: session =>
        come({ doing: 'recordings', recordings: progress.recordings + 1, findings: progress.findings + session.findings.length }),
    })
  }
  let report = await judge()
  for (let again = 0; !report.isAccepted && again < readAgainMax; again++) {
    const newest = await door.get('/checkpoint')
    if (!newest || new TextDecoder().decode(newest) === report.log.note) break
    report = await judge()
  }
  return report
}

const nothing: VerifyProgress = { doing: 'log', bundles: 0, bundlesTotal: null, recordings: 0, recordingsTotal: 0, bytes: 0, findings: 0 }

/** The same evidence; what is asked of it tells how far a verifier is. */
function watched(evidence: Evidence, come: (on: Partial<VerifyProgress>) => void): Evidence {
  let counted = 0
  let opened = 0
  return {
    ...evidence,
    async checkpoint() {
      counted = 0
      opened = 0
      const bytes = await evidence.checkpoint()
      if (bytes) come({ bundlesTotal: Math.ceil(parseCheckpoint(parseNote(bytes).text).size / tileWidth) })
      return bytes
    },
    async entries(bundle, width) {
      const bytes = await evidence.entries(bundle, width)
      // Bundles are read in their order; the last one is read again for what came since.
      if (bytes && bundle >= counted) {
        counted = bundle + 1
        opened += wholeEntries(bytes).filter(isOpen).length
      }
      come({ bundles: bundle + 1, recordingsTotal: opened })
      return bytes
    },
  }
}

const openStart = new TextEncoder().encode('{"kind":"open",')

function isOpen(entry: Uint8Array): boolean {
  return openStart.every((byte, at) => entry[at] === byte)
}
