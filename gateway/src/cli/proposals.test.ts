import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serveApi } from '../api/serve.ts'
import { versionOf } from '../policies/policies.ts'
import { forbidding } from '../policies/test-policies.ts'
import { apiOf, secrets } from '../rehearsal/test-api.ts'
import { History } from '../rehearsal/test-history.ts'
import { CliError } from './cli-error.ts'
import { policyCommand } from './policy.ts'

let history: History
let served: Awaited<ReturnType<typeof serveApi>>

async function serve(reviewers: string[]): Promise<void> {
  history = new History()
  const { app } = await apiOf(history, { reviewers })
  served = await serveApi(app, { address: { host: '127.0.0.1', port: 0 }, tls: null })
}

/** What somebody with a token sees of `steno policy …` at a terminal where they answer `answer`. */
async function steno(token: string, args: string[], answer?: string) {
  let out = ''
  let err = ''
  const shell = {
    env: { STENO_URL: `http://127.0.0.1:${served.address.port}`, STENO_TOKEN: token },
    out: (text: string | Uint8Array) => void (out += String(text)),
    err: (text: string) => void (err += text),
    drained: async () => {},
    width: 300,
    ...(answer === undefined ? {} : { ask: async () => answer }),
  }
  try {
    return { exitCode: await policyCommand.run(args, shell), out, err }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { exitCode: error.exitCode, out, err: err + error.message }
  }
}

beforeEach(async () => {
  await serve(['admin'])
  await history.publish('guard', forbidding('DELETE'))
  await history.publish('guard', forbidding('UPDATE'))
})
afterEach(() => served.close())

const earlier = versionOf('guard', forbidding('DELETE'))
const now = versionOf('guard', forbidding('UPDATE'))
const propose = async () => {
  const { out } = await steno(secrets.author, ['rollback', 'guard', earlier, '--reason', 'deletes again'])
  return /pro_\w+/.exec(out)![0]
}

describe('steno policy', () => {
  it('goes back to an earlier version, by a proposal where somebody must agree', async () => {
    const asked = await steno(secrets.author, ['rollback', 'guard', earlier])
    expect(asked).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^proposed as pro_\w+; in force when somebody of admin agrees\n$/),
    })
    expect(history.policies.get('guard')?.version).toBe(now)
    const { out } = await steno(secrets.author, ['history', 'guard'])
    expect(out.split('\n').map(line => line.split(' ')[0])).toEqual(['VERSION', now, earlier, ''])
  })

  it('shows everything there is to agree to, its meaning in sentences', async () => {
    const id = await propose()
    const { out } = await steno(secrets.admin, ['show', id])
    expect(out).toContain(`would      publish ${earlier}\n`)
    expect(out).toContain(`instead of ${now}\n`)
    expect(out).toMatch(/means +LESS STRICT: no longer .*no UPDATE/)
    expect(out).toContain("  | rule('no DELETE', {\n")
    expect((await steno(secrets.admin, ['proposals'])).out).toContain('deletes again')
  })

  it('agrees to what was shown, after asking', async () => {
    const id = await propose()
    expect(await steno(secrets.admin, ['accept', id], 'n')).toMatchObject({ exitCode: 1 })
    expect((await steno(secrets.admin, ['accept', id])).exitCode).toBe(2)
    expect(history.policies.get('guard')?.version).toBe(now)
    expect(await steno(secrets.admin, ['accept', id], 'y')).toMatchObject({ exitCode: 0, out: `${earlier} in force\n` })
    expect(history.policies.get('guard')).toMatchObject({ version: earlier, agreed: { by: { name: 'ci' } } })
  })

  it('lets its author take it back and not agree', async () => {
    const id = await propose()
    expect(await steno(secrets.author, ['accept', id, '--yes'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('nobody agrees to what they propose themselves'),
    })
    expect((await steno(secrets.author, ['refuse', id, '--yes'])).exitCode).toBe(2)
    expect(await steno(secrets.author, ['refuse', id, '--yes', '--comment', 'later'])).toMatchObject({ exitCode: 0, out: 'withdrawn\n' })
  })
})
