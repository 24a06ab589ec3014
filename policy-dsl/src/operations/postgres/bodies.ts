import type { BodySyntax } from './syntax.ts'
import { isFields, readNode, text, type Fields } from './tree.ts'

/** One piece of SQL in a PL/pgSQL body, and how it is run. */
export type Piece =
  | { kind: 'statement'; sql: string }
  /** Something that gives a value: the right side of an assignment, the condition of an IF. */
  | { kind: 'expression'; sql: string }
  /** An expression whose value is run as a statement. */
  | { kind: 'dynamic'; sql: string }
  /** COMMIT and ROLLBACK are words of the language itself. */
  | { kind: 'transaction'; verb: string }

/** What a PL/pgSQL body would run, in the order it is written, and the names it gives values to; those of its blocks with a dot. */
export function readBody(body: Fields): { pieces: Piece[]; variables: Set<string> } {
  const pieces: Piece[] = []
  const variables = new Set<string>()
  const waiting: Place[] = [{ value: body, field: '', statement: '' }]
  // A stack of our own: blocks nest deeper than the runtime's stack allows.
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { value } = place
    if (Array.isArray(value)) for (let at = value.length - 1; at >= 0; at--) waiting.push({ ...place, value: value[at] })
    if (!isFields(value)) continue
    const { kind, fields } = readNode(value, place.field)
    if (kind === 'PLpgSQL_expr') {
      pieces.push(...piecesOf(fields, place))
      continue
    }
    const variable = text(fields['refname'])
    if (variable !== '') variables.add(variable)
    const label = text(fields['label'])
    if (label !== '') variables.add(`${label}.`)
    const verb = transactionVerbs[kind]
    if (verb !== undefined) pieces.push({ kind: 'transaction', verb })
    pushFields(fields, kind, waiting)
  }
  return { pieces, variables }
}

interface Place {
  value: unknown
  field: string
  /** The kind of statement it belongs to. */
  statement: string
}

const transactionVerbs: Record<string, string> = { PLpgSQL_stmt_commit: 'COMMIT', PLpgSQL_stmt_rollback: 'ROLLBACK' }
/** What a statement's `query` is in most of them, these work out first. */
const dynamicStatements = new Set(['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors'])
/** The statements inside a statement, which come after what it asks first. */
const blocks = new Set(['body', 'then_body', 'elsif_list', 'else_body', 'case_when_list', 'else_stmts', 'exceptions', 'stmts', 'action'])

function pushFields(fields: Fields, kind: string, waiting: Place[]): void {
  const keys = Object.keys(fields)
  const later = keys.filter(key => blocks.has(key))
  const first = keys.filter(key => !blocks.has(key))
  for (const field of [...first, ...later].toReversed()) waiting.push({ value: fields[field], field, statement: kind })
}

function piecesOf(expression: Fields, { field, statement }: Place): Piece[] {
  const query = text(expression['query'])
  if (field === 'dynquery' || (field === 'query' && dynamicStatements.has(statement))) return [{ kind: 'dynamic', sql: query }]
  const mode = expression['parseMode']
  if (mode === undefined || mode === 0) return [{ kind: 'statement', sql: query }]
  if (mode === 2) return [{ kind: 'expression', sql: query }]
  return assigned(query).map(sql => ({ kind: 'expression', sql }))
}

/** The expressions of an assignment: the value, and before it the subscripts of the target where it has any. */
function assigned(query: string): string[] {
  const sign = assignmentSign(query)
  if (sign === null) return [query]
  const target = query.slice(0, sign.start)
  return [...(target.includes('[') ? [target] : []), query.slice(sign.end)]
}

/** The first `:=` or `=` outside brackets, quotes and comments. */
function assignmentSign(query: string): { start: number; end: number } | null {
  let depth = 0
  const tokens = /'[^']*'|"[^"]*"|--[^\n\r]*|\/\*[\s\S]*?\*\/|:=|[[\]()=]/g
  for (let match = tokens.exec(query); match; match = tokens.exec(query)) {
    const [token] = match
    if (token === '[' || token === '(') depth++
    else if (token === ']' || token === ')') depth--
    else if (depth === 0 && (token === ':=' || token === '=')) return { start: match.index, end: match.index + token.length }
  }
  return null
}

/** A routine as its database keeps it, as far as its body's grammar depends on it. */
export interface RoutineHead {
  kind: string
  returnsSet: boolean
  isTrigger: boolean
  parameters: string[]
  body: string
}

/** How often a head is mended, and how much is read for it, before the body counts as not understood. */
const repairsMax = 64
const repairCharactersMax = 2 << 20

/** A head that a body may be read under. */
interface Guess {
  returns: string
  /** Those with a name by it, those without by their place, and what type each has. */
  parameters: Map<string, string>
}

/**
 * Reads a body whose `CREATE FUNCTION` is not at hand. What it returns, and the
 * names and types of what it gives back, decide whether the grammar takes it. A
 * catalogue does not hold them all, so they are learned from what the grammar
 * says is wrong.
 */
export function readWithoutHead(head: RoutineHead, read: (text: string) => BodySyntax): BodySyntax {
  const guess: Guess = {
    returns: head.isTrigger ? 'trigger' : head.returnsSet ? 'SETOF int' : 'int',
    parameters: new Map(head.parameters.map((name, at) => [name || `$${at + 1}`, 'int'])),
  }
  const repairsAllowed = Math.min(repairsMax, repairCharactersMax / (head.body.length + 1))
  for (let repairs = 0; ; repairs++) {
    const syntax = read(createText(head, guess))
    if (syntax.kind !== 'refused' || repairs >= repairsAllowed || !mend(guess, syntax.message, head.body)) return syntax
  }
}

/** Changes a guess by what was said about it; false when that does not help. */
function mend(guess: Guess, message: string, body: string): boolean {
  const { parameters } = guess
  const declare = (name: string, type: string): boolean => {
    if (parameters.get(name) === type) return false
    parameters.set(name, type)
    return true
  }
  if (message.startsWith('missing expression')) {
    // `RETURN NEXT;` gives back what the OUT parameters hold.
    if (guess.returns === 'SETOF int') return declare('out of the way', 'out')
    if (guess.returns !== 'int') return false
    guess.returns = 'void'
    return true
  }
  const [, field] = /^"[^".]+\.(.+)" is not a known variable$/.exec(message) ?? []
  const [, name] = /^(?:syntax error at or near |variable )?"([^"]+?)(?:\.[^"]*)?"/.exec(message) ?? []
  if (message.startsWith('loop variable'))
    return [...body.matchAll(/\bfor\s+(\w+)\s+in\b/gi)].some(([, loop]) => declare(loop!.toLowerCase(), 'unknown_row'))
  if (name === undefined) return false
  if (field !== undefined) return declare(name, 'unknown_row')
  if (message.endsWith('must be of type cursor or refcursor')) return declare(name, 'refcursor')
  return !parameters.has(name) && /^[\w$ ]+$/.test(name) && declare(name, 'int')
}

function createText({ kind, body }: RoutineHead, { returns, parameters }: Guess): string {
  const declared = [...parameters].map(([name, type]) => {
    if (name.startsWith('$')) return type
    const quoted = `"${name.replaceAll('"', '""')}"`
    return type === 'out' ? `OUT ${quoted} int` : `${quoted} ${type}`
  })
  const tag = unusedTag(body)
  const what = kind === 'procedure' ? 'PROCEDURE' : 'FUNCTION'
  return `CREATE ${what} f(${declared.join(', ')}) ${kind === 'procedure' ? '' : `RETURNS ${returns} `}LANGUAGE plpgsql AS ${tag}${body}${tag}`
}

/** A `DO` statement that runs a body. */
export function doText(body: string): string {
  const tag = unusedTag(body)
  return `DO ${tag}${body}${tag}`
}

/** A dollar quote that the body does not hold. */
function unusedTag(body: string): string {
  for (let at = 0; ; at++) {
    const tag = `$body${at}$`
    // The body may end with the tag's beginning.
    if (`${body}${tag}`.indexOf(tag) === body.length) return tag
  }
}
