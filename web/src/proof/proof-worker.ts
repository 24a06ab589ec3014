import { gatewayEvidence } from '@steno/recordings'
import { gatewayDoor } from './gateway-door.ts'
import { lookAtLog } from './look-at-log.ts'
import { makeBundle } from './make-bundle.ts'
import type { ProofMessage, ProofRequest, ProofTask, ProofTasks } from './proof-tasks.ts'
import { sessionPath } from './session-path.ts'
import { sha256 } from './sha256.ts'
import { verifyEd25519 } from './verify-ed25519.ts'
import { verifyGateway } from './verify-gateway.ts'

/** The newest leaves that are looked at before somebody asks for all of them. */
const lookBundlesMax = 64
const cryptography = { sha256, verifyEd25519 }

const tell = (message: ProofMessage): void => self.postMessage(message)

self.addEventListener('message', (event: MessageEvent<ProofRequest>) => void work(event.data))

async function work(request: ProofRequest): Promise<void> {
  try {
    tell({ type: 'done', answer: await answer(request) })
  } catch (error) {
    tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  }
}

async function answer(request: ProofRequest): Promise<ProofTasks[ProofTask]['answer']> {
  switch (request.task) {
    case 'look':
      return lookAtLog(gatewayEvidence(gatewayDoor()), { ...request.ask, ...cryptography, bundlesMax: lookBundlesMax })
    case 'verify':
      return verifyGateway({
        ...cryptography,
        seen: request.ask.seen,
        openDoor: gatewayDoor,
        onProgress: progress => tell({ type: 'progress', progress }),
        now: () => performance.now(),
      })
    case 'path':
      return sessionPath(gatewayEvidence(gatewayDoor()), request.ask.session, cryptography)
    case 'bundle':
      return makeBundle(gatewayEvidence(gatewayDoor()), request.ask.session, cryptography)
  }
}
