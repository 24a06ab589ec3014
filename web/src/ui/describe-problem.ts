import { visibleText } from './visible-text.ts'

/** Gives any error as a sentence for people, with its stable code where there is one. */
export function describeProblem(error: unknown): { why: string; code: string } {
  if (!(error instanceof Error)) return { why: 'Something that is not an error was thrown.', code: '' }
  const message = visibleText(error.message)
  const why = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`
  return { why, code: 'code' in error && typeof error.code === 'string' ? visibleText(error.code) : '' }
}
