// What the proof costs: the CPU that hashing recorded lines and writing the log
// take, and how long a recorded line stands without a published checkpoint
// behind it. The first is measured with the parts of the gateway that do it;
// the second from outside, on a gateway that serves.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { built } from './built.js'
import { median, percentile, printTable } from './numbers.js'
import { writeCommand } from './verify.js'

const sessionsCount = 200

/**
 * Prints what a recorded line costs, from its file to a published checkpoint:
 * read back, hashed, put into its tree, told of in the epoch's list; the leaf,
 * the tiles, their syncs, the head and the signature. What the recordings
 * themselves cost is not in it.
 */
export async function benchLog({ rounds, epochs = 5 }) {
  const rows = []
  for (const perSecond of [200, 2000, 20_000]) {
    const taken = []
    for (let round = 0; round < rounds; round++) taken.push(await logCost(perSecond / sessionsCount, epochs))
    rows.push([`${perSecond} lines a second`, ...taken[0].map((_, at) => median(taken.map(one => one[at])))])
  }
  printTable(`Hashing and log, ${sessionsCount} open sessions`, ['CPU µs a line', 'CPU ms an epoch'], rows)
}

/** The CPU that it takes to anchor `linesEach` lines of each session, epoch after epoch. */
async function logCost(linesEach, epochs) {
  const data = mkdtempSync(join(tmpdir(), 'steno-log-'))
  const room = await openRoom(data)
  try {
    for (const { write } of room.sessions) write(linesEach)
    await room.anchor()
    let cpuUs = 0
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const { write } of room.sessions) write(linesEach)
      // They are on disk within 200 ms of being written, by a sync that is theirs.
      await room.recordings.syncAll()
      const before = process.cpuUsage()
      await room.anchor()
      const { user, system } = process.cpuUsage(before)
      cpuUs += user + system
    }
    return [cpuUs / (epochs * linesEach * sessionsCount), cpuUs / epochs / 1000]
  } finally {
    await room.close()
    rmSync(data, { recursive: true, force: true })
  }
}

/** The rooms of a gateway that keep recordings and log, on a data directory, with sessions that are open. */
async function openRoom(data) {
  const { EpochLists, Epochs, FileHeadStore, inlineTreeKeeper, LedgerLeaves, openLog, SessionLog } =
    await built('gateway/dist/log/index.js')
  const { realMachine } = await built('gateway/dist/runtime/node.js')
  const { Ledger } = await built('gateway/dist/journal/ledger.js')
  const { Recordings } = await built('gateway/dist/journal/recordings.js')
  const fail = error => {
    throw error
  }
  const machine = realMachine()
  const keeper = inlineTreeKeeper(machine.disk)
  const lists = new EpochLists(machine.disk, data)
  const settled = [() => lists.durable()]
  const { log } = await openLog(machine, {
    directory: data,
    origin: 'bench.local/log',
    headStore: new FileHeadStore(machine.disk, `${data}/log.head`),
    lists,
    findLost: async () => null,
    settle: async () => void (await Promise.all(settled.map(durable => durable()))),
    onFatal: fail,
  })
  const sessionLog = new SessionLog({ disk: machine.disk, log, keeper, state: { sessions: 0, unsealed: new Set() }, onProblem: fail })
  const { ledger } = Ledger.open(machine, { directory: data, onSyncFailed: fail })
  const recordings = new Recordings(machine, { directory: data, onSyncFailed: fail, onGrown: () => {} })
  settled.push(
    () => ledger.durable(),
    () => recordings.syncAll(),
  )
  const epochs = new Epochs({
    clock: machine.clock,
    log,
    sessions: sessionLog,
    lists,
    keeper,
    ledger,
    ledgerLeaves: new LedgerLeaves(log, ledger),
    last: 0,
    closeLeft: async () => {},
    onProblem: fail,
  })
  const linesOf = await commandLines()
  const sessions = Array.from({ length: sessionsCount }, (_, number) => {
    const session = `01jd${String(number).padStart(22, '0')}`
    const file = recordings.open(session, machine.clock.nowUs())
    const header = Buffer.from(`{"session":"${session}"}`)
    file.write(Buffer.concat([header, Buffer.from('\n')]))
    sessionLog.open({ session, header, file })
    return { file, write: count => file.write(linesOf(count)) }
  })
  return {
    sessions,
    recordings,
    anchor: () => epochs.anchor(),
    async close() {
      for (const { file } of sessions) file.discard()
      await epochs.close()
      await log.close()
      ledger.close()
    },
  }
}

/** So many lines of an agent's session, of short commands with short answers. */
async function commandLines() {
  const { RecordingWriter, SaltPool } = await built('recordings/dist/index.js')
  const writer = new RecordingWriter(new SaltPool(size => new Uint8Array(size)))
  for (let n = 1; n <= 100; n++) writeCommand(writer, n, n * 1000)
  const bytes = Buffer.from(writer.take())
  const ends = [0]
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) ends.push(at + 1)
  return count => bytes.subarray(0, ends[count])
}

/**
 * Prints how long lines stand without a checkpoint, with many sessions open on
 * a gateway. `load` runs pgbench with so many clients, and statements a second
 * where that is said.
 */
export async function benchTail({ data, pid }, load) {
  const rows = []
  for (const rate of [400, null]) {
    const before = threadCpuUs(pid)
    const seen = watchCheckpoints(data)
    const from = Date.now() * 1000
    await load({ clients: sessionsCount, rate })
    // The last of them are sealed, and behind a checkpoint.
    await new Promise(resolve => setTimeout(resolve, 3000))
    const published = seen.stop()
    const lags = await lagsOf(data, published, from)
    const [hashing, all] = threadCpuUs(pid).map((us, i) => us - before[i])
    const label = rate === null ? 'as fast as they can' : `${rate} statements a second`
    rows.push([label, lags.length, ...[0.5, 0.99, 1].map(share => percentile(lags, share) / 1e6), hashing / lags.length, all / lags.length])
  }
  printTable(
    `Lines without a checkpoint behind them, ${sessionsCount} sessions`,
    ['lines', 'p50 s', 'p99 s', 'most s', 'CPU µs a line of the hashing thread', 'of the whole gateway'],
    rows,
  )
}

/** CPU that the thread which hashes has used, and all threads, in microseconds. It is known by its niceness (proc(5), `stat`). */
function threadCpuUs(pid) {
  let hashing = 0
  let all = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const place = `/proc/${pid}/task/${thread}`
    const us = Number(readFileSync(`${place}/schedstat`, 'utf8').split(' ')[0]) / 1000
    const niceness = Number(readFileSync(`${place}/stat`, 'utf8').split(') ')[1].split(' ')[16])
    if (niceness === hashingNiceness) hashing += us
    all += us
  }
  return [hashing, all]
}

const hashingNiceness = 5

/** Sees when checkpoints are published, as anybody can who asks for them all the time. */
function watchCheckpoints(data) {
  const published = []
  let last = ''
  const look = () => {
    const size = readFileSync(join(data, 'log/checkpoint'), 'utf8').split('\n')[1]
    if (size !== last) published.push({ size: Number(size), atUs: Date.now() * 1000 })
    last = size
  }
  const timer = setInterval(look, 5)
  return {
    stop() {
      clearInterval(timer)
      look()
      return published
    },
  }
}

/** How long each line that was recorded since then stood without a checkpoint that vouches for it, in microseconds. */
async function lagsOf(data, published, fromUs) {
  const { parseEpochList, parseLogLeaf, wholeEntries } = await built('recordings/dist/index.js')
  const leaves = readdirSync(join(data, 'log/tile/entries'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .toSorted((a, b) => a.replaceAll('x', '').localeCompare(b.replaceAll('x', '')))
    .flatMap(path => wholeEntries(readFileSync(path)).map(parseLogLeaf))
  // How far each session was vouched for, and from when on.
  const steps = new Map()
  let known = 0
  for (const { size, atUs } of published) {
    for (const leaf of leaves.slice(known, size)) {
      const heads =
        leaf.kind === 'epoch'
          ? parseEpochList(readFileSync(join(data, 'log/epochs', String(leaf.number))))
          : leaf.kind === 'seal'
            ? [{ id: leaf.session, size: leaf.size }]
            : []
      for (const { id, size: lines } of heads) steps.set(id, [...(steps.get(id) ?? []), { lines, atUs }])
    }
    known = size
  }
  const lags = []
  for (const { session, times } of recordingsOf(data)) {
    let step = 0
    const mine = steps.get(session) ?? []
    times.forEach((atUs, line) => {
      if (atUs < fromUs) return
      while (mine[step] && mine[step].lines <= line) step++
      if (!mine[step]) throw new Error(`expected line ${line} of ${session} to be behind a checkpoint`)
      lags.push(Math.max(0, mine[step].atUs - atUs))
    })
  }
  return lags
}

/** When each line of each recording was written, in microseconds since 1970. */
function* recordingsOf(data) {
  for (const day of readdirSync(join(data, 'sessions')))
    for (const name of readdirSync(join(data, 'sessions', day))) {
      if (!name.endsWith('.cast')) continue
      const [header, ...lines] = readFileSync(join(data, 'sessions', day, name), 'utf8')
        .split('\n')
        .slice(0, -1)
      let atUs = JSON.parse(header).steno.startedAtUs
      const times = [atUs, ...lines.map(line => (atUs += Math.round(Number.parseFloat(line.slice(1)) * 1e6)))]
      yield { session: name.slice(0, -'.cast'.length), times }
    }
}
