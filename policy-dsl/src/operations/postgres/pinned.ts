import type { Parser } from './parser.ts'
import { fieldsOf, isFields, list, nameParts, text, type Fields } from './tree.ts'

/** Texts longer than this are not parsed on a session's own path: if they may touch a pinned setting, they count as touching it. */
const checkedCharactersMax = 64 * 1024

/** The settings a gateway reads statements by, and the spellings of the values it needs. */
const pinned: Record<string, (value: string) => boolean> = {
  client_encoding: value => ['utf8', 'unicode'].includes(value.toLowerCase().replace(/[^a-z0-9]/g, '')),
  standard_conforming_strings: value => ['on', 'true', 'yes', '1', 't', 'tr', 'tru', 'y', 'ye'].includes(value.toLowerCase()),
}

const suspicious = /client_encoding|standard_conforming|set_config|pg_settings|\bnames\b|u&["']|\be'/i
const plainWords = /client_encoding|standard_conforming|set_config|pg_settings/i

/**
 * Whether a text might change a setting the gateway reads statements by; false
 * is sure for what the text says itself. One scan, without parsing.
 *
 * What no look at the text can see: a name put together while a function or a
 * `DO` body runs (`EXECUTE 'SET client' || '_encoding …'`), a function that was
 * there before, a view over `pg_settings`. For those the gateway watches what
 * the server reports: both settings are reported whenever they change, at the
 * latest before the server is ready for the next query. Statements that were
 * pipelined behind the change have been sent by then; the recording holds them,
 * and the session ends.
 */
export function mayTouchPinned(text: string): boolean {
  return suspicious.test(text)
}

/**
 * The pinned setting that a text would change, or null when it leaves them as
 * they are. Setting one to the value it has, or back to the session's default,
 * which is the pinned value, is no change. What cannot be told, a name that is
 * not a constant or a text that is not understood, counts as a change.
 */
export function changesPinned(parser: Parser, text: string): { setting: string } | null {
  if (!mayTouchPinned(text)) return null
  if (text.length > checkedCharactersMax) return { setting: spokenOf(text) }
  const syntax = parser.syntax(text)
  // A server with our grammar refuses it too, before it runs any of it; one with another grammar may not, so plain words count.
  if (syntax.kind === 'refused') return plainWords.test(text) ? { setting: spokenOf(text) } : null
  if (syntax.kind === 'unknown') return { setting: spokenOf(text) }
  const setting = findChange(syntax.statements)
  return setting === null ? null : { setting }
}

function spokenOf(text: string): string {
  return /standard_conforming/i.test(text) ? 'standard_conforming_strings' : 'client_encoding'
}

/** Looks at every node: a SET may stand in ALTER ROLE or CREATE FUNCTION, a set_config anywhere. */
function findChange(statements: Fields[]): string | null {
  const waiting: { value: unknown; settingsRow: string | null }[] = statements.map(value => ({ value, settingsRow: null }))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, settingsRow } = next
    if (Array.isArray(value)) for (const element of value) waiting.push({ value: element, settingsRow })
    if (!isFields(value)) continue
    const change = changeBy(value, settingsRow)
    if (change !== null) return change
    const select = fieldsOf(value, 'SelectStmt')
    const inner = select ? namedSettingsRow(select) : settingsRow
    for (const key of Object.keys(value)) if (typeof value[key] === 'object') waiting.push({ value: value[key], settingsRow: inner })
  }
  return null
}

/** The one row of `pg_settings` that a select reads, by its `WHERE name = '…'`: pg_dump sets a setting this way where the server has it. */
function namedSettingsRow(select: Fields): string | null {
  const [from, ...others] = list(select['fromClause'])
  const table = fieldsOf(from, 'RangeVar')
  if (others.length > 0 || table?.['relname'] !== 'pg_settings') return null
  const where = fieldsOf(select['whereClause'], 'A_Expr')
  if (where?.['kind'] !== 'AEXPR_OP' || nameParts(where['name']).join('.') !== '=' || !isColumnName(where['lexpr'])) return null
  return constant(where['rexpr']) ?? null
}

function isColumnName(value: unknown): boolean {
  const column = fieldsOf(value, 'ColumnRef')
  return column !== undefined && column !== null && nameParts(column['fields']).at(-1) === 'name'
}

function changeBy(node: Fields, settingsRow: string | null): string | null {
  const set = fieldsOf(node, 'VariableSetStmt') ?? (isFields(node['setstmt']) ? node['setstmt'] : null)
  if (set) return changeBySet(set)
  const call = fieldsOf(node, 'FuncCall')
  if (call && nameParts(call['funcname']).at(-1) === 'set_config') return changeByCall(list(call['args']), settingsRow)
  // The view `pg_settings` has a rule that turns an UPDATE of it into SET.
  const update = fieldsOf(node, 'UpdateStmt')
  if (update && isFields(update['relation']) && update['relation']['relname'] === 'pg_settings') return 'client_encoding'
  const body = fieldsOf(node, 'DoStmt') ?? fieldsOf(node, 'CreateFunctionStmt')
  if (body) return changeByBody(list(body['args']).concat(list(body['options'])))
  return null
}

function changeBySet(set: Fields): string | null {
  const name = text(set['name']).toLowerCase()
  const isPinnedValue = pinned[name]
  if (!isPinnedValue || set['kind'] !== 'VAR_SET_VALUE') return null
  return list(set['args']).every(value => isPinnedValue(constant(value) ?? '')) ? null : name
}

function changeByCall([name, value]: unknown[], settingsRow: string | null): string | null {
  const setting = (constant(name) ?? (isColumnName(name) ? settingsRow : null))?.toLowerCase()
  if (setting === undefined) return 'client_encoding'
  const isPinnedValue = pinned[setting]
  return isPinnedValue && !isPinnedValue(constant(value) ?? '') ? setting : null
}

/** A function's text is in a language of its own, so here the words decide: naming a pinned setting, or `set_config` of what is not a plain literal. */
function changeByBody(options: unknown[]): string | null {
  for (const option of options) {
    const element = fieldsOf(option, 'DefElem')
    if (element?.['defname'] !== 'as') continue
    const body = nameParts(element['arg']).join('\n')
    const named = /client_encoding|standard_conforming_strings/i.exec(body)
    if (named) return named[0].toLowerCase()
    if (/\bset\s+(?:(?:session|local)\s+)?names\b/i.test(body)) return 'client_encoding'
    if (/\bupdate\s[^;]*\bpg_settings\b/i.test(body)) return 'client_encoding'
    if (/set_config"?\s*\((?!\s*'[^'\\]*'\s*,)/i.test(body)) return 'client_encoding'
  }
  return null
}

/** A literal's value as text; undefined for anything that is worked out later. */
function constant(value: unknown): string | undefined {
  const cast = fieldsOf(value, 'TypeCast')
  if (cast) return constant(cast['arg'])
  const fields = fieldsOf(value, 'A_Const')
  if (!fields) return undefined
  if (isFields(fields['sval'])) return text(fields['sval']['sval'])
  if (isFields(fields['ival'])) return String(typeof fields['ival']['ival'] === 'number' ? fields['ival']['ival'] : 0)
  if (isFields(fields['boolval'])) return fields['boolval']['boolval'] === true ? 'true' : 'false'
  return undefined
}
