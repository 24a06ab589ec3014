import type { Node } from 'acorn'
import { limits } from './limits.ts'
import type { ProblemList } from './problem-list.ts'

/**
 * Whether a tree is small enough to be looked at by functions that call
 * themselves. This one does not, so no source exhausts the stack.
 */
export function checkLimits(statements: readonly Node[], problems: ProblemList): boolean {
  const places: { node: Node; depth: number; chain: string }[] = statements.map(node => ({ node, depth: 1, chain: '' }))
  let nodes = 0
  for (let place = places.pop(); place; place = places.pop()) {
    nodes++
    if (nodes > limits.nodes) {
      problems.error('limit', place.node, `expected at most ${limits.nodes} parts of expressions in one policy`)
      return false
    }
    const chain = chainOf(place.node)
    // A chain of one operator is read as a list, however long it is.
    const depth = chain !== '' && chain === place.chain ? place.depth : place.depth + 1
    if (depth > limits.depth) {
      problems.error('limit', place.node, `expected at most ${limits.depth} levels of nesting`)
      return false
    }
    const add = (child: unknown) => {
      if (isNode(child)) places.push({ node: child, depth, chain })
    }
    for (const value of Object.values(place.node) as unknown[]) {
      if (Array.isArray(value)) value.forEach(add)
      else add(value)
    }
  }
  return true
}

function chainOf(node: Node): string {
  return node.type === 'LogicalExpression' && 'operator' in node && typeof node.operator === 'string' ? node.operator : ''
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
}
