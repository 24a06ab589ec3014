import {
  bundledRecording,
  bundleName,
  collectProofs,
  formatBundle,
  formatTarHeader,
  isLawful,
  openProofs,
  tarEnd,
  tarPadding,
  verifyRecording,
  type ByteStream,
  type Cryptography,
  type Evidence,
} from '@steno/recordings'
import type { MadeFile } from './proof-tasks.ts'

/** Makes a session's bundle here: the recording, as far as it is proved, and all that proves it. Rejects where it does not hold. */
export async function makeBundle(evidence: Evidence, session: string, cryptography: Cryptography): Promise<MadeFile> {
  const proofs = await collectProofs(evidence, session, cryptography.sha256)
  const { anchors, found, keys } = await openProofs(proofs, { ...cryptography, trust: { by: 'first key' } })
  const newestKey = keys.at(-1)
  if (!anchors || !newestKey) throw new Error(`the log does not hold: ${found[0]?.says ?? 'its proofs lead nowhere'}`)
  const stream = await evidence.recording(session)
  if (!stream) throw new Error('its recording is not there')
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const report = await verifyRecording(kept(stream, pieces), anchors, cryptography)
  if (!isLawful(report.verdict)) throw new Error(report.findings[0]?.says ?? report.verdict)
  const modifiedAtUs = (anchors.seal ?? anchors.epochs.at(-1) ?? anchors.open)!.atUs
  const folder = bundleName(session)
  const tar: BlobPart[] = []
  const add = (name: string, content: BlobPart, sizeBytes: number) => {
    const header = formatTarHeader({ name: `${folder}/${name}`, sizeBytes, modifiedAtUs })
    tar.push(Uint8Array.from(header), content, Uint8Array.from(tarPadding(sizeBytes)))
  }
  for (const { name, bytes } of formatBundle(proofs, { vkey: newestKey.vkey })) add(name, Uint8Array.from(bytes), bytes.length)
  // A tail that is younger than the newest head proves nothing yet, and is left out.
  const recording = new Blob(pieces).slice(0, report.provenBytes)
  add(bundledRecording(session), recording, recording.size)
  tar.push(Uint8Array.from(tarEnd))
  return { name: `${folder}.tar`, content: new Blob(tar, { type: 'application/x-tar' }) }
}

async function* kept(stream: ByteStream, pieces: Uint8Array<ArrayBuffer>[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    pieces.push(Uint8Array.from(chunk))
    yield chunk
  }
}
