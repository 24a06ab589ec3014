import { fieldsOf, isFields, list, nameParts, optionValue, tableName, tableParts, text, type Fields } from './tree.ts'
import type { Names } from './conditions/condition-scope.ts'
import { isLimited, withCtes } from './conditions/subqueries.ts'
import { meetsEveryRow, picksRows, type Choice } from './where.ts'

/** What one kind of statement says of itself; the walk finds the rest inside it. */
export interface Description {
  verb: string
  object?: string
  /** Names of tables, in words: a schema where one was written, then the table. */
  tables?: string[][]
  columns?: string[]
  /** Columns of the target whose values it takes, `*` for all; the walk finds those in its expressions. */
  reads?: string[]
  /** Columns of the target whose values it changes, `*` for all. */
  writes?: string[]
  hasWhere?: boolean
  hasLimit?: boolean
  /** The table whose rows it changes: a real one, even where a CTE has its name. */
  target?: string[]
  /** Its tables are made by it, so what the catalogue has under their names is something else. */
  isNew?: boolean
  /** What everything inside it stands in, when that is more than its verb. */
  label?: string
  /** It changes rows of the table that the statement around it names. */
  isActionOfOuter?: boolean
  /** Fields that the description has spoken for. */
  spoken?: string[]
  /** It only looks at the statement inside it, which does not run. */
  isStudy?: boolean
}

type Describe = (fields: Fields, names: Names, outer: Fields | null) => Description

/**
 * Tells what a statement does, or null for a node that is not a statement. A
 * kind we do not know is `UNPARSED`. `outer` is the statement around it.
 */
export function describe(kind: string, fields: Fields, names: Names, outer: Fields | null): Description | null {
  const known = families.get(kind)
  if (known) return known(fields, names, outer)
  return kind.endsWith('Stmt') && !notStatements.has(kind) ? { verb: 'UNPARSED' } : null
}

/** Parts of statements and of function bodies that the grammar calls statements. */
const notStatements = new Set(['RawStmt', 'ReturnStmt', 'PLAssignStmt', 'SetOperationStmt', 'ReplicaIdentityStmt'])

const queries: Record<string, Describe> = {
  SelectStmt: fields => ({ verb: 'SELECT', hasLimit: hasLimit(fields) }),
  InsertStmt: fields => ({ ...changing('INSERT', fields, fields['cols']), writes: inserted(fields['cols']) }),
  UpdateStmt: (fields, names) => ({
    ...changing('UPDATE', fields, fields['targetList']),
    writes: targetNames(fields['targetList']),
    hasWhere: picks(fields, { beside: list(fields['fromClause']), conditions: [fields['whereClause']] }, names),
  }),
  DeleteStmt: (fields, names) => ({
    ...changing('DELETE', fields, []),
    hasWhere: picks(fields, { beside: list(fields['usingClause']), conditions: [fields['whereClause']] }, names),
  }),
  MergeStmt: fields => changing('MERGE', fields, []),
  // The two that stand inside another statement and change rows all the same.
  MergeWhenClause: (fields, names, outer) => mergeAction(fields, names, outer ?? {}),
  OnConflictClause: (fields, names, outer) =>
    fields['action'] === 'ONCONFLICT_UPDATE'
      ? {
          verb: 'UPDATE',
          columns: targetNames(fields['targetList']),
          writes: targetNames(fields['targetList']),
          // Without a condition of its own, the rows that are there already pick those they meet.
          hasWhere: !meetsEveryRow(outer ?? {}, names) || picks(outer ?? {}, { beside: [], conditions: [fields['whereClause']] }, names),
          isActionOfOuter: true,
        }
      : { verb: '' },
  CopyStmt: fields => copy(fields),
  CallStmt: fields => {
    const call = fields['funccall']
    return { verb: 'CALL', object: isFields(call) ? dotted(call['funcname']) : '' }
  },
  DoStmt: fields => ({ verb: 'DO', object: dotted(optionValue(fields['args'], 'language')) || 'plpgsql', label: 'DO' }),
}

const wrappers: Record<string, Describe> = {
  ExplainStmt: fields => ({ verb: 'EXPLAIN', isStudy: !runsInside(fields['options']) }),
  PrepareStmt: fields => ({ verb: 'PREPARE', object: text(fields['name']) }),
  ExecuteStmt: fields => ({ verb: 'EXECUTE', object: text(fields['name']) }),
  DeallocateStmt: fields => ({ verb: 'DEALLOCATE', object: text(fields['name']) || 'all' }),
  DeclareCursorStmt: fields => ({ verb: 'DECLARE', object: text(fields['portalname']) }),
  FetchStmt: fields => ({ verb: fields['ismove'] === true ? 'MOVE' : 'FETCH', object: text(fields['portalname']) }),
  ClosePortalStmt: fields => ({ verb: 'CLOSE', object: text(fields['portalname']) || 'all' }),
  CreateTableAsStmt: () => ({ verb: 'CREATE' }),
  IntoClause: () => ({ verb: 'CREATE' }),
  ViewStmt: fields => ({
    verb: 'CREATE',
    columns: nameLists(fields['aliases']),
    ...labelled('view', isFields(fields['view']) ? tableName(fields['view']) : ''),
  }),
  RefreshMatViewStmt: () => ({ verb: 'REFRESH' }),
}

const session: Record<string, Describe> = {
  TransactionStmt: fields => ({
    verb: transactionVerbs[text(fields['kind'])] ?? 'UNPARSED',
    ...object(text(fields['savepoint_name']) || text(fields['gid'])),
  }),
  VariableSetStmt: fields => ({
    verb: text(fields['kind']).startsWith('VAR_RESET') ? 'RESET' : 'SET',
    object: text(fields['name']).toLowerCase() || 'all',
  }),
  VariableShowStmt: fields => ({ verb: 'SHOW', object: text(fields['name']).toLowerCase() }),
  ConstraintsSetStmt: () => ({ verb: 'SET', object: 'constraints', spoken: ['constraints'] }),
  DiscardStmt: fields => ({ verb: 'DISCARD', object: text(fields['target']).replace('DISCARD_', '').toLowerCase() }),
  NotifyStmt: fields => ({ verb: 'NOTIFY', object: text(fields['conditionname']) }),
  ListenStmt: fields => ({ verb: 'LISTEN', object: text(fields['conditionname']) }),
  UnlistenStmt: fields => ({ verb: 'UNLISTEN', object: text(fields['conditionname']) || 'all' }),
  LockStmt: () => ({ verb: 'LOCK' }),
  LoadStmt: fields => ({ verb: 'LOAD', object: text(fields['filename']) }),
  CheckPointStmt: () => ({ verb: 'CHECKPOINT' }),
  VacuumStmt: fields => ({ verb: fields['is_vacuumcmd'] === true ? 'VACUUM' : 'ANALYZE' }),
  ClusterStmt: fields => ({ verb: 'CLUSTER', ...object(named('index', fields['indexname'])) }),
  ReindexStmt: fields =>
    fields['kind'] === 'REINDEX_OBJECT_INDEX' && isFields(fields['relation'])
      ? { verb: 'REINDEX', object: `index ${tableName(fields['relation'])}`, spoken: ['relation'] }
      : { verb: 'REINDEX', ...object(text(fields['name'])) },
}

const rights: Record<string, Describe> = {
  GrantStmt: fields => ({
    verb: fields['is_grant'] === true ? 'GRANT' : 'REVOKE',
    ...object(granted(fields)),
    ...(fields['objtype'] === 'OBJECT_TABLE' ? {} : { spoken: ['objects'] }),
  }),
  GrantRoleStmt: fields => ({
    verb: fields['is_grant'] === true ? 'GRANT' : 'REVOKE',
    object: `role ${list(fields['granted_roles'])
      .map(role => text(fieldsOf(role, 'AccessPriv')?.['priv_name']))
      .join(', ')}`,
  }),
  AlterDefaultPrivilegesStmt: () => ({ verb: 'ALTER', object: 'default privileges' }),
  DropOwnedStmt: fields => ({ verb: 'DROP', object: `owned by ${roles(fields['roles'])}` }),
  ReassignOwnedStmt: fields => ({ verb: 'REASSIGN', object: `owned by ${roles(fields['roles'])}` }),
  DropRoleStmt: fields => ({ verb: 'DROP', object: `role ${roles(fields['roles'])}` }),
  CreateRoleStmt: fields => ({ verb: 'CREATE', object: `role ${text(fields['role'])}` }),
  AlterRoleStmt: fields => ({ verb: 'ALTER', object: `role ${role(fields['role'])}` }),
  AlterRoleSetStmt: fields => ({ verb: 'ALTER', object: `role ${role(fields['role']) || 'all'}` }),
}

const definitions: Record<string, Describe> = {
  CreateStmt: fields => ({ verb: 'CREATE', tables: [relationParts(fields['relation'])], isNew: true, spoken: ['relation'] }),
  CreateForeignTableStmt: () => ({ verb: 'CREATE' }),
  AlterTableStmt: () => ({ verb: 'ALTER' }),
  TruncateStmt: () => ({ verb: 'TRUNCATE' }),
  DropStmt: fields =>
    combine(
      'DROP',
      list(fields['objects']).map(one => schemaObject(fields['removeType'], one)),
    ),
  CommentStmt: fields => combine('COMMENT', [schemaObject(fields['objtype'], fields['object'])]),
  SecLabelStmt: fields => combine('SECURITY LABEL', [schemaObject(fields['objtype'], fields['object'])]),
  RenameStmt: fields => rename(fields),
  AlterObjectSchemaStmt: fields =>
    fields['relation'] ? { verb: 'ALTER' } : combine('ALTER', [schemaObject(fields['objectType'], fields['object'])]),
  AlterObjectDependsStmt: fields =>
    fields['relation'] ? { verb: 'ALTER' } : combine('ALTER', [schemaObject(fields['objectType'], fields['object'])]),
  AlterOwnerStmt: fields => combine('ALTER', [schemaObject(fields['objectType'], fields['object'])]),
  AlterExtensionContentsStmt: fields => ({ verb: 'ALTER', object: `extension ${text(fields['extname'])}` }),
  DefineStmt: fields => ({ verb: 'CREATE', object: `${word(fields['kind'])} ${dotted(fields['defnames'])}` }),
  CreateFunctionStmt: fields => ({
    verb: 'CREATE',
    object: `${fields['is_procedure'] === true ? 'procedure' : 'function'} ${dotted(fields['funcname'])}`,
    label: `function ${dotted(fields['funcname'])}`,
  }),
  AlterFunctionStmt: fields => ({
    verb: 'ALTER',
    object: `function ${isFields(fields['func']) ? dotted(fields['func']['objname']) : ''}`,
  }),
  CompositeTypeStmt: fields => ({
    verb: 'CREATE',
    object: `type ${isFields(fields['typevar']) ? tableName(fields['typevar']) : ''}`,
    spoken: ['typevar', 'coldeflist'],
  }),
  CreateSeqStmt: fields => ({
    verb: 'CREATE',
    object: `sequence ${isFields(fields['sequence']) ? tableName(fields['sequence']) : ''}`,
    spoken: ['sequence'],
  }),
  AlterSeqStmt: fields => ({
    verb: 'ALTER',
    object: `sequence ${isFields(fields['sequence']) ? tableName(fields['sequence']) : ''}`,
    spoken: ['sequence'],
  }),
  AlterSystemStmt: fields => ({
    verb: 'ALTER',
    object: `system ${isFields(fields['setstmt']) ? text(fields['setstmt']['name']) || 'all' : ''}`,
  }),
  ImportForeignSchemaStmt: fields => ({ verb: 'IMPORT', object: `schema ${text(fields['remote_schema'])}` }),
  CreateCastStmt: () => ({ verb: 'CREATE', object: 'cast' }),
  CreateTransformStmt: fields => ({ verb: 'CREATE', object: `transform ${text(fields['lang'])}` }),
  AlterOperatorStmt: () => ({ verb: 'ALTER', object: 'operator' }),
  ...plain('CREATE', 'schema', 'schemaname', ['CreateSchemaStmt']),
  ...plain('CREATE', 'tablespace', 'tablespacename', ['CreateTableSpaceStmt']),
  ...plain('DROP', 'tablespace', 'tablespacename', ['DropTableSpaceStmt']),
  ...plain('ALTER', 'tablespace', 'tablespacename', ['AlterTableSpaceOptionsStmt']),
  ...plain('ALTER', 'tablespace', 'orig_tablespacename', ['AlterTableMoveAllStmt']),
  ...plain('CREATE', 'extension', 'extname', ['CreateExtensionStmt']),
  ...plain('ALTER', 'extension', 'extname', ['AlterExtensionStmt']),
  ...plain('CREATE', 'foreign data wrapper', 'fdwname', ['CreateFdwStmt']),
  ...plain('ALTER', 'foreign data wrapper', 'fdwname', ['AlterFdwStmt']),
  ...plain('CREATE', 'server', 'servername', ['CreateForeignServerStmt']),
  ...plain('ALTER', 'server', 'servername', ['AlterForeignServerStmt']),
  ...plain('CREATE', 'user mapping', 'servername', ['CreateUserMappingStmt']),
  ...plain('ALTER', 'user mapping', 'servername', ['AlterUserMappingStmt']),
  ...plain('DROP', 'user mapping', 'servername', ['DropUserMappingStmt']),
  ...labelledPlain('CREATE', 'policy', 'policy_name', ['CreatePolicyStmt']),
  ...labelledPlain('ALTER', 'policy', 'policy_name', ['AlterPolicyStmt']),
  ...plain('CREATE', 'access method', 'amname', ['CreateAmStmt']),
  ...plain('CREATE', 'trigger', 'trigname', ['CreateTrigStmt']),
  ...plain('CREATE', 'event trigger', 'trigname', ['CreateEventTrigStmt']),
  ...plain('ALTER', 'event trigger', 'trigname', ['AlterEventTrigStmt']),
  ...plain('CREATE', 'language', 'plname', ['CreatePLangStmt']),
  ...labelledPlain('CREATE', 'rule', 'rulename', ['RuleStmt']),
  ...plain('CREATE', 'index', 'idxname', ['IndexStmt']),
  ...plain('CREATE', 'statistics', 'defnames', ['CreateStatsStmt']),
  ...plain('ALTER', 'statistics', 'defnames', ['AlterStatsStmt']),
  ...plain('CREATE', 'domain', 'domainname', ['CreateDomainStmt']),
  ...plain('ALTER', 'domain', 'typeName', ['AlterDomainStmt']),
  ...plain('CREATE', 'type', 'typeName', ['CreateEnumStmt', 'CreateRangeStmt']),
  ...plain('ALTER', 'type', 'typeName', ['AlterEnumStmt', 'AlterTypeStmt']),
  ...plain('CREATE', 'operator class', 'opclassname', ['CreateOpClassStmt']),
  ...plain('CREATE', 'operator family', 'opfamilyname', ['CreateOpFamilyStmt']),
  ...plain('ALTER', 'operator family', 'opfamilyname', ['AlterOpFamilyStmt']),
  ...plain('ALTER', 'collation', 'collname', ['AlterCollationStmt']),
  ...plain('CREATE', 'conversion', 'conversion_name', ['CreateConversionStmt']),
  ...plain('ALTER', 'text search dictionary', 'dictname', ['AlterTSDictionaryStmt']),
  ...plain('ALTER', 'text search configuration', 'cfgname', ['AlterTSConfigurationStmt']),
  ...plain('CREATE', 'database', 'dbname', ['CreatedbStmt']),
  ...plain('ALTER', 'database', 'dbname', ['AlterDatabaseStmt', 'AlterDatabaseRefreshCollStmt', 'AlterDatabaseSetStmt']),
  ...plain('DROP', 'database', 'dbname', ['DropdbStmt']),
  ...plain('CREATE', 'publication', 'pubname', ['CreatePublicationStmt']),
  ...plain('ALTER', 'publication', 'pubname', ['AlterPublicationStmt']),
  ...plain('CREATE', 'subscription', 'subname', ['CreateSubscriptionStmt']),
  ...plain('ALTER', 'subscription', 'subname', ['AlterSubscriptionStmt']),
  ...plain('DROP', 'subscription', 'subname', ['DropSubscriptionStmt']),
}

const families = new Map(Object.entries({ ...queries, ...wrappers, ...session, ...rights, ...definitions }))

const transactionVerbs: Record<string, string> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK TO',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
}

/** A statement that changes rows of one table. Names in its target list are columns, not aliases. */
function changing(verb: string, fields: Fields, columns: unknown): Description {
  const target = relationParts(fields['relation'])
  return { verb, target, tables: [target], columns: targetNames(columns), spoken: ['relation'] }
}

/** INSERT without a list of columns gives every column a value. */
function inserted(columns: unknown): string[] {
  const names = targetNames(columns)
  return names.length > 0 ? names : ['*']
}

function copy(fields: Fields): Description {
  const columns = nameLists(fields['attlist'])
  const object = copyEnds(fields)
  if (!isFields(fields['relation'])) return { verb: 'COPY', object, columns }
  const target = relationParts(fields['relation'])
  const touched = columns.length > 0 ? columns : ['*']
  const moved = fields['is_from'] === true ? { writes: touched } : { reads: touched }
  return { verb: 'COPY', object, columns, target, tables: [target], ...moved, spoken: ['relation'] }
}

/** Whether a constant limits the rows of a SELECT. Ties come without a limit, and NULL is none. */
function hasLimit(fields: Fields): boolean {
  return fields['limitCount'] === undefined ? !('fromClause' in fields) && !('larg' in fields) : isLimited(fields)
}

const mergeVerbs: Record<string, string> = { CMD_INSERT: 'INSERT', CMD_UPDATE: 'UPDATE', CMD_DELETE: 'DELETE' }

/** Whether conditions limit the rows of the statement's own table. */
function picks(statement: Fields, { beside, conditions }: Pick<Choice, 'beside' | 'conditions'>, names: Names): boolean {
  const target = isFields(statement['relation']) ? statement['relation'] : null
  return picksRows({ target, beside, conditions }, withCtes(statement, names))
}

function mergeAction(fields: Fields, names: Names, merge: Fields): Description {
  const verb = mergeVerbs[text(fields['commandType'])] ?? ''
  const columns = targetNames(fields['targetList'])
  if (verb === 'INSERT') return { verb, columns, writes: inserted(fields['targetList']), isActionOfOuter: true }
  // The join's condition picks the rows that match; a row that matches nothing is picked by nothing.
  const isMatched = fields['matchKind'] === 'MERGE_WHEN_MATCHED'
  const conditions = [...(isMatched ? [merge['joinCondition']] : []), fields['condition']]
  const hasWhere = picks(merge, { beside: [merge['sourceRelation']], conditions }, names)
  return { verb, columns, writes: columns, isActionOfOuter: true, ...(verb === '' ? {} : { hasWhere }) }
}

function targetNames(targets: unknown): string[] {
  return list(targets).flatMap(target => text(fieldsOf(target, 'ResTarget')?.['name']) || [])
}

function copyEnds(fields: Fields): string {
  const direction = fields['is_from'] === true ? 'FROM' : 'TO'
  if (fields['is_program'] === true) return `${direction} PROGRAM`
  if (typeof fields['filename'] === 'string') return `${direction} FILE`
  return fields['is_from'] === true ? 'FROM STDIN' : 'TO STDOUT'
}

/** Whether EXPLAIN runs what it explains. Any ANALYZE that is not plainly off counts. */
function runsInside(options: unknown): boolean {
  return list(options).some(option => {
    const element = fieldsOf(option, 'DefElem')
    return text(element?.['defname']).toLowerCase() === 'analyze' && !isPlainlyOff(element?.['arg'])
  })
}

function isPlainlyOff(value: unknown): boolean {
  const word = fieldsOf(value, 'String')
  if (word) return ['off', 'false', '0', 'no'].includes(text(word['sval']).toLowerCase())
  const integer = fieldsOf(value, 'Integer')
  if (integer) return integer['ival'] === undefined || integer['ival'] === 0
  const boolean = fieldsOf(value, 'Boolean')
  return boolean !== null && boolean['boolval'] !== true
}

const relationTypes = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE'])
/** Things that belong to a table and are named after it: `table, name`. */
const tablePieces = new Set(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE', 'OBJECT_TABCONSTRAINT', 'OBJECT_COLUMN'])

function schemaObject(type: unknown, name: unknown): Named {
  const parts = nameParts(name)
  if (relationTypes.has(text(type))) return { tables: [parts] }
  if (tablePieces.has(text(type)) && parts.length > 1) {
    const table = parts.slice(0, -1)
    const last = parts.at(-1) ?? ''
    return type === 'OBJECT_COLUMN' ? { tables: [table], columns: [last] } : { tables: [table], object: `${word(type)} ${last}` }
  }
  return { object: `${word(type)} ${parts.join('.')}`.trim() }
}

type Named = Pick<Description, 'object' | 'tables' | 'columns'>

function combine(verb: string, objects: Named[]): Description {
  return {
    verb,
    ...object(objects.flatMap(one => one.object ?? []).join(', ')),
    tables: objects.flatMap(one => one.tables ?? []),
    columns: objects.flatMap(one => one.columns ?? []),
    // What is named is spoken for: a name in a list is not a table to the walk.
    spoken: ['objects', 'object'],
  }
}

/** Both names of what is renamed count, for a table that gets a name is touched under it. */
function rename(fields: Fields): Description {
  const newName = text(fields['newname'])
  const relation = isFields(fields['relation']) ? fields['relation'] : null
  if (!relation) return combine('ALTER', [schemaObject(fields['renameType'], fields['object'])])
  if (relationTypes.has(text(fields['renameType'])))
    return { verb: 'ALTER', tables: [tableParts(relation), tableParts({ ...relation, relname: newName })] }
  if (fields['renameType'] === 'OBJECT_COLUMN') return { verb: 'ALTER', columns: [text(fields['subname']), newName] }
  return { verb: 'ALTER', object: `${word(fields['renameType'])} ${text(fields['subname']) || tableName(relation)}`.trim() }
}

function granted(fields: Fields): string {
  const type = word(fields['objtype'])
  if (fields['targtype'] === 'ACL_TARGET_ALL_IN_SCHEMA') return `all ${type}s in schema ${dottedEach(fields['objects'])}`
  return type === 'table' ? '' : `${type} ${dottedEach(fields['objects'])}`
}

function plain(verb: string, objectWord: string, nameField: string, kinds: string[]): Record<string, Describe> {
  const describeOne: Describe = fields => ({ verb, object: `${objectWord} ${dotted(fields[nameField])}`.trim() })
  return Object.fromEntries(kinds.map(kind => [kind, describeOne]))
}

function labelledPlain(verb: string, objectWord: string, nameField: string, kinds: string[]): Record<string, Describe> {
  const describeOne: Describe = fields => ({
    verb,
    object: `${objectWord} ${dotted(fields[nameField])}`,
    ...labelled(objectWord, dotted(fields[nameField])),
  })
  return Object.fromEntries(kinds.map(kind => [kind, describeOne]))
}

function labelled(word: string, name: string): { label: string } {
  return { label: `${word} ${name}` }
}

function relationParts(relation: unknown): string[] {
  return isFields(relation) ? tableParts(relation) : []
}

function object(name: string): { object?: string } {
  return name === '' ? {} : { object: name }
}

function named(objectWord: string, name: unknown): string {
  return typeof name === 'string' && name !== '' ? `${objectWord} ${name}` : ''
}

function word(type: unknown): string {
  return text(type).replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ')
}

function dotted(name: unknown): string {
  return nameParts(name).join('.')
}

function dottedEach(names: unknown): string {
  return list(names)
    .map(name => (isFields(name) && fieldsOf(name, 'RangeVar') ? tableName(fieldsOf(name, 'RangeVar') ?? {}) : dotted(name)))
    .join(', ')
}

function nameLists(names: unknown): string[] {
  return list(names).flatMap(nameParts)
}

function role(spec: unknown): string {
  const fields = isFields(spec) ? (fieldsOf(spec, 'RoleSpec') ?? spec) : {}
  return text(fields['rolename']) || text(fields['roletype']).replace('ROLESPEC_', '').toLowerCase()
}

function roles(specs: unknown): string {
  return list(specs).map(role).join(', ')
}
