/** What a database says about itself, as rows that can be sent and stored. */
export interface CatalogueData {
  relations: RelationData[]
  routines: RoutineData[]
  /** The schemas that a session begins with in its search path, in order, without those that do not exist. `pg_catalog` is always first. */
  searchPath: string[]
  /** `server_version_num`. */
  serverVersion: number
  /** Operators that someone added, and those of schemas other than `pg_catalog`. */
  operators?: OperatorData[]
  /** Casts that someone added, their types as `format_type` prints them; without a routine they read the other type's text or bytes. */
  casts?: { source: string; target: string; routine: RoutineName | null }[]
  /** Domains that someone added, with the type below and what their constraints say of `VALUE`. */
  domains?: { schema: string; name: string; base: string; checks: string[] }[]
  /** Types that someone added, but for arrays and the rows of relations; with the extension they came with, of what a superuser owns. */
  types?: { schema: string; name: string; extension?: string }[]
}

export interface RoutineName {
  schema: string
  name: string
}

export interface OperatorData {
  schema: string
  name: string
  routine: RoutineName
}

export interface ColumnData {
  name: string
  attribute: number
  type: string
  typeOid: number
  /** The expression that a generated column holds the result of. */
  generated?: string
  /** The default's expression, where it calls something. */
  default?: string
  /** Where its type is a domain. */
  domain?: { schema: string; name: string }
}

/** A rewrite rule that is not a view's query. */
export interface RuleData {
  event: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'
  isInstead: boolean
  /** The statement that makes it, as `pg_get_ruledef` prints it. */
  definition: string
}

/** A foreign key, as the table that it leads to sees it. */
export interface ReferenceData {
  /** The table that has it. */
  from: number
  /** Its columns there, and those they lead to. */
  columns: string[]
  keys: string[]
  /** What becomes of the rows that lead to one that is deleted, or whose key changes. */
  onDelete: ReferenceAction
  onUpdate: ReferenceAction
}

export type ReferenceAction = 'none' | 'cascade' | 'set'

export interface RelationData {
  oid: number
  schema: string
  name: string
  kind: 'table' | 'view' | 'materialized view' | 'foreign table' | 'sequence' | 'index' | 'composite type'
  columns: ColumnData[]
  /** A view's query, as `pg_get_viewdef` prints it. */
  definition?: string
  /** Routines that its triggers call, with what sets them off (`INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`). */
  triggers?: {
    events: string[]
    routine: RoutineName
    /** It may put other values into the row that is written: BEFORE and INSTEAD OF, for each row. */
    changesRow?: true
    /** The whole of it, as `pg_get_triggerdef` prints it, where it has a condition. */
    definition?: string
  }[]
  /** The relations whose rows it has too: a partition's or a child's parents. */
  parents?: number[]
  /** What a change or a query of it is rewritten to. */
  rules?: RuleData[]
  /** Foreign keys to it, by which a change of its rows is one of other tables' rows. */
  referencedBy?: ReferenceData[]
  /** The expressions of its CHECK constraints. */
  checks?: string[]
  /** The expressions of its row-level security policies. */
  policies?: string[]
  /** What its indexes, its statistics and its partition key calculate: lists of expressions, and the conditions of partial indexes. */
  indexes?: string[]
}

export interface RoutineData {
  oid: number
  schema: string
  name: string
  kind: 'function' | 'procedure' | 'aggregate' | 'window'
  /** `sql`, `plpgsql`, `internal`, `c`, … */
  language: string
  /** The source of `sql` and `plpgsql` routines; null for others. */
  body: string | null
  /** For a SQL-standard body (BEGIN ATOMIC), as `pg_get_function_sqlbody` prints it. */
  sqlBody?: string | null
  parameters: string[]
  /** What stands for arguments that are left out: a list of expressions. */
  defaults?: string
  returnsSet: boolean
  /** The relation whose row it returns, 0 for none. */
  returnsRelation: number
  /** The search path that it sets for itself while it runs, as `SET search_path` takes it. */
  searchPath?: string
  /** The routines that an aggregate of someone's own is made of. */
  calls?: RoutineName[]
  /** The extension it came with. Only for what a superuser owns: whoever owns an extension can add functions of their own to it. */
  extension?: string
}

/** Answers by name and by number, under a search path. Pure: a snapshot of one moment. */
export class Catalogue {
  readonly data: CatalogueData
  readonly #byOid = new Map<number, RelationData>()
  readonly #relations = new Map<string, RelationData>()
  readonly #temporary = new Set<string>()
  readonly #routines = new Map<string, RoutineData[]>()
  readonly #routinesByOid = new Map<number, RoutineData>()
  readonly #operators = new Map<string, OperatorData[]>()

  constructor(data: CatalogueData) {
    this.data = data
    for (const relation of data.relations) {
      this.#byOid.set(relation.oid, relation)
      this.#relations.set(key(relation.schema, relation.name), relation)
      if (relation.schema.startsWith('pg_temp_')) this.#temporary.add(relation.name)
    }
    for (const routine of data.routines) {
      const overloads = this.#routines.get(key(routine.schema, routine.name)) ?? []
      this.#routines.set(key(routine.schema, routine.name), [...overloads, routine])
      this.#routinesByOid.set(routine.oid, routine)
    }
    for (const operator of data.operators ?? [])
      this.#operators.set(operator.name, [...(this.#operators.get(operator.name) ?? []), operator])
  }

  relationByOid(oid: number): RelationData | null {
    return this.#byOid.get(oid) ?? null
  }

  routineByOid(oid: number): RoutineData | null {
    return this.#routinesByOid.get(oid) ?? null
  }

  /**
   * The relation that a name means; a null schema looks along the search path.
   * Null as well where somebody's temporary relation has the name: whose it is
   * cannot be told from here, and in its own session it hides every other.
   */
  relation(schema: string | null, name: string, searchPath: string[] = this.data.searchPath): RelationData | null {
    if (schema !== null) return this.#relations.get(key(schema, name)) ?? null
    if (this.#temporary.has(name)) return null
    for (const place of ['pg_catalog', ...searchPath]) {
      const found = this.#relations.get(key(place, name))
      if (found) return found
    }
    return null
  }

  /** Every routine of that name that a call could mean: all overloads, along the whole search path. Empty when there is none. */
  routines(schema: string | null, name: string, searchPath: string[] = this.data.searchPath): RoutineData[] {
    if (schema !== null) return this.#routines.get(key(schema, name)) ?? []
    return ['pg_catalog', ...searchPath].flatMap(place => this.#routines.get(key(place, name)) ?? [])
  }

  /**
   * The operators of that name that someone added, in every schema unless one is
   * named: which of them an expression means, or PostgreSQL's own, its types decide.
   */
  operators(schema: string | null, name: string): OperatorData[] {
    const added = this.#operators.get(name) ?? []
    return schema === null ? added : added.filter(operator => operator.schema === schema)
  }

  /** What is known of a type's name as a domain that someone added; a null schema means any. */
  domains(schema: string | null, name: string): NonNullable<CatalogueData['domains']> {
    return (this.data.domains ?? []).filter(domain => domain.name === name && (schema === null || domain.schema === schema))
  }

  /** The rules that rewrite what such a statement would do to the relation. */
  rules(relation: RelationData, event: RuleData['event']): RuleData[] {
    return (relation.rules ?? []).filter(rule => rule.event === event)
  }
}

function key(schema: string, name: string): string {
  // Neither half of a name can hold a NUL.
  return `${schema}\0${name}`
}
