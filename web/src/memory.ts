/** Gives what this browser was told to remember under `key`, or null; storage may be forbidden, then it remembers nothing. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Keeps `value` in this browser under `key`. Says whether it could. */
export function remember(key: string, value: string): boolean {
  try {
    localStorage.setItem(key, value)
    return true
  } catch {
    return false
  }
}

/** Has this browser no longer remember what it kept under `key`. */
export function forget(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage that is forbidden keeps nothing.
  }
}

/** Gives the names, without `prefix`, of everything that is kept under keys that begin with it. */
export function recalledNames(prefix: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter(key => key.startsWith(prefix))
      .map(key => key.slice(prefix.length))
      .toSorted()
  } catch {
    return []
  }
}
