/**
 * What a verifier can say, worst first. UNANCHORED and ERASED are lawful: lines
 * younger than the newest signed head, and lines that were erased with a leaf
 * in the log to say so.
 */
export const verdicts = ['TAMPERED', 'LOST', 'TRUNCATED', 'UNANCHORED', 'ERASED', 'WHOLE'] as const

export type ProofVerdict = (typeof verdicts)[number]

/** One thing a verifier found, where, and which key it rests on. */
export interface Finding {
  verdict: ProofVerdict
  /** Which rule was broken; stable, for scripts and for the browser. */
  code: FindingCode
  session: string | null
  /** The line of the session's recording, or of the ledger. */
  line: number | null
  /** The leaf of the gateway's log. */
  leaf: number | null
  /** The name of the key whose signature says otherwise; null while none is trusted. */
  key: string | null
  says: string
}

/** Every way in which evidence can fall short. */
export type FindingCode =
  // The checkpoint and who signed it
  | 'checkpoint_missing'
  | 'checkpoint_malformed'
  | 'checkpoint_unsigned'
  | 'checkpoint_old_key'
  | 'key_not_trusted'
  | 'key_change_unsigned'
  | 'origin_differs'
  | 'quorum_missing'
  | 'rolled_back'
  | 'forked'
  // The log's leaves and tiles
  | 'leaves_missing'
  | 'leaves_differ'
  | 'tile_missing'
  | 'tile_differs'
  | 'leaf_malformed'
  | 'leaf_unlawful'
  // The lists behind epochs
  | 'list_missing'
  | 'list_differs'
  | 'list_unlawful'
  // The ledger
  | 'ledger_missing'
  | 'ledger_truncated'
  | 'ledger_differs'
  | 'ledger_unanchored'
  | 'ledger_unsalted'
  // Recordings
  | 'sessions_missing'
  | 'recording_missing'
  | 'recording_foreign'
  | 'recording_lost'
  | 'recording_malformed'
  | 'header_differs'
  | 'lines_missing'
  | 'lines_differ'
  | 'lines_after_seal'
  | 'lines_unanchored'
  | 'lines_erased'
  | 'erasure_unproven'
  | 'erasure_unfinished'
  | 'recording_removed'
  | 'removal_unfinished'
  | 'removed_under_hold'
  | 'leaf_unsigned'

/** The worst of them; WHOLE when there is none. */
export function worst(all: Iterable<ProofVerdict>): ProofVerdict {
  let at: number = verdicts.length - 1
  for (const verdict of all) at = Math.min(at, verdicts.indexOf(verdict))
  return verdicts[at]!
}

/** Worst first; among equals in the order they were found. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict))
}

/** Whether nobody did what they may not: all is there, or what is not there is missing lawfully. */
export function isLawful(verdict: ProofVerdict): boolean {
  return verdict === 'WHOLE' || verdict === 'ERASED' || verdict === 'UNANCHORED'
}
