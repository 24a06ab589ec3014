import type { Principal } from '@steno/recordings'

/**
 * Everyone whom rules on the principal are asked about. A run may open another
 * inside itself under a name it makes up, `parent/name`: such a name can add
 * restrictions and never take one away, so the parent is asked about as well,
 * up to the one whose credential was proven, who comes last.
 */
export function identitiesOf(principal: Principal, delegation: readonly Principal[]): Principal[] {
  const identities = [principal]
  for (const next of delegation) {
    if (!identities.at(-1)!.name.startsWith(`${next.name}/`)) break
    identities.push(next)
  }
  return identities
}
