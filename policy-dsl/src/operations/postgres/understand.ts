import type { Operation } from '@steno/recordings'
import { doText, readBody, readWithoutHead, type Piece } from './bodies.ts'
import { isType, onlyGivesValue } from './bindings.ts'
import { callBuiltIn, type BuiltInCall } from './built-ins.ts'
import type { Catalogue, ColumnData, RelationData, RoutineData, RoutineName, RuleData } from './catalogue.ts'
import { descendantsOf, indexOf } from './catalogue-index.ts'
import { isHarmless } from './extensions.ts'
import { statementSpans } from './offsets.ts'
import { qualified, type Frame } from './sources.ts'
import type { BodySyntax, BytePlace, Syntax, SyntaxReader } from './syntax.ts'
import { constantText, fieldsOf, isFields, list, nameParts, optionValue, readNode, tableParts, text, type Fields } from './tree.ts'
import { operationsOf, type Callees, type Lead, type Surroundings } from './walk.ts'
import { effortForText } from './conditions/condition-scope.ts'
import { limitsRows } from './where.ts'

/** What is known where a text is run. Everything in it may be absent: then less is known, and more is `OPAQUE` or as written. */
export interface Circumstances {
  catalogue?: Catalogue
  /** The schemas that a bare name is looked up in; else those that a session of the catalogue begins with. */
  searchPath?: string[]
  /** The text of a prepared statement, or null when there is none of that name. */
  prepared?(name: string): string | null
  /** The text of the query that a cursor stands in, or null. */
  cursors?(name: string): string | null
}

/** Functions that call functions, views over views: what lies deeper is `OPAQUE`. */
const depthMax = 16
/** How many operations a text may have in bodies, views and triggers. What is beyond is `OPAQUE`. */
const followedMax = 10_000

/** How many columns of whole rows a statement's operations list by name: as many as a table can have. Beyond them they say `schema.table.*`. */
export const listedMax = 1600
/** The same for all statements of a text. */
export const listedInTextMax = 16_000

/** What is known of a text that is not understood: that something is done. */
function unparsed(): Operation {
  return { verb: 'UNPARSED', tables: [], columns: [], isOpaque: true }
}

/** Everything that a text would do, as a flat list: what its statements say, and what the functions, views, triggers and prepared statements they use do. */
export function understand(text: string, reader: SyntaxReader, circumstances: Circumstances): Operation[] {
  try {
    return everything(text, reader, circumstances)
  } catch {
    // A text that exhausts the stack, or a tree of a shape that we did not expect, is one that we do not understand.
    return [unparsed()]
  }
}

function everything(text: string, reader: SyntaxReader, circumstances: Circumstances): Operation[] {
  const syntax = reader.read(text)
  if (syntax.kind !== 'statements') return [unparsed()]
  const understanding = new Understanding(reader, circumstances)
  const spans = statementSpans(text, syntax.places)
  const all: Operation[] = []
  for (const [at, statement] of syntax.statements.entries()) {
    const operations = understanding.statement(statement, { text, places: syntax.places, at })
    if (!operations) return [unparsed()]
    const span = spans[at]
    for (const operation of operations)
      all.push({ ...operation, ...(at === 0 ? {} : { statement: at }), ...(span === undefined ? {} : { at: [...span] }) })
  }
  return all
}

/** A statement's own text, cut out only where it is needed. */
interface Origin {
  text: string
  places: BytePlace[]
  at: number
}

/** Where a tree is read. */
interface Context {
  label: string | null
  frame: Frame | null
  variables: ReadonlySet<string>
  depth: number
  searchPath: string[] | undefined
  /** Whether names mean what the catalogue says. A view's definition names its tables for good. */
  isSettled: boolean
  origin: Origin | null
  /** In an expression of a table's owner, where an extension's function in C is one that gives a value. */
  isOwners?: boolean
}

/** A function that the text itself has made. */
interface MadeFunction {
  fields: Fields
  origin: Origin
}

const nothing: ReadonlySet<string> = new Set()
const builtInSchemas = new Set(['pg_catalog', 'information_schema'])

/** What is known while one text is read from its first statement to its last. */
class Understanding {
  readonly #reader: SyntaxReader
  readonly #circumstances: Circumstances
  readonly #catalogue: Catalogue | null
  /** Every database has routines: a catalogue without any tells of tables alone. */
  readonly #knowsRoutines: boolean
  readonly #made = new Map<string, MadeFunction[]>()
  /** Functions that the text has bound to operators, and to casts by the type they give. */
  readonly #madeOperators = new Map<string, string[][]>()
  readonly #madeCasts: { types: string[][]; routine: string[] }[] = []
  readonly #prepared = new Map<string, Fields>()
  readonly #cursors = new Map<string, Fields>()
  readonly #syntaxes = new Map<string, Syntax>()
  readonly #bodies = new Map<string, BodySyntax>()
  /** What this statement has led to: each is told once. */
  readonly #followed = new Set<string>()
  #room = followedMax
  readonly #effort = effortForText()
  #listed = { inStatement: 0, inText: 0 }
  #isSettled = true

  constructor(reader: SyntaxReader, circumstances: Circumstances) {
    this.#reader = reader
    this.#circumstances = circumstances
    this.#catalogue = circumstances.catalogue ?? null
    this.#knowsRoutines = (this.#catalogue?.data.routines.length ?? 0) > 0
  }

  /** The operations of the text's next statement; null when it is nested too deep. */
  statement(statement: Fields, origin: Origin): Operation[] | null {
    this.#followed.clear()
    this.#listed.inStatement = 0
    const { searchPath } = this.#circumstances
    const isSettled = this.#isSettled
    const context = { label: null, frame: null, variables: nothing, depth: 0, searchPath, isSettled, origin }
    const operations = operationsOf([statement], this.#surroundings(context))
    if (operations) this.#remember(statement, origin, operations)
    return operations
  }

  /** What later statements of the text may use, and whether their names still mean what they did. */
  #remember(statement: Fields, origin: Origin, operations: Operation[]): void {
    const { kind, fields } = readNode(statement, '')
    if (kind === 'PrepareStmt' && isFields(fields['query'])) this.#prepared.set(text(fields['name']), fields['query'])
    if (kind === 'DeclareCursorStmt' && isFields(fields['query'])) this.#cursors.set(text(fields['portalname']), fields['query'])
    if (kind === 'CreateFunctionStmt') {
      const name = nameParts(fields['funcname']).at(-1) ?? ''
      this.#made.set(name, [...(this.#made.get(name) ?? []), { fields, origin }])
    }
    if (kind === 'DefineStmt' && fields['kind'] === 'OBJECT_OPERATOR') {
      const name = nameParts(fields['defnames']).at(-1) ?? ''
      const routine = nameParts(optionValue(fields['definition'], 'function') ?? optionValue(fields['definition'], 'procedure'))
      this.#madeOperators.set(name, [...(this.#madeOperators.get(name) ?? []), routine])
    }
    if (kind === 'CreateCastStmt' && isFields(fields['func'])) {
      const types = [fields['sourcetype'], fields['targettype']].map(type => (isFields(type) ? nameParts(type['names']) : []))
      this.#madeCasts.push({ types, routine: nameParts(fields['func']['objname']) })
    }
    if (this.#catalogue && operations.some(unsettles)) this.#isSettled = false
  }

  #surroundings(context: Context): Surroundings {
    const { label, frame, variables } = context
    return {
      label,
      frame,
      variables,
      relation: name => (context.isSettled ? this.#relation(name, context) : null),
      relations: name => this.#relations(name, context),
      follow: lead => this.#follow(lead, context),
      tellsCalls: this.#knowsRoutines,
      columnsOf: relation => this.#columnsOf(relation),
      study: lead => this.#study(lead),
      call: (name, given) => this.#call(name, given, context),
      callField: name => this.#callField(name, context),
      callOperator: name => this.#callOperator(name, context),
      castTo: type => this.#castTo(type, context),
      query: name => this.#queryOf(name, context),
      effort: this.#effort,
      callTrigger: (name, table) => this.#callTrigger(name, table, context),
    }
  }

  #relation(name: string[], { searchPath }: Context): RelationData | null {
    return this.#catalogue?.relation(name.at(-2) ?? null, name.at(-1) ?? '', searchPath) ?? null
  }

  #relations(name: string[], context: Context): RelationData[] {
    if (!this.#catalogue) return []
    if (context.isSettled) {
      const relation = this.#relation(name, context)
      return relation ? [relation] : []
    }
    const schema = name.at(-2)
    const named = indexOf(this.#catalogue).relations.get(name.at(-1) ?? '') ?? []
    return schema === undefined ? named : named.filter(relation => relation.schema === schema)
  }

  #columnsOf({ columns }: RelationData): string[] {
    const inStatement = this.#listed.inStatement + columns.length
    const inText = this.#listed.inText + columns.length
    if (columns.length === 0 || inStatement > listedMax || inText > listedInTextMax) return ['*']
    this.#listed = { inStatement, inText }
    return columns.map(({ name }) => name)
  }

  #follow(lead: Lead, context: Context): Operation[] {
    switch (lead.kind) {
      case 'view':
        return this.#view(lead, context)
      case 'change':
        return this.#change(lead, context)
      case 'rework':
        return this.#changing(lead.relation, { verb: 'UPDATE', writes: ['*'] }, context)
      case 'rework all':
        return (this.#catalogue?.data.relations ?? []).flatMap(relation =>
          relation.indexes ? this.#owners({ what: 'index', expressions: relation.indexes, relation }, context) : [],
        )
      case 'prepared':
      case 'cursor':
        return this.#recalled(lead, context)
      case 'do':
        return this.#do(lead.fields, context)
      case 'function':
        return this.#defined(lead.fields, context)
    }
  }

  #study(lead: Lead): Fields[] {
    if (lead.kind === 'view')
      return this.#isNew(`study ${lead.relation.oid}`) ? this.#trees(this.#read(lead.relation.definition ?? '')) : []
    return (lead.kind === 'prepared' || lead.kind === 'cursor') && this.#isNew(`study ${lead.kind} ${lead.name}`)
      ? (this.#recall(lead) ?? [])
      : []
  }

  // Views

  #view({ relation, isRefresh }: { relation: RelationData; isRefresh?: boolean }, context: Context): Operation[] {
    const own = this.#reading(relation, context)
    if (relation.kind !== 'view' && !isRefresh) return own
    if (relation.definition === undefined || builtInSchemas.has(relation.schema)) return own
    const label = `view ${qualified(relation)}`
    if (!this.#isNew(label)) return own
    return [...own, ...this.#text(relation.definition, this.#definedContext(label, context))]
  }

  /** The query of a view, by its name. */
  #queryOf(name: string[], context: Context): Fields | null {
    const relation = context.isSettled ? this.#relation(name, context) : null
    if (relation?.kind !== 'view' || relation.definition === undefined) return null
    const [tree] = this.#trees(this.#read(relation.definition))
    return fieldsOf(tree, 'SelectStmt')
  }

  /** A definition is printed for who asked for it, under the search path of that session. */
  #definedContext(label: string, context: Context): Context {
    const searchPath = this.#catalogue?.data.searchPath
    return { label, frame: null, variables: nothing, depth: context.depth + 1, searchPath, isSettled: true, origin: null }
  }

  /** Rows of a view that is one table's are that table's rows. */
  #throughView(lead: Lead & { kind: 'change' }, context: Context): Operation[] {
    const { relation, verb, writes } = lead
    const inside = this.#definedContext(`view ${qualified(relation)}`, context)
    const [tree] = this.#trees(this.#read(relation.definition ?? ''))
    const query = fieldsOf(tree, 'SelectStmt')
    const from = list(query?.['fromClause'])
    const rangeVar = from.length === 1 ? fieldsOf(from[0], 'RangeVar') : null
    const base = rangeVar && this.#relation(tableParts(rangeVar), inside)
    if (!query || !base || inside.depth > depthMax) return []
    const written = writes.flatMap(column => baseColumn(query, column)).map(column => `${qualified(base)}.${column}`)
    const hasWhere = lead.hasWhere === undefined ? undefined : lead.hasWhere || limitsRows(query['whereClause'], this.#effort)
    const operation: Operation = {
      verb,
      tables: [qualified(base)],
      columns: [],
      ...(hasWhere === undefined ? {} : { hasWhere }),
      ...(written.length === 0 ? {} : { writes: written }),
      inside: `view ${qualified(relation)}`,
    }
    const columns = written.map(column => column.slice(qualified(base).length + 1))
    return [operation, ...this.#change({ ...lead, relation: base, hasWhere, writes: columns }, inside)]
  }

  // Triggers

  #change(lead: Lead & { kind: 'change' }, context: Context): Operation[] {
    const { relation, verb } = lead
    if (!this.#catalogue) return []
    const rules = ruleEvents.has(verb) ? this.#catalogue.rules(relation, verb as RuleData['event']) : []
    const own = [
      ...this.#rules(rules, lead, context),
      ...this.#triggers(relation, [verb], context),
      ...this.#changing(relation, lead, context),
      ...this.#cascading(lead, context),
    ]
    if (relation.kind === 'view') {
      if (!this.#isNew(`${verb} ${relation.oid} ${lead.hasWhere}`)) return own
      const view = this.#view({ relation }, context)
      return rules.some(({ isInstead }) => isInstead) ? [...own, ...view] : [...own, ...view, ...this.#throughView(lead, context)]
    }
    // A row that an UPDATE moves to another partition is deleted in one and inserted in the other.
    const verbs = verb === 'UPDATE' ? ['UPDATE', 'DELETE', 'INSERT'] : [verb]
    const parts = descendantsOf(relation, indexOf(this.#catalogue))
    return [
      ...own,
      ...parts.flatMap(part => [...this.#triggers(part, verbs, context), ...this.#changing(part, { ...lead, writes: ['*'] }, context)]),
    ]
  }

  // Foreign keys

  /** What becomes of the rows that lead to those that go, or whose key changes. A TRUNCATE that does not take them along fails. */
  #cascading({ relation, verb, hasWhere, writes }: Lead & { kind: 'change' }, context: Context): Operation[] {
    return (relation.referencedBy ?? []).flatMap(({ from, columns, keys, onDelete, onUpdate }) => {
      const other = this.#catalogue?.relationByOid(from)
      const action = verb === 'TRUNCATE' ? 'cascade' : verb === 'DELETE' ? onDelete : verb === 'UPDATE' ? onUpdate : 'none'
      const isAbout = verb !== 'UPDATE' || writes.includes('*') || writes.some(column => keys.includes(column))
      if (!other || action === 'none' || !isAbout) return []
      const label = `foreign key ${qualified(other)}`
      if (!this.#isNew(`${label} ${verb} ${columns.join()} ${hasWhere}`)) return []
      const done = verb === 'UPDATE' || action === 'set' ? { verb: 'UPDATE', writes: columns } : { verb, writes: [] }
      const operation: Operation = {
        verb: done.verb,
        tables: [qualified(other)],
        columns: [],
        ...(hasWhere === undefined ? {} : { hasWhere }),
        ...(done.writes.length === 0 ? {} : { writes: done.writes.map(column => `${qualified(other)}.${column}`) }),
        inside: label,
      }
      return [operation, ...this.#change({ kind: 'change', relation: other, hasWhere, ...done }, context)]
    })
  }

  // Rules

  /** What a change is rewritten to. What a rule says of `old` is said of the rows that the change is put to. */
  #rules(
    rules: RuleData[],
    { relation, verb, hasWhere }: Pick<Lead & { kind: 'change' }, 'relation' | 'verb' | 'hasWhere'>,
    context: Context,
  ): Operation[] {
    const label = `rule ${qualified(relation)}`
    if (rules.length === 0 || !this.#isNew(`${label} ${verb} ${hasWhere}`)) return []
    const sources = ['old', 'new'].map(alias => ({ alias, relation, isRow: true }))
    const inside = { ...this.#definedContext(label, context), frame: { sources, outer: null } }
    const operations = rules.flatMap(({ definition }) => {
      const rule = fieldsOf(this.#trees(this.#read(definition))[0], 'RuleStmt')
      if (!rule) return [this.#notUnderstood(inside)]
      const { whereClause } = rule
      const condition = isFields(whereClause)
        ? this.#walk([{ SelectStmt: { whereClause } }], inside).filter(one => doesMore(one, label))
        : []
      return [...condition, ...this.#walk(list(rule['actions']).filter(isFields), inside)]
    })
    const isOfAll = hasWhere === false
    return operations.map(one => (isOfAll && one.inside === label && one.hasWhere ? { ...one, hasWhere: false } : one))
  }

  // Expressions of a table's owner

  /** What a change makes PostgreSQL work out: defaults, generated columns, constraints, indexes, row security, domains and casts. */
  #changing(relation: RelationData, { verb, writes }: Pick<Lead & { kind: 'change' }, 'verb' | 'writes'>, context: Context): Operation[] {
    const policies = this.#reading(relation, context)
    if (verb !== 'INSERT' && verb !== 'UPDATE') return verb === 'TRUNCATE' ? [] : policies
    const { columns, checks = [], indexes = [] } = relation
    // A row that is inserted has a value in every column.
    const written = verb === 'INSERT' || writes.includes('*') ? columns : columns.filter(({ name }) => writes.includes(name))
    const defaults = written.flatMap(column => column.default ?? [])
    const generated = columns.flatMap(column => column.generated ?? [])
    const own = (what: string, expressions: string[]): Operation[] => this.#owners({ what, expressions, relation }, context)
    return [
      ...policies,
      ...own('default', defaults),
      ...own('generated column', generated),
      ...own('check', checks),
      ...own('index', indexes),
      ...written.flatMap(({ domain }) => (domain ? this.#domain(domain, context) : [])),
      ...this.#assigned(written, relation, context),
    ]
  }

  /** The casts that bring a value to the type of its column. */
  #assigned(columns: ColumnData[], relation: RelationData, context: Context): Operation[] {
    const inside = `cast ${qualified(relation)}`
    const casts = columns.map(({ type }) => this.#casts(type.split('.'), { isTarget: true }, { ...context, label: inside }))
    const functions = [...new Set(casts.flatMap(({ names }) => names))]
    const call: Operation[] =
      functions.length > 0 && this.#isNew(inside) ? [{ verb: 'SELECT', tables: [], columns: [], functions, inside }] : []
    return [...call, ...casts.flatMap(({ operations }) => operations)]
  }

  /** What reading a table makes PostgreSQL work out. A column that is generated when it is read calls only what PostgreSQL brings along. */
  #reading(relation: RelationData, context: Context): Operation[] {
    return this.#owners({ what: 'policy', expressions: relation.policies ?? [], relation }, context)
  }

  /** Of expressions that belong to a table or a domain, what they call. What they read is known by whoever made them. */
  #owners(
    { what, expressions, relation }: { what: string; expressions: string[]; relation: RoutineName & Partial<RelationData> },
    context: Context,
  ): Operation[] {
    const label = `${what} ${qualified(relation)}`
    if (expressions.length === 0 || !this.#isNew(label)) return []
    const source = 'oid' in relation ? [{ alias: relation.name, relation: relation as RelationData }] : []
    const inside: Context = {
      ...this.#definedContext(label, context),
      frame: { sources: source, outer: null },
      variables: 'oid' in relation ? nothing : new Set(['value']),
      isOwners: true,
    }
    return expressions.flatMap(expression => this.#expression(expression, inside)).filter(operation => doesMore(operation, label))
  }

  #domain(name: RoutineName, context: Context): Operation[] {
    const own = this.#catalogue?.domains(name.schema, name.name) ?? []
    return own.flatMap(domain => {
      if (!this.#isNew(`domain ${qualified(domain)} itself`)) return []
      const base = domain.base.replaceAll('"', '').split('.')
      return [
        ...this.#owners({ what: 'domain', expressions: domain.checks, relation: domain }, context),
        ...this.#castTo(base, context).operations,
      ]
    })
  }

  #triggers(relation: RelationData, verbs: string[], context: Context): Operation[] {
    const set = (relation.triggers ?? []).filter(({ events }) => events.some(event => verbs.includes(event)))
    return set.flatMap(({ routine, definition }) => {
      const asked = this.#asked(definition, relation, context)
      const routines = this.#catalogue?.routines(routine.schema, routine.name) ?? []
      if (routines.length === 0)
        return [...asked, { ...opaque(`function ${qualified(routine)} (unknown)`), inside: `trigger ${qualified(relation)}` }]
      return [...asked, ...routines.flatMap(one => this.#trigger(one, qualified(relation), relation, context))]
    })
  }

  /** What the condition of a trigger calls. */
  #asked(definition: string | undefined, relation: RelationData, context: Context): Operation[] {
    const label = `trigger ${qualified(relation)}`
    if (definition === undefined || !this.#isNew(`${label} ${definition}`)) return []
    const sources = ['new', 'old'].map(alias => ({ alias, relation, isRow: true }))
    const inside = { ...this.#definedContext(label, context), frame: { sources, outer: null } }
    const whenClause = fieldsOf(this.#trees(this.#read(definition))[0], 'CreateTrigStmt')?.['whenClause']
    if (!isFields(whenClause)) return [this.#notUnderstood(inside)]
    return this.#walk([{ SelectStmt: { whereClause: whenClause } }], inside).filter(one => doesMore(one, label))
  }

  #trigger(routine: RoutineData, table: string, relation: RelationData | null, context: Context): Operation[] {
    const sources = relation ? ['new', 'old'].map(alias => ({ alias, relation, isRow: true })) : []
    return this.#routine(routine, { ...context, label: `trigger ${table}`, frame: { sources, outer: null } }, true)
  }

  #callTrigger(name: string[], table: string[], context: Context): Callees {
    const relation = context.isSettled ? this.#relation(table, context) : null
    const shown = relation ? qualified(relation) : table.join('.')
    const routines = this.#routines(name, context)
    const label = `trigger ${shown}`
    const made = this.#madeNamed(name).flatMap(one => this.#function(one, { ...context, label }))
    const followed = routines.flatMap(routine => this.#trigger(routine, shown, relation, context))
    const isUnknown = this.#knowsRoutines && routines.length === 0 && this.#madeNamed(name).length === 0
    const unknown = isUnknown ? [{ ...opaque(`function ${name.join('.')} (unknown)`), inside: label }] : []
    return { names: shownNames(name, routines), operations: [...made, ...followed, ...unknown] }
  }

  // Functions

  #call(name: string[], given: unknown[], context: Context): Callees {
    const routines = this.#routines(name, context)
    const made = this.#madeNamed(name)
    const operations = this.#builtIn(callBuiltIn(name, given), context)
    for (const one of made) operations.push(...this.#callMade(one, context))
    for (const routine of routines) {
      if (builtInSchemas.has(routine.schema)) continue
      operations.push(...this.#routine(routine, { ...context, label: `function ${qualified(routine)}`, frame: null }, false))
    }
    const isUnknown = this.#knowsRoutines && routines.length === 0 && made.length === 0 && operations.length === 0
    if (isUnknown) operations.push(opaque(`function ${name.join('.')} (unknown)`))
    const parts = routines.flatMap(({ calls = [] }) => calls.map(part => (part.schema === 'pg_catalog' ? part.name : qualified(part))))
    return { names: [...new Set([...shownNames(name, routines), ...parts])], operations }
  }

  #callMade(one: MadeFunction, context: Context): Operation[] {
    const label = `function ${nameParts(one.fields['funcname']).join('.')}`
    return this.#isNew(`made ${label}`) ? this.#function(one, { ...context, label, frame: null }) : []
  }

  #callField(name: string, context: Context): Callees {
    const routines = this.#routines([name], context).filter(
      routine => !builtInSchemas.has(routine.schema) && routine.kind === 'function' && routine.parameters.length > 0,
    )
    const made = this.#madeNamed([name])
    if (routines.length === 0 && made.length === 0) return { names: [], operations: [] }
    return this.#call([name], [], context)
  }

  /** Every function that an operator of that name calls, when someone added one: which operator is meant, its types decide. */
  #callOperator(name: string[], context: Context): Callees {
    const added = this.#catalogue?.operators(name.at(-2) ?? null, name.at(-1) ?? '') ?? []
    const made = this.#madeOperators.get(name.at(-1) ?? '') ?? []
    return this.#callAll([...added.map(({ routine }) => [routine.schema, routine.name]), ...made], context)
  }

  /** What a value goes through to become another type: functions of casts, and a domain's constraints. */
  #castTo(type: string[], context: Context): Callees {
    if (!this.#catalogue && this.#madeCasts.length === 0) return { names: [], operations: [] }
    const domains = this.#catalogue?.domains(type.at(-2) ?? null, type.at(-1) ?? '') ?? []
    const row = context.isSettled ? this.#relation(type, context) : null
    const fields = row?.columns.flatMap(({ domain }) => domain ?? []) ?? []
    const casts = this.#casts(type, { isTarget: false }, context)
    return {
      names: casts.names,
      operations: [...casts.operations, ...[...domains, ...fields].flatMap(domain => this.#domain(domain, context))],
    }
  }

  #casts(type: string[], { isTarget }: { isTarget: boolean }, context: Context): Callees {
    const added = (this.#catalogue?.data.casts ?? []).filter(
      // PostgreSQL's own types are printed without a schema: to name one is not to ask for what was added to it.
      ({ source, target }) => isType(type, target) || (!isTarget && source.includes('.') && isType(type, source)),
    )
    const bare = type.at(-1)
    const made = this.#madeCasts.filter(({ types }) => types.some(one => one.at(-1) === bare))
    const routines = added.flatMap(({ routine }) => (routine ? [[routine.schema, routine.name]] : []))
    return this.#callAll([...routines, ...made.map(({ routine }) => routine)], context)
  }

  /** Calls that are not written, but for those of functions that only give a value. */
  #callAll(names: string[][], context: Context): Callees {
    const callees = names.filter(name => !this.#routines(name, context).some(onlyGivesValue)).map(name => this.#call(name, [], context))
    return { names: callees.flatMap(one => one.names), operations: callees.flatMap(one => one.operations) }
  }

  /** Every routine that a call by this name could reach. */
  #routines(name: string[], { searchPath, isSettled }: Context): RoutineData[] {
    if (!this.#catalogue) return []
    const schema = name.at(-2) ?? null
    const bare = name.at(-1) ?? ''
    if (isSettled || schema !== null) return this.#catalogue.routines(schema, bare, searchPath)
    return indexOf(this.#catalogue).routines.get(bare) ?? []
  }

  #madeNamed(name: string[]): MadeFunction[] {
    return this.#made.get(name.at(-1) ?? '') ?? []
  }

  #builtIn(call: BuiltInCall | null, context: Context): Operation[] {
    if (!call) return []
    switch (call.kind) {
      case 'runs':
        return this.#text(call.text, { ...context, label: `function ${call.name}`, frame: null, depth: context.depth + 1 })
      case 'reads':
        return this.#text(`TABLE ${call.table}`, { ...context, label: `function ${call.name}`, frame: null, depth: context.depth + 1 })
      case 'opaque':
        return [opaque(`function ${call.name} (${call.what})`)]
    }
  }

  /** A routine's own operations, and those of the arguments it may be called without, labelled as the context says. */
  #routine(routine: RoutineData, context: Context, isTrigger: boolean): Operation[] {
    const label = context.label ?? ''
    if (!this.#isNew(`${context.label} ${routine.oid}`)) return []
    const inside = this.#definedContext(label, context)
    const given = routine.defaults === undefined ? [] : this.#expression(routine.defaults, inside)
    return [...given.filter(operation => doesMore(operation, label)), ...this.#body(routine, context, isTrigger)]
  }

  #body(routine: RoutineData, context: Context, isTrigger: boolean): Operation[] {
    const { label } = context
    const name = `${routine.kind} ${qualified(routine)}`
    const unknown = (what: string): Operation[] => [{ ...opaque(`${name} (${what})`), ...(isTrigger ? { inside: label ?? '' } : {}) }]
    const { language, body, sqlBody, calls, extension } = routine
    const variables = namesIn(routine.name, routine.parameters)
    const inside = { ...context, ...pathOf(routine), variables, depth: context.depth + 1, origin: null }
    if (calls)
      return inside.depth > depthMax
        ? [this.#notUnderstood(inside)]
        : this.#callAll(
            calls.map(({ schema, name: part }) => [schema, part]),
            inside,
          ).operations
    if (language === 'sql' && sqlBody) return this.#sqlBody(sqlBody, inside)
    if (language === 'sql' && body !== null) return this.#text(body, inside)
    if (language === 'plpgsql' && body !== null) return this.#routineBody({ ...routine, body, isTrigger }, inside)
    const isTrusted = context.isOwners && extension !== undefined && (language === 'c' || language === 'internal')
    return isTrusted || isHarmless(routine) ? [] : unknown(language)
  }

  /** As `pg_get_function_sqlbody` prints it, which names its tables for good. */
  #sqlBody(body: string, context: Context): Operation[] {
    const inside = { ...this.#definedContext('', context), label: context.label, depth: context.depth, variables: context.variables }
    const returned = /^\s*RETURN\s([^]*)$/i.exec(body)?.[1]
    if (returned !== undefined) return this.#expression(returned, inside)
    const [tree] = this.#trees(this.#read(`CREATE FUNCTION f() RETURNS int LANGUAGE sql ${body}`))
    const atomic = fieldsOf(tree, 'CreateFunctionStmt')?.['sql_body']
    return isFields(atomic) ? this.#walk([atomic], inside) : [this.#notUnderstood(inside)]
  }

  #routineBody(routine: RoutineData & { body: string; isTrigger: boolean }, context: Context): Operation[] {
    if (context.depth > depthMax) return [this.#notUnderstood(context)]
    const syntax = readWithoutHead(routine, text => this.#readBody(text))
    return this.#pieces(syntax, context)
  }

  /** What a `CREATE FUNCTION` defines in a text of its own; a body without one is in the tree. */
  #defined(fields: Fields, context: Context): Operation[] {
    if (isFields(fields['sql_body']) || !context.origin) return []
    const label = `function ${nameParts(fields['funcname']).join('.')}`
    return this.#function({ fields, origin: context.origin }, { ...context, label })
  }

  #function({ fields, origin }: MadeFunction, context: Context): Operation[] {
    const name = nameParts(fields['funcname']).join('.')
    const label = context.label ?? ''
    const language = nameParts(optionValue(fields['options'], 'language')).join('').toLowerCase()
    const body = nameParts(optionValue(fields['options'], 'as'))
    const parameters = list(fields['parameters']).map(parameter => text(fieldsOf(parameter, 'FunctionParameter')?.['name']))
    const inside: Context = {
      ...context,
      label,
      frame: null,
      variables: namesIn(nameParts(fields['funcname']).at(-1) ?? '', parameters),
      depth: context.depth + 1,
      origin: null,
    }
    if (isFields(fields['sql_body'])) return this.#walk([fields['sql_body']], inside)
    const [source] = body
    if (source !== undefined && body.length === 1 && language === 'sql') return this.#text(source, inside)
    if (language === 'plpgsql') return this.#pieces(this.#readBody(ownText(origin)), inside)
    return [{ ...opaque(`function ${name} (${language || 'unknown'})`), inside: label }]
  }

  #do(fields: Fields, context: Context): Operation[] {
    const language = nameParts(optionValue(fields['args'], 'language')).join('').toLowerCase() || 'plpgsql'
    const body = nameParts(optionValue(fields['args'], 'as')).join('')
    const label = context.label ?? 'DO'
    if (language !== 'plpgsql') return [{ ...opaque(`DO (${language})`), inside: label }]
    const inside: Context = { ...context, label, frame: null, depth: context.depth + 1, origin: null }
    return inside.depth > depthMax ? [this.#notUnderstood(inside)] : this.#pieces(this.#readBody(doText(body)), inside)
  }

  // Texts in texts

  #pieces(syntax: BodySyntax, context: Context): Operation[] {
    if (syntax.kind !== 'body') return [this.#notUnderstood(context)]
    if (this.#room <= 0) return this.#tooMuch(context)
    const { pieces, variables } = readBody(syntax.body)
    const inside = { ...context, variables: new Set([...context.variables, ...variables]) }
    return pieces.flatMap(piece => this.#piece(piece, inside))
  }

  #piece(piece: Piece, context: Context): Operation[] {
    switch (piece.kind) {
      case 'statement':
        return this.#text(piece.sql, context)
      case 'expression':
        return this.#expression(piece.sql, context)
      case 'transaction':
        return [{ verb: piece.verb, tables: [], columns: [], inside: context.label ?? '' }]
      case 'dynamic':
        return [...this.#expression(piece.sql, context), ...this.#dynamic(piece.sql, context)]
    }
  }

  /** A text that is put together while the body runs is known only when nothing in it is. */
  #dynamic(sql: string, context: Context): Operation[] {
    const [tree] = this.#trees(this.#read(`SELECT ${sql}`))
    const [target, ...others] = list(fieldsOf(tree, 'SelectStmt')?.['targetList'])
    const constant = others.length === 0 ? constantText(fieldsOf(target, 'ResTarget')?.['val']) : null
    if (constant !== null) return this.#text(constant, { ...context, variables: nothing, depth: context.depth + 1 })
    return [{ ...opaque(`dynamic SQL in ${context.label}`), inside: context.label ?? '' }]
  }

  /** An expression is run as a SELECT, which is an operation only when it does something. */
  #expression(sql: string, context: Context): Operation[] {
    const [select, ...others] = this.#text(`SELECT ${sql}`, context)
    if (select?.verb !== 'SELECT' || select.tables.length > 0 || select.functions) return select ? [select, ...others] : others
    return others
  }

  #recalled(lead: Lead & { kind: 'prepared' | 'cursor' }, context: Context): Operation[] {
    const trees = this.#isNew(`${lead.kind} ${lead.name}`) ? this.#recall(lead) : []
    if (trees === null) return [opaque(lead.kind === 'prepared' ? `prepared statement ${lead.name}` : `cursor ${lead.name}`)]
    return this.#walk(trees, { ...context, frame: null, variables: nothing, depth: context.depth + 1, origin: null })
  }

  /** The statements behind a name: what a text would do is the same whether it comes with its PREPARE or DECLARE, or without. */
  #recall({ kind, name }: Lead & { kind: 'prepared' | 'cursor' }): Fields[] | null {
    const own = (kind === 'prepared' ? this.#prepared : this.#cursors).get(name)
    if (own) return [own]
    const known = kind === 'prepared' ? this.#circumstances.prepared?.(name) : this.#circumstances.cursors?.(name)
    if (known === undefined || known === null) return null
    const syntax = this.#read(known)
    if (syntax.kind !== 'statements') return null
    return syntax.statements.map(statement => {
      const inner = fieldsOf(statement, 'PrepareStmt') ?? fieldsOf(statement, 'DeclareCursorStmt')
      return inner && isFields(inner['query']) ? inner['query'] : statement
    })
  }

  #text(sql: string, context: Context): Operation[] {
    const syntax = this.#read(sql)
    if (syntax.kind !== 'statements') return [this.#notUnderstood(context)]
    return syntax.statements.flatMap((statement, at) =>
      this.#walk([statement], { ...context, origin: { text: sql, places: syntax.places, at } }),
    )
  }

  #walk(trees: Fields[], context: Context): Operation[] {
    if (this.#room <= 0) return this.#tooMuch(context)
    if (context.depth > depthMax) return [this.#notUnderstood(context)]
    const operations = operationsOf(trees, this.#surroundings(context)) ?? [this.#notUnderstood(context)]
    this.#room -= operations.length
    return operations
  }

  /** Said once for all that is left out. */
  #tooMuch({ label }: Context): Operation[] {
    const what = opaque(`more than ${followedMax} operations`)
    return this.#isNew('too much') ? [{ ...what, ...(label === null ? {} : { inside: label }) }] : []
  }

  #notUnderstood({ label }: Context): Operation {
    return { ...opaque(label ?? 'text'), ...(label === null ? {} : { inside: label }) }
  }

  #isNew(key: string): boolean {
    if (this.#followed.has(key)) return false
    this.#followed.add(key)
    return true
  }

  #trees(syntax: Syntax): Fields[] {
    return syntax.kind === 'statements' ? syntax.statements : []
  }

  #read(sql: string): Syntax {
    const known = this.#syntaxes.get(sql) ?? this.#reader.read(sql)
    this.#syntaxes.set(sql, known)
    return known
  }

  #readBody(sql: string): BodySyntax {
    const known = this.#bodies.get(sql) ?? this.#reader.readBody(sql)
    this.#bodies.set(sql, known)
    return known
  }
}

/** What only shows when it runs. */
function opaque(what: string): Operation {
  return { verb: 'OPAQUE', object: what, tables: [], columns: [], isOpaque: true }
}

/** The column of the view's one table that a column of the view is. */
function baseColumn(query: Fields, column: string): string[] {
  if (column === '*') return ['*']
  for (const target of list(query['targetList'])) {
    const fields = fieldsOf(target, 'ResTarget')
    const named = nameParts(fieldsOf(fields?.['val'], 'ColumnRef')?.['fields']).at(-1)
    if (named !== undefined && (text(fields?.['name']) || named) === column) return [named]
  }
  return []
}

/** Built-ins are shown without their schema, however they were written. */
function shownNames(name: string[], routines: RoutineData[]): string[] {
  const written = name[0] === 'pg_catalog' ? name.slice(1) : name
  if (routines.length === 0) return [written.join('.')]
  return [...new Set(routines.map(routine => (routine.schema === 'pg_catalog' ? routine.name : qualified(routine))))]
}

/** The names that a function's arguments have in it: `x`, and `f.x`. */
function namesIn(routine: string, parameters: string[]): Set<string> {
  return new Set([...parameters, `${routine}.`])
}

function ownText({ text, places, at }: Origin): string {
  const [start, end] = statementSpans(text, places)[at] ?? [0, text.length]
  return text.slice(start, end)
}

const ruleEvents = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE'])

/** Whether an operation of an expression says more than that the expression is worked out. */
function doesMore({ verb, inside, functions }: Operation, label: string): boolean {
  return verb !== 'SELECT' || inside !== label || (functions?.some(name => name.includes('.') || acting.test(name)) ?? false)
}

/** Functions that PostgreSQL brings along and that do more than give a value. */
const acting = /^(?:pg_|lo_|set_config$|setval$|dblink|ts_stat$|.*_to_xml)/

/** The search path that a routine sets for itself; one that hangs on who calls it is not known. */
function pathOf({ searchPath }: RoutineData): Partial<Pick<Context, 'searchPath' | 'isSettled'>> {
  if (searchPath === undefined) return {}
  const schemas = searchPath.split(',').map(schema => schema.trim().replace(/^"(.*)"$/, '$1'))
  return schemas.includes('$user') ? { isSettled: false } : { searchPath: schemas.filter(schema => schema !== '') }
}

const pathSettings = new Set(['search_path', 'role', 'session_authorization', 'all'])
const definingVerbs = new Set(['CREATE', 'ALTER', 'DROP', 'IMPORT', 'DISCARD', 'OPAQUE', 'UNPARSED'])

/** Whether names may mean something else after it. */
function unsettles({ verb, object, tables, functions }: Operation): boolean {
  if (definingVerbs.has(verb)) return true
  // The view `pg_settings` has a rule that turns an UPDATE of it into SET.
  if (verb === 'UPDATE' && tables.some(table => table.endsWith('pg_settings'))) return true
  if (verb === 'SET' || verb === 'RESET') return pathSettings.has(object ?? '')
  return functions?.includes('set_config') ?? false
}
