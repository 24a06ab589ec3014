/**
 * Whether a path is a directory or lies in it, once `.`, `..` and doubled
 * slashes are gone: `/tmp/../etc` is not under `/tmp`. A relative path is only
 * under a relative directory, because nobody here knows where it starts.
 * Links are not followed: they are not in the text.
 */
export function isUnder(path: string, directory: string): boolean {
  const inner = normalised(path)
  const outer = normalised(directory)
  if (inner.isAbsolute !== outer.isAbsolute) return false
  // Two climbs out of an unknown place meet only where they climb equally far.
  return inner.climbs === outer.climbs && outer.parts.every((part, index) => inner.parts[index] === part)
}

/** `climbs` counts the `..` that a relative path begins with; an absolute one stops at the root. */
function normalised(path: string): { isAbsolute: boolean; climbs: number; parts: string[] } {
  const isAbsolute = path.startsWith('/')
  const parts: string[] = []
  let climbs = 0
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0) parts.pop()
    else if (!isAbsolute) climbs++
  }
  return { isAbsolute, climbs, parts }
}
