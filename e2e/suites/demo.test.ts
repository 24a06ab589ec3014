import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, house, run, stopChild, temporaryDirectory, until } from '../support/machine.ts'
import { gatewayCommand } from '../tools/runtimes.js'

const directory = temporaryDirectory('demo')
let demo: Awaited<ReturnType<typeof startDemo>>

beforeAll(async () => {
  demo = await startDemo()
}, 300_000)

afterAll(async () => {
  if (demo) await stopChild(demo.process)
  directory.remove()
})

describe('the demo', () => {
  it('has agents that were refused, held, consented to and turned down', async () => {
    expect(demo.said()).not.toMatch(/exit \d/)
    const verdicts = await until('the story to be indexed', async () => {
      const found = await demo.steno(demo.approver, ['commands', '--limit', '500', '--json'])
      const commands = found.stdout.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
      const of = (text: string) =>
        commands.filter(command => command.text.startsWith(text)).map(({ verdict, rule }) => `${verdict}: ${rule}`)
      const told = { truncate: of('truncate audit_note'), delete: of('delete from audit_note'), block: of('do $$') }
      return Object.values(told).every(([said]) => said !== undefined && !said.startsWith('hold')) && told
    })
    expect(verdicts).toEqual({
      truncate: ['deny: agents do not change the schema'],
      delete: ['allow: no DELETE or UPDATE of everything without consent'],
      block: ['deny: what cannot be read is looked at first'],
    })
    const approvals = await demo.steno(demo.approver, ['approvals', '--state', 'all', '--json'])
    const states = approvals.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(states.map(({ state, reviews }) => `${state} by ${reviews[0].by}`)).toEqual(['granted by grace', 'rejected by grace'])
  })

  it('shows its visitor what it prints to try: hidden, refused, held', async () => {
    const hidden = await demo.work('select email from customers where id = 1')
    expect(hidden.stdout).toMatch(/^\w\*+\.\*+@example\.com$/m)
    const refused = await demo.work('drop table payments')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('HINT:  put it into a migration')
    const held = demo.work('delete from tickets')
    const id = await until('the statement to be held', async () => {
      const { stdout } = await demo.steno(demo.approver, ['approvals', '--json'])
      return stdout.startsWith('{') && JSON.parse(stdout.split('\n')[0]!).id
    })
    const voted = await demo.steno(demo.approver, ['approvals', 'approve', id, '--yes'])
    expect(voted.stdout).toBe('granted\n')
    expect((await held).stdout).toBe('DELETE 380\n')
  })

  it('has a record that everybody can check as the README says, line by line', async () => {
    const [, section] = /^## Check the record yourself$(.*?)^## /ms.exec(readFileSync(join(house, 'README.md'), 'utf8'))!
    const commands = [...section!.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!).join('')
    expect(commands.match(/npx steno/g)!.length).toBeGreaterThanOrEqual(8)
    // In a clone `npx steno` is this; here the demo's data is elsewhere.
    const place = join(directory.path, 'visitor')
    mkdirSync(join(place, '.steno/demo'), { recursive: true })
    symlinkSync(join(directory.path, 'demo/gateway'), join(place, '.steno/demo/gateway'))
    await until('the log to have it all', async () =>
      (await demo.steno(demo.approver, ['log', 'show'])).stdout.includes('unanchored  nothing'),
    )
    const npx = `npx() { shift; '${process.execPath}' '${join(house, 'gateway/bin/steno.js')}' "$@"; }\n`
    const ran = await run('sh', ['-euc', npx + commands], {
      cwd: place,
      env: { ...process.env, LC_ALL: 'C.UTF-8', STENO_URL: demo.url, STENO_TOKEN: demo.approver },
    })
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    expect(ran.stdout.match(/^WHOLE: everything is there, as it was signed$/gm)!.length).toBe(3)
    expect(ran.stdout).toContain('Signature Verified Successfully')
    expect(ran.stdout).toMatch(/^ok: the first \d+ lines of \w+\.cast are what the log says$/m)
    expect(ran.stdout).toMatch(/^WHOLE: line \d+ of the recording of session \w+ is this, as leaf \d+ of /m)
  })

  it('leaves a policy alone that somebody has edited since', async () => {
    const edited = join(directory.path, 'edited.policy.ts')
    const source = `rule('agents only look', { on: shop, when: op => op.verb !== 'SELECT', effect: forbid('only look') })\n`
    writeFileSync(edited, source)
    const published = await demo.steno(demo.author, ['policy', 'publish', 'shop', edited])
    expect(published.code, published.stderr).toBe(0)
    await stopChild(demo.process)
    demo = await startDemo()
    expect((await demo.steno(demo.author, ['policy', 'list', '--json'])).stdout).toContain(published.stdout.trim())
    expect((await demo.work('delete from audit_note')).stderr).toContain('only look')
    expect((await demo.work('select email from customers where id = 1')).stdout).toMatch(/^\w+\.\w+@example\.com$/m)
  })
})

async function startDemo() {
  const [web, postgres] = [await freePort(), await freePort()]
  const [command, ...args] = gatewayCommand()
  const child: ChildProcess = spawn(
    command!,
    [...args, 'demo', '--data', join(directory.path, 'demo'), '--web-port', String(web), '--postgres-port', String(postgres)],
    { cwd: house, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const isReady = () => {
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode}: ${said}`)
    return said.includes('Ctrl-C ends everything')
  }
  try {
    await until('the demo to be ready', isReady, 240_000)
  } catch (error) {
    await stopChild(child)
    throw new Error(`the demo did not get ready: ${said}`, { cause: error })
  }
  const secrets = JSON.parse(readFileSync(join(directory.path, 'demo/secrets.json'), 'utf8'))
  const steno = (token: string, words: string[]) =>
    run('node', [join(house, 'gateway/bin/steno.js'), ...words], {
      env: { ...process.env, STENO_URL: `http://127.0.0.1:${web}`, STENO_TOKEN: token },
    })
  return {
    process: child,
    url: `http://127.0.0.1:${web}`,
    said: () => said,
    author: secrets.tokens.ada as string,
    approver: secrets.tokens.grace as string,
    steno,
    /** Works in the shop with psql, as the visitor does. */
    work: (sql: string) => steno(secrets.agents['try-it'], ['run', '--target', 'shop', '--task', 'try-it', '--', 'psql', '-XAtc', sql]),
  }
}
