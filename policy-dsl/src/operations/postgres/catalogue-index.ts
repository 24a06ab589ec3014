import type { Catalogue, RelationData, RoutineData } from './catalogue.ts'

/** A catalogue's contents in the orders that are asked for when it is not known which schema a name means. */
export interface CatalogueIndex {
  relations: ReadonlyMap<string, RelationData[]>
  routines: ReadonlyMap<string, RoutineData[]>
  /** A table's partitions and children, by the table's number. */
  children: ReadonlyMap<number, RelationData[]>
}

const indexes = new WeakMap<Catalogue, CatalogueIndex>()

/** The index of a catalogue, made when it is first asked for. */
export function indexOf(catalogue: Catalogue): CatalogueIndex {
  const known = indexes.get(catalogue)
  if (known) return known
  const { relations, routines } = catalogue.data
  const index: CatalogueIndex = {
    relations: groupBy(relations, relation => [relation.name]),
    routines: groupBy(routines, routine => [routine.name]),
    children: groupBy(relations, relation => relation.parents ?? []),
  }
  indexes.set(catalogue, index)
  return index
}

/** A table's partitions and children, and theirs. */
export function descendantsOf(relation: RelationData, { children }: CatalogueIndex): RelationData[] {
  const found = new Set<RelationData>()
  const waiting = [relation]
  for (let next = waiting.pop(); next; next = waiting.pop())
    for (const child of children.get(next.oid) ?? [])
      if (!found.has(child)) {
        found.add(child)
        waiting.push(child)
      }
  return [...found]
}

function groupBy<Key, Value>(values: Value[], keysOf: (value: Value) => Key[]): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>()
  for (const value of values)
    for (const key of keysOf(value)) {
      const group = groups.get(key)
      if (group) group.push(value)
      else groups.set(key, [value])
    }
  return groups
}
