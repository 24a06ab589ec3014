import { fieldsOf, isFields, list, nameParts, readNode, text, type Fields } from '../tree.ts'
import { setsPath } from './alters-names.ts'
import { constantText, setSearchPath } from './call.ts'
import type { Context } from './context.ts'
import { readDefinition } from './definition.ts'
import { valueOf } from './expression.ts'
import { relationEntry, renamed } from './from.ts'
import type { AnswerPlan, ColumnPlan, CopyLayout } from './mask-plan.ts'
import { forbidGiving, mentionedInText } from './routines.ts'
import { uncounted } from './target.ts'
import { clean, derived, isMasked, planOf, type Column, type Value } from './value.ts'

/** What earlier statements of the same text have made. */
export interface Batch {
  prepared: Map<string, Fields>
  cursors: Map<string, Fields>
}

type Read = (fields: Fields, batch: Batch, context: Context) => AnswerPlan | null

/** Plans the answer of one statement; null when it answers no rows. */
export function readStatement(statement: Fields, batch: Batch, context: Context): AnswerPlan | null {
  return context.inside(() => {
    const { kind, fields } = readNode(statement, '')
    const read = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (read) return read(fields, batch, context)
    if (context.columnMasks.length === 0) return null
    if (kind === 'CreateSchemaStmt') for (const part of list(fields['schemaElts'])) if (isFields(part)) readStatement(part, batch, context)
    if (kind !== 'CreateSchemaStmt') readDefinition(kind, fields, context)
    return null
  })
}

const kinds: Record<string, Read> = {
  SelectStmt: (fields, _, context) => readSelect(fields, context),
  InsertStmt: (fields, _, context) => changed('InsertStmt', fields, context),
  UpdateStmt: (fields, _, context) => changed('UpdateStmt', fields, context),
  DeleteStmt: (fields, _, context) => changed('DeleteStmt', fields, context),
  MergeStmt: (fields, _, context) => changed('MergeStmt', fields, context),
  CopyStmt: (fields, _, context) => readCopy(fields, context),
  ExplainStmt: readExplain,
  PrepareStmt: readPrepare,
  ExecuteStmt: readExecute,
  DeclareCursorStmt: readDeclare,
  FetchStmt: readFetch,
  CreateTableAsStmt: readCreateAs,
  ViewStmt: (fields, _, context) =>
    copied(fields['query'], { place: 'CREATE VIEW', into: fields['view'], names: fields['aliases'] }, context),
  CallStmt: (fields, _, context) => readCall(fields, context),
  DoStmt: (fields, _, context) => readDo(fields, context),
  VariableSetStmt: (fields, _, context) => readSet(fields, context),
  // What was set in a transaction ends with it, or with what is rolled back.
  TransactionStmt: (fields, _, context) => {
    if (context.hasSetPath && !/BEGIN|START|SAVEPOINT$/.test(text(fields['kind']))) context.isPathUnknown = true
    return null
  },
  DiscardStmt: (_, __, context) => {
    context.isPathUnknown = true
    return null
  },
  VariableShowStmt: () => ({ columns: 'unknown-count' }),
}

/** Without column masks nothing has to be followed: only that rows come back is said. */
function answerOf(query: unknown, context: Context): AnswerPlan {
  if (context.columnMasks.length === 0) return { columns: 'unknown-count' }
  return planned(context.readers.query(context, query, null), context)
}

function readSelect(select: Fields, context: Context): AnswerPlan | null {
  const into = intoOf(select)
  if (!isFields(into)) return answerOf({ SelectStmt: select }, context)
  return copied({ SelectStmt: select }, { place: 'SELECT INTO', into: into['rel'], names: into['colNames'] }, context)
}

function planned(columns: Column[], context: Context): AnswerPlan {
  if (columns.some(column => column.isMore)) {
    const value = derived(columns.map(column => column.value))
    if (isMasked(value)) throw uncounted(value, context)
    return { columns: 'unknown-count' }
  }
  const plans: (ColumnPlan | null)[] = columns.map(column => planOf(column.value))
  if (plans.some(plan => plan !== null)) context.touchesMasked = true
  return { columns: plans }
}

function changed(kind: string, fields: Fields, context: Context): AnswerPlan | null {
  const returns = list(fields['returningList']).length > 0 || isFields(fields['returningClause'])
  const answer = answerOf({ [kind]: fields }, context)
  return returns ? answer : null
}

function copied(query: unknown, { place, into, names }: { place: string; into: unknown; names: unknown }, context: Context): null {
  if (context.columnMasks.length === 0) return null
  const columns = renamed(context.readers.query(context, query, null), nameParts(names))
  for (const { value } of columns) context.forbidCopy(value, place)
  const relation = isFields(into) ? readNode(into, 'relation').fields : {}
  context.made.set(text(relation['relname']), columns)
  return null
}

function intoOf(select: Fields): unknown {
  let arm: Fields = select
  while (isFields(arm['larg'])) arm = arm['larg']
  return arm['intoClause']
}

// --- COPY

function readCopy(copy: Fields, context: Context): AnswerPlan | null {
  if (copy['is_from'] === true) {
    if (context.columnMasks.length === 0) return null
    if (typeof copy['filename'] === 'string' || copy['is_program'] === true)
      throw context.refuse('what COPY reads on the server may be what is masked', 'copy from STDIN')
    if (isFields(copy['relation'])) {
      const { relation, schema } = relationEntry(copy['relation'], null, context)
      for (const one of context.relations(schema, relation ?? '')) forbidGiving(one, ['INSERT'], context)
    }
    return null
  }
  const isAway = typeof copy['filename'] === 'string' || copy['is_program'] === true
  const layout = copyLayout(copy['options'])
  if (context.columnMasks.length === 0) return isAway ? null : { columns: 'unknown-count', copy: { ...layout, columns: [] } }
  const columns = isFields(copy['query']) ? context.readers.query(context, copy['query'], null) : tableColumns(copy, context)
  if (!isAway) {
    forbidEncoding(copy['options'], columns, context)
    return { ...planned(columns, context), copy: { ...layout, columns: columns.map(column => column.name) } }
  }
  for (const { value } of columns) context.forbidCopy(value, 'COPY to a file or program')
  return null
}

function tableColumns(copy: Fields, context: Context): Column[] {
  const entry = relationEntry(isFields(copy['relation']) ? copy['relation'] : {}, null, context)
  const names = nameParts(copy['attlist'])
  if (names.length === 0) return entry.columns
  const reference = (name: string): unknown => ({ ColumnRef: { fields: [{ String: { sval: entry.alias } }, { String: { sval: name } }] } })
  const scope = { outer: null, ctes: new Map<string, Column[]>(), entries: [entry] }
  return names.map(name => ({ name, value: valueOf(reference(name), scope, context) }))
}

function copyOption(options: unknown, name: string): string | null {
  const found = list(options)
    .map(option => fieldsOf(option, 'DefElem'))
    .find(element => element?.['defname'] === name)
  if (!found) return null
  const boolean = fieldsOf(found['arg'], 'Boolean')
  return boolean ? String(boolean['boolval'] === true) : (nameParts(found['arg'])[0] ?? 'true')
}

function copyLayout(options: unknown): Omit<CopyLayout, 'columns'> {
  const named = copyOption(options, 'format')?.toLowerCase()
  const format = named === 'csv' || named === 'binary' ? named : 'text'
  const quote = copyOption(options, 'quote') ?? '"'
  const header = copyOption(options, 'header')
  return {
    format,
    delimiter: copyOption(options, 'delimiter') ?? (format === 'csv' ? ',' : '\t'),
    null: copyOption(options, 'null') ?? (format === 'csv' ? '' : '\\N'),
    quote,
    escape: copyOption(options, 'escape') ?? quote,
    hasHeader: header !== null && !['false', 'off', '0'].includes(header.toLowerCase()),
  }
}

/** Rows in another encoding than the connection's could not be told apart. */
function forbidEncoding(options: unknown, columns: Column[], context: Context): void {
  const encoding = copyOption(options, 'encoding')
  const [source] = derived(columns.map(column => column.value)).sources
  if (source && encoding !== null && !/^utf-?8$/i.test(encoding))
    throw context.refuse(`\`${source.column}\` cannot be masked in the encoding \`${encoding}\``, 'leave the option ENCODING out', source)
}

// --- statements about statements

function readExplain(explain: Fields, batch: Batch, context: Context): AnswerPlan {
  if (context.columnMasks.length === 0 || !isFields(explain['query'])) return { columns: 'unknown-count' }
  const { kind, fields } = readNode(explain['query'], '')
  const prepared = kind === 'ExecuteStmt' ? preparedStatement(fields, batch, context) : null
  // The plan of an IMMUTABLE function is its result: what it returns would stand in the text.
  const sources = context.calledSources(() => readStatement(prepared ?? { [kind]: fields }, batch, context))
  const [source] = sources
  if (source)
    throw context.refuse(
      `a plan may show what a function returns, and one here reads \`${source.column}\``,
      'explain the statement without calling the function',
      source,
    )
  return { columns: [null] }
}

function readPrepare(prepare: Fields, batch: Batch, context: Context): null {
  if (!isFields(prepare['query'])) return null
  batch.prepared.set(text(prepare['name']), prepare['query'])
  readStatement(prepare['query'], batch, context)
  return null
}

function readExecute(execute: Fields, batch: Batch, context: Context): AnswerPlan | null {
  if (context.columnMasks.length === 0) return { columns: 'unknown-count' }
  const statement = preparedStatement(execute, batch, context)
  for (const parameter of list(execute['params'])) {
    const value = valueOf(parameter, null, context)
    if (isMasked(value)) context.forbidCopy(value, 'EXECUTE')
  }
  const { answer, bound } = context.parametersOf(() =>
    context.elsewhere({ isMuted: false, searchPath: context.searchPath }, () => readStatement(statement, batch, context)),
  )
  for (const { parameter, source } of bound) context.bind(list(execute['params'])[parameter - 1], { ...clean, sources: [source] })
  return answer
}

function preparedStatement(execute: Fields, batch: Batch, context: Context): Fields {
  const name = text(execute['name'])
  return (
    batch.prepared.get(name) ??
    statementIn(context.request.prepared?.(name) ?? null, 'PrepareStmt', context) ??
    raise(context.refuse(`nothing is known of the prepared statement \`${name}\``, 'prepare it again in this session'))
  )
}

function readDeclare(declare: Fields, batch: Batch, context: Context): null {
  if (!isFields(declare['query'])) return null
  batch.cursors.set(text(declare['portalname']), declare['query'])
  answerOf(declare['query'], context)
  return null
}

function readFetch(fetch: Fields, batch: Batch, context: Context): AnswerPlan | null {
  if (fetch['ismove'] === true) return null
  if (context.columnMasks.length === 0) return { columns: 'unknown-count' }
  const name = text(fetch['portalname'])
  const statement =
    batch.cursors.get(name) ??
    statementIn(context.request.cursors?.(name) ?? null, 'DeclareCursorStmt', context) ??
    raise(context.refuse(`nothing is known of the cursor \`${name}\``, 'declare it again in this session'))
  return context.elsewhere({ isMuted: false, searchPath: context.searchPath }, () => readStatement(statement, batch, context))
}

/** The one statement of a text, without the PREPARE or DECLARE around it. */
function statementIn(body: string | null, wrapper: string, context: Context): Fields | null {
  const syntax = body === null ? null : context.request.parse(body)
  const [statement, ...more] = syntax?.kind === 'statements' ? syntax.statements : []
  if (!statement || more.length > 0) return null
  const inner = fieldsOf(statement, wrapper)?.['query']
  return isFields(inner) ? inner : statement
}

function raise(error: Error): never {
  throw error
}

// --- statements that keep or run something

function readCreateAs(create: Fields, batch: Batch, context: Context): null {
  if (context.columnMasks.length === 0 || !isFields(create['query'])) return null
  const { kind, fields } = readNode(create['query'], '')
  const query = kind === 'ExecuteStmt' ? preparedStatement(fields, batch, context) : create['query']
  const place = create['objtype'] === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS'
  const into = isFields(create['into']) ? create['into'] : {}
  return copied(query, { place, into: into['rel'], names: into['colNames'] }, context)
}

function readCall(call: Fields, context: Context): AnswerPlan {
  if (context.columnMasks.length === 0) return { columns: 'unknown-count' }
  const value: Value = valueOf({ FuncCall: call['funccall'] }, null, context)
  return planned([{ name: '*', value, isMore: true }], context)
}

function readDo(block: Fields, context: Context): null {
  if (context.columnMasks.length === 0) return null
  const option = (name: string): unknown =>
    list(block['args'])
      .map(argument => fieldsOf(argument, 'DefElem'))
      .find(element => element?.['defname'] === name)?.['arg']
  const language = nameParts(option('language'))[0] ?? 'plpgsql'
  if (language !== 'plpgsql') throw context.refuse(`what DO in \`${language}\` does cannot be seen`, 'write the statements by themselves')
  const [source] = mentionedInText(nameParts(option('as')).join('\n'), 'the DO block', context)
  if (source) context.bindEverything(source)
  if (source)
    throw context.refuse(`a DO block could copy \`${source.column}\`, which is masked`, 'write the statements by themselves', source)
  return null
}

function readSet(set: Fields, context: Context): null {
  if (!setsPath(set)) return null
  context.hasSetPath = true
  if (text(set['name']).toLowerCase() !== 'search_path') {
    context.isPathUnknown = true
    return null
  }
  const parts = list(set['args']).map(constantText)
  if (text(set['kind']) !== 'VAR_SET_VALUE') {
    context.searchPath = context.request.catalogue.data.searchPath
    context.isPathUnknown = true
  } else setSearchPath(parts.includes(null) ? null : parts.join(','), context)
  return null
}
