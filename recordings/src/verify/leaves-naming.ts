import { utf8Encoder } from '../cast/utf8.ts'
import { wholeEntries } from '../proof/entry-bundle.ts'

/** Which entries of a bundle are leaves that name the session, or a key of the log: their places in it. Looks at bytes alone, so that a long log is soon searched. */
export function leavesNaming(bundle: Uint8Array, session: string): number[] {
  const [name, key] = [utf8Encoder.encode(`"session":"${session}"`), utf8Encoder.encode('{"kind":"key",')]
  return wholeEntries(bundle).flatMap((entry, at) => (has(entry, name) || has(entry.subarray(0, key.length), key) ? [at] : []))
}

function has(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0]!); at >= 0 && at + part.length <= bytes.length; at = bytes.indexOf(part[0]!, at + 1)) {
    let same = 1
    while (same < part.length && bytes[at + same] === part[same]) same++
    if (same === part.length) return true
  }
  return false
}
