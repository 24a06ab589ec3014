import type { Problem, TestOutcome } from '@steno/policy-dsl'

/** `file:line:column: expected …`, with what was likely meant where that is known. */
export function formatProblem(file: string, { severity, line, column, message, suggestion }: Problem): string {
  return `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}${suggestion === undefined ? '' : `; write \`${suggestion}\``}`
}

/** ``file:line: test `…`: expected hold, got allow`` */
export function formatTest(file: string, { name, line, message }: TestOutcome): string {
  return `${file}:${line}: test \`${name}\`: ${message}`
}
