import { describe, expect, it } from 'vitest'
import { utf8Decoder, utf8Encoder } from '../cast/utf8.ts'
import { formatBase64 } from '../proof/base64.ts'
import { formatCheckpoint, parseCheckpoint } from '../proof/checkpoint.ts'
import { parseNote, signNote } from '../proof/note.ts'
import { sha256, testLogKey, testWitness, verifyEd25519 } from '../proof/test-crypto.ts'
import { parseTlogPolicy } from '../proof/tlog-policy.ts'
import { proofPaths } from './data-directory.ts'
import { statusOfLine } from './session-report.ts'
import { concat, evidenceOf, joinLines, splitLines, TestDirectory, type Files, type TestSession } from './test-directory.ts'
import { sampleDirectory } from './test-mutations.ts'
import type { Report } from './report.ts'
import { verify, type VerifyOptions } from './verify.ts'

function judge(files: Files, options: Partial<VerifyOptions> = {}, chunkBytes?: number): Promise<Report> {
  const evidence = evidenceOf(files, chunkBytes === undefined ? {} : { chunkBytes })
  return verify(evidence, { sha256, verifyEd25519, trust: { by: 'first key' }, ...options })
}

/** Two sessions over two epochs: one closed, one open. */
function twoSessions(): { directory: TestDirectory; closed: TestSession; open: TestSession } {
  const directory = new TestDirectory()
  directory.entry({ kind: 'agent.add' })
  const closed = directory.open()
  const open = directory.open()
  closed.command('select 1')
  directory.epoch()
  closed.command('drop table orders', 'deny')
  open.command('select 2')
  closed.close()
  directory.epoch()
  return { directory, closed, open }
}

function changeLine(files: Files, path: string, line: number, from: string, to: string): void {
  changeLines(files, path, lines => {
    expect(lines[line]).toContain(from)
    return lines.with(line, lines[line]!.replace(from, to))
  })
}

function changeLines(files: Files, path: string, change: (lines: string[]) => string[]): void {
  const lines = splitLines(files.get(path)!).map(line => utf8Decoder.decode(line))
  files.set(path, joinLines(change(lines).map(line => utf8Encoder.encode(line))))
}

const found = (report: Report) => report.findings.map(({ verdict, code, session, line, leaf }) => ({ verdict, code, session, line, leaf }))

describe('lawful evidence', () => {
  it('is whole when nobody touched it', async () => {
    const { directory, closed, open } = twoSessions()
    const report = await judge(directory.files)
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({
      verdict: 'WHOLE',
      isAccepted: true,
      log: { isProven: true, trustsItself: true },
      ledger: { lines: 1, provenLines: 1 },
    })
    expect(
      report.sessions.map(({ session, verdict, lines, provenLines, anchor, isClosed }) => ({
        session,
        verdict,
        lines,
        provenLines,
        by: anchor?.by,
        isClosed,
      })),
    ).toEqual([
      { session: closed.id, verdict: 'WHOLE', lines: 10, provenLines: 10, by: 'seal', isClosed: true },
      { session: open.id, verdict: 'WHOLE', lines: 5, provenLines: 5, by: 'epoch', isClosed: false },
    ])
  })

  it('is whole with a refused connection, whatever kind of bytes its reader’s digests are', async () => {
    const { directory } = twoSessions()
    const { hash } = directory.entry({ kind: 'connections refused' })
    directory.log({ kind: 'deny', atUs: directory.nowUs, reason: 'connection', commitment: hash })
    directory.epoch()
    for (const digest of [sha256, (bytes: Uint8Array) => Buffer.from(sha256(bytes))])
      expect((await judge(directory.files, { sha256: digest })).findings).toEqual([])
    directory.log({ kind: 'deny', atUs: directory.nowUs, reason: 'connection', commitment: formatBase64(sha256(new Uint8Array(3))) })
    directory.epoch()
    expect(found(await judge(directory.files))).toMatchObject([{ verdict: 'LOST', code: 'ledger_missing' }])
  })

  it('is accepted whatever happened in it: 150 directories with erased, removed, refused and open sessions and changed keys', async () => {
    const verdicts = new Map<string, number>()
    for (let seed = 1; seed <= 150; seed++) {
      const report = await judge(sampleDirectory(seed).directory.files)
      expect(report.isAccepted, JSON.stringify(report.findings)).toBe(true)
      verdicts.set(report.verdict, (verdicts.get(report.verdict) ?? 0) + 1)
    }
    expect([...verdicts.keys()].toSorted()).toEqual(['ERASED', 'WHOLE'])
  })

  it('is the same wherever its bytes are cut', async () => {
    const { files } = sampleDirectory(3).directory
    const whole = await judge(files)
    for (const chunkBytes of [1, 2, 7, 100, 997]) expect(await judge(files, {}, chunkBytes)).toEqual(whole)
  })

  it('is whole at every checkpoint of its history, and each has grown from those before', async () => {
    const { history } = sampleDirectory(5)
    for (const [at, files] of history.entries())
      for (const earlier of history.slice(0, at + 1)) {
        const since = parseCheckpoint(parseNote(earlier.get(proofPaths.checkpoint)!).text)
        expect((await judge(files, { since })).isAccepted).toBe(true)
      }
  })

  it('needs no list of an epoch that is older than those that are kept', async () => {
    const directory = new TestDirectory()
    const session = directory.open()
    session.command('select 1')
    for (let epoch = 0; epoch < 3650; epoch++) directory.epoch({ isSigned: false })
    session.command('select 2')
    directory.epoch()
    directory.prune()
    expect([...directory.files.keys()].filter(path => path.startsWith('log/epochs/'))).toHaveLength(3600)
    expect(await judge(directory.files)).toMatchObject({ verdict: 'WHOLE', sessions: [{ provenLines: 9 }] })
    directory.files.delete(proofPaths.epochList(60))
    expect(found(await judge(directory.files))).toMatchObject([{ verdict: 'LOST', code: 'list_missing' }])
  })

  it('says how many lines nobody vouches for yet, and since when', async () => {
    const { directory, open } = twoSessions()
    open.command('select 3')
    directory.entry({ kind: 'sign-in' })
    const report = await judge(directory.files)
    expect(report).toMatchObject({ verdict: 'UNANCHORED', isAccepted: true })
    expect(report.findings.map(({ says }) => says)).toEqual([
      '1 line of the ledger came after its newest head',
      expect.stringMatching(
        /^4 lines since 2025-11-21T04:40:02\.\d{3}Z came after the newest head, that of leaf \d+: nobody vouches for them$/,
      ),
    ])
  })

  it('says so of a torn line, which a gateway may just be writing', async () => {
    const { directory, open } = twoSessions()
    directory.files.set(open.path, concat([directory.files.get(open.path)!, utf8Encoder.encode('[0.5,"o","half a')]))
    const report = await judge(directory.files)
    expect(report).toMatchObject({ verdict: 'UNANCHORED', isAccepted: true, findings: [{ code: 'lines_unanchored', session: open.id }] })
    expect(report.findings[0]!.says).toContain('16 bytes of a line that is not whole')
  })

  it('knows a session whose leaf nobody has signed yet, and one that has a header alone', async () => {
    const { directory } = twoSessions()
    const young = directory.open()
    young.command('select 1')
    const unsigned = new Map(directory.files)
    directory.checkpoint()
    // The gateway wrote the leaf, and was killed before it signed.
    for (const path of [proofPaths.checkpoint, proofPaths.keptHead]) directory.files.set(path, unsigned.get(path)!)
    const report = await judge(directory.files)
    expect(report).toMatchObject({
      verdict: 'UNANCHORED',
      log: { unsignedLeaves: 1 },
      findings: [{ code: 'leaf_unsigned', session: young.id }],
    })
    expect(await judge(unsigned)).toMatchObject({ verdict: 'TAMPERED', findings: [{ code: 'recording_foreign', session: young.id }] })
    changeLines(unsigned, young.path, ([header]) => [header!])
    expect(await judge(unsigned)).toMatchObject({ verdict: 'UNANCHORED' })
  })

  it('may have lines erased once more, together with their neighbours', async () => {
    const directory = new TestDirectory()
    const session = directory.open()
    for (let i = 0; i < 5; i++) session.command(`select ${i}`)
    session.close()
    session.erase({ from: 1, to: 2 })
    session.erase({ from: 3, to: 5 }, { from: 7, to: 8 })
    directory.epoch()
    const report = await judge(directory.files)
    expect(report).toMatchObject({ verdict: 'ERASED', isAccepted: true, sessions: [{ lines: 22, provenLines: 22 }] })
    expect(report.findings.every(({ code }) => code === 'lines_erased')).toBe(true)
  })
})

describe('a finding names what is wrong, where, and the key it rests on', () => {
  const lost = 'LOST'
  const tampered = 'TAMPERED'
  const truncated = 'TRUNCATED'

  // Leaves: 0 key, 1 config, 2 and 3 open, 4 epoch, 5 deny, 6 seal, 7 epoch.
  // Lines of the closed recording: 0 header, 1 to 4 a command, 5 to 8 a refused one, 9 the end.
  it.each<[string, (files: Files, parts: ReturnType<typeof twoSessions>) => void, object]>([
    [
      'a line that cannot be read',
      (files, { closed }) => changeLine(files, closed.path, 8, '"done', '"dome'),
      { verdict: tampered, code: 'recording_malformed', line: 8 },
    ],
    [
      'a line that reads well',
      (files, { closed }) => changeLine(files, closed.path, 7, 'orders', 'otters'),
      { verdict: tampered, code: 'lines_differ', line: 5, leaf: 6 },
    ],
    [
      'a line between two heads',
      (files, { closed }) => changeLine(files, closed.path, 3, 'select', 'selekt'),
      { verdict: tampered, code: 'lines_differ', line: 1, leaf: 4 },
    ],
    [
      'a refused command',
      (files, { closed }) => changeLine(files, closed.path, 5, 'orders', 'otters'),
      { verdict: tampered, code: 'lines_differ', line: 5, leaf: 5 },
    ],
    [
      'the header',
      (files, { closed }) => changeLine(files, closed.path, 0, '"ada"', '"eve"'),
      { verdict: tampered, code: 'header_differs', line: 0, leaf: 2 },
    ],
    [
      'a cut tail',
      (files, { closed }) => changeLines(files, closed.path, lines => lines.slice(0, 7)),
      { verdict: truncated, code: 'lines_missing', line: 7, leaf: 6 },
    ],
    [
      'a cut tail of an open recording',
      (files, { open }) => changeLines(files, open.path, lines => lines.slice(0, 3)),
      { verdict: truncated, code: 'lines_missing', line: 3, leaf: 7 },
    ],
    [
      'a line taken out of the middle',
      (files, { closed }) => changeLines(files, closed.path, lines => lines.toSpliced(7, 1)),
      { verdict: tampered, code: 'lines_missing', line: 9, leaf: 6 },
    ],
    [
      'bytes after a seal',
      (files, { closed }) => files.set(closed.path, concat([files.get(closed.path)!, utf8Encoder.encode('[0.1,"m"')])),
      { verdict: tampered, code: 'lines_after_seal', line: 10, leaf: 6 },
    ],
    [
      'a deleted recording',
      (files, { closed }) => files.delete(closed.path),
      { verdict: lost, code: 'recording_missing', line: null, leaf: 2 },
    ],
    [
      'another recording',
      (files, { closed, open }) => files.set(closed.path, files.get(open.path)!),
      { verdict: tampered, code: 'header_differs', line: 0, leaf: 2 },
    ],
    [
      'a recording in a second place',
      (files, { closed }) => files.set(`sessions/2030-01-01/${closed.id}.cast`, files.get(closed.path)!),
      { verdict: tampered, code: 'recording_foreign' },
    ],
    ['the list of the newest epoch', files => files.delete(proofPaths.epochList(2)), { verdict: lost, code: 'list_missing', leaf: 7 }],
    [
      'a line of the ledger',
      files => changeLine(files, proofPaths.ledger, 0, 'agent.add', 'agent.odd'),
      { verdict: tampered, code: 'ledger_differs', session: null, line: 0 },
    ],
    ['the ledger', files => files.delete(proofPaths.ledger), { verdict: lost, code: 'ledger_missing', session: null }],
    ['the checkpoint', files => files.delete(proofPaths.checkpoint), { verdict: lost, code: 'checkpoint_missing', key: null }],
    ['all leaves', files => files.delete(proofPaths.entries(0)), { verdict: truncated, code: 'leaves_missing', leaf: 0, key: null }],
    [
      'a tile',
      files => files.set(proofPaths.tile(0, 0), files.get(proofPaths.tile(0, 0))!.with(5 * 32, 1)),
      { verdict: tampered, code: 'tile_differs', leaf: 5 },
    ],
  ])('%s', async (_name, change, expected) => {
    const parts = twoSessions()
    const files = new Map(parts.directory.files)
    change(files, parts)
    const report = await judge(files)
    expect(report.isAccepted).toBe(false)
    expect(report.findings).toContainEqual(expect.objectContaining({ key: 'steno.local/5eed+2503acc3', ...expected }))
  })
})

describe('one line', () => {
  it('has a status of its own', async () => {
    const { directory, open, closed } = twoSessions()
    open.command('select 3')
    const whole = await judge(directory.files)
    const statuses = (report: Report, { id }: TestSession, lines: number[]) =>
      lines.map(
        line =>
          statusOfLine(
            report.sessions.find(({ session }) => session === id)!,
            line,
          )?.verdict ?? null,
      )
    expect(statuses(whole, open, [0, 4, 5, 8, 9])).toEqual(['WHOLE', 'WHOLE', 'UNANCHORED', 'UNANCHORED', null])
    expect(statusOfLine(whole.sessions[0]!, 9)).toMatchObject({
      anchor: { by: 'seal', leaf: 6 },
      says: 'as leaf 6 of the log says, signed by steno.local/5eed+2503acc3',
    })

    const files = new Map(directory.files)
    changeLine(files, closed.path, 7, 'orders', 'otters')
    changeLines(files, open.path, lines => lines.slice(0, 2))
    const broken = await judge(files)
    expect(statuses(broken, closed, [0, 4, 5, 9, 10])).toEqual(['WHOLE', 'WHOLE', 'TAMPERED', 'TAMPERED', null])
    expect(statuses(broken, open, [0, 1, 2, 4, 5])).toEqual(['WHOLE', 'UNANCHORED', 'TRUNCATED', 'TRUNCATED', null])

    closed.erase({ from: 4, to: 6 })
    directory.epoch()
    expect(statuses(await judge(directory.files), closed, [3, 4, 5, 6])).toEqual(['WHOLE', 'ERASED', 'ERASED', 'WHOLE'])
  })
})

describe('trust', () => {
  it('is in the key that was given, whoever followed it', async () => {
    const directory = new TestDirectory()
    directory.rotateKey()
    directory.checkpoint()
    directory.rotateKey()
    directory.checkpoint()
    for (const { key } of directory.keys)
      expect(await judge(directory.files, { trust: { by: 'keys', keys: [key] } })).toMatchObject({
        verdict: 'WHOLE',
        log: { trustsItself: false },
      })
    const stranger = testLogKey(directory.origin, 'another').key
    expect(await judge(directory.files, { trust: { by: 'keys', keys: [stranger] } })).toMatchObject({
      verdict: 'TAMPERED',
      findings: [{ code: 'key_not_trusted' }],
      sessions: [],
    })
  })

  it('in the newest key needs nobody to say how it came', async () => {
    const directory = new TestDirectory()
    directory.rotateKey()
    directory.checkpoint()
    directory.epoch()
    directory.files.delete(proofPaths.handover(2))
    expect(await judge(directory.files, { trust: { by: 'keys', keys: [directory.keys[1]!.key] } })).toMatchObject({ verdict: 'WHOLE' })
    expect(await judge(directory.files)).toMatchObject({ verdict: 'TAMPERED', findings: [{ code: 'key_change_unsigned', leaf: 2 }] })
  })

  it('is not in a key that was replaced', async () => {
    const directory = new TestDirectory()
    directory.rotateKey()
    directory.epoch()
    const { text } = parseNote(directory.files.get(proofPaths.checkpoint)!)
    directory.files.set(proofPaths.checkpoint, signNote(text, [directory.keys[0]!.signer]))
    expect(await judge(directory.files)).toMatchObject({ verdict: 'TAMPERED', findings: [{ code: 'checkpoint_old_key', leaf: 2 }] })
  })

  it('asks for the quorum of its policy, and takes nobody else’s signature for it', async () => {
    const [north, south, thief] = ['north', 'south', 'thief'].map(name => testWitness(name, 1_763_700_000))
    const directory = new TestDirectory()
    const policyOf = (quorum: string) =>
      parseTlogPolicy(
        sha256,
        utf8Encoder.encode(
          `log ${directory.keys[0]!.vkey}\nwitness n ${north!.vkey}\nwitness s ${south!.vkey}\ngroup both all n s\nquorum ${quorum}\n`,
        ),
      )
    const judgeBy = (quorum: string) => judge(directory.files, { trust: { by: 'policy', policy: policyOf(quorum) } })
    directory.checkpoint([north!, thief!])
    expect(await judgeBy('none')).toMatchObject({ verdict: 'WHOLE', isAccepted: true, log: { witnesses: ['north'] } })
    expect(await judgeBy('n')).toMatchObject({ verdict: 'WHOLE', isAccepted: true })
    expect(await judgeBy('both')).toMatchObject({ verdict: 'UNANCHORED', isAccepted: false, findings: [{ code: 'quorum_missing' }] })
    directory.checkpoint([north!, south!])
    expect(await judgeBy('both')).toMatchObject({ verdict: 'WHOLE', isAccepted: true, log: { witnesses: ['north', 'south'] } })
  })
})

describe('a checkpoint seen before', () => {
  it('tells a rollback and a fork, and names both heads', async () => {
    const { directory, history } = sampleDirectory(9)
    const since = { origin: directory.origin, size: directory.tree.size, root: directory.tree.root() }
    const rolledBack = await judge(history[0]!, { since })
    expect(rolledBack.findings[0]).toMatchObject({ verdict: 'TAMPERED', code: 'rolled_back' })
    expect(rolledBack.findings[0]!.says).toContain(`seen before: ${since.size} leaves ${formatBase64(since.root)}; here: `)
    const other = { ...since, size: 3, root: sha256(new Uint8Array(1)) }
    expect((await judge(directory.files, { since: other })).findings[0]).toMatchObject({ verdict: 'TAMPERED', code: 'forked' })
  })

  it('may be of any size that the log has had', async () => {
    const directory = new TestDirectory()
    for (let epoch = 0; epoch < 600; epoch++) directory.epoch({ isSigned: false })
    directory.checkpoint()
    for (const size of [1, 2, 255, 256, 257, 300, 511, 512, 513, 602]) {
      const since = { origin: directory.origin, size, root: directory.tree.root(size) }
      expect((await judge(directory.files, { since })).findings, String(size)).toEqual([])
    }
  })

  it('is kept by the gateway itself, apart from its log', async () => {
    const { files } = twoSessions().directory
    files.set(
      proofPaths.keptHead,
      utf8Encoder.encode(formatCheckpoint({ origin: 'steno.local/5eed', size: 40, root: sha256(new Uint8Array(2)) })),
    )
    expect(await judge(files)).toMatchObject({ verdict: 'TAMPERED', findings: [{ code: 'rolled_back' }] })
    files.set(proofPaths.keptHead, utf8Encoder.encode('nothing'))
    expect(await judge(files)).toMatchObject({ verdict: 'TAMPERED', findings: [{ code: 'checkpoint_malformed' }] })
  })
})
