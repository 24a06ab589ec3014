import type { Bucket } from '../api.ts'

/** One bar: its place, and the heights of what it holds, stacked from the bottom. */
export interface Bar {
  x: number
  width: number
  height: number
  denied: number
  held: number
  errors: number
  bucket: Bucket
}

/** Lays out bars over a width: the highest bucket fills the height, nothing that happened is lower than `leastPx`. */
export function histogramLayout(buckets: readonly Bucket[], size: { width: number; height: number }): Bar[] {
  if (buckets.length === 0 || size.width <= 0) return []
  const most = Math.max(1, ...buckets.map(bucket => bucket.commands))
  const step = size.width / buckets.length
  const gap = step >= 5 ? 2 : step >= 3 ? 1 : 0
  return buckets.map((bucket, index) => {
    const height = bucket.commands === 0 ? 0 : Math.max(leastPx, (bucket.commands / most) * size.height)
    // What is rare matters most here: it is drawn to the same scale, but never so low that it cannot be seen.
    const part = (count: number): number => (count === 0 ? 0 : Math.min(height, Math.max(leastPx, (count / most) * size.height)))
    return {
      x: index * step,
      width: Math.max(1, step - gap),
      height,
      denied: part(bucket.denied),
      held: part(bucket.held),
      errors: part(bucket.errors),
      bucket,
    }
  })
}

/** The lowest bar that can still be seen. */
export const leastPx = 3

/** Gives the times a drag between two places selects, on whole buckets, or null if it selects nothing. */
export function draggedRange(
  buckets: readonly Bucket[],
  drag: { fromX: number; toX: number; width: number },
): { since: string; until: string } | null {
  const first = buckets[0]
  const second = buckets[1]
  if (!first || !second || drag.width <= 0 || Math.abs(drag.toX - drag.fromX) < 4) return null
  const stepMs = Date.parse(second.at) - Date.parse(first.at)
  const index = (x: number): number => Math.min(buckets.length - 1, Math.max(0, Math.floor((x / drag.width) * buckets.length)))
  const [from, to] = [index(Math.min(drag.fromX, drag.toX)), index(Math.max(drag.fromX, drag.toX))]
  const at = (steps: number): string => new Date(Date.parse(first.at) + steps * stepMs).toISOString().replace(/\.000Z$/, 'Z')
  return { since: at(from), until: at(to + 1) }
}
