import { findHits } from '../ui/find-hits.ts'
import { sqlTokens, type SqlTokenKind } from '../ui/sql-tokens.ts'

/** A stretch of a statement, coloured for what it is and marked for what is to be seen in it. */
export interface SqlPiece {
  kind: SqlTokenKind
  text: string
  /** A search found it. */
  isFound: boolean
  /** The target's error points at it. */
  isFaulty: boolean
}

export interface SqlPiecesInput {
  text: string
  /** What is searched for; empty for nothing. */
  search: string
  /** The character an error points at, counted from 1 as PostgreSQL counts: in code points. */
  errorPosition: number | null
}

/** Past this a statement is shown without colours: a pause would help nobody to read it. */
const colouredCharactersMax = 60_000

/** Cuts a statement at its tokens, its hits and its fault; joined, the pieces are the statement. */
export function sqlPieces(input: SqlPiecesInput): SqlPiece[] {
  const { text } = input
  const tokens = text.length > colouredCharactersMax ? [{ kind: 'plain' as const, text }] : sqlTokens(text)
  const fault = faultOf(text, input.errorPosition)
  const edges = new Set<number>([fault.from, fault.to])
  const hits: { from: number; to: number }[] = []
  let at = 0
  for (const stretch of findHits(text, [input.search])) {
    if (stretch.isHit) {
      hits.push({ from: at, to: at + stretch.text.length })
      edges.add(at).add(at + stretch.text.length)
    }
    at += stretch.text.length
  }
  const cuts = [...edges].sort((a, b) => a - b)
  const pieces: SqlPiece[] = []
  let hit = 0
  let cut = 0
  let from = 0
  for (const token of tokens) {
    const end = from + token.text.length
    while (from < end) {
      while (cut < cuts.length && cuts[cut]! <= from) cut += 1
      const to = Math.min(end, cuts[cut] ?? end)
      while (hit < hits.length && hits[hit]!.to <= from) hit += 1
      const isFound = hit < hits.length && hits[hit]!.from <= from
      pieces.push({ kind: token.kind, text: text.slice(from, to), isFound, isFaulty: from >= fault.from && to <= fault.to })
      from = to
    }
  }
  return pieces
}

/** The word an error points at. */
function faultOf(text: string, position: number | null): { from: number; to: number } {
  if (position === null || position < 1) return { from: -1, to: -1 }
  let from = 0
  for (let left = position - 1; left > 0 && from < text.length; left -= 1) from += (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1
  if (from >= text.length) return { from: Math.max(0, text.length - 1), to: text.length }
  const word = /^[\p{L}\p{N}_$"]+/u.exec(text.slice(from, from + 200))?.[0] ?? text.slice(from, from + 1)
  return { from, to: from + word.length }
}
