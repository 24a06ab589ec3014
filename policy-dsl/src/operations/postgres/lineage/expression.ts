import { fieldsOf, isFields, list, nameParts, readNode, text, type Fields } from '../tree.ts'
import { callValue } from './call.ts'
import type { Context } from './context.ts'
import { safeCasts, textTypes, totalOperators } from './functions.ts'
import { castSources, forbidOwnType, giveTo, isOfExtensions, operatorMeaning, operatorSources, functionMeaning } from './meaning.ts'
import { typesIn } from './nodes-in.ts'
import { noteAltering } from './routines.ts'
import { calledOn, columnIn, columnValue, entryNamed, type Scope } from './scope.ts'
import { clean, collected, derived, either, isMasked, rowOf, type Column, type Value } from './value.ts'

/** Where the value of an expression comes from. What it asks on the way is held against the masks. */
export function valueOf(node: unknown, scope: Scope | null, context: Context): Value {
  if (!isFields(node)) return clean
  return context.inside(() => readValue(node, scope, context))
}

/** Holds a condition against the masks: WHERE, ON, HAVING, FILTER and WHEN. */
export function askCondition(node: unknown, place: string, scope: Scope | null, context: Context): void {
  if (!isFields(node)) return
  const outer = context.clause
  context.clause = place
  context.inside(() => {
    const { kind, fields } = readNode(node, '')
    if (kind === 'BoolExpr') for (const argument of list(fields['args'])) askCondition(argument, place, scope, context)
    else if (kind === 'A_Expr' && isEquality(fields)) {
      const left = valueOf(fields['lexpr'], scope, context)
      const right = valueOf(fields['rexpr'], scope, context)
      const isPlain = isPlainSide(fields['lexpr'], left) && isPlainSide(fields['rexpr'], right)
      compare({ node: fields, left, right, question: isPlain ? 'equality' : 'anything', place }, context)
    } else if (kind === 'SubLink' && isEqualityLink(fields)) {
      const tested = valueOf(fields['testexpr'], scope, context)
      const given = linkColumns(fields, scope, context)
      const both = derived([tested, ...given])
      forbidLink(fields, both, context)
      const isPlain = [tested, ...given].every(value => value.isBare) && isPlainSide(fields['testexpr'], tested)
      context.ask(both, isPlain ? 'equality' : 'anything', place)
    } else context.ask(valueOf(node, scope, context), 'anything', place)
  })
  context.clause = outer
}

/** Holds against the masks what decides an order, a group or a number of rows. */
export function askValue(node: unknown, place: string, scope: Scope | null, context: Context): void {
  context.ask(valueOf(node, scope, context), 'anything', place)
}

const constants = new Set([
  'A_Const',
  'ParamRef',
  'SQLValueFunction',
  'SetToDefault',
  'CurrentOfExpr',
  'GroupingFunc',
  'MergeSupportFunc',
  'CaseTestExpr',
  'TypeName',
])

function readValue(node: Fields, scope: Scope | null, context: Context): Value {
  const { kind, fields } = readNode(node, '')
  const value = (inner: unknown): Value => valueOf(inner, scope, context)
  const values = (inner: unknown): Value[] => list(inner).map(value)
  if (constants.has(kind)) return clean
  switch (kind) {
    case 'ColumnRef':
      return columnRef(fields, scope, context)
    case 'A_Expr':
      return operatorValue(fields, scope, context)
    case 'BoolExpr':
      return derived(values(fields['args']))
    case 'NullTest':
      return nullTest(value(fields['arg']), context)
    case 'BooleanTest':
      return asked(value(fields['arg']), 'IS TRUE or FALSE', context)
    case 'CaseExpr':
      return caseValue(fields, scope, context)
    case 'CoalesceExpr':
    case 'MinMaxExpr':
    case 'RowExpr':
    case 'XmlExpr':
      return xmlOrList(kind, fields, scope, context)
    case 'List':
      return derived(values(fields['items']))
    case 'NamedArgExpr':
    case 'CollateClause':
      return value(fields['arg'])
    case 'XmlSerialize':
      forbidOwnType(value(fields['expr']), fields['typeName'], context)
      return derived([value(fields['expr'])])
    case 'A_ArrayExpr':
      return collected([either(values(fields['elements']))])
    case 'A_Indirection':
      return indirection(fields, scope, context)
    case 'TypeCast':
      return castValue(value(fields['arg']), fields['typeName'], context)
    case 'SubLink':
      return subLink(fields, scope, context)
    case 'MultiAssignRef':
      return fields['colno'] === 1 ? value(fields['source']) : clean
    case 'FuncCall':
      return callValue(fields, { value, condition: (inner, place) => askCondition(inner, place, scope, context) }, context).value
    default:
      if (kind.startsWith('Json')) return jsonValue(kind, fields, scope, context)
      throw context.refuse(
        `\`${kind}\` is not known well enough to follow masked columns through it`,
        'write the expression in another way',
      )
  }
}

function columnRef(fields: Fields, scope: Scope | null, context: Context): Value {
  const parts = list(fields['fields'])
  const names = nameParts(parts)
  if (!fieldsOf(parts.at(-1), 'A_Star')) return columnValue(names, scope, context)
  // `count(t.*)`, `row(t.*)`: the whole row.
  if (names.length === 0) return rowOf((scope?.entries ?? []).flatMap(entry => entry.columns))
  const entry = entryNamed(names, scope)
  return entry ? rowOf(entry.columns) : clean
}

/** `null` is a masked column's own and may be known; that a derived value is null is an answer. */
function nullTest(argument: Value, context: Context): Value {
  if (isMasked(argument) && !isNullAsColumn(argument)) context.ask(argument, 'anything', 'IS NULL of an expression')
  return clean
}

export function isNullAsColumn(value: Value): boolean {
  return value.isBare || (value.row !== null && !value.collects && value.row.every(column => column.value.isBare))
}

function asked(value: Value, place: string, context: Context): Value {
  context.ask(value, 'anything', place)
  return derived([value])
}

function caseValue(fields: Fields, scope: Scope | null, context: Context): Value {
  const parts: Value[] = []
  const tested = valueOf(fields['arg'], scope, context)
  for (const item of list(fields['args'])) {
    const when = fieldsOf(item, 'CaseWhen') ?? {}
    if (fields['arg'] === undefined) askCondition(when['expr'], 'CASE', scope, context)
    else {
      const given = valueOf(when['expr'], scope, context)
      compare(
        { node: { lexpr: fields['arg'], rexpr: when['expr'] }, left: tested, right: given, question: 'anything', place: 'CASE' },
        context,
      )
      parts.push(given)
    }
    parts.push(valueOf(when['result'], scope, context))
  }
  return derived([tested, ...parts, valueOf(fields['defresult'], scope, context)])
}

function xmlOrList(kind: string, fields: Fields, scope: Scope | null, context: Context): Value {
  const parts = [...list(fields['args']), ...list(fields['named_args']).map(named => fieldsOf(named, 'ResTarget')?.['val'] ?? named)]
  const values = parts.map(part => valueOf(part, scope, context))
  if (kind === 'RowExpr') return { ...derived(values), row: values.map((value, at) => ({ name: `f${at + 1}`, value })) }
  const canFail = kind === 'XmlExpr' && !['IS_XMLELEMENT', 'IS_XMLFOREST', 'IS_XMLCONCAT'].includes(text(fields['op']))
  return canFail ? asked(derived(values), 'an XML function', context) : derived(values)
}

// --- operators

const comparisons = new Set(['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_OP_ALL', 'AEXPR_IN'])

function isEquality(fields: Fields): boolean {
  return nameParts(fields['name']).at(-1) === '=' && comparisons.has(text(fields['kind'])) && fields['kind'] !== 'AEXPR_OP_ALL'
}

function isEqualityLink(fields: Fields): boolean {
  if (fields['subLinkType'] !== 'ANY_SUBLINK') return false
  const operator = nameParts(fields['operName'])
  return operator.length === 0 || operator.at(-1) === '='
}

/** A masked column itself, or something given: a constant, a parameter, a list of them, a column that is not masked. */
function isPlainSide(node: unknown, value: Value): boolean {
  if (isMasked(value)) return value.isBare
  if (!isFields(node)) return false
  const { kind, fields } = readNode(node, '')
  if (kind === 'A_Const' || kind === 'ParamRef' || kind === 'ColumnRef') return true
  if (kind === 'TypeCast') return isPlainSide(fields['arg'], clean)
  if (kind === 'List') return list(fields['items']).every(item => isPlainSide(item, clean))
  return kind === 'A_ArrayExpr' && list(fields['elements']).every(item => isPlainSide(item, clean))
}

function compare(
  { node, left, right, question, place }: { node: Fields; left: Value; right: Value; question: 'equality' | 'anything'; place: string },
  context: Context,
): void {
  if (isMasked(left)) context.bind(node['rexpr'], left)
  if (isMasked(right)) context.bind(node['lexpr'], right)
  const both = derived([left, right])
  const meaning = operatorMeaning(nameParts(node['name']), context)
  const outcome = giveTo(meaning, both, `the operator \`${meaning.name}\``, context)
  context.ask(both, outcome === 'other' && !isOfExtensions(meaning) ? 'anything' : question, place)
}

function operatorValue(fields: Fields, scope: Scope | null, context: Context): Value {
  const kind = text(fields['kind'])
  const left = valueOf(fields['lexpr'], scope, context)
  const right = valueOf(fields['rexpr'], scope, context)
  const meaning = operatorMeaning(nameParts(fields['name']), context)
  const behind = operatorSources(meaning, context)
  noteAltering(meaning.added, context)
  const both = derived([left, right, behind])
  if (!isMasked(derived([left, right]))) return both
  const operator = meaning.name
  if (kind === 'AEXPR_OP' && giveTo(meaning, both, `the operator \`${operator}\``, context) === 'own') {
    const total = meaning.isOwn && Object.hasOwn(totalOperators, operator) ? totalOperators[operator] : undefined
    // A document without the key gives null, so its keys must not depend on a masked value.
    if (total === 'both' || (total === 'left' && !isMasked(right) && (left.collects || left.isBare))) return both
  }
  if (kind.endsWith('DISTINCT') && [fields['lexpr'], fields['rexpr']].some(isNullConstant)) return nullTest(both, context)
  const place = kind === 'AEXPR_NULLIF' ? 'NULLIF' : (context.clause ?? `the operator \`${operator}\``)
  compare({ node: fields, left, right, question: 'anything', place }, context)
  return both
}

function isNullConstant(node: unknown): boolean {
  return fieldsOf(node, 'A_Const')?.['isnull'] === true
}

// --- parts of values, casts

function indirection(fields: Fields, scope: Scope | null, context: Context): Value {
  let value = valueOf(fields['arg'], scope, context)
  for (const step of list(fields['indirection'])) {
    const index = fieldsOf(step, 'A_Indices')
    const name = nameParts(step)[0]
    if (index) {
      for (const bound of [index['lidx'], index['uidx']]) askValue(bound, 'a subscript', scope, context)
      const row = value.collects ? value.row : null
      value = { ...derived([value]), row }
    } else if (name !== undefined && value.row && !value.collects)
      value = columnIn({ alias: '', schema: null, relation: null, columns: [...value.row] }, name, context)
    else value = name !== undefined && mayCall(name, context) ? calledOn(name, value, context) : derived([value])
  }
  return value
}

/** A part of a composite value is its field, unless there is a function that could be meant. */
function mayCall(name: string, context: Context): boolean {
  return context.isStale || functionMeaning([name], true, context).added.length > 0
}

function castValue(value: Value, typeName: unknown, context: Context): Value {
  const behind = castSources(typeName, context)
  if (isMasked(behind)) return derived([value, behind])
  if (!isMasked(value)) return clean
  forbidOwnType(value, typeName, context)
  const type = isFields(typeName) ? (fieldsOf(typeName, 'TypeName') ?? typeName) : {}
  const name = nameParts(type['names']).at(-1) ?? ''
  const isArray = list(type['arrayBounds']).length > 0
  if (isArray && value.collects && textTypes.has(name)) return { ...value, row: null }
  if (!isArray && textTypes.has(name)) {
    const isText = value.type === null || value.type === 'text' || value.type.startsWith('character') || value.type === 'citext'
    return value.isBare && isText && list(type['typmods']).length === 0 ? value : derived([value])
  }
  if (!isArray && ['bpchar', 'name', 'char', 'citext'].includes(name)) return derived([value])
  if (!isArray && value.collects && ['json', 'jsonb'].includes(name)) return value
  const from = value.type?.replace(/\(.*\)/, '')
  if (!isArray && value.isBare && from !== undefined && Object.hasOwn(safeCasts, from) && safeCasts[from]?.includes(name))
    return derived([value])
  return asked(value, `a cast to \`${name}\`, which fails for some values,`, context)
}

// --- subqueries

function linkColumns(fields: Fields, scope: Scope | null, context: Context): Value[] {
  return context.readers.query(context, fields['subselect'], scope).map(column => column.value)
}

function subLink(fields: Fields, scope: Scope | null, context: Context): Value {
  const kind = text(fields['subLinkType'])
  const columns: Column[] = context.readers.query(context, fields['subselect'], scope)
  if (kind === 'EXISTS_SUBLINK') return clean
  const [first] = columns
  if (kind === 'EXPR_SUBLINK') return first && columns.length === 1 ? first.value : derived(columns.map(column => column.value))
  if (kind === 'ARRAY_SUBLINK') return collected([first?.value ?? clean])
  if (kind === 'MULTIEXPR_SUBLINK') return derived(columns.map(column => column.value))
  const tested = valueOf(fields['testexpr'], scope, context)
  forbidLink(fields, derived([tested, ...columns.map(column => column.value)]), context)
  return asked(derived([tested, ...columns.map(column => column.value)]), 'a comparison with a subquery', context)
}

/** The operator between a value and a subquery. */
function forbidLink(fields: Fields, value: Value, context: Context): void {
  const meaning = operatorMeaning(nameParts(fields['operName']), context)
  const outcome = giveTo(meaning, value, `the operator \`${meaning.name}\``, context)
  if (outcome === 'other' && !isOfExtensions(meaning)) context.ask(value, 'anything', `the operator \`${meaning.name}\``)
}

// --- SQL/JSON

const totalJson = new Set([
  'JsonObjectConstructor',
  'JsonArrayConstructor',
  'JsonObjectAgg',
  'JsonArrayAgg',
  'JsonScalarExpr',
  'JsonSerializeExpr',
  'JsonValueExpr',
  'JsonKeyValue',
  'JsonAggConstructor',
])

function jsonValue(kind: string, fields: Fields, scope: Scope | null, context: Context): Value {
  if (kind === 'JsonArrayQueryConstructor')
    return collected(context.readers.query(context, fields['query'], scope).map(column => column.value))
  if (kind === 'JsonFormat' || kind === 'JsonOutput' || kind === 'JsonBehavior') return clean
  const parts: Value[] = []
  for (const key of Object.keys(fields)) {
    const field = fields[key]
    if (key === 'agg_filter') askCondition(field, 'FILTER', scope, context)
    else if (key === 'key' && kind === 'JsonKeyValue') {
      const value = valueOf(field, scope, context)
      context.ask(value, 'anything', 'a key of a JSON object')
      parts.push(value)
    } else if (key === 'agg_order' || key === 'over') {
      const sorts = key === 'over' && isFields(field) ? [...list(field['partitionClause']), ...list(field['orderClause'])] : list(field)
      for (const sort of sorts) askValue(fieldsOf(sort, 'SortBy')?.['node'] ?? sort, 'ORDER BY', scope, context)
    } else if (key !== 'output' && key !== 'format' && key !== 'typeName')
      for (const part of Array.isArray(field) ? (field as unknown[]) : [field]) parts.push(jsonPart(part, scope, context))
  }
  const value = derived(parts)
  for (const type of typesIn([fields['output'], fields['typeName']])) forbidOwnType(value, type, context)
  return totalJson.has(kind) ? (isMasked(value) ? { ...value, collects: true } : clean) : asked(value, 'a JSON path or test', context)
}

/** Parts of the JSON constructors stand bare, known by their fields alone. */
function jsonPart(part: unknown, scope: Scope | null, context: Context): Value {
  if (!isFields(part)) return clean
  const { kind, fields } = readNode(part, '')
  if (kind === 'Bare') return jsonValue('JsonKeyValue', fields, scope, context)
  return valueOf(part, scope, context)
}
