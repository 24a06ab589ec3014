import { readBody } from '../bodies.ts'
import type { RoutineData } from '../catalogue.ts'
import { fieldsOf, isFields, list, nameParts, readNode, type Fields } from '../tree.ts'
import { bodyStatements } from './body-statements.ts'
import { Refusal, type Context, type Place } from './context.ts'
import { keeping } from './functions.ts'
import type { Scope } from './scope.ts'
import { tokensOf } from './tokens.ts'
import { clean, derived, type Source, type Value } from './value.ts'

/** One statement of a body, or an expression as the SELECT that it is run as. */
interface Piece {
  tree: Fields
  isExpression: boolean
}

/**
 * A masked column whose values a routine may put somewhere when it runs: into a
 * table, a setting, a lock, a channel. Null when it only reads them. In
 * PL/pgSQL a value may go into a variable and be written from there, so there
 * one that is read at all is kept by whatever is written besides.
 */
export function keptBy(routine: RoutineData, place: Place, sources: readonly Source[], context: Context): Source | null {
  const read = readBodyOf(routine, place, context)
  if (read === null) return mayWrite(routine.body ?? '') ? (sources[0] ?? null) : null
  return read.kept ?? (read.writes ? read.given : null)
}

/** A masked column whose values a trigger may put into the row that it is called for, as far as its body can be read. */
export function givenToRow(trigger: RoutineData, place: Place, context: Context): Source | null {
  return trigger.language === 'plpgsql' ? (readBodyOf(trigger, place, context)?.given ?? null) : null
}

/** What a body copies, whether it writes anything, and what it reads into variables and results. Null for one that cannot be read. */
function readBodyOf(
  routine: RoutineData,
  place: Place,
  context: Context,
): { kept: Source | null; writes: boolean; given: Source | null } | null {
  const body = plpgsqlBody(routine, context)
  const pieces = piecesOf(routine, body, context)
  if (pieces === null) return null
  const scope = scopeOf([...routine.parameters, ...(body ? readBody(body).variables : [])], routine.name)
  const values: Value[] = []
  let writes = false
  const kept = context.keptWhile(() =>
    context.elsewhere({ ...place, isMuted: true }, () => {
      for (const { tree, isExpression } of pieces) {
        const { kind } = readNode(tree, '')
        writes ||= writing.test(kind) || callsKeeping(tree)
        const read = readPiece(tree, scope, context)
        // What a statement of SQL gives is the result, or nobody's.
        if (isExpression || (kind === 'SelectStmt' && routine.language === 'plpgsql')) values.push(...read)
      }
    }),
  )
  return { kept, writes, given: derived(values).sources[0] ?? null }
}

/** Whether a body has words of what writes anything, for one that cannot be read closer. */
export function mayWrite(body: string): boolean {
  return tokensOf(body).some(({ kind, value }) => kind !== 'string' && (writingWord.test(value) || keeping.test(value)))
}

const writing = /^(?:InsertStmt|UpdateStmt|MergeStmt|CreateTableAsStmt|CopyStmt|NotifyStmt)$/
const writingWord = /^(?:insert|update|merge|copy|notify|into|execute|create)$/

function piecesOf(routine: RoutineData, body: Fields | null, context: Context): Piece[] | null {
  if (routine.language === 'sql') return bodyStatements(routine, context)?.map(tree => ({ tree, isExpression: false })) ?? null
  if (!body) return null
  const pieces: Piece[] = []
  for (const piece of readBody(body).pieces) {
    if (piece.kind === 'transaction') continue
    const isExpression = piece.kind !== 'statement'
    const read = context.request.parse(isExpression ? `SELECT ${piece.sql}` : piece.sql)
    if (read.kind !== 'statements') return null
    pieces.push(...read.statements.map(tree => ({ tree, isExpression })))
  }
  return pieces
}

function plpgsqlBody({ language, kind, returnsSet, parameters, body }: RoutineData, context: Context): Fields | null {
  if (language !== 'plpgsql' || body === null) return null
  const syntax = context.request.parseBody?.({ kind, returnsSet, isTrigger: /\b(?:new|old|tg_\w+)\b/i.test(body), parameters, body })
  return syntax?.kind === 'body' ? syntax.body : null
}

/** A name that is a variable's is none of a column that nobody knows. */
function scopeOf(variables: string[], routine: string): Scope {
  const columns = variables.map(name => ({ name, value: clean }))
  return { outer: null, ctes: new Map(), entries: [{ alias: routine, schema: null, relation: null, columns }] }
}

/** The values that a statement gives; what it copies is noted by the context. */
function readPiece(tree: Fields, scope: Scope, context: Context): Value[] {
  const { kind, fields } = readNode(tree, '')
  const query = kind === 'CreateTableAsStmt' || kind === 'CopyStmt' ? fields['query'] : tree
  if (!isFields(query) || !readable.test(readNode(query, '').kind)) return []
  try {
    const values = context.readers.query(context, query, scope).map(column => column.value)
    if (query !== tree) for (const value of values) context.forbidCopy(value, 'the function')
    return values
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return []
  }
}

const readable = /^(?:SelectStmt|InsertStmt|UpdateStmt|DeleteStmt|MergeStmt|ReturnStmt)$/

function callsKeeping(tree: Fields): boolean {
  const waiting: unknown[] = [tree]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...(next as unknown[]))
    if (!isFields(next)) continue
    const call = fieldsOf(next, 'FuncCall')
    if (call && keeping.test(nameParts(call['funcname']).at(-1) ?? '') && list(call['args']).length > 0) return true
    waiting.push(...Object.values(next).filter(one => typeof one === 'object' && one !== null))
  }
  return false
}
