import type { MaskObligation } from '../../../decision.ts'
import { isFields, type Fields } from '../tree.ts'
import type { RelationData, RoutineName } from '../catalogue.ts'
import { indexOf } from '../catalogue-index.ts'
import { isOwnRoutine } from './own-routine.ts'
import { isLiteral, Literals } from './literals.ts'
import type { MaskRequest, Redaction } from './mask-plan.ts'
import type { Scope } from './scope.ts'
import { clean, sourceNames, type Column, type Source, type Value } from './value.ts'

/** Deeper than this, and beyond this many nodes, a statement is not followed. */
export const nestingMax = 700
export const nodesMax = 400_000

/** The statement cannot be masked soundly. */
export class Refusal extends Error {
  readonly rule: string
  readonly reason: string
  readonly hint: string

  constructor({ rule, reason, hint }: { rule: string; reason: string; hint: string }) {
    super(reason)
    this.rule = rule
    this.reason = reason
    this.hint = hint
  }
}

/** The parts of the analysis that call each other in a circle. */
export interface Readers {
  /** The output columns of a SELECT or of a statement with RETURNING. */
  query(context: Context, statement: unknown, scope: Scope | null): Column[]
}

/** Something else than the text: a view, a routine, a prepared statement. */
export interface Place {
  /** Nobody asks here but its author. */
  isMuted: boolean
  searchPath: string[]
  isPathUnknown?: boolean
  /** A definition that the server printed, in which every name but PostgreSQL's own has its schema. */
  isPrinted?: boolean
}

/** What is asked about a value: whether it equals something given, or anything else. */
export type Question = 'equality' | 'anything'

/** One analysis of one text: what it found, and what it is not allowed to do. */
export class Context {
  readonly request: MaskRequest
  readonly readers: Readers
  readonly columnMasks: MaskObligation[]
  readonly literals: Literals
  readonly redactions: Redaction[] = []
  readonly viewColumns = new Map<number, Column[] | null>()
  readonly routineSources = new Map<string, readonly Source[] | null>()
  readonly quietRoutines = new Map<number, boolean>()
  readonly alteringRoutines = new Map<number, 'tables' | 'all' | null>()
  readonly sources = new Map<string, Source>()
  /** Relations that earlier statements of the text make: nothing in them is masked, or they would have been refused. */
  readonly made: Map<string, Column[]>
  /** Whether the catalogue lists what PostgreSQL brings along, so that a name it does not have is nobody's. */
  readonly knowsOwn: boolean
  /** The same for its tables and views. */
  readonly knowsOwnTables: boolean
  /** Casts with a function that came with no extension. */
  readonly ownCasts: { source: string; target: string; routine: RoutineName }[]
  searchPath: string[]
  /** A new search path that is not known: a name may mean any table called so. */
  isPathUnknown: boolean
  /** A masked column that the statement writes with what comes from another part of it. */
  writtenFromElsewhere: Source | null = null
  /** The text has set where names are looked for, which a transaction's end may undo. */
  hasSetPath = false
  /** Functions, operators, types and casts may be others than the catalogue says. */
  isStale: boolean
  /** Tables may have other names than the catalogue says. */
  areTablesMoved: boolean
  /** What the statement that is being read does to those after it. */
  after: { path: string | null | undefined; alters: 'tables' | 'all' | null } = { path: undefined, alters: null }
  isPrinted = false
  /** The first thing that was refused; the analysis goes on for the literals. */
  refusal: Refusal | null = null
  touchesMasked = false
  /** The clause that is being read as a condition. */
  clause: string | null = null
  /** The routines whose columns are being read. */
  readonly openRoutines = new Set<number>()
  /** Whether the nodes are those of the text itself, so that their places mean something. */
  isOwnText = true
  /** Inside a view or a routine, which asks what its author asked and not the client. */
  isMuted = false
  #called: Set<Source> | null = null
  #kept: { source: Source | null } | null = null
  #bound: { parameter: number; source: Source }[] | null = null
  #depth = 0
  #nodes = 0

  constructor(request: MaskRequest, readers: Readers) {
    this.request = request
    this.readers = readers
    this.columnMasks = request.masks.filter(mask => mask.columns.some(({ target }) => target === null || target === request.target))
    this.literals = new Literals(request.text)
    const { data } = request.catalogue
    this.searchPath = request.searchPath ?? data.searchPath
    this.made = new Map((request.made ?? []).map(({ name, columns }) => [name, columns.map(column => ({ name: column, value: clean }))]))
    this.isStale = request.isStale === true
    this.areTablesMoved = this.isStale
    // Without any schema it is a path that nobody knows.
    this.isPathUnknown = this.isStale || this.searchPath.length === 0
    this.knowsOwn = (indexOf(request.catalogue).routines.get('now') ?? []).some(isOwnRoutine)
    this.knowsOwnTables = request.catalogue.relation('pg_catalog', 'pg_class') !== null
    this.ownCasts = (data.casts ?? []).flatMap(({ source, target, routine }) => {
      const routines = routine ? request.catalogue.routines(routine.schema, routine.name) : []
      return routine && routines.every(one => one.extension !== undefined) && routines.length > 0
        ? []
        : routine
          ? [{ source, target, routine }]
          : []
    })
  }

  /** The rule that stands for a refusal no single column is the cause of. */
  get rule(): string {
    return this.columnMasks[0]?.rule ?? this.request.masks[0]?.rule ?? ''
  }

  /** Whether a bare name of a table means what the catalogue and the search path say. */
  get isPathKnown(): boolean {
    return this.isPrinted || !(this.isPathUnknown || this.areTablesMoved)
  }

  refuse(reason: string, hint: string, source?: Source): Refusal {
    return new Refusal({ rule: source?.rule ?? this.rule, reason, hint })
  }

  note(refusal: Refusal): void {
    if (!this.isMuted) this.refusal ??= refusal
  }

  /** Holds a question about a value against what its masks allow. */
  ask(value: Value, question: Question, place: string): void {
    const forbidden = value.sources.find(
      ({ predicates }) => predicates === 'refuse' || (predicates === 'equality' && question !== 'equality'),
    )
    if (!forbidden) return
    const allowance = forbidden.predicates === 'equality' ? ' but for `=` with a given value or another column' : ''
    this.note(
      this.refuse(
        `\`${forbidden.column}\` is masked and may not be asked about, which ${place} does`,
        `leave \`${forbidden.column}\` out of it${allowance}; it may be selected by itself, counted, and tested with IS NULL`,
        forbidden,
      ),
    )
  }

  /** Refuses to put a masked value where its mask does not follow. */
  forbidCopy(value: Value, place: string): void {
    const [source] = value.sources
    if (!source) return
    if (this.#kept) this.#kept.source ??= source
    this.note(
      this.refuse(
        `\`${sourceNames(value)}\` is masked and may not be copied, which ${place} does`,
        `leave \`${source.column}\` out of it, or select it: the answer comes back masked`,
        source,
      ),
    )
  }

  /** Refuses to give a masked value to what may be anything. */
  forbidDoubtful(source: Source, place: string): void {
    this.note(
      this.refuse(
        `\`${source.column}\` is masked and may only be given to what is surely PostgreSQL's own, which cannot be said of ${place}`,
        this.isStale
          ? 'ask when the transaction has ended, or write the schema: `pg_catalog.lower(…)`, `OPERATOR(pg_catalog.||)`'
          : 'ask again when the catalogue has been read again, or leave it out',
        source,
      ),
    )
  }

  /** Takes down the literals and parameters under a node as bound for a masked column. */
  bind(node: unknown, target: Value): void {
    const [source] = target.sources
    if (source && (this.isOwnText || this.#bound)) this.#bind(node, source)
  }

  /** Takes down every literal of the text, of which some may be bound for a masked column. */
  bindEverything({ rule, with: kind }: Source): void {
    for (const { start, end } of this.isOwnText ? this.literals.tokens.filter(isLiteral) : []) this.#add({ start, end, rule, with: kind })
  }

  #bind(node: unknown, source: Source): void {
    const waiting = [node]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (Array.isArray(next)) waiting.push(...(next as unknown[]))
      if (!isFields(next)) continue
      const constant = next['A_Const']
      const parameter = next['ParamRef']
      if (isFields(constant)) this.#redactLiteral(constant, source)
      else if (isFields(parameter) && typeof parameter['number'] === 'number') this.#redactParameter(parameter['number'], source)
      else for (const key of Object.keys(next)) if (typeof next[key] === 'object' && next[key] !== null) waiting.push(next[key])
    }
  }

  #redactParameter(parameter: number, source: Source): void {
    if (this.isOwnText) this.#add({ parameter, rule: source.rule, with: source.with })
    else this.#bound?.push({ parameter, source })
  }

  #redactLiteral(constant: Fields, { rule, with: kind }: Source): void {
    if (!this.isOwnText || constant['isnull'] === true || 'boolval' in constant) return
    const place = this.literals.at(constant['location'])
    if (place) this.#add({ ...place, rule, with: kind })
  }

  #add(redaction: Redaction): void {
    const isKnown = this.redactions.some(known =>
      'parameter' in redaction
        ? 'parameter' in known && known.parameter === redaction.parameter
        : 'start' in known && known.start === redaction.start,
    )
    if (!isKnown) this.redactions.push(redaction)
  }

  /** Reads something that is not the text itself. Inside a view nobody asks; inside a prepared statement or a cursor the client does. */
  elsewhere<T>({ isMuted, searchPath, isPrinted = false, isPathUnknown = this.isPathUnknown }: Place, read: () => T): T {
    const { isOwnText, isPathUnknown: wasUnknown } = this
    const before = { isOwnText, isMuted: this.isMuted, searchPath: this.searchPath, isPathUnknown: wasUnknown, isPrinted: this.isPrinted }
    this.isOwnText = false
    this.isMuted ||= isMuted
    this.isPrinted = isPrinted
    this.searchPath = searchPath
    this.isPathUnknown = isPathUnknown && !isPrinted
    try {
      return read()
    } finally {
      Object.assign(this, before)
    }
  }

  /** Notes the masked columns that a routine was found to read. */
  noteCall(sources: readonly Source[]): void {
    for (const source of sources) this.#called?.add(source)
  }

  /** The masked columns behind the routines that are called while something is read. */
  calledSources(read: () => unknown): Source[] {
    const before = this.#called
    const called = new Set<Source>()
    this.#called = called
    try {
      read()
      return [...called]
    } finally {
      this.#called = before
    }
  }

  /** The first masked column that is copied while something is read, also where nobody is refused for it. */
  keptWhile(read: () => void): Source | null {
    const before = this.#kept
    const kept: { source: Source | null } = { source: null }
    this.#kept = kept
    try {
      read()
      return kept.source
    } finally {
      this.#kept = before
    }
  }

  /** Whether it is a routine's body that is read, for what it copies. */
  get isForCopies(): boolean {
    return this.#kept !== null
  }

  /** Reads a prepared statement, and which of its parameters are bound for a masked column. */
  parametersOf<T>(read: () => T): { answer: T; bound: { parameter: number; source: Source }[] } {
    const before = this.#bound
    const bound: { parameter: number; source: Source }[] = []
    this.#bound = bound
    try {
      return { answer: read(), bound }
    } finally {
      this.#bound = before
    }
  }

  /** Goes one level down, so far and no further. */
  inside<T>(read: () => T): T {
    if (++this.#depth > nestingMax || ++this.#nodes > nodesMax)
      throw this.refuse('the statement is nested too deep to see which columns it shows', 'write it in smaller parts')
    try {
      return read()
    } finally {
      this.#depth--
    }
  }

  /** The relation a name means. One that is not on the search path may still be on another: then a masked one of that name counts. */
  relations(schema: string | null, name: string): RelationData[] {
    const { catalogue } = this.request
    const found = catalogue.relation(schema, name, this.searchPath)
    if (schema !== null) return found ? [found] : []
    // One of PostgreSQL's own comes first unless the path says otherwise.
    const isFirst = found?.schema !== 'pg_catalog' || this.searchPath.indexOf('pg_catalog') <= 0
    if (found && isFirst && this.isPathKnown) return [found]
    return catalogue.data.relations.filter(relation => relation.name === name && relation.kind !== 'index')
  }
}
