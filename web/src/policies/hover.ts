import type { LiveSchema } from '@steno/policy-dsl'
import { aboutLiveName, findLiveName, membersOf, nameOf, type LiveName } from './live-names.ts'

/** What the type checker knows of a word. */
export interface QuickInfo {
  text: string
  documentation: string
  /** `@param name what it is`, each. */
  parameters: readonly { name: string; text: string }[]
}

/** So many tables or columns are listed. */
const membersMax = 12

/** Gives what is shown of a live name, as Markdown. What a database calls its things is shown as code, whatever it says. */
export function hoverOfLiveName(live: LiveSchema, names: readonly string[]): string[] | null {
  const found = findLiveName(live, names)
  if (!found) return null
  const members = membersOf(found)
  const lines = members.slice(0, membersMax).map(member => `- ${code(nameOf(member))} ${code(aboutLiveName(member))}`)
  if (members.length > membersMax) lines.push(`- and ${members.length - membersMax} more`)
  const isUntold = found.is === 'target' && found.target.schemas === null
  return [
    `${kinds[found.is]} ${code(names.join('.'))} ${code(aboutLiveName(found))}`,
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(isUntold ? ['It has not told what it holds: its tables and columns can be named, and are not checked.'] : []),
  ]
}

const kinds: Record<LiveName['is'], string> = { target: 'Target', schema: 'Schema', table: 'Table', column: 'Column' }

/** Gives what is shown of a word of the language, as Markdown. */
export function hoverOfWord({ text, documentation, parameters }: QuickInfo): string[] {
  const type = text
    .replaceAll('Steno.', '')
    .replace(/^\((?:property|method|parameter|alias)\) /, '')
    .replaceAll(/\b(?:Operation|RuleOptions)<\w+>/g, word => word.slice(0, word.indexOf('<')))
  const told = parameters.map(one => `- ${code(one.name)} ${one.text}`).join('\n')
  return ['```typescript\n' + type + '\n```', ...[documentation, told].filter(part => part !== '')]
}

/** Text between backticks that cannot end them, in Markdown that makes nothing else of it. */
function code(text: string): string {
  return `\`${text.replaceAll('`', 'ˋ').replaceAll(/\s+/g, ' ')}\``
}
