import type { LiveSchema } from '@steno/policy-dsl'
import { aboutLiveName, findLiveName, isIdentifier, membersOf, nameOf, pathAt, quoted, type LiveName } from './live-names.ts'
import { snippetsFor } from './snippets.ts'

/** Something that can be typed where the cursor is. */
export interface Completion {
  label: string
  kind: 'target' | 'schema' | 'table' | 'column' | 'word' | 'option' | 'method' | 'function' | 'constant' | 'keyword' | 'snippet'
  /** A few words behind it. */
  detail: string
  insert: string
  isSnippet: boolean
  /** What it takes the place of. */
  start: number
  end: number
  sort: string
  /** The type checker can say more of it. */
  isTyped: boolean
}

/** What TypeScript offers. */
export interface TypeEntry {
  name: string
  kind: string
  sortText: string
  replacementSpan?: { start: number; length: number } | undefined
}

/** TypeScript's words that mean something in a policy. */
const keywords = new Set(['const', 'true', 'false'])
/** What the declarations are made of, which no policy names. */
const machinery = new Set(['Steno', 'globalThis', 'undefined'])
const statementKinds = new Set(['interface', 'type', 'module', 'class'])

/** Gives what follows a live name, or null where none stands before the cursor: then the type checker knows. */
export function liveCompletions(source: string, offset: number, live: LiveSchema): Completion[] | null {
  const path = pathAt(source, offset)
  if (!path || path.names.length < 2) return null
  const found = findLiveName(live, path.names.slice(0, -1))
  if (!found) return null
  const end = offset + /^[\p{ID_Continue}$]*/u.exec(source.slice(offset))![0].length
  return membersOf(found).map((member, at) => {
    const name = nameOf(member)
    // What is no identifier stands in brackets, and the dot goes.
    const isPlain = isIdentifier(name)
    return {
      label: name,
      kind: member.is,
      detail: aboutLiveName(member),
      insert: isPlain ? name : `[${quoted(name)}]`,
      isSnippet: false,
      start: isPlain ? path.last : path.last - 1,
      end,
      sort: `${member.is === 'schema' ? 1 : 0}${String(at).padStart(5, '0')}`,
      isTyped: false,
    }
  })
}

/** Gives what TypeScript offers, without what means nothing in a policy, and pieces to fill in where a statement can begin. */
export function completionsOf(
  entries: readonly TypeEntry[],
  { source, offset, live }: { source: string; offset: number; live: LiveSchema },
): Completion[] {
  const word = /[\p{ID_Continue}$]*$/u.exec(source.slice(0, offset))![0]
  const here = { start: offset - word.length, end: offset }
  const line = source.slice(source.lastIndexOf('\n', offset - 1) + 1, here.start)
  const snippets =
    line === ''
      ? snippetsFor(live).map((snippet): Completion => ({
          label: snippet.label,
          kind: 'snippet',
          detail: snippet.about,
          insert: snippet.body,
          isSnippet: true,
          ...here,
          sort: `0${snippet.label}`,
          isTyped: false,
        }))
      : []
  const typed = entries
    .filter(({ name, kind }) => !machinery.has(name) && !statementKinds.has(kind) && (kind !== 'keyword' || keywords.has(name)))
    .map(({ name, kind, sortText, replacementSpan }): Completion => {
      const known = kind === 'const' || kind === 'var' ? findLiveName(live, [name]) : null
      const text = name.replace(/^"(.*)"$/, (_, inner: string) => quoted(inner))
      return {
        label: text,
        kind: known?.is ?? kinds[kind] ?? 'word',
        detail: known ? aboutLiveName(known) : '',
        insert: text,
        isSnippet: false,
        ...(replacementSpan ? { start: replacementSpan.start, end: replacementSpan.start + replacementSpan.length } : here),
        sort: `1${sortText}`,
        isTyped: !known,
      }
    })
  return [...snippets, ...typed]
}

const kinds: Record<string, Exclude<Completion['kind'], LiveName['is']>> = {
  const: 'constant',
  var: 'constant',
  let: 'constant',
  parameter: 'constant',
  function: 'function',
  method: 'method',
  property: 'option',
  keyword: 'keyword',
  string: 'word',
}
