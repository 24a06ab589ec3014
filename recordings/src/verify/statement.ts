import { utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseHash } from '../proof/base64.ts'
import { parseDecimal } from '../proof/decimal.ts'
import { ProofError } from '../proof/proof-error.ts'
import { decodeUtf8 } from '../proof/text.ts'

/**
 * What a proof file is about: the `extra` data of a `.tlog-proof`. It begins
 * with the leaf that is proved; where that leaf is of an epoch, it goes on to
 * one line of the epoch's list; and where it is about one line of a recording
 * alone, to that.
 *
 * ```text
 * {"kind":"epoch",…}
 * head 3
 * 01jd… 57 <root>
 * <hash>
 * line 12
 * [0.001250,"q","…"]
 * <hash>
 * ```
 */
export interface Statement {
  leaf: Uint8Array
  /** A line of the list behind an epoch, and its path to the epoch's root. */
  head: ListedHead | null
  /** A line of a recording, and its path to the recording's root. */
  line: ProvedLine | null
}

export interface ListedHead {
  index: number
  text: Uint8Array
  path: Uint8Array[]
}

export interface ProvedLine {
  number: number
  text: Uint8Array
  path: Uint8Array[]
}

export function formatStatement({ leaf, head, line }: Statement): Uint8Array {
  const parts = [
    decodeUtf8(leaf),
    ...(head ? [`head ${head.index}`, decodeUtf8(head.text), ...head.path.map(formatBase64)] : []),
    ...(line ? [`line ${line.number}`, decodeUtf8(line.text), ...line.path.map(formatBase64)] : []),
  ]
  return utf8Encoder.encode(parts.map(part => `${part}\n`).join(''))
}

/** Reads a statement without believing it. Throws `ProofError`. */
export function parseStatement(bytes: Uint8Array): Statement {
  const lines = decodeUtf8(bytes).split('\n')
  if (lines.pop() !== '' || lines.length === 0) throw wrong('expected lines, each with its newline')
  const leaf = utf8Encoder.encode(lines.shift()!)
  const head = takePart(lines, 'head')
  const line = takePart(lines, 'line')
  if (lines.length > 0) throw wrong('expected a head and a line at most')
  return { leaf, head: head && { index: head.number, text: head.text, path: head.path }, line }
}

function takePart(lines: string[], keyword: 'head' | 'line'): ProvedLine | null {
  if (!lines[0]?.startsWith(`${keyword} `)) return null
  const number = parseDecimal(lines.shift()!.slice(keyword.length + 1))
  const text = lines.shift()
  if (text === undefined) throw wrong(`expected the ${keyword} itself`)
  const path: Uint8Array[] = []
  while (lines.length > 0 && !lines[0]!.startsWith('line ')) path.push(parseHash(lines.shift()!))
  return { number, text: utf8Encoder.encode(text), path }
}

function wrong(expectation: string): ProofError {
  return new ProofError('tlog_proof_shape', `statement: ${expectation}`)
}
