import { formatBase64, parseHash } from './base64.ts'
import { parseDecimal } from './decimal.ts'
import { hashBytes } from './hash.ts'
import { openNote, type Note, type NoteVerifier } from './note.ts'
import { ProofError } from './proof-error.ts'
import type { TreeHead } from './tree.ts'

/** What a log says of itself at one size: the text of a signed note (c2sp.org/tlog-checkpoint@v1.0.0). */
export interface Checkpoint extends TreeHead {
  /** The log's name. */
  origin: string
}

/** Writes the text of a checkpoint, three lines; `signNote` makes a note of it. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (origin === '' || noNoteText.test(origin)) throw new TypeError('expected an origin of one line')
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== hashBytes) throw new TypeError('expected a size and a root')
  return `${origin}\n${size}\n${formatBase64(root)}\n`
}

/** Reads the text of a checkpoint. Extension lines, which nobody should write, are kept apart. */
export function parseCheckpoint(text: string): Checkpoint & { extensions: string[] } {
  const lines = text.split('\n')
  const [origin, size, root, ...extensions] = lines.slice(0, -1)
  if (lines.at(-1) !== '' || origin === undefined || size === undefined || root === undefined || lines.slice(0, -1).includes('')) {
    throw new ProofError('checkpoint_shape', 'expected an origin, a size and a root, each on its line')
  }
  if (lines.some(line => noNoteText.test(line)))
    throw new ProofError('note_control_character', 'expected no control character but newlines')
  return { origin, size: parseDecimal(size), root: parseHash(root), extensions }
}

/** What no line of a note has: control characters, and halves of surrogate pairs, which UTF-8 cannot write. */
const noNoteText = /[\0-\x1f]|\p{Surrogate}/u

/** A checkpoint that its log has signed. */
export interface SignedCheckpoint {
  checkpoint: Checkpoint
  note: Note
  /** The log's keys that signed it: one, or two at a rotation. */
  logKeys: NoteVerifier[]
  /** The witnesses that cosigned it. */
  witnesses: NoteVerifier[]
}

/** Opens a checkpoint of a known log: one of the keys that bear its origin's name has signed it, whatever witnesses say. */
export function openCheckpoint(
  bytes: Uint8Array,
  { logKeys, witnesses }: { logKeys: readonly NoteVerifier[]; witnesses: readonly NoteVerifier[] },
): SignedCheckpoint {
  const { note, verified } = openNote(bytes, [...logKeys, ...witnesses])
  const checkpoint = parseCheckpoint(note.text)
  const signedBy = logKeys.filter(key => key.name === checkpoint.origin && verified.includes(key))
  if (signedBy.length === 0) throw new ProofError('checkpoint_unsigned', `expected a signature by a known key of \`${checkpoint.origin}\``)
  return { checkpoint, note, logKeys: signedBy, witnesses: witnesses.filter(key => verified.includes(key)) }
}
