// Prints, in one run on one machine: what the law costs, beside Cedar and beside
// Prints, in one run on one machine: what the law costs, beside Cedar and beside
// the parser alone; what authors and reviewers wait for; how fast evidence is
// verified; what hashing and the log cost; and a real PostgreSQL reached directly,
// through PgBouncer and through Steno with everything recorded, without policies
// and with them. Trust the ratios. `npm run bench -- log wire` measures only these parts.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { benchAnalysis } from './bench/analysis.js'
import { approvalPolicy, benchApproval } from './bench/approval.js'
import { benchEditor } from './bench/editor.js'
import { benchEvaluation } from './bench/evaluation.js'
import { benchLog, benchTail } from './bench/log.js'
import { median, show } from './bench/numbers.js'
import { benchDeskRehearsal, benchRehearsal } from './bench/rehearsal.js'
import { benchVerdicts } from './bench/verdict.js'
import { benchVerify } from './bench/verify.js'
import { fiftyRules, maskedColumn } from './bench/wire-policies.js'
import { house } from './tools/house.js'

const seconds = Number(process.env.BENCH_SECONDS ?? 6)
const rounds = Number(process.env.BENCH_ROUNDS ?? 3)
const directory = mkdtempSync(join(tmpdir(), 'steno-bench-'))
chmodSync(directory, 0o755)
const isRoot = process.getuid?.() === 0
const stopped = []
/** Process ids of the gateways that run. */
const gateways = []
let target = null
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))

try {
  await main()
} finally {
  for (const stop of stopped.toReversed()) await stop()
}

async function main() {
  const parts = {
    analysis: () => benchAnalysis({ rounds }),
    evaluation: () => benchEvaluation({ rounds }),
    verdict: () => benchVerdicts({ rounds }),
    verify: () => benchVerify({ rounds, megabytes: Number(process.env.BENCH_MEGABYTES ?? 1000) }),
    log: async () => {
      await benchLog({ rounds })
      await benchUnanchored()
    },
    rehearsal: async () => {
      await benchRehearsal({ rounds })
      await rehearsal(await theTarget())
    },
    editor: async () => benchEditor({ rounds, steno: await startSteno(await theTarget(), { name: 'editor' }) }),
    approval: benchApprovals,
    wire: benchWire,
  }
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
  const unknown = wanted.find(name => !(name in parts))
  if (unknown) throw new Error(`expected ${Object.keys(parts).join(', ')}, got \`${unknown}\``)
  for (const name of wanted) await parts[name]()
}

async function benchUnanchored() {
  const gateway = await startSteno(await theTarget(), { name: 'unanchored' })
  await benchTail(gateway, ({ clients, rate }) =>
    must(
      'pgbench',
      ['-n', '-S', '-c', String(clients), '-j', '1', '-T', String(4 * seconds), ...(rate === null ? [] : ['-R', String(rate)]), 'bench'],
      gateway.env,
    ),
  )
}

async function benchApprovals() {
  const postgres = await theTarget()
  await benchApproval({
    rounds,
    samples: Number(process.env.BENCH_HELD ?? 200),
    way: await startSteno(postgres, { name: 'approving', policies: { held: approvalPolicy } }),
    sql: text => must('psql', ['-XAtqc', text, 'bench'], postgres.env),
  })
}

async function benchWire() {
  const postgres = await theTarget()
  const bouncer = await startPgBouncer(postgres)
  const steno = await startSteno(postgres, { name: 'steno' })
  const ways = [
    { name: 'direct', env: postgres.env, pid: null },
    ...(bouncer ? [{ name: 'pgbouncer', env: bouncer.env, pid: bouncer.pid }] : []),
    { name: 'steno', env: steno.env, pid: steno.pid },
  ]
  const lawful = []
  for (const [name, policies] of [
    ['steno, 50 rules', { rules: fiftyRules() }],
    ['steno, 50 rules, a masked column', { rules: fiftyRules(), mask: maskedColumn() }],
  ]) {
    const { env, pid } = await startSteno(postgres, { name: name.replaceAll(/\W+/g, '-'), policies })
    lawful.push({ name, env, pid })
  }
  if (!bouncer) console.log('PgBouncer is not on this machine: its columns are left out (Debian: apt-get install pgbouncer)\n')
  console.log(
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}; ${rounds} rounds of ${seconds} s, interleaved; medians\n`,
  )

  for (const way of [...ways, ...lawful]) await must('pgbench', ['-n', '-S', '-T', '1', 'bench'], way.env)
  await expectHidden(lawful.at(-1))
  const rows = []
  for (const clients of [1, 8])
    for (const mode of ['simple', 'extended', 'prepared']) {
      const here = clients === 1 ? ways : [...ways, ...lawful]
      const taken = new Map(here.map(way => [way.name, []]))
      for (let round = 0; round < rounds; round++)
        for (const way of here) taken.get(way.name).push(await alone(way, () => pgbench(way, mode, clients)))
      rows.push({ label: `-S ${mode}, ${clients} ${clients === 1 ? 'client' : 'clients'}`, taken })
    }
  table('pgbench -S', ['statements/s', 'p50 µs', 'p99 µs', 'CPU µs each'], rows, one => [one.tps, one.p50, one.p99, one.cpuUs])

  const bulk = []
  for (const [label, script] of [
    ['SELECT of a million rows', '\\o /dev/null\nselect * from million;\n'],
    ['COPY of a million rows out', '\\copy million to /dev/null\n'],
    ['COPY of a million rows in', `truncate sink;\n\\copy sink from '${postgres.millionFile}'\n`],
  ]) {
    const taken = new Map(ways.map(way => [way.name, []]))
    for (let round = 0; round < rounds; round++) for (const way of ways) taken.get(way.name).push(await alone(way, () => psql(way, script)))
    bulk.push({ label, taken })
  }
  table('Bulk', ['seconds', 'CPU s'], bulk, one => [one.seconds, one.cpuSeconds], true)

  const recorded = folderBytes(join(directory, 'steno/sessions'))
  console.log(
    `Steno's resident memory: ${steno.rssMb()} MB now, ${steno.peakMb()} MB at most; ${(recorded / 2 ** 20).toFixed(0)} MiB recorded`,
  )
}

/** What authors wait for, in a gateway of its own with a long history. */
async function rehearsal(postgres) {
  let way
  await benchDeskRehearsal({
    rounds,
    commands: Number(process.env.BENCH_HISTORY ?? 120_000),
    async start(writeHistory) {
      await writeHistory(join(directory, 'historic'))
      way = { name: 'historic', ...(await startSteno(postgres, { name: 'historic' })) }
      return way
    },
    pgbench: () => pgbench(way, 'prepared', 8),
  })
}

/** Nobody else works meanwhile: gateways that were measured before would be catching up with their index. */
async function alone(way, work) {
  const others = gateways.filter(pid => pid !== way.pid)
  for (const pid of others) process.kill(pid, 'SIGSTOP')
  try {
    return await work()
  } finally {
    for (const pid of others) process.kill(pid, 'SIGCONT')
  }
}

async function psql(way, script) {
  const began = process.hrtime.bigint()
  const cpu = cpuUs(way.pid)
  await must('psql', ['-XAtq', '-f', '-', 'bench'], way.env, script)
  const us = Number((process.hrtime.bigint() - began) / 1000n)
  return { seconds: us / 1e6, cpuSeconds: way.pid ? (cpuUs(way.pid) - cpu) / 1e6 : null }
}

async function pgbench(way, mode, clients) {
  const log = join(directory, `log-${way.name}-${mode}-${clients}`)
  const cpu = cpuUs(way.pid)
  const out = await must(
    'pgbench',
    ['-n', '-S', '-M', mode, '-c', String(clients), '-j', '1', '-T', String(seconds), '-l', '--log-prefix', log, 'bench'],
    way.env,
  )
  const used = way.pid ? cpuUs(way.pid) - cpu : null
  const latencies = readdirSync(directory)
    .filter(name => join(directory, name).startsWith(log))
    .flatMap(name => {
      const path = join(directory, name)
      const values = readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map(line => Number(line.split(' ')[2]))
      rmSync(path)
      return values
    })
    .toSorted((a, b) => a - b)
  const count = Number(/transactions actually processed: (\d+)/.exec(out)?.[1])
  const tps = Number(/tps = ([\d.]+) \(without/.exec(out)?.[1] ?? /tps = ([\d.]+)/.exec(out)?.[1])
  return {
    tps,
    p50: latencies[Math.floor(latencies.length * 0.5)],
    p99: latencies[Math.floor(latencies.length * 0.99)],
    cpuUs: used === null ? null : used / count,
  }
}

function table(title, columns, rows, values, lowerIsBetter = false) {
  console.log(`${title}\n`)
  console.log(`| | | ${columns.join(' | ')} | of direct | of PgBouncer | of Steno |`)
  console.log(`|---|---|${columns.map(() => '--:|').join('')}--:|--:|--:|`)
  for (const { label, taken } of rows) {
    const medians = new Map([...taken].map(([name, all]) => [name, columns.map((_, i) => median(all.map(one => values(one)[i])))]))
    for (const [name, mine] of medians) {
      const ratio = other => {
        const theirs = medians.get(other)
        if (!theirs || other === name || (other === 'steno' && !name.startsWith('steno'))) return ''
        return (lowerIsBetter ? theirs[0] / mine[0] : mine[0] / theirs[0]).toFixed(2)
      }
      console.log(
        `| ${name === 'direct' ? label : ''} | ${name} | ${mine.map(show).join(' | ')} | ${['direct', 'pgbouncer', 'steno'].map(ratio).join(' | ')} |`,
      )
    }
  }
  console.log('')
}

/** The way that masks really does: else its numbers would say nothing. */
async function expectHidden(way) {
  const shown = await must('psql', ['-XAtqc', 'select abalance from pgbench_accounts where aid = 1', 'bench'], way.env)
  if (shown.trim() === '0') throw new Error(`expected a balance that is hidden, got ${shown}`)
}

/** CPU time that a process has used, in microseconds, from the kernel's account of it. */
function cpuUs(pid) {
  if (!pid) return 0
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / 100
}

/** The PostgreSQL that all parts reach. */
function theTarget() {
  return (target ??= startPostgres())
}

async function startPostgres() {
  const version = readdirSync('/usr/lib/postgresql')
    .toSorted((a, b) => Number(a) - Number(b))
    .at(-1)
  const bin = `/usr/lib/postgresql/${version}/bin`
  const data = join(directory, 'pg')
  const port = await freePort()
  mkdirSync(data)
  if (isRoot) spawnSync('chown', ['postgres', data])
  const shell = script => (isRoot ? must('su', ['postgres', '-s', '/bin/sh', '-c', script]) : must('sh', ['-c', script]))
  await shell(`${bin}/initdb -D ${data}/d -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null`)
  await shell(
    `${bin}/pg_ctl -w -D ${data}/d -o "-p ${port} -k ${data} -c fsync=off -c shared_buffers=256MB -c max_connections=300" -l ${data}/log start >/dev/null`,
  )
  stopped.push(() => shell(`${bin}/pg_ctl -m immediate -D ${data}/d stop >/dev/null`))
  const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres', PGDATABASE: 'bench', PGPASSWORD: 'unused' }
  await must('psql', ['-XAtqc', 'create database bench', 'postgres'], env)
  await must('pgbench', ['-i', '-q', '-s', '5', '-n', 'bench'], env)
  const millionFile = join(directory, 'million.tsv')
  await must(
    'psql',
    ['-XAtq', '-f', '-', 'bench'],
    env,
    `create table million as select g as id, 'customer ' || g as name, g % 977 as bucket, now() as at from generate_series(1, 1000000) g; create table sink (like million); vacuum analyze;\n\\copy million to '${millionFile}'\n`,
  )
  return { port, env, millionFile }
}

async function startPgBouncer(postgres) {
  const binary = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(path => spawnSync('test', ['-x', path]).status === 0)
  if (!binary) return null
  const port = await freePort()
  const place = join(directory, 'bouncer')
  mkdirSync(place)
  writeFileSync(join(place, 'users'), '"postgres" "unused"\n')
  writeFileSync(
    join(place, 'ini'),
    `[databases]\nbench = host=127.0.0.1 port=${postgres.port} dbname=bench user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nauth_type = scram-sha-256\nauth_file = ${place}/users\npool_mode = session\nlogfile = ${place}/log\npidfile = ${place}/pid\nunix_socket_dir =\nignore_startup_parameters = extra_float_digits\n`,
  )
  if (isRoot) spawnSync('chown', ['-R', 'postgres', place])
  const child = isRoot
    ? spawn('setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', binary, join(place, 'ini')], { stdio: 'ignore' })
    : spawn(binary, [join(place, 'ini')], { stdio: 'ignore' })
  stopped.push(() => child.kill('SIGTERM'))
  const env = { ...postgres.env, PGPORT: String(port) }
  await until(() => spawnSync('psql', ['-XAtqc', 'select 1', 'bench'], { env: { ...process.env, ...env } }).status === 0)
  return { env, pid: child.pid }
}

async function startSteno(postgres, { name, policies = null }) {
  const [web, port] = [await freePort(), await freePort()]
  const config = {
    data: join(directory, name),
    listen: { web: `127.0.0.1:${web}`, postgres: `127.0.0.1:${port}` },
    targets: {
      bench: { protocol: 'postgres', address: `127.0.0.1:${postgres.port}`, database: 'bench', user: 'postgres', tls: 'disable' },
    },
    agents: { bench: { secret: { env: 'BENCH_SECRET' } } },
    // Nobody decides on what they ask for themselves, so the two have names of their own.
    tokens: { person: { role: 'admin', secret: { env: 'BENCH_TOKEN' } } },
    ...(policies ? { policies: `./${name}.policies` } : {}),
  }
  if (policies) {
    const place = join(directory, `${name}.policies`)
    mkdirSync(place)
    for (const [policy, source] of Object.entries(policies)) writeFileSync(join(place, `${policy}.policy.ts`), source)
  }
  const file = join(directory, `${name}.yaml`)
  writeFileSync(file, JSON.stringify(config))
  const secret = 'the-secret-of-the-bench-agent-0123456789'
  const token = 'the-token-of-the-bench-0123456789abcdef'
  const child = spawn(process.execPath, [join(house, 'gateway/bin/steno.js'), 'start', '--config', file], {
    env: { ...process.env, BENCH_SECRET: secret, BENCH_TOKEN: token },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  gateways.push(child.pid)
  stopped.push(async () => {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  })
  await until(() => {
    if (child.exitCode !== null) throw new Error('expected a gateway that starts')
    return fetch(`http://127.0.0.1:${web}/healthz`).then(
      answer => answer.ok,
      () => false,
    )
  })
  const answer = await fetch(`http://127.0.0.1:${web}/api/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ task: 'bench', targets: ['bench'] }),
  })
  if (answer.status !== 201) throw new Error(`no run: ${answer.status} ${await answer.text()}`)
  const run = await answer.json()
  const memory = field =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024)
  const url = `http://127.0.0.1:${web}`
  const call = (method, path, body, { accept = 'application/json', signal } = {}) =>
    fetch(url + path, {
      method,
      signal,
      headers: { authorization: `Bearer ${token}`, accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    url,
    call,
    env: run.targets.bench.env,
    pid: child.pid,
    data: config.data,
    rssMb: () => memory('VmRSS'),
    peakMb: () => memory('VmHWM'),
  }
}

function must(command, args, env = {}, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.on('data', bytes => (out += bytes))
    child.stderr.on('data', bytes => (err += bytes))
    child.on('error', reject)
    child.on('close', code => (code === 0 ? resolve(out) : reject(new Error(`${command} ${args.join(' ')}: ${err}`))))
    child.stdin.end(input)
  })
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function until(look) {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await look()) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('waited in vain')
}

function folderBytes(path) {
  return readdirSync(path, { recursive: true }).reduce(
    (sum, name) => sum + (statSync(join(path, name)).isFile() ? statSync(join(path, name)).size : 0),
    0,
  )
}
