import { utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseHash } from './base64.ts'
import { CompactRange } from './compact-range.ts'
import { parseDecimal } from './decimal.ts'
import { hashLeaf, type Sha256 } from './hash.ts'
import { sessionIdForm } from './leaf.ts'
import { ProofError } from './proof-error.ts'
import { decodeUtf8 } from './text.ts'
import type { TreeHead } from './tree.ts'

/** How far one recording, or the ledger, had come when an epoch ended. */
export interface EpochHead extends TreeHead {
  /** The session, or `ledger`. */
  id: string
}

/** Writes the list behind an epoch's leaf: a line a head, in the order of their ids. */
export function formatEpochList(heads: readonly EpochHead[]): Uint8Array {
  return utf8Encoder.encode(
    sorted(heads)
      .map(head => `${formatEpochLine(head)}\n`)
      .join(''),
  )
}

/** Reads a list that is written exactly as `formatEpochList` does. */
export function parseEpochList(bytes: Uint8Array): EpochHead[] {
  const text = decodeUtf8(bytes)
  if (text === '') return []
  if (!text.endsWith('\n')) throw new ProofError('epoch_list_shape', 'expected a newline at the end')
  let before = ''
  return text
    .slice(0, -1)
    .split('\n')
    .map((line, i) => {
      const head = parseEpochLine(line, i + 1)
      if (head.id <= before) throw new ProofError('epoch_list_order', 'expected ids in their order, each once', i + 1)
      before = head.id
      return head
    })
}

/** The root over the list's lines without their newlines, as the epoch's leaf has it. */
export function epochRoot(sha256: Sha256, heads: readonly EpochHead[]): Uint8Array {
  const range = new CompactRange(sha256)
  for (const head of sorted(heads)) range.append(hashLeaf(sha256, utf8Encoder.encode(formatEpochLine(head))))
  return range.root()
}

/** One line of the list, without its newline: what is a leaf of the epoch's tree. */
export function formatEpochLine({ id, size, root }: EpochHead): string {
  if (!sessionIdForm.test(id) || !Number.isSafeInteger(size) || size < 0) throw new TypeError('expected a session id and a size')
  return `${id} ${size} ${formatBase64(root)}`
}

function parseEpochLine(line: string, number: number): EpochHead {
  const [id, size, root, ...rest] = line.split(' ')
  if (id === undefined || size === undefined || root === undefined || rest.length > 0 || !sessionIdForm.test(id)) {
    throw new ProofError('epoch_list_shape', 'expected an id, a size and a root with single spaces between them', number)
  }
  try {
    return { id, size: parseDecimal(size), root: parseHash(root) }
  } catch (error) {
    if (error instanceof ProofError) throw new ProofError('epoch_list_shape', error.message, number)
    throw error
  }
}

function sorted(heads: readonly EpochHead[]): EpochHead[] {
  const list = heads.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (list.some((head, i) => i > 0 && head.id === list[i - 1]!.id)) throw new TypeError('expected each id once')
  return list
}
