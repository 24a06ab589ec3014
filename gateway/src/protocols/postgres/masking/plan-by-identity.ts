import type { Catalogue, ColumnPattern, MaskObligation, RelationData } from '@steno/policy-dsl'
import type { Column } from '@steno/recordings'
import { mergeMasks, type CellMask } from './cell-mask.ts'

/**
 * Which columns of an answer are masked by what the target says of their
 * origin: a table's OID and the column's number in it, which no alias changes.
 * Computed columns have no origin; they are found by lineage elsewhere.
 */
export function planByIdentity(columns: Column[], catalogue: Catalogue, masks: MaskObligation[], target: string): (CellMask | null)[] {
  return columns.map(column => {
    if (column.tableOid === 0) return null
    const relation = catalogue.relationByOid(column.tableOid)
    let plan: CellMask | null = null
    for (const obligation of masks) {
      const patterns = obligation.columns.filter(pattern => pattern.target === null || pattern.target === target)
      const isMasked = patterns.some(pattern => (relation ? fits(column, relation, pattern, catalogue) : fitsByName(column, pattern)))
      if (isMasked) plan = mergeMasks(plan, { rule: obligation.rule, with: obligation.with, isWhole: column.attribute <= 0 })
    }
    return plan
  })
}

/** The same rows can be read through a table and through its partitions, so a mask on either holds for both. */
function fits(column: Column, relation: RelationData, pattern: ColumnPattern, catalogue: Catalogue): boolean {
  // The system columns (`ctid`, `xmin`) are nobody's data.
  if (column.attribute < 0) return false
  const described = relation.columns.find(one => one.attribute === column.attribute)
  // Number 0 is the whole row. A number that the catalogue does not have is of a column newer than it.
  const mayBe = (name: string) => (column.attribute === 0 ? relation.columns.some(one => one.name === name) : described?.name === name)
  const isNamed = described || column.attribute === 0 ? mayBe(pattern.column) : isAlike(column.name, pattern.column)
  if (!isNamed) return false
  return [relation, ...relatives(relation, catalogue)].some(
    one => (pattern.table === null || pattern.table === one.name) && (pattern.schema === null || pattern.schema === one.schema),
  )
}

/** A table that the catalogue does not know: one made since. What its column is called is all there is to go by. */
function fitsByName(column: Column, pattern: ColumnPattern): boolean {
  return column.attribute === 0 || isAlike(column.name, pattern.column)
}

function isAlike(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Every relation that a relation inherits from, at any distance, and every one that inherits from it. */
function relatives(relation: RelationData, catalogue: Catalogue): RelationData[] {
  const parents = (one: RelationData) => one.parents ?? []
  const children = childrenOf(catalogue)
  const oids = new Set([...reach(relation, parents), ...reach(relation, one => children.get(one.oid) ?? [])])
  oids.delete(relation.oid)
  return [...oids].flatMap(oid => catalogue.relationByOid(oid) ?? [])

  function reach(from: RelationData, next: (one: RelationData) => number[]): Set<number> {
    const reached = new Set<number>()
    const waiting = [...next(from)]
    for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
      if (reached.has(oid)) continue
      reached.add(oid)
      const found = catalogue.relationByOid(oid)
      if (found) waiting.push(...next(found))
    }
    return reached
  }
}

const childrenByCatalogue = new WeakMap<Catalogue, Map<number, number[]>>()

function childrenOf(catalogue: Catalogue): Map<number, number[]> {
  const known = childrenByCatalogue.get(catalogue)
  if (known) return known
  const children = new Map<number, number[]>()
  for (const relation of catalogue.data.relations)
    for (const parent of relation.parents ?? []) children.set(parent, [...(children.get(parent) ?? []), relation.oid])
  childrenByCatalogue.set(catalogue, children)
  return children
}
