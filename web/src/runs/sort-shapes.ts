import type { ComparedShape } from '../api.ts'

/** Gives the shapes with those first that not every attempt issued, the rarest before the others, and says how far they agree. */
export function sortShapes(shapes: readonly ComparedShape[]): { shape: ComparedShape; issuedBy: number; isUnusual: boolean }[] {
  return shapes
    .map((shape, order) => {
      const issuedBy = shape.counts.filter(count => count > 0).length
      return {
        shape,
        order,
        issuedBy,
        isUnusual: issuedBy < shape.counts.length,
        spread: Math.max(...shape.counts, 0) - Math.min(...shape.counts, Infinity),
      }
    })
    .sort(
      (a, b) =>
        Number(b.isUnusual) - Number(a.isUnusual) || (a.isUnusual ? a.issuedBy - b.issuedBy : b.spread - a.spread) || a.order - b.order,
    )
    .map(({ shape, issuedBy, isUnusual }) => ({ shape, issuedBy, isUnusual }))
}
