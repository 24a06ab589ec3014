import { fieldsOf, isFields, list, readNode, text, type Fields } from '../tree.ts'
import { nodesIn } from './nodes-in.ts'
import { ownTypes } from './functions.ts'

/**
 * Whether a statement may change what names mean to those after it, before a
 * catalogue is read again: `tables` when it is only which table a name finds,
 * `all` when it is functions, operators, types or casts too.
 */
export function altersNames(statement: Fields): 'tables' | 'all' | null {
  const { kind, fields } = readNode(statement, '')
  if (kind === 'RenameStmt' || kind === 'AlterObjectSchemaStmt')
    return tables.test(text(fields['renameType'] ?? fields['objectType'])) ? 'tables' : 'all'
  if (kind === 'DropStmt') return nameless.test(text(fields['removeType'])) ? null : 'tables'
  if (kind === 'AlterTableStmt') return list(fields['cmds']).some(runsCode) ? 'tables' : null
  if (kind === 'DropOwnedStmt') return 'tables'
  if (kind === 'DiscardStmt') return 'tables'
  if (kind === 'CreateStmt' || kind === 'ViewStmt' || kind === 'CreateTableAsStmt' || kind === 'SelectStmt') return madeName(kind, fields)
  if (kind === 'CreateSchemaStmt') return list(fields['schemaElts']).length > 0 ? 'all' : null
  return makers.test(kind) ? 'all' : null
}

/** Constraints, defaults and what a new type asks for run for every row, and may set where names are looked for. */
function runsCode(command: unknown): boolean {
  const subtype = text(fieldsOf(command, 'AlterTableCmd')?.['subtype'])
  if (subtype === 'AT_ValidateConstraint' || subtype === 'AT_AlterColumnType' || subtype === 'AT_AttachPartition') return true
  return nodesIn(command).some(({ kind }) => kind === 'FuncCall')
}

const tables =
  /^OBJECT_(?:TABLE|VIEW|MATVIEW|FOREIGN_TABLE|SCHEMA|COLUMN|ATTRIBUTE|SEQUENCE|INDEX|TABCONSTRAINT|TRIGGER|POLICY|RULE|ROLE|DATABASE)$/
const nameless = /^OBJECT_(?:INDEX|TRIGGER|POLICY|RULE|SEQUENCE|PUBLICATION|EVENT_TRIGGER|STATISTIC_EXT|ACCESS_METHOD)$/

/** A block or a procedure can do any of it. */
const makers =
  /^(?:CreateFunctionStmt|AlterFunctionStmt|DefineStmt|CreateCastStmt|CreateDomainStmt|AlterDomainStmt|CreateEnumStmt|AlterEnumStmt|CreateRangeStmt|CompositeTypeStmt|AlterTypeStmt|AlterOperatorStmt|CreateOpClassStmt|CreateOpFamilyStmt|AlterOpFamilyStmt|CreateTransformStmt|CreatePLangStmt|CreateExtensionStmt|AlterExtension\w*Stmt|ImportForeignSchemaStmt|LoadStmt|RuleStmt|DoStmt|CallStmt)$/

/** A relation makes a type of its name, and one that is temporary comes before PostgreSQL's own. */
function madeName(kind: string, fields: Fields): 'all' | null {
  const made = kind === 'CreateStmt' ? fields['relation'] : kind === 'ViewStmt' ? fields['view'] : intoOf(kind, fields)
  const relation = isFields(made) ? readNode(made, 'relation').fields : {}
  const isTemporary = relation['relpersistence'] === 't' || text(relation['schemaname']).startsWith('pg_temp')
  return isTemporary && ownTypes.has(text(relation['relname'])) ? 'all' : null
}

function intoOf(kind: string, fields: Fields): unknown {
  let arm = fields
  while (kind === 'SelectStmt' && isFields(arm['larg'])) arm = arm['larg']
  const into = kind === 'SelectStmt' ? arm['intoClause'] : fields['into']
  return isFields(into) ? (fieldsOf(into, 'IntoClause') ?? into)['rel'] : null
}

const making = new Set(['create', 'alter', 'drop', 'import', 'load', 'execute'])
const turning = new Set(['set_config', 'search_path', 'role', 'authorization', 'reset', 'discard'])

/** What a word in a body may have to do with. */
export function wordAlters(word: string): 'tables' | 'all' | null {
  if (making.has(word)) return 'all'
  return turning.has(word) ? 'tables' : null
}

/** The schemas of a written search path. The schema of whoever asks, `$user`, may be there or not. */
export function schemasIn(path: string): { schemas: string[]; isCertain: boolean } {
  const names = path.split(',').map(part => part.trim().replace(/^"(.*)"$/, '$1'))
  return { schemas: names.filter(name => name !== '' && name !== '$user'), isCertain: !names.includes('$user') }
}

/** Whether a statement sets where names are looked for, or as whom: `SET search_path`, `SET ROLE`, `RESET ALL`. */
export function setsPath(fields: Fields): boolean {
  const name = text(fields['name']).toLowerCase()
  return name === 'search_path' || name === 'role' || name === 'session_authorization' || fields['kind'] === 'VAR_RESET_ALL'
}
