import { isMap, isPair, isScalar, isSeq, type Document, type Node, type Pair } from 'yaml'

/** One thing wrong in a configuration file, where, and what was expected there. */
export interface Mistake {
  file: string
  line: number
  column: number
  /** The keys that lead there, dotted; empty for the file itself. */
  path: string
  message: string
}

/** All that is wrong with a configuration file. */
export class ConfigInvalid extends Error {
  readonly code = 'config_invalid'
  readonly mistakes: Mistake[]

  constructor(mistakes: Mistake[]) {
    const ordered = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column)
    super(ordered.map(formatMistake).join('\n'))
    this.name = 'ConfigInvalid'
    this.mistakes = ordered
  }
}

/** `file:line:column: path: expected …, got …` */
export function formatMistake({ file, line, column, path, message }: Mistake): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`
}

/** The offset of a key or its value in the text; of what is nearest when it is missing. */
export function placeOf(document: Document.Parsed, path: readonly PropertyKey[], part: 'key' | 'value'): number {
  let node: unknown = document.contents
  let nearest = startOf(node) ?? 0
  for (const [at, key] of path.entries()) {
    const child = childOf(node, key)
    if (!child) return nearest
    if (isPair(child)) {
      const wantsKey = part === 'key' && at === path.length - 1
      nearest = (wantsKey ? null : startOf(child.value)) ?? startOf(child.key) ?? nearest
      // What is wrong inside a section, but stands nowhere, is told at the section's key.
      if (!wantsKey && at < path.length - 1) nearest = startOf(child.key) ?? nearest
      node = child.value
    } else {
      nearest = startOf(child) ?? nearest
      node = child
    }
  }
  return nearest
}

function childOf(node: unknown, key: PropertyKey): Pair | Node | undefined {
  if (isMap(node)) return node.items.find(pair => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key)) === String(key))
  if (isSeq(node)) return node.items[Number(key)] as Node | undefined
  return undefined
}

function startOf(node: unknown): number | null {
  const range = (node as Node | null)?.range
  return range ? range[0] : null
}
