// How long an author waits for the past: recorded commands rehearsed in a real
// browser while its author types, and in the gateway while pgbench goes through
// its ports. The recordings are written by the recordings' own writer.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadTool } from '../tools/tools.js'
import { built } from './built.js'
import { median, printTable } from './numbers.js'
import { fiftyRules } from './wire-policies.js'

const commandsPerSession = 1000
const agents = 20
/** When the sessions begin, as their ids say it. */
const startedAtUs = 1731945562112 * 1000
/** As many as one browser loads; see the panel's bounds. */
const loadedMax = 100_000
/** And before anybody asks for more. */
const loadedAtFirstMax = 20_000

/**
 * Measures and prints what needs no gateway: the browser's code in this
 * runtime, and the thread that a gateway rehearses in.
 * @param {{ rounds: number, loaded?: number, commands?: number }} how
 */
export async function benchRehearsal({ rounds, loaded = loadedMax, commands = 1_000_000 }) {
  const directory = mkdtempSync(join(tmpdir(), 'steno-rehearsal-'))
  try {
    const { sessions, bytes } = await writeHistory(directory, commands)
    const perCommand = Math.round(bytes / commands)
    const here = await rehearseHere(sessions.slice(-Math.ceil(loaded / commandsPerSession)), rounds)
    printTable(
      `Rehearsed on what is loaded: a draft of 50 rules, commands of ${perCommand} bytes`,
      ['commands', 'ms to read', 'ms to rehearse', 'CPU ms'],
      [['as the browser does', here.commands, here.readMs, median(here.tookMs), median(here.cpuMs)]],
    )
    const thread = await rehearseInThread(directory, sessions)
    printTable(
      `Rehearsed in a thread of the gateway's: a draft of 50 rules, ${(bytes / 1e6).toFixed(0)} MB`,
      ['commands', 'seconds', 'CPU s', 'commands/s', 'told of progress', 'longest silence, ms'],
      [['everything', thread.commands, thread.seconds, thread.cpuSeconds, thread.commands / thread.seconds, thread.told, thread.silenceMs]],
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Reads recordings once, and rehearses on them again and again, as the desk's worker does. */
async function rehearseHere(sessions, rounds) {
  const { compile, readSession, rehearseRecordings } = await built('policy-dsl/dist/index.js')
  const began = performance.now()
  const recordings = []
  let commands = 0
  for (const { id, path } of sessions) {
    const bytes = readFileSync(path)
    const given = []
    for await (const past of readSession([bytes], null)) {
      given.push(past)
      commands += past.commands.length
    }
    recordings.push({ name: id, commands: () => given, open: () => [bytes] })
  }
  const readMs = performance.now() - began
  const [tookMs, cpuMs] = [[], []]
  for (let round = -1; round < rounds; round++) {
    const from = performance.now()
    const cpu = process.cpuUsage()
    await rehearseRecordings({
      ask: askOf(compile),
      recordings,
      clock: { monotonicUs: () => performance.now() * 1000 },
      random: size => randomBytes(size),
      onProgress: () => {},
    })
    const { user, system } = process.cpuUsage(cpu)
    if (round < 0) continue
    tookMs.push(performance.now() - from)
    cpuMs.push((user + system) / 1000)
  }
  return { commands, readMs, tookMs, cpuMs }
}

/** Rehearses in the thread that a gateway would start. */
async function rehearseInThread(directory, sessions) {
  const { compile } = await built('policy-dsl/dist/index.js')
  const { ThreadedRehearsals } = await built('gateway/dist/rehearsal/index.js')
  const began = performance.now()
  const cpu = process.cpuUsage()
  let [told, silenceMs, heard] = [0, 0, began]
  const rehearsing = new ThreadedRehearsals(directory).start({
    ask: askOf(compile),
    sessions: sessions.map(({ id }) => id),
    onProgress() {
      const now = performance.now()
      silenceMs = Math.max(silenceMs, now - heard)
      heard = now
      told++
    },
  })
  const { commands } = await rehearsing.report
  const { user, system } = process.cpuUsage(cpu)
  return { commands, seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6, told, silenceMs }
}

function askOf(compile) {
  const { ruleset, problems } = compile(fiftyRules(), { live: { targets: [], groups: [], agents: [], approvers: ['approver'] } })
  if (!ruleset) throw new Error(problems[0].message)
  const policies = [{ name: 'draft', version: null, ruleset }]
  return { policies, sinceUs: null, untilUs: null, unknowns: [], isTruncated: false, showsValues: true }
}

/**
 * Measures and prints what a whole gateway does: rehearsals for a browser's
 * author, and its ports while it rehearses.
 * @param {{
 *   rounds: number
 *   start: (writeHistory: (directory: string) => Promise<unknown>) => Promise<{ url: string, call: (method: string, path: string, body?: unknown, how?: object) => Promise<Response> }>
 *   pgbench: () => Promise<{ tps: number, p50: number, p99: number }>
 *   commands: number
 * }} how
 */
export async function benchDeskRehearsal({ rounds, start, pgbench, commands }) {
  const { url, call } = await start(directory => writeHistory(directory, commands))
  const began = performance.now()
  await indexed(call, commands)
  console.log(`${commands} recorded commands were indexed ${((performance.now() - began) / 1000).toFixed(0)} s after the start\n`)

  const loaded = await inBrowser({ url, call, rounds, commands })
  printTable(
    'Rehearsed in Chromium, a draft of 50 rules',
    ['commands', 'seconds to load', 'ms in the worker', 'ms from a keystroke to the report'],
    [['loaded here', loaded.commands, loaded.loadSeconds, median(loaded.workerMs), median(loaded.wallMs)]],
  )

  const quiet = []
  const beside = []
  const rehearsals = []
  for (let round = 0; round < rounds; round++) {
    quiet.push(await pgbench())
    const { stop, over } = keepRehearsing(call, rehearsals)
    beside.push(await pgbench())
    stop()
    await over
  }
  // One that is let go to its end, alone.
  const whole = await rehearse(call)
  printTable(
    'Rehearsed in the gateway, a draft of 50 rules',
    ['commands', 'seconds', 'commands/s', 'told of progress', 'longest silence, ms'],
    [['everything', whole.commands, whole.seconds, whole.commands / whole.seconds, whole.told, whole.silenceMs]],
  )
  const row = (label, taken) => [label, ...['tps', 'p50', 'p99'].map(name => median(taken.map(one => one[name])))]
  printTable(
    'pgbench -S prepared, 8 clients, through the same gateway',
    ['statements/s', 'p50 µs', 'p99 µs'],
    [row('nothing beside it', quiet), row('a rehearsal beside it', beside)],
  )
}

/** Rehearses over and over until told to stop, which cancels what is under way. */
function keepRehearsing(call, rehearsals) {
  const stopping = new AbortController()
  const over = (async () => {
    while (!stopping.signal.aborted)
      await rehearse(call, stopping.signal).then(
        one => rehearsals.push(one),
        error => {
          if (!stopping.signal.aborted) throw error
        },
      )
  })()
  return { stop: () => stopping.abort(), over }
}

/** Has the gateway rehearse everything, and reads its stream. */
async function rehearse(call, signal) {
  const began = performance.now()
  const answer = await call(
    'POST',
    '/api/policies/rehearse',
    { source: fiftyRules(), since: '10000w', limit: 20_000 },
    { accept: 'text/event-stream', signal },
  )
  if (answer.status !== 200) throw new Error(`no rehearsal: ${answer.status} ${await answer.text()}`)
  const decoder = new TextDecoder()
  let [text, told, silenceMs, heard] = ['', 0, 0, performance.now()]
  for await (const chunk of answer.body) {
    const now = performance.now()
    silenceMs = Math.max(silenceMs, now - heard)
    heard = now
    text += decoder.decode(chunk, { stream: true })
    // Only the end is kept: the report.
    const at = text.lastIndexOf('event: progress')
    told += text.split('event: progress').length - 1
    if (at >= 0) text = text.slice(at + 'event: progress'.length)
  }
  const report = JSON.parse(/event: result\ndata: (.*)\n/.exec(text)?.[1] ?? 'null')
  if (!report) throw new Error(`no report: ${text.slice(0, 500)}`)
  return { commands: report.commands, seconds: (performance.now() - began) / 1000, told, silenceMs }
}

async function inBrowser({ url, call, rounds, commands }) {
  const tool = await loadTool('playwright-core')
  const { chromium } = tool.default ?? tool
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const link = await (await call('POST', '/api/sign-in/links', { name: 'bench', role: 'author' })).json()
    const page = await browser.newPage()
    page.setDefaultTimeout(120_000)
    await page.addInitScript(
      `localStorage.setItem('policy draft ', ${JSON.stringify(JSON.stringify({ source: fiftyRules(), base: null }))})`,
    )
    await page.goto(url + link.path)
    await page.waitForURL(`${url}/sessions`)
    await page.goto(`${url}/policies/new?side=rehearsal&since=all`)
    const state = page.locator('.rh-state')
    const line = state.filter({ hasText: 'Rehearsed in' })
    await line.waitFor()
    let loadSeconds = null
    // A short history is loaded at once.
    if (commands > loadedAtFirstMax) {
      const began = performance.now()
      await page.getByRole('button', { name: 'Load up to' }).click()
      await state.filter({ hasText: commands > loadedMax ? `fit ${loadedMax.toLocaleString('en')}` : 'all of this window' }).waitFor()
      loadSeconds = (performance.now() - began) / 1000
      await line.waitFor()
    }
    const numberAt = async pattern => Number((pattern.exec(await line.innerText())?.[1] ?? 'NaN').replaceAll(',', ''))
    const shown = await numberAt(/([\d,]+) commands? of/)
    const [workerMs, wallMs] = [[], []]
    await page.locator('.policy-editor .view-lines').click()
    await page.keyboard.press('Control+End')
    for (let round = 0; round < rounds + 2; round++) {
      const from = performance.now()
      await page.keyboard.type(' ')
      await page.locator('.rh-old').waitFor()
      await page.locator('.rh-old').waitFor({ state: 'detached' })
      wallMs.push(performance.now() - from)
      workerMs.push(await numberAt(/Rehearsed in ([\d,]+) ms/))
    }
    return { commands: shown, loadSeconds, workerMs, wallMs }
  } finally {
    await browser.close()
  }
}

/** The search index tells the gateway which sessions there are. */
async function indexed(call, commands) {
  for (const end = performance.now() + 1_800_000; performance.now() < end;) {
    const answer = await call('GET', '/api/commands/histogram?since=10000w')
    if (answer.ok && (await answer.json()).commands === commands) return
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  throw new Error('waited in vain for the index')
}

/** Sealed sessions of short commands, as a gateway that had policies recorded them. */
async function writeHistory(directory, commands) {
  const { eventMeanings, RecordingWriter, SaltPool } = await built('recordings/dist/index.js')
  const salts = new SaltPool(randomBytes)
  const sessions = []
  let bytes = 0
  for (let number = 1; number <= commands / commandsPerSession; number++) {
    const session = `01jd${String(number).padStart(22, '0')}`
    const writer = new RecordingWriter(salts)
    const agent = `agent-${number % agents}`
    writer.header(
      {
        v: 1,
        events: eventMeanings,
        session,
        gateway: 'bench',
        protocol: 'postgres',
        target: { name: 'bench', address: '127.0.0.1:5432', labels: {} },
        run: { id: `run-${number % 50}`, attempt: 1, task: 'nightly', trigger: null, agentVersion: null, parent: null },
        principal: { kind: 'agent', name: agent, groups: ['data'] },
        delegation: [{ kind: 'human', name: 'ada', groups: ['dba'] }],
        client: { address: '127.0.0.1:1', application: 'psql', tls: true },
        startedAtUs: startedAtUs + number * 60_000_000,
        policyVersion: 'bench@1',
      },
      { cols: 120, rows: 36 },
      session,
    )
    const pieces = []
    for (let n = 1; n <= commandsPerSession; n++) {
      command(writer, n, number)
      if (n % 500 === 0) pieces.push(Buffer.from(writer.take()))
    }
    writer.end(commandsPerSession * 2000 + 10, { reason: 'client closed', commands: commandsPerSession })
    pieces.push(Buffer.from(writer.take()))
    const path = join(directory, 'sessions/2024-11-18', `${session}.cast`)
    mkdirSync(dirname(path), { recursive: true })
    const all = Buffer.concat(pieces)
    writeFileSync(path, all)
    bytes += all.length
    sessions.push({ id: session, path })
  }
  return { sessions, bytes }
}

/** Of these the draft has nothing to say: most of what agents do stays as it was. */
const tables = ['shipments', 'reviews', 'tickets', 'tasks', 'returns', 'labels', 'visits', 'notes']

/** A command as agents send them: most read, some change a row, few change all. */
function command(writer, n, number) {
  const table = tables[(n * 7 + number) % tables.length]
  const kind = (n * 13 + number) % 1000
  const [verb, text, hasWhere] =
    kind === 0
      ? ['DELETE', `delete from ${table}`, false]
      : kind < 150
        ? ['UPDATE', `update ${table} set state = 'done' where id = ${n}`, true]
        : ['SELECT', `select id, name, total from ${table} where customer = ${n} and state = 'open'`, undefined]
  const column = name => `public.${table}.${name}`
  const operations = [
    {
      verb,
      tables: [`public.${table}`],
      columns: verb === 'SELECT' ? ['id', 'name', 'total', 'customer', 'state'] : ['state', 'id'],
      ...(hasWhere === undefined ? {} : { hasWhere }),
      ...(verb === 'SELECT' ? { reads: ['id', 'name', 'total', 'customer', 'state'].map(column) } : { writes: [column('state')] }),
    },
  ]
  const atUs = n * 2000
  writer.command(atUs, {
    n,
    kind: 'query',
    text,
    transaction: 'idle',
    operations,
    decision: { verdict: 'allow', policyVersion: 'bench@1' },
  })
  writer.answer(atUs + 900, n)
  if (verb === 'SELECT') {
    const returned = (name, type) => ({ name, type, typeOid: 23, tableOid: 16_384, attribute: 1, format: 'text' })
    writer.part({ kind: 'columns', columns: [returned('id', 'int4'), returned('name', 'text'), returned('total', 'numeric')] })
    writer.part({ kind: 'rows', rows: [[String(n), `customer ${n}`, '129.95']] })
  }
  writer.part({ kind: 'done', tag: `${verb} 1`, rows: 1 })
  writer.part({ kind: 'end', transaction: 'idle' })
  writer.closeAnswer()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await benchRehearsal({ rounds: Number(process.env.BENCH_ROUNDS ?? 3), commands: Number(process.env.BENCH_COMMANDS ?? 1_000_000) })
