import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serve } from '@hono/node-server'
import { forbidding, knownWorld } from '../policies/test-policies.ts'
import { CliError } from './cli-error.ts'
import { policyCommand } from './policy.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'steno-policy-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const file = (name: string, text: string) => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
const schema = () => file('live.json', JSON.stringify(knownWorld))

/** What a shell sees of `steno policy …`. */
async function steno(...args: string[]) {
  return inShell({}, args)
}

async function inShell(env: Record<string, string>, args: string[]) {
  let out = ''
  let err = ''
  const shell = {
    env,
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    drained: async () => {},
    width: 200,
  }
  try {
    return { exitCode: await policyCommand.run(args, shell), out, err }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { exitCode: error.exitCode, out, err: error.message }
  }
}

describe('steno policy check', () => {
  it('says nothing of a policy that is right', async () => {
    expect(await steno('check', file('a.policy.ts', forbidding('DELETE')), '--schema', schema())).toEqual({ exitCode: 0, out: '', err: '' })
  })

  it('names every mistake of every file with its place', async () => {
    const one = file('one.policy.ts', forbidding('DELETE').replace('op.verb', 'op.verbb'))
    const two = file('two.policy.ts', 'rule(')
    const { exitCode, out, err } = await steno('check', one, two, '--schema', schema())
    expect(exitCode).toBe(1)
    expect(out.split('\n')[0]).toMatch(new RegExp(`^${one}:3:\\d+: expected .*write \`verb\`$`))
    expect(out).toContain(`${two}:1:`)
    expect(err).toBe('2 errors\n')
  })

  it('warns of rules that are odd, and that alone is no failure', async () => {
    const twice = forbidding('DELETE') + forbidding('DELETE').replaceAll('no DELETE', 'again').replace('DELETE is refused', 'and again')
    const { exitCode, out } = await steno('check', file('a.policy.ts', twice), '--schema', schema())
    expect(exitCode).toBe(0)
    expect(out).toMatch(/a\.policy\.ts:\d+: warning: /)
  })

  it('says it as JSON, one line a file', async () => {
    const { exitCode, out } = await steno('check', file('a.policy.ts', 'rule('), file('b.policy.ts', ''), '--json')
    expect(exitCode).toBe(1)
    const [a, b] = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(a).toMatchObject({ hash: null, problems: [{ severity: 'error', line: 1 }], findings: [] })
    expect(b).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), problems: [] })
  })

  it('says what is missing when it knows no targets', async () => {
    const { exitCode, err } = await steno('check', file('a.policy.ts', forbidding('DELETE')))
    expect(exitCode).toBe(1)
    expect(err).toContain('without --schema no target, table or column is known')
  })

  it('shows what a file holds and does not obey it', async () => {
    const { out } = await steno('check', file('a.policy.ts', "rule('\x1b[2Jx', {})"))
    expect(out).not.toContain('\x1b')
  })

  it.each([
    [['check'], 2, 'expected a file'],
    [['chekc', 'x'], 2, 'expected check, test, diff, rehearse, publish, list'],
    [['check', '/nowhere/x.policy.ts'], 1, '/nowhere/x.policy.ts: ENOENT'],
    [['check', 'x', '--reason', 'y'], 2, '--reason does not go with check'],
    [['test', 'x', '--schema', '/nowhere/live.json'], 1, '/nowhere/live.json: ENOENT'],
  ])('refuses %j', async (args, exitCode, message) => {
    expect(await steno(...args)).toMatchObject({ exitCode, err: expect.stringContaining(message) })
  })

  it('refuses a schema that is none', async () => {
    const policy = file('a.policy.ts', '')
    expect((await steno('check', policy, '--schema', file('live.json', '{'))).err).toContain('expected JSON')
    expect((await steno('check', policy, '--schema', file('live.json', '{"targets":[{}]}'))).err).toContain('targets.0.name')
  })
})

describe('steno policy test', () => {
  it('runs the tests with the real parser, and counts them', async () => {
    const hidden = forbidding('DELETE').replace('`DELETE FROM orders`', '`WITH d AS (DELETE FROM orders RETURNING id) SELECT * FROM d`')
    const { exitCode, out, err } = await steno('test', file('a.policy.ts', hidden), '--schema', schema())
    expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: '', err: '1 test, all passed\n' })
  })

  it('names those that fail', async () => {
    const a = file('a.policy.ts', forbidding('DELETE', { verdict: 'allow' }))
    const { exitCode, out, err } = await steno('test', a, file('b.policy.ts', forbidding('UPDATE')), '--schema', schema())
    expect(exitCode).toBe(1)
    expect(out).toMatch(new RegExp(`^${a}:6: test \`DELETE is refused\`: expected allow, got deny .*\n$`))
    expect(err).toBe('2 tests, 1 failed\n')
  })

  it('does not run the tests of a policy that does not compile', async () => {
    expect(await steno('test', file('a.policy.ts', 'rule('), '--schema', schema())).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('a.policy.ts:1:'),
    })
  })
})

describe('steno policy diff', () => {
  const diff = (before: string, after: string, ...more: string[]) =>
    steno('diff', file('old.policy.ts', before), file('new.policy.ts', after), '--schema', schema(), ...more)

  it('finds nothing in another layout', async () => {
    const { exitCode, out } = await diff(forbidding('DELETE'), forbidding('DELETE').replaceAll('\n  ', '\n      '))
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: 'no command is decided differently\n' })
  })

  it('lets a stricter policy pass', async () => {
    const { exitCode, out } = await diff(forbidding('DELETE'), forbidding('DELETE') + forbidding('UPDATE'))
    expect(exitCode).toBe(0)
    expect(out).toMatch(/new\.policy\.ts:\d+: newly /)
  })

  it('fails for one that is less strict, unless that rule may be', async () => {
    const [before, after] = [forbidding('DELETE') + forbidding('UPDATE'), forbidding('DELETE')]
    const { exitCode, out } = await diff(before, after)
    expect(exitCode).toBe(1)
    expect(out).toMatch(/old\.policy\.ts:\d+: LESS STRICT: no longer .*no UPDATE/)
    expect((await diff(before, after, '--allow-less-strict', 'no DELETE')).exitCode).toBe(1)
    expect((await diff(before, after, '--allow-less-strict', 'no UPDATE')).exitCode).toBe(0)
    expect((await diff(before, after, '--allow-less-strict', 'no UPDAET')).exitCode).toBe(2)
    const said = await diff(before, after, '--json')
    expect(said.exitCode).toBe(1)
    expect(JSON.parse(said.out)).toMatchObject({ kind: 'no-longer', rule: 'no UPDATE', isLessStrict: true, isAllowed: false })
  })

  it('compares nothing with a file that does not compile', async () => {
    expect(await diff(forbidding('DELETE'), 'rule(')).toMatchObject({ exitCode: 1, err: expect.stringContaining('new.policy.ts:1:') })
  })
})

describe('a gateway', () => {
  const published = {
    name: 'guard',
    version: 'guard@0123456789ab',
    publishedAt: '2026-01-01T00:00:00.000Z',
    by: { kind: 'token', name: 'pen' },
    reason: null,
    counts: { rules: 1, observed: 0, tests: 1 },
    rehearsed: null,
    agreed: null,
    managed: 'api',
    file: null,
    problem: null,
  }

  async function gatewayAnswering(answers: (request: Request) => Promise<Response>, use: (url: string) => Promise<void>) {
    const server = serve({ fetch: answers, port: 0, hostname: '127.0.0.1' })
    await new Promise<void>(resolve => server.on('listening', () => resolve()))
    const address = server.address()
    try {
      await use(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`)
    } finally {
      await new Promise(resolve => server.close(resolve))
    }
  }

  it('is given a policy to publish, and its refusal is told with every place', async () => {
    const asked: unknown[] = []
    await gatewayAnswering(
      async request => {
        const body = (await request.json()) as { source: string }
        asked.push([request.method, new URL(request.url).pathname, body])
        if (body.source !== 'rule(') return Response.json(published, { status: 201 })
        const problem = { code: 'x', severity: 'error', message: 'expected a name', at: [5, 5], line: 1, column: 6 }
        return Response.json(
          {
            type: 'about:blank',
            title: 't',
            status: 422,
            code: 'c',
            detail: 'line 1:6: expected a name; line 2:1: expected a rule',
            problems: [problem],
          },
          { status: 422 },
        )
      },
      async url => {
        const env = { STENO_URL: url, STENO_TOKEN: 'pen-secret' }
        const good = await inShell(env, ['publish', 'guard', file('a.policy.ts', forbidding('DELETE')), '--reason', 'why'])
        expect(good).toEqual({ exitCode: 0, out: 'guard@0123456789ab\n', err: '' })
        expect(asked).toEqual([['PUT', '/api/policies/guard', { source: forbidding('DELETE'), reason: 'why' }]])
        const bad = await inShell(env, ['publish', 'guard', file('b.policy.ts', 'rule(')])
        expect(bad).toMatchObject({ exitCode: 1, err: 'line 1:6: expected a name; line 2:1: expected a rule' })
        expect((await inShell(env, ['publish', 'a b', file('c.policy.ts', '')])).exitCode).toBe(2)
      },
    )
  })

  it('lists what is in force and what is broken', async () => {
    const broken = { file: '/p/x.policy.ts', name: 'x', messages: ['/p/x.policy.ts:1:1: expected a rule'], problems: [], tests: [] }
    await gatewayAnswering(
      async () => Response.json({ items: [published], files: { directory: '/p', broken: [broken] }, reviewers: [] }),
      async url => {
        const { exitCode, out, err } = await inShell({ STENO_URL: url, STENO_TOKEN: 'pen-secret' }, ['list'])
        expect(exitCode).toBe(0)
        expect(out.split('\n')[1]).toMatch(/^guard@0123456789ab +2026-01-01 00:00:00 +token pen +1 +1 +the API$/)
        expect(err).toBe('not in force as it stands: /p/x.policy.ts:1:1: expected a rule\n')
      },
    )
  })
})
