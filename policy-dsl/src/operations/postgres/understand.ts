import type { Operation } from '@steno/recordings'
import { doText, readBody, readWithoutHead, type Piece } from './bodies.ts'
import { callBuiltIn, type BuiltInCall } from './built-ins.ts'
import type { Catalogue, RelationData, RoutineData } from './catalogue.ts'
import { descendantsOf, indexOf } from './catalogue-index.ts'
import { statementSpans } from './offsets.ts'
import { qualified, type Frame } from './sources.ts'
import type { BodySyntax, BytePlace, Syntax, SyntaxReader } from './syntax.ts'
import { constantText, fieldsOf, isFields, list, nameParts, optionValue, readNode, tableParts, text, type Fields } from './tree.ts'
import { operationsOf, type Callees, type Lead, type Surroundings } from './walk.ts'
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

/** What is known of a text that is not understood: that something is done. */
function unparsed(): Operation {
  return { verb: 'UNPARSED', tables: [], columns: [], isOpaque: true }
}

/** Everything that a text would do, as a flat list: what its statements say, and what the functions, views, triggers and prepared statements they use do. */
export function understand(text: string, reader: SyntaxReader, circumstances: Circumstances): Operation[] {
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
  readonly #made = new Map<string, MadeFunction[]>()
  readonly #prepared = new Map<string, Fields>()
  readonly #cursors = new Map<string, Fields>()
  readonly #syntaxes = new Map<string, Syntax>()
  readonly #bodies = new Map<string, BodySyntax>()
  /** What this statement has led to: each is told once. */
  readonly #followed = new Set<string>()
  #room = followedMax
  #isSettled = true

  constructor(reader: SyntaxReader, circumstances: Circumstances) {
    this.#reader = reader
    this.#circumstances = circumstances
    this.#catalogue = circumstances.catalogue ?? null
  }

  /** The operations of the text's next statement; null when it is nested too deep. */
  statement(statement: Fields, origin: Origin): Operation[] | null {
    this.#followed.clear()
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
      study: lead => this.#study(lead),
      call: (name, given) => this.#call(name, given, context),
      callField: name => this.#callField(name, context),
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

  #follow(lead: Lead, context: Context): Operation[] {
    switch (lead.kind) {
      case 'view':
        return this.#view(lead, context)
      case 'change':
        return this.#change(lead, context)
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
    if (relation.kind !== 'view' && !isRefresh) return []
    if (relation.definition === undefined || builtInSchemas.has(relation.schema)) return []
    const label = `view ${qualified(relation)}`
    if (!this.#isNew(label)) return []
    return this.#text(relation.definition, this.#definedContext(label, context))
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
    const hasWhere = lead.hasWhere === undefined ? undefined : lead.hasWhere || limitsRows(query['whereClause'])
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
    const own = this.#triggers(relation, [verb], context)
    if (relation.kind === 'view') {
      if (!this.#isNew(`${verb} ${relation.oid}`)) return own
      return [...own, ...this.#view({ relation }, context), ...this.#throughView(lead, context)]
    }
    // A row that an UPDATE moves to another partition is deleted in one and inserted in the other.
    const verbs = verb === 'UPDATE' ? ['UPDATE', 'DELETE', 'INSERT'] : [verb]
    const parts = descendantsOf(relation, indexOf(this.#catalogue))
    return [...own, ...parts.flatMap(part => this.#triggers(part, verbs, context))]
  }

  #triggers(relation: RelationData, verbs: string[], context: Context): Operation[] {
    const set = (relation.triggers ?? []).filter(({ events }) => events.some(event => verbs.includes(event)))
    return set.flatMap(({ routine }) => {
      const routines = this.#catalogue?.routines(routine.schema, routine.name) ?? []
      if (routines.length === 0)
        return [{ ...opaque(`function ${qualified(routine)} (unknown)`), inside: `trigger ${qualified(relation)}` }]
      return routines.flatMap(one => this.#trigger(one, qualified(relation), relation, context))
    })
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
    const isUnknown = this.#catalogue !== null && routines.length === 0 && this.#madeNamed(name).length === 0
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
    const isUnknown = this.#catalogue !== null && routines.length === 0 && made.length === 0 && operations.length === 0
    if (isUnknown) operations.push(opaque(`function ${name.join('.')} (unknown)`))
    return { names: shownNames(name, routines), operations }
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

  /** A routine's own operations, labelled as the context says. */
  #routine(routine: RoutineData, context: Context, isTrigger: boolean): Operation[] {
    const { label } = context
    if (!this.#isNew(`${label} ${routine.oid}`)) return []
    const name = `${routine.kind} ${qualified(routine)}`
    const unknown = (what: string): Operation[] => [{ ...opaque(`${name} (${what})`), ...(isTrigger ? { inside: label ?? '' } : {}) }]
    const { language, body, sqlBody } = routine
    const inside = { ...context, variables: namesIn(routine.name, routine.parameters), depth: context.depth + 1, origin: null }
    if (language === 'sql' && sqlBody) return this.#sqlBody(sqlBody, inside)
    if (language === 'sql' && body !== null) return this.#text(body, inside)
    if (language === 'plpgsql' && body !== null) return this.#routineBody({ ...routine, body, isTrigger }, inside)
    return unknown(language)
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
