import { lineBytesMax, RecordingReader, type PlacedLine } from '../cast/read.ts'
import { RecordingError } from '../cast/recording-error.ts'
import type { LineRange, VoidRecord } from '../model.ts'
import { CompactRange } from '../proof/compact-range.ts'
import { hashLeaf, hashLeafWithin, isSameHash, type Sha256 } from '../proof/hash.ts'
import { coverRange, type Subtree } from '../proof/tree.ts'
import { parseHash } from '../proof/base64.ts'
import type { Anchor, Denial, SessionAnchors } from './anchors.ts'
import type { ByteStream } from './evidence.ts'
import { formatTime } from './format-time.ts'
import { LineCutter } from './line-cutter.ts'
import type { SessionReport } from './session-report.ts'
import { sortFindings, worst, type Finding, type FindingCode, type ProofVerdict } from './verdict.ts'

/**
 * Holds a recording against what the log says of it, as its bytes come: every
 * line is read strictly and hashed, and the tree is compared at each size that
 * the log has a head for.
 */
export async function verifyRecording(bytes: ByteStream, anchors: SessionAnchors, { sha256 }: { sha256: Sha256 }): Promise<SessionReport> {
  const check = new RecordingCheck(anchors, sha256)
  for await (const chunk of bytes) check.push(chunk)
  return check.finish()
}

/** Sees every leaf and every subtree of erased ones as the recording's tree takes them; `text` is the line without its newline. */
export type OnSubtree = (subtree: Subtree, hash: Uint8Array, text: Uint8Array) => void

/** The same for one who brings the bytes himself. */
export class RecordingCheck {
  readonly #anchors: SessionAnchors
  readonly #sha256: Sha256
  readonly #cutter = new LineCutter({ lineBytesMax })
  readonly #tree: CompactRange
  readonly #heads: Anchor[]
  #nextHead = 0
  /** The newest head that fits, while none before it failed to. */
  #fitting: Anchor | null = null
  /** Heads that do not fit, in order. */
  readonly #failing: (LineRange & { head: Anchor })[] = []
  readonly #denialsByLine: Map<number, Denial>
  readonly #erased: (LineRange & { leaf: number | null })[] = []
  readonly #findings: Finding[] = []
  #reader: RecordingReader | null = new RecordingReader()
  #header: RecordingReader['header'] = null
  #bytes = 0
  /** Of whole lines, and of those that the newest fitting head vouches for. */
  #lineBytes = 0
  #provenBytes = 0
  #unanchoredSinceUs: number | null = null
  #end: { reason: string } | null = null

  readonly #onSubtree: OnSubtree | null

  constructor(anchors: SessionAnchors, sha256: Sha256, onSubtree: OnSubtree | null = null) {
    this.#anchors = anchors
    this.#sha256 = sha256
    this.#onSubtree = onSubtree
    this.#tree = new CompactRange(sha256)
    this.#heads = [anchors.open, ...anchors.epochs, anchors.seal].filter(head => head !== null)
    this.#denialsByLine = new Map(anchors.denials.map(denial => [denial.line, denial]))
  }

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    // Node's Buffer makes views of itself slowly, and each line is one.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#cutter.push(plain, (all, start, end) => this.#take(all, start, end))
  }

  finish(): SessionReport {
    const { session, number, key } = this.#anchors
    const newest = this.#newest
    const lines = this.#tree.size
    const fitting = this.#fitting
    if (this.#cutter.isTooLong)
      this.#find('TAMPERED', 'recording_malformed', { line: lines }, `no lawful recording: line ${lines} is longer than a line may be`)
    this.#compareWithSeal()
    this.#nameDifferences()
    this.#nameMissingLines()
    this.#nameMissingDenials()
    this.#nameTail()
    this.#nameErasures()
    return {
      session,
      number,
      verdict: worst(this.#findings.map(({ verdict }) => verdict)),
      findings: sortFindings(this.#findings),
      lines,
      bytes: this.#bytes,
      provenLines: fitting ? fitting.size : 0,
      provenBytes: this.#provenBytes,
      anchor: fitting,
      expectedLines: newest.size,
      differing: this.#failing.length > 0 ? { from: this.#failing[0]!.from, to: this.#failing[0]!.to } : null,
      erased: this.#erased,
      key,
      unanchoredSinceUs: this.#unanchoredSinceUs,
      isClosed: this.#end !== null,
      openedAfter: this.#header?.steno.log ?? null,
    }
  }

  get #newest(): Anchor {
    return this.#heads.at(-1)!
  }

  /** One line, with its newline. */
  #take(bytes: Uint8Array, start: number, end: number): void {
    const line = this.#tree.size
    const placed = this.#read(bytes.subarray(start, end))
    const event = placed?.event
    if (event?.code === 'v') this.#passErased(event.erased, bytes.subarray(start, end - 1))
    else {
      const hash = hashLeafWithin(this.#sha256, bytes, start, end - 1)
      this.#onSubtree?.({ level: 0, index: line }, hash, bytes.subarray(start, end - 1))
      this.#tree.append(hash)
      const denial = this.#denialsByLine.get(line)
      if (denial && !isSameHash(denial.hash, hash))
        this.#find(
          'TAMPERED',
          'lines_differ',
          { line, leaf: denial.leaf },
          `the refused command on line ${line} is not the one of leaf ${denial.leaf}`,
        )
    }
    if (placed && line >= this.#newest.size) this.#unanchoredSinceUs ??= this.#header!.steno.startedAtUs + placed.atUs
    if (event?.code === 'e') this.#end = event.end
    if (event?.code === 'v') this.#end = event.erased.end ?? null
    this.#lineBytes += end - start
    this.#compare()
  }

  /** Reads the line as strictly as the format says; after one that breaks it, the lines are only hashed. */
  #read(bytes: Uint8Array): PlacedLine | null {
    const reader = this.#reader
    if (!reader) return null
    try {
      const [placed] = [...reader.push(bytes)]
      if (this.#header === null && reader.header) this.#readHeader(reader.header)
      return placed ?? null
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error
      this.#reader = null
      this.#find('TAMPERED', 'recording_malformed', { line: error.line }, `no lawful recording: ${error.message}`)
      return null
    }
  }

  #readHeader(header: NonNullable<RecordingReader['header']>): void {
    this.#header = header
    const { session, number, open, origin } = this.#anchors
    const { leaf } = open ?? this.#newest
    const { steno } = header
    const says = (what: string) => this.#find('TAMPERED', 'header_differs', { line: 0, leaf }, `the header ${what}`)
    if (steno.session !== session) return says(`is that of session ${steno.session}`)
    if (number !== null && steno.number !== number)
      return says(`says it is session number ${steno.number ?? 'none'}, the log says ${number}`)
    if (!steno.log) return says('names no checkpoint that the session began after')
    if (steno.log.origin !== origin) return says(`names the log ${steno.log.origin}, this is ${origin}`)
    if (steno.log.size > leaf) return says(`names a checkpoint of ${steno.log.size} leaves, and leaf ${leaf} already knew it`)
  }

  /** The tree goes on with what is left of erased lines, whether or not that is lawful. */
  #passErased({ from, to, hashes }: VoidRecord, line: Uint8Array): void {
    coverRange(from, to).forEach((subtree, at) => {
      const hash = parseHash(hashes[at]!)
      this.#onSubtree?.(subtree, hash, line)
      this.#tree.appendSubtree(2 ** subtree.level, hash)
    })
    const erasure = this.#anchors.erasures.findLast(one => one.from === from && one.to === to)
    const isProven = erasure !== undefined && isSameHash(erasure.void, hashLeaf(this.#sha256, line))
    this.#erased.push({ from, to, leaf: isProven ? erasure.leaf : null })
    if (isProven) return
    const what = erasure ? `what stands for them is not what leaf ${erasure.leaf} says` : 'no leaf of the log says they were erased'
    this.#find(
      'TAMPERED',
      'erasure_unproven',
      { line: from, leaf: erasure?.leaf ?? null },
      `${linesOf({ from, to })} are left out, and ${what}`,
    )
  }

  /** Compares the tree with the heads of its size, and passes by those that lie within erased lines. */
  #compare(): void {
    const size = this.#tree.size
    for (let head = this.#heads[this.#nextHead]; head && head.size <= size; head = this.#heads[++this.#nextHead]) {
      if (head.size < size) continue
      if (isSameHash(this.#tree.root(), head.root)) {
        this.#fitting = head
        this.#provenBytes = this.#lineBytes
      } else this.#failing.push({ from: this.#fitting?.size ?? 0, to: size, head })
    }
  }

  #compareWithSeal(): void {
    const { seal } = this.#anchors
    if (!seal || this.#fitting !== seal) return
    const afterSeal = this.#tree.size - seal.size
    if (afterSeal > 0 || this.#cutter.restBytes > 0)
      this.#find(
        'TAMPERED',
        'lines_after_seal',
        { line: seal.size, leaf: seal.leaf },
        `the recording goes on after its seal, leaf ${seal.leaf}: it was closed with ${seal.size} lines`,
      )
    const isWhole = afterSeal === 0 && this.#cutter.restBytes === 0
    if (isWhole && this.#erased.length === 0 && this.#bytes !== seal.bytes)
      this.#find(
        'TAMPERED',
        'leaf_unlawful',
        { leaf: seal.leaf },
        `leaf ${seal.leaf} seals ${seal.bytes} bytes, its lines have ${this.#bytes}`,
      )
    if (isWhole && this.#reader && this.#end?.reason !== seal.reason)
      this.#find(
        'TAMPERED',
        'leaf_unlawful',
        { leaf: seal.leaf },
        `leaf ${seal.leaf} seals the end \`${seal.reason}\`, the recording says \`${this.#end?.reason ?? 'nothing'}\``,
      )
  }

  #nameDifferences(): void {
    const [first] = this.#failing
    if (!first) return
    const { from, to, head } = first
    if (to === 1) {
      this.#find(
        'TAMPERED',
        'header_differs',
        { line: 0, leaf: head.leaf },
        `the header is not the one that leaf ${head.leaf} opened the session with`,
      )
      return
    }
    const where = to - from === 1 ? `line ${from} is` : `one of ${linesOf({ from, to })} is the first that is`
    const good = from > 0 ? `; those before are as leaf ${this.#anchorBefore(from)} says` : ''
    this.#find('TAMPERED', 'lines_differ', { line: from, leaf: head.leaf }, `${where} not as leaf ${head.leaf} of the log says${good}`)
  }

  #anchorBefore(size: number): number {
    return this.#heads.find(head => head.size === size)!.leaf
  }

  #nameMissingLines(): void {
    const newest = this.#newest
    const lines = this.#tree.size
    if (lines >= newest.size || this.#failing.length > 0) return
    const missing = `${lines} lines are there, and leaf ${newest.leaf} of the log says there were ${newest.size}`
    // What is cut has no end any more: with one, lines before it are gone.
    if (this.#end)
      this.#find('TAMPERED', 'lines_missing', { line: lines, leaf: newest.leaf }, `lines before the end were taken out: ${missing}`)
    else this.#find('TRUNCATED', 'lines_missing', { line: lines, leaf: newest.leaf }, `the end was cut off: ${missing}`)
  }

  /** A refused command has its own leaf at once, so it can be missed before an epoch would tell. */
  #nameMissingDenials(): void {
    const lines = this.#tree.size
    const first = this.#anchors.denials.find(({ line }) => line >= lines)
    if (first && lines >= this.#newest.size)
      this.#find(
        'TRUNCATED',
        'lines_missing',
        { line: lines, leaf: first.leaf },
        `the end was cut off: ${lines} lines are there, and leaf ${first.leaf} of the log tells of a refused command on line ${first.line}`,
      )
  }

  #nameTail(): void {
    const newest = this.#newest
    if (this.#anchors.seal || this.#failing.length > 0) return
    const lines = this.#tree.size - newest.size
    const torn = this.#cutter.restBytes
    if (lines < 0 || (lines === 0 && torn === 0)) return
    const since = this.#unanchoredSinceUs === null ? '' : ` since ${formatTime(this.#unanchoredSinceUs)}`
    const what = [
      ...(lines > 0 ? [`${lines} ${lines === 1 ? 'line' : 'lines'}${since}`] : []),
      ...(torn > 0 ? [`${torn} bytes of a line that is not whole`] : []),
    ]
    this.#find(
      'UNANCHORED',
      'lines_unanchored',
      { line: newest.size, leaf: newest.leaf },
      `${what.join(' and ')} came after the newest head, that of leaf ${newest.leaf}: nobody vouches for them`,
    )
  }

  #nameErasures(): void {
    for (const gap of this.#erased)
      if (gap.leaf !== null)
        this.#find(
          'ERASED',
          'lines_erased',
          { line: gap.from, leaf: gap.leaf },
          `${linesOf(gap)} were erased, as leaf ${gap.leaf} of the log says`,
        )
    for (const erasure of this.#anchors.erasures) {
      const isDone = this.#erased.some(({ from, to }) => from <= erasure.from && erasure.to <= to)
      if (!isDone && erasure.from < this.#tree.size)
        this.#find(
          'ERASED',
          'erasure_unfinished',
          { line: erasure.from, leaf: erasure.leaf },
          `leaf ${erasure.leaf} says that ${linesOf(erasure)} were erased, and they are still there`,
        )
    }
  }

  #find(verdict: ProofVerdict, code: FindingCode, { line, leaf = null }: { line?: number; leaf?: number | null }, says: string): void {
    const { session, key } = this.#anchors
    this.#findings.push({ verdict, code, session, line: line ?? null, leaf, key, says })
  }
}

function linesOf({ from, to }: LineRange): string {
  return to - from === 1 ? `line ${from}` : `lines ${from} to ${to - 1}`
}
