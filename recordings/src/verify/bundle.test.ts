import { describe, expect, it } from 'vitest'
import { seeded } from '../cast/test-session.ts'
import { utf8Decoder } from '../cast/utf8.ts'
import { ProofError } from '../proof/proof-error.ts'
import { sha256, testLogKey, verifyEd25519 } from '../proof/test-crypto.ts'
import { bundledRecording, formatBundle, openBundle } from './bundle.ts'
import { openProofs } from './open-proofs.ts'
import { headLeaf, parseProofFile, proofFileOf, proofsOfFile } from './proof-file.ts'
import { proveLine } from './prove-line.ts'
import type { Report } from './report.ts'
import { collectProofs } from './session-proofs.ts'
import { evidenceOf, readerOf, TestDirectory, type Files } from './test-directory.ts'
import { sampleDirectory } from './test-mutations.ts'
import type { Trust } from './trust.ts'
import { verifyLine } from './verify-line.ts'
import { verifyProofs } from './verify-proofs.ts'

const cryptography = { sha256, verifyEd25519 }
const itself: Trust = { by: 'first key' }

async function bundleOf(directory: TestDirectory, session: string): Promise<Files> {
  const evidence = evidenceOf(directory.files)
  const proofs = await collectProofs(evidence, session, sha256)
  const files: Files = new Map(formatBundle(proofs, { vkey: directory.keys.at(-1)!.vkey }).map(({ name, bytes }) => [name, bytes]))
  files.set(bundledRecording(session), directory.files.get(directory.sessions.find(({ id }) => id === session)!.path)!)
  return files
}

async function judge(files: Files, trust: Trust = itself): Promise<Report> {
  const bundle = await openBundle(readerOf(files))
  return verifyProofs(bundle!, { ...cryptography, trust })
}

/** What is made of a bundle that cannot even be read is a refusal too. */
async function isAccepted(files: Files): Promise<boolean> {
  try {
    return (await judge(files)).isAccepted
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

const recorded = ({ sessions, files }: TestDirectory) => sessions.filter(({ path }) => files.has(path))

describe('a bundle', () => {
  it('is whole for each recording of thirty directories, by its own key and by the one it began with', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { directory } = sampleDirectory(seed)
      for (const { id } of recorded(directory)) {
        const files = await bundleOf(directory, id)
        for (const trust of [itself, ...directory.keys.map(({ key }): Trust => ({ by: 'keys', keys: [key] }))]) {
          const report = await judge(files, trust)
          expect(report.isAccepted, JSON.stringify(report.findings)).toBe(true)
          expect(report.sessions[0]).toMatchObject({ session: id, number: directory.sessions.find(one => one.id === id)!.number })
        }
        const stranger: Trust = { by: 'keys', keys: [testLogKey(directory.origin, 'a stranger').key] }
        expect(await judge(files, stranger)).toMatchObject({ verdict: 'TAMPERED', sessions: [] })
      }
    }
  })

  it('shows nothing of other sessions but their number', async () => {
    const { directory } = sampleDirectory(4)
    const [first, ...others] = recorded(directory)
    const files = await bundleOf(directory, first!.id)
    const all = [...files.values()].map(bytes => Buffer.from(bytes).toString()).join('\n')
    const decoded = all.replaceAll(/^extra (.*)$/gm, (_, extra: string) => Buffer.from(extra, 'base64').toString())
    expect(decoded).toContain(first!.id)
    for (const { id } of others) expect(decoded).not.toContain(id)
  })

  it('is rejected when any byte of its proofs or its recording is another', async () => {
    const chance = seeded(11)
    const { directory } = sampleDirectory(2)
    const accepted: string[] = []
    for (const { id } of recorded(directory)) {
      const files = await bundleOf(directory, id)
      for (const [name, bytes] of files) {
        if (name === 'README.txt' || name === 'check.py') continue
        for (let i = 0; i < 60; i++) {
          const at = chance(bytes.length)
          const changed = bytes.with(at, bytes[at]! ^ (1 + chance(255)))
          if (await isAccepted(new Map(files).set(name, changed))) accepted.push(`${name} ${at}`)
        }
      }
    }
    expect(accepted).toEqual([])
  })

  it('is rejected without what proves it, and with the proofs of another session', async () => {
    const { directory } = sampleDirectory(1)
    const [first, second] = recorded(directory)
    const files = await bundleOf(directory, first!.id)
    const handover = [...files.keys()].find(name => name.endsWith('-handover.tlog-proof'))!
    for (const name of [handover, bundledRecording(first!.id)]) {
      const less = new Map(files)
      less.delete(name)
      expect(await isAccepted(less), name).toBe(false)
    }
    const theirs = await bundleOf(directory, second!.id)
    expect(await isAccepted(new Map(files).set(bundledRecording(first!.id), theirs.get(bundledRecording(second!.id))!))).toBe(false)
    expect(await openBundle(readerOf(new Map()))).toBe(null)
  })

  it('says when the session is not in the log yet', async () => {
    const directory = new TestDirectory()
    await expect(collectProofs(evidenceOf(directory.files), '01jd', sha256)).rejects.toMatchObject({ code: 'session_unknown' })
  })
})

describe('a proof of one line', () => {
  async function proofOf(directory: TestDirectory, session: string, line: number) {
    const evidence = evidenceOf(directory.files)
    const proofs = await collectProofs(evidence, session, sha256)
    const { anchors } = await openProofs(proofs, { ...cryptography, trust: itself })
    const proved = await proveLine((await evidence.recording(session))!, anchors!, line, { sha256 })
    return { ...proved, file: proved.line && proofFileOf(proofs, headLeaf(proofs)!, proved.line) }
  }

  async function verdictOf(file: Uint8Array, directory: TestDirectory) {
    const read = parseProofFile(file)
    const trust: Trust = { by: 'keys', keys: [directory.keys.at(-1)!.key] }
    return verifyLine({ proofs: proofsOfFile(read)!, line: read.statement.line! }, { ...cryptography, trust })
  }

  it('holds for every line of recordings that are closed, open and erased in part, and shows no other', async () => {
    for (const seed of [2, 3, 4]) {
      const { directory } = sampleDirectory(seed)
      for (const { id, lines } of recorded(directory)) {
        for (const [number, text] of lines.entries()) {
          const { report, line, file } = await proofOf(directory, id, number)
          const isErased = report.erased.some(({ from, to }) => number >= from && number < to)
          expect(line === null, `${id} ${number}`).toBe(isErased)
          if (!file) continue
          expect(await verdictOf(file, directory)).toMatchObject({ found: [], anchor: { size: report.provenLines } })
          expect(line!.text).toEqual(text)
          const statement = parseProofFile(file).statement
          expect(utf8Decoder.decode(statement.leaf)).not.toContain('salt')
        }
        expect((await proofOf(directory, id, lines.length)).line).toBe(null)
      }
    }
  })

  it('does not hold for another line, another place, or another session', async () => {
    const { directory } = sampleDirectory(4)
    const [first, second] = recorded(directory)
    const { file } = await proofOf(directory, first!.id, 5)
    const other = parseProofFile((await proofOf(directory, second!.id, 5)).file!)
    const read = parseProofFile(file!)
    const trust: Trust = { by: 'keys', keys: [directory.keys.at(-1)!.key] }
    const holds = async (line: { number: number; text: Uint8Array; path: Uint8Array[] }) =>
      (await verifyLine({ proofs: proofsOfFile(read)!, line }, { ...cryptography, trust })).anchor !== null
    const line = read.statement.line!
    expect(await holds(line)).toBe(true)
    expect(await holds({ ...line, number: 4 })).toBe(false)
    expect(await holds({ ...line, text: first!.lines[4]! })).toBe(false)
    expect(await holds({ ...line, path: line.path.slice(1) })).toBe(false)
    expect(await holds(other.statement.line!)).toBe(false)
  })

  it('is rejected when any byte of it is another', async () => {
    const chance = seeded(12)
    const { directory } = sampleDirectory(4)
    const open = recorded(directory).find(({ isOpen }) => isOpen)!
    const { file } = await proofOf(directory, open.id, 6)
    for (let i = 0; i < 500; i++) {
      const at = chance(file!.length)
      const changed = file!.with(at, file![at]! ^ (1 + chance(255)))
      const holds = await verdictOf(changed, directory).then(
        ({ anchor, found }) => anchor !== null && found.length === 0,
        (error: unknown) => {
          if (error instanceof ProofError) return false
          throw error
        },
      )
      expect(holds, String(at)).toBe(false)
    }
  })
})
