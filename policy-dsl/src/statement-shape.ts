/** Comments, literals, quoted names, numbers; what is not closed goes on to the end, so each character is looked at once. */
const pieces =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|([eEnNxXbB]?'(?:[^']|'')*(?:'|$)|\$([A-Za-z_]*)\$[\s\S]*?(?:\$\3\$|$))|("(?:[^"]|"")*(?:"|$))|\$\d+|(?<![\w"])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)/g

/**
 * A text without its literals: two commands of the same shape differ in values
 * alone. Made for people who compare runs, never to decide by.
 */
export function statementShape(text: string): string {
  const quoted: string[] = []
  const bare = text.replaceAll(pieces, (_, comment?: string, _literal?: string, _tag?: string, name?: string) => {
    if (comment !== undefined) return ' '
    if (name === undefined) return '?'
    quoted.push(name)
    return '""'
  })
  const flat = bare
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\( ?\?(?: ?, ?\?)+ ?\)/g, '(?…)')
  let next = 0
  return withoutEnd(flat)
    .trim()
    .replaceAll('""', () => quoted[next++] ?? '""')
}

/** Without the semicolons and spaces it ends in. */
function withoutEnd(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === ';' || text[end - 1] === ' ')) end--
  return text.slice(0, end)
}
