import type { ArgumentType, EffectParameter } from '../effects/effect.ts'
import { effects } from '../effects/registry.ts'
import type { LiveNamespace, LiveSchema, LiveTarget } from '../live-schema.ts'
import { globalNames } from './global-names.ts'
import { quoted } from './problem-list.ts'
import { protocolLanguages } from './protocols.ts'
import { schema, type FieldSchema, type MethodSchema, type NameKind, type RecordSchema, type ValueType } from './schema.ts'

/**
 * The whole `.d.ts` for an editor that loads no other library: what policies can
 * use, typed and documented, with the names of everything that is known.
 */
export function generateTypes(live: LiveSchema): string {
  return [
    '// Generated from the language and from what the gateway knows. Policies are checked again when they are published.',
    miniLibrary(),
    `declare namespace Steno {\n${indented([vocabularies(live), conditionTypes(), selectorTypes(live), ruleTypes(live), liveTypes(live)].join('\n\n'))}\n}`,
    globals(live),
    '',
  ].join('\n\n')
}

/** What the type checker insists on having, with only those members that policies can use. */
function miniLibrary(): string {
  // A list of constants can be asked for any name, as `Group` and the like are.
  const element = (type: string): string => members(schema.list, type, `${type} | (${type} extends string ? Steno.Other : never)`)
  return `interface Object {}
interface Function {}
interface CallableFunction extends Function {}
interface NewableFunction extends Function {}
interface IArguments {}
interface Number {}
interface Boolean {}
interface TemplateStringsArray extends Steno.StatementText {}

${documented(schema.string.documentation)}interface String {
${indented(members(schema.string, 'string'))}
}

interface RegExp {
  /** Whether the pattern is found in that text. RE2's syntax: no lookaround, no backreferences. */
  test(text: string): boolean
}

${documented(schema.list.documentation)}interface Array<T> {
  readonly [index: number]: T
${indented(element('T'))}
}

${documented(schema.list.documentation)}interface ReadonlyArray<T> {
  readonly [index: number]: T
${indented(element('T'))}
}`
}

function vocabularies(live: LiveSchema): string {
  const protocols = Object.entries(protocolLanguages).map(
    ([name, { verbs }]) => `/** What ${name} operations do. */\ntype ${typeNameOf(name)}Verb = ${union(verbs)}`,
  )
  const all = Object.keys(protocolLanguages).map(name => `${typeNameOf(name)}Verb`)
  return [
    ...protocols,
    `type Verb = ${all.join(' | ')}`,
    `type TransactionState = ${union(schema.words.transaction)}`,
    `type PrincipalKind = ${union(schema.words.principalKind)}`,
    `type Weekday = ${union(schema.words.weekday)}`,
    '/** Any text; some are known and offered while typing. */\ntype Other = string & {}',
    `type Group = ${union(live.groups, 'Other')}`,
    `type Agent = ${union(live.agents, 'Other')}`,
    `type Approver = ${live.approvers.length > 0 ? union(live.approvers) : 'string'}`,
    `type TargetName = ${live.targets.length > 0 ? union(live.targets.map(({ name }) => name)) : 'string'}`,
    `type TableName = ${union(tableNames(live), 'Other')}`,
    `type ColumnName = ${union(columnNames(live), 'Other')}`,
    `type ColumnPath = ${union(columnPaths(live), 'Other')}`,
    "/** `'30s'`, `'10m'`, `'1h'`, `'1d'` */\ntype Duration = `${number}s` | `${number}m` | `${number}h` | `${number}d`",
  ].join('\n')
}

/** Enough to complete while typing; a huge catalogue does not slow the editor down. */
const namesMax = 2000

function tablesOf(live: LiveSchema): { schema: LiveNamespace; table: LiveNamespace['tables'][number] }[] {
  return live.targets.flatMap(({ schemas }) => (schemas ?? []).flatMap(one => one.tables.map(table => ({ schema: one, table }))))
}

function tableNames(live: LiveSchema): string[] {
  return tablesOf(live).flatMap(({ schema: { name }, table }) => [table.name, `${name}.${table.name}`])
}

function columnNames(live: LiveSchema): string[] {
  return tablesOf(live).flatMap(({ table }) => table.columns.map(({ name }) => name))
}

function columnPaths(live: LiveSchema): string[] {
  return tablesOf(live).flatMap(({ schema: { name }, table }) => table.columns.map(column => `${name}.${table.name}.${column.name}`))
}

function conditionTypes(): string {
  const records = Object.entries(schema.records).map(([name, record]) => {
    const isGeneric = record.fields.some(field => field.type.type === 'string' && field.type.words === 'verb') || name === 'Run'
    const head = isGeneric ? `${name}<V extends string = Verb>` : name
    return `${documented(record.documentation)}interface ${head} {\n${indented(members(record, 'string'))}\n}`
  })
  // Compared with texts and asked for in lists of them, a name is a text with parts.
  const names = Object.entries(schema.names).map(
    ([kind, record]) =>
      `${documented(record.documentation)}type ${ownNameTypes[kind as NameKind]} = string & {\n${indented(members(record, 'string'))}\n}`,
  )
  return [
    ...names,
    `${documented(schema.list.documentation)}interface List<Element, Asked = Element> {\n${indented(members(schema.list, 'Element', 'Asked'))}\n}`,
    ...records,
  ].join('\n\n')
}

function members({ fields, methods }: RecordSchema, element: string, asked = element): string {
  return [
    ...fields.map(field => `${documented(field.documentation)}readonly ${property(field.name)}: ${fieldType(field)}`),
    ...methods.map(method => methodText(method, element, asked)),
  ].join('\n')
}

function methodText(method: MethodSchema, element: string, asked: string): string {
  const types: Record<MethodSchema['parameters'][number]['type'], string> = {
    text: 'string',
    element: asked,
    predicate: `(element: ${element}) => boolean`,
    window: 'Duration',
    zone: 'string',
    verb: 'V',
  }
  const overloads = method.parameters.some(one => one.isOptional)
    ? [method.parameters.filter(one => !one.isOptional), method.parameters]
    : [method.parameters]
  return overloads
    .map(parameters => {
      const text = parameters.map(one => `${one.name}: ${types[one.type]}`).join(', ')
      return `${documented(method.documentation)}${method.name}(${text}): ${typeText(method.returns)}`
    })
    .join('\n')
}

function fieldType(field: FieldSchema): string {
  if (field.type.type === 'record' && field.type.record === 'Run') return 'Run<V>'
  return typeText(field.type)
}

const wordTypes = { verb: 'V', transaction: 'TransactionState', principalKind: 'PrincipalKind', weekday: 'Weekday' }
const hintTypes = { groups: 'Group', agents: 'Agent', targets: 'TargetName | Other' }
/** What each kind of name is compared with, and what it is called itself. */
const nameTypes = { table: 'TableName | Table', column: 'ColumnName | Column', path: 'ColumnPath | Column', function: 'string' }
const ownNameTypes = { table: 'NameOfTable', column: 'NameOfColumn', path: 'NameOfPath', function: 'NameOfFunction' }

function typeText(type: ValueType): string {
  switch (type.type) {
    case 'string':
      return type.words ? wordTypes[type.words] : type.hints ? hintTypes[type.hints] : type.names ? nameTypes[type.names] : 'string'
    case 'list':
      return listText(type.of)
    case 'record':
      return type.record
    case 'labels':
      return 'Labels'
    default:
      return type.type
  }
}

/** What is asked for can be a live reference too. */
function listText(of: ValueType): string {
  if (of.type === 'string' && of.names) return `List<${ownNameTypes[of.names]}, ${nameTypes[of.names]}>`
  return `List<${typeText(of)}>`
}

function selectorTypes(live: LiveSchema): string {
  const labels = labelValues(live)
  const known = [...labels].map(([name, values]) => `readonly ${property(name)}: ${union([...values], 'Other')}`)
  const selectable = [...labels].map(([name, values]) => `${property(name)}?: OneOrMany<${union([...values])}>`)
  return `/** A target's labels; one that it does not carry is \`''\`. */
interface Labels {
${indented([...known, 'readonly [label: string]: string'].join('\n'))}
}

/** Labels that a target must carry, each with one of these values. */
interface LabelSelector {
${indented((live.targets.length > 0 ? selectable : ['[label: string]: OneOrMany<string>']).join('\n'))}
}

type OneOrMany<T> = T | T[]

/** Which commands a rule looks at. */
class On<Op> { #operation: Op }

/** A statement to test. */
class Statement { #statement: string }

/** The text of a statement to test. */
class StatementText { #text: string }

/**
 * A protocol. Called with labels, it selects its commands on targets that carry
 * them; before a statement, it stands for no target in particular.
 */
interface Protocol<Op> {
  <Given extends LabelSelector | TemplateStringsArray = LabelSelector>(labels?: Given): [Given] extends [TemplateStringsArray] ? Statement : On<Op>
}

/** A target: what a rule can be \`on\`, what stands before a statement in tests, and where its tables are found. */
interface TargetOf<Op> extends On<Op> {
  (statement: TemplateStringsArray): Statement
}

/** A table of a target. */
class Table { #table: string }

/** A column of a target's table. */
class Column { #column: string }

/** What is known of nothing: everything may be named. */
interface Unknown extends Table, Column {
  readonly [name: string]: Unknown
}`
}

function labelValues(live: LiveSchema): Map<string, Set<string>> {
  const labels = new Map<string, Set<string>>()
  for (const target of live.targets) {
    for (const [name, value] of Object.entries(target.labels)) labels.set(name, (labels.get(name) ?? new Set()).add(value))
  }
  return labels
}

function ruleTypes(live: LiveSchema): string {
  return `interface RuleOptions<Op> {
  /** Which commands it looks at. */
  on: On<Op>
  /** When it holds; always, when not said. */
  when?: (op: Op) => boolean
  /** When it does not hold after all. */
  unless?: (op: Op) => boolean
  /** What it does: one effect, or several. */
  effect: OneOrMany<Effect>
  /** \`observe\` writes down what it would have done. */
  mode?: 'enforce' | 'observe'
}

/** What a rule does. */
class Effect { #effect: string }

/** Who asks, and when, in a test. What is not said is an agent named \`agent\` in no groups. */
interface Circumstances {
  kind?: PrincipalKind
  name?: Agent
  groups?: Group[]
  task?: string
  /** Labels of the target, over those it has. */
  labels?: { [label: string]: string }
  /** \`2026-01-07T12:00:00Z\` */
  at?: string
  /** Columns that must come back masked. */
  masked?: (ColumnName | Column)[]
}${live.targets.length > 0 ? '' : '\n'}`.trimEnd()
}

function liveTypes(live: LiveSchema): string {
  const tables: string[] = []
  const targets = live.targets.map(target => `${targetDocumentation(target)}${property(target.name)}: ${targetType(target, tables)}`)
  return [...tables, `/** Every target by its name. */\ninterface Targets {\n${indented(targets.join('\n'))}\n}`].join('\n\n')
}

function targetDocumentation({ protocol, labels }: LiveTarget): string {
  const told = Object.entries(labels).map(([name, value]) => `${name}: ${value}`)
  return documented([protocol, ...told].join(' · '))
}

/** The type of one target. The types of its tables join the others. */
function targetType({ name, protocol, schemas }: LiveTarget, tables: string[]): string {
  const operation = operationType(protocol)
  if (schemas === null) return `TargetOf<${operation}> & { readonly [name: string]: Unknown }`
  const members = new Map<string, string[]>()
  const add = (member: string, type: string): unknown => members.set(member, [...(members.get(member) ?? []), type])
  const inSchemas = schemas.map(one => {
    const types = one.tables.map(table => [table.name, tableType(`${name}_${one.name}_${table.name}`, table, tables)] as const)
    return { ...one, types }
  })
  // The first schema of the search path that has it, as the server finds it.
  for (const { isDefault, types } of inSchemas) if (isDefault) for (const [table, type] of types) if (!members.has(table)) add(table, type)
  for (const one of inSchemas) add(one.name, object(one.types.map(([table, type]) => [table, '', type])))
  return `TargetOf<${operation}> & ${object([...members].map(([member, types]) => [member, '', types.join(' & ')]))}`
}

/** Declares a table's type under a name that tells, in messages, which it is. */
function tableType(name: string, { columns }: LiveNamespace['tables'][number], tables: string[]): string {
  const safe = `${name.replaceAll(/\W/g, '_').slice(0, 80)}_${tables.length + 1}`
  tables.push(`interface ${safe} extends Table ${object(columns.map(column => [column.name, column.type, 'Column']))}`)
  return safe
}

function object(properties: [name: string, documentation: string, type: string][]): string {
  if (properties.length === 0) return '{}'
  return `{\n${indented(properties.map(([name, about, type]) => `${documented(about)}readonly ${property(name)}: ${type}`).join('\n'))}\n}`
}

function operationType(protocol: string): string {
  return Object.hasOwn(protocolLanguages, protocol) ? `Operation<${typeNameOf(protocol)}Verb>` : 'Operation'
}

function globals(live: LiveSchema): string {
  const protocols = Object.entries(protocolLanguages).map(
    ([name, { documentation }]) =>
      `${documented(documentation)}declare const ${name}: Steno.Protocol<Steno.${operationType(name).replace('<', '<Steno.')}>`,
  )
  const used = Object.values(effects).map(effect => {
    const text = effect.signature.parameters.map(one => `${one.name}${one.isOptional ? '?' : ''}: ${argumentText(one)}`).join(', ')
    const about = effect.signature.parameters.map(one => `@param ${one.name} ${one.documentation}`)
    return `${documented([effect.signature.documentation, '', ...about].join('\n'))}declare function ${effect.name}(${text}): Steno.Effect`
  })
  const targets = live.targets
    .filter(({ name }) => isDeclarable(name) && !globalNames.has(name))
    .map(target => `${targetDocumentation(target)}declare const ${target.name}: Steno.Targets[${quoted(target.name)}]`)
  return [
    `/**
 * Something that is done to commands. All rules that match apply; the strictest verdict counts, in whatever order they stand.
 * @param name What it is called; no two rules have the same name.
 */
declare function rule<Op>(name: string, options: Steno.RuleOptions<Op>): void`,
    `/**
 * Asks the policy about a statement. It is published only when every test passes.
 * @param name What it is called; no two tests have the same name.
 */
declare function test(name: string, statement: Steno.Statement, verdict: 'allow' | 'hold' | 'deny', as?: Steno.Circumstances): void`,
    '/** Values that belong together, for constants. */\ndeclare function list<Values extends (string | number | Steno.Column | Steno.Table)[]>(...values: Values): Values[number][]',
    '/** Commands of every protocol, on targets that carry these labels. */\ndeclare function any(labels?: Steno.LabelSelector): Steno.On<Steno.Operation>',
    targetFunction(live),
    ...protocols,
    ...used,
    ...targets,
  ].join('\n\n')
}

function targetFunction({ targets }: LiveSchema): string {
  const known = targets.length > 0 ? ['keyof Steno.Targets', 'Steno.Targets[Name]'] : ['string', 'Steno.TargetOf<Steno.Operation>']
  return `/** Commands on this target, or on any of these. */
declare function target<Name extends ${known[0]} | Steno.TargetName[]>(name: Name): Name extends ${known[0]} ? ${known[1]} : Steno.On<Steno.Operation>`
}

function argumentText({ type }: EffectParameter): string {
  return argumentType(type, 'Steno.')
}

function argumentType(type: ArgumentType, prefix: string): string {
  switch (type.type) {
    case 'string':
      return 'string'
    case 'number':
      return 'number'
    case 'duration':
      return `${prefix}Duration`
    case 'word':
      return union(type.words)
    case 'regex':
      return 'RegExp'
    case 'column':
      return `${prefix}ColumnName | ${prefix}Column`
    case 'name':
      return `${prefix}${{ groups: 'Group', agents: 'Agent', approvers: 'Approver' }[type.of]}`
    case 'list':
      return `(${argumentType(type.of, prefix)})[]`
    case 'oneOrMany':
      return `${prefix}OneOrMany<${argumentType(type.of, prefix)}>`
    case 'object':
      return `{\n${indented(
        type.properties
          .map(
            one => `${documented(one.documentation)}${property(one.name)}${one.isOptional ? '?' : ''}: ${argumentType(one.type, prefix)}`,
          )
          .join('\n'),
      )}\n}`
  }
}

/** Names are data: a table may be called anything, and none of it may end a comment or a string. */
function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

function literal(text: string): string {
  return quoted(text).replaceAll(/[\u2028\u2029\p{C}]/gu, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

function union(values: readonly string[], other?: string): string {
  const known = [...new Set(values)].slice(0, namesMax).map(literal)
  return [...known, ...(other === undefined ? [] : [other])].join(' | ') || 'never'
}

function documented(text: string): string {
  if (text === '') return ''
  const safe = text.replaceAll('*/', '*\u200b/').split(/\r\n|[\n\r\u2028\u2029]/)
  return safe.length === 1 ? `/** ${safe[0]} */\n` : `/**\n${safe.map(line => ` * ${line}`.trimEnd()).join('\n')}\n */\n`
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => (line === '' ? line : `  ${line}`))
    .join('\n')
}

function typeNameOf(protocol: string): string {
  return protocol.slice(0, 1).toUpperCase() + protocol.slice(1)
}

/** What TypeScript does not let a constant be called, or what means something already. */
const reserved = new Set(
  'Steno arguments eval globalThis undefined await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield'.split(
    ' ',
  ),
)

function isDeclarable(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !reserved.has(name)
}
