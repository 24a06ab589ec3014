import type { Principal } from '@steno/recordings'

/** A name as it is compared: who only writes it in other letters is nobody else. */
export function personOf(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

/** Everyone a session acts for: its principal, the chain behind it, and whoever gave a nested agent its name. */
export function namesBehind({ principal, delegation }: { principal: Principal; delegation: readonly Principal[] }): Set<string> {
  const names = [principal, ...delegation].flatMap(({ name }) => [name, ...parentsOf(name)])
  return new Set(names.map(personOf))
}

/** `a/b/c` was named by `a/b`, and that by `a`. */
function parentsOf(name: string): string[] {
  const parts = name.split('/')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'))
}
