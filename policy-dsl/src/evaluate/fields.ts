import type { Operation, Principal } from '@steno/recordings'
import type { Circumstances } from '../facts.ts'
import type { NameKind } from '../language/schema.ts'

/** Reads something out of an operation and its circumstances. */
export type Read<T> = (operation: Operation, circumstances: Circumstances) => T

/** A typed reader: what a piece of a condition becomes. */
export type Reader =
  | { type: 'string'; read: Read<string> }
  | { type: 'number'; read: Read<number> }
  | { type: 'boolean'; read: Read<boolean> }
  | { type: 'strings'; read: Read<readonly string[]> }
  /** What an operation names: never compared letter by letter, for a name may say less than what it means. */
  | { type: 'name'; kind: NameKind; read: Read<string> }
  | { type: 'names'; kind: NameKind; read: Read<readonly string[]> }
  | { type: 'numbers'; read: Read<readonly number[]> }
  | { type: 'principal'; read: Read<Principal> }
  | { type: 'principals'; read: Read<readonly Principal[]> }
  /** Microseconds since 1970. */
  | { type: 'time'; read: Read<number> }

const none: readonly string[] = Object.freeze([])

const string = (read: Read<string>): Reader => ({ type: 'string', read })
const number = (read: Read<number>): Reader => ({ type: 'number', read })
const boolean = (read: Read<boolean>): Reader => ({ type: 'boolean', read })
const strings = (read: Read<readonly string[]>): Reader => ({ type: 'strings', read })
const names = (kind: NameKind, read: Read<readonly string[]>): Reader => ({ type: 'names', kind, read })

/** What is absent reads as nothing: `''`, `[]`, false. */
const fields: Record<string, Reader> = {
  verb: string(operation => operation.verb),
  object: string(operation => operation.object ?? ''),
  tables: names('table', operation => operation.tables),
  columns: names('column', operation => operation.columns),
  reads: names('path', operation => operation.reads ?? none),
  writes: names('path', operation => operation.writes ?? none),
  functions: names('function', operation => operation.functions ?? none),
  // A verb that takes no condition lacks none; one that does and says nothing counts as having none.
  hasWhere: boolean(operation => operation.hasWhere ?? (operation.verb !== 'UPDATE' && operation.verb !== 'DELETE')),
  hasLimit: boolean(operation => operation.hasLimit ?? false),
  isOpaque: boolean(operation => operation.isOpaque ?? false),
  isNested: boolean(operation => operation.inside !== undefined),
  inside: string(operation => operation.inside ?? ''),
  statement: number(operation => operation.statement ?? 0),
  text: string((_, circumstances) => circumstances.command.text),
  transaction: string((_, circumstances) => circumstances.command.transaction),
  time: { type: 'time', read: (_, circumstances) => circumstances.nowUs },
  principal: { type: 'principal', read: (_, circumstances) => circumstances.principal },
  'principal.kind': string((_, circumstances) => circumstances.principal.kind),
  'principal.name': string((_, circumstances) => circumstances.principal.name),
  'principal.groups': strings((_, circumstances) => circumstances.principal.groups),
  delegation: { type: 'principals', read: (_, circumstances) => circumstances.delegation },
  'run.id': string((_, circumstances) => circumstances.run.id),
  'run.attempt': number((_, circumstances) => circumstances.run.attempt),
  'run.task': string((_, circumstances) => circumstances.run.task ?? ''),
  'run.trigger': string((_, circumstances) => circumstances.run.trigger ?? ''),
  'run.agentVersion': string((_, circumstances) => circumstances.run.agentVersion ?? ''),
  'session.id': string((_, circumstances) => circumstances.session.id),
  'session.application': string((_, circumstances) => circumstances.session.application ?? ''),
  'session.clientAddress': string((_, circumstances) => circumstances.session.clientAddress),
  'session.commands': number((_, circumstances) => circumstances.session.commands),
  'target.name': string((_, circumstances) => circumstances.target.name),
  'target.protocol': string((_, circumstances) => circumstances.target.protocol),
}

/** Gives the reader of a field by its path; null where there is no such field. */
export function fieldReader(path: readonly string[]): Reader | null {
  const [first, second, label] = path
  if (path.length === 3 && first === 'target' && second === 'labels' && label !== undefined) {
    return string((_, { target: { labels } }) => (Object.hasOwn(labels, label) ? (labels[label] ?? '') : ''))
  }
  const name = path.join('.')
  if (Object.hasOwn(fields, name)) return fields[name] ?? null
  const outer = path.at(-1) === 'length' ? fieldReader(path.slice(0, -1)) : null
  return outer === null ? null : lengthOf(outer)
}

/** Gives the reader of how long a text or list is; null for what has no length. */
export function lengthOf(reader: Reader): Reader | null {
  if (reader.type === 'string') return number((operation, circumstances) => reader.read(operation, circumstances).length)
  if (reader.type === 'strings' || reader.type === 'names' || reader.type === 'numbers' || reader.type === 'principals') {
    return number((operation, circumstances) => reader.read(operation, circumstances).length)
  }
  return null
}
