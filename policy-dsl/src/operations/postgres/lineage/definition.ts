import { fieldsOf, isFields, list, nameParts, readNode, text, type Fields } from '../tree.ts'
import type { Context } from './context.ts'
import { columnsOf } from './masked-columns.ts'
import { mentionedInStatements, mentionedInText } from './routines.ts'
import { either, isMasked, type Column, type Source } from './value.ts'

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
  /^(?:TransactionStmt|Constraints?SetStmt|DiscardStmt|NotifyStmt|ListenStmt|UnlistenStmt|LockStmt|LoadStmt|CheckPointStmt|VacuumStmt|ClusterStmt|ReindexStmt|DeallocateStmt|ClosePortalStmt|RefreshMatViewStmt|TruncateStmt|Drop\w*Stmt|Drop\w*|Grant\w*Stmt|AlterDefaultPrivilegesStmt|ReassignOwnedStmt|CreateRoleStmt|AlterRole\w*Stmt|CreatedbStmt|AlterDatabase\w*Stmt|AlterSystemStmt|CommentStmt|SecLabelStmt|AlterObjectDependsStmt|AlterOwnerStmt|CreateSeqStmt|AlterSeqStmt|CreateEnumStmt|AlterEnumStmt|CreateRangeStmt|CompositeTypeStmt|AlterTypeStmt|CreateStatsStmt|AlterStatsStmt|CreateExtensionStmt|AlterExtension\w*Stmt|AlterOperatorStmt|AlterFunctionStmt|CreateTableSpaceStmt|AlterTableSpace\w*Stmt|AlterTableMoveAllStmt|CreateAmStmt|AlterTS\w+Stmt|CreateOpClassStmt|CreateOpFamilyStmt|AlterOpFamilyStmt|AlterCollationStmt|VariableResetStmt|AlterEventTrigStmt|CreatePLangStmt|AlterPublicationDropStmt)$/

type Check = (fields: Fields, context: Context) => void

const checks: Record<string, Check> = {
  CreateStmt: (fields, context) => {
    forbidReference(fields, context)
    forbidCalls(fields, context)
  },
  CreateDomainStmt: forbidCalls,
  AlterDomainStmt: forbidCalls,
  IndexStmt: (fields, context) => {
    forbidExpressions(fields['relation'], [fields['indexParams'], fields['whereClause']], 'an index', context)
    forbidCalls(fields, context)
  },
  AlterTableStmt: readAlterTable,
  RenameStmt: readRename,
  AlterObjectSchemaStmt: (fields, context) => forbidTable(fields['relation'], 'moves it to another schema', context),
  CreateTrigStmt: (fields, context) => forbidTable(fields['relation'], 'gives its rows to a trigger', context),
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
  CreateConversionStmt: (fields, context) => forbidFunctions([fields['func_name']], context),
  CreateTransformStmt: (fields, context) => forbidFunctions([fields['fromsql'], fields['tosql']], context),
  // The functions of an aggregate, an operator or a type stand among its options.
  DefineStmt: (fields, context) =>
    forbidFunctions(
      list(fields['definition']).map(option => fieldsOf(option, 'DefElem')?.['arg']),
      context,
    ),
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
    forbidReference(command, context)
    forbidCalls(command, context)
  }
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
  }
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

function nodesIn(tree: unknown): { kind: string; fields: Fields }[] {
  const found: { kind: string; fields: Fields }[] = []
  const waiting: { value: unknown; field: string }[] = [{ value: tree, field: '' }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, field } = next
    if (Array.isArray(value)) for (const element of value as unknown[]) waiting.push({ value: element, field })
    if (!isFields(value)) continue
    const node = readNode(value, field)
    found.push(node)
    for (const key of Object.keys(node.fields))
      if (typeof node.fields[key] === 'object') waiting.push({ value: node.fields[key], field: key })
  }
  return found
}
