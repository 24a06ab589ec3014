import { utf8Decoder } from '../cast/utf8.ts'
import { tilePath } from '../proof/tiles.ts'
import type { ByteStream, Evidence } from './evidence.ts'

/** How a gateway's web port is asked: what it does not have is null, and everything else that goes wrong is thrown. */
export interface GatewayDoor {
  get(path: string): Promise<Uint8Array | null>
  stream(path: string): Promise<ByteStream | null>
}

/** A gateway's web port as evidence. Which recordings it has it cannot be asked: those of its log must be there. */
export function gatewayEvidence(door: GatewayDoor): Evidence {
  return {
    checkpoint: () => door.get('/checkpoint'),
    handover: leaf => door.get(`/handover/${leaf}`),
    entries: (bundle, width) => door.get(`/${tilePath('entries', bundle, width)}`),
    tile: (level, index, width) => door.get(`/${tilePath(level, index, width)}`),
    epochList: number => door.get(`/api/log/epochs/${number}`),
    async ledger() {
      const hashes = await door.stream('/api/log/ledger')
      return hashes && { hashes }
    },
    sessions: async () => [],
    recording: session => door.stream(`/api/sessions/${encodeURIComponent(session)}/recording`),
    async leavesOf(session) {
      const bytes = await door.get(`/api/log/sessions/${encodeURIComponent(session)}`)
      return bytes ? (JSON.parse(utf8Decoder.decode(bytes)) as { leaves: number[] }).leaves : []
    },
    keptHead: async () => null,
  }
}
