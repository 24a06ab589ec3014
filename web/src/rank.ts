/** Gives the items that hold every typed word, in their order, those that start with the first word before the others. */
export function rank<T>(items: readonly T[], typed: string, textOf: (item: T) => string): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const first = words[0]
  if (first === undefined) return [...items]
  const found = items.filter(item => words.every(word => textOf(item).toLowerCase().includes(word)))
  const starts = (item: T): boolean => textOf(item).toLowerCase().startsWith(first)
  return [...found.filter(starts), ...found.filter(item => !starts(item))]
}
