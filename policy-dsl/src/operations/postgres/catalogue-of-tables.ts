import type { LiveNamespace } from '../../live-schema.ts'
import { Catalogue, type RelationData } from './catalogue.ts'

const known = new WeakMap<readonly LiveNamespace[], Catalogue>()

/**
 * A catalogue of what authors of policies know of a target: its tables and
 * their columns. It holds no routine and no view's query, so names mean what
 * they mean, and nothing is followed or called unknown.
 */
export function catalogueOfTables(schemas: readonly LiveNamespace[]): Catalogue {
  const catalogue = known.get(schemas) ?? madeOf(schemas)
  known.set(schemas, catalogue)
  return catalogue
}

function madeOf(schemas: readonly LiveNamespace[]): Catalogue {
  const relations = schemas.flatMap(({ name: schema, tables }) =>
    tables.map(({ name, columns }): Omit<RelationData, 'oid'> => ({
      schema,
      name,
      kind: 'table',
      columns: columns.map((column, at) => ({ ...column, attribute: at + 1, typeOid: 0 })),
    })),
  )
  return new Catalogue({
    // Numbers that no database gives to what its users make.
    relations: relations.map((relation, at) => ({ oid: at + 1, ...relation })),
    routines: [],
    searchPath: schemas.filter(({ isDefault }) => isDefault).map(({ name }) => name),
    serverVersion: 0,
  })
}
