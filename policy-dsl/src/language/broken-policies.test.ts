import { describe, expect, it } from 'vitest'
import type { Problem } from '../problem.ts'
import { brokenPolicies } from './broken-policies.ts'
import { compile } from './compile.ts'
import { testLiveSchema } from './test-live-schema.ts'

function told(source: string): string[] {
  return compile(source, { live: testLiveSchema }).problems.map(problem => asLine(problem, source))
}

function asLine({ line, column, severity, code, at, message, suggestion }: Problem, source: string): string {
  const what = `${severity === 'warning' ? 'warning ' : ''}${code} \`${source.slice(...at)}\``
  return `${line}:${column} ${what} ${message}${suggestion === undefined ? '' : ` → ${suggestion}`}`
}

describe('a broken policy', () => {
  it.each(brokenPolicies)('is told apart: %s', (_what, source, ...problems) => {
    expect(told(source)).toEqual(problems)
  })

  it.each(brokenPolicies)('makes no ruleset, unless it is only warned of: %s', (_what, source, ...problems) => {
    const isOnlyWarned = problems.every(problem => /^\d+:\d+ warning /.test(problem))
    expect(compile(source, { live: testLiveSchema }).ruleset === null).toBe(!isOnlyWarned)
  })

  it.each(brokenPolicies)('is better with each suggestion in its place: %s', (_what, source) => {
    for (const problem of compile(source, { live: testLiveSchema }).problems) {
      if (problem.suggestion === undefined) continue
      const mended = source.slice(0, problem.at[0]) + problem.suggestion + source.slice(problem.at[1])
      const left = compile(mended, { live: testLiveSchema }).problems.filter(
        one => one.code === problem.code && one.at[0] === problem.at[0],
      )
      expect(left).toEqual([])
    }
  })

  it('is told what is wrong in the house’s words', () => {
    for (const [, source] of brokenPolicies) {
      for (const { message } of compile(source, { live: testLiveSchema }).problems) expect(message).toMatch(/^expected .*[^.!]$/s)
    }
  })
})
