import type { Finding, Problem } from '@steno/policy-dsl'
import { sayTypeProblem, type TypeProblem } from './type-messages.ts'

/** Something to be said of a stretch of a policy's text. */
export interface TextMark {
  severity: 'error' | 'warning' | 'info'
  message: string
  code: string
  start: number
  end: number
  /** What would be right there, when that is known. */
  suggestion: string | null
  /** The rule it is about, and the others it names, where the analysis says it. */
  rule: string | null
  others: readonly string[]
}

/** What there is to be said, by who says it. */
export interface Said {
  problems: readonly Problem[]
  findings: readonly Finding[]
  types: readonly TypeProblem[]
}

/** Findings that want the author's eye; the others are worth knowing. */
const warnings = new Set<Finding['kind']>(['never-matches', 'unless-never-applies', 'shadowed', 'text-pattern', 'duplicate'])

/** TypeScript's numbers below this are about how a text is written, not about what its names mean. */
const syntaxCodesEnd = 2000

/** What the compiler always says too, of one of the two places that TypeScript says it of. */
const saidTwice = new Set([2300, 2451])

/**
 * Gives what the compiler, the analysis and the type checker say of a text, as
 * marks in it, in its order. What the type checker says where the compiler finds
 * something wrong is the same thing in other words; what it alone sees is no
 * error, because the compiler decides what is published.
 */
export function marksOf(source: string, { problems, findings, types }: Said, names: ReadonlyMap<string, string> = new Map()): TextMark[] {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const isUnreadable = errors.some(({ code }) => code === 'syntax')
  const isDouble = ({ code, start, length }: TypeProblem): boolean => {
    if (saidTwice.has(code) || (isUnreadable && code < syntaxCodesEnd)) return true
    const [from, to] = wholeLines(source, start, endOfOption(source, start + length))
    return errors.some(({ at }) => at[0] <= to && from <= at[1])
  }
  return [
    ...problems.map(({ severity, message, code, at: [start, end], suggestion = null }) =>
      mark({ severity, message, code, start, end, suggestion }),
    ),
    ...findings.map(({ kind, message, at, rule, others = [] }) =>
      mark({ severity: warnings.has(kind) ? 'warning' : 'info', message, code: kind, ...nameIn(source, at), rule, others }),
    ),
    ...types
      .filter(one => !isDouble(one))
      .map(one =>
        mark({
          severity: 'warning',
          code: `type-${one.code}`,
          start: one.start,
          end: one.start + one.length,
          ...sayTypeProblem(one, names),
        }),
      ),
  ].toSorted((a, b) => a.start - b.start)
}

/** A whole rule is meant where its name stands. */
function nameIn(source: string, [start, end]: readonly [number, number]): { start: number; end: number } {
  const [head, name] = /^rule\s*\(\s*('[^'\n]*'|"[^"\n]*"|`[^`\n]*`)/.exec(source.slice(start, end)) ?? []
  return head === undefined || name === undefined ? { start, end } : { start: start + head.length - name.length, end: start + head.length }
}

function wholeLines(source: string, start: number, end: number): [from: number, to: number] {
  const next = source.indexOf('\n', end)
  return [source.lastIndexOf('\n', start - 1) + 1, next < 0 ? source.length : next]
}

/** TypeScript speaks of an option at its name, and means its value: gives where that ends. */
function endOfOption(source: string, end: number): number {
  if (!/^\s*:/.test(source.slice(end))) return end
  const pieces = /'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|[([{]|[)\]}]|,/g
  pieces.lastIndex = end
  for (let depth = 0, found = pieces.exec(source); found; found = pieces.exec(source)) {
    if (/[([{]/.test(found[0][0]!)) depth++
    else if (/[)\]}]/.test(found[0][0]!) && depth-- === 0) return found.index
    else if (found[0] === ',' && depth === 0) return found.index
  }
  return source.length
}

function mark(said: Omit<TextMark, 'suggestion' | 'rule' | 'others'> & Partial<TextMark>): TextMark {
  const { suggestion = null } = said
  const message = suggestion === null ? said.message : `${said.message}; did you mean \`${suggestion}\`?`
  return { rule: null, others: [], ...said, suggestion, message }
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
