export type * from './model.ts'
export type * from './search.ts'
export type { ContentBlock, RowBlock } from './cast/row-block.ts'
export { eventMeanings, RecordingWriter, type TerminalSize } from './cast/line-writer.ts'
export { SaltPool, type SaltSource } from './cast/salt-pool.ts'
export { eraseLines, withoutLines, type ErasedLines } from './cast/erase-lines.ts'
export { ErasureError, type ErasureErrorCode } from './cast/erasure-error.ts'
export { growRanges } from './cast/grow-ranges.ts'
export { linesOfCommand } from './cast/lines-of-command.ts'
export { readSource, type RecordingSource } from './cast/recording-source.ts'
export { lineBytesMax, parseEvent, parseHeader, readRecording, RecordingReader, type PlacedLine } from './cast/read.ts'
export { RecordingError, type RecordingErrorCode } from './cast/recording-error.ts'
export type { CastHeader } from './cast/records.ts'
export {
  FrameBuilder,
  readContents,
  readRows,
  type CommandStatus,
  type ErasedFrame,
  type Flag,
  type Frame,
  type Gap,
  type LinePlace,
  type NoticeFrame,
  type RowRange,
  type StatementResult,
  type TableFrame,
  type Transaction,
} from './frames.ts'
export { formatBase64, parseBase64, parseHash } from './proof/base64.ts'
export { formatCheckpoint, openCheckpoint, parseCheckpoint, type Checkpoint, type SignedCheckpoint } from './proof/checkpoint.ts'
export { CompactRange } from './proof/compact-range.ts'
export { consistencyNodes, proveConsistency, verifyConsistency } from './proof/consistency.ts'
export { cosignedAt, cosignedMessage, formatCosignature, parseCosignature, type Cosignature } from './proof/cosignature.ts'
export { entryBundleSize, entryBytesMax, formatEntryBundle, parseEntryBundle, wholeEntries } from './proof/entry-bundle.ts'
export { epochRoot, formatEpochList, parseEpochList, type EpochHead } from './proof/epoch-list.ts'
export { emptyRoot, hashBytes, hashLeaf, hashLeafWithin, hashNode, isSameHash, type Sha256 } from './proof/hash.ts'
export { proveInclusion, verifyInclusion } from './proof/inclusion.ts'
export type * from './proof/leaf.ts'
export { formatLogLeaf, parseLogLeaf } from './proof/leaf.ts'
export { LeafTree } from './proof/leaf-tree.ts'
export { canVerify, cosigner, noteSigner, noteVerifier, type VerifyEd25519 } from './proof/note-keys.ts'
export {
  formatNote,
  formatSignatureLines,
  noteBytesMax,
  openNote,
  parseNote,
  parseSignatureLines,
  signNote,
  type Note,
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
} from './proof/note.ts'
export { ProofError, type ProofErrorCode } from './proof/proof-error.ts'
export {
  parseTilePath,
  readNodeFromTiles,
  tilePath,
  tilesOf,
  tileWidth,
  tileWidthAt,
  type GetTile,
  type TileAddress,
} from './proof/tiles.ts'
export { isQuorum, parseTlogPolicy, type PolicyGroup, type PolicyLog, type PolicyWitness, type TlogPolicy } from './proof/tlog-policy.ts'
export { formatTlogProof, openTlogProof, parseTlogProof, type TlogProof } from './proof/tlog-proof.ts'
export { coverRange, treeRoot, type LeafRange, type ReadNode, type Subtree, type TreeHead } from './proof/tree.ts'
export { formatVerifierKey, makeVerifierKey, parseVerifierKey, signatureTypes, type VerifierKey } from './proof/verifier-key.ts'
export type { Anchor, Denial, Erasure, Seal, SessionAnchors } from './verify/anchors.ts'
export { bundledRecording, bundleName, formatBundle, openBundle, type BundleFile, type OpenedBundle } from './verify/bundle.ts'
export { keyLabel, type CheckEd25519 } from './verify/check-note.ts'
export { dataDirectory, proofPaths, type FileReader } from './verify/data-directory.ts'
export type { ByteStream, Evidence, LedgerEvidence } from './verify/evidence.ts'
export { gatewayEvidence, type GatewayDoor } from './verify/gateway-evidence.ts'
export { leavesNaming } from './verify/leaves-naming.ts'
export { openProofs, type OpenedProofs } from './verify/open-proofs.ts'
export { headLeaf, parseProofFile, proofFileOf, proofsOfFile, type ProofFile } from './verify/proof-file.ts'
export { proveLine } from './verify/prove-line.ts'
export type { LogReport, Report } from './verify/report.ts'
export { collectProofs, NotProvable, type LeafProof, type SessionProofs } from './verify/session-proofs.ts'
export { statusOfLine, type LineStatus, type SessionReport } from './verify/session-report.ts'
export type { ListedHead, ProvedLine, Statement } from './verify/statement.ts'
export { formatTarHeader, listTar, tarEnd, tarPadding, type TarEntry } from './verify/tar.ts'
export type { Cryptography, Trust } from './verify/trust.ts'
export { isLawful, verdicts, type Finding, type FindingCode, type ProofVerdict } from './verify/verdict.ts'
export { verify, type JudgeRecording, type VerifyOptions } from './verify/verify.ts'
export type { LedgerReport } from './verify/verify-ledger.ts'
export { verifyLine, type LineVerdict } from './verify/verify-line.ts'
export { verifyProofs } from './verify/verify-proofs.ts'
export { RecordingCheck, verifyRecording } from './verify/verify-recording.ts'
