const lengthMax = 64
const distanceMost = 3

/** The candidate that was most likely meant, or null when none is near. */
export function suggest(written: string, candidates: Iterable<string>): string | null {
  // What is far too long was no slip of the finger, and would cost time to compare.
  if (written.length > lengthMax) return null
  const distanceMax = Math.min(distanceMost, Math.max(1, Math.floor(written.length / 3)))
  const lower = written.toLowerCase()
  const rows = Array.from({ length: 3 }, () => new Uint8Array(lower.length + distanceMost + 1))
  let best: string | null = null
  let bestDistance = distanceMax + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) > distanceMax) continue
    const found = distance(lower, candidate.toLowerCase(), { most: bestDistance - 1, rows })
    if (found < bestDistance) [best, bestDistance] = [candidate, found]
  }
  return best ?? shorthand(written, candidates)
}

/** `monday` for `mon`, `production` for `prod`. */
function shorthand(written: string, candidates: Iterable<string>): string | null {
  for (const candidate of candidates)
    if (candidate.length >= 3 && written.toLowerCase().startsWith(candidate.toLowerCase())) return candidate
  return null
}

/** Insertions, deletions, replacements and swaps of neighbours; one more than the most where there are more. Only what lies near the diagonal can be as few. */
function distance(from: string, to: string, { most, rows }: { most: number; rows: Uint8Array[] }): number {
  if (from === to) return 0
  if (Math.abs(from.length - to.length) > most) return most + 1
  let [before, last, current] = rows as [Uint8Array, Uint8Array, Uint8Array]
  for (let at = 0; at <= to.length; at++) last[at] = at
  for (let row = 1; row <= from.length; row++) {
    const [first, end] = [Math.max(1, row - most), Math.min(to.length, row + most)]
    current.fill(most + 1, 0, to.length + 1)
    current[0] = row
    let least = row
    for (let at = first; at <= end; at++) {
      const isSame = from[row - 1] === to[at - 1]
      let cell = Math.min(last[at]! + 1, current[at - 1]! + 1, last[at - 1]! + (isSame ? 0 : 1))
      if (row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1]) cell = Math.min(cell, before[at - 2]! + 1)
      current[at] = cell
      least = Math.min(least, cell)
    }
    if (least > most) return most + 1
    ;[before, last, current] = [last, current, before]
  }
  return Math.min(last[to.length]!, most + 1)
}
