import { hashLeaf } from '../proof/hash.ts'
import { verifyInclusion } from '../proof/inclusion.ts'
import type { Anchor } from './anchors.ts'
import { openProofs, type OpenedProofs } from './open-proofs.ts'
import type { SessionProofs } from './session-proofs.ts'
import type { ProvedLine } from './statement.ts'
import type { Cryptography, Trust } from './trust.ts'

/** What a proof of one line shows. */
export interface LineVerdict extends OpenedProofs {
  /** The head that vouches for the line; null where the proof does not hold. */
  anchor: Anchor | null
}

/** Judges a proof of one line of a recording, of which nothing else is there. */
export async function verifyLine(
  { proofs, line }: { proofs: SessionProofs; line: ProvedLine },
  options: Cryptography & { trust: Trust },
): Promise<LineVerdict> {
  const opened = await openProofs(proofs, options)
  const { anchors, found } = opened
  const head = anchors?.seal ?? anchors?.epochs.at(-1) ?? null
  if (!head) return { ...opened, anchor: null }
  const { number, text, path } = line
  const place = { index: number, size: head.size, leafHash: hashLeaf(options.sha256, text), proof: path, root: head.root }
  if (verifyInclusion(options.sha256, place)) return { ...opened, anchor: head }
  const says = `line ${number} is not in the recording of ${head.size} lines that leaf ${head.leaf} tells of`
  return {
    ...opened,
    anchor: null,
    found: [...found, { verdict: 'TAMPERED', code: 'lines_differ', session: proofs.session, line: number, leaf: head.leaf, says }],
  }
}
