import { fieldsOf, isFields, nameParts, readNode, text } from '../tree.ts'
import type { RelationData, RoutineData } from '../catalogue.ts'
import type { Context, Place } from './context.ts'
import { indexOf } from '../catalogue-index.ts'
import { isHarmless } from '../extensions.ts'
import { schemasIn, wordAlters } from './alters-names.ts'
import { harmlessExtension, queryRunning, reachingOut, statementTelling, tableReading, tellingExtension } from './functions.ts'
import { bodyStatements } from './body-statements.ts'
import { givenToRow, keptBy } from './kept-by.ts'
import { isOwnRoutine } from './own-routine.ts'
import { columnsOf, toldValue, unknownMasks } from './masked-columns.ts'
import { tokensOf } from './tokens.ts'
import { clean, derived, either, isMasked, type Column, type Source, type Value } from './value.ts'

/**
 * The masked columns that the result of a routine could come from: all of every
 * relation that its body names. Throws a refusal for a routine that cannot be
 * looked into.
 */
export function routineSources(routine: RoutineData, context: Context): readonly Source[] {
  const key = [routine.oid, context.isPathUnknown || context.areTablesMoved, ...context.searchPath].join('\0')
  const known = context.routineSources.get(key)
  // One that is being read calls itself: what it reads is being collected.
  if (known !== undefined) return known ?? []
  context.routineSources.set(key, null)
  const behind = { ...clean, sources: readRoutine(routine, context) }
  const { sources } = derived([behind, { ...clean, sources: defaultSources(routine, context) }])
  context.routineSources.set(key, sources)
  forbidKeeping(routine, sources, context)
  return sources
}

/** What a trigger puts into the row from elsewhere stands there without a mask, and RETURNING shows it. */
export function forbidGiving({ name, triggers = [] }: RelationData, events: readonly string[], context: Context): void {
  for (const trigger of triggers.filter(one => one.changesRow && one.events.some(event => events.includes(event))))
    for (const routine of context.request.catalogue.routines(trigger.routine.schema, trigger.routine.name)) {
      const given = givenToRow(routine, insideOf(routine, context), context)
      if (given)
        context.note(
          context.refuse(
            `\`${given.column}\` is masked, and the trigger \`${routine.name}\` may put it into \`${name}\`, where no mask follows`,
            'ask somebody who may see the column to do it',
            given,
          ),
        )
    }
}

/** What it puts somewhere has no mask there. An aggregate's own parts were looked at by themselves. */
function forbidKeeping(routine: RoutineData, sources: readonly Source[], context: Context): void {
  if (sources.length === 0 || routine.kind === 'aggregate' || (routine.language !== 'sql' && routine.language !== 'plpgsql')) return
  const kept = keptBy(routine, insideOf(routine, context), sources, context)
  if (kept)
    throw context.refuse(
      `\`${kept.column}\` is masked, and the function \`${routine.name}\` may put it where no mask follows`,
      `leave the function out, or select \`${kept.column}\`: the answer comes back masked`,
      kept,
    )
}

/** The masked columns behind arguments that may be left out, which are worked out where the routine is called. */
function defaultSources({ name, defaults }: RoutineData, context: Context): readonly Source[] {
  if (defaults === undefined) return []
  const syntax = context.request.parse(`SELECT ${defaults}`)
  if (syntax.kind !== 'statements') throw opaque(`\`${name}\``, context)
  const place = { isMuted: true, searchPath: context.request.catalogue.data.searchPath, isPrinted: true }
  return context.elsewhere(place, () => mentionedInStatements(syntax.statements, context))
}

/** What a routine's rows consist of, where the catalogue or its text says. */
export function routineColumns(routine: RoutineData, value: Value, context: Context): Column[] | null {
  const relation = routine.returnsRelation === 0 ? null : context.request.catalogue.relationByOid(routine.returnsRelation)
  if (relation) return relation.columns.map(({ name }) => ({ name, value }))
  if (routine.language !== 'sql' || context.openRoutines.has(routine.oid)) return null
  const statement = bodyStatements(routine, context)?.at(-1)
  if (!statement || !fieldsOf(statement, 'SelectStmt')) return null
  context.openRoutines.add(routine.oid)
  const columns = context.elsewhere(insideOf(routine, context), () => context.readers.query(context, statement, null))
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
    if (kind === 'A_Expr') found.push(behindOperator(nameParts(fields['name']), context))
    if (unseen.has(kind)) throw opaque('the body', context)
    for (const key of Object.keys(fields)) if (typeof fields[key] === 'object') waiting.push({ value: fields[key], field: key })
  }
  return either(found).sources
}

/** What they do stands in a text of its own, or takes away the names that the catalogue knows. */
const unseen = new Set(['DoStmt', 'ExecuteStmt', 'FetchStmt', 'CreateFunctionStmt', 'RenameStmt', 'AlterObjectSchemaStmt'])

/** The masked columns of all relations that are named in a text of another language, however it uses them. */
export function mentionedInText(body: string, name: string, context: Context): readonly Source[] {
  const { catalogue } = context.request
  const names = new Set<string>()
  const tokens = tokensOf(body)
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'word' && token.kind !== 'name') continue
    // The body of a block or of a routine that is made here is a text of its own.
    const next = tokens[at + 1]
    if (token.value === 'do' && (next?.kind === 'string' || next?.value === 'language')) throw opaque(name, context)
    // `U&"…"` writes a name in escapes.
    if (token.kind === 'word' && token.value === 'execute') throw opaque(name, context)
    if (token.kind === 'name' && body[token.start] !== '"') throw opaque(name, context)
    if (isOpaqueCall(token.value)) throw opaque(name, context)
    names.add(token.value)
  }
  if (['create', 'alter'].some(one => names.has(one)) && ['function', 'procedure', 'routine', 'aggregate'].some(one => names.has(one)))
    throw opaque(name, context)
  const found = [...names].map(one => relationValue(null, one, context))
  const { relations, routines } = indexOf(catalogue)
  for (const one of names) for (const relation of relations.get(one) ?? []) found.push(...masksOf(relation, context))
  for (const one of names)
    for (const routine of routines.get(one) ?? [])
      if (!isOwnRoutine(routine)) found.push({ ...clean, sources: routineSources(routine, context) })
  for (const operator of catalogue.data.operators ?? [])
    if (body.includes(operator.name)) found.push(behindOperator([operator.name], context))
  for (const one of names) if (statementTelling.has(one)) found.push(toldValue(one, context))
  return derived(found).sources
}

function readRoutine(routine: RoutineData, context: Context): readonly Source[] {
  const name = `\`${routine.name}\``
  if (routine.kind === 'aggregate') {
    const parts = (routine.calls ?? []).flatMap(one => context.request.catalogue.routines(one.schema, one.name))
    if (parts.length === 0) throw opaque(name, context)
    return derived(parts.map(part => ({ ...clean, sources: isOwnRoutine(part) ? [] : routineSources(part, context) }))).sources
  }
  switch (routine.language) {
    case 'sql': {
      const statements = bodyStatements(routine, context)
      if (!statements) throw opaque(name, context)
      return context.elsewhere(insideOf(routine, context), () => mentionedInStatements(statements, context))
    }
    case 'plpgsql':
      if (routine.body === null) throw opaque(name, context)
      return mentionedInText(routine.body, name, context)
    case 'c':
      if (routine.name === 'pg_stat_statements') return toldValue('pg_stat_statements.query', context).sources
      if (isHarmless(routine) || isOfKnownExtension(routine)) return []
      throw opaque(name, context)
    default:
      throw opaque(name, context)
  }
}

/** A body that was parsed when it was made means what the catalogue's own path says; a text means what the session's does. */
function insideOf(routine: RoutineData, context: Context): Place {
  if (routine.sqlBody) return { isMuted: true, searchPath: context.request.catalogue.data.searchPath, isPrinted: true }
  if (routine.searchPath === undefined) return { isMuted: true, searchPath: context.searchPath }
  const { schemas, isCertain } = schemasIn(routine.searchPath)
  return { isMuted: true, searchPath: schemas, isPathUnknown: !isCertain }
}

function relationValue(schema: string | null, name: string, context: Context): Value {
  const relations = context.relations(schema, name)
  // One that the path does not find may be there when the function runs.
  const all = indexOf(context.request.catalogue).relations
  const possible = relations.length > 0 || schema !== null ? relations : (all.get(name) ?? [])
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
  const schema = parts.at(-2) ?? null
  const named = (indexOf(context.request.catalogue).routines.get(base) ?? []).filter(one => schema === null || one.schema === schema)
  const isOwn = schema === null || schema === 'pg_catalog' || named.length === 0
  if (isOwn && isOpaqueCall(base)) throw opaque('the body', context)
  const told = isOwn && statementTelling.has(base) ? [toldValue(base, context)] : []
  const hasOwn = named.some(isOwnRoutine)
  const added = context.isPrinted && schema === null && hasOwn ? [] : named.filter(routine => !isOwnRoutine(routine))
  return derived([...told, ...added.map(routine => ({ ...clean, sources: routineSources(routine, context) }))])
}

/** What the functions behind an operator that someone added read, but for those of extensions, which compare values. */
function behindOperator(parts: string[], context: Context): Value {
  const { catalogue } = context.request
  const operators = catalogue.operators(parts.at(-2) ?? null, parts.at(-1) ?? '')
  const routines = operators.flatMap(({ routine }) => catalogue.routines(routine.schema, routine.name))
  const own = routines.filter(routine => routine.extension === undefined && !isOwnRoutine(routine))
  return derived(own.map(routine => ({ ...clean, sources: routineSources(routine, context) })))
}

function isOfKnownExtension({ name, extension }: RoutineData): boolean {
  return extension !== undefined && harmlessExtension.test(name) && !tellingExtension.test(name)
}

/**
 * What a routine may change of what names mean, as far as its words say. In
 * another language than SQL and PL/pgSQL, unless it came with an extension, it
 * may be anything.
 */
export function routineAlters(routine: RoutineData, context: Context): 'tables' | 'all' | null {
  if (isOwnRoutine(routine) || (routine.extension !== undefined && routine.language === 'c')) return null
  const known = context.alteringRoutines.get(routine.oid)
  if (known !== undefined) return known
  context.alteringRoutines.set(routine.oid, null)
  const body = routine.sqlBody ?? routine.body
  const { routines } = indexOf(context.request.catalogue)
  const called = (routine.calls ?? []).flatMap(one => context.request.catalogue.routines(one.schema, one.name))
  const words = new Set([body, routine.defaults].flatMap(text => (text ? tokensOf(text).map(token => token.value) : [])))
  const named = [...words].flatMap(word => routines.get(word) ?? []).filter(one => one !== routine)
  const changes = [...[...words].map(wordAlters), ...[...called, ...named].map(one => routineAlters(one, context))]
  const isUnread = body === null && called.length === 0
  const found = isUnread || changes.includes('all') ? 'all' : changes.includes('tables') ? 'tables' : null
  context.alteringRoutines.set(routine.oid, found)
  return found
}

/** What the expressions that run when a relation's rows are read or change do to the names of the statements after this one. */
export function noteExpressions(relation: RelationData, isChange: boolean, context: Context): void {
  const { catalogue } = context.request
  const { columns, checks = [], indexes = [], policies = [], triggers = [] } = relation
  const evaluated = [...checks, ...indexes, ...columns.map(column => column.default ?? ''), ...triggers.map(one => one.definition ?? '')]
  const words = new Set([...policies, ...(isChange ? evaluated : [])].flatMap(expression => tokensOf(expression).map(token => token.value)))
  const behind = isChange ? triggers.flatMap(({ routine }) => catalogue.routines(routine.schema, routine.name)) : []
  // A trigger's own text says CREATE TRIGGER and EXECUTE FUNCTION. What could not be read may say anything.
  if (words.has('?')) context.after.alters ??= 'tables'
  for (const word of words) if (wordAlters(word) === 'tables') context.after.alters ??= 'tables'
  noteAltering([...behind, ...[...words].flatMap(word => indexOf(catalogue).routines.get(word) ?? [])], context)
}

/** Takes down what routines that are called do to the names of the statements after this one. */
export function noteAltering(routines: readonly RoutineData[], context: Context): void {
  for (const routine of routines) {
    const change = routineAlters(routine, context)
    if (change !== null && context.after.alters !== 'all') context.after.alters = change
  }
}

function isOpaqueCall(name: string): boolean {
  return reachingOut.test(name) || queryRunning.has(name) || tableReading.has(name) || name === 'ts_rewrite'
}

function opaque(name: string, context: Context): Error {
  return context.refuse(`what ${name} does cannot be seen, so what it returns cannot be masked`, 'query the tables by their names instead')
}
