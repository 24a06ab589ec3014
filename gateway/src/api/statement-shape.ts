/**
 * A text without its literals: two commands of the same shape differ in values
 * alone. Made for people who compare runs, never to decide by.
 */
export function statementShape(text: string): string {
  return text
    .replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/[eEnNxXbB]?'(?:[^']|'')*'|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$/g, '?')
    .replaceAll(/("(?:[^"]|"")*")|\$\d+|(?<![\w"])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)/g, (found, quoted: string | undefined) => quoted ?? (found ? '?' : ''))
    .replaceAll(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?…)')
    .replaceAll(/\s+/g, ' ')
    .replace(/[\s;]+$/, '')
    .trim()
    .replaceAll(/"(?:[^"]|"")*"|[^"]+/g, (part) => (part.startsWith('"') ? part : part.toLowerCase()))
}
