import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { adminSecret, psql, startGateway, type Gateway, type Recording } from '../support/gateway.ts'
import { publish } from '../support/law.ts'
import { run, stopChild, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { createWitness, logKeyOf, type RunningWitness } from '../support/witness.ts'

let postgres: Postgres
let gateway: Gateway
let witness: RunningWitness
let browser: TestBrowser
/** Somebody who may read the trail. */
let ines: Desk
let signedIn: unknown
const directory = temporaryDirectory('integrity')
const eyeSecret = 'eye-secret-0123456789abcdef'
const asAdmin = { env: { STENO_TOKEN: adminSecret } }

/** Where screenshots go when somebody wants to look at them. */
const pictures = process.env['STENO_PICTURES']

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`create table notes (id int primary key, note text);
    insert into notes select g, 'note ' || g from generate_series(1, 30) g`)
  witness = await createWitness('near.example/w')
  gateway = await startGateway(postgres, {
    log: { origin: 'gateway.example/desk', witnesses: { near: { key: witness.vkey, url: witness.url } }, quorum: 'all' },
    tokens: {
      admin: { role: 'admin', secret: { env: 'ADMIN_T' } },
      eye: { role: 'investigator', secret: { value: eyeSecret } },
    },
  })
  witness.watch(logKeyOf(gateway.data))
  await witness.start()
  browser = await startBrowser()
  const made = await gateway.call('POST', '/api/sign-in/links', { name: 'ines', role: 'investigator' })
  ines = await browser.desk()
  await ines.page.goto(gateway.url + made.body.path)
  await ines.page.waitForURL(`${gateway.url}/sessions`)
  signedIn = await ines.state()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await witness?.stop()
  witness?.remove()
  await postgres?.stop()
  directory.remove()
})

/** How many sessions the published log has sealed. */
async function sealed(): Promise<number> {
  const size = Number((await (await fetch(`${gateway.url}/checkpoint`)).text()).split('\n')[1])
  if (!(size > 0)) return 0
  const answer = await fetch(`${gateway.url}/tile/entries/000${size < 256 ? `.p/${size}` : ''}`)
  return (await answer.text()).split('"kind":"seal"').length - 1
}

async function open({ page }: Desk, path = '/integrity'): Promise<void> {
  await page.goto(gateway.url + path)
  await page.getByRole('region', { name: 'How the record stands' }).waitFor()
}

async function verifyHere({ page }: Desk): Promise<string> {
  await page.getByRole('button', { name: /^Verify (here|again)/ }).click()
  const verdict = page.getByRole('region', { name: 'Verify here' }).locator('.proof-verdict')
  await verdict.waitFor()
  return verdict.innerText()
}

/** The recording of a task, by what was asked in it. */
function recordingOf(text: string): Recording {
  return gateway.recordings().find(({ events }) => events.some(({ code, data }) => code === 'q' && data.text.includes(text)))!
}

async function picture({ page }: Desk, name: string): Promise<void> {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: `${pictures}/integrity-${name}.png`, fullPage: false })
}

/** Each theme in each width where somebody wants to look at them; otherwise each once. */
const views = (['light', 'dark'] as const).flatMap((theme, at) =>
  widths.filter((_, width) => pictures || width === at).map(width => ({ theme, ...width })),
)

/** Opens the page as people have it, in both themes and widths, does something there, and looks whether anybody can use it then. */
async function looks(name: string, act: (desk: Desk) => Promise<unknown> = async () => {}): Promise<void> {
  for (const { theme, width, height } of views) {
    const desk = await browser.desk({ width, height, theme, state: signedIn })
    await open(desk)
    await act(desk)
    await isUsable(desk, `${name} ${theme} ${width}`)
    await picture(desk, `${name}-${theme}-${width}`)
    expect(desk.problems).toEqual([])
    await desk.close()
  }
}

async function isUsable({ page }: Desk, where: string): Promise<void> {
  expect(await overflowPx(page), where).toBe(0)
  expect(await accessibilityProblems(page), where).toEqual([])
}

/** The mark on a statement in the list of a replay; a phone shows the list alone, when it is asked for. */
async function proofOfFrame({ page }: Desk, text: string): Promise<string> {
  const mark = page.getByRole('option').filter({ hasText: text }).locator('.rp-edge')
  return /is-(\w+)/.exec(await mark.getAttribute('class'))![1]!
}

/** What the page says first. */
function firstSentence({ page }: Desk): Promise<string> {
  return page.getByRole('region', { name: 'How the record stands' }).innerText()
}

describe('a log that has recorded nothing yet', () => {
  it('says so, and that it is ready', async () => {
    await open(ines)
    await ines.page.getByText(/^Nothing is recorded yet; the log is ready, with \d+ signed leaves; the last witness signed/).waitFor()
    await ines.page.getByText('None yet. A session has its leaf before its first byte reaches a target').waitFor()
    await looks('empty')
  })
})

describe('the integrity page', () => {
  beforeAll(async () => {
    await publish(gateway, 'law', "rule('nobody drops', { on: target('shop'), when: op => op.verb === 'DROP', effect: forbid('never') })")
    for (const task of ['count', 'look', 'try']) {
      const { url } = await gateway.run({ task })
      await psql(
        url,
        `select count(*) from notes;\nselect id, note from notes order by id limit 5;\n${task === 'try' ? 'drop table notes;' : 'select 1;'}`,
      )
    }
    await until('everything sealed', async () => (await sealed()) >= 3)
  })

  it('says in one sentence how far the record is anchored, and when a witness signed', async () => {
    await open(ines)
    await ines.page
      .getByText(/^Every record up to \d\d:\d\d:\d\d is anchored; the last witness signed (just now|\d+ [sm] ago)\.$/)
      .waitFor()
    await ines.page.getByText('1 witness signed the newest checkpoint').waitFor()
    await ines.page.getByText('This browser has verified nothing of this log yet.', { exact: false }).waitFor()
  })

  it('is a key sequence away from every page', async () => {
    await ines.page.goto(`${gateway.url}/sessions`)
    await ines.page.getByRole('grid', { name: 'Sessions' }).waitFor()
    await ines.page.keyboard.press('g')
    await ines.page.keyboard.press('i')
    await ines.page.waitForURL(`${gateway.url}/integrity`)
  })

  it('computes everything again in the browser, and remembers what it saw', async () => {
    await open(ines)
    expect(await verifyHere(ines)).toMatch(/^✓\s*Whole: /)
    await ines.page.getByText(/This browser verified \d+ leaves just now/).waitFor()
    const remembered = JSON.parse(await ines.page.evaluate("localStorage.getItem('steno.log')"))
    expect(remembered.note).toMatch(/^gateway\.example\/desk\n\d+\n/)
    await ines.page.reload()
    await ines.page.getByText(/The log (goes on from there|has not changed since)\./).waitFor()
  })

  it('draws the way from a session’s recording to the signed root', async () => {
    await open(ines)
    const table = ines.page.getByRole('region', { name: 'Sessions of the log' })
    await table.getByRole('button').first().click()
    const path = ines.page.getByRole('list', { name: 'From the recording to the signed root' })
    await path.getByText(/computed here; signed by/).waitFor()
    expect(new URL(ines.page.url()).searchParams.get('session')).toMatch(/\w/)
    const root = (await (await fetch(`${gateway.url}/checkpoint`)).text()).split('\n')[2]
    await until('the page to show the newest root', async () => (await ines.page.locator('.proof-facts').innerText()).includes(root!))
  })

  it('holds a checkpoint that somebody kept against the log', async () => {
    const kept = await (await fetch(`${gateway.url}/checkpoint`)).text()
    await psql((await gateway.run({ task: 'later' })).url, 'select 1')
    await until('the log to go on', async () => (await (await fetch(`${gateway.url}/checkpoint`)).text()) !== kept)
    await open(ines)
    const compare = async (note: string) => {
      await ines.page.getByLabel('Compare one that you kept').fill(note)
      await ines.page.getByRole('button', { name: 'Compare', exact: true }).click()
      await ines.page.getByRole('button', { name: 'Compare', exact: true }).waitFor()
      return ines.page.locator('.proof-compare .proof-verdict').innerText()
    }
    expect(await compare(kept)).toMatch(/^✓ One history: its \d+ leaves are the first of these \d+/)
    expect(
      await compare(kept.replace(/^(.*\n\d+\n)(.)/, (_, head: string, letter: string) => head + (letter === 'A' ? 'B' : 'A'))),
    ).toMatch(/^✕ Two histories: /)
    expect(await compare(kept.replace(/^(.*\n)\d+/, '$199999'))).toMatch(/^✕ The log is shorter now: /)
    expect(await compare('something')).toContain('This is no checkpoint')
  })

  it('makes a bundle that the command line finds whole', async () => {
    const directory = temporaryDirectory('bundle')
    await open(ines)
    await ines.page.getByRole('region', { name: 'Sessions of the log' }).getByRole('button').first().click()
    const download = ines.page.waitForEvent('download')
    await ines.page.getByRole('button', { name: 'Download bundle' }).click()
    const file = `${directory.path}/${(await download).suggestedFilename()}`
    await (await download).saveAs(file)
    const verified = await gateway.steno(['verify', file])
    expect(verified.stdout, verified.stderr).toMatch(/^WHOLE/)
    const unpacked = await run('tar', ['-C', directory.path, '-xf', file])
    expect(unpacked.code).toBe(0)
    directory.remove()
  })

  it('gives a command that verifies the same from elsewhere', async () => {
    const command = await ines.page.getByLabel('The command that verifies this gateway').innerText()
    const directory = temporaryDirectory('offline')
    const args = command.trim().replace('npx steno ', '').replace('--since checkpoint', `--since ${directory.path}/checkpoint`).split(' ')
    const verified = await gateway.steno(args, { env: { STENO_TOKEN: 'admin-secret-0123456789abcdef' } })
    expect(verified.stdout, verified.stderr).toMatch(/^(WHOLE|UNANCHORED)/)
    expect(verified.code).toBe(0)
    directory.remove()
  })

  it('is whole in both themes and widths', async () => {
    await looks('whole', async desk => {
      expect(await verifyHere(desk)).toMatch(/Whole/)
      expect(await firstSentence(desk)).toMatch(/Every record up to \d\d:\d\d:\d\d is verified; the last witness signed/)
      await desk.page.getByRole('region', { name: 'Sessions of the log' }).getByRole('button').first().click()
      await desk.page.getByText(/computed here; signed by/).waitFor()
      await desk.page.locator('.proof-chosen').scrollIntoViewIfNeeded()
    })
  })
})

describe('a replay of what nobody touched', () => {
  it('says of each frame which leaf anchors it', async () => {
    const { session } = recordingOf('order by id limit 5').header.steno
    for (const { theme, width, height } of views) {
      const desk = await browser.desk({ width, height, theme, state: signedIn })
      await desk.page.goto(`${gateway.url}/sessions/${session}`)
      // On a phone there is room for its sign alone.
      await desk.page.locator('.rp-standing').getByText('sealed').waitFor({ state: 'attached' })
      if (width > 760) expect(await proofOfFrame(desk, 'order by id limit 5')).toBe('anchored')
      await isUsable(desk, `replay ${theme} ${width}`)
      await picture(desk, `replay-whole-${theme}-${width}`)
      await desk.close()
    }
  })
})

describe('lines that are younger than the newest signed head', () => {
  it('are told from what was changed', async () => {
    const { url } = await gateway.run({ task: 'watch' })
    const busy = spawn('psql', [url, '-X', '-q', '-o', '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] })
    busy.stdin.write("select 'still at it' \\watch 0.05\n")
    await until('it to be at work', () => recordingOf('still at it') !== undefined)
    await looks('unanchored', async desk => {
      await until('it to be verified in between', async () => /nobody vouches for yet/.test(await verifyHere(desk)))
      const finding = desk.page.locator('.proof-finding').filter({ hasText: recordingOf('still at it').header.steno.session })
      await finding.getByText('The newest lines').waitFor()
      expect(await finding.innerText()).toMatch(/unanchored[\s\S]* lines? since [\s\S]*Line\s+\d+\s+Leaf\s+\d+/)
      expect(await firstSentence(desk)).toContain('is verified')
      await desk.page.locator('.proof-verify').scrollIntoViewIfNeeded()
    })
    await stopChild(busy)
  })
})

describe('a command that two people erased', () => {
  it('is told from what was changed, with the leaf that says so', async () => {
    const { session } = recordingOf('count(*) from notes').header.steno
    const asked = await gateway.steno(['erase', `${session}.1`, '--reason', 'a customer asked for it'], { env: { STENO_TOKEN: eyeSecret } })
    const approved = await gateway.steno(['erasures', 'approve', /(era_\w+)/.exec(asked.stdout)![1]!, '--yes'], asAdmin)
    expect(approved.stdout, approved.stderr).toContain('done')
    await looks('erased', async desk => {
      await until('it to be anchored', async () => /what is missing was erased or removed lawfully/.test(await verifyHere(desk)))
      const finding = desk.page.locator('.proof-finding').first()
      expect(await finding.innerText()).toMatch(/erased[\s\S]*Lines were erased[\s\S]*, as leaf \d+ of the log says/)
      expect(await firstSentence(desk)).toContain('is verified')
      await desk.page.locator('.proof-verify').scrollIntoViewIfNeeded()
    })
  })
})

describe('a byte of a sealed recording that was changed on disk', () => {
  let changed: Recording
  let line: number

  let original: Buffer

  beforeAll(() => {
    changed = recordingOf('order by id limit 5')
    original = readFileSync(changed.path)
    const bytes = Buffer.from(original)
    const at = bytes.indexOf('limit 5')
    bytes[at + 6] = '4'.charCodeAt(0)
    line = bytes.subarray(0, at).toString().split('\n').length - 1
    writeFileSync(changed.path, bytes)
  })

  afterAll(() => writeFileSync(changed.path, original))

  it('is named with its session and line, with what it implies and what is still proven', async () => {
    await open(ines)
    expect(await verifyHere(ines)).toMatch(/Tampered with: 1 of \d+ recordings is not as it was signed/)
    const finding = ines.page.locator('.proof-finding').first()
    await finding.getByText('A line was changed').waitFor()
    const words = await finding.innerText()
    expect(words).toContain(changed.header.steno.session)
    expect(words).toMatch(/Somebody edited the recording after it was anchored/)
    expect(words).toMatch(/other recordings are as signed/)
    const [, first, last] = /lines? (\d+)(?: to (\d+))?/.exec(words)!
    expect(line).toBeGreaterThanOrEqual(Number(first))
    expect(line).toBeLessThanOrEqual(Number(last ?? first))
    expect(await firstSentence(ines)).toMatch(/Tampered with: 1 of \d+ recordings is not as it was signed; the others are as signed\./)
    await looks('tampered', desk => verifyHere(desk))
    await looks('tampered-named', async desk => {
      await verifyHere(desk)
      await desk.page.locator('.proof-finding').first().scrollIntoViewIfNeeded()
    })
  })

  it('has a mark on each frame of its replay: anchored before it, broken from there on', async () => {
    const { session } = changed.header.steno
    for (const { theme, width, height } of views) {
      const desk = await browser.desk({ width, height, theme, state: signedIn })
      const workers: string[] = []
      desk.page.on('worker', (worker: any) => workers.push(worker.url()))
      await desk.page.goto(`${gateway.url}/sessions/${session}?frame=${line}`)
      await desk.page.getByRole('alert').filter({ hasText: 'This recording is not what was signed' }).waitFor()
      if (width > 760) expect(await proofOfFrame(desk, 'order by id limit')).toBe('broken')
      // Hashed in a thread of its own, beside the one that reads.
      expect(workers.some(url => /recording-worker/.test(url))).toBe(true)
      await isUsable(desk, `replay ${theme} ${width}`)
      await picture(desk, `replay-tampered-${theme}-${width}`)
      await desk.close()
    }
  })

  it('is not remembered as good', async () => {
    const remembered = await ines.page.evaluate("localStorage.getItem('steno.log')")
    expect(JSON.parse(remembered).note).toContain('gateway.example/desk')
    await ines.page.evaluate("localStorage.removeItem('steno.log')")
    await open(ines)
    await verifyHere(ines)
    expect(await ines.page.evaluate("localStorage.getItem('steno.log')")).toBeNull()
  })

  it('is in no bundle', async () => {
    await open(ines, `/integrity?session=${encodeURIComponent(changed.header.steno.session)}`)
    await ines.page.getByRole('button', { name: 'Download bundle' }).click()
    await ines.page.getByRole('alert').filter({ hasText: 'No bundle was made' }).waitFor()
  })
})

describe('a recording that is gone', () => {
  it('is lost, and a cut one is cut off', async () => {
    const gone = recordingOf('order by id limit 5')
    const kept = join(directory.path, 'gone.cast')
    renameSync(gone.path, kept)
    try {
      await looks('lost', async desk => {
        expect(await verifyHere(desk)).toMatch(/Lost: 1 of \d+ recordings is gone; the others are as signed/)
        const finding = desk.page.locator('.proof-finding').first()
        expect(await finding.innerText()).toMatch(/lost[\s\S]*A recording is gone[\s\S]*Still proven\s+Of this recording nothing/)
        expect(await firstSentence(desk)).toContain('Lost: 1 of')
        await finding.scrollIntoViewIfNeeded()
      })
      writeFileSync(gone.path, readFileSync(kept, 'utf8').split('\n').slice(0, -4).join('\n') + '\n')
      await open(ines)
      expect(await verifyHere(ines)).toMatch(/Cut off: 1 of \d+ recordings lost its end/)
      expect(await ines.page.locator('.proof-finding').first().innerText()).toMatch(/truncated[\s\S]*Lines are missing/)
    } finally {
      renameSync(kept, gone.path)
    }
  })
})

describe('a witness that is away', () => {
  it('is missed in the first sentence', async () => {
    cpSync(gateway.data, join(directory.path, 'older'), {
      recursive: true,
      filter: path => !path.includes('/store') && !path.includes('/lock'),
    })
    await witness.stop()
    await psql((await gateway.run({ task: 'unwitnessed' })).url, 'select 2')
    await until(
      'a checkpoint without it',
      async () => !(await (await fetch(`${gateway.url}/checkpoint`)).text()).includes('— near.example/w'),
    )
    await looks('witness-away', async desk => {
      await desk.page.getByText('; no witness has signed the newest checkpoint.').waitFor()
      expect(await firstSentence(desk)).toMatch(/To know:\s[\s\S]*Until they do, the gateway alone vouches for this history/)
    })
  })
})

describe('a gateway whose data was put back to an earlier day', () => {
  it('is told by whoever verified it before', async () => {
    await open(ines)
    expect(await verifyHere(ines)).toMatch(/Whole/)
    await gateway.kill()
    const older = join(directory.path, 'older')
    for (const name of ['log', 'log.head', 'ledger.ndjson', 'sessions', 'open', 'keys']) {
      rmSync(join(gateway.data, name), { recursive: true, force: true })
      cpSync(join(older, name), join(gateway.data, name), { recursive: true })
    }
    await gateway.start()
    const remembering = await ines.state()
    for (const { theme, width, height } of views) {
      const desk = await browser.desk({ width, height, theme, state: remembering })
      await open(desk)
      // It may have grown past what was seen by now, with other leaves.
      await desk.page
        .getByText(/^(The log is shorter than it was: this browser|This is another history than the one this browser) verified/)
        .waitFor()
      expect(await verifyHere(desk)).toMatch(/Tampered with: (the log was rolled back|this is another history)\./)
      await desk.page
        .locator('.proof-finding')
        .first()
        .getByText(/^(The log was rolled back|This is another history)$/)
        .waitFor()
      await isUsable(desk, `rolled back ${theme} ${width}`)
      await picture(desk, `rolled-back-${theme}-${width}`)
      await desk.close()
    }
  })
})

describe('a gateway that does not answer', () => {
  it('is not taken for one whose record is whole', async () => {
    const desks: { name: string; desk: Desk }[] = []
    for (const { theme, width, height } of views) {
      const desk = await browser.desk({ width, height, theme, state: signedIn })
      await open(desk)
      desks.push({ name: `${theme}-${width}`, desk })
    }
    await gateway.kill()
    for (const { name, desk } of desks) {
      await desk.page.getByText(/^The gateway does not answer. When it last did, /).waitFor()
      expect(await verifyHere(desk)).toMatch(/It could not be verified\. the gateway does not answer/)
      expect(await firstSentence(desk)).not.toContain('Good')
      await isUsable(desk, `gateway away ${name}`)
      await picture(desk, `gateway-away-${name}`)
      await desk.close()
    }
  })
})
