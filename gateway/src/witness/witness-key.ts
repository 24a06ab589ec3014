import { cosigner, makeVerifierKey, signatureTypes, type NoteSigner, type VerifierKey } from '@steno/recordings'
import { ed25519KeyBytes, openEd25519, sha256 } from '../runtime/crypto.ts'
import type { Machine } from '../runtime/machine.ts'

/** The key that a witness cosigns with. */
export interface WitnessKey {
  /** What others trust. */
  verifier: VerifierKey
  /** Signs as of one time, in seconds. */
  at(timestamp: number): NoteSigner
}

/**
 * The witness's key, kept under `path` as its 32 secret bytes, readable by this
 * account alone; made when there is none. It must sign nothing else: a
 * cosignature does not say whose it is (tlog-cosignature).
 */
export function openWitnessKey(machine: Pick<Machine, 'disk' | 'random'>, { path, name }: { path: string; name: string }): WitnessKey {
  const { disk } = machine
  if (!disk.exists(path)) disk.replace(path, machine.random(ed25519KeyBytes))
  const seed = disk.read(path)
  if (seed.length !== ed25519KeyBytes) throw new Error(`expected a key of ${ed25519KeyBytes} bytes in ${path}, got ${seed.length}`)
  const key = openEd25519(seed)
  const verifier = makeVerifierKey(sha256, { name, type: signatureTypes.cosignature, publicKey: key.publicKey })
  return { verifier, at: timestamp => cosigner(verifier, timestamp, message => key.sign(message)) }
}
