import { resolver } from 'hono-openapi'
import type { z } from 'zod'
import { problem } from './schemas.ts'

/** An answer for `describeRoute`: JSON of a shape. */
export function json(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema: resolver(schema) } } }
}

const problemTexts = {
  400: 'the request does not make sense; all that is wrong is named',
  401: 'no valid credential',
  403: 'not allowed',
  404: 'not found',
  409: 'conflict with what is there',
  411: 'a body comes with its length',
  413: 'the body is too large',
  416: 'the range lies outside',
  422: 'what was sent is understood and not acceptable: `problems` or failing `tests` say why',
  503: 'the ledger cannot be written, so nothing was done',
} as const

/** Answers for `describeRoute`: the problems a route may answer with. */
export function problems(...statuses: (keyof typeof problemTexts)[]) {
  const content = { 'application/problem+json': { schema: resolver(problem) } }
  return Object.fromEntries(statuses.map(status => [status, { description: problemTexts[status], content }]))
}
