import {
  commentSpans,
  literalSpans,
  maskMatches,
  type ColumnPattern,
  type MaskKey,
  type MaskObligation,
  type MaskPlan,
} from '@steno/policy-dsl'
import type { Operation } from '@steno/recordings'
import type { TextRedaction } from './mask-text.ts'

/** What of a command the record may not hold. */
export interface Hidden {
  spans: TextRedaction[]
  /** The rule that hides every value that is bound; null when only some are hidden, each for itself. */
  everyValue: string | null
}

export interface HiddenOptions {
  plan: MaskPlan
  masks: MaskObligation[]
  operations: Operation[]
  target: string
  key: MaskKey
}

/**
 * Says what the record may not hold of a text: the literals that are bound for
 * masked columns, or that a detector knows; all of them where nobody can say
 * which of them are; and comments, which may say them again.
 */
export function hiddenInText(text: string, { plan, masks, operations, target, key }: HiddenOptions): Hidden {
  const patterns = masks.flatMap(mask => mask.columns.filter(column => column.target === null || column.target === target))
  const rule = masks.find(mask => mask.columns.length > 0)?.rule ?? masks[0]?.rule ?? ''
  const isUnseen =
    (plan.kind === 'refuse' && operations.some(({ isOpaque, verb }) => isOpaque === true || verb === 'UNPARSED')) ||
    operations.some(operation => writesBehind(operation, patterns)) ||
    (plan.kind === 'plan' && plan.made.some(({ columns }) => columns.some(column => isNamedLike(column, patterns))))
  const known = plan.redactions.flatMap(one => ('start' in one ? [one] : []))
  const literals = isUnseen ? literalSpans(text).map(span => ({ ...span, rule })) : known
  const isTold = plan.redactions.length > 0 || literals.length > 0
  const comments = commentSpans(text).flatMap(span => {
    const found = masks.find(({ matching, with: kind }) => {
      const comment = text.slice(span.start, span.end)
      return matching !== null && maskMatches(matching.pattern, matching.flags, comment, kind, key) !== comment
    })
    return isTold || found ? [{ ...span, rule: found?.rule ?? known[0]?.rule ?? rule }] : []
  })
  return { spans: [...literals, ...comments], everyValue: isUnseen ? rule : null }
}

/** All literals and comments of a text. */
export function spansOfAll(text: string, rule: string): TextRedaction[] {
  return [...literalSpans(text), ...commentSpans(text)].map(span => ({ ...span, rule }))
}

/** Whether code that is set off writes a masked column: what it is given may be the value. */
function writesBehind({ inside, writes = [] }: Operation, patterns: ColumnPattern[]): boolean {
  return (
    inside !== undefined &&
    /^(?:DO$|function |trigger )/.test(inside) &&
    writes.some(written => {
      const [column, table, schema] = written.split('.').toReversed()
      return patterns.some(
        pattern =>
          pattern.column === column &&
          (pattern.table === null || pattern.table === table) &&
          (pattern.schema === null || schema === undefined || pattern.schema === schema),
      )
    })
  )
}

/** What is written into a column called as a masked one, in a table that is made just now, is taken for a value of it. */
function isNamedLike(column: string, patterns: ColumnPattern[]): boolean {
  return patterns.some(pattern => pattern.column.toLowerCase() === column.toLowerCase())
}
