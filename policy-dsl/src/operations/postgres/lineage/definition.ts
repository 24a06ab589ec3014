import { fieldsOf, isFields, list, nameParts, readNode, text, type Fields } from '../tree.ts'
import type { Context } from './context.ts'
import { columnsOf } from './masked-columns.ts'
import { nodesIn } from './nodes-in.ts'
import { mentionedInStatements, mentionedInText, routineSources } from './routines.ts'
import { clean, either, isMasked, type Column, type Source } from './value.ts'

/**
 * Holds a statement that answers no rows against the masks: it may not make a
 * second way to masked values, take the names away that the masks know them
 * by, or ask about them by failing. A kind that is not known is refused.
 */
export function readDefinition(kind: string, fields: Fields, context: Context): void {
  if (Object.hasOwn(checks, kind)) checks[kind]?.(fields, context)
  else if (!harmless.test(kind))
    throw context.refuse(`\`${kind}\` is not known well enough to say what it shows`, 'write it in another way')
}

/** Statements that change or say nothing of what a column holds. */
const harmless =
  /^(?:TransactionStmt|Constraints?SetStmt|DiscardStmt|NotifyStmt|ListenStmt|UnlistenStmt|LockStmt|LoadStmt|CheckPointStmt|VacuumStmt|ReindexStmt|DeallocateStmt|ClosePortalStmt|RefreshMatViewStmt|TruncateStmt|Drop\w*Stmt|Drop\w*|Grant\w*Stmt|AlterDefaultPrivilegesStmt|ReassignOwnedStmt|CreateRoleStmt|AlterRole\w*Stmt|CreatedbStmt|AlterDatabase\w*Stmt|AlterSystemStmt|CommentStmt|SecLabelStmt|AlterObjectDependsStmt|AlterOwnerStmt|CreateSeqStmt|AlterSeqStmt|CreateEnumStmt|AlterEnumStmt|CreateRangeStmt|CompositeTypeStmt|AlterStatsStmt|CreateExtensionStmt|AlterExtension\w*Stmt|CreateTableSpaceStmt|AlterTableSpace\w*Stmt|AlterTableMoveAllStmt|CreateAmStmt|AlterTS\w+Stmt|CreateOpFamilyStmt|AlterOpFamilyStmt|AlterFunctionStmt|AlterTypeStmt|AlterCollationStmt|VariableResetStmt|AlterEventTrigStmt|CreatePLangStmt|AlterPublicationDropStmt)$/

type Check = (fields: Fields, context: Context) => void

const checks: Record<string, Check> = {
  CreateStmt: (fields, context) => {
    forbidReference(fields, context)
    forbidCalls(fields, context)
    noteMade(fields, context)
    // Its defaults and constraints run when it is filled, which a later catalogue tells.
    if (nodesIn(fields).some(({ kind }) => kind === 'FuncCall')) context.after.alters ??= 'tables'
  },
  CreateDomainStmt: forbidCalls,
  AlterDomainStmt: readAlterDomain,
  IndexStmt: (fields, context) => {
    forbidExpressions(fields['relation'], [fields['indexParams'], fields['whereClause']], 'an index', context)
    forbidIndexed(fields, context)
    forbidCalls(fields, context)
  },
  AlterTableStmt: readAlterTable,
  RenameStmt: readRename,
  AlterObjectSchemaStmt: (fields, context) => {
    forbidTable(fields['relation'], 'moves it to another schema', context)
    forbidMoved(text(fields['objectType']), fields['object'], context)
  },
  ClusterStmt: (fields, context) => {
    // The rows would lie in the order of its index, and come in it.
    if (text(fields['indexname']) !== '') forbidTable(fields['relation'], 'would have its rows lie in the order of an index', context)
  },
  CreateStatsStmt: (fields, context) => {
    for (const relation of list(fields['relations'])) {
      const range = fieldsOf(relation, 'RangeVar')
      const expressions = list(fields['exprs']).map(element => fieldsOf(element, 'StatsElem')?.['expr'])
      forbidExpressions(range, expressions, 'statistics', context)
    }
    forbidCalls(fields, context)
  },
  CreateTrigStmt: (fields, context) => {
    const isQuiet = /^(?:pg_catalog\.)?suppress_redundant_updates_trigger$/.test(nameParts(fields['funcname']).join('.'))
    if (!isQuiet || context.isStale) forbidTable(fields['relation'], 'gives its rows to a trigger', context)
    forbidExpressions(fields['relation'], [fields['whenClause']], 'a trigger', context)
    forbidFunctions([fields['funcname']], context)
  },
  RuleStmt: (fields, context) => {
    forbidTable(fields['relation'], 'gives its rows to a rule', context)
    forbidMention(list(fields['actions']).concat(fields['whereClause']), 'a rule', context)
  },
  CreatePolicyStmt: forbidInPolicy,
  AlterPolicyStmt: forbidInPolicy,
  CreateFunctionStmt: readCreateFunction,
  CreatePublicationStmt: (fields, context) => forbidMention([fields], 'a publication', context),
  AlterPublicationStmt: (fields, context) => forbidMention([fields], 'a publication', context),
  CreateForeignTableStmt: forbidForeign,
  ImportForeignSchemaStmt: forbidForeign,
  CreateForeignServerStmt: forbidForeign,
  AlterForeignServerStmt: forbidForeign,
  CreateFdwStmt: forbidForeign,
  AlterFdwStmt: forbidForeign,
  CreateUserMappingStmt: forbidForeign,
  AlterUserMappingStmt: forbidForeign,
  CreateSubscriptionStmt: forbidForeign,
  AlterSubscriptionStmt: forbidForeign,
  CreateEventTrigStmt: (fields, context) => forbidFunctions([fields['funcname']], context),
  CreateCastStmt: (fields, context) => forbidFunctions([fields['func']], context),
  // What makes an index of their types is given every value.
  CreateOpClassStmt: (fields, context) =>
    forbidFunctions(
      list(fields['items']).map(item => fieldsOf(item, 'CreateOpClassItem')?.['name']),
      context,
    ),
  AlterOperatorStmt: (fields, context) =>
    forbidFunctions(
      list(fields['options']).map(option => fieldsOf(option, 'DefElem')?.['arg']),
      context,
    ),
  CreateConversionStmt: (fields, context) => forbidFunctions([fields['func_name']], context),
  CreateTransformStmt: (fields, context) => forbidFunctions([fields['fromsql'], fields['tosql']], context),
  // The functions of an aggregate, an operator or a type stand among its options.
  DefineStmt: (fields, context) => {
    forbidSystem(fields['defnames'], context)
    forbidFunctions(
      list(fields['definition']).map(option => fieldsOf(option, 'DefElem')?.['arg']),
      context,
    )
  },
}

/** What is PostgreSQL's own is told by its schema, so nobody else may put something there. */
function forbidSystem(name: unknown, context: Context): void {
  const parts = nameParts(name)
  if (parts.length > 1 && (parts.at(-2) === 'pg_catalog' || parts.at(-2) === 'information_schema'))
    throw context.refuse(`\`${parts.join('.')}\` would be taken for PostgreSQL's own`, 'make it in another schema')
}

/** A table that is made here, for the statements after it: nothing in it is masked, or its filling would be refused. */
function noteMade(create: Fields, context: Context): void {
  const elements = list(create['tableElts'])
  const names = elements.flatMap(element => text(fieldsOf(element, 'ColumnDef')?.['colname']) || [])
  const isAll = elements.every(element => fieldsOf(element, 'TableLikeClause') === null)
  const isOfOthers = list(create['inhRelations']).length > 0 || isFields(create['ofTypename']) || isFields(create['partbound'])
  const relation = isFields(create['relation']) ? readNode(create['relation'], 'relation').fields : {}
  if (isAll && !isOfOthers)
    context.made.set(
      text(relation['relname']),
      names.map(name => ({ name, value: clean })),
    )
}

function readAlterTable(alter: Fields, context: Context): void {
  for (const item of list(alter['cmds'])) {
    const command = fieldsOf(item, 'AlterTableCmd') ?? {}
    const kind = text(command['subtype'])
    if (/Partition|Inherit/.test(kind)) {
      forbidTable(alter['relation'], 'changes whose rows it has', context)
      forbidMention([command['def']], 'ALTER TABLE', context)
    }
    forbidExpressions(alter['relation'], [command['def']], 'ALTER TABLE', context)
    forbidRewrite(kind, text(command['name']), alter, context)
    if (kind === 'AT_ColumnDefault')
      for (const column of tableColumns(alter['relation'], context))
        if (column.name === command['name']) context.bind(command['def'], column.value)
    forbidConstraint(alter['relation'], command['def'], context)
    forbidReference(command, context)
    forbidCalls(command, context)
  }
}

/** Every value is given to a new type and to what a constraint calls, which answers by failing. */
function forbidRewrite(kind: string, column: string, alter: Fields, context: Context): void {
  const columns = tableColumns(alter['relation'], context)
  if (kind === 'AT_AlterColumnType') {
    forbidMasked(
      columns.filter(one => one.name === column),
      'gives every value of it to another type',
      context,
    )
    if (alter['objtype'] === 'OBJECT_TYPE') forbidTyped(alter['relation'], 'changes a type that it is of', context)
  }
  if (/^AT_Enable\w*Rule$/.test(kind))
    throw context.refuse('nothing is known of what a rule does that was disabled', 'ask somebody who may see every column to enable it')
  if (kind === 'AT_ValidateConstraint') forbidMasked(columns, 'holds its values against a constraint', context)
}

/** A constraint over a masked column is a question that is answered at once: whether values repeat, or are among others. */
function forbidConstraint(relation: unknown, definition: unknown, context: Context): void {
  const constraint = fieldsOf(definition, 'Constraint')
  if (!constraint) return
  const columns = tableColumns(relation, context)
  const names = [...nameParts(constraint['keys']), ...nameParts(constraint['fk_attrs'])]
  const excluded = nodesIn(constraint['exclusions']).flatMap(({ kind, fields }) => (kind === 'IndexElem' ? [text(fields['name'])] : []))
  for (const { name, value } of columns) {
    if (names.includes(name)) context.ask(value, 'equality', 'a constraint over it')
    if (excluded.includes(name)) context.ask(value, 'anything', 'a constraint over it')
    if (excluded.includes(name)) context.forbidCopy(value, 'giving it to the operators of a constraint')
  }
}

/** A unique index says whether values repeat; an index with operators of someone's own gives them every value. */
function forbidIndexed(index: Fields, context: Context): void {
  const columns = tableColumns(index['relation'], context)
  for (const item of [...list(index['indexParams']), ...list(index['excludeOpNames'])]) {
    const element = fieldsOf(item, 'IndexElem')
    const column = columns.find(one => one.name === text(element?.['name']))
    if (!column) continue
    if (index['unique'] === true) context.ask(column.value, 'equality', 'a unique index over it')
    const operators = nameParts(element?.['opclass'])
    const isOwn = operators.length === 1 || (operators.length === 2 && operators[0] === 'pg_catalog')
    const isKnown = isOwn && operatorClasses.test(operators.at(-1) ?? '') && !(context.isStale && operators.length === 1)
    if (operators.length > 0 && !isKnown) context.forbidCopy(column.value, 'an index with operators of its own')
  }
}

const operatorClasses =
  /^(?:(?:text|varchar|bpchar|name|char)(?:_pattern)?_ops|(?:int[248]|float[48]|numeric|money|bool|date|time|timetz|timestamp|timestamptz|interval|uuid|bytea|inet|cidr|macaddr8?|oid|bit|varbit|jsonb|jsonb_path|array|tsvector|range|network)_ops|\w+_(?:minmax|minmax_multi|bloom|inclusion)_ops|(?:gin|gist)_trgm_ops)$/

/** Columns of the type, in tables and in what else has rows of them. */
function forbidTyped(type: unknown, what: string, context: Context): void {
  const name = nameParts(type).at(-1) ?? (isFields(type) ? text(readNode(type, 'relation').fields['relname']) : '')
  const { data } = context.request.catalogue
  const names = new Set([name])
  // Domains over it, and over those.
  for (const one of names) for (const domain of data.domains ?? []) if (lastPart(domain.base) === one) names.add(domain.name)
  for (const relation of data.relations) {
    const at = relation.columns.flatMap((column, index) => (names.has(column.domain?.name ?? lastPart(column.type)) ? [index] : []))
    if (at.length === 0) continue
    const columns = columnsOf(relation, context)
    forbidMasked(
      at.flatMap(index => columns[index] ?? []),
      what,
      context,
    )
  }
}

/** The bare name of a type as the server prints it. */
function lastPart(type: string): string {
  return (
    type
      .replace(/\([^()]*\)|\[\]/g, '')
      .split('.')
      .at(-1) ?? ''
  ).replaceAll('"', '')
}

function readAlterDomain(alter: Fields, context: Context): void {
  forbidCalls(alter, context)
  // A default, or a constraint less, looks at no value.
  if (!/^[TNX]$/.test(text(alter['subtype']))) forbidTyped(alter['typeName'], 'holds its values against a constraint of its type', context)
}

/** A default, a check or an index calls a function later, when nobody follows what it returns. */
function forbidCalls(tree: Fields, context: Context): void {
  const calls = nodesIn(tree).flatMap(({ kind, fields }) => (kind === 'FuncCall' ? [{ FuncCall: { funcname: fields['funcname'] } }] : []))
  forbidMention(calls, 'it', context)
}

/** A foreign key to a masked column answers with every insert whether it has a value. */
function forbidReference(tree: Fields, context: Context): void {
  for (const { kind, fields } of nodesIn(tree)) {
    const table = fields['pktable']
    if (kind !== 'Constraint' || !isFields(table)) continue
    const names = nameParts(fields['pk_attrs'])
    for (const column of tableColumns(table, context))
      if (names.includes(column.name)) context.ask(column.value, 'equality', 'a foreign key to it')
  }
}

/** Expressions over the table's own columns: they copy, as a generated column does, or fail, as a check does. */
function forbidExpressions(relation: unknown, trees: unknown[], place: string, context: Context): void {
  const columns = tableColumns(relation, context)
  const masked = columns.filter(column => isMasked(column.value))
  if (masked.length === 0) return
  context.touchesMasked = true
  const name = isFields(relation) ? text(readNode(relation, '').fields['relname']) : ''
  for (const { kind, fields } of trees.flatMap(nodesIn)) {
    if (kind !== 'ColumnRef') continue
    const last = nameParts(fields['fields']).at(-1)
    const column = masked.find(one => one.name === last) ?? (last === name || last === undefined ? masked[0] : undefined)
    if (column) context.forbidCopy(column.value, `an expression of ${place}`)
  }
}

function readRename(rename: Fields, context: Context): void {
  const kind = text(rename['renameType'])
  if (kind === 'OBJECT_SCHEMA') {
    const { catalogue } = context.request
    const schema = text(rename['subname'])
    for (const relation of catalogue.data.relations)
      if (relation.schema === schema) forbidMasked(columnsOf(relation, context), 'renames its schema', context)
    for (const routine of catalogue.data.routines)
      if (routine.schema === schema) forbidSource(routineSources(routine, context), 'it', context)
  }
  forbidMoved(kind, rename['object'], context)
  if (kind === 'OBJECT_ATTRIBUTE') forbidTyped(rename['relation'], 'renames part of its type', context)
  if (!isFields(rename['relation'])) return
  const columns = tableColumns(rename['relation'], context)
  const isColumn = kind === 'OBJECT_COLUMN' || kind === 'OBJECT_ATTRIBUTE'
  if (isColumn)
    forbidMasked(
      columns.filter(column => column.name === text(rename['subname'])),
      'renames it',
      context,
    )
  else if (/TABLE|VIEW/.test(kind)) forbidMasked(columns, 'renames its table', context)
}

/** A routine is known by its name to read what it reads. */
function forbidMoved(kind: string, object: unknown, context: Context): void {
  if (!/FUNCTION|PROCEDURE|ROUTINE|AGGREGATE/.test(kind)) return
  forbidSystem(object, context)
  forbidFunctions([object], context)
}

function forbidTable(relation: unknown, what: string, context: Context): void {
  forbidMasked(tableColumns(relation, context), what, context)
}

function forbidMasked(columns: Column[], what: string, context: Context): void {
  const [source] = either(columns.map(column => column.value)).sources
  if (source)
    context.note(context.refuse(`\`${source.column}\` is masked, and this ${what}`, 'ask somebody who may see the column to do it', source))
}

function forbidInPolicy(policy: Fields, context: Context): void {
  const conditions = [policy['qual'], policy['with_check']]
  forbidExpressions(policy['table'], conditions, 'a policy', context)
  forbidMention(conditions, 'a policy', context)
}

function forbidMention(trees: unknown[], place: string, context: Context): void {
  forbidSource(mentionedInStatements(trees, context), place, context)
}

function forbidSource([source]: readonly Source[], place: string, context: Context): void {
  if (source)
    context.note(
      context.refuse(
        `${place} would read \`${source.column}\`, which is masked, where no mask follows`,
        'leave the table out of it, or name only tables without masked columns',
        source,
      ),
    )
}

function forbidForeign(_: Fields, context: Context): void {
  throw context.refuse('what comes from another server has no masks, even when it is this one again', 'query the tables of this server')
}

function forbidFunctions(names: unknown[], context: Context): void {
  const calls = names.map(name => ({ FuncCall: { funcname: nameParts(name).map(part => ({ String: { sval: part } })) } }))
  forbidMention(calls, 'it', context)
}

/** A function that a trigger gives the rows of a masked table to needs no name of it to copy them. */
function forbidTriggerFunction(name: string, context: Context): void {
  for (const relation of context.request.catalogue.data.relations)
    if (relation.triggers?.some(trigger => trigger.routine.name === name))
      forbidMasked(columnsOf(relation, context), `replaces a function that gets its rows`, context)
}

function readCreateFunction(create: Fields, context: Context): void {
  forbidSystem(create['funcname'], context)
  forbidTriggerFunction(nameParts(create['funcname']).at(-1) ?? '', context)
  const options = list(create['options']).map(option => fieldsOf(option, 'DefElem') ?? {})
  const option = (name: string): unknown => options.find(one => one['defname'] === name)?.['arg']
  const language = (nameParts(option('language'))[0] ?? 'sql').toLowerCase()
  const body = nameParts(option('as'))
  if (create['sql_body'] !== undefined) forbidMention([create['sql_body']], 'the function', context)
  else if (language === 'sql') {
    const syntax = context.request.parse(body.join('\n'))
    if (syntax.kind !== 'statements') throw context.refuse('the body of the function cannot be read', 'write it as plain SQL')
    forbidMention(syntax.statements, 'the function', context)
  } else if (language === 'plpgsql') forbidSource(mentionedInText(body.join('\n'), 'the function', context), 'the function', context)
  else throw context.refuse(`what a function in \`${language}\` does cannot be seen`, 'write it in SQL or PL/pgSQL')
  for (const { kind, fields } of nodesIn(create['parameters']))
    if (kind === 'FunctionParameter') forbidMention([fields['defexpr']], 'the function', context)
}

function tableColumns(relation: unknown, context: Context): Column[] {
  if (!isFields(relation)) return []
  const { fields } = readNode(relation, 'relation')
  return context.relations(text(fields['schemaname']) || null, text(fields['relname'])).flatMap(one => columnsOf(one, context))
}
