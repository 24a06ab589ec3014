/** Every way in which a file can fail to be a recording. */
export type RecordingErrorCode =
  // The file and its lines
  | 'header_missing'
  | 'torn_line'
  | 'line_too_long'
  | 'not_utf8'
  | 'blank_line'
  | 'comment'
  | 'carriage_return'
  // The header
  | 'header_not_json'
  | 'header_not_v3'
  | 'header_without_steno'
  | 'header_steno_version'
  | 'header_shape'
  // An event
  | 'event_not_json'
  | 'event_not_array'
  | 'event_not_three'
  | 'event_not_compact'
  | 'interval_not_number'
  | 'interval_negative'
  | 'interval_exponent'
  | 'interval_too_precise'
  | 'interval_too_large'
  | 'code_not_letter'
  | 'code_escaped'
  | 'data_not_string'
  | 'lone_surrogate'
  | 'name_repeated'
  // What our own events hold
  | 'record_not_json'
  | 'record_shape'
  // How they follow each other
  | 'command_number'
  | 'command_unknown'
  | 'command_count'
  | 'after_end'
  // What stands for erased lines
  | 'void_range'
  | 'void_hashes'

/** What is wrong with a recording, and on which line (the header is line 0). */
export class RecordingError extends Error {
  readonly code: RecordingErrorCode
  readonly line: number

  constructor(code: RecordingErrorCode, line: number, expectation: string) {
    super(`line ${line}: ${expectation}`)
    this.name = 'RecordingError'
    this.code = code
    this.line = line
  }
}
