/** The candidate that was most likely meant, or null when none is near. */
export function suggest(written: string, candidates: Iterable<string>): string | null {
  // What is far too long was no slip of the finger, and would cost time to compare.
  if (written.length > 64) return null
  const distanceMax = Math.min(3, Math.max(1, Math.floor(written.length / 3)))
  let best: string | null = null
  let bestDistance = distanceMax + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) > distanceMax) continue
    const found = candidate.toLowerCase() === written.toLowerCase() ? 0 : distance(written.toLowerCase(), candidate.toLowerCase())
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

/** Insertions, deletions, replacements and swaps of neighbours. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let at = 1; at <= to.length; at++) {
      const isSame = from[row - 1] === to[at - 1]
      let least = Math.min(last[at]! + 1, current[at - 1]! + 1, last[at - 1]! + (isSame ? 0 : 1))
      if (row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1]) least = Math.min(least, before[at - 2]! + 1)
      current.push(least)
    }
    before = last
    last = current
  }
  return last[to.length]!
}
