import type { RoutineData } from './catalogue.ts'
import { isHarmless } from './extensions.ts'
import { operator } from './expressions.ts'
import { fieldsOf, isFields, list, nameParts, optionValue, text, type Fields } from './tree.ts'

/** The operators that a node applies, in words: those that are written, and `=` and its like where the grammar says them otherwise. */
export function operatorsApplied(kind: string, fields: Fields): string[][] {
  switch (kind) {
    case 'A_Expr':
      return appliedBy(fields)
    case 'SubLink':
      if (fields['subLinkType'] === 'ANY_SUBLINK' || fields['subLinkType'] === 'ALL_SUBLINK')
        return [list(fields['operName']).length > 0 ? nameParts(fields['operName']) : ['=']]
      return []
    case 'SortBy':
      return list(fields['useOp']).length > 0 ? [nameParts(fields['useOp'])] : []
    case 'CaseExpr':
      return 'arg' in fields ? [['=']] : []
    case 'JoinExpr':
      return fields['isNatural'] === true || list(fields['usingClause']).length > 0 ? [['=']] : []
    case 'Constraint':
      return list(fields['exclusions']).map(one => nameParts(list(fieldsOf(one, 'List')?.['items'])[1]))
    default:
      return []
  }
}

function appliedBy(fields: Fields): string[][] {
  const kind = text(fields['kind'])
  if (kind.startsWith('AEXPR_BETWEEN')) return [['>='], ['<=']]
  if (kind.startsWith('AEXPR_NOT_BETWEEN')) return [['<'], ['>']]
  return operator(fields) === '' ? [] : [nameParts(fields['name'])]
}

/** Options of a definition that name a function. */
const routineOptions = new Set(
  `function procedure restrict join
   sfunc finalfunc combinefunc serialfunc deserialfunc msfunc minvfunc mfinalfunc sfunc1
   input output receive send typmod_in typmod_out analyze subscript subtype_diff canonical
   start gettoken end headline lextypes init lexize handler validator support`.split(/\s+/),
)

/** The routines that a definition binds to what it makes, in words: PostgreSQL calls them later, where no text names them. */
export function routinesBound(kind: string, fields: Fields): string[][] {
  switch (kind) {
    case 'DefineStmt':
      return fromOptions(fields['definition'])
    case 'CreateRangeStmt':
      return fromOptions(fields['params'])
    case 'AlterOperatorStmt':
    case 'AlterTypeStmt':
    case 'AlterFunctionStmt':
      return fromOptions(fields['options'] ?? fields['actions'])
    case 'CreateFunctionStmt':
      return [nameParts(optionValue(fields['options'], 'support'))].filter(isName)
    case 'CreateFdwStmt':
    case 'AlterFdwStmt':
      return fromOptions(fields['func_options'])
    case 'CreateCastStmt':
      return [objectName(fields['func'])].filter(isName)
    case 'CreateTransformStmt':
      return [objectName(fields['fromsql']), objectName(fields['tosql'])].filter(isName)
    case 'CreateOpClassItem':
      return fields['itemtype'] === functionItem ? [objectName(fields['name'])].filter(isName) : []
    case 'CreateConversionStmt':
      return [nameParts(fields['func_name'])].filter(isName)
    case 'CreatePLangStmt':
      return [fields['plhandler'], fields['plinline'], fields['plvalidator']].map(nameParts).filter(isName)
    case 'CreateAmStmt':
      return [nameParts(fields['handler_name'])].filter(isName)
    default:
      return []
  }
}

/** `OPCLASS_ITEM_FUNCTION` of parsenodes.h. */
const functionItem = 2

function fromOptions(options: unknown): string[][] {
  return list(options)
    .map(option => fieldsOf(option, 'DefElem'))
    .filter(element => element !== null && routineOptions.has(text(element['defname'])))
    .map(element => nameParts(element?.['arg']))
    .filter(isName)
}

function objectName(value: unknown): string[] {
  return isFields(value) ? nameParts(value['objname']) : []
}

function isName(name: string[]): boolean {
  return name.length > 0
}

/** The type that a value becomes in a node, in words; null where it names none. */
export function typeGiven(fields: Fields): string[] | null {
  const { typeName } = fields
  const name = isFields(typeName) ? nameParts(typeName['names']) : []
  return name.length > 0 ? name : null
}

/** The grammar's names of types that `format_type` prints otherwise. */
const printedTypes = new Map([
  ['int2', 'smallint'],
  ['int4', 'integer'],
  ['int8', 'bigint'],
  ['float4', 'real'],
  ['float8', 'double precision'],
  ['bool', 'boolean'],
  ['varchar', 'character varying'],
  ['bpchar', 'character'],
  ['varbit', 'bit varying'],
  ['timestamp', 'timestamp without time zone'],
  ['timestamptz', 'timestamp with time zone'],
  ['time', 'time without time zone'],
  ['timetz', 'time with time zone'],
])

/** Whether a type as it was written may be the one that `format_type` printed. */
export function isType(name: string[], printed: string): boolean {
  const bare = name.at(-1) ?? ''
  const words = printed.replaceAll('"', '')
  const wanted = printedTypes.get(bare) ?? bare
  return words === wanted || words.endsWith(`.${wanted}`)
}

/** Extensions that bring operators, and what the functions in C are called that these stand for. */
const operatorRoutines = new Map([
  ['postgis', /^(?:geometry|geography|overlaps|contains|is_contained|equals|same|gidx|box|st_distance)/],
  ['postgis_raster', /^raster_/],
])

/** Whether an operator's or a cast's function only gives a value, so that it says nothing to list it wherever there is an `=`. */
export function onlyGivesValue(routine: RoutineData): boolean {
  if (isHarmless(routine)) return true
  const { extension, language, name } = routine
  return extension !== undefined && language === 'c' && (operatorRoutines.get(extension)?.test(name) ?? false)
}
