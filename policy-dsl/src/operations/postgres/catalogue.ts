/** What a database says about itself, as rows that can be sent and stored. */
export interface CatalogueData {
  relations: RelationData[]
  routines: RoutineData[]
  /** The schemas that a session begins with in its search path, in order, without those that do not exist. `pg_catalog` is always first. */
  searchPath: string[]
  /** `server_version_num`. */
  serverVersion: number
}

export interface RelationData {
  oid: number
  schema: string
  name: string
  kind: 'table' | 'view' | 'materialized view' | 'foreign table' | 'sequence' | 'index' | 'composite type'
  columns: { name: string; attribute: number; type: string; typeOid: number }[]
  /** A view's query, as `pg_get_viewdef` prints it. */
  definition?: string
  /** Routines that its triggers call, with what sets them off (`INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`). */
  triggers?: { events: string[]; routine: { schema: string; name: string } }[]
  /** The relations whose rows it has too: a partition's or a child's parents. */
  parents?: number[]
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
  returnsSet: boolean
  /** The relation whose row it returns, 0 for none. */
  returnsRelation: number
}

/** Answers by name and by number, under a search path. Pure: a snapshot of one moment. */
export class Catalogue {
  readonly data: CatalogueData
  readonly #byOid = new Map<number, RelationData>()
  readonly #relations = new Map<string, RelationData>()
  readonly #routines = new Map<string, RoutineData[]>()
  readonly #routinesByOid = new Map<number, RoutineData>()

  constructor(data: CatalogueData) {
    this.data = data
    for (const relation of data.relations) {
      this.#byOid.set(relation.oid, relation)
      this.#relations.set(key(relation.schema, relation.name), relation)
    }
    for (const routine of data.routines) {
      const overloads = this.#routines.get(key(routine.schema, routine.name)) ?? []
      this.#routines.set(key(routine.schema, routine.name), [...overloads, routine])
      this.#routinesByOid.set(routine.oid, routine)
    }
  }

  relationByOid(oid: number): RelationData | null {
    return this.#byOid.get(oid) ?? null
  }

  routineByOid(oid: number): RoutineData | null {
    return this.#routinesByOid.get(oid) ?? null
  }

  /** The relation that a name means; a null schema looks along the search path. */
  relation(schema: string | null, name: string, searchPath: string[] = this.data.searchPath): RelationData | null {
    if (schema !== null) return this.#relations.get(key(schema, name)) ?? null
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
}

function key(schema: string, name: string): string {
  // Neither half of a name can hold a NUL.
  return `${schema}\0${name}`
}
