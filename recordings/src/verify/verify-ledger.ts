import { formatBase64 } from '../proof/base64.ts'
import { CompactRange } from '../proof/compact-range.ts'
import { hashBytes, hashLeaf, isSameHash, type Sha256 } from '../proof/hash.ts'
import { lineBytesMax } from '../cast/read.ts'
import { utf8Decoder } from '../cast/utf8.ts'
import type { Anchor } from './anchors.ts'
import type { LedgerEvidence } from './evidence.ts'
import { LineCutter } from './line-cutter.ts'
import type { Found, LedgerReference } from './log-book.ts'

/** What a verifier says of the ledger. */
export interface LedgerReport {
  lines: number
  /** Lines that the newest head vouches for. */
  provenLines: number
  expectedLines: number
  /** False where only hashes of its lines were shown. */
  isRead: boolean
}

/** What the log says of its gateway's ledger. */
export interface LedgerAnchors {
  heads: readonly Anchor[]
  references: readonly LedgerReference[]
  /** Hashes of lines that tell of refused connections. */
  commitments: readonly { leaf: number; hash: Uint8Array }[]
}

/** Holds the ledger against the heads of epochs, and its lines against the leaves that stand for them. */
export async function verifyLedger(
  ledger: LedgerEvidence | null,
  anchors: LedgerAnchors,
  sha256: Sha256,
): Promise<{ report: LedgerReport; found: Found[] }> {
  const check = new LedgerCheck(anchors, sha256)
  if (ledger && 'lines' in ledger) for await (const bytes of ledger.lines) check.pushLines(bytes)
  else if (ledger) for await (const bytes of ledger.hashes) check.pushHashes(bytes)
  return check.finish({ isThere: ledger !== null, isRead: ledger !== null && 'lines' in ledger })
}

class LedgerCheck {
  readonly found: Found[] = []
  readonly #sha256: Sha256
  readonly #heads: readonly Anchor[]
  readonly #references = new Map<number, LedgerReference[]>()
  readonly #commitments = new Map<string, number>()
  readonly #cutter = new LineCutter({ lineBytesMax })
  readonly #tree: CompactRange
  #rest = new Uint8Array(0)
  #nextHead = 0
  #fitting: Anchor | null = null
  #failing: Anchor | null = null

  /** How many lines the log knows of. */
  readonly #expectedLines: number

  constructor({ heads, references, commitments }: LedgerAnchors, sha256: Sha256) {
    this.#sha256 = sha256
    this.#tree = new CompactRange(sha256)
    this.#heads = heads
    for (const reference of references) {
      const others = this.#references.get(reference.entry)
      if (others) others.push(reference)
      else this.#references.set(reference.entry, [reference])
    }
    this.#expectedLines = references.reduce((most, { entry }) => Math.max(most, entry + 1), heads.at(-1)?.size ?? 0)
    for (const { hash, leaf } of commitments) this.#commitments.set(formatBase64(hash), leaf)
  }

  pushLines(bytes: Uint8Array): void {
    this.#cutter.push(bytes, (all, start, end) => {
      const line = all.subarray(start, end - 1)
      if (!isSalted(line))
        this.#find(
          'TAMPERED',
          'ledger_unsalted',
          { line: this.#tree.size },
          `line ${this.#tree.size} of the ledger does not end with a salt`,
        )
      this.#take(hashLeaf(this.#sha256, line))
    })
  }

  /** Hashes of lines, one after the other, cut anywhere. */
  pushHashes(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#rest.length + bytes.length)
    all.set(this.#rest)
    all.set(bytes, this.#rest.length)
    let at = 0
    for (; at + hashBytes <= all.length; at += hashBytes) this.#take(all.slice(at, at + hashBytes))
    this.#rest = all.slice(at)
  }

  finish({ isThere, isRead }: { isThere: boolean; isRead: boolean }): { report: LedgerReport; found: Found[] } {
    const lines = this.#tree.size
    const newest = this.#heads.at(-1)
    const expectedLines = this.#expectedLines
    if (!isThere && expectedLines > 0)
      this.#find('LOST', 'ledger_missing', {}, `the ledger is missing, and the log says it had ${expectedLines} lines`)
    else if (this.#failing) this.#nameDifference(this.#failing)
    else if (newest && lines < newest.size)
      this.#find(
        'TRUNCATED',
        'ledger_truncated',
        { line: lines, leaf: newest.leaf },
        `the end of the ledger was cut off: ${lines} lines are there, and leaf ${newest.leaf} says there were ${newest.size}`,
      )
    else this.#nameTail(lines - (newest?.size ?? 0), newest?.size ?? 0)
    this.#nameUnanswered(isThere)
    return { report: { lines, provenLines: this.#fitting?.size ?? 0, expectedLines, isRead }, found: this.found }
  }

  #take(hash: Uint8Array): void {
    const line = this.#tree.size
    for (const { leaf, hash: expected } of this.#references.get(line) ?? [])
      if (!isSameHash(expected, hash))
        this.#find('TAMPERED', 'ledger_differs', { line, leaf }, `line ${line} of the ledger is not the one that leaf ${leaf} stands for`)
    this.#references.delete(line)
    this.#commitments.delete(formatBase64(hash))
    this.#tree.append(hash)
    for (let head = this.#heads[this.#nextHead]; head && head.size === this.#tree.size; head = this.#heads[++this.#nextHead]) {
      if (!isSameHash(this.#tree.root(), head.root)) this.#failing ??= head
      else if (!this.#failing) this.#fitting = head
    }
  }

  #nameDifference({ size, leaf }: Anchor): void {
    const from = this.#fitting?.size ?? 0
    const where =
      size - from === 1 ? `line ${from} of the ledger is` : `one of the lines ${from} to ${size - 1} of the ledger is the first that is`
    this.#find('TAMPERED', 'ledger_differs', { line: from, leaf }, `${where} not as leaf ${leaf} of the log says`)
  }

  #nameTail(lines: number, from: number): void {
    if (lines <= 0 && this.#cutter.restBytes === 0) return
    const what = lines === 1 ? '1 line' : `${lines} lines`
    this.#find('UNANCHORED', 'ledger_unanchored', { line: from }, `${what} of the ledger came after its newest head`)
  }

  /** Leaves that stand for lines which are not there. */
  #nameUnanswered(isThere: boolean): void {
    const [first] = [...this.#references.values()].flat().toSorted((a, b) => a.leaf - b.leaf)
    if (isThere && first && !this.found.some(({ code }) => code === 'ledger_truncated'))
      this.#find(
        'TRUNCATED',
        'ledger_truncated',
        { line: this.#tree.size, leaf: first.leaf },
        `leaf ${first.leaf} stands for line ${first.entry} of the ledger, which has ${this.#tree.size}`,
      )
    const refused = [...this.#commitments.values()].toSorted((a, b) => a - b)[0]
    if (refused !== undefined)
      this.#find(
        'LOST',
        'ledger_missing',
        { leaf: refused },
        `leaf ${refused} stands for a refused connection that no line of the ledger tells of`,
      )
  }

  #find(
    verdict: Found['verdict'],
    code: Found['code'],
    { line = null, leaf = null }: { line?: number | null; leaf?: number | null },
    says: string,
  ): void {
    this.found.push({ verdict, code, session: null, line, leaf, says })
  }
}

function isSalted(line: Uint8Array): boolean {
  try {
    return /,"salt":"[\w-]{16}"\}$/.test(utf8Decoder.decode(line))
  } catch {
    return false
  }
}
