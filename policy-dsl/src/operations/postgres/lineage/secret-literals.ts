import type { Fields } from '../tree.ts'
import { tokensOf, type Token } from './tokens.ts'

/**
 * The literals of a text that are passwords or hold one: of roles, user
 * mappings, servers and subscriptions, and connection strings wherever they
 * stand. Without statements, because the text could not be parsed, every
 * literal after the word PASSWORD counts.
 */
export function secretLiterals(statements: Fields[] | null, text: string): { start: number; end: number }[] {
  return secretsIn(text, 0, statements === null || statements.some(namesSecrets))
}

/** Statements in which PASSWORD and CONNECTION are keywords or options, and those with a text that may hold such. */
const secretKinds =
  /^(?:(?:Create|Alter)(?:Role|UserMapping|ForeignServer|Fdw|Subscription|Function)|CreateForeignTable|AlterTable|ImportForeignSchema|Do|AlterRoleSet|Prepare|Explain)(?:Stmt)$/
const secretWords = new Set(['password', 'passwd', 'sslpassword', 'connection', 'secret'])
const connection = /(?:password|passwd|sslpassword)\s*=|^\s*[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@]*@/i
/** A body of statements may compare a column `password`; a connection string between dollar quotes is nothing else. */
const connectionAlone =
  /^(?=.*(?:password|passwd)\s*=)(?:\s*\w+\s*=\s*(?:'[^']*'|[^\s']+))+\s*$|^\s*[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@]*@\S*\s*$/is
const nestingMax = 8

function namesSecrets(statement: Fields): boolean {
  return Object.keys(statement).some(kind => secretKinds.test(kind))
}

function secretsIn(text: string, depth: number, hasKeywords: boolean): { start: number; end: number }[] {
  const tokens = tokensOf(text)
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'string') return []
    if (hasKeywords && isNamedSecret(tokens, at)) return [{ start: token.start, end: token.end }]
    const inner = hasKeywords && depth < nestingMax ? secretsInside(token, text, depth) : []
    const isConnection = text[token.start] === '$' ? connectionAlone.test(token.value) : connection.test(token.value)
    return inner.length === 0 && isConnection ? [{ start: token.start, end: token.end }] : inner
  })
}

function isNamedSecret(tokens: Token[], at: number): boolean {
  const before = tokens[at - 1]
  const isWord = before?.kind === 'word' || before?.kind === 'name'
  return isWord && secretWords.has(before.value.toLowerCase())
}

/** A body between dollar quotes is text of its own; in other quotes its places are not those of the text, so all of it counts. */
function secretsInside(token: Token, text: string, depth: number): { start: number; end: number }[] {
  const inner = secretsIn(token.value, depth + 1, true)
  if (inner.length === 0 || text[token.start] !== '$') return inner.length === 0 ? [] : [{ start: token.start, end: token.end }]
  const offset = text.indexOf('$', token.start + 1) + 1
  return inner.map(({ start, end }) => ({ start: start + offset, end: end + offset }))
}
