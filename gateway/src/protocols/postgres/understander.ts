import {
  maskMatches,
  planMasks,
  secretLiterals,
  strictShape,
  type Catalogue,
  type MaskKey,
  type MaskObligation,
  type MaskPlan,
  type MaskRequest,
  type Parser,
} from '@steno/policy-dsl'
import type { Column, Operation, Parameter } from '@steno/recordings'
import type { Compliance, Recorded, Understanding } from '../../guard/index.ts'
import type { AdmittedTarget } from '../protocol.ts'
import { toHex } from '../../runtime/bytes.ts'
import { sha256 } from '../../runtime/crypto.ts'
import { Lru } from '../../runtime/lru.ts'
import type { Catalogues } from './catalogue/catalogues.ts'
import { PostgresAnswerKeeper } from './masking/answer-keeper.ts'
import { makingsOf } from './making.ts'
import type { Doing, OwnTables } from './own-tables.ts'
import { givesNamesUnseen, isPlain } from './renaming.ts'
import { copyOptionsOf, copyTargetOf, type CopyStatementOptions } from './masking/copy-options.ts'
import { hiddenInText, spansOfAll, type Hidden } from './masking/hidden-in-text.ts'
import { mayTellSecrets } from './masking/told-secrets.ts'
import { redactText, type TextRedaction } from './masking/mask-text.ts'

/** Texts that are remembered, and how long a remembered one may be. */
const rememberedMax = 4096
const rememberedLengthMax = 16 * 1024

/** So many sets of masks are remembered of one text: few hold at a time, but policies change. */
const keptMax = 16

/** How answers to a text are kept, when masks hold for it. */
interface Kept {
  masks: MaskObligation[]
  plan: MaskPlan
  hidden: Hidden
  copies: (CopyStatementOptions | null)[]
  incoming: (Column[] | null)[]
}

/** What a text that is asked for again need not be asked again. */
interface Known {
  operations: Operation[]
  /** One for each set of masks: a session's circumstances decide which hold. */
  kept: Kept[]
}

/** What was read of one target's texts, by all its sessions, as long as its catalogue is the same. */
export class KnownTexts {
  #catalogue: Catalogue | null = null
  readonly #texts = new Lru<string, Known>(rememberedMax)
  /** Texts that were asked for once: many never come again, and what was read of those would only be in the way. */
  readonly #once = new Set<string>()

  get(key: string, catalogue: Catalogue): Known | undefined {
    if (catalogue === this.#catalogue) return this.#texts.get(key)
    this.#catalogue = catalogue
    this.#texts.clear()
    this.#once.clear()
    return undefined
  }

  /** Remembers a text when it comes for the second time. */
  set(key: string, known: Known): void {
    if (this.#once.delete(key)) return this.#texts.set(key, known)
    if (this.#once.size >= rememberedMax) this.#once.clear()
    this.#once.add(key)
  }
}

export interface UnderstanderParts {
  parser: Parser
  catalogues: Catalogues
  target: AdmittedTarget
  key: MaskKey
  known: KnownTexts
  /** The texts behind the names that the session gave to statements and cursors; null for a name it did not give. */
  prepared: (name: string) => string | null
  cursors: (name: string) => string | null
  /** Undefined is the path that sessions of the target begin with. */
  searchPath: () => string[]
  /** What the session made and the catalogue does not show. */
  ownTables: OwnTables
  /** Whether another statement may stand behind a name that an operation uses than the one it gives. */
  isDoubtful: (operation: Operation) => boolean
  /** Code was made or changed in the open transaction, where the catalogue does not see it. */
  isStale: () => boolean
}

/** What these stand for may be another thing the next time. */
const passing = new Set(['UNPARSED', 'OPAQUE', 'EXECUTE', 'FETCH', 'MOVE'])

/** What an operation is called that a function does which is not in the catalogue. */
const unknownFunction = /^function /

/** A command as it would be sent, and how it is shown. */
export interface Asked {
  text: string
  parameters: Parameter[]
  show: (text: string, parameters: Parameter[]) => string
  /** Another statement may stand behind its name by now. */
  isDoubtful: boolean
}

/** Words that stand around every place where SQL takes a secret. */
const mayHoldSecret = /password|passwd|connection|\bserver\b|user\s+mapping|subscription|dblink|encrypted/i

/** Reads what one session's commands would do, where they would do it. */
export class Understander {
  readonly #parts: UnderstanderParts
  #catalogue: Catalogue | null = null
  #operations: Operation[] | null = null
  /** What the answer to the command that was read last is masked with. */
  #masks: MaskObligation[] = []
  /** Texts that give no names, by one catalogue. */
  #quiet: { catalogue: Catalogue | null; texts: Set<string> } = { catalogue: null, texts: new Set() }
  /** Something was asked that may change what names mean. */
  #leavesStale = false

  constructor(parts: UnderstanderParts) {
    this.#parts = parts
  }

  /** Fetches what must be known of the target before a command can be read; a promise when that takes time. Rejects when the target does not tell. */
  ready(): void | Promise<void> {
    const { catalogues, target, parser } = this.#parts
    const catalogue = catalogues.get(target)
    if (catalogue instanceof Promise)
      return catalogue.then(found => {
        this.#catalogue = found
        return parser.ready()
      })
    this.#catalogue = catalogue
  }

  /** Says that no transaction is open any more; gives whether something may have been changed in it. */
  idle(): boolean {
    const wasStale = this.#leavesStale
    this.#leavesStale = false
    return wasStale
  }

  /** Whether a text names a table that the catalogue does not have, and it is read again for that: it may have been made past the gateway. */
  isPuzzledBy(text: string): boolean {
    const { catalogues, target } = this.#parts
    if (this.#isStale) return false
    const misses = this.#knownOf(text).operations.some(
      ({ tables, object }) =>
        tables.some(table => !table.includes('.') && !this.#parts.ownTables.has(table)) || unknownFunction.test(object ?? ''),
    )
    return misses && catalogues.doubt(target)
  }

  /** The command as the record may hold it, when its text has a password in it; undefined when it may be held as it is. */
  withoutSecrets(asked: Asked): Recorded | undefined {
    return hiding(asked, this.#secretsOf(asked.text), asked.parameters)
  }

  /** The command as the record may hold it, when nobody can say which of its values may be seen. */
  withoutValues(asked: Asked, rule: string): Recorded | undefined {
    const { text, parameters } = asked
    const hidden = parameters.map(one => (one.value === null ? one : { ...one, value: { masked: '[masked]', rule } }))
    return hiding(asked, spansOfAll(text, rule), hidden)
  }

  understand(asked: Asked): Understanding {
    const known = this.#knownOf(asked.text)
    const isDoubtful = asked.isDoubtful || known.operations.some(this.#parts.isDoubtful)
    const operations = isDoubtful
      ? [...known.operations, opaque('a statement that may have been replaced under its name')]
      : known.operations
    this.#operations = operations
    this.#masks = []
    return {
      operations,
      statements: statementsIn(asked.text, known.operations),
      shape: () => this.#shapeOf(asked.text, operations),
      comply: masks => (isDoubtful && masks.length > 0 ? this.#refuseDoubtful(asked, masks) : this.#comply(asked, known, masks)),
    }
  }

  /** Whether a text that was sent while no policy looked may have given names: as far as the catalogue is known by now, where sessions of the target begin to look. */
  mayHaveGivenNames(text: string): boolean {
    const { catalogues, target, parser, prepared, cursors } = this.#parts
    const found = catalogues.get(target)
    const catalogue = found instanceof Promise ? null : found
    // Nobody waits for it where no policy looks. What cannot be read leaves names in doubt, which is said.
    if (found instanceof Promise) void Promise.allSettled([found])
    if (catalogue !== this.#quiet.catalogue || this.#quiet.texts.size >= rememberedMax) this.#quiet = { catalogue, texts: new Set() }
    if (this.#quiet.texts.has(text)) return false
    const operations = parser.understand(text, catalogue ? { catalogue, prepared, cursors } : { prepared, cursors })
    const isKnown = catalogue !== null && operations.every(({ tables }) => tables.every(table => table.includes('.')))
    const isQuiet = isKnown && !operations.some(givesNamesUnseen)
    if (isQuiet && text.length <= rememberedLengthMax) this.#quiet.texts.add(text)
    return !isQuiet
  }

  /** What the command that was read last would do; null when none was read since this was asked. */
  takeOperations(): Operation[] | null {
    const operations = this.#operations
    this.#operations = null
    return operations
  }

  /** What a command that was just read does to tables, for who follows it; null when it leaves all names as they are. */
  doing(text: string, operations: Operation[]): Doing | null {
    if (operations.every(isPlain)) return null
    const isMaking = operations.some(({ verb, inside }) => (verb === 'CREATE' && inside !== 'CREATE') || verb === 'ALTER')
    const syntax = isMaking ? this.#parts.parser.syntax(text) : null
    return { operations, makings: syntax?.kind === 'statements' ? makingsOf(this.#maskRequest(text, syntax.statements, this.#masks)) : [] }
  }

  /** A function called by its number has no text. */
  understandCall(oid: number): Understanding {
    const catalogue = this.#inUse()
    const routine = catalogue.routineByOid(oid)
    const name = routine ? `${routine.schema}.${routine.name}` : null
    // Asked as a statement, so that what the function does is followed; the name is quoted, whatever it holds.
    const text = routine ? `SELECT ${quoted(routine.schema)}.${quoted(routine.name)}()` : ''
    const found = routine ? this.#knownOf(text).operations : [opaque(`function ${oid}`)]
    const operations = found.map((operation, at) =>
      at === 0 ? { ...operation, verb: 'CALL', object: name ?? `function ${oid}` } : operation,
    )
    this.#operations = operations
    return {
      operations,
      comply: masks => {
        const rule = masks[0]?.rule ?? ''
        if (masks.length > 0 && !(routine?.schema === 'pg_catalog' && largeObjectFunctions.has(routine.name)))
          return {
            possible: false,
            rule,
            reason: 'the value of a function called by its number cannot be masked',
            hint: 'call the function in a statement',
          }
        return { possible: true, keeper: this.#keeper(masks, null, '') }
      },
    }
  }

  get #isStale(): boolean {
    return this.#leavesStale || this.#parts.isStale()
  }

  #inUse(): Catalogue {
    if (!this.#catalogue) throw new TypeError('expected the catalogue to be known before a command is read')
    return this.#catalogue
  }

  #knownOf(text: string): Known {
    const { parser, known: texts, prepared, cursors, searchPath, ownTables } = this.#parts
    const catalogue = this.#inUse()
    const path = searchPath()
    const key = `${path.join('\0')}\0\0${ownTables.key}\0${text}`
    const isStale = this.#isStale
    const known = isStale ? undefined : texts.get(key, catalogue)
    if (known) return known
    const read = parser.understand(text, { catalogue, prepared, cursors, searchPath: path })
    // What a name runs may be other code than the catalogue shows.
    const operations = isStale && read.some(runsCode) ? [...read, opaque('code that was changed in this transaction')] : read
    const fresh: Known = { operations, kept: [] }
    const isLasting = !isStale && operations.every(({ verb }) => !passing.has(verb))
    if (isLasting && text.length <= rememberedLengthMax) texts.set(key, fresh)
    return fresh
  }

  #comply(asked: Asked, known: Known, masks: MaskObligation[]): Compliance {
    const { text, parameters } = asked
    this.#masks = masks
    const secrets = this.#secretsOf(text)
    if (masks.length === 0) {
      const copies = known.operations.some(({ verb }) => verb === 'COPY') ? this.#copiesIn(text) : []
      return { possible: true, recorded: hiding(asked, secrets, parameters), keeper: this.#keeper(masks, { copies }, text) }
    }
    const kept = this.#keptOf(text, known, masks)
    const { plan, hidden } = kept
    const recorded = hiding(asked, [...secrets, ...hidden.spans], this.#hiddenParameters(parameters, kept))
    if (plan.kind === 'plan' && plan.leavesStale && !known.operations.every(one => this.#isOfOwnTables(one))) this.#leavesStale = true
    if (plan.kind === 'plan') return { possible: true, recorded, keeper: this.#keeper(masks, kept, text) }
    const { rule, reason, hint } = plan
    return { possible: false, recorded, rule, reason, hint }
  }

  /** Whether an operation changes no names but those of the session's own tables, of which account is kept. */
  #isOfOwnTables(operation: Operation): boolean {
    const { verb, object, tables } = operation
    return isPlain(operation) || verb === 'DISCARD' || (verb === 'DROP' && object === undefined && this.#parts.ownTables.areLight(tables))
  }

  #refuseDoubtful(asked: Asked, masks: MaskObligation[]): Compliance {
    return {
      possible: false,
      recorded: this.withoutValues(asked, masks[0]?.rule ?? ''),
      rule: masks[0]?.rule ?? '',
      reason: 'code that nobody could read ran since this statement was prepared, and may have replaced it',
      hint: 'prepare it again',
    }
  }

  #shapeOf(text: string, operations: Operation[]): string | null {
    const syntax = this.#parts.parser.syntax(text)
    const shape = syntax.kind === 'statements' ? strictShape(syntax.statements, operations) : null
    return shape === null ? null : toHex(sha256(new TextEncoder().encode(shape)))
  }

  #keptOf(text: string, known: Known, masks: MaskObligation[]): Kept {
    // Obligations are made once, with their rule.
    const remembered = known.kept.find(one => one.masks.length === masks.length && one.masks.every((mask, at) => mask === masks[at]))
    if (remembered) return remembered
    const syntax = this.#parts.parser.syntax(text)
    const statements = syntax.kind === 'statements' ? syntax.statements : null
    const plan = statements ? planMasks(this.#maskRequest(text, statements, masks)) : notUnderstood(text, masks)
    const { target, key } = this.#parts
    const kept: Kept = {
      masks,
      plan,
      hidden: hiddenInText(text, { plan, masks, operations: known.operations, target: target.name, key }),
      copies: (statements ?? []).map(copyOptionsOf),
      incoming: (statements ?? []).map(statement => this.#copiedIn(statement)),
    }
    if (known.kept.length >= keptMax) known.kept.shift()
    known.kept.push(kept)
    return kept
  }

  #maskRequest(text: string, statements: MaskRequest['statements'], masks: MaskObligation[]): MaskRequest {
    const { parser, target, prepared, cursors, key, searchPath, ownTables } = this.#parts
    return {
      text,
      statements,
      catalogue: this.#inUse(),
      searchPath: searchPath(),
      isStale: this.#isStale,
      made: ownTables.list,
      target: target.name,
      masks,
      parse: inner => parser.syntax(inner),
      parseBody: head => parser.body(head),
      prepared,
      cursors,
      detects: ({ matching, with: kind }, literal) =>
        matching !== null && maskMatches(matching.pattern, matching.flags, literal, kind, key) !== literal,
    }
  }

  #copiesIn(text: string): (CopyStatementOptions | null)[] {
    const syntax = this.#parts.parser.syntax(text)
    return syntax.kind === 'statements' ? syntax.statements.map(copyOptionsOf) : []
  }

  /** Values that are bound for masked columns, or that a detector knows, as the record may hold them. The same list when there is none. */
  #hiddenParameters(parameters: Parameter[], { plan, hidden: { everyValue }, masks }: Kept): Parameter[] {
    const byNumber = new Map(plan.redactions.flatMap(one => ('parameter' in one ? [[one.parameter, one.rule] as const] : [])))
    const hidden = parameters.map((parameter, i) => {
      const rule = everyValue ?? byNumber.get(i + 1)
      if (rule === undefined || parameter.value === null) return this.#detected(parameter, masks)
      return { ...parameter, value: { masked: '[masked]', rule } }
    })
    return hidden.some((parameter, i) => parameter !== parameters[i]) ? hidden : parameters
  }

  #detected(parameter: Parameter, masks: MaskObligation[]): Parameter {
    const { value } = parameter
    if (typeof value !== 'string') return parameter
    for (const { rule, matching, with: kind } of masks) {
      const after: string = matching === null ? value : maskMatches(matching.pattern, matching.flags, value, kind, this.#parts.key)
      if (after !== value) return { ...parameter, value: { masked: after, rule } }
    }
    return parameter
  }

  /** Passwords and the like, which nobody reads back out of a recording. */
  #secretsOf(text: string): TextRedaction[] {
    if (!mayHoldSecret.test(text)) return []
    const syntax = this.#parts.parser.syntax(text)
    return secretLiterals(syntax.kind === 'statements' ? syntax.statements : null, text).map(span => ({ ...span, rule: 'secrets' }))
  }

  /** The columns that a COPY FROM fills, in the order their values come; null for any other statement, and for a table that is not known. */
  #copiedIn(statement: Record<string, unknown>): Column[] | null {
    const copied = copyTargetOf(statement)
    const relation = copied && this.#inUse().relation(copied.schema, copied.table, this.#parts.searchPath())
    if (!copied || !relation) return null
    const named = copied.columns.map(name => relation.columns.find(column => column.name === name))
    const columns = named.length > 0 ? named : relation.columns
    if (columns.includes(undefined)) return null
    return columns.map(column => ({
      name: column!.name,
      type: column!.type,
      typeOid: column!.typeOid,
      tableOid: relation.oid,
      attribute: column!.attribute,
      format: 'text' as const,
    }))
  }

  #keeper(masks: MaskObligation[], kept: Partial<Kept> | null, text: string): PostgresAnswerKeeper {
    const { target, key } = this.#parts
    const plan = kept?.plan?.kind === 'plan' ? kept.plan : null
    return new PostgresAnswerKeeper({
      masks,
      answers: plan?.answers ?? [],
      copies: kept?.copies ?? [],
      incoming: kept?.incoming ?? [],
      mayTellSecrets: mayTellSecrets(text),
      mayTell: masks.length > 0 && (plan?.touchesMasked ?? true),
      catalogue: this.#inUse(),
      target: target.name,
      key,
    })
  }
}

/** The functions that clients read and write large objects with, by the protocol's function call (libpq's `lo_*`). */
const largeObjectFunctions = new Set([
  'lo_open',
  'lo_close',
  'loread',
  'lowrite',
  'lo_lseek',
  'lo_lseek64',
  'lo_tell',
  'lo_tell64',
  'lo_creat',
  'lo_create',
  'lo_unlink',
  'lo_truncate',
  'lo_truncate64',
])

/** Whether an operation names something that may stand for code: a function, a view, a table with triggers. */
function runsCode({ verb, functions, tables }: Operation): boolean {
  return verb === 'CALL' || (functions?.length ?? 0) > 0 || tables.length > 0
}

/** How many statements a text holds, or may hold when it is not understood. */
function statementsIn(text: string, operations: Operation[]): number {
  const last = operations.at(-1)
  if (operations.some(({ verb }) => verb === 'UNPARSED')) return text.split(';').length
  return (last?.statement ?? 0) + 1
}

/** Nobody knows which of its literals are bound for a masked column, so the record has none of them. */
function notUnderstood(text: string, masks: MaskObligation[]): MaskPlan {
  const rule = masks[0]?.rule ?? ''
  return {
    kind: 'refuse',
    rule,
    reason: 'masked columns cannot be told in a text that is not understood',
    hint: 'send plain statements, one at a time',
    redactions: spansOfAll(text, rule).map(span => ({ ...span, with: 'redact' })),
  }
}

/** A command with parts of it hidden; undefined when nothing is. */
function hiding({ text, parameters, show }: Asked, spans: TextRedaction[], hidden: Parameter[]): Recorded | undefined {
  if (spans.length === 0 && hidden === parameters) return undefined
  const redacted = redactText(text, spans)
  return { text: redacted, parameters: hidden.length > 0 ? hidden : undefined, transcript: show(redacted, hidden) }
}

function opaque(object: string): Operation {
  return { verb: 'OPAQUE', object, tables: [], columns: [], isOpaque: true }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
