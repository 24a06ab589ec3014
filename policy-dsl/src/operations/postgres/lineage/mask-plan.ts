import type { MaskKind, MaskObligation } from '../../../decision.ts'
import type { Catalogue } from '../catalogue.ts'
import type { RoutineHead } from '../bodies.ts'
import type { BodySyntax, Syntax } from '../syntax.ts'
import type { Fields } from '../tree.ts'

/** What `planMasks` is asked: one text as it would be sent, and what is known of the place it would go to. */
export interface MaskRequest {
  text: string
  /** The text's statements, parsed. */
  statements: Fields[]
  catalogue: Catalogue
  /** The session's, where it is not the catalogue's. */
  searchPath?: string[]
  target: string
  masks: MaskObligation[]
  /**
   * Names may mean something else than the catalogue says: the session's open transaction has made, altered or dropped
   * something, or called what may have, or nobody can say. Then a masked value is only given to what is written with
   * `pg_catalog`, and a table's bare name means every table called so.
   */
  isStale?: boolean
  /** What plans since the session's open transaction began said that they make. */
  made?: readonly Made[]
  /** Reads the texts of views, routines, prepared statements and cursors. */
  parse(text: string): Syntax
  /** Reads the body of a routine in PL/pgSQL; without it, one that reads masked columns may write nothing. */
  parseBody?(head: RoutineHead): BodySyntax
  /** The text that a prepared statement was made from; null when there is none of that name. */
  prepared?(name: string): string | null
  /** The text that a cursor was declared with; null when there is none of that name. */
  cursors?(name: string): string | null
  /** Whether the detector of a mask finds something in a literal. */
  detects?(mask: MaskObligation, literal: string): boolean
}

/**
 * How the answers to a text are hidden, or that they cannot be.
 *
 * INVARIANT: with a plan, no bit of a masked column reaches the client but what
 * its obligation gives away, whether a row is null in it, and how many are not.
 */
export type MaskPlan =
  | { kind: 'refuse'; rule: string; reason: string; hint: string; redactions: Redaction[] }
  | {
      kind: 'plan'
      /** One for each statement, in order; null for one that answers no rows. */
      answers: (AnswerPlan | null)[]
      redactions: Redaction[]
      /** It has to do with a relation that has masked columns: then the text of errors and notices may hold a value. */
      touchesMasked: boolean
      /** It may change what names mean: `isStale` from here on, until the transaction has ended and the catalogue was read again. */
      leavesStale: boolean
      /** Tables that it makes, which the catalogue does not know until the transaction has ended. */
      made: Made[]
    }

/** A table in which nothing is masked. */
export interface Made {
  name: string
  columns: string[]
}

export interface AnswerPlan {
  /** By position. `unknown-count` when the columns cannot be counted and none of them is masked. */
  columns: (ColumnPlan | null)[] | 'unknown-count'
  /** For COPY … TO STDOUT, whose rows name no columns. */
  copy?: CopyLayout
}

/** How COPY writes its rows. */
export interface CopyLayout {
  columns: string[]
  format: 'text' | 'csv' | 'binary'
  delimiter: string
  /** What stands for null. */
  null: string
  quote: string
  escape: string
  hasHeader: boolean
}

export interface ColumnPlan {
  rule: string
  with: MaskKind
  /** It is made from a masked column and not the column itself, so nothing of it is shown, not even a hash: `redact` or `null`. */
  isWhole: boolean
  /** The masked columns it comes from, as `table.column`. */
  source: string
}

/** Something in the text, or a parameter by its number, that is bound for a masked column and stays out of the recording. */
export type Redaction = { start: number; end: number; rule: string; with: MaskKind } | { parameter: number; rule: string; with: MaskKind }
