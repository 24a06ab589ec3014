import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { house, run, temporaryDirectory } from '../support/machine.ts'

// What recordings/PROOF.md tells an auditor to type, typed: each block in its
// order, in one shell that stops at the first thing that fails.

const blocks = [...readFileSync(join(house, 'recordings/PROOF.md'), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!)
const vectors = <T>(name: string): T => JSON.parse(readFileSync(join(house, 'recordings/vectors/proof', name), 'utf8'))

const hash = (...parts: (Uint8Array | string)[]) => parts.reduce((sha, part) => sha.update(part), createHash('sha256')).digest()
const leafHash = (leaf: Uint8Array | string) => hash(Buffer.of(0), leaf)

function rootOf(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return hash(Buffer.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)))
}

describe('the proof by hand', () => {
  const recording = join(house, 'recordings/vectors/valid/simple-query.cast')
  const lines = readFileSync(recording, 'utf8').trimEnd().split('\n')
  const leaves = vectors<{ valid: { text: string }[] }>('leaves.json').valid.map(({ text }) => text)
  const { valid } = vectors<{ valid: { name: string; file: string; logKeys: string[]; witnesses: string[]; leaf: string }[] }>(
    'tlog-proofs.json',
  )
  const proof = valid.find(({ name }) => name.startsWith('leaf 41 of 100'))!
  const directory = temporaryDirectory('by-hand')
  const inDirectory = (name: string) => join(directory.path, name)
  const read = (name: string) => readFileSync(inDirectory(name), 'utf8').trim()

  beforeEach(() => {
    cpSync(recording, inDirectory('session.cast'))
    mkdirSync(inDirectory('log/tile/entries'), { recursive: true })
    const bundle = leaves.map(leaf => Buffer.concat([Buffer.of(leaf.length >> 8, leaf.length & 0xff), Buffer.from(leaf)]))
    writeFileSync(inDirectory('log/tile/entries/000'), Buffer.concat(bundle))
    writeFileSync(inDirectory('entry-3.tlog-proof'), proof.file)
    writeFileSync(inDirectory('vkey'), `${proof.logKeys[0]}\n`)
    writeFileSync(inDirectory('witness'), `${proof.witnesses[0]}\n`)
  })

  afterAll(() => directory.remove())

  const blockWith = (text: string) => blocks.findIndex(block => block.includes(text))

  /** Runs the page, with something done before the block in which a text stands. */
  const runPage = (changes: Record<string, string>) => {
    const changed = new Map(Object.entries(changes).map(([text, change]) => [blockWith(text), change]))
    const script = blocks.map((block, i) => `${changed.get(i) ?? ''}\n${block}`).join('')
    return run('sh', ['-euc', script], { cwd: directory.path, env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  }

  // The proof is of a leaf of another log than the one whose entry was read.
  const otherLog = `cp entry-3.json entry-3.read; printf %s '${Buffer.from(proof.leaf, 'base64').toString()}' > entry-3.json`

  it('comes to the same hashes, roots and signatures', async () => {
    const ran = await runPage({ 'proof=entry-3': otherLog })
    expect(ran.code, ran.stderr).toBe(0)
    expect(read('line-2.hash')).toBe(leafHash(lines[2]!).toString('hex'))
    expect(read('session.root')).toBe(rootOf(lines.map(leafHash)).toString('hex'))
    expect(read('entry-3.read')).toBe(leaves[3])
    expect(ran.stdout.match(/Signature Verified Successfully/g)?.length).toBe(2)
    expect(ran.stdout).toMatch(/ 2025\n$/)
  })

  it.each([
    ['another leaf', 'proof=entry-3', 'printf 42 > entry-3.json', /^1c1\n</m, 0],
    ['another size', 'key vkey > key.der', "sed -i 's/^100$/101/' checkpoint", /Signature Verification Failure/, 0],
    ['another key', 'key vkey > key.der', "sed -i 's/....$/AAAA/' vkey", /Signature Verification Failure/, 0],
    ['another time', 'key witness', "sed -i 's/^\\(— witness[^ ]* .\\{15\\}\\)./\\1B/' checkpoint", /Signature Verification Failure/, 1],
  ])('stops at %s', async (_, text, change, says, verified) => {
    const ran = await runPage({ 'proof=entry-3': otherLog, [text]: change })
    expect(ran.code).not.toBe(0)
    expect(ran.stdout).toMatch(says)
    expect(ran.stdout.match(/Signature Verified Successfully/g)?.length ?? 0).toBe(verified)
  })
})
