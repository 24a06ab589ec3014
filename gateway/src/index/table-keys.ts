/**
 * What a table is found by. A name without a schema might be in any, so it is
 * marked (`.payments`) and found by `public.payments` too.
 */
export function tableKeys(table: string): string[] {
  const parts = table.toLowerCase().split('.')
  if (parts.length === 1) return [parts[0]!, `.${parts[0]}`]
  return parts.map((_, at) => parts.slice(at).join('.'))
}

/** The keys any of which answers to a table someone asks for. Letters count alike in either case; quotes are left out. */
export function askedTableKeys(table: string): string[] {
  const parts = table
    .toLowerCase()
    .split('.')
    .map(part => part.replaceAll('"', '').trim())
  return parts.length === 1 ? [parts[0]!] : [parts.join('.'), `.${parts.at(-1)}`]
}
