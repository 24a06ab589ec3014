import { fieldsOf, isFields, list, readNode, text, type Fields } from '../tree.ts'
import type { RuleData } from '../catalogue.ts'
import type { Context } from './context.ts'
import { askCondition, askValue, valueOf } from './expression.ts'
import { readFrom, relationEntry } from './from.ts'
import { nodesIn } from './nodes-in.ts'
import { forbidGiving, noteExpressions } from './routines.ts'
import { forbidRules } from './rules.ts'
import { columnIn, scopeIn, type Entry, type Scope } from './scope.ts'
import { targetColumns } from './target.ts'
import { clean, isMasked, type Column, type Value } from './value.ts'

type Change = (fields: Fields, scope: Scope, context: Context) => Column[]

const changes: Record<string, Change> = {
  InsertStmt: readInsert,
  UpdateStmt: readUpdate,
  DeleteStmt: readDelete,
  MergeStmt: readMerge,
}

/** Whether a kind of statement changes rows, so that RETURNING may answer some. */
export function isChange(kind: string): boolean {
  return Object.hasOwn(changes, kind)
}

/** Reads a statement that changes rows: what it asks, what it copies where, and what it returns. `scope` has its WITH queries. */
export function readChange(kind: string, fields: Fields, scope: Scope, context: Context): Column[] {
  return changes[kind]?.(fields, scope, context) ?? []
}

// --- INSERT

function readInsert(insert: Fields, scope: Scope, context: Context): Column[] {
  const entry = targetEntry(insert['relation'], isFields(insert['onConflictClause']) ? ['INSERT', 'UPDATE'] : ['INSERT'], context)
  const names = list(insert['cols']).map(column => text(fieldsOf(column, 'ResTarget')?.['name']))
  const targets = names.length > 0 ? names.map(name => columnIn(entry, name, context)) : entry.columns.map(column => column.value)
  const select = fieldsOf(insert['selectStmt'], 'SelectStmt')
  if (select) readInserted(select, targets, scope, context)
  const conflict = isFields(insert['onConflictClause']) ? insert['onConflictClause'] : null
  if (conflict) readConflict(conflict, entry, { scope, targets }, context)
  return returned(insert, entry, [entry], scope, context)
}

function readInserted(select: Fields, targets: Value[], scope: Scope, context: Context): void {
  for (const row of givenRows(select))
    for (const [at, node] of row.entries()) {
      const target = targets[at] ?? clean
      if (isMasked(target)) context.bind(node, target)
    }
  const columns = context.readers.query(context, { SelectStmt: select }, scope)
  const isOpen = columns.some(column => column.isMore)
  for (const [at, { value }] of columns.entries()) assign(isOpen ? clean : (targets[at] ?? clean), value, 'INSERT', context)
  for (const row of targets.some(isMasked) ? givenRows(select) : []) {
    // With a `*` among them the expressions do not stand where the columns are.
    const isShifted = row.some(node => nodesIn(node).some(({ kind }) => kind === 'A_Star'))
    for (const [at, target] of targets.entries())
      if (isMasked(target) && (isShifted || isFromElsewhere(row[at]))) noteWritten(target, columns[at]?.value ?? clean, context)
  }
}

/** The expressions that stand for columns, in VALUES and in every arm of a select. */
function givenRows(select: Fields): unknown[][] {
  const arms = [select['larg'], select['rarg']].filter(isFields)
  if (arms.length > 0) return arms.flatMap(givenRows)
  const rows = list(select['valuesLists'])
  if (rows.length > 0) return rows.map(row => list(fieldsOf(row, 'List')?.['items']))
  return [list(select['targetList']).map(target => fieldsOf(target, 'ResTarget')?.['val'])]
}

function readConflict(conflict: Fields, entry: Entry, { scope, targets }: { scope: Scope; targets: Value[] }, context: Context): void {
  const inner = withEntries(scope, [entry, { ...entry, alias: 'excluded' }])
  const infer = isFields(conflict['infer']) ? (fieldsOf(conflict['infer'], 'InferClause') ?? conflict['infer']) : {}
  // Without columns it is about every unique one, or those of a constraint whose columns are not known.
  if (list(infer['indexElems']).length === 0) for (const target of targets) context.ask(target, 'equality', 'ON CONFLICT')
  for (const element of list(infer['indexElems'])) {
    const index = fieldsOf(element, 'IndexElem') ?? {}
    const name = text(index['name'])
    if (name !== '') context.ask(columnIn(entry, name, context), 'equality', 'ON CONFLICT')
    else askValue(index['expr'], 'ON CONFLICT', inner, context)
  }
  askCondition(infer['whereClause'], 'ON CONFLICT', inner, context)
  askCondition(conflict['whereClause'], 'WHERE', inner, context)
  readAssignments(conflict['targetList'], entry, inner, context)
}

// --- UPDATE, DELETE

function readUpdate(update: Fields, scope: Scope, context: Context): Column[] {
  const entry = targetEntry(update['relation'], ['UPDATE'], context)
  const entries = [entry, ...fromEntries(update['fromClause'], entry, scope, context)]
  const inner = withEntries(scope, entries)
  readAssignments(update['targetList'], entry, inner, context)
  askCondition(update['whereClause'], 'WHERE', inner, context)
  return returned(update, entry, entries, scope, context)
}

function readDelete(deletion: Fields, scope: Scope, context: Context): Column[] {
  const entry = targetEntry(deletion['relation'], ['DELETE'], context)
  const entries = [entry, ...fromEntries(deletion['usingClause'], entry, scope, context)]
  askCondition(deletion['whereClause'], 'WHERE', withEntries(scope, entries), context)
  return returned(deletion, entry, entries, scope, context)
}

function readAssignments(targets: unknown, entry: Entry, scope: Scope, context: Context): void {
  const assignments = list(targets).map(target => fieldsOf(target, 'ResTarget') ?? {})
  for (const [at, assignment] of assignments.entries()) {
    const several = fieldsOf(assignment['val'], 'MultiAssignRef')
    const name = (offset: number): string => text(assignments[at + offset]?.['name'])
    if (!several) assignNode(columnIn(entry, name(0), context), assignment['val'], scope, context)
    // The source of `(a, b) = …` stands in the tree once for every column.
    else if (several['colno'] === 1) {
      const row = list(fieldsOf(several['source'], 'RowExpr')?.['args'])
      for (const [offset, node] of row.entries()) assignNode(columnIn(entry, name(offset), context), node, scope, context)
      const link = fieldsOf(several['source'], 'SubLink')
      const columns = link ? context.readers.query(context, link['subselect'], scope) : []
      const select = fieldsOf(link?.['subselect'], 'SelectStmt')
      for (const given of select ? givenRows(select) : [])
        for (const [offset, node] of given.entries()) context.bind(node, columnIn(entry, name(offset), context))
      const isOpen = columns.some(column => column.isMore)
      for (const [offset, { value }] of columns.entries())
        assign(isOpen ? clean : columnIn(entry, name(offset), context), value, 'UPDATE … SET', context)
    }
  }
}

function assignNode(target: Value, node: unknown, scope: Scope, context: Context): void {
  context.bind(node, target)
  const value = valueOf(node, scope, context)
  if (isMasked(target) && isFromElsewhere(node)) noteWritten(target, value, context)
  assign(target, value, 'UPDATE … SET', context)
}

function noteWritten(target: Value, value: Value, context: Context): void {
  if (!isMasked(value)) context.writtenFromElsewhere ??= target.sources[0] ?? null
}

function isFromElsewhere(node: unknown): boolean {
  return nodesIn(node).some(({ kind }) => kind === 'ColumnRef' || kind === 'SubLink')
}

/** A masked value may go back to where it came from, and nowhere else. */
function assign(target: Value, value: Value, place: string, context: Context): void {
  if (value.sources.every(source => target.sources.includes(source))) return
  context.forbidCopy(value, place)
}

// --- MERGE

function readMerge(merge: Fields, scope: Scope, context: Context): Column[] {
  const entry = targetEntry(merge['relation'], ['INSERT', 'UPDATE', 'DELETE'], context)
  const source = readFrom(merge['sourceRelation'], { lateral: scope, outer: scope }, context)
  const entries = [entry, ...source.entries]
  const inner = withEntries(scope, entries)
  askCondition(merge['joinCondition'], 'ON', inner, context)
  for (const item of list(merge['mergeWhenClauses'])) {
    const when = fieldsOf(item, 'MergeWhenClause') ?? {}
    askCondition(when['condition'], 'WHEN', inner, context)
    const values = list(when['values'])
    if (when['commandType'] === 'CMD_UPDATE') readAssignments(when['targetList'], entry, inner, context)
    else if (values.length > 0) {
      const names = list(when['targetList']).map(target => text(fieldsOf(target, 'ResTarget')?.['name']))
      const targets = names.length > 0 ? names.map(name => columnIn(entry, name, context)) : entry.columns.map(column => column.value)
      for (const [at, node] of values.entries()) assignNode(targets[at] ?? clean, node, inner, context)
    }
  }
  return returned(merge, entry, [...source.entries, entry], scope, context)
}

// --- what they share

function targetEntry(relation: unknown, events: RuleData['event'][], context: Context): Entry {
  const range = isFields(relation) ? readNode(relation, '').fields : {}
  const relations = context.relations(text(range['schemaname']) || null, text(range['relname']))
  forbidRules(relations, events, context)
  for (const relation of relations) noteExpressions(relation, true, context)
  for (const relation of relations) forbidGiving(relation, events, context)
  // A WITH query cannot be changed: the name means a relation.
  return relationEntry(range, null, context)
}

function fromEntries(from: unknown, target: Entry, scope: Scope, context: Context): Entry[] {
  const lateral = withEntries(scope, [target])
  for (const item of list(from)) lateral.entries.push(...readFrom(item, { lateral, outer: scope }, context).entries)
  return lateral.entries.slice(1)
}

function withEntries(scope: Scope, entries: Entry[]): Scope {
  return { ...scopeIn(scope), entries: [...entries] }
}

function returned(change: Fields, target: Entry, entries: Entry[], scope: Scope, context: Context): Column[] {
  const clause = isFields(change['returningClause'])
    ? (fieldsOf(change['returningClause'], 'ReturningClause') ?? change['returningClause'])
    : {}
  const targets = [...list(clause['exprs']), ...list(change['returningList'])]
  const names = ['old', 'new', ...list(clause['options']).map(option => text(fieldsOf(option, 'ReturningOption')?.['value']))]
  const versions = names.map(alias => ({ ...target, alias }))
  const star = entries.flatMap(entry => entry.columns)
  return targetColumns(targets, { scope: withEntries(scope, [...entries, ...versions]), star }, context)
}
