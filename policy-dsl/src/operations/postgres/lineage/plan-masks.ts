import type { MaskRequest, MaskPlan, AnswerPlan, Redaction } from './mask-plan.ts'
import { Context, Refusal } from './context.ts'
import { isLiteral } from './literals.ts'
import { readQuery } from './query.ts'
import { readStatement, type Batch } from './statement.ts'
import type { Fields } from '../tree.ts'

/**
 * Says how the answers to a text are hidden, column by column, so that what is
 * masked is neither shown nor found out. Never throws: what is not understood
 * is refused.
 */
export function planMasks(request: MaskRequest): MaskPlan {
  const context = new Context(request, { query: readQuery })
  const batch: Batch = { prepared: new Map<string, Fields>(), cursors: new Map<string, Fields>() }
  const answers: (AnswerPlan | null)[] = []
  for (const statement of request.statements) {
    try {
      answers.push(readStatement(statement, batch, context))
    } catch (error) {
      context.note(error instanceof Refusal ? error : misunderstood(context))
    }
  }
  const redactions = [...context.redactions, ...detected(context)].toSorted(byPlace)
  const { refusal } = context
  if (refusal) return { kind: 'refuse', rule: refusal.rule, reason: refusal.reason, hint: refusal.hint, redactions }
  return { kind: 'plan', answers, redactions, touchesMasked: context.touchesMasked }
}

function misunderstood(context: Context): Refusal {
  return context.refuse('the statement is not understood well enough to mask what it shows', 'write it in a simpler way')
}

function detected({ request, literals, redactions }: Context): Redaction[] {
  if (!request.detects) return []
  const detectors = request.masks.filter(mask => mask.matching !== null)
  return literals.tokens.filter(isLiteral).flatMap(({ start, end, value }): Redaction[] => {
    const mask = detectors.find(one => request.detects?.(one, value))
    const isKnown = redactions.some(known => 'start' in known && known.start < end && start < known.end)
    return mask && !isKnown ? [{ start, end, rule: mask.rule, with: mask.with }] : []
  })
}

/** In the order of the text, then of the parameters. */
function byPlace(one: Redaction, other: Redaction): number {
  if ('start' in one) return 'start' in other ? one.start - other.start : -1
  return 'start' in other ? 1 : one.parameter - other.parameter
}
