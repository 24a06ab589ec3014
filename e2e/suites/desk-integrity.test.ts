import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { psql, startGateway, type Gateway, type Recording } from '../support/gateway.ts'
import { publish } from '../support/law.ts'
import { run, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { createWitness, logKeyOf, type RunningWitness } from '../support/witness.ts'

let postgres: Postgres
let gateway: Gateway
let witness: RunningWitness
let browser: TestBrowser
/** Somebody who may read the trail. */
let ines: Desk
let signedIn: unknown

/** Where screenshots go when somebody wants to look at them. */
const pictures = process.env['STENO_PICTURES']

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`create table notes (id int primary key, note text);
    insert into notes select g, 'note ' || g from generate_series(1, 30) g`)
  witness = await createWitness('near.example/w')
  gateway = await startGateway(postgres, {
    log: { origin: 'gateway.example/desk', witnesses: { near: { key: witness.vkey, url: witness.url } }, quorum: 'all' },
  })
  witness.watch(logKeyOf(gateway.data))
  await witness.start()
  await publish(gateway, 'law', "rule('nobody drops', { on: target('shop'), when: op => op.verb === 'DROP', effect: forbid('never') })")
  for (const task of ['count', 'look', 'try']) {
    const { url } = await gateway.run({ task })
    await psql(
      url,
      `select count(*) from notes;\nselect id, note from notes order by id limit 5;\n${task === 'try' ? 'drop table notes;' : 'select 1;'}`,
    )
  }
  await until('everything sealed', async () => (await sealed()) >= 3)
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

describe('the integrity page', () => {
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

  it('makes a bundle that the command line finds whole', async () => {
    const directory = temporaryDirectory('bundle')
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
    for (const theme of ['light', 'dark'] as const) {
      for (const { width, height } of widths) {
        const desk = await browser.desk({ width, height, theme, state: signedIn })
        await open(desk)
        expect(await overflowPx(desk.page), `${theme} ${width}`).toBe(0)
        expect(await accessibilityProblems(desk.page), `${theme} ${width}`).toEqual([])
        await picture(desk, `seen-${theme}-${width}`)
        expect(await verifyHere(desk)).toMatch(/Whole/)
        await desk.page.getByRole('region', { name: 'Sessions of the log' }).getByRole('button').first().click()
        await desk.page.getByText(/computed here; signed by/).waitFor()
        expect(await overflowPx(desk.page), `verified ${theme} ${width}`).toBe(0)
        expect(await accessibilityProblems(desk.page), `verified ${theme} ${width}`).toEqual([])
        await desk.page.locator('.proof-verify').scrollIntoViewIfNeeded()
        await picture(desk, `verified-${theme}-${width}`)
        expect(desk.problems).toEqual([])
        await desk.close()
      }
    }
  })
})

describe('a byte of a sealed recording that was changed on disk', () => {
  let changed: Recording
  let line: number

  beforeAll(() => {
    changed = recordingOf('order by id limit 5')
    const bytes = readFileSync(changed.path)
    const at = bytes.indexOf('limit 5')
    bytes[at + 6] = '4'.charCodeAt(0)
    line = bytes.subarray(0, at).toString().split('\n').length - 1
    writeFileSync(changed.path, bytes)
  })

  it('is named with its session and line, with what it implies and what is still proven', async () => {
    await open(ines)
    expect(await verifyHere(ines)).toMatch(/Tampered with: 1 of \d+ recordings is not as signed/)
    const finding = ines.page.locator('.proof-finding').first()
    await finding.getByText('A line was changed').waitFor()
    const words = await finding.innerText()
    expect(words).toContain(changed.header.steno.session)
    expect(words).toMatch(/Somebody edited the recording after it was anchored/)
    expect(words).toMatch(/other recordings are whole/)
    const [, first, last] = /lines? (\d+)(?: to (\d+))?/.exec(words)!
    expect(line).toBeGreaterThanOrEqual(Number(first))
    expect(line).toBeLessThanOrEqual(Number(last ?? first))
    for (const theme of ['light', 'dark'] as const)
      for (const { width, height } of widths) {
        const desk = await browser.desk({ width, height, theme, state: signedIn })
        await open(desk)
        await verifyHere(desk)
        await desk.page.locator('.proof-finding').first().waitFor()
        expect(await accessibilityProblems(desk.page), `${theme} ${width}`).toEqual([])
        await desk.page.locator('.proof-verify').scrollIntoViewIfNeeded()
        await picture(desk, `broken-${theme}-${width}`)
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
