import { maskMatches, type AnswerPlan, type Catalogue, type MaskKey, type MaskObligation } from '@steno/policy-dsl'
import type { AnswerPart, Column, ContentBlock, Notice, RowBlock } from '@steno/recordings'
import type { AnswerKeeper, Given, Kept } from '../../../guard/index.ts'
import { type as backend } from '../wire/backend.ts'
import { writeCommandComplete, writeErrorResponse, writeNoticeResponse, writePortalSuspended } from '../wire/write.ts'
import { mergePlans, type CellMask, type Detector } from './cell-mask.ts'
import type { CopyStatementOptions } from './copy-options.ts'
import { CopyMasker } from './mask-copy.ts'
import { MaskFailed } from './mask-failed.ts'
import { RowMasker } from './mask-rows.ts'
import { planByIdentity } from './plan-by-identity.ts'
import { redactNotice } from './redact-notice.ts'
import { redacted } from './value-masker.ts'

export interface AnswerKeeperOptions {
  masks: MaskObligation[]
  /** One for each statement of the text; null for one that answers no rows. */
  answers: (AnswerPlan | null)[]
  /** One for each statement: how it was asked to COPY, null for any other. */
  copies: (CopyStatementOptions | null)[]
  /** One for each statement: the columns that a COPY FROM fills, null for any other. */
  incoming: (Column[] | null)[]
  /** What the target says of a failure may hold a value that is masked. */
  mayTell: boolean
  catalogue: Catalogue
  target: string
  key: MaskKey
}

const headBytes = 5
/** Where a tuple of binary COPY has its number of columns, what ends it has -1, and what begins it the first letters of `PGCOPY`. */
const binaryTrailer = -1
const binaryHeader = 0x5047
const binaryEnd = Uint8Array.of(backend.copyData, 0, 0, 0, 6, 0xff, 0xff)
/** Tags whose number is of rows that are given. */
const countsRows = /^(?:SELECT|FETCH|COPY) \d+$/

/** Keeps the answer to one text: masks what its columns and detectors say, cuts it where a limit says so. */
export class PostgresAnswerKeeper implements AnswerKeeper {
  readonly #options: AnswerKeeperOptions
  readonly #detectors: Detector[]
  /** Which statement of the text is being answered. */
  #statement = 0
  #rows: RowMasker | null = null
  #copy: CopyMasker | null = null
  /** A COPY in binary format, and whether a limit has ended it already. */
  #binary: 'none' | 'open' | 'cut' = 'none'
  /** What is being copied in, for the record alone: the target gets it as it was sent. */
  #fed: CopyMasker | 'as sent' | null = null

  constructor(options: AnswerKeeperOptions) {
    this.#options = options
    this.#detectors = options.masks.flatMap(({ rule, matching, with: kind }) => (matching ? [{ rule, ...matching, with: kind }] : []))
  }

  keep({ part, bytes }: Given): Kept {
    if ('cells' in part) return this.#keepRows(part, bytes)
    if ('ranges' in part) return this.#keepData(part, bytes)
    switch (part.kind) {
      case 'columns':
        this.#rows = this.#rowMasker(part.columns)
        break
      case 'copy':
        this.#binary = part.direction === 'out' && part.binary ? 'open' : 'none'
        this.#copy = part.direction === 'out' ? this.#copyMasker(part) : null
        break
      case 'done':
      case 'empty':
        this.#statement++
        this.#rows = null
        this.#copy = null
        break
      case 'value':
        // Only what comes of no masked column gets here, and it has no type that a detector could be put to.
        if (this.#detectors.length > 0) throw new MaskFailed('the value of a function called by its number cannot be masked')
        break
      case 'error':
      case 'notice':
        return this.#keepNotice(part, bytes)
    }
    return { part, bytes, rows: 0 }
  }

  payload(text: string): string {
    const { masks } = this.#options
    return masks.some(mask => mask.columns.length > 0) ? redacted : this.#searched(text)
  }

  setting(value: string): string {
    return this.#searched(value)
  }

  incoming(content: ContentBlock): ContentBlock {
    this.#fed ??= this.#incomingMasker()
    return this.#fed === 'as sent' ? content : this.#fed.mask(content).content
  }

  incomingRest(): ContentBlock | null {
    const rest = this.#fed && this.#fed !== 'as sent' ? this.#fed.end().content : null
    this.#fed = null
    return rest && rest.count > 0 ? rest : null
  }

  rest(): Kept<ContentBlock> | null {
    const rest = this.#copy?.end()
    return rest && rest.bytes.length > 0 ? { part: rest.content, bytes: rest.bytes, rows: rest.rows } : null
  }

  cut({ part, bytes, rows }: Kept<RowBlock | ContentBlock>, allowance: { rows: number; bytes: number }): Kept<RowBlock | ContentBlock> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const isBinary = this.#binary !== 'none'
    let count = 0
    let given = 0
    let end = 0
    for (; count < part.count; count++) {
      const next = end + 1 + view.getInt32(end + 1)
      const lead = isBinary ? view.getInt16(end + headBytes) : 0
      if (isBinary && lead === binaryTrailer) break
      // A header stands before the rows, whatever a limit says.
      const isHeader = isBinary ? lead === binaryHeader : count === 0 && part.count > rows
      if (!isHeader && (given === allowance.rows || next > allowance.bytes)) break
      if (!isHeader) given++
      end = next
    }
    const kept = { part: { ...part, count }, bytes: bytes.subarray(0, end), rows: given }
    return isBinary && 'ranges' in kept.part ? this.#endBinary({ ...kept, part: kept.part }) : kept
  }

  finish(done: AnswerPart, { rule, rows }: { rule: string; rows: number }): { parts: AnswerPart[]; bytes: Uint8Array } {
    const notice = {
      severity: 'WARNING',
      code: '01000',
      message: `the answer was cut after ${rows} ${rows === 1 ? 'row' : 'rows'}`,
      detail: `rule: ${rule}`,
      hint: 'ask for less: the rule limits what one answer may hold',
    }
    const parts: AnswerPart[] = [{ kind: 'notice', notice }]
    const told = writeNoticeResponse(notice)
    if (done.kind === 'suspended') return { parts: [...parts, { kind: 'suspended', rows }], bytes: joined(told, writePortalSuspended()) }
    if (done.kind !== 'done') throw new MaskFailed('expected the end of a statement')
    // What was changed was changed: only the count of rows that were to be given is another.
    if (!countsRows.test(done.tag)) return { parts: [...parts, done], bytes: joined(told, writeCommandComplete(done.tag)) }
    const tag = done.tag.replace(/\d+$/, String(rows))
    const end: AnswerPart = {
      ...done,
      tag,
      rows: done.affected === undefined ? rows : done.rows,
      ...(done.affected === undefined ? {} : { affected: rows }),
    }
    return { parts: [...parts, end], bytes: joined(told, writeCommandComplete(tag)) }
  }

  #keepRows(block: RowBlock, bytes: Uint8Array): Kept {
    if (this.#options.masks.length === 0) return { part: block, bytes, rows: block.count }
    if (!this.#rows) throw new MaskFailed('expected the columns of an answer before its rows')
    const masked = this.#rows.mask(block, bytes)
    return { part: masked.block, bytes: masked.bytes, rows: block.count }
  }

  #keepData(block: ContentBlock, bytes: Uint8Array): Kept {
    // Behind its end nothing may stand.
    if (this.#binary === 'cut') return { part: { ...block, count: 0 }, bytes: bytes.subarray(0, 0), rows: 0 }
    if (!this.#copy) return { part: block, bytes, rows: block.count }
    const masked = this.#copy.mask(block)
    return { part: masked.content, bytes: masked.bytes, rows: masked.rows }
  }

  /** A reader of binary COPY waits for what ends it. */
  #endBinary({ part, bytes, rows }: Kept<ContentBlock>): Kept<ContentBlock> {
    this.#binary = 'cut'
    const ended = joined(bytes, binaryEnd)
    const ranges = new Int32Array(2 * part.count + 2)
    for (let i = 0, at = 0; i <= part.count; i++) {
      ranges[2 * i] = at + headBytes
      at += 1 + new DataView(ended.buffer).getInt32(at + 1)
      ranges[2 * i + 1] = at
    }
    return { part: { bytes: ended, ranges, count: part.count + 1 }, bytes: ended, rows }
  }

  #keepNotice(part: Extract<AnswerPart, { kind: 'error' | 'notice' }>, bytes: Uint8Array): Kept {
    const { mayTell, masks } = this.#options
    const said = part.kind === 'notice' ? part.notice : part.error
    const tellsNothing = !mayTell && isOwn(said, masks)
    if (tellsNothing && this.#detectors.length === 0) return { part, bytes, rows: 0 }
    const redact = (one: Notice) => (tellsNothing ? this.#searchedNotice(one) : redactNotice(one))
    if (part.kind === 'notice') {
      const notice = redact(part.notice)
      return { part: { kind: 'notice', notice }, bytes: bytes.length === 0 ? bytes : writeNoticeResponse(notice), rows: 0 }
    }
    if (part.by === 'gateway') return { part, bytes, rows: 0 }
    const error = redact(part.error)
    return { part: { kind: 'error', error, by: 'target' }, bytes: bytes.length === 0 ? bytes : writeErrorResponse(error), rows: 0 }
  }

  #searched(text: string): string {
    const { key } = this.#options
    return this.#detectors.reduce((left, { pattern, flags, with: kind }) => maskMatches(pattern, flags, left, kind, key), text)
  }

  /** An error or notice with what a detector finds hidden, wherever it stands. */
  #searchedNotice({ detail, hint, fields, ...notice }: Notice): Notice {
    return {
      ...notice,
      message: this.#searched(notice.message),
      ...(detail === undefined ? {} : { detail: this.#searched(detail) }),
      ...(hint === undefined ? {} : { hint: this.#searched(hint) }),
      ...(fields === undefined
        ? {}
        : { fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.#searched(value)])) }),
    }
  }

  #rowMasker(columns: Column[]): RowMasker {
    const { masks, catalogue, target, key } = this.#options
    const identity = planByIdentity(columns, catalogue, masks, target)
    return new RowMasker({
      columns,
      formats: columns.map(({ format }) => (format === 'binary' ? 1 : 0)),
      plan: mergePlans(identity, this.#lineage(columns.length)),
      detectors: this.#detectors,
      key,
    })
  }

  /** What reads a COPY row by row; null where only a limit counts it and nobody knows how it was asked for: then a message is a row. */
  #copyMasker({ columns, binary }: { columns: number; binary: boolean }): CopyMasker | null {
    const { copies, key, masks } = this.#options
    const options = copies[this.#statement] ?? (binary ? { format: 'binary' } : null)
    if (masks.length > 0) return new CopyMasker({ plan: this.#lineage(columns), options: options ?? {}, detectors: this.#detectors, key })
    if (!options) return null
    // Lines are told apart in every encoding that a client may have.
    const { encoding: _, ...format } = options
    return new CopyMasker({ plan: this.#lineage(columns), options: format, detectors: [], key })
  }

  #incomingMasker(): CopyMasker | 'as sent' {
    const { incoming, copies, masks, catalogue, target, key } = this.#options
    const columns = incoming[this.#statement]
    if (masks.length === 0) return 'as sent'
    if (!columns) throw new MaskFailed('expected to know the columns that are copied in')
    const plan = planByIdentity(columns, catalogue, masks, target)
    if (this.#detectors.length === 0 && plan.every(mask => mask === null)) return 'as sent'
    return new CopyMasker({
      plan,
      typeOids: columns.map(({ typeOid }) => typeOid),
      options: copies[this.#statement] ?? {},
      detectors: this.#detectors,
      key,
    })
  }

  /** What was worked out from the text. When it does not fit what the target answers, the text was not understood, and all of it is hidden. */
  #lineage(columns: number): (CellMask | null)[] {
    const { answers, masks } = this.#options
    const withColumns = masks.find(mask => mask.columns.length > 0)
    // Rows that the text does not account for come from code it sets off: a rewrite rule.
    const plan = withColumns ? (answers[this.#statement]?.columns ?? []) : 'unknown-count'
    if (plan === 'unknown-count' || !withColumns) return Array.from({ length: columns }, () => null)
    if (plan.length === columns) return plan
    return Array.from({ length: columns }, () => ({ rule: withColumns.rule, with: 'redact', isWhole: true }))
  }
}

/** The code of a DO block is the statement's own; what it calls adds lines of its own. */
const ownCode = /^PL\/pgSQL function inline_code_block line \d+ at [\w ]+$/

/** Whether an error or notice speaks of what the statement itself said: not from code that it set off, and of no row of a masked table. */
function isOwn({ fields = {} }: Notice, masks: MaskObligation[]): boolean {
  const { where, table } = fields
  if (where !== undefined && !ownCode.test(where)) return false
  return table === undefined || !masks.some(({ columns }) => columns.some(pattern => pattern.table === null || pattern.table === table))
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + other.length)
  whole.set(one)
  whole.set(other, one.length)
  return whole
}
