import { isFields, readNode, type Fields } from '../tree.ts'

/** Every node of a tree, in no order. */
export function nodesIn(tree: unknown): { kind: string; fields: Fields }[] {
  const found: { kind: string; fields: Fields }[] = []
  const waiting: { value: unknown; field: string }[] = [{ value: tree, field: '' }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, field } = next
    if (Array.isArray(value)) for (const element of value as unknown[]) waiting.push({ value: element, field })
    if (!isFields(value)) continue
    const node = readNode(value, field)
    found.push(node)
    for (const key of Object.keys(node.fields))
      if (typeof node.fields[key] === 'object') waiting.push({ value: node.fields[key], field: key })
  }
  return found
}

/** Every type that a tree names, which stand there without their kind. */
export function typesIn(tree: unknown): Fields[] {
  return nodesIn(tree).flatMap(({ fields }) => (Array.isArray(fields['names']) ? [fields] : []))
}
