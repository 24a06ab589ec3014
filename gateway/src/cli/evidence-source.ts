import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  dataDirectory,
  gatewayEvidence,
  openBundle,
  parseProofFile,
  proofPaths,
  proofsOfFile,
  type ByteStream,
  type Evidence,
  type FileReader,
  type ProvedLine,
  type SessionProofs,
} from '@steno/recordings'
import { CliError } from './cli-error.ts'
import { createClient } from './client.ts'
import type { Shell } from './command-line.ts'
import { archiveReader, folderReader, wholeBytesMax } from './folder-reader.ts'

/** What can be verified: a gateway's evidence whole, one recording with its proofs, or a proof of one line alone. */
export type VerifySource =
  | { kind: 'evidence'; evidence: Evidence; folder: string | null }
  | { kind: 'recording'; proofs: SessionProofs; recording: ByteStream | null }
  | { kind: 'line'; proofs: SessionProofs; line: ProvedLine }

/** Finds out what a name on the command line is: an address, a data directory, a bundle, a recording with its proof beside it, a proof. */
export async function openSource(name: string, shell: Shell): Promise<VerifySource> {
  if (/^https?:\/\//.test(name)) return { kind: 'evidence', evidence: gatewayOf(name, shell), folder: null }
  if (!existsSync(name)) throw new CliError(`no file \`${name}\``)
  if (statSync(name).isDirectory()) return openFolder(name)
  if (name.endsWith('.cast')) return openRecordingWithProof(name)
  const archive = await archiveReader(name)
  const bundle = archive && (await openBundle(archive))
  if (bundle) return { kind: 'recording', ...bundle }
  return openProof(name)
}

/** A gateway's web port, asked with the token of the environment. */
export function gatewayOf(url: string, shell: Shell): Evidence {
  const client = createClient({ env: { ...shell.env, STENO_URL: url } })
  return gatewayEvidence({
    async get(path) {
      const body = (await client.find(path))?.body
      return body ? readWhole(path, body) : null
    },
    async stream(path) {
      const response = await client.find(path)
      return response?.body ?? null
    },
  })
}

async function readWhole(path: string, body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of body) {
    sizeBytes += piece.length
    if (sizeBytes > wholeBytesMax) throw new CliError(`${path}: expected at most ${wholeBytesMax} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** A gateway's data directory. */
export function directoryOf(folder: string): Evidence {
  return dataDirectory(folderReader(folder))
}

async function openFolder(folder: string): Promise<VerifySource> {
  const files = folderReader(folder)
  const bundle = await openBundle(files)
  if (bundle) return { kind: 'recording', ...bundle }
  if (await isDataDirectory(files)) return { kind: 'evidence', evidence: dataDirectory(files), folder }
  for (const name of await files.list(''))
    if (await isDataDirectory(folderReader(join(folder, name))))
      throw new CliError(`\`${folder}\` is neither a data directory nor a bundle; \`${join(folder, name)}\` is a data directory`)
  throw new CliError(`\`${folder}\` is neither a data directory nor a bundle`)
}

async function isDataDirectory(files: FileReader): Promise<boolean> {
  return (await files.read(proofPaths.checkpoint)) !== null || (await files.list(proofPaths.sessions)).length > 0
}

function openRecordingWithProof(path: string): VerifySource {
  const beside = [`${path}.tlog-proof`, path.replace(/\.cast$/, '.tlog-proof')].find(existsSync)
  if (beside === undefined)
    throw new CliError(
      `expected a proof beside the recording, in \`${path}.tlog-proof\`: \`steno export SESSION --as tlog-proof\` writes it`,
    )
  const { proofs } = readProof(beside)
  return { kind: 'recording', proofs, recording: createReadStream(path, { highWaterMark: 1 << 20 }) }
}

function openProof(path: string): VerifySource {
  const { proofs, line } = readProof(path)
  if (!line)
    throw new CliError(`\`${path}\` proves a whole recording, of which only this is here: verify the recording, with the proof beside it`)
  return { kind: 'line', proofs, line }
}

function readProof(path: string): { proofs: SessionProofs; line: ProvedLine | null } {
  const file = parseProofFile(readFileSync(path))
  const proofs = proofsOfFile(file)
  if (!proofs) throw new CliError(`\`${path}\` is a proof of nothing that a recording must be`)
  return { proofs, line: file.statement.line }
}
