import type { Operation, Principal, Verdict } from '@steno/recordings'

/** A recorded command as far as a policy's text can tell of it. */
export interface PastCommandText {
  text: string
  operations: readonly Operation[]
  target: string
  principal: Principal
  task: string | null
}

/** What a rule made from a command does with the next like it. */
export type RuleEffect = 'forbid' | 'requireApproval' | 'alert'

/** Operations of one command that a rule names; of more, the first. */
const operationsMax = 4
/** A longer text would be most of its policy. */
const pinnedCharactersMax = 20_000

/** Gives the text of a rule that catches what a command did, whoever does it. */
export function ruleFrom(command: PastCommandText, effect: RuleEffect): string {
  const operations = distinct(command.operations)
  const conditions = [...new Set(operations.map(conditionOf))]
  return `rule(${quoted(nameOf(effect, operations))}, {
  on: target(${quoted(command.target)}),
  when: op => ${conditions.length === 0 ? `op.verb === 'UNPARSED'` : conditions.length === 1 ? conditions[0]! : conditions.map(each => `(${each})`).join(' || ')},
  effect: ${effects[effect]},
})
`
}

const effects: Record<RuleEffect, string> = {
  forbid: `forbid('say here why not')`,
  requireApproval: `requireApproval({ by: 'approver', within: '15m' })`,
  alert: `alert('say here what happened')`,
}

/** Gives the text of a test that a command meets a verdict; null for one that is too long to stand in a policy. */
export function pinOf(command: PastCommandText, verdict: Verdict): string | null {
  const { text, target, principal, task } = command
  if (text.length > pinnedCharactersMax) return null
  const name = `${shortly(text)} is ${words[verdict]}`
  const as = [
    `kind: ${quoted(principal.kind)}`,
    `name: ${quoted(principal.name)}`,
    ...(principal.groups.length > 0 ? [`groups: [${principal.groups.map(quoted).join(', ')}]`] : []),
    ...(task === null ? [] : [`task: ${quoted(task)}`]),
  ]
  return `test(${quoted(name)}, target(${quoted(target)})\`${inBackticks(text)}\`, ${quoted(verdict)}, { ${as.join(', ')} })\n`
}

const words: Record<Verdict, string> = { allow: 'allowed', hold: 'held', deny: 'denied' }

/** Gives a policy's text with something added at its end, under a name that nothing in it has. */
export function withAdded(source: string, added: string): string {
  const named = /^(rule|test)\(('(?:[^'\\]|\\.)*')/.exec(added)
  const free = named ? added.replace(named[2]!, () => freeName(named[2]!, source)) : added
  return source.trim() === '' ? free : `${source.trimEnd()}\n\n${free}`
}

function freeName(name: string, source: string): string {
  let free = name
  for (let number = 2; source.includes(`(${free},`); number++) free = `${name.slice(0, -1)} (${number})'`
  return free
}

/** What changes stands before what reads: a rule is made for the sake of the worst. */
function distinct(operations: readonly Operation[]): Operation[] {
  const outer = operations.filter(({ inside }) => inside === undefined)
  const wanted = (outer.length > 0 ? outer : [...operations]).toSorted((a, b) => Number(a.verb === 'SELECT') - Number(b.verb === 'SELECT'))
  return wanted.slice(0, operationsMax)
}

function conditionOf({ verb, tables, object, hasWhere }: Operation): string {
  return [
    `op.verb === ${quoted(verb)}`,
    ...tables.slice(0, operationsMax).map(table => `op.tables.includes(${quoted(table)})`),
    ...(tables.length === 0 && object ? [`op.object === ${quoted(object)}`] : []),
    ...(hasWhere === false && (verb === 'DELETE' || verb === 'UPDATE') ? ['!op.hasWhere'] : []),
  ].join(' && ')
}

function nameOf(effect: RuleEffect, operations: readonly Operation[]): string {
  const what = operations.map(({ verb, tables, object }) => [verb, tables.join(', ') || object || ''].join(' ').trim())
  const done = { forbid: 'no', requireApproval: 'ask before', alert: 'tell of' }[effect]
  return shortly(`${done} ${[...new Set(what)].join(', ') || 'what cannot be read'}`)
}

const nameCharactersMax = 80

function shortly(text: string): string {
  // A name stands on one line and hides nothing.
  const line = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim()
  return line.length > nameCharactersMax ? `${[...line].slice(0, nameCharactersMax).join('')}…` : line
}

/** As the language writes text: between single quotes. */
function quoted(text: string): string {
  return `'${escaped(text).replaceAll("'", String.raw`\'`)}'`
}

function inBackticks(text: string): string {
  return escaped(text, true)
    .replaceAll('`', String.raw`\``)
    .replaceAll('${', String.raw`\${`)
}

/** Without characters that nobody sees in an editor, or that would end the line. */
function escaped(text: string, keepsLines = false): string {
  return text.replaceAll('\\', '\\\\').replaceAll(/[\p{C}\u2028\u2029]/gu, character => {
    if (keepsLines && (character === '\n' || character === '\t')) return character
    return [...character].map(each => String.raw`\u{` + each.codePointAt(0)!.toString(16) + '}').join('')
  })
}
