// How fast evidence is judged: a data directory of so many megabytes, verified
// as `steno verify` does it, beside SHA-256 alone over the same bytes.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { house } from '../tools/house.js'
import { built } from './built.js'
import { median, printTable } from './numbers.js'

const recordingsCount = 8
/** Between two epochs, as many lines of a session as a busy second has. */
const linesAnEpoch = 20_000

/** Measures and prints. */
export async function benchVerify({ rounds, megabytes }) {
  const data = mkdtempSync(join(tmpdir(), 'steno-verify-'))
  try {
    const written = await writeDataDirectory(data, megabytes)
    const taken = []
    for (let round = 0; round < rounds; round++) {
      const raw = await timed(() => hashFiles(written.paths))
      const before = childrenCpuSeconds()
      const verified = await timed(() => verify(data))
      const cpu = childrenCpuSeconds() - before
      taken.push([
        verified,
        cpu,
        (cpu / written.lines) * 1e6,
        raw,
        written.bytes / 1e6 / verified,
        written.bytes / 1e6 / raw,
        (raw / verified) * 100,
      ])
    }
    printTable(
      `Verifying ${(written.bytes / 1e9).toFixed(2)} GB: ${recordingsCount} recordings, ${written.lines} lines of ${Math.round(written.bytes / written.lines)} bytes`,
      ['seconds', 'CPU s', 'CPU µs a line', 'SHA-256 alone, seconds', 'MB/s', 'SHA-256 alone, MB/s', '% of it'],
      [['steno verify', ...taken[0].map((_, at) => median(taken.map(one => one[at])))]],
    )
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** The command as people call it, in a process of its own. */
async function verify(data) {
  const ran = spawnSync(process.execPath, [join(house, 'gateway/bin/steno.js'), 'verify', data], { encoding: 'utf8' })
  if (ran.status !== 0 || !ran.stdout.startsWith('WHOLE')) throw new Error(`steno verify: ${ran.stdout}${ran.stderr}`)
}

async function hashFiles(paths) {
  for (const path of paths) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
    hash.digest()
  }
}

/** What processes that are over have used (proc(5), `cutime` and `cstime`), in ticks of a hundredth of a second. */
function childrenCpuSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

async function timed(work) {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** Sessions of short commands, recorded one after the other and sealed, and the log that tells of them. */
async function writeDataDirectory(data, megabytes) {
  const parts = await built('recordings/dist/index.js')
  const { CompactRange, epochRoot, eventMeanings, formatBase64, formatEpochList, hashLeaf, RecordingWriter, SaltPool } = parts
  const log = new BenchLog(parts, data)
  const salts = new SaltPool(randomBytes)
  const paths = []
  let bytes = 0
  let lines = 0
  let epoch = 0
  log.append({ kind: 'config', hash: formatBase64(sha256(randomBytes(32))) })
  let after = log.sign()
  for (let number = 1; number <= recordingsCount; number++) {
    const session = `01jd${String(number).padStart(22, '0')}`
    const path = join(data, 'sessions/2026-11-21', `${session}.cast`)
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(path, 'wx')
    paths.push(path)
    const writer = new RecordingWriter(salts)
    const tree = new CompactRange(sha256)
    let sizeBytes = 0
    const flush = () => {
      const written = Buffer.from(writer.take())
      for (let from = 0; from < written.length;) {
        const newline = written.indexOf(0x0a, from)
        tree.append(hashLeaf(sha256, written.subarray(from, newline)))
        from = newline + 1
      }
      writeSync(file, written)
      sizeBytes += written.length
    }
    const startedAtUs = 1_763_700_000_000_000 + number
    const header = {
      v: 1,
      events: eventMeanings,
      session,
      gateway: 'bench',
      protocol: 'postgres',
      target: { name: 'shop', address: '127.0.0.1:5432', labels: {} },
      run: { id: 'r', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
      principal: { kind: 'agent', name: 'bench', groups: [] },
      delegation: [],
      client: { address: '127.0.0.1:1', application: null, tls: false },
      startedAtUs,
      policyVersion: 'none',
      number,
      log: { origin: log.origin, size: after.size, root: formatBase64(after.root) },
    }
    writer.header(header, { cols: 120, rows: 36 }, session)
    const open = writer.take().slice()
    writeSync(file, open)
    sizeBytes += open.length
    tree.append(hashLeaf(sha256, open.subarray(0, -1)))
    log.append({ kind: 'open', session, number, header: formatBase64(hashLeaf(sha256, open.subarray(0, -1))) })
    let n = 0
    for (let atUs = 1000; sizeBytes < (megabytes * 1e6) / recordingsCount;) {
      for (let i = 0; i < 100; i++) writeCommand(writer, ++n, (atUs += 500))
      flush()
      if (tree.size % linesAnEpoch < 300 && tree.size > linesAnEpoch) {
        const heads = [{ id: session, size: tree.size, root: tree.root() }]
        log.write(`epochs/${++epoch}`, formatEpochList(heads))
        log.append({ kind: 'epoch', number: epoch, count: 1, root: formatBase64(epochRoot(sha256, heads)) })
      }
    }
    writer.end((n + 10) * 1000, { reason: 'client closed', commands: n })
    flush()
    closeSync(file)
    log.append({
      kind: 'seal',
      session,
      size: tree.size,
      root: formatBase64(tree.root()),
      bytes: statSync(path).size,
      reason: 'client closed',
    })
    after = log.sign()
    bytes += sizeBytes
    lines += tree.size
  }
  return { paths, bytes, lines }
}

/** A short command with a short answer, three lines: what an agent's session mostly is. */
export function writeCommand(writer, n, atUs) {
  const text = `select id, name, total from orders where customer = ${n} and state = 'open'`
  writer.command(atUs, { n, kind: 'query', text, transaction: 'idle', decision: { verdict: 'allow', policyVersion: 'none' } })
  writer.output(atUs, `shop=> ${text};\r\n`)
  writer.answer(atUs + 200, n)
  const column = (name, type) => ({ name, type, typeOid: 23, tableOid: 16_384, attribute: 1, format: 'text' })
  writer.part({ kind: 'columns', columns: [column('id', 'int4'), column('name', 'text'), column('total', 'numeric')] })
  writer.part({ kind: 'rows', rows: Array.from({ length: 3 }, (_, i) => [String(n + i), `customer ${n} of many`, '129.95']) })
  writer.part({ kind: 'done', tag: 'SELECT 3', rows: 3 })
  writer.part({ kind: 'end', transaction: 'idle' })
  writer.closeAnswer()
}

/** A log written by the page: entries, tiles, a signed checkpoint. */
class BenchLog {
  origin = 'bench.local/verify'
  #parts
  #data
  #leaves = []
  #key

  constructor(parts, data) {
    this.#parts = parts
    this.#data = data
    const { privateKey } = generateKeyPairSync('ed25519')
    this.#key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const publicKey = new Uint8Array(createPublicKey(this.#key).export({ format: 'der', type: 'spki' }).subarray(-32))
    const { formatVerifierKey, makeVerifierKey } = parts
    this.verifierKey = makeVerifierKey(sha256, { name: this.origin, type: 1, publicKey })
    this.append({ kind: 'key', vkey: formatVerifierKey(this.verifierKey), replaces: null })
  }

  append({ kind, ...leaf }) {
    this.#leaves.push(this.#parts.formatLogLeaf({ kind, atUs: 1_763_700_000_000_000 + this.#leaves.length, ...leaf }))
  }

  write(path, bytes) {
    const file = join(this.#data, 'log', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }

  sign() {
    const { formatCheckpoint, formatEntryBundle, hashLeaf, LeafTree, noteSigner, signNote, tilePath } = this.#parts
    let row = this.#leaves.map(leaf => hashLeaf(sha256, leaf))
    for (let at = 0; at < this.#leaves.length; at += 256)
      this.write(tilePath('entries', at / 256), formatEntryBundle(this.#leaves.slice(at, at + 256)))
    const head = { origin: this.origin, size: row.length, root: new LeafTree(sha256, row).root() }
    for (let level = 0; row.length > 0; level++) {
      const above = []
      for (let at = 0; at < row.length; at += 256) {
        const tile = row.slice(at, at + 256)
        this.write(tilePath(level, at / 256), Buffer.concat(tile))
        if (tile.length === 256) above.push(new LeafTree(sha256, tile).root())
      }
      row = above
    }
    const signer = noteSigner(this.verifierKey, message => sign(null, message, this.#key))
    this.write('checkpoint', signNote(formatCheckpoint(head), [signer]))
    return head
  }
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await benchVerify({ rounds: Number(process.env.BENCH_ROUNDS ?? 3), megabytes: Number(process.env.BENCH_MEGABYTES ?? 1000) })
