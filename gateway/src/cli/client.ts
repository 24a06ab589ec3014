import { CliError } from './cli-error.ts'
import { readEvents, type ServerEvent } from './read-events.ts'

export const defaultUrl = 'http://127.0.0.1:7700'

/** The gateway's API, as `STENO_URL` and `STENO_TOKEN` reach it. */
export interface Client {
  url: string
  /** The answer's JSON. Throws `CliError` with the gateway's own words. */
  ask(method: string, path: string, body?: unknown): Promise<unknown>
  /** What the gateway tells while it works on it. Throws `CliError` when it breaks off. */
  follow(method: string, path: string, body?: unknown): AsyncIterable<ServerEvent>
  /** The answer itself, for what is not JSON. */
  open(path: string): Promise<Response>
  /** The same for what may not be there: null then. */
  find(path: string): Promise<Response | null>
}

export interface ClientOptions {
  env: Readonly<Record<string, string | undefined>>
  /** The exit code when the gateway does not answer or does not let us. */
  exitCode?: number
}

export function createClient({ env, exitCode = 1 }: ClientOptions): Client {
  const url = (env['STENO_URL'] || defaultUrl).replace(/\/+$/, '')
  const token = env['STENO_TOKEN']
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new CliError(`STENO_URL: expected an address such as ${defaultUrl}, got \`${url}\``, exitCode)
  if (!token) throw new CliError('expected a token in STENO_TOKEN: an agent’s secret to run things, an API token to look at them', exitCode)
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new CliError('STENO_TOKEN: expected a token, got something with spaces or other signs in it', exitCode)

  async function send(method: string, path: string, body?: unknown, accept?: string): Promise<Response> {
    const response = await request(method, path, body, accept)
    if (!response.ok) throw new CliError(await problemOf(response, url), exitCode)
    return response
  }

  async function request(method: string, path: string, body?: unknown, accept = 'application/json'): Promise<Response> {
    try {
      return await fetch(url + path, {
        method,
        redirect: 'error',
        headers: { accept, authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (error) {
      throw new CliError(`no gateway answers at ${url} (${reasonOf(error)}); is it running, and is STENO_URL right?`, exitCode)
    }
  }

  return {
    url,
    async ask(method, path, body) {
      const response = await send(method, path, body)
      const text = await response.text()
      if (text === '') return null
      try {
        return JSON.parse(text) as unknown
      } catch {
        throw new CliError(`expected JSON from ${url}${path}, got something else; is STENO_URL right?`, exitCode)
      }
    },
    async *follow(method, path, body) {
      const response = await send(method, path, body, 'text/event-stream')
      if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        throw new CliError(`expected a stream of events from ${url}${path}, got something else; is STENO_URL right?`, exitCode)
      try {
        yield* readEvents(response.body)
      } catch (error) {
        throw new CliError(`the answer of the gateway at ${url} broke off (${reasonOf(error)})`, exitCode)
      }
    },
    open: path => send('GET', path, undefined, '*/*'),
    async find(path) {
      const response = await request('GET', path, undefined, '*/*')
      if (response.status === 404) return null
      if (!response.ok) throw new CliError(await problemOf(response, url), exitCode)
      return response
    },
  }
}

async function problemOf(response: Response, url: string): Promise<string> {
  const text = await response.text()
  try {
    const problem = JSON.parse(text) as { detail?: unknown; title?: unknown }
    const words = problem.detail ?? problem.title
    if (typeof words === 'string') return response.status === 401 ? `the gateway at ${url} does not know this STENO_TOKEN` : words
  } catch {
    // Not ours: something between us and the gateway answered, so its status is all there is to tell.
  }
  return `${url} answered ${response.status}`
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.message : String(cause)
}
