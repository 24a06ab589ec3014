import type { Finding, Problem } from '@steno/policy-dsl'

/** Something to be said of a stretch of a policy's text. */
export interface TextMark {
  severity: 'error' | 'warning' | 'info'
  message: string
  code: string
  start: number
  end: number
  /** What would be right there, when that is known. */
  suggestion: string | null
}

/** Findings that want the author's eye; the others are worth knowing. */
const warnings = new Set<Finding['kind']>(['never-matches', 'unless-never-applies', 'shadowed', 'conflict', 'text-pattern', 'duplicate'])

/** Gives what the compiler and the analysis say, as marks in the text, in its order. */
export function marksOf({ problems, findings }: { problems: readonly Problem[]; findings: readonly Finding[] }): TextMark[] {
  return [
    ...problems.map(({ severity, message, code, at: [start, end], suggestion }): TextMark => {
      const isOffered = suggestion !== undefined
      return {
        severity,
        message: isOffered ? `${message}; did you mean \`${suggestion}\`?` : message,
        code,
        start,
        end,
        suggestion: suggestion ?? null,
      }
    }),
    ...findings.map(({ kind, message, at: [start, end] }): TextMark => ({
      severity: warnings.has(kind) ? 'warning' : 'info',
      message,
      code: kind,
      start,
      end,
      suggestion: null,
    })),
  ].toSorted((a, b) => a.start - b.start)
}

/** Gives what is wrong in one line: `2 errors, 1 warning`, or that nothing is. */
export function marksLabel(marks: readonly TextMark[]): string {
  const count = (severity: TextMark['severity']) => marks.filter(mark => mark.severity === severity).length
  const said = [
    [count('error'), 'error'],
    [count('warning'), 'warning'],
  ] as const
  const parts = said.filter(([many]) => many > 0).map(([many, word]) => `${many} ${word}${many === 1 ? '' : 's'}`)
  return parts.length > 0 ? parts.join(', ') : 'nothing wrong'
}
