import {
  dataDirectory,
  isLawful,
  parseCheckpoint,
  parseLogLeaf,
  parseNote,
  parseVerifierKey,
  verify,
  wholeEntries,
  type FileReader,
  type Finding,
  type Trust,
} from '@steno/recordings'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import type { SimulatedDisk } from '../runtime/simulated-disk.ts'
import { data, type Story } from './test-story.ts'

// For tests alone: what an auditor says of a simulated data directory, who
// kept the log's first key and the checkpoint that they saw last.

/** Throws what the verifier finds unlawful, and receipts that the log does not know. */
export async function checkProof(story: Story): Promise<void> {
  const { machine, auditor } = story
  const evidence = dataDirectory(filesOf(machine.disk))
  const trust: Trust = auditor.key === null ? { by: 'first key' } : { by: 'keys', keys: [parseVerifierKey(sha256, auditor.key)] }
  const since = auditor.checkpoint === null ? {} : { since: parseCheckpoint(parseNote(new TextEncoder().encode(auditor.checkpoint)).text) }
  if (auditor.checkpoint === null && !machine.disk.exists(`${data}/log/checkpoint`)) return
  const report = await verify(evidence, { trust, sha256, verifyEd25519, ...since })
  const found = report.findings.filter(finding => !isLawful(finding.verdict) && !isExcused(story, finding))
  if (found.length > 0) {
    const told = found.map(({ verdict, code, session, line, leaf, says }) => `${verdict} ${code} ${session} ${line} ${leaf}: ${says}`)
    throw new Error(`an auditor says ${report.verdict}:\n${told.join('\n')}`)
  }
  story.count(`verdict ${report.verdict}`)
  auditor.key ??= report.log.keys[0] ?? null
  auditor.checkpoint = report.log.note
  await checkReceipts(story)
}

/**
 * Where commands do not wait for the disk, a session that began right before a
 * loss of power can be gone whole, and the next one's number says for ever that
 * there was one.
 */
function isExcused({ durability, tally }: Story, { code }: Finding): boolean {
  return code === 'sessions_missing' && durability === 'standard' && tally['power lost'] !== undefined
}

async function checkReceipts(story: Story): Promise<void> {
  for (const { session, index, atUs } of story.receipts) {
    const leaf = leafAt(story.machine.disk, index)
    if (leaf?.kind === 'open' && leaf.session === session) continue
    if (!story.isExcused(atUs, 'leaves'))
      throw new Error(`a client was told that ${session} is leaf ${index}, which is ${JSON.stringify(leaf)}`)
  }
}

function leafAt(disk: SimulatedDisk, index: number) {
  const bundle = Math.floor(index / 256)
  const path = `${data}/log/tile/entries/${String(bundle).padStart(3, '0')}`
  if (!disk.exists(path)) return null
  const bytes = wholeEntries(disk.read(path))[index % 256]
  return bytes ? parseLogLeaf(bytes) : null
}

function filesOf(disk: SimulatedDisk): FileReader {
  const read = (path: string) => (disk.exists(`${data}/${path}`) ? disk.read(`${data}/${path}`) : null)
  return {
    read: async path => read(path),
    async stream(path) {
      const bytes = read(path)
      return bytes && streamOf(bytes)
    },
    list: async folder => disk.list(`${data}/${folder}`),
  }
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
