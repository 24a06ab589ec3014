/** Bytes as they come, cut anywhere. */
export type ByteStream = AsyncIterable<Uint8Array>

/**
 * Where a verifier reads: a data directory, a gateway's web port. What is not
 * there is null. Nothing it gives is believed; it is only asked for.
 */
export interface Evidence {
  /** The newest signed checkpoint. */
  checkpoint(): Promise<Uint8Array | null>
  /** The proof of a `key` leaf, made when it was new: its checkpoint is signed by the leaving and by the coming key. */
  handover(leaf: number): Promise<Uint8Array | null>
  /** An entry bundle of at least `width` leaves: more, where more are written; fewer, where they are missing. */
  entries(bundle: number, width: number): Promise<Uint8Array | null>
  /** A tile of at least `width` hashes, likewise. */
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>
  /** The list behind an epoch leaf. */
  epochList(number: number): Promise<Uint8Array | null>
  ledger(): Promise<LedgerEvidence | null>
  /** The sessions that have a recording here, each once. */
  sessions(): Promise<string[]>
  recording(session: string): Promise<ByteStream | null>
  /** Which leaves name the session or a key of the log, in their order. A hint: whoever asks looks at them. */
  leavesOf(session: string): Promise<number[]>
  /** The text of the checkpoint that the gateway keeps apart from its log, where that can be read. */
  keptHead(): Promise<Uint8Array | null>
}

/** The ledger itself; or only its lines' hashes, from where its lines are shown to nobody. */
export type LedgerEvidence = { lines: ByteStream } | { hashes: ByteStream }
