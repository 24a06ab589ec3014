import { fieldsOf, isFields, nameParts, readNode, text, type Fields } from '../tree.ts'
import type { RoutineData } from '../catalogue.ts'
import type { Context } from './context.ts'
import { harmlessExtension, queryRunning, reachingOut, statementTelling, tableReading } from './functions.ts'
import { columnsOf, toldValue, unknownMasks } from './masked-columns.ts'
import { tokensOf } from './tokens.ts'
import { clean, derived, either, isMasked, type Column, type Source, type Value } from './value.ts'

/**
 * The masked columns that the result of a routine could come from: all of every
 * relation that its body names. Throws a refusal for a routine that cannot be
 * looked into.
 */
export function routineSources(routine: RoutineData, context: Context): readonly Source[] {
  const known = context.routineSources.get(routine.oid)
  // One that is being read calls itself: what it reads is being collected.
  if (known !== undefined) return known ?? []
  context.routineSources.set(routine.oid, null)
  const sources = readRoutine(routine, context)
  context.routineSources.set(routine.oid, sources)
  return sources
}

/** What a routine's rows consist of, where the catalogue or its text says. */
export function routineColumns(routine: RoutineData, value: Value, context: Context): Column[] | null {
  const relation = routine.returnsRelation === 0 ? null : context.request.catalogue.relationByOid(routine.returnsRelation)
  if (relation) return relation.columns.map(({ name }) => ({ name, value }))
  if (routine.language !== 'sql' || context.openRoutines.has(routine.oid)) return null
  const statement = bodyStatements(routine, context)?.at(-1)
  if (!statement || !fieldsOf(statement, 'SelectStmt')) return null
  context.openRoutines.add(routine.oid)
  const columns = context.elsewhere({ isMuted: true, searchPath: bodyPath(routine, context) }, () =>
    context.readers.query(context, statement, null),
  )
  context.openRoutines.delete(routine.oid)
  return columns.some(column => column.isMore)
    ? null
    : columns.map(({ name }) => ({ name: columns.length === 1 ? routine.name : name, value }))
}

/** The masked columns that statements name a relation of, in a body of SQL. */
export function mentionedInStatements(statements: readonly unknown[], context: Context): readonly Source[] {
  const found: Value[] = []
  const waiting: { value: unknown; field: string }[] = statements.map(value => ({ value, field: '' }))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, field } = next
    if (Array.isArray(value)) for (const element of value as unknown[]) waiting.push({ value: element, field })
    if (!isFields(value)) continue
    const { kind, fields } = readNode(value, field)
    if (kind === 'RangeVar') found.push(relationValue(text(fields['schemaname']) || null, text(fields['relname']), context))
    if (kind === 'FuncCall') found.push(callSources(nameParts(fields['funcname']), context))
    if (kind === 'DoStmt' || kind === 'ExecuteStmt' || kind === 'FetchStmt') throw opaque('the body', context)
    for (const key of Object.keys(fields)) if (typeof fields[key] === 'object') waiting.push({ value: fields[key], field: key })
  }
  return either(found).sources
}

/** The masked columns of all relations that are named in a text of another language, however it uses them. */
export function mentionedInText(body: string, name: string, context: Context): readonly Source[] {
  const { catalogue } = context.request
  const names = new Set<string>()
  for (const token of tokensOf(body)) {
    if (token.kind !== 'word' && token.kind !== 'name') continue
    // `U&"…"` writes a name in escapes.
    if (token.kind === 'word' && token.value === 'execute') throw opaque(name, context)
    if (token.kind === 'name' && body[token.start] !== '"') throw opaque(name, context)
    if (isOpaqueCall(token.value)) throw opaque(name, context)
    names.add(token.value)
  }
  const found = [...names].map(one => relationValue(null, one, context))
  for (const relation of catalogue.data.relations) if (names.has(relation.name)) found.push(...masksOf(relation, context))
  for (const routine of catalogue.data.routines)
    if (names.has(routine.name) && routine.schema !== 'pg_catalog') found.push({ ...clean, sources: routineSources(routine, context) })
  for (const one of names) if (statementTelling.has(one)) found.push(toldValue(one, context))
  return derived(found).sources
}

function readRoutine(routine: RoutineData, context: Context): readonly Source[] {
  const name = `\`${routine.name}\``
  if (routine.kind === 'aggregate') return []
  switch (routine.language) {
    case 'sql': {
      const statements = bodyStatements(routine, context)
      if (!statements) throw opaque(name, context)
      return context.elsewhere({ isMuted: true, searchPath: bodyPath(routine, context) }, () => mentionedInStatements(statements, context))
    }
    case 'plpgsql':
      if (routine.body === null) throw opaque(name, context)
      return mentionedInText(routine.body, name, context)
    case 'c':
      if (routine.name === 'pg_stat_statements') return toldValue('pg_stat_statements.query', context).sources
      if (harmlessExtension.test(routine.name)) return []
      throw opaque(name, context)
    default:
      throw opaque(name, context)
  }
}

function bodyStatements(routine: RoutineData, context: Context): Fields[] | null {
  const { request } = context
  if (routine.sqlBody) {
    const syntax = request.parse(`CREATE FUNCTION f() RETURNS void LANGUAGE sql ${routine.sqlBody}`)
    const created = syntax.kind === 'statements' ? fieldsOf(syntax.statements[0], 'CreateFunctionStmt') : null
    return created ? flatten(created['sql_body']) : null
  }
  const syntax = routine.body === null ? null : request.parse(routine.body)
  return syntax?.kind === 'statements' ? syntax.statements : null
}

/** BEGIN ATOMIC holds lists in lists; RETURN holds one expression. */
function flatten(body: unknown): Fields[] {
  if (Array.isArray(body)) return body.flatMap(flatten)
  const items = fieldsOf(body, 'List')
  if (items) return flatten(items['items'])
  return isFields(body) ? [body] : []
}

/** A body that was parsed when it was made means what the catalogue's own path says; a text means what the session's does. */
function bodyPath(routine: RoutineData, context: Context): string[] {
  return routine.sqlBody ? context.request.catalogue.data.searchPath : context.searchPath
}

function relationValue(schema: string | null, name: string, context: Context): Value {
  const relations = context.relations(schema, name)
  // The function may have a search path of its own.
  const all = context.request.catalogue.data.relations
  const possible = relations.length > 0 || schema !== null ? relations : all.filter(one => one.name === name)
  return derived(possible.length > 0 ? possible.flatMap(relation => masksOf(relation, context)) : unknownMasks(name, context))
}

function masksOf({ oid }: { oid: number }, context: Context): Value[] {
  const relation = context.request.catalogue.relationByOid(oid)
  return relation
    ? columnsOf(relation, context)
        .map(column => column.value)
        .filter(isMasked)
    : []
}

function callSources(parts: string[], context: Context): Value {
  const base = parts.at(-1) ?? ''
  const routines = context.request.catalogue.routines(parts.at(-2) ?? null, base).filter(routine => routine.schema !== 'pg_catalog')
  if (routines.length === 0 && isOpaqueCall(base)) throw opaque('the body', context)
  if (routines.length === 0 && statementTelling.has(base)) return toldValue(base, context)
  return derived(routines.map(routine => ({ ...clean, sources: routineSources(routine, context) })))
}

function isOpaqueCall(name: string): boolean {
  return reachingOut.test(name) || queryRunning.has(name) || tableReading.has(name) || name === 'ts_rewrite'
}

function opaque(name: string, context: Context): Error {
  return context.refuse(`what ${name} does cannot be seen, so what it returns cannot be masked`, 'query the tables by their names instead')
}
