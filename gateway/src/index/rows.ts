import { statementShape } from '@steno/policy-dsl'
import type { Cell, CommandRecord, Decision, MatchedRule, Operation, Parameter, RecordingHeader } from '@steno/recordings'
import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import { tableKeys } from './table-keys.ts'

/** How much of a statement the index keeps. All of it is in the recording. */
export const indexedTextMax = 64 * 1024
/** How much of a statement and its bind values can be found by text. */
const askedMax = 64 * 1024
/** How much of one bind value the index keeps. */
const parameterMax = 4 * 1024
/** How much of a command's answer, as the text of its cells, can be found. */
export const answeredMax = 4 * 1024

/** A session as it stands in the store; names are the columns'. */
export interface SessionRow {
  id: string
  path: string
  run: string
  attempt: number
  task: string | null
  agent_version: string | null
  principal: string
  principal_kind: string
  delegation: string[]
  target: string
  protocol: string
  started_us: number
  last_us: number
  ended_us: number | null
  end_reason: string | null
  commands: number
  errors: number
  denied: number
  held: number
  masked: number
  client_address: string
  application: string | null
  policy_version: string
  header: RecordingHeader
  indexed_bytes: number
  indexed_lines: number
  damage: string | null
}

/** A command as it stands in the store. */
export interface CommandRow {
  session: string
  number: number
  run: string
  attempt: number
  task: string | null
  principal: string
  principal_kind: string
  delegation: string[]
  target: string
  protocol: string
  at_us: number
  kind: string
  text: string
  text_length: number
  shape: string
  parameters: Parameter[]
  operations: Operation[]
  verbs: string[]
  tables: string[]
  columns: string[]
  verdict: Decision['verdict']
  rule: string | null
  reason: string | null
  matched: MatchedRule[] | null
  approval: string | null
  policy_version: string
  held: boolean
  masked: number
  rows: number | null
  affected: number | null
  error_code: string | null
  error_message: string | null
  duration_us: number | null
  frame: number
  asked: string
  answered: string
}

/** The row of a session of which only the header has been read. */
export function newSessionRow({
  steno: header,
  path,
  indexedBytes,
}: {
  steno: RecordingHeader
  path: string
  indexedBytes: number
}): SessionRow {
  return {
    id: header.session,
    path,
    run: header.run.id,
    attempt: header.run.attempt,
    task: storable(header.run.task),
    agent_version: storable(header.run.agentVersion),
    principal: storable(header.principal.name),
    principal_kind: header.principal.kind,
    delegation: header.delegation.map(({ name }) => storable(name)),
    target: storable(header.target.name),
    protocol: header.protocol,
    started_us: header.startedAtUs,
    last_us: 0,
    ended_us: null,
    end_reason: null,
    commands: 0,
    errors: 0,
    denied: 0,
    held: 0,
    masked: 0,
    client_address: storable(header.client.address),
    application: storable(header.client.application),
    policy_version: header.policyVersion,
    header: storableTree(header),
    indexed_bytes: indexedBytes,
    indexed_lines: 1,
    damage: null,
  }
}

/** The row of a command that has been asked and has no answer yet. */
export function newCommandRow(
  session: SessionRow,
  { command, operations, atUs, frame }: { command: CommandRecord; operations: Operation[]; atUs: number; frame: number },
): CommandRow {
  const parameters = (command.parameters ?? []).map(keptParameter)
  const { decision } = command
  return {
    session: session.id,
    number: command.n,
    run: session.run,
    attempt: session.attempt,
    task: session.task,
    principal: session.principal,
    principal_kind: session.principal_kind,
    delegation: session.delegation,
    target: session.target,
    protocol: session.protocol,
    at_us: session.started_us + atUs,
    kind: command.kind,
    text: storable(start(command.text, indexedTextMax)),
    text_length: command.text.length,
    shape: shapeKey(command.text),
    parameters: storableTree(parameters),
    operations: storableTree(operations),
    verbs: unique(operations.map(({ verb }) => verb)),
    tables: unique(operations.flatMap(({ tables }) => tables.flatMap(tableKeys))).map(key => storable(key)),
    columns: unique(operations.flatMap(({ columns }) => columns.map(column => storable(column.toLowerCase())))),
    ...decided(decision),
    held: decision.verdict === 'hold',
    masked: 0,
    rows: null,
    affected: null,
    error_code: null,
    error_message: null,
    duration_us: null,
    frame,
    asked: storable(start([command.text, ...parameters.map(({ value }) => cellText(value))].join('\n'), askedMax)),
    answered: '',
  }
}

/** What texts of one shape are found by. */
export function shapeKey(text: string): string {
  return toHex(sha256(new TextEncoder().encode(statementShape(start(text, indexedTextMax)))).subarray(0, 16))
}

/** What a decision says of its command. */
export function decided(decision: Decision): Pick<CommandRow, 'verdict' | 'rule' | 'reason' | 'matched' | 'approval' | 'policy_version'> {
  return {
    verdict: decision.verdict,
    rule: storable(decision.rule ?? null),
    reason: storable(decision.reason ?? null),
    matched: decision.matched ? storableTree(decision.matched) : null,
    approval: decision.approval ?? null,
    policy_version: decision.policyVersion,
  }
}

/** What a cell shows, for finding it. */
export function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return cell
  if ('hex' in cell) return cell.hex
  if ('cut' in cell) return cell.cut
  return cell.masked ?? ''
}

/** A text as PostgreSQL can hold it: NUL and halves of characters are shown, not kept. The recording has them. */
export function storable<T extends string | null>(text: T): T extends string ? string : string | null
export function storable(text: string | null): string | null {
  return text === null || !unstorable.test(text) ? text : text.replace(everyUnstorable, found => (found === '\0' ? '␀' : '\ufffd'))
}

const unstorable = /[\0\ud800-\udfff]/
const everyUnstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The start of a text, never ending within a character. */
export function start(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  const last = text.charCodeAt(lengthMax - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? lengthMax - 1 : lengthMax)
}

function keptParameter(parameter: Parameter): Parameter {
  const { value } = parameter
  if (typeof value === 'string' && value.length > parameterMax) {
    const bytes = new TextEncoder().encode(value)
    return { ...parameter, value: { cut: start(value, parameterMax), lengthBytes: bytes.length, sha256: hex(sha256(bytes)) } }
  }
  if (typeof value === 'object' && value !== null && 'hex' in value && value.hex.length > parameterMax) {
    const bytes = Uint8Array.from(value.hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
    return { ...parameter, value: { cut: value.hex.slice(0, parameterMax), lengthBytes: bytes.length, sha256: hex(sha256(bytes)) } }
  }
  return parameter
}

function storableTree<T>(tree: T): T {
  const json = JSON.stringify(tree)
  if (!/\\u(?:0000|[dD][89a-fA-F])/.test(json)) return tree
  return JSON.parse(json, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value)) as T
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function unique(values: string[]): string[] {
  return [...new Set(values)]
}
