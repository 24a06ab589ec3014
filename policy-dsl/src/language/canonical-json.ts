/** One text for one value: keys in order, no spaces, what is undefined left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  let text = ''
  if (Array.isArray(value)) {
    for (const one of value) text += `${text === '' ? '' : ','}${canonicalJson(one)}`
    return `[${text}]`
  }
  for (const name of Object.keys(value).toSorted()) {
    const one: unknown = (value as Record<string, unknown>)[name]
    if (one !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(one)}`
  }
  return `{${text}}`
}
