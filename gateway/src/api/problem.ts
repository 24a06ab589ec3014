import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

const titles = {
  400: 'the request does not make sense',
  401: 'authentication needed',
  403: 'not allowed',
  404: 'not found',
  405: 'method not allowed here',
  409: 'conflict with what is there',
  411: 'the length of the body is needed',
  413: 'the request is too large',
  416: 'the range lies outside',
  422: 'the content is not acceptable',
  500: 'internal error',
  503: 'not possible now',
} as const

export type ProblemStatus = keyof typeof titles

/** One thing wrong with a request, and where. */
export interface Fault {
  /** Dotted path in the body or the query. */
  at: string
  message: string
}

/** An answer that is not the one asked for, as RFC 9457 problem details. */
export class Problem extends Error {
  readonly status: ProblemStatus
  readonly faults: Fault[]
  readonly headers: Record<string, string>
  /** Members of its own, as RFC 9457 has them. */
  readonly more: Record<string, unknown>

  constructor(
    status: ProblemStatus,
    detail: string,
    { faults = [], headers = {}, more = {} }: { faults?: Fault[]; headers?: Record<string, string>; more?: Record<string, unknown> } = {},
  ) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.faults = faults
    this.headers = headers
    this.more = more
  }
}

/** Writes problem details. `code` is for programs, `detail` for people. */
export function writeProblem(c: Context, problem: Problem): Response {
  const { status, faults, headers, more } = problem
  const title = titles[status]
  const body = {
    type: 'about:blank',
    title,
    status,
    code: title.replaceAll(' ', '_'),
    detail: problem.message,
    ...(faults.length > 0 ? { faults } : {}),
    ...more,
  }
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...headers,
  })
}

/** The problem that an HTTP status of unknown origin stands for. */
export function problemOfStatus(status: number, detail: string): Problem {
  return new Problem(Object.hasOwn(titles, status) ? (status as ProblemStatus) : status < 500 ? 400 : 500, detail)
}

/** For `validator`: turns what a schema found wrong into a 400 that names all of it. */
export function refuseInvalid(result: {
  success: boolean
  error?: readonly { message: string; path?: readonly unknown[] | undefined }[]
}): void {
  if (result.success) return
  const faults = (result.error ?? []).map(({ message, path }) => ({
    at: (path ?? []).map(segment).join('.'),
    message: message.toLowerCase(),
  }))
  throw new Problem(400, faults.map(({ at, message }) => (at ? `${at}: ${message}` : message)).join('; '), { faults })
}

function segment(part: unknown): string {
  return typeof part === 'object' && part !== null && 'key' in part ? String(part.key) : String(part)
}
