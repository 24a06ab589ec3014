import { gatewayEvidence } from '@steno/recordings'
import { gatewayDoor } from './gateway-door.ts'
import { createProver, type RecordingProver } from './recording-proof.ts'
import type { ProverMessage, ProverRequest } from './recording-proof-messages.ts'
import { sha256 } from './sha256.ts'
import { verifyEd25519 } from './verify-ed25519.ts'

// Beside the reader of the recording, so that hashing holds no frame up.
let prover: RecordingProver | null = null

self.addEventListener('message', (event: MessageEvent<ProverRequest>) => {
  const request = event.data
  switch (request.type) {
    case 'begin':
      prover = createProver(gatewayEvidence(gatewayDoor()), request.session, { sha256, verifyEd25519 })
      return
    case 'bytes':
      return prover?.push(request.bytes)
    case 'end':
      return void finish()
  }
})

async function finish(): Promise<void> {
  const finishing = prover
  prover = null
  const proof = await finishing?.finish()
  if (proof) self.postMessage({ proof } satisfies ProverMessage)
}
