import type { Sha256 } from '../proof/hash.ts'
import type { SessionAnchors } from './anchors.ts'
import type { ByteStream } from './evidence.ts'
import { LinePath } from './line-path.ts'
import type { SessionReport } from './session-report.ts'
import type { ProvedLine } from './statement.ts'
import { RecordingCheck } from './verify-recording.ts'

/** Reads a recording once: judges it, and finds one line with its path to the newest head. The line is null where it is erased, or where no head has it yet. */
export async function proveLine(
  bytes: ByteStream,
  anchors: SessionAnchors,
  number: number,
  { sha256 }: { sha256: Sha256 },
): Promise<{ report: SessionReport; line: ProvedLine | null }> {
  const size = (anchors.seal ?? anchors.epochs.at(-1))?.size ?? 0
  const path = number < size ? new LinePath(sha256, { index: number, size }) : null
  let text: Uint8Array | null = null
  let isErased = false
  const check = new RecordingCheck(anchors, sha256, (subtree, hash, line) => {
    const first = subtree.index * 2 ** subtree.level
    if (first === number && subtree.level === 0) text = line.slice()
    if (subtree.level > 0 && first <= number && number < first + 2 ** subtree.level) isErased = true
    else path?.take(subtree, hash)
  })
  for await (const chunk of bytes) check.push(chunk)
  const report = check.finish()
  const isProvable = path && text && !isErased && report.anchor?.size === size && !isWithin(report.erased, number)
  return { report, line: isProvable ? { number, text: text!, path: path.path() } : null }
}

function isWithin(ranges: readonly { from: number; to: number }[], line: number): boolean {
  return ranges.some(({ from, to }) => line >= from && line < to)
}
