import { RecordingWriter } from '../cast/line-writer.ts'
import { eraseLines, withoutLines } from '../cast/erase-lines.ts'
import { SaltPool } from '../cast/salt-pool.ts'
import { seeded, testHeader } from '../cast/test-session.ts'
import { utf8Encoder } from '../cast/utf8.ts'
import type { EndReason, LineRange, Verdict } from '../model.ts'
import { formatBase64 } from '../proof/base64.ts'
import { formatCheckpoint } from '../proof/checkpoint.ts'
import { formatEntryBundle } from '../proof/entry-bundle.ts'
import { epochRoot, formatEpochList, type EpochHead } from '../proof/epoch-list.ts'
import { hashLeaf } from '../proof/hash.ts'
import { proveInclusion } from '../proof/inclusion.ts'
import { formatLogLeaf, parseLogLeaf, type LogLeaf } from '../proof/leaf.ts'
import { LeafTree } from '../proof/leaf-tree.ts'
import { signNote } from '../proof/note.ts'
import { sha256, testLogKey, type TestKey } from '../proof/test-crypto.ts'
import { tilePath, tileWidth } from '../proof/tiles.ts'
import { formatTlogProof } from '../proof/tlog-proof.ts'
import type { TreeHead } from '../proof/tree.ts'
import { dataDirectory, proofPaths, type FileReader } from './data-directory.ts'
import type { Evidence } from './evidence.ts'
import { epochListsKept } from './log-book.ts'

/** Files by their path: a data directory in memory, of which tests take copies and change them. */
export type Files = Map<string, Uint8Array>

/** A gateway's data directory, written by the page alone: no code of the gateway is in it. */
export class TestDirectory {
  readonly origin: string
  readonly files: Files = new Map()
  readonly leaves: Uint8Array[] = []
  readonly tree = new LeafTree(sha256)
  readonly keys: TestKey[] = []
  readonly sessions: TestSession[] = []
  readonly salts: SaltPool
  readonly chance: (below: number) => number
  nowUs = 1_763_700_000_000_000
  #epoch = 0
  #ledger: Uint8Array[] = []
  /** Those who sign the next checkpoint; two of them while keys change. */
  #signers: TestKey[] = []
  #lastCheckpoint: { size: number; root: Uint8Array } | null = null

  constructor({ seed = 1, origin = 'steno.local/5eed' }: { seed?: number; origin?: string } = {}) {
    this.origin = origin
    this.chance = seeded(seed)
    this.salts = new SaltPool(sizeBytes => Uint8Array.from({ length: sizeBytes }, () => this.chance(256)))
    this.rotateKey()
    this.log({ kind: 'config', atUs: this.nowUs, hash: formatBase64(sha256(new Uint8Array([seed]))) })
    this.checkpoint()
  }

  /** Puts another key in force; its leaf is covered by the next checkpoint, which both sign. */
  rotateKey(): void {
    const before = this.keys.at(-1) ?? null
    const key = testLogKey(this.origin, `${this.origin} ${this.keys.length}`)
    this.keys.push(key)
    this.#signers.push(key)
    this.log({ kind: 'key', atUs: this.nowUs, vkey: key.vkey, replaces: before?.vkey ?? null })
  }

  log(leaf: LogLeaf): number {
    const bytes = formatLogLeaf(leaf)
    this.leaves.push(bytes)
    this.tree.append(hashLeaf(sha256, bytes))
    return this.leaves.length - 1
  }

  /** Signs what was logged, and writes the log's files. */
  checkpoint(extraSigners: readonly TestKey[] = []): Uint8Array {
    const { origin } = this
    const head = { size: this.tree.size, root: this.tree.root() }
    const note = signNote(
      formatCheckpoint({ origin, ...head }),
      [...this.#signers, ...extraSigners].map(({ signer }) => signer),
    )
    if (this.#signers.length > 1) {
      const index = this.leaves.findLastIndex(leaf => parseLogLeaf(leaf).kind === 'key')
      const proof = proveInclusion(sha256, { index, size: head.size }, this.tree.read)
      this.files.set(proofPaths.handover(index), formatTlogProof({ extra: this.leaves[index]!, index, proof, checkpoint: note }))
    }
    this.#signers = [this.keys.at(-1)!]
    this.#lastCheckpoint = head
    this.files.set(proofPaths.checkpoint, note)
    this.files.set(proofPaths.keptHead, utf8Encoder.encode(formatCheckpoint({ origin, ...head })))
    writeLogFiles(this.files, this.leaves)
    return note
  }

  /** The heads of all that is open, and a checkpoint that covers them unless it comes later. */
  epoch({ isSigned = true } = {}): void {
    this.tick(1_000_000)
    const heads: EpochHead[] = this.sessions.filter(({ isOpen }) => isOpen).map(session => ({ id: session.id, ...session.head() }))
    if (this.#ledger.length > 0) heads.push({ id: 'ledger', ...headOf(this.#ledger) })
    this.#epoch++
    this.files.set(proofPaths.epochList(this.#epoch), formatEpochList(heads))
    this.log({ kind: 'epoch', atUs: this.nowUs, number: this.#epoch, count: heads.length, root: formatBase64(epochRoot(sha256, heads)) })
    if (isSigned) this.checkpoint()
  }

  /** Lets go of lists that are too old, as a gateway does. */
  prune(): void {
    for (let epoch = 1; epoch <= this.#epoch - epochListsKept; epoch++) this.files.delete(proofPaths.epochList(epoch))
  }

  open(): TestSession {
    this.tick(10_000)
    const number = this.sessions.length + 1
    const session = new TestSession(this, { id: `01jd${String(number).padStart(6, '0')}`, number, after: this.#lastCheckpoint! })
    this.sessions.push(session)
    return session
  }

  /** Writes a line of the ledger and gives what a leaf says of it. */
  entry(what: Record<string, unknown>): { entry: number; hash: string } {
    const line = utf8Encoder.encode(JSON.stringify({ atUs: this.nowUs, ...what, salt: this.salts.next() }))
    this.#ledger.push(line)
    this.files.set(proofPaths.ledger, joinLines(this.#ledger))
    return { entry: this.#ledger.length - 1, hash: formatBase64(hashLeaf(sha256, line)) }
  }

  tick(byUs: number): void {
    this.nowUs += byUs
  }
}

/** One session of a `TestDirectory`: what it does is written as the gateway writes it. */
export class TestSession {
  readonly id: string
  readonly number: number
  readonly path: string
  lines: Uint8Array[] = []
  isOpen = true
  readonly #directory: TestDirectory
  readonly #writer: RecordingWriter
  readonly #startedAtUs: number
  #commands = 0

  constructor(directory: TestDirectory, { id, number, after }: { id: string; number: number; after: TreeHead }) {
    this.id = id
    this.number = number
    this.#directory = directory
    this.#startedAtUs = directory.nowUs
    this.path = `${proofPaths.sessions}/${new Date(directory.nowUs / 1000).toISOString().slice(0, 10)}/${id}.cast`
    this.#writer = new RecordingWriter(directory.salts)
    const log = { origin: directory.origin, size: after.size, root: formatBase64(after.root) }
    this.#writer.header(testHeader({ session: id, number, log, startedAtUs: directory.nowUs }), { cols: 80, rows: 24 }, id)
    this.#save()
    directory.log({ kind: 'open', atUs: directory.nowUs, session: id, number, header: formatBase64(hashLeaf(sha256, this.lines[0]!)) })
  }

  /** A command and its answer; a refused one has a leaf of its own. */
  command(text: string, verdict: Verdict = 'allow'): void {
    const n = ++this.#commands
    this.#writer.command(this.#at(), {
      n,
      kind: 'query',
      text,
      transaction: 'idle',
      decision: { verdict, policyVersion: 'p@000000000000' },
    })
    this.#save()
    if (verdict === 'deny') {
      const line = this.lines.length - 1
      const hash = formatBase64(hashLeaf(sha256, this.lines[line]!))
      this.#directory.log({ kind: 'deny', atUs: this.#directory.nowUs, session: this.id, line, hash, reason: 'policy' })
    }
    this.#writer.output(this.#at(), `shop=> ${text}\r\n`)
    this.#writer.answer(this.#at(), n)
    this.#writer.part({ kind: 'done', tag: 'SELECT 1', rows: this.#directory.chance(100) })
    this.#writer.part({ kind: 'end', transaction: 'idle' })
    this.#writer.closeAnswer()
    this.#save()
  }

  close(reason: EndReason = 'client closed'): void {
    this.#writer.end(this.#at(), { reason, commands: this.#commands })
    this.#save()
    this.isOpen = false
    const { size, root } = this.head()
    const bytes = this.#directory.files.get(this.path)!.length
    this.#directory.log({ kind: 'seal', atUs: this.#directory.nowUs, session: this.id, size, root: formatBase64(root), bytes, reason })
  }

  head(): TreeHead {
    return headOf(this.lines)
  }

  /** Erases lines of the closed recording, with a leaf that says so. */
  erase(...ranges: LineRange[]): void {
    const directory = this.#directory
    const bytes = directory.files.get(this.path)!
    const source = { sizeBytes: bytes.length, read: ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end) }
    const erased = eraseLines(sha256, source, { ranges, erasure: `e-${this.number}` })
    for (const { record, line } of erased) {
      const { from, to, hashes } = record
      const says = directory.entry({ kind: 'erased', session: this.id, from, to })
      directory.log({
        kind: 'erase',
        atUs: directory.nowUs,
        ...says,
        session: this.id,
        from,
        to,
        hashes,
        void: formatBase64(hashLeaf(sha256, line.subarray(0, -1))),
      })
    }
    directory.files.set(this.path, concat([...withoutLines(source, erased)]))
  }

  /** Removes the closed recording, with a leaf that says so. */
  remove(): void {
    const directory = this.#directory
    const { size, root } = this.head()
    const says = directory.entry({ kind: 'removed', session: this.id })
    directory.log({ kind: 'retain', atUs: directory.nowUs, ...says, session: this.id, size, root: formatBase64(root) })
    directory.files.delete(this.path)
  }

  #at(): number {
    this.#directory.tick(1000 + this.#directory.chance(1000))
    return this.#directory.nowUs - this.#startedAtUs
  }

  #save(): void {
    this.lines.push(...splitLines(this.#writer.take().slice()))
    this.#directory.files.set(this.path, joinLines(this.lines))
  }
}

/** Writes the files of a log of these leaves, as it is laid out on disk. */
export function writeLogFiles(files: Files, leaves: readonly Uint8Array[]): void {
  for (let at = 0; at < leaves.length; at += tileWidth)
    files.set(proofPaths.entries(at / tileWidth), formatEntryBundle(leaves.slice(at, at + tileWidth)))
  let row = leaves.map(leaf => hashLeaf(sha256, leaf))
  for (let level = 0; row.length > 0; level++) {
    const above: Uint8Array[] = []
    for (let at = 0; at < row.length; at += tileWidth) {
      const tile = row.slice(at, at + tileWidth)
      files.set(`log/${tilePath(level, at / tileWidth)}`, concat(tile))
      if (tile.length === tileWidth) above.push(new LeafTree(sha256, tile).root())
    }
    row = above
  }
}

/** Evidence over files in memory. A chunk is cut anywhere, as a disk or a wire does. */
export function evidenceOf(files: Files, { chunkBytes = 1 << 16 }: { chunkBytes?: number } = {}): Evidence {
  return dataDirectory(readerOf(files, chunkBytes))
}

export function readerOf(files: Files, chunkBytes = 1 << 16): FileReader {
  return {
    read: async path => files.get(path) ?? null,
    async stream(path) {
      const bytes = files.get(path)
      return bytes ? pieces(bytes, chunkBytes) : null
    },
    async list(folder) {
      const prefix = folder === '' ? '' : `${folder}/`
      const names = [...files.keys()].filter(path => path.startsWith(prefix)).map(path => path.slice(prefix.length).split('/')[0]!)
      return [...new Set(names)]
    },
  }
}

async function* pieces(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

/** Lines without their newlines. */
export function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  let from = 0
  for (let newline = bytes.indexOf(0x0a); newline >= 0; newline = bytes.indexOf(0x0a, from)) {
    lines.push(bytes.slice(from, newline))
    from = newline + 1
  }
  return lines
}

export function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  return concat(lines.flatMap(line => [line, Uint8Array.of(0x0a)]))
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function headOf(lines: readonly Uint8Array[]): TreeHead {
  const tree = new LeafTree(
    sha256,
    lines.map(line => hashLeaf(sha256, line)),
  )
  return { size: tree.size, root: tree.root() }
}
