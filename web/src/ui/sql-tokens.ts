export type SqlTokenKind = 'keyword' | 'string' | 'number' | 'parameter' | 'comment' | 'plain'

/** A stretch of a statement with what it is; joined, the stretches are the statement. */
export interface SqlToken {
  kind: SqlTokenKind
  text: string
}

/** Cuts a statement for colouring. It never fails and never decides: an unknown sign is plain, an open quote runs to the end. */
export function sqlTokens(text: string): SqlToken[] {
  const tokens: SqlToken[] = []
  let at = 0
  while (at < text.length) {
    const end = Math.max(at + 1, endOfToken(text, at))
    const piece = text.slice(at, end)
    const kind = kindOf(piece)
    const last = tokens.at(-1)
    if (last && last.kind === kind && kind === 'plain') last.text += piece
    else tokens.push({ kind, text: piece })
    at = end
  }
  return tokens
}

const word = /[\p{L}_][\p{L}\p{N}_$]*/uy
const number = /(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const parameter = /\$\d+/y
const dollar = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
const blank = /\s+/y

function endOfToken(text: string, at: number): number {
  const sign = text[at]
  const pair = text.slice(at, at + 2)
  if (pair === '--') return endAt(text.indexOf('\n', at), text)
  if (pair === '/*') return endOfComment(text, at)
  if (sign === "'") return endOfQuote(text, at + 1, "'", false)
  if (sign === '"') return endOfQuote(text, at + 1, '"', false)
  if (/^[eE]'/.test(pair)) return endOfQuote(text, at + 2, "'", true)
  if (/^[bBxXnN]'/.test(pair)) return endOfQuote(text, at + 2, "'", false)
  if (sign === '$') {
    const parameterEnd = matchEnd(parameter, text, at)
    if (parameterEnd) return parameterEnd
    const open = matchEnd(dollar, text, at)
    if (!open) return at + 1
    const tag = text.slice(at, open)
    const close = text.indexOf(tag, open)
    return close < 0 ? text.length : close + tag.length
  }
  return matchEnd(blank, text, at) || matchEnd(word, text, at) || matchEnd(number, text, at) || at + 1
}

function kindOf(piece: string): SqlTokenKind {
  if (piece.startsWith('--') || piece.startsWith('/*')) return 'comment'
  if (/^(?:[eEbBxXnN]?'|\$[^\d]*\$)/.test(piece)) return 'string'
  if (/^\$\d/.test(piece)) return 'parameter'
  if (/^\.?\d/.test(piece)) return 'number'
  return keywords.has(piece.toUpperCase()) ? 'keyword' : 'plain'
}

function endOfQuote(text: string, from: number, quote: string, hasBackslashes: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    if (hasBackslashes && text[at] === '\\') at += 1
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1
      at += 1
    }
  }
  return text.length
}

function endOfComment(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const pair = text.slice(at, at + 2)
    if (pair === '/*') depth += 1
    else if (pair === '*/') depth -= 1
    else continue
    at += 1
    if (depth === 0) return at + 1
  }
  return text.length
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : 0
}

function endAt(index: number, text: string): number {
  return index < 0 ? text.length : index
}

const keywords = new Set(
  `ABORT ADD ALL ALTER ANALYZE AND ANY ARRAY AS ASC BEGIN BETWEEN BY CALL CASCADE CASE CAST CHECK CLOSE CLUSTER COLLATE COLUMN COMMENT COMMIT
CONCURRENTLY CONFLICT CONSTRAINT COPY CREATE CROSS CURRENT CURSOR DATABASE DEALLOCATE DECLARE DEFAULT DELETE DESC DISCARD DISTINCT DO DROP ELSE END
EXCEPT EXECUTE EXISTS EXPLAIN EXTENSION FALSE FETCH FILTER FOR FOREIGN FROM FULL FUNCTION GRANT GROUP HAVING IF ILIKE IN INDEX INNER INSERT
INTERSECT INTO IS ISNULL JOIN KEY LATERAL LEFT LIKE LIMIT LISTEN LOCK MATERIALIZED MERGE MOVE NATURAL NOT NOTHING NOTIFY NOTNULL NULL OFFSET ON
ONLY OR ORDER OUTER OVER PARTITION PREPARE PRIMARY PROCEDURE REFERENCES REFRESH REINDEX RELEASE RENAME RESET RETURNING REVOKE RIGHT ROLE
ROLLBACK ROW ROWS SAVEPOINT SCHEMA SELECT SEQUENCE SET SHARE SHOW START STDIN STDOUT TABLE TEMP TEMPORARY THEN TO TRANSACTION TRIGGER TRUE
TRUNCATE TYPE UNION UNIQUE UNLISTEN UPDATE USING VACUUM VALUES VIEW WHEN WHERE WINDOW WITH WITHOUT WORK`.split(/\s+/),
)
