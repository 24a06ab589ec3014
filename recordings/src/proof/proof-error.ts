/** Every way in which bytes from outside can fail to be what a proof is made of. */
export type ProofErrorCode =
  // Text that hashes, keys and sizes stand in
  | 'not_base64'
  | 'not_hash'
  | 'not_utf8'
  | 'not_number'
  // Notes and their keys
  | 'note_too_long'
  | 'note_control_character'
  | 'note_without_signatures'
  | 'note_signature_line'
  | 'note_too_many_signatures'
  | 'note_signature_wrong'
  | 'note_unverified'
  | 'vkey_shape'
  | 'vkey_name'
  | 'vkey_public_key'
  | 'vkey_id'
  | 'vkey_type'
  | 'cosignature_shape'
  // What notes carry
  | 'checkpoint_shape'
  | 'checkpoint_unsigned'
  | 'tlog_proof_shape'
  | 'tlog_proof_wrong'
  | 'quorum_missing'
  // A policy, with the line
  | 'policy_bytes'
  | 'policy_line'
  | 'policy_vkey'
  | 'policy_name'
  | 'policy_duplicate'
  | 'policy_threshold'
  | 'policy_quorum'
  | 'policy_too_large'
  // A log's files
  | 'tile_path'
  | 'tile_shape'
  | 'bundle_shape'
  | 'leaf_too_long'
  | 'leaf_not_json'
  | 'leaf_kind'
  | 'leaf_shape'
  | 'leaf_not_canonical'
  | 'epoch_list_shape'
  | 'epoch_list_order'

/** What is wrong with what was handed over as a proof or a part of one. */
export class ProofError extends Error {
  readonly code: ProofErrorCode
  /** Where in the text, counted from 1; 0 where the text is wrong as a whole. */
  readonly line: number

  constructor(code: ProofErrorCode, expectation: string, line = 0) {
    super(line > 0 ? `line ${line}: ${expectation}` : expectation)
    this.name = 'ProofError'
    this.code = code
    this.line = line
  }
}
