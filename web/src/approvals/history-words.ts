import type { ShapeHistory } from '../api.ts'
import { countLabel, countOf } from '../ui/labels.ts'

/** What commands of the same shape did before, in sentences; none where there were none. */
export function historySentences(history: ShapeHistory): string[] {
  const { commands, allowed, denied, approved, refused, errors, principals, runs, rows } = history
  if (commands === 0) return []
  const by =
    principals === 1
      ? `by one principal, in ${countOf(runs, 'run')}`
      : `by ${countLabel(principals)} principals, in ${countOf(runs, 'run')}`
  const ended = [
    ...(allowed > 0 ? [`${countLabel(allowed)} ran`] : []),
    ...(denied > 0 ? [`${countLabel(denied)} did not`] : []),
    ...(errors > 0 ? [`${countLabel(errors)} of them failed at the target`] : []),
  ]
  const held = [
    ...(approved > 0 ? [`people let ${countLabel(approved)} pass`] : []),
    ...(refused > 0 ? [`${countLabel(refused)} ended without consent`] : []),
  ]
  return [
    `Asked ${commands === 1 ? 'once' : `${countLabel(commands)} times`} before, ${by}: ${ended.join(', ')}.`,
    ...(held.length > 0 ? [`Of those that were held, ${held.join(' and ')}.`] : []),
    ...(rows ? [`Those that ran gave or changed ${countOf(rows.median, 'row')} in the middle, ${countLabel(rows.max)} at most.`] : []),
  ]
}
