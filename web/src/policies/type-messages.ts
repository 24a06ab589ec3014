import type { LiveSchema } from '@steno/policy-dsl'

/** Something that TypeScript says of a stretch of text. */
export interface TypeProblem {
  code: number
  start: number
  length: number
  message: TypeMessage
}

/** What it says, with the reasons it gives for that. */
export type TypeMessage = string | { messageText: string; code: number; next?: TypeMessage[] }

/** What is said of it here. */
export interface SaidOfTypes {
  message: string
  suggestion: string | null
}

/** The words in which one of TypeScript's messages is told, by what stands in its quotes, in order. */
type Words = (quoted: readonly string[], text: string) => string | SaidOfTypes

/** Names of types as their authors know them. */
type TypeNames = ReadonlyMap<string, string>

/** The commonest messages, by TypeScript's number. */
const words: Record<number, Words> = {
  1002: () => 'expected the end of the string that begins here',
  1003: () => 'expected a name',
  1005: ([token]) => `expected \`${token}\``,
  1109: () => 'expected a value',
  1128: () => 'expected a rule, a test or a constant',
  1136: () => 'expected `name: value`',
  1160: () => 'expected the end of the text in backticks',
  1161: () => 'expected the end of the regular expression',
  2304: ([name]) => `expected a name that is known here, got \`${name}\``,
  2322: ([given, wanted]) => `expected ${wanted}, got ${given}`,
  2339: ([name, type]) => `expected something that ${type} has, got \`${name}\``,
  2345: ([given, wanted]) => `expected ${wanted}, got ${given}`,
  2349: () => 'expected something that can be called',
  2353: ([name]) => `expected an option that there is, got \`${name}\``,
  2362: () => 'expected a number on the left',
  2363: () => 'expected a number on the right',
  2365: ([operator, left, right]) => `expected what \`${operator}\` can compare, got ${left} and ${right}`,
  2367: ([left, right]) => `this can never hold: ${left} and ${right} have no value in common`,
  2448: ([name]) => `expected \`${name}\` to be declared before it is used`,
  2540: ([name]) => ({ message: `\`${name}\` cannot be set: a policy only asks`, suggestion: null }),
  2551: ([name, type, meant]) => ({ message: `expected something that ${type} has, got \`${name}\``, suggestion: meant ?? null }),
  2552: ([name, meant]) => ({ message: `expected a name that is known here, got \`${name}\``, suggestion: meant ?? null }),
  2561: ([name, , meant]) => ({ message: `expected an option that there is, got \`${name}\``, suggestion: meant ?? null }),
  2588: ([name]) => `\`${name}\` is a constant: it cannot be set`,
  2739: (_, text) => `expected ${text.slice(text.lastIndexOf(': ') + 2)}`,
  2741: ([name]) => `expected \`${name}\``,
  2769: () => 'expected other arguments',
  2820: ([given, wanted, meant]) => ({ message: `expected ${wanted}, got ${given}`, suggestion: meant ?? null }),
}

/** Gives what TypeScript says in the words of policies; what has none here is told as TypeScript says it. */
export function sayTypeProblem(problem: TypeProblem, names: TypeNames = new Map()): SaidOfTypes {
  return say(problem.message, problem.code, names)
}

function say(message: TypeMessage, code: number, names: TypeNames): SaidOfTypes {
  const [text, next] = typeof message === 'string' ? [message, []] : [message.messageText, message.next ?? []]
  // What is missing inside says more than that the whole does not fit.
  const [reason] = next
  if (typeof reason === 'object' && reason.code in words) return say(reason, reason.code, names)
  const quoted = Array.from(text.matchAll(/'([^']*)'/g), ([, inner = '']) => inner)
  const told = words[code]?.(
    quoted.map(one => plainType(one, names)),
    text,
  )
  if (told === undefined) return { message: lowerFirst(plainType(text, names)).replace(/\.$/, ''), suggestion: null }
  return typeof told === 'string' ? { message: told, suggestion: null } : told
}

const known: Record<string, string> = {
  boolean: '`true` or `false`',
  string: 'text',
  number: 'a number',
  Agent: 'the name of an agent',
  Group: 'the name of a group',
  Approver: 'who may approve',
  Column: 'a column',
  'ColumnName | Column': 'a column',
  'TableName | Table': 'a table',
  Duration: "a length of time, such as `'15m'`",
  Effect: 'an effect, such as `forbid(…)`',
  Statement: 'a statement in backticks',
}

/** Types longer than this are told by their beginning. */
const typeCharactersMax = 80

/** Gives a type in words, where it has some. */
export function plainType(type: string, names: TypeNames): string {
  const bare = type.replaceAll('Steno.', '').replace(/ \| undefined$/, '')
  const one = /^OneOrMany<(.*)>$/.exec(bare)?.[1] ?? bare
  const whole = known[one]
  if (whole !== undefined) return whole
  if (/^Operation\b/.test(one)) return 'an operation'
  if (/^(?:On|TargetOf|Protocol)</.test(one)) return 'a target or a protocol'
  if (one.startsWith('RuleOptions<')) return 'a rule'
  const plain = one
    .replaceAll(/\b\w+_\d+\b/g, name => names.get(name.replace(/_\d+$/, '')) ?? name)
    .replaceAll(/"([^"]*)"/g, "'$1'")
    .replaceAll(' | ', ' or ')
  return plain.length > typeCharactersMax ? `${plain.slice(0, typeCharactersMax - 1)}…` : plain
}

/** What the types of tables are called in messages, by how the declarations name them. */
export function typeNamesOf({ targets }: LiveSchema): Map<string, string> {
  const names = new Map<string, string>()
  for (const target of targets)
    for (const schema of target.schemas ?? [])
      for (const table of schema.tables) {
        const declared = `${target.name}_${schema.name}_${table.name}`.replaceAll(/\W/g, '_').slice(0, 80)
        names.set(declared, `the table ${[target.name, ...(schema.isDefault ? [] : [schema.name]), table.name].join('.')}`)
      }
  return names
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
