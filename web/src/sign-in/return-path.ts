/**
 * Gives where to go after signing in: the path that was asked for, if it is a
 * page of this desk, else the sessions. Anything that a browser could read as
 * another origin is not a path.
 */
export function returnPath(asked: string | null | undefined, origin: string): string {
  if (!asked || !/^\/(?![/\\])/.test(asked) || /[\\\p{Cc}]/u.test(asked)) return home
  let url: URL
  try {
    url = new URL(asked, origin)
  } catch {
    return home
  }
  const isOurs = url.origin === origin && !/^\/(?:\/|sign-in|api(?:\/|$))/.test(url.pathname)
  return isOurs ? url.pathname + url.search + url.hash : home
}

const home = '/sessions'
