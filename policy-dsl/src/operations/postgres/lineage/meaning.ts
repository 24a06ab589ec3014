import type { RoutineData } from '../catalogue.ts'
import { indexOf } from '../catalogue-index.ts'
import { isHarmless } from '../extensions.ts'
import { fieldsOf, isFields, nameParts } from '../tree.ts'
import type { Context } from './context.ts'
import { bodyStatements } from './body-statements.ts'
import { keeping, ownTypes, queryRunning, reachingOut, totalFunctions, totalInExtensions, totalOperators } from './functions.ts'
import { mayWrite } from './kept-by.ts'
import { nodesIn } from './nodes-in.ts'
import { isOwnRoutine } from './own-routine.ts'
import { routineSources } from './routines.ts'
import { clean, derived, isMasked, type Source, type Value } from './value.ts'

/** What the name of a function or an operator may stand for, as far as is known. */
export interface Meaning {
  /** How it is called in a message. */
  name: string
  isOperator: boolean
  /** Routines that someone added. Which of them is meant, or PostgreSQL's own, the types decide. */
  added: readonly RoutineData[]
  /** It may be PostgreSQL's own. */
  isOwn: boolean
  /** It may stand for something that is not known. */
  isDoubtful: boolean
}

/**
 * What a function's name may stand for. For what is given a masked value, every
 * schema counts: which of them is searched when it runs is not relied on.
 */
export function functionMeaning(parts: string[], forMasked: boolean, context: Context): Meaning {
  const base = parts.at(-1) ?? ''
  const schema = parts.at(-2) ?? null
  const named = indexOf(context.request.catalogue).routines.get(base) ?? []
  const meaning = { name: base, isOperator: false }
  if (schema !== null) {
    const found = named.filter(routine => routine.schema === schema)
    const added = found.filter(routine => !isOwnRoutine(routine))
    const isSystem = schema === 'pg_catalog' || schema === 'information_schema'
    const isOwn = isSystem && (found.length > added.length || !context.knowsOwn)
    const isDoubtful = (found.length === 0 && !isOwn) || (forMasked && context.isStale && !isSystem)
    return { ...meaning, added, isOwn, isDoubtful }
  }
  const hasOwn = named.some(isOwnRoutine)
  // A definition is printed so that what has no schema is PostgreSQL's own.
  if (context.isPrinted && hasOwn) return { ...meaning, added: [], isOwn: true, isDoubtful: false }
  const isAnywhere = forMasked || context.isPathUnknown
  const added = named.filter(
    one => !isOwnRoutine(one) && (isAnywhere || one.schema === 'pg_catalog' || context.searchPath.includes(one.schema)),
  )
  const isUnknown = context.knowsOwn && !hasOwn && added.length === 0
  const isOwn = hasOwn || (!context.knowsOwn && added.length === 0)
  return { ...meaning, added, isOwn, isDoubtful: isUnknown || (forMasked && context.isStale) }
}

/** The operators behind what an expression says in words. */
const spelled: Record<string, string[]> = {
  BETWEEN: ['>=', '<='],
  'NOT BETWEEN': ['<', '>'],
  'BETWEEN SYMMETRIC': ['>=', '<='],
  'NOT BETWEEN SYMMETRIC': ['<', '>'],
}

/** What an operator may stand for. */
export function operatorMeaning(parts: string[], context: Context): Meaning {
  const { catalogue } = context.request
  const name = parts.at(-1) ?? '='
  const schema = parts.at(-2) ?? null
  const isPrinted = context.isPrinted && schema === null
  const operators = isPrinted
    ? []
    : ((Object.hasOwn(spelled, name) ? spelled[name] : undefined) ?? [name]).flatMap(one => catalogue.operators(schema, one))
  const behind = operators.map(({ routine }) => catalogue.routines(routine.schema, routine.name))
  const isLost = behind.some(routines => routines.length === 0) || (schema !== null && schema !== 'pg_catalog' && operators.length === 0)
  return {
    name,
    isOperator: true,
    added: behind.flat(),
    isOwn: schema === null || schema === 'pg_catalog',
    isDoubtful: isLost || (context.isStale && schema !== 'pg_catalog' && !isPrinted),
  }
}

/** The masked columns that the result of an operator that someone added could come from. */
export function operatorSources({ added, name }: Meaning, context: Context): Value {
  const own = added.filter(routine => routine.extension === undefined)
  const value = derived(own.map(routine => ({ ...clean, sources: isOwnRoutine(routine) ? [] : routineSources(routine, context) })))
  if (isMasked(value)) context.noteCall(value.sources)
  const telling = added.some(routine => isOwnRoutine(routine) && (reachingOut.test(routine.name) || queryRunning.has(routine.name)))
  if (telling) throw context.refuse(`what the operator \`${name}\` reads cannot be masked`, 'select from the tables by their names instead')
  return value
}

/**
 * Holds what is given to a function or an operator against what is known of it.
 * `own`: PostgreSQL's own is meant for certain, or one as harmless, and its
 * rules hold. `other`: something that may fail or say what it likes, but keeps
 * nothing. `refused`: it has been refused.
 */
export function giveTo(meaning: Meaning, value: Value, place: string, context: Context): 'own' | 'other' | 'refused' {
  if (!isMasked(value)) return 'own'
  const doubted = value.sources.find(source => meaning.isDoubtful || hasOwnCast(source, context))
  if (doubted) {
    context.forbidDoubtful(doubted, place)
    return 'refused'
  }
  const strangers = meaning.added.filter(routine => !isTotal(meaning, routine))
  if (strangers.length === 0) return 'own'
  const isKept = (routine: RoutineData): boolean => !(meaning.isOperator && isCompiledExtension(routine)) && !isQuiet(routine, context)
  // In a body it is enough that nothing is written: nobody asks there.
  const isWritten = (routine: RoutineData): boolean => routine.body === null || mayWrite(routine.body)
  if (!strangers.some(routine => isKept(routine) && (!context.isForCopies || isWritten(routine)))) return 'other'
  context.forbidCopy(value, `giving it to ${place}`)
  return 'refused'
}

/** Whether all that an operator may stand for besides PostgreSQL's own compares the values of an extension's types. */
export function isOfExtensions({ added }: Meaning): boolean {
  return added.every(isCompiledExtension)
}

function isCompiledExtension({ extension, language }: RoutineData): boolean {
  return extension !== undefined && (language === 'c' || language === 'internal')
}

/** What an extension adds to PostgreSQL's own functions of the same name, and what is as harmless. */
function isTotal({ name, isOperator }: Meaning, routine: RoutineData): boolean {
  if (!isHarmless(routine)) return false
  if (isOperator) return Object.hasOwn(totalOperators, name) && routine.extension === 'hstore'
  return totalFunctions.has(name) || Object.hasOwn(totalInExtensions, name)
}

/**
 * Whether a routine keeps nothing of what it is given: the compiled code of a
 * harmless extension, or queries in SQL that change nothing and call nothing
 * that does.
 */
function isQuiet(routine: RoutineData, context: Context): boolean {
  if (isHarmless(routine)) return true
  if (routine.language !== 'sql' || routine.kind === 'aggregate' || routine.defaults?.includes('(')) return false
  const known = context.quietRoutines.get(routine.oid)
  if (known !== undefined) return known
  context.quietRoutines.set(routine.oid, false)
  const statements = bodyStatements(routine, context)
  const isReading = statements?.every(statement => fieldsOf(statement, 'SelectStmt') ?? fieldsOf(statement, 'ReturnStmt')) === true
  const found = isReading && nodesIn(statements).every(({ kind, fields }) => isQuietNode(kind, fields, context))
  context.quietRoutines.set(routine.oid, found)
  return found
}

function isQuietNode(kind: string, fields: Record<string, unknown>, context: Context): boolean {
  const areQuiet = ({ added, isDoubtful }: Meaning): boolean => !isDoubtful && added.every(routine => isQuiet(routine, context))
  if (kind === 'FuncCall') {
    const base = nameParts(fields['funcname']).at(-1) ?? ''
    const reaches = keeping.test(base) || reachingOut.test(base) || queryRunning.has(base)
    return !reaches && areQuiet(functionMeaning(nameParts(fields['funcname']), true, context))
  }
  if (kind === 'A_Expr') return areQuiet(operatorMeaning(nameParts(fields['name']), context))
  if (kind === 'TypeCast') return isCertainType(fields['typeName'], context)
  return kind === 'SelectStmt' || kind === 'ReturnStmt' ? fields['intoClause'] === undefined : !/Stmt$|^IntoClause$/.test(kind)
}

/** Whether a cast of someone's own may be applied to a column without a word of it. */
function hasOwnCast({ type }: Source, context: Context): boolean {
  if (type === null) return context.ownCasts.length > 0
  const base = baseType(type, context)
  const isOfOwnType = ownTypes.has(base)
  return (context.isStale && !isOfOwnType) || context.ownCasts.some(cast => !isOfOwnType || plainType(cast.source) === base)
}

/** What a domain is made of at the bottom; casts of the domain itself do not count. */
function baseType(type: string, context: Context): string {
  const { domains = [] } = context.request.catalogue.data
  let base = plainType(type)
  for (let depth = 0; depth <= domains.length; depth++) {
    const domain = domains.find(({ schema, name }) => `${schema}.${name}` === base.replaceAll('"', ''))
    if (!domain) return base
    base = plainType(domain.base)
  }
  return base
}

function plainType(type: string): string {
  return type.replace(/\(.*\)|\[\]/g, '')
}

/** Whether the name of a type is PostgreSQL's own for certain, or `citext` that of the extension. */
export function isCertainType(typeName: unknown, context: Context): boolean {
  const parts = typeParts(typeName)
  const name = parts.at(-1) ?? ''
  const { domains = [], types = [], relations } = context.request.catalogue.data
  if (name === 'citext') return !context.isStale && types.every(type => type.name !== name || type.extension === name)
  if (!ownTypes.has(name)) return false
  if (parts.at(-2) === 'pg_catalog' || (context.isPrinted && parts.length === 1)) return true
  if (parts.length > 1 || context.isStale) return false
  // Temporary types come before PostgreSQL's own, and so does what the search path names before `pg_catalog`.
  const isAnyBefore = context.isPathUnknown || context.searchPath.indexOf('pg_catalog') > 0
  const isBefore = (other: { schema: string; name: string }): boolean =>
    other.name === name && (other.schema.startsWith('pg_temp') || (isAnyBefore && other.schema !== 'pg_catalog'))
  return !domains.some(isBefore) && !types.some(isBefore) && !relations.some(isBefore)
}

/** Refuses to make a masked value one of a type whose making is someone's own. */
export function forbidOwnType(value: Value, typeName: unknown, context: Context): void {
  const name = typeParts(typeName).at(-1) ?? ''
  if (!isMasked(value) || name === '') return
  if (!isCertainType(typeName, context) || value.sources.some(source => hasOwnCast(source, context)))
    context.forbidCopy(value, `making it a \`${name}\``)
}

/** The masked columns that a cast which someone added could give, whatever it is given. */
export function castSources(typeName: unknown, context: Context): Value {
  const name = typeParts(typeName).at(-1) ?? ''
  const { catalogue } = context.request
  const casts = context.ownCasts.filter(({ target }) => target === name || target.split('.').at(-1)?.replaceAll('"', '') === name)
  const routines = casts
    .flatMap(({ routine }) => catalogue.routines(routine.schema, routine.name))
    .filter(routine => !isOwnRoutine(routine))
  return derived(routines.map(routine => ({ ...clean, sources: routineSources(routine, context) })))
}

function typeParts(typeName: unknown): string[] {
  return nameParts(isFields(typeName) ? (fieldsOf(typeName, 'TypeName') ?? typeName)['names'] : [])
}
