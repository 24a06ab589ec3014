/** Gives the address of a policy. Pages with the editor are documents of their own: link to them with `rel="external"`. */
export function policyHref(name: string, query: Record<string, string | number> = {}): string {
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString()
  return `/policies/${encodeURIComponent(name || 'new')}${search === '' ? '' : `?${search}`}`
}

/** The name of the policy that a version is of: `name@hash`. */
export function policyOf(version: string): string {
  return version.slice(0, version.lastIndexOf('@'))
}

/** The hash of a version as people say it. */
export function shortVersion(version: string): string {
  return `@${version.slice(version.lastIndexOf('@') + 1).slice(0, 8)}`
}
