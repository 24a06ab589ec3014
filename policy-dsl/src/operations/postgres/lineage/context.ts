import type { MaskObligation } from '../../../decision.ts'
import { isFields, type Fields } from '../tree.ts'
import type { RelationData } from '../catalogue.ts'
import { Literals } from './literals.ts'
import type { MaskRequest, Redaction } from './mask-plan.ts'
import type { Scope } from './scope.ts'
import { sourceNames, type Column, type Source, type Value } from './value.ts'

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
  readonly routineSources = new Map<number, readonly Source[] | null>()
  readonly sources = new Map<string, Source>()
  /** Relations that earlier statements of the text make: nothing in them is masked, or they would have been refused. */
  readonly made = new Map<string, Column[]>()
  searchPath: string[]
  /** A new search path that is not known: a name may mean any table called so. */
  isPathUnknown = false
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
  #bound: { parameter: number; source: Source }[] | null = null
  #depth = 0
  #nodes = 0

  constructor(request: MaskRequest, readers: Readers) {
    this.request = request
    this.readers = readers
    this.columnMasks = request.masks.filter(mask => mask.columns.some(({ target }) => target === null || target === request.target))
    this.literals = new Literals(request.text)
    this.searchPath = request.searchPath ?? request.catalogue.data.searchPath
  }

  /** The rule that stands for a refusal no single column is the cause of. */
  get rule(): string {
    return this.columnMasks[0]?.rule ?? this.request.masks[0]?.rule ?? ''
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
    this.note(
      this.refuse(
        `\`${sourceNames(value)}\` is masked and may not be copied, which ${place} does`,
        `leave \`${source.column}\` out of it, or select it: the answer comes back masked`,
        source,
      ),
    )
  }

  /** Takes down the literals and parameters under a node as bound for a masked column. */
  bind(node: unknown, target: Value): void {
    const [source] = target.sources
    if (source && (this.isOwnText || this.#bound)) this.#bind(node, source)
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
  elsewhere<T>({ isMuted, searchPath }: { isMuted: boolean; searchPath: string[] }, read: () => T): T {
    const before = { isOwnText: this.isOwnText, isMuted: this.isMuted, searchPath: this.searchPath, isPathUnknown: this.isPathUnknown }
    this.isOwnText = false
    this.isMuted ||= isMuted
    this.searchPath = searchPath
    this.isPathUnknown &&= !isMuted
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
    if (schema !== null || (found && !this.isPathUnknown)) return found ? [found] : []
    return catalogue.data.relations.filter(relation => relation.name === name && relation.kind !== 'index')
  }
}
