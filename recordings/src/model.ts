/**
 * The words of the record, shared from the wire to the pixel: the gateway
 * writes them, the index keeps them, the API returns them, the browser shows
 * them.
 */

/** Who acts. Verified by the gateway, never merely claimed by a client. */
export interface Principal {
  kind: 'human' | 'service' | 'agent'
  name: string
  groups: string[]
}

/** One execution of an agent's task. A rerun is a new run with the next attempt. */
export interface RunIdentity {
  id: string
  attempt: number
  task: string | null
  trigger: string | null
  agentVersion: string | null
  /** The run this one was opened inside, if any. */
  parent: string | null
}

export type Verdict = 'allow' | 'hold' | 'deny'

/** The outcome for one command, and what it rests on. */
export interface Decision {
  verdict: Verdict
  /** Which policy decided, `name@hash`, or those that were asked; `none` while no policy is published. */
  policyVersion: string
  rule?: string
  reason?: string
  /** The operation that the rule matched: its place in the command's list. */
  operation?: number
  /** Everything else that matched: masks and limits that hold for the answer, alerts, and what observed rules would have done. */
  matched?: MatchedRule[]
  /** The request for consent that held it. */
  approval?: string
  /** Who said what about that request, in the order they said it. */
  reviews?: Review[]
  /** Consent that was given before, to commands of its shape, and that let it pass. `approval` is the request that it was given with. */
  grant?: Grant
  /** Who vouched for its record before it ran. */
  witnessed?: Witnessed
}

/** A checkpoint of the gateway's log that covers a command's record, and that a quorum of witnesses signed. */
export interface Witnessed {
  /** How many leaves the log had. */
  size: number
  /** The names of the witnesses' keys. */
  by: string[]
}

/** One person's vote on a held command. */
export interface Review {
  by: string
  vote: 'approve' | 'reject'
  comment: string
  /** RFC 3339, UTC. */
  at: string
  /** SHA-256, in hex, of exactly what was shown and voted on. */
  digest: string
}

/** Consent to every command of one shape, in one run and for a while. */
export interface Grant {
  /** Everyone who agreed to it. */
  by: string[]
  /** RFC 3339, UTC: from when, and until when at most. */
  at: string
  until: string
  /** SHA-256, in hex, of the shape. */
  shape: string
}

/** A rule that matched a command, and what it does or, when only observed, would do. */
export interface MatchedRule {
  rule: string
  effect: string
  operation: number
  isObserved?: boolean
}

/** One thing a command would do. A DELETE inside a CTE is an operation of its own. */
export interface Operation {
  /** Upper case, the protocol's own: `SELECT`, `DELETE`, `COPY`; `UNPARSED` when nothing is known, `OPAQUE` for what only shows when it runs. */
  verb: string
  /** What it acts on when that is not a table: a function, a role, a setting. */
  object?: string
  /** `schema.table` where the schema was written or the target's catalogue told it, else `table`. */
  tables: string[]
  columns: string[]
  /** For UPDATE and DELETE: whether a condition that is not constant limits the rows. */
  hasWhere?: boolean
  /** For SELECT: whether a constant limits how many rows it gives. */
  hasLimit?: boolean
  /** Columns whose values it takes: `schema.table.column` where that is known, else `column`; `*` for all. */
  reads?: string[]
  /** Columns whose values it changes, named alike. */
  writes?: string[]
  /** Functions it calls, `schema.name` where the schema was written or found. */
  functions?: string[]
  /** Its statement's place in the text, from 0; absent for the first. */
  statement?: number
  /** What it stands in, when it is not a statement of its own: `EXPLAIN`, `SELECT`, `DO`, `function shop.wipe`. */
  inside?: string
  /** More may happen than its operations say. */
  isOpaque?: boolean
  /** Where it stands in the text: the first character, and the one after the last, in UTF-16 units. */
  at?: [start: number, end: number]
}

/**
 * How a command was asked.
 * `query` text sent to run at once · `prepare` text sent to be planned ·
 * `bind` values joined to a prepared text · `execute` a bound text run ·
 * `call` a function called by number.
 */
export type CommandKind = 'query' | 'prepare' | 'bind' | 'execute' | 'call'

/** One bind value as text. Null is SQL NULL; bytes of an unknown type are hex. */
export interface Parameter {
  /** The type's name, `unknown` where the client left it open, `oid 12345` where we do not know it. */
  type: string
  oid: number
  value: Cell
}

/** The transaction a command found: idle, in a transaction, in a failed one. */
export type TransactionState = 'idle' | 'transaction' | 'failed'

/** What a `q` line holds: one command, written before any byte of it reaches the target. */
export interface CommandRecord {
  /** The command's number in its session, from 1. */
  n: number
  kind: CommandKind
  text: string
  parameters?: Parameter[]
  /** The prepared statement's name; '' is the protocol's unnamed one. Absent for `query`. */
  statement?: string
  portal?: string
  /** The number of the `prepare` command that carried the text, when it travelled on its own. */
  prepared?: number
  /** The most rows this execution may return before the portal is suspended. */
  rowsMax?: number
  transaction: TransactionState
  /** What it would do, as the policy was asked about it; absent where no policy was. */
  operations?: Operation[]
  decision: Decision
}

/** What a `b` line holds: content the client sent for a command that is already running (COPY in). */
export interface BodyRecord {
  n: number
  content: Content
}

/** Bytes as text when they are valid UTF-8, else as base64. */
export type Content = { text: string } | { base64: string }

/**
 * One value of an answer: null, text, or an object for what is neither.
 * `hex`: bytes of a type without a text form here. `cut`: only the start is
 * stored, because a configured limit says so; length and hash are of the whole
 * value. `masked`: what the client saw in its place, and by which rule.
 */
export type Cell =
  | string
  | null
  | { hex: string }
  | { cut: string; lengthBytes: number; sha256: string }
  | { masked: string | null; rule: string }

export interface Column {
  name: string
  type: string
  typeOid: number
  /** The table's OID and the column's number in it, 0 where the column is not a table's. */
  tableOid: number
  attribute: number
  format: 'text' | 'binary'
}

/** The fields of a PostgreSQL error or notice, named as its chapter 54.8 names them, or another protocol's like. */
export interface Notice {
  severity: string
  code: string
  message: string
  detail?: string
  hint?: string
  /** Everything else the target said, by its field's name. */
  fields?: Record<string, string>
}

/** One part of an answer, in the order it came. */
export type AnswerPart =
  | { kind: 'columns'; columns: Column[] }
  | { kind: 'rows'; rows: Cell[][] }
  | { kind: 'parameters'; oids: number[]; types: string[] }
  | { kind: 'copy'; direction: 'in' | 'out' | 'both'; binary: boolean; columns: number }
  | { kind: 'data'; content: Content }
  | { kind: 'value'; value: Cell }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'error'; error: Notice; by: 'target' | 'gateway' }
  /** A statement is done. `tag` as the target said it; `rows` were returned, `affected` were changed. */
  | { kind: 'done'; tag: string; rows: number; affected?: number }
  | { kind: 'prepared' }
  | { kind: 'bound' }
  | { kind: 'empty' }
  | { kind: 'suspended'; rows: number }
  /** An earlier error in the same pipeline kept the target from running it. */
  | { kind: 'skipped' }
  /** The command is over; this is the transaction it left behind. */
  | { kind: 'end'; transaction: TransactionState }

/** What an `a` line holds: what arrived together, for one command. */
export interface AnswerRecord {
  n: number
  parts: AnswerPart[]
}

/** What a `d` line holds: a decision that came after the command's line. */
export interface DecisionRecord {
  n: number
  decision: Decision
}

/** What an `n` line holds: what the target said outside any command. */
export type NoticeRecord =
  | { kind: 'notice'; notice: Notice }
  | { kind: 'notification'; channel: string; payload: string; process: number }
  | { kind: 'setting'; name: string; value: string }
  /** Something the gateway did that belongs to the story: a cancel request passed on, a connection lost. */
  | { kind: 'gateway'; message: string }

/** Why a session is over. */
export type EndReason =
  /** The client said goodbye, or closed its side. */
  | 'client closed'
  /** The connection to the client broke. */
  | 'client lost'
  | 'target closed'
  | 'target lost'
  /** The target could not be reached, or did not let the gateway in. */
  | 'target refused'
  | 'run ended'
  | 'run expired'
  | 'terminated'
  | 'gateway stopped'
  | 'protocol violation'
  /** The gateway died and found this recording open when it came back. */
  | 'interrupted'

/** What the `e` line holds, always the last of a closed recording. */
export interface EndRecord {
  reason: EndReason
  message?: string
  commands: number
}

/** Lines from `from` to before `to`. */
export interface LineRange {
  from: number
  to: number
}

/** What a `v` line holds: which lines stood in its place until they were erased. */
export interface VoidRecord extends LineRange {
  /** What is left of them in the recording's tree: the roots of the complete subtrees they were, left to right, in base64. */
  hashes: string[]
  /** The erasure they were erased by; the ledger says whose, and why. */
  erasure: string
  /** How the session ended, where the line that says so is among them. */
  end?: { reason: EndReason; commands: number }
}

/** What the header's `steno` key holds. */
export interface RecordingHeader {
  v: 1
  /** What each of our event codes means, for whoever finds the file alone. */
  events: Record<string, string>
  session: string
  gateway: string
  protocol: string
  target: { name: string; address: string; labels: Record<string, string> }
  run: RunIdentity
  principal: Principal
  /** Whoever launched the principal, nearest first. */
  delegation: Principal[]
  /** Where the client connected from, and what it says it is (claimed, never decides). */
  client: { address: string; application: string | null; tls: boolean }
  /** The exact start, in microseconds since 1970 UTC; intervals count from here. */
  startedAtUs: number
  policyVersion: string
  /** The session's place among those of its gateway's log, from 1; in its `open` leaf too. */
  number?: number
  /** The newest checkpoint of that log when the session began, its root in base64: the session cannot be older. */
  log?: { origin: string; size: number; root: string }
}

/** One line of a recording after the header. */
export type RecordedEvent =
  | { code: 'q'; command: CommandRecord }
  | { code: 'b'; body: BodyRecord }
  | { code: 'd'; decision: DecisionRecord }
  | { code: 'a'; answer: AnswerRecord }
  | { code: 'n'; notice: NoticeRecord }
  | { code: 'e'; end: EndRecord }
  | { code: 'v'; erased: VoidRecord }
  /** Nothing but a salt, for the line beside it. */
  | { code: 's' }
  /** The transcript that any asciicast player shows. */
  | { code: 'o'; output: string }
  | { code: 'm'; label: string }
  | { code: 'r'; size: string }
  /** A code this version does not know: its time counts, its data is kept. */
  | { code: 'other'; letter: string; data: string }

/** A line with its place: `line` 0 is the header; `atUs` counts from the session's start. */
export interface PlacedEvent {
  line: number
  atUs: number
  event: RecordedEvent
}
