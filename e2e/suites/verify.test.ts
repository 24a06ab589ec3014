import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { psql, readRecording, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { askJudge, buildJudge, hasJudge } from '../support/judge.ts'
import { publish, strictPolicy } from '../support/law.ts'
import { house, run, stopChild, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

const adminToken = 'admin-secret-0123456789abcdef'
const eyeSecret = 'eye-secret-0123456789abcdef'

let postgres: Postgres
/** Where the gateway's index is, so that somebody can change it. */
let store: Postgres
let gateway: Gateway
let current: Run
/** A psql whose session stays open until the gateway stops. */
let lasting: ChildProcess
/** The keys of the log, the first and the one in force. */
let firstKey: string
let newestKey: string
const directory = temporaryDirectory('verify')
const place = (name: string) => join(directory.path, name)

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('create table t (id int, name text)')
  store = await startPostgres({ auth: 'trust' })
  gateway = await startGateway(postgres, {
    store: `postgres://postgres@127.0.0.1:${store.port}/postgres`,
    tokens: { admin: { role: 'admin', secret: { env: 'ADMIN_T' } }, eye: { role: 'investigator', secret: { value: eyeSecret } } },
  })
  firstKey = await keyInForce()
  await publish(gateway, 'strict', strictPolicy)
  current = await gateway.run({ task: 'verified' })
  for (let i = 0; i < 3; i++) await psql(current.url, `insert into t values (${i}, 'a');\nselect * from t;\ndelete from t;`)
  await gateway.call('POST', '/api/log/rotate-key')
  lasting = spawn('psql', [current.url, '-X', '-q'], { stdio: ['pipe', 'ignore', 'ignore'] })
  lasting.stdin!.write("select 'still here';\n")
  // A gateway that is killed leaves a session open, and seals it as interrupted when it is back.
  const cutOff = spawn('psql', [current.url, '-X', '-q'], { stdio: ['pipe', 'ignore', 'ignore'] })
  cutOff.stdin!.write('select 1;\nselect pg_sleep(60);\n')
  await until('both sessions to be recorded', () => hasAsked('still here') && hasAsked('pg_sleep(60)'))
  await gateway.kill()
  await gateway.start()
  current = await gateway.run({ task: 'verified once more' })
  lasting = spawn('psql', [current.url, '-X', '-q'], { stdio: ['pipe', 'ignore', 'ignore'] })
  lasting.stdin!.write("select 'still here';\n")
  await psql(current.url, "select 'one';\nselect 'two';")
  await anchored()
  newestKey = await keyInForce()
  if (hasJudge) await buildJudge()
})

afterAll(async () => {
  await stopChild(lasting)
  await gateway?.stop()
  await postgres?.stop()
  await store?.stop()
  directory.remove()
})

async function keyInForce(): Promise<string> {
  return (await gateway.call('GET', '/api/log')).body.vkey
}

/** Everything written so far is behind a checkpoint. */
async function anchored(): Promise<void> {
  await until('the log to have it all', async () => (await gateway.call('GET', '/api/log')).body.unanchoredSeconds === 0)
}

const asAdmin = { env: { STENO_TOKEN: adminToken } }
const verify = (...args: string[]) => gateway.steno(['verify', ...args], asAdmin)
const exported = (...args: string[]) => gateway.steno(['export', ...args], asAdmin)

/** The newest session in which something was asked. */
const whoAsked = (text: string) =>
  gateway.recordings().findLast(({ events }) => events.some(({ code, data }) => code === 'q' && data.text.includes(text)))
const hasAsked = (text: string): boolean => whoAsked(text) !== undefined
const sessionThatAsked = (text: string): string => whoAsked(text)!.header.steno.session

const recordingPath = (data: string, session: string): string => {
  const sessions = join(data, 'sessions')
  return readdirSync(sessions)
    .map(day => join(sessions, day, `${session}.cast`))
    .find(existsSync)!
}

/** The data directory as it is now, to be changed. The gateway stands still while it is copied. */
function copyOfData(name: string): string {
  const copy = place(name)
  gateway.process.kill('SIGSTOP')
  try {
    cpSync(gateway.data, copy, { recursive: true, filter: path => !/^(store|lock)/.test(relative(gateway.data, path)) })
  } finally {
    gateway.process.kill('SIGCONT')
  }
  return copy
}

describe('steno verify, while the gateway runs', () => {
  it('finds the data directory in order, by the key the log began with', async () => {
    const { code, stdout } = await verify(gateway.data, '--key', firstKey)
    expect(stdout).toMatch(/^(WHOLE|UNANCHORED): everything is /)
    expect(code).toBe(0)
  })

  it('finds the same over HTTP', async () => {
    const { code, stdout, stderr } = await verify(gateway.url, '--key', newestKey, '--json')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const report = JSON.parse(stdout)
    const here = new Set(gateway.recordings().map(({ header }) => header.steno.session))
    expect(new Set(report.sessions.map(({ session }: { session: string }) => session))).toEqual(here)
    expect(report.findings.every(({ verdict }: { verdict: string }) => verdict === 'UNANCHORED')).toBe(true)
    expect(report.log.counts).toMatchObject({ key: 2, deny: expect.any(Number), seal: expect.any(Number), policy: 1 })
  })

  it('never takes it for anything else while sessions come and go', async () => {
    let isOver = false
    const load = (async () => {
      for (let i = 0; i < 12; i++) await Promise.all([psql(current.url, `select ${i};`.repeat(20)), psql(current.url, 'select 1;')])
      isOver = true
    })()
    while (!isOver) {
      const { code, stdout } = await verify(gateway.data)
      expect(stdout).toMatch(/^(WHOLE|UNANCHORED):/)
      expect(code).toBe(0)
    }
    await load
  })

  it('does not believe another key', async () => {
    const stranger = newestKey.replace(/.$/, letter => (letter === 'A' ? 'B' : 'A'))
    expect(await verify(gateway.data, '--key', stranger)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--key: expected the id of this name and key'),
    })
    const { stdout: witnessKey } = await gateway.steno(['verify', gateway.data, '--json'], asAdmin)
    expect(JSON.parse(witnessKey).log.trustsItself).toBe(true)
  })
})

/** The key in force, as findings name it. */
const keyLabel = () => newestKey.split('+').slice(0, 2).join('+')

/** What `steno verify` says in words and as JSON, and how it ends; both rest on the key that was given. */
async function judged(data: string) {
  const [told, plain] = [await verify(data, '--key', firstKey), await verify(data, '--key', firstKey, '--json')]
  expect([told.stderr, plain.stderr, plain.code]).toEqual(['', '', told.code])
  const report = JSON.parse(plain.stdout)
  expect(told.stdout).toContain(`signed by ${keyLabel()}\n`)
  for (const { says } of report.findings.slice(0, 20)) expect(told.stdout).toContain(says)
  return { code: told.code, stdout: told.stdout, report, first: report.findings[0] }
}

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1)

describe('what somebody did to the files', () => {
  const session = () => sessionThatAsked("select 'two'")
  const changes: [string, (data: string) => object, RegExp][] = [
    [
      'a cut recording',
      data => {
        const path = recordingPath(data, session())
        const lines = linesOf(path).slice(0, -3)
        writeFileSync(path, `${lines.join('\n')}\n`)
        return { verdict: 'TRUNCATED', code: 'lines_missing', session: session(), line: lines.length, leaf: expect.any(Number) }
      },
      /^TRUNCATED: the end was cut off/,
    ],
    [
      'a deleted recording',
      data => {
        rmSync(recordingPath(data, session()))
        return { verdict: 'LOST', code: 'recording_missing', session: session(), line: null, leaf: expect.any(Number) }
      },
      /^LOST: leaf \d+ opened session \w+, no leaf says it was removed/,
    ],
    [
      'one word in a recording',
      data => {
        const path = recordingPath(data, session())
        writeFileSync(path, readFileSync(path, 'utf8').replace("'two'", "'2wo'"))
        return { verdict: 'TAMPERED', code: 'lines_differ', session: session(), line: expect.any(Number), leaf: expect.any(Number) }
      },
      /^TAMPERED: (line \d+ is|one of lines \d+ to \d+ is the first that is) not as leaf \d+ of the log says/,
    ],
    [
      'one word in the ledger',
      data => {
        const path = join(data, 'ledger.ndjson')
        writeFileSync(path, readFileSync(path, 'utf8').replace('verified', 'verifier'))
        return { verdict: 'TAMPERED', code: 'ledger_differs', session: null, line: expect.any(Number) }
      },
      /^TAMPERED: (line \d+|one of the lines \d+ to \d+) of the ledger/,
    ],
  ]

  it.each(changes)('%s is told, with its line, its leaf and the key that says otherwise', async (name, change, words) => {
    const data = copyOfData(name.replaceAll(' ', '-'))
    const expected = change(data)
    const { code, stdout, first, report } = await judged(data)
    expect(stdout).toMatch(words)
    expect(first).toMatchObject({ ...expected, key: keyLabel() })
    expect([code, report.isAccepted, report.verdict]).toEqual([1, false, first.verdict])
  })

  it('a leaf is told, and then no key vouches for anything', async () => {
    const data = copyOfData('leaf')
    const path = join(data, 'log/tile/entries/000')
    writeFileSync(path, readFileSync(path, 'latin1').replace('"policy"', '"polizy"'), 'latin1')
    const { code, stdout } = await verify(data, '--key', firstKey)
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^TAMPERED: the log's \d+ leaves are not those that its checkpoint was signed for; leaf \d+ is the first/),
    ])
    const report = JSON.parse((await verify(data, '--key', firstKey, '--json')).stdout)
    expect(report.findings[0]).toMatchObject({ verdict: 'TAMPERED', leaf: expect.any(Number), key: null })
    expect(report.sessions).toEqual([])
  })

  it('is told when all of it is put back to how it was, by who has seen more', async () => {
    const older = copyOfData('older')
    const since = place('seen.checkpoint')
    await psql(current.url, 'select 3')
    await anchored()
    expect((await verify(gateway.data, '--since', since)).code).toBe(0)
    expect(readFileSync(since, 'utf8')).toContain('— steno.local/')
    expect((await verify(older)).code).toBe(0)
    const { code, stdout } = await verify(older, '--since', since)
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^TAMPERED: the log was rolled back; seen before: \d+ leaves \S+; here: \d+ leaves \S+\n/),
    ])
    expect((await verify(gateway.data, '--since', since)).code).toBe(0)
  })
})

describe('what somebody did to the index alone', () => {
  it('changes no record, is told by a check, and is gone once the index is made again from the records', async () => {
    const session = sessionThatAsked("select 'two'")
    const said = async () => {
      const commands = await gateway.commands('limit=500')
      return commands.filter(one => one.session === session).map(({ number, text }) => `${number}: ${text}`)
    }
    await until('search to know it', async () => (await said()).length === 2)
    const before = await said()
    const checked = () => gateway.steno(['reindex', '--check'], asAdmin)
    expect(await checked()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^the index says what the record says of \d+ sessions, /),
    })
    await store.sql(
      `update steno_index.commands set text = 'select 1' where session = '${session}' and text like '%two%';
       delete from steno_index.commands where session = '${session}' and text like '%one%'`,
      'postgres',
    )
    expect(await said()).toEqual(['2: select 1'])
    const { code, stdout } = await checked()
    expect(code).toBe(1)
    expect(stdout.split('\n')).toEqual([
      `command ${session}.1 is not in the index`,
      `command ${session}.2: text is "select 1" in the index, recorded was "select 'two';"`,
      expect.stringMatching(/^2 differences in \d+ sessions, \d+ commands and \d+ runs; `steno reindex` mends them$/),
      '',
    ])
    expect((await judged(copyOfData('index'))).code).toBe(0)
    expect((await exported(session)).stdout).toContain("select 'two'")
    expect((await gateway.steno(['reindex'], asAdmin)).code).toBe(0)
    await until('search to say what was asked', async () => String(await said()) === String(before))
    expect((await checked()).code).toBe(0)
  })
})

/** The commands that the bundle's own page says to type, typed. */
const followReadme = (folder: string) => {
  const page = readFileSync(join(folder, 'README.txt'), 'utf8')
  const commands = [...page.matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command)
  expect(commands.length).toBeGreaterThanOrEqual(7)
  return run('sh', ['-euc', commands.join('\n')], { cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } })
}

async function unpack(session: string, name: string): Promise<string> {
  const into = place(name)
  mkdirSync(into, { recursive: true })
  const command = [join(house, 'gateway/bin/steno.js'), 'export', session, '--as', 'bundle']
  const env = { ...process.env, STENO_URL: gateway.url, STENO_TOKEN: adminToken }
  const made = await run('sh', ['-c', `"$0" "$@" > bundle.tar && tar -xf bundle.tar`, process.execPath, ...command], { cwd: into, env })
  expect(made.stderr).toBe('')
  return join(into, `steno-${session}`)
}

describe('a bundle', () => {
  it('is opened and checked with what every system has, and by steno', async () => {
    for (const [name, text] of [
      ['closed', "select 'two'"],
      ['open', 'still here'],
      ['interrupted', 'pg_sleep(60)'],
    ] as const) {
      const session = sessionThatAsked(text)
      const folder = await unpack(session, name)
      const checked = await followReadme(folder)
      expect([checked.code, checked.stderr]).toEqual([0, ''])
      expect(checked.stdout).toContain('Signature Verified Successfully')
      expect(checked.stdout).toMatch(/^ok: the first \d+ lines of \w+\.cast are what the log says$/m)
      for (const bundle of [folder, join(folder, '../bundle.tar')])
        expect(await verify(bundle, '--key', newestKey)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^WHOLE: /) })
      const recording = join(folder, `${session}.cast`)
      expect(readRecording(recording).whole).toBe(true)
      expect(await verify(recording, '--key', newestKey)).toMatchObject({ code: 0 })
    }
  })

  it('is rejected by both when somebody changed it', async () => {
    const folder = await unpack(sessionThatAsked("select 'one'"), 'changed')
    const [recording] = readdirSync(folder).filter(name => name.endsWith('.cast'))
    const changes: [string, (text: string) => string][] = [
      [recording!, text => text.replace("'one'", "'0ne'")],
      [recording!, text => text.split('\n').toSpliced(3, 1).join('\n')],
      ['checkpoint', text => text.replace(/^(.*\n)(\d+)/, (_, origin: string, size: string) => `${origin}${Number(size) + 1}`)],
      [`${recording!}.tlog-proof`, text => text.replace(/^index (\d+)/m, (_, index: string) => `index ${Number(index) + 1}`)],
    ]
    for (const [name, change] of changes) {
      const path = join(folder, name)
      const text = readFileSync(path, 'utf8')
      writeFileSync(path, change(text))
      expect((await followReadme(folder)).code, name).not.toBe(0)
      expect((await verify(folder, '--key', newestKey)).code, name).toBe(1)
      writeFileSync(path, text)
    }
    expect((await followReadme(folder)).code).toBe(0)
  })
})

describe('a proof of one command', () => {
  it('shows that command and nothing else', async () => {
    const session = sessionThatAsked("select 'two'")
    const { events } = readRecording(recordingPath(gateway.data, session))
    const command = events.find(({ code, data }) => code === 'q' && data.text.includes("'two'"))!
    const { code, stdout: proof } = await exported(`${session}.${command.data.n}`, '--as', 'proof')
    expect(code).toBe(0)
    expect(await exported(session, '--as', 'proof', '--frame', String(command.line))).toMatchObject({ code: 0 })
    expect(await exported(`${session}.99`, '--as', 'proof')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no command 99 stands'),
    })
    const file = place('two.tlog-proof')
    writeFileSync(file, proof)
    const shown = Buffer.from(/^extra (.*)$/m.exec(proof)![1]!, 'base64').toString()
    expect(shown).toContain("select 'two'")
    expect(shown).not.toContain("select 'one'")
    expect(await verify(file, '--key', newestKey)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        new RegExp(`^WHOLE: line ${command.line} of the recording of session ${session} is this, as leaf \\d+ of `),
      ),
    })
    expect(await verify(file)).toMatchObject({ code: 2, stderr: expect.stringContaining('a proof alone does not say whom to trust') })
    writeFileSync(
      file,
      proof.replace(
        /^extra (.*)$/m,
        (_, extra: string) => `extra ${Buffer.from(Buffer.from(extra, 'base64').toString().replace("'two'", "'2wo'")).toString('base64')}`,
      ),
    )
    expect(await verify(file, '--key', newestKey)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^TAMPERED +\w+, line \d+/) })
  })
})

describe('what is not there, or not vouched for, and lawfully so', () => {
  it('is UNANCHORED where it is younger than the newest head, with its line, its leaf and the key of that head', async () => {
    const busy = spawn('psql', [current.url, '-X', '-q', '-o', '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] })
    busy.stdin.write("select 'again and again' \\watch 0.02\n")
    await until('it to be at work', () => hasAsked('again and again'))
    const { code, stdout, first, report } = await until('lines in between two heads', async () => {
      const data = copyOfData('young')
      const found = await judged(data)
      rmSync(data, { recursive: true })
      return found.first?.code === 'lines_unanchored' && found
    })
    await stopChild(busy)
    expect(stdout).toMatch(/^UNANCHORED: everything is as it was signed; what is younger than that, nobody vouches for yet\n/)
    expect(stdout).toMatch(
      /^ {2}UNANCHORED \w+, line \d+, leaf \d+: .* came after the newest head, that of leaf \d+: nobody vouches for them$/m,
    )
    expect(first).toMatchObject({ code: 'lines_unanchored', line: expect.any(Number), leaf: expect.any(Number), key: keyLabel() })
    expect([code, report.isAccepted, report.verdict]).toEqual([0, true, 'UNANCHORED'])
  })

  it('is ERASED where two people agreed, with its lines, its leaf and the key that signed it', async () => {
    const session = sessionThatAsked("select 'one'")
    const asked = await gateway.steno(['erase', `${session}.1`, '--reason', 'it had no business there'], {
      env: { STENO_TOKEN: eyeSecret },
    })
    const approved = await gateway.steno(['erasures', 'approve', /(era_\w+)/.exec(asked.stdout)![1]!, '--yes'], asAdmin)
    expect(approved.stdout, approved.stderr).toContain('done')
    await anchored()
    const data = copyOfData('erased')
    const { code, stdout, report } = await judged(data)
    const own = report.sessions.find((one: { session: string }) => one.session === session)
    expect(stdout).toMatch(
      new RegExp(`^ {2}ERASED +${session}, line \\d+, leaf \\d+: lines? [\\d to]+ (was|were) erased, as leaf \\d+ of the log says$`, 'm'),
    )
    expect(own.findings[0]).toMatchObject({
      verdict: 'ERASED',
      code: 'lines_erased',
      line: expect.any(Number),
      leaf: expect.any(Number),
      key: keyLabel(),
    })
    expect([code, report.isAccepted, own.verdict]).toEqual([0, true, 'ERASED'])

    // An auditor is shown the same, and with what every system has.
    const folder = await unpack(session, 'erased-bundle')
    const checked = await followReadme(folder)
    expect([checked.code, checked.stderr]).toEqual([0, ''])
    expect(checked.stdout).toMatch(/^ok: lines \d+ to \d+ \(not counted\) were erased lawfully$/m)
    expect(await verify(folder, '--key', newestKey)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ERASED: /) })

    // Nobody can call it an erasure who only cuts lines out: these are not the lines the leaf is of.
    const path = recordingPath(data, session)
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text.replace(/(\\"to\\":)(\d+)/, (_, to: string, number: string) => `${to}${Number(number) + 1}`),
    )
    expect((await verify(data, '--key', firstKey)).stdout).toMatch(/^TAMPERED: /)
  })
})

describe.skipIf(!hasJudge)('the log', () => {
  type LogFiles = Map<string, Buffer>

  /** The files of the log as they stand, by their paths in the data directory. */
  function logFiles(data: string): LogFiles {
    const files: LogFiles = new Map()
    for (const entry of readdirSync(join(data, 'log'), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) files.set(relative(data, join(entry.parentPath, entry.name)), readFileSync(join(entry.parentPath, entry.name)))
    return files
  }

  /** Whether Go's checksum database takes it: the signature, every tile and every leaf. */
  async function judged(files: LogFiles): Promise<boolean> {
    const note = files.get('log/checkpoint')?.toString('base64')
    if (note === undefined) return false
    const opened = await askJudge({ ask: 'note', note, vkeys: [newestKey] })
    if (!opened.valid) return false
    // Its own log goes by another name, which it insists on.
    const text = Buffer.from(opened.text, 'base64').toString().replace(/^.*/, 'go.sum database tree')
    const checkpoint = await askJudge({ ask: 'checkpoint', text: Buffer.from(text).toString('base64') })
    if (!checkpoint.valid) return false
    const served: Record<string, string> = {}
    for (const [path, bytes] of files) {
      const [, level, index] = /^log\/tile\/(entries|\d)\/(\d{3})$/.exec(path) ?? []
      if (level === undefined || index === undefined) continue
      const hashes = level === 'entries' ? checkpoint.size : Math.floor(checkpoint.size / 256 ** Number(level))
      const width = Math.min(256, hashes - Number(index) * 256)
      if (width <= 0) continue
      served[`tile/${level}/${index}${width === 256 ? '' : `.p/${width}`}`] = partOf(bytes, level, width).toString('base64')
    }
    const picks = Array.from({ length: checkpoint.size }, (_, leaf) => leaf)
    const { leaves } = await askJudge({ ask: 'tiles', root: checkpoint.root, size: checkpoint.size, files: served, picks })
    return leaves.every(({ valid }: { valid: boolean }) => valid)
  }

  /** The beginning of a growing tile, as a gateway serves it. */
  function partOf(bytes: Buffer, level: string, width: number): Buffer {
    if (level !== 'entries') return bytes.subarray(0, width * 32)
    let end = 0
    for (let entry = 0; entry < width && end + 2 <= bytes.length; entry++) end += 2 + bytes.readUInt16BE(end)
    return bytes.subarray(0, end)
  }

  const ofTheLog = /^(checkpoint|key|leaves|tile|origin)_/

  /** Whether our verifier takes the same. */
  async function verified(files: LogFiles): Promise<boolean> {
    const { dataDirectory, parseVerifierKey, verify: judge } = await import(pathToFileURL(join(house, 'recordings/dist/index.js')).href)
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
    const verifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
      verifySignature(
        null,
        message,
        createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' }),
        signature,
      )
    const evidence = dataDirectory({
      read: async (path: string) => files.get(path) ?? null,
      stream: async () => null,
      list: async () => [],
    })
    const report = await judge(evidence, { sha256, verifyEd25519, trust: { by: 'keys', keys: [parseVerifierKey(sha256, newestKey)] } })
    return report.findings.every(({ code }: { code: string }) => !ofTheLog.test(code))
  }

  it('is judged alike by Go’s checksum database, untouched and changed in four hundred ways', async () => {
    const files = logFiles(copyOfData('judged'))
    expect([await judged(files), await verified(files)]).toEqual([true, true])
    const paths = [...files.keys()].filter(path => path === 'log/checkpoint' || path.startsWith('log/tile/'))
    let rejected = 0
    for (let n = 0; n < 400; n++) {
      const path = paths[n % paths.length]!
      const changed = new Map(files).set(path, changedBytes(files.get(path)!, n))
      const [theirs, ours] = [await judged(changed), await verified(changed)]
      expect(ours, `change ${n} of ${path}`).toBe(theirs)
      if (!theirs) rejected++
    }
    expect(rejected).toBeGreaterThan(350)
  })

  /** A byte that is another, or the file cut, or grown, in a way that depends on the number alone. */
  function changedBytes(bytes: Buffer, n: number): Buffer {
    const at = createHash('sha256').update(`place ${n}`).digest().readUInt32BE() % bytes.length
    if (n % 10 === 7) return bytes.subarray(0, at)
    if (n % 10 === 8) return Buffer.concat([bytes.subarray(0, at), Buffer.of(n & 0xff), bytes.subarray(at)])
    const changed = Buffer.from(bytes)
    changed[at] = changed[at]! ^ (1 + (n % 255))
    return changed
  }
})
