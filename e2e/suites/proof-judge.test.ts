import { createHash, createPrivateKey, createPublicKey, randomInt, sign } from 'node:crypto'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildJudge, hasJudge, judge } from '../support/judge.ts'
import { house, run } from '../support/machine.ts'

const seed = Number(process.env['STENO_JUDGE_SEED'] ?? randomInt(2 ** 31))

type Question = { ask: string } & Record<string, unknown>
type Answer = Record<string, any>

interface Head {
  size: number
  root: string
}

describe.skipIf(!hasJudge)(`Go's checksum database, asked with STENO_JUDGE_SEED=${seed}`, () => {
  const pick = seeded(seed)

  beforeAll(buildJudge)

  it('makes the same trees and the same proofs', async () => {
    const questions = Array.from({ length: 60 }, () => treeQuestion(pick, 1 + pick(pick(4) === 0 ? 1200 : 40)))
    const answers = await sameAnswers(questions)
    expect(answers.flatMap(({ paths, proofs }) => [...paths, ...proofs]).length).toBeGreaterThan(2000)
  })

  it('finds the same proofs of inclusion good and bad', async () => {
    const cases = await claims(pick, 25)
    const questions = cases.flatMap(({ inclusion }) => inclusion).flatMap(claim => [claim, ...brokenInclusions(pick, claim)])
    const answers = await sameAnswers(questions.map(claim => ({ ask: 'inclusion', ...claim })))
    expect(count(answers, true)).toBeGreaterThan(200)
    expect(count(answers, false)).toBeGreaterThan(1000)
  })

  it('finds the same proofs of consistency good and bad', async () => {
    const cases = await claims(pick, 25)
    const questions = cases
      .flatMap(({ consistency }) => consistency)
      .flatMap(claim => [claim, ...brokenConsistencies(pick, claim)])
      // It has no opinion about empty trees.
      .filter(({ from, to }) => from.size > 0 && to.size > 0)
    const answers = await sameAnswers(questions.map(claim => ({ ask: 'consistency', ...claim })))
    expect(count(answers, true)).toBeGreaterThan(200)
    expect(count(answers, false)).toBeGreaterThan(1000)
  })

  it('takes and refuses the same keys', async () => {
    const keys = Array.from({ length: 30 }, (_, i) => key(`key${i}.example`, i % 2 === 0 ? noteType : witnessType).vkey)
    const questions = keys.flatMap(vkey => [vkey, ...Array.from({ length: 20 }, () => bent(pick, vkey, '+ =\nAaFf0\u00a0é').toString())])
    const answers = await sameAnswers(questions.map(vkey => ({ ask: 'vkey', vkey })))
    expect(count(answers, true)).toBeGreaterThanOrEqual(30)
    expect(count(answers, false)).toBeGreaterThan(400)
  })

  it('opens and refuses the same notes, and finds the same signatures in them', async () => {
    const questions = Array.from({ length: 200 }, () => noteQuestions(pick)).flat()
    const answers = await sameAnswers(questions)
    expect(count(answers, true)).toBeGreaterThan(100)
    expect(count(answers, false)).toBeGreaterThan(800)
  })

  it('reads and refuses the same checkpoints', async () => {
    const texts = Array.from({ length: 60 }, () => {
      const size = pick(3) === 0 ? Number.MAX_SAFE_INTEGER - pick(9) : pick(1_000_000)
      const text = `go.sum database tree\n${size}\n${randomBytes(pick, 32).toString('base64')}\n${'extension\n'.repeat(pick(2))}`
      // Its name is fixed, so only what follows is bent.
      const name = text.indexOf('\n') + 1
      const bend = () => Buffer.concat([Buffer.from(text.slice(0, name)), bent(pick, text.slice(name), '0 \n=+-A1.e')])
      return [Buffer.from(text), ...Array.from({ length: 12 }, bend)]
    })
    const questions = texts.flat().map(text => ({ ask: 'checkpoint', text: text.toString('base64') }))
    const answers = await sameAnswers(questions)
    expect(count(answers, true)).toBeGreaterThanOrEqual(60)
    expect(count(answers, false)).toBeGreaterThan(300)
  })

  it('puts tiles at the same places', async () => {
    const addresses = Array.from({ length: 300 }, () => ({
      level: pick(65) - 1,
      index: Math.min(Number.MAX_SAFE_INTEGER, pick(1000) * 10 ** pick(14)),
      width: 1 + pick(256),
    }))
    const written = await sameAnswers(addresses.map(address => ({ ask: 'tile', ...address })))
    const paths = written.flatMap(({ path }) => [path, ...Array.from({ length: 6 }, () => bent(pick, path, 'x/0.p19').toString('latin1'))])
    const answers = await sameAnswers(paths.map(path => ({ ask: 'tile path', path })))
    expect(count(answers, true)).toBeGreaterThanOrEqual(300)
    expect(count(answers, false)).toBeGreaterThan(800)
  })

  it('finds the same leaves in our tiles, and nothing in broken ones', async () => {
    const questions: Question[] = []
    for (const size of [
      1,
      2,
      255,
      256,
      257,
      511,
      513,
      700,
      65_535,
      65_536,
      65_793,
      70_000,
      ...Array.from({ length: 8 }, () => 1 + pick(3000)),
    ]) {
      questions.push(...tileQuestions(pick, size))
    }
    const leaves = (await sameAnswers(questions)).flatMap(answer => answer['leaves'])
    expect(count(leaves, true)).toBeGreaterThanOrEqual(200)
    expect(count(leaves, false)).toBeGreaterThanOrEqual(200)
  })
})

/** What both answer; fails where they differ, with the question. */
async function sameAnswers(questions: Question[]): Promise<Answer[]> {
  const input = questions.map(question => `${JSON.stringify(question)}\n`).join('')
  const [theirs, ours] = await Promise.all([answersOf(judge, [], input), answersOf('node', [join(house, 'e2e/judge/ours.js')], input)])
  expect(theirs.length).toBe(questions.length)
  expect(ours.length).toBe(questions.length)
  for (const [i, question] of questions.entries()) {
    const [their, our] = [JSON.stringify(sorted(theirs[i])), JSON.stringify(sorted(ours[i]))]
    if (their !== our) throw new Error(`asked ${JSON.stringify(question).slice(0, 4000)}\nthe judge says ${their}\nwe say ${our}`)
  }
  return theirs
}

async function answersOf(command: string, args: string[], input: string): Promise<Answer[]> {
  const { code, stdout, stderr } = await run(command, args, { input, timeoutMs: 110_000 })
  if (code !== 0) throw new Error(`${command} failed: ${stderr}`)
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

/** The same object with its fields in one order, and no list that is absent. */
function sorted(value: any): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map(name => [name, sorted(value[name] ?? [])]),
  )
}

function count(answers: Answer[], valid: boolean): number {
  return answers.filter(answer => answer['valid'] === valid).length
}

// Trees and claims about them. What is true comes from the judge.

interface TreeQuestion extends Record<string, unknown> {
  ask: 'tree'
  leaves: string[]
  sizes: number[]
  places: { index: number; size: number }[]
  growths: { from: number; to: number }[]
}

function treeQuestion(pick: Pick, size: number): TreeQuestion {
  const leaves = Array.from({ length: size }, () => randomBytes(pick, pick(40)).toString('base64'))
  const some = () => 1 + pick(size)
  return {
    ask: 'tree',
    leaves,
    sizes: [size, ...Array.from({ length: 10 }, some)],
    places: Array.from({ length: 20 }, some).map(at => ({ index: pick(at), size: at })),
    growths: Array.from({ length: 20 }, some).map(to => ({ from: 1 + pick(to), to })),
  }
}

interface Inclusion {
  index: number
  size: number
  leafHash: string
  proof: string[]
  root: string
}

interface Consistency {
  from: Head
  to: Head
  proof: string[]
}

async function claims(pick: Pick, trees: number): Promise<{ inclusion: Inclusion[]; consistency: Consistency[] }[]> {
  const questions = Array.from({ length: trees }, () => {
    const question = treeQuestion(pick, 1 + pick(300))
    const sizes = new Set([...question.places.map(({ size }) => size), ...question.growths.flatMap(({ from, to }) => [from, to])])
    return { ...question, sizes: [...sizes] }
  })
  const answers = await sameAnswers(questions)
  return questions.map(({ leaves, sizes, places, growths }, i) => {
    const { roots, paths, proofs } = answers[i] as { roots: string[]; paths: string[][]; proofs: string[][] }
    const headOf = (size: number): Head => ({ size, root: roots[sizes.indexOf(size)]! })
    return {
      inclusion: places.map(({ index, size }, k) => ({
        index,
        size,
        leafHash: leafHash(leaves[index]!),
        proof: paths[k]!,
        root: headOf(size).root,
      })),
      consistency: growths.map(({ from, to }, k) => ({ from: headOf(from), to: headOf(to), proof: proofs[k]! })),
    }
  })
}

function brokenInclusions(pick: Pick, claim: Inclusion): Inclusion[] {
  const { index, size, proof } = claim
  return [
    ...brokenProofs(pick, proof, claim.root).map(broken => ({ ...claim, proof: broken })),
    { ...claim, index: pick(2 * size) },
    { ...claim, index: index ^ 1 },
    { ...claim, index: index - 1 },
    { ...claim, size: size + 1 + pick(size) },
    { ...claim, size: pick(size + 1) },
    { ...claim, leafHash: flipped(pick, claim.leafHash) },
    { ...claim, root: flipped(pick, claim.root) },
    { ...claim, leafHash: claim.root, root: claim.leafHash },
  ]
}

function brokenConsistencies(pick: Pick, claim: Consistency): Consistency[] {
  const { from, to, proof } = claim
  const resized = (head: Head, size: number) => ({ ...head, size })
  return [
    ...brokenProofs(pick, proof, from.root).map(broken => ({ ...claim, proof: broken })),
    { ...claim, from: to, to: from },
    { ...claim, from: resized(from, from.size + 1) },
    { ...claim, from: resized(from, 1 + pick(to.size)) },
    { ...claim, to: resized(to, to.size + 1 + pick(to.size)) },
    { ...claim, to: resized(to, from.size) },
    { ...claim, from: { ...from, root: flipped(pick, from.root) } },
    { ...claim, to: { ...to, root: flipped(pick, to.root) } },
    { ...claim, from: { ...from, root: to.root } },
  ]
}

function brokenProofs(pick: Pick, proof: string[], other: string): string[][] {
  const at = pick(proof.length + 1)
  const changed = proof.map((hash, i) => (i === at ? flipped(pick, hash) : hash))
  return [
    changed,
    proof.slice(0, -1),
    proof.slice(1),
    proof.toSpliced(at, 1),
    proof.toSpliced(at, 0, other),
    [...proof, other],
    [other, ...proof],
    proof.toReversed(),
    [],
    [...proof, Buffer.from(other, 'base64').subarray(0, 31).toString('base64')],
  ]
}

function leafHash(leaf: string): string {
  return createHash('sha256').update(Buffer.of(0)).update(Buffer.from(leaf, 'base64')).digest('base64')
}

function flipped(pick: Pick, base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[pick(bytes.length)]! ^= 1 << pick(8)
  return bytes.toString('base64')
}

// Notes, made here by the letter of c2sp.org/signed-note and tlog-cosignature.

const noteType = 0x01
const witnessType = 0x04

interface Key {
  vkey: string
  line(text: string, time: number): string
}

function key(name: string, type: number): Key {
  const seedBytes = createHash('sha256').update(name).digest()
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seedBytes]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url')
  const typed = Buffer.concat([Buffer.of(type), publicKey])
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4)
  return {
    vkey: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    line: (text, time) => {
      const stamp = Buffer.alloc(8)
      stamp.writeBigUInt64BE(BigInt(time))
      const signature =
        type === noteType
          ? sign(null, Buffer.from(text), privateKey)
          : Buffer.concat([stamp, sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), privateKey)])
      return `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`
    },
  }
}

/** A note with some signatures, asked with some keys, whole and bent. */
function noteQuestions(pick: Pick): Question[] {
  const keys = Array.from({ length: 1 + pick(5) }, (_, i) => key(`key${pick(4)}-${i}.example`, pick(2) === 0 ? noteType : witnessType))
  const text = Array.from({ length: 1 + pick(4) }, () => ['line', '', '— a AAAAAAAA', 'журнал', '\u2028', '\u007f'][pick(6)]!)
    .join('\n')
    .concat('\n')
  const lines = keys.filter(() => pick(4) > 0).map(one => one.line(text, pick(2 ** 31)))
  if (pick(5) === 0) lines.push(keys[0]!.line('another\n', 1))
  if (pick(5) === 0) lines.push(keys[0]!.line(text, 2))
  if (pick(3) === 0) lines.push(`— later.example ${randomBytes(pick, 2432).toString('base64')}\n`)
  const note = `${text}\n${lines.join('')}`
  const known = keys.filter(() => pick(3) > 0).map(({ vkey }) => vkey)
  const bends = Array.from({ length: 7 }, () => bent(pick, note, '\n — =+/AQgw\u2003\t\ré'))
  return [Buffer.from(note), ...bends].map(bytes => ({ ask: 'note', note: bytes.toString('base64'), vkeys: known }))
}

// Tiles, as the files of a log have them.

function tileQuestions(pick: Pick, size: number): Question[] {
  const entries = Array.from({ length: size }, (_, i) => Buffer.from(JSON.stringify({ entry: i, more: 'x'.repeat(pick(5)) })))
  const levels: Buffer[][] = [entries.map(entry => Buffer.from(leafHash(entry.toString('base64')), 'base64'))]
  for (let row = levels[0]!; row.length > 1; row = levels.at(-1)!) {
    levels.push(Array.from({ length: Math.floor(row.length / 2) }, (_, i) => nodeHash(row[2 * i]!, row[2 * i + 1]!)))
  }
  const files: Record<string, string> = {}
  const cut = <T>(list: T[], folder: string, join: (part: T[]) => Buffer) => {
    for (let i = 0; i * 256 < list.length; i++) {
      const part = list.slice(i * 256, (i + 1) * 256)
      files[`tile/${folder}/${String(i).padStart(3, '0')}${part.length < 256 ? `.p/${part.length}` : ''}`] = join(part).toString('base64')
    }
  }
  for (let level = 0; level * 8 < levels.length; level++) cut(levels[level * 8]!, String(level), part => Buffer.concat(part))
  cut(entries, 'entries', part =>
    Buffer.concat(part.map(entry => Buffer.concat([Buffer.of(entry.length >> 8, entry.length & 0xff), entry]))),
  )
  const picks = [0, size - 1, ...Array.from({ length: 8 }, () => pick(size))]
  const base = { ask: 'tiles', size, root: rootOf(levels, 0, size).toString('base64'), files }
  const broken = picks.map(index => {
    const number = Math.floor(index / 256)
    const place = `${String(number).padStart(3, '0')}${(number + 1) * 256 > size ? `.p/${size % 256}` : ''}`
    const [tile, bundle] = [`tile/0/${place}`, `tile/entries/${place}`]
    const start = entries.slice(number * 256, index).reduce((sum, entry) => sum + 2 + entry.length, 0)
    const changed = pick(2) === 0 ? { [tile]: flipped(pick, files[tile]!) } : { [bundle]: flippedAt(files[bundle]!, start + 2 + pick(3)) }
    return { ...base, files: only(files, index, changed), picks: [index] }
  })
  // Only what is asked for is sent, or the questions would be larger than the log.
  return [...picks.map(index => ({ ...base, files: only(files, index, {}), picks: [index] })), ...broken]
}

/** The files that one leaf's proof can need. */
function only(files: Record<string, string>, index: number, changed: Record<string, string>): Record<string, string> {
  const own = String(Math.floor(index / 256)).padStart(3, '0')
  const last = (folder: string) =>
    Object.keys(files)
      .filter(path => path.startsWith(`tile/${folder}/`))
      .at(-1)!
  const isNeeded = (path: string) =>
    path.startsWith(`tile/0/${own}`) || path.startsWith(`tile/entries/${own}`) || /^tile\/[1-9]/.test(path) || path === last('0')
  return { ...Object.fromEntries(Object.entries(files).filter(([path]) => isNeeded(path))), ...changed }
}

function flippedAt(base64: string, at: number): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[at]! ^= 0x10
  return bytes.toString('base64')
}

function rootOf(levels: Buffer[][], from: number, to: number): Buffer {
  const size = to - from
  if (Number.isInteger(Math.log2(size))) return levels[Math.log2(size)]![from / size]!
  const half = 2 ** Math.floor(Math.log2(size))
  return nodeHash(rootOf(levels, from, from + half), rootOf(levels, from + half, to))
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest()
}

// Chance by seed.

type Pick = (below: number) => number

/** The same numbers for the same seed (mulberry32). */
function seeded(from: number): Pick {
  let state = from
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below)
  }
}

function randomBytes(pick: Pick, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => pick(256)))
}

/** Text with something in it changed, taken out, put in or cut off: letters of `alphabet`, or any byte. */
function bent(pick: Pick, text: string, alphabet: string): Buffer {
  const bytes = Buffer.from(text)
  const at = pick(bytes.length)
  const letters = Array.from(alphabet)
  const letter = pick(4) === 0 ? Buffer.of(pick(256)) : Buffer.from(letters[pick(letters.length)]!)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (pick(5)) {
    case 0:
      return Buffer.concat([before, letter, after])
    case 1:
      return Buffer.concat([before, letter, after.subarray(1)])
    case 2:
      return Buffer.concat([before, after.subarray(1 + pick(3))])
    case 3:
      return Buffer.concat([before, after.subarray(0, 1 + pick(20)), after])
    default:
      return pick(2) === 0 ? before : Buffer.concat([before, after.toReversed()])
  }
}
