import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { psql, startGateway, type Gateway, type Recording, type Run } from '../support/gateway.ts'
import { until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { bundleTable } from '../tools/bundle.js'
import { loadTool, toolFile } from '../tools/tools.js'

let postgres: Postgres
let gateway: Gateway
let browser: TestBrowser
/** A person's desk that stays open through the suite. */
let desk: Desk
let signedIn: unknown
let signInLink: string
/** What psql printed of the shopping, line by line. */
let printed: string[]
/** The runs whose sessions the suite looks at. */
let shopping: Run
let hostile: Run

const hostileTable = '<script>alert(1)</script>'
const overridden = 'abc\u202edcba'
const clearing = '\u001b[2Jgone'

const shoppingScript = [
  'begin;',
  "update orders set state = 'shipped' where id = 3;",
  'commit;',
  'begin;',
  'delete from payments where order_id = 4;',
  'rollback;',
  'select id, total, state, note from orders order by id limit 40;',
  'select id from payments where nothing = 1;',
  "select 'the last word' as saying;",
].join('\n')

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`
    create table orders (id int primary key, total numeric(10,2), state text not null default 'paid', note text);
    insert into orders select g, g * 10.5, 'paid', case g % 3 when 0 then null when 1 then '' else 'note ' || g end from generate_series(1, 300) g;
    create table payments (id int primary key, order_id int, method text);
    insert into payments select g, g, 'card' from generate_series(1, 50) g;
    create table "${hostileTable}" ("<img src=x onerror=alert(2)>" text);
    insert into "${hostileTable}" values (E'<b>bold</b>'), (E'abc\\u202edcba'), (E'\\x1b[2Jgone');`)
  gateway = await startGateway(postgres)
  signInLink = (await until('the sign-in link', () => /sign in.*: (http\S+)/.exec(gateway.log())))[1]!
  shopping = await gateway.run({ task: 'shopping' })
  printed = (await psql(shopping.url, shoppingScript, ['-P', 'null=NULL'])).stdout.split('\n')
  const driver = await loadTool('postgres')
  const sql = driver.default(shopping.url, { max: 1 })
  await sql`select id, state from orders where state = ${'paid'} and total > ${100} order by id limit 5`
  await sql`select method from payments where order_id = ${null}`
  await sql.end()
  hostile = await gateway.run({ task: hostileTable })
  await psql(
    hostile.url,
    `select * from "${hostileTable}";\nselect '${overridden}' as "${overridden}", E'${clearing}' as told;\nselect 1 /* ${clearing} <iframe src=javascript:alert(3)> */ as "\u202esame";\nselect "no ${hostileTable}";`,
  )
  for (const attempt of [1, 2, 3]) {
    const run = await gateway.run({ task: 'nightly' })
    await psql(
      run.url,
      `select count(*) from orders;\nupdate orders set note = 'seen' where id = 7;${attempt === 3 ? '\nselect method from payments order by id limit 3;' : ''}`,
    )
    await gateway.call('POST', `/api/runs/${run.id}/end`, { exitCode: 0 })
  }
  await until('the index', async () =>
    (await gateway.commands('limit=200')).some(command => command.text.startsWith('select method from payments order')),
  )
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await postgres?.stop()
})

describe('signing in', () => {
  it('is what every page asks of a stranger, and the way back stays on the desk', async () => {
    const stranger = await browser.desk()
    for (const path of [
      '/',
      '/sessions?view=commands&q=table%3Apayments',
      '/sessions/none?frame=3',
      '/runs',
      '/runs/compare?task=x',
      '/targets',
    ]) {
      await stranger.page.goto(gateway.url + path)
      await stranger.page.waitForURL(/\/sign-in\?to=/)
      if (path !== '/') expect(new URL(stranger.page.url()).searchParams.get('to')).toBe(path)
      await stranger.page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
    }
    expect(await stranger.page.textContent('body')).not.toMatch(/payments|agent-x/)
    expect(stranger.problems.filter(problem => !problem.includes('401'))).toEqual([])
    await stranger.close()
  })

  it('takes the link that was printed, once, and gives a cookie that no script sees', async () => {
    desk = await browser.desk()
    await desk.page.goto(signInLink)
    await desk.page.waitForURL(`${gateway.url}/sessions`)
    await desk.page.getByRole('grid', { name: 'Sessions' }).waitFor()
    const { cookies } = (await desk.state()) as { cookies: any[] }
    expect(cookies).toHaveLength(1)
    expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(await desk.page.evaluate('document.cookie')).toBe('')
    signedIn = await desk.state()

    const late = await browser.desk()
    await late.page.goto(signInLink)
    await late.page.getByRole('alert').filter({ hasText: 'this link was used already' }).waitFor()
    expect(late.page.url()).not.toContain('token')
    expect(((await late.state()) as { cookies: unknown[] }).cookies).toEqual([])
    await late.close()
  })

  it('leads back only to a page of this desk', async () => {
    for (const [to, lands] of [
      ['//evil.example/x', '/sessions'],
      ['https://evil.example/', '/sessions'],
      ['/\\evil.example', '/sessions'],
      ['javascript:alert(1)', '/sessions'],
      ['/targets', '/targets'],
    ] as const) {
      const made = await gateway.call('POST', '/api/sign-in/links', { name: 'visitor', role: 'investigator' })
      expect(made.status, JSON.stringify(made.body)).toBe(201)
      const visitor = await browser.desk()
      const [path, fragment] = made.body.path.split('#')
      await visitor.page.goto(`${gateway.url}${path}?to=${encodeURIComponent(to)}#${fragment}`)
      await visitor.page.waitForURL(gateway.url + lands)
      expect(visitor.problems).toEqual([])
      await visitor.close()
    }
  })

  it('is over when one signs out', async () => {
    const made = await gateway.call('POST', '/api/sign-in/links', { name: 'leaver', role: 'investigator' })
    const leaver = await browser.desk()
    await leaver.page.goto(gateway.url + made.body.path)
    await leaver.page.getByRole('grid', { name: 'Sessions' }).waitFor()
    const state = (await leaver.state()) as { cookies: { name: string; value: string }[] }
    await leaver.page.getByRole('button', { name: 'Sign out' }).click()
    await leaver.page.waitForURL(/\/sign-in/)
    const cookie = state.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    expect((await fetch(`${gateway.url}/api/sessions`, { headers: { cookie } })).status).toBe(401)
    await leaver.close()
  })
})

describe('finding', () => {
  it('shows a session while it is open, and its end, without a reload', async () => {
    const { page } = desk
    await page.goto(`${gateway.url}/sessions`)
    await page.getByRole('grid', { name: 'Sessions' }).waitFor()
    await page.evaluate('globalThis.stayed = true')
    const run = await gateway.run({ task: 'right-now' })
    await withClient(run, async client => {
      await client.query('select 1 as now')
      await page.getByRole('button', { name: /new sessions?/ }).click()
      const row = page.getByRole('row').filter({ hasText: 'right-now' })
      await row.getByText('live').first().waitFor()
    })
    await until('the session to be over', async () =>
      /over/.test(await page.getByRole('row').filter({ hasText: 'right-now' }).textContent()),
    )
    expect(await page.evaluate('globalThis.stayed')).toBe(true)
  })

  it('makes filters of what is typed, keeps them in the address, and goes back', async () => {
    const { page } = desk
    await page.goto(`${gateway.url}/sessions`)
    await page.getByRole('grid', { name: 'Sessions' }).waitFor()
    const box = page.getByRole('combobox', { name: 'Search' })
    await page.keyboard.press('/')
    await page.keyboard.type('table:payments ')
    await page.waitForURL((url: URL) => url.searchParams.get('q') === 'table:payments')
    await until(
      'only sessions that touched payments',
      async () => (await page.getByRole('row').filter({ hasText: hostileTable }).count()) === 0,
    )
    expect(await page.getByRole('row').filter({ hasText: 'shopping' }).count()).toBe(2)

    await box.fill('error:true ')
    await page.waitForURL((url: URL) => url.searchParams.get('q') === 'table:payments error:true')
    await until('only the failing one', async () => (await page.getByRole('row').filter({ hasText: 'shopping' }).count()) === 1)
    await page.goBack()
    await until('both again', async () => (await page.getByRole('row').filter({ hasText: 'shopping' }).count()) === 2)
    expect(await page.getByRole('button', { name: 'Remove error:true' }).count()).toBe(0)

    await page.getByRole('button', { name: 'Remove table:payments' }).click()
    await box.fill('the last word')
    await page.waitForURL((url: URL) => url.searchParams.get('q') === 'the last word')
    await until('the session that said so', async () => (await page.getByRole('row').filter({ hasText: '#' }).count()) === 1)
    expect(await page.getByRole('row').filter({ hasText: 'shopping' }).count()).toBe(1)
    const same = await desk.another()
    await same.goto(page.url())
    await until('the same in another tab', async () => (await same.getByRole('row').filter({ hasText: 'shopping' }).count()) === 1)
    await same.close()
  })

  it('says which commands touched payments, and opens each in the replay at its frame', async () => {
    const { page } = desk
    await page.goto(`${gateway.url}/sessions?q=table%3Apayments&view=commands`)
    const rows = page
      .getByRole('grid', { name: 'Commands' })
      .getByRole('row')
      .filter({ hasText: /payments/ })
    await rows.first().waitFor()
    expect(await rows.count()).toBe((await gateway.commands('table=payments&limit=200')).length)
    for (const text of ['delete from payments', 'select method from payments where', 'select method from payments order'])
      expect(await rows.filter({ hasText: text }).count()).toBeGreaterThan(0)
    await rows.filter({ hasText: 'delete from payments' }).getByRole('link').first().click()
    await page.waitForURL(/\/sessions\/\w+\?frame=\d+/)
    await page.locator('.rp-sql').filter({ hasText: 'delete from payments where order_id = 4' }).waitFor()
    const [command] = await gateway.commands('table=payments&verb=DELETE')
    expect(new URL(page.url()).searchParams.get('frame')).toBe(String(command.frame))
    await page.goBack()
    await rows.first().waitFor()
  })
})

describe('the replay', () => {
  it('lists the statements by transaction, and marks what was rolled back', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'update orders')
    const bands = page.locator('.rp-band')
    expect((await bands.allInnerTexts()).map((text: string) => text.split('\n')[0])).toEqual(['BEGIN … COMMIT', 'BEGIN … ROLLBACK'])
    expect(await page.locator('.rp-statement.is-rolled-back').allInnerTexts()).toEqual([
      expect.stringContaining('begin'),
      expect.stringContaining('delete from payments'),
      expect.stringContaining('rollback'),
    ])
  })

  it('has in its grid what psql printed', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'select id, total, state')
    await page.locator('.rp-row').first().waitFor()
    expect(await page.getByRole('columnheader').allInnerTexts()).toEqual(
      ['id', 'total', 'state', 'note'].map(name => expect.stringContaining(name)),
    )
    const rows = await gridRows(page)
    expect(rows.length).toBeGreaterThan(10)
    expect(rows).toEqual(printed.slice(0, rows.length).map(line => line.split('|').map(cell => (cell === '' ? "''" : cell))))
    await page.locator('.rp-foot').filter({ hasText: 'SELECT 40' }).filter({ hasText: '40 rows recorded in full' }).waitFor()
  })

  it('shows bind values with their types, and NULL as NULL', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'where state = $1')
    expect(await boundValues(page)).toEqual([
      ['$1', 'text', "'paid'"],
      ['$2', 'numeric', "'100'"],
    ])
    await openReplay(page, shopping, 'where order_id = $1')
    expect(await boundValues(page)).toEqual([['$1', 'int4', 'NULL']])
  })

  it('shows an error with its SQLSTATE and its place in the statement', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'where nothing = 1')
    const error = page.getByRole('group', { name: 'Error' })
    await error.filter({ hasText: '42703' }).filter({ hasText: 'column "nothing" does not exist' }).waitFor()
    expect(await page.locator('.rp-sql .rp-mark').first().innerText()).toContain('nothing')
  })

  it('is stepped, played and scrubbed from the keyboard', async () => {
    const { page } = desk
    const statement = page.locator('.rp-sql')
    const now = () => statement.innerText() as Promise<string>
    await openReplay(page, shopping, 'update orders')
    await page.keyboard.press('n')
    await statement.filter({ hasText: 'commit' }).waitFor()
    await page.keyboard.press('p')
    await statement.filter({ hasText: 'update orders' }).waitFor()
    await page.keyboard.press('.')
    await statement.filter({ hasText: 'commit' }).waitFor()
    await page.keyboard.press(',')
    await statement.filter({ hasText: 'update orders' }).waitFor()
    await page.keyboard.press('N')
    await statement.filter({ hasText: 'where nothing = 1' }).waitFor()

    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await until('the play head to have moved', async () => Number(await page.getByRole('slider').getAttribute('aria-valuenow')) > 0)
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Play' }).waitFor()

    const slider = page.getByRole('slider', { name: 'Position in the recording' })
    await slider.focus()
    await page.keyboard.press('End')
    await until('the end', async () => (await slider.getAttribute('aria-valuenow')) === (await slider.getAttribute('aria-valuemax')))
    await page.keyboard.press('Shift+ArrowLeft')
    await until(
      'a tenth before it',
      async () => Number(await slider.getAttribute('aria-valuenow')) < Number(await slider.getAttribute('aria-valuemax')),
    )
    await page.keyboard.press('Home')
    await until('the start', async () => (await slider.getAttribute('aria-valuenow')) === '0')
    await page.keyboard.press('n')
    expect(await now()).not.toBe('')
  })

  it('finds inside itself: statements and what came back', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'update orders')
    await page.keyboard.press('/')
    const field = page.getByRole('searchbox', { name: 'Search inside the recording' })
    await field.fill('the last word')
    await page
      .locator('.rp-search output')
      .filter({ hasText: /^1 command$|1 of 1 command/ })
      .waitFor()
    await field.press('Enter')
    await page.locator('.rp-sql').filter({ hasText: 'the last word' }).waitFor()
    await field.fill('note 17')
    await field.press('Enter')
    await page.locator('.rp-sql').filter({ hasText: 'select id, total, state' }).waitFor()
    await page.locator('.rp-cell .hit').filter({ hasText: 'note 17' }).waitFor()
    await field.fill('nowhere to be found')
    await page.locator('.rp-search output').filter({ hasText: 'nothing found' }).waitFor()
    await field.press('Escape')
    expect(await field.count()).toBe(0)
  })

  it('copies a link that opens the very frame', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'delete from payments')
    await page.getByRole('button', { name: 'Copy link' }).click()
    const link: string = await page.evaluate('navigator.clipboard.readText()')
    expect(link).toMatch(/^http.*\/sessions\/\w+\?frame=\d+$/)
    const other = await desk.another()
    await other.goto(link)
    await other.locator('.rp-sql').filter({ hasText: 'delete from payments where order_id = 4' }).waitFor()
    expect(await other.locator('.rp-statement.is-current').innerText()).toContain('delete from payments')
    await other.close()
  })

  it('downloads the bytes that are on disk', async () => {
    const { page } = desk
    await openReplay(page, shopping, 'update orders')
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('d')])
    const bytes = readFileSync(await download.path())
    const recording = recordingOf(shopping, 'update orders')
    expect(download.suggestedFilename()).toBe(`${recording.header.steno.session}.cast`)
    expect(bytes.equals(readFileSync(recording.path))).toBe(true)
  })

  it('follows a session that is still open', async () => {
    const { page } = desk
    const run = await gateway.run({ task: 'live' })
    await withClient(run, async client => {
      await client.query("select 'before' as it")
      const session = await until('the session', async () => (await gateway.commands(`run=${run.id}`))[0]?.session)
      await page.goto(`${gateway.url}/sessions/${session}`)
      await page.locator('.rp-live').waitFor()
      await page.locator('.rp-sql').filter({ hasText: "'before'" }).waitFor()
      await client.query("select 'meanwhile' as it")
      await page.locator('.rp-sql').filter({ hasText: "'meanwhile'" }).waitFor()
      await page.locator('.rp-cell').filter({ hasText: 'meanwhile' }).waitFor()
    })
    await page.locator('.rp-live').waitFor({ state: 'detached' })
    await page.locator('.rp-statement').filter({ hasText: 'session over' }).waitFor()
  })

  it('shows hostile text as text', async () => {
    const { page } = desk
    await openReplay(page, hostile, 'select * from')
    await page.locator('.rp-row').first().waitFor()
    expect(await page.locator('.rp-column-name').allInnerTexts()).toEqual(['<img src=x onerror=alert(2)>'])
    expect(await gridRows(page)).toEqual([['<b>bold</b>'], ['abc⟦RLO⟧dcba'], ['␛[2Jgone']])
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain(hostileTable)
    await openReplay(page, hostile, 'as told')
    await page.locator('.rp-sql').filter({ hasText: "'abc⟦RLO⟧dcba'" }).waitFor()
    await openReplay(page, hostile, 'iframe')
    await page.locator('.rp-sql').filter({ hasText: '␛[2Jgone <iframe src=javascript:alert(3)>' }).waitFor()
    await openReplay(page, hostile, 'select "no')
    await page
      .getByRole('group', { name: 'Error' })
      .filter({ hasText: `column "no ${hostileTable}" does not exist` })
      .waitFor()
    for (const path of [
      '/sessions',
      '/sessions?view=commands',
      '/runs?group=task',
      `/runs/${hostile.id}`,
      `/runs/compare?task=${encodeURIComponent(hostileTable)}`,
    ]) {
      await page.goto(gateway.url + path)
      await page.locator('body').filter({ hasText: hostileTable }).waitFor()
      expect(await page.locator('body iframe, body img, body script:not([src])').count(), path).toBe(0)
    }
  })
})

describe('runs and targets', () => {
  it('keeps reruns side by side, each with its own page', async () => {
    const { page } = desk
    await page.goto(`${gateway.url}/runs?q=task%3Anightly`)
    const rows = page.getByRole('grid', { name: 'Runs' }).getByRole('row').filter({ hasText: 'nightly' })
    await rows.first().waitFor()
    expect(await rows.count()).toBe(3)
    await rows.filter({ hasText: '#3/3' }).getByRole('link').first().click()
    await page.waitForURL(/\/runs\/run_\w+/)
    await page.getByText('select method from payments order by id limit 3').first().waitFor()
    await page.getByRole('link', { name: 'Compare attempts' }).click()
    await page.waitForURL(/\/runs\/compare/)
  })

  it('compares three attempts, and puts first what only the third issued', async () => {
    const { page } = desk
    await page.goto(`${gateway.url}/runs/compare?task=nightly&principal=agent-x`)
    const rows = page.locator('.matrix tbody tr')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(3)
    const unusual = page.locator('.matrix tbody tr.unusual')
    expect(await unusual.count()).toBe(1)
    expect(await rows.first().innerText()).toContain('select method from payments')
    expect(await unusual.locator('td.count').allInnerTexts()).toEqual(['∅', '∅', '1'])
    await unusual.getByRole('link', { name: '1' }).click()
    await page.locator('.rp-sql').filter({ hasText: 'select method from payments order by id limit 3' }).waitFor()
  })

  it('tells for each target how to connect, and nothing that is secret', async () => {
    const { page } = desk
    await page.goto(`${gateway.url}/targets`)
    await page.getByRole('button', { name: /shop/ }).click()
    await page.getByRole('heading', { name: 'How to connect' }).waitFor()
    const text: string = await page.locator('main').innerText()
    expect(text).toContain(`127.0.0.1:${gateway.port}`)
    expect(text).toContain('npx steno run --target shop')
    expect(text).not.toContain('a password that no agent sees')
  })
})

describe('every screen', () => {
  it('opened no dialog, broke no policy and logged no error so far', () => {
    expect(desk.problems).toEqual([])
  })

  for (const theme of ['light', 'dark'] as const)
    for (const size of widths)
      it(`is accessible and fits, ${theme}, ${size.width} pixels wide`, async () => {
        const session = recordingOf(shopping, 'update orders').header.steno.session
        const frameOf = async (words: string) =>
          (await gateway.commands('limit=200')).find(command => command.session === session && command.text.includes(words)).frame
        const screens = {
          '/sessions': '.row-link',
          '/sessions?q=verdict%3Aperhaps%20error%3Atrue': '.token.wrong',
          '/sessions?q=no%20such%20text': '.empty',
          '/sessions?view=commands&q=table%3Apayments': '.row-link',
          [`/sessions/${session}?frame=${await frameOf('select id, total')}`]: '.rp-foot',
          [`/sessions/${session}?frame=${await frameOf('nothing = 1')}&q=orders`]: '.rp-foot',
          '/sessions/none': '.problem',
          '/runs/run_none': '.problem',
          '/runs': '.row-link',
          '/runs?group=task': '.row-link',
          [`/runs/${shopping.id}`]: '.row-link',
          '/runs/compare?task=nightly&principal=agent-x': '.matrix',
          '/runs/compare': '.empty',
          '/targets': '.snippet',
          '/nowhere': '.empty',
        }
        const found: string[] = []
        const look = async (place: string, page: any) => {
          found.push(...(await accessibilityProblems(page)).map(problem => `${place}: ${problem}`))
          const over = await overflowPx(page)
          if (over > 0) found.push(`${place}: ${over} pixels too wide`)
        }
        const person = await browser.desk({ ...size, theme, state: signedIn })
        for (const [path, sign] of Object.entries(screens)) {
          await person.page.goto(gateway.url + path)
          await person.page.locator(sign).first().waitFor({ state: 'attached' })
          await look(path, person.page)
        }
        await person.page.goto(`${gateway.url}/sessions`)
        await person.page.locator('.row-link').first().waitFor({ state: 'attached' })
        await person.page.keyboard.press('?')
        await person.page.getByRole('dialog').waitFor()
        await look('the keyboard map', person.page)
        await person.page.keyboard.press('Escape')
        await person.page.keyboard.press('Control+k')
        await person.page.getByRole('dialog').waitFor()
        await look('the palette', person.page)
        expect(person.problems.filter(problem => !problem.includes('404'))).toEqual([])
        await person.close()
        const stranger = await browser.desk({ ...size, theme })
        for (const place of ['/sign-in', '/sign-in#token=steno_link_wrong']) {
          await stranger.page.goto('about:blank')
          await stranger.page.goto(gateway.url + place)
          await stranger.page.getByRole('heading', { name: place.includes('#') ? 'This link does not' : 'Sign in' }).waitFor()
          await look(place, stranger.page)
        }
        await stranger.close()
        expect(found.join('\n')).toBe('')
      })
})

describe('what the browser is told', () => {
  it('is to run nothing but ours, and to be framed by nobody', async () => {
    for (const path of ['/', '/sessions', '/api/sessions', '/nowhere', '/theme.js']) {
      const { headers } = await fetch(gateway.url + path)
      const policy = new Map(
        (headers.get('content-security-policy') ?? '')
          .split(';')
          .map(directive => directive.trim().split(/ (.*)/).slice(0, 2) as [string, string]),
      )
      expect(policy.get('default-src'), path).toBe("'none'")
      expect(policy.get('script-src'), path).toBe("'self'")
      expect(policy.get('style-src'), path).toBe("'self'")
      expect(policy.get('frame-ancestors'), path).toBe("'none'")
      expect(policy.get('base-uri'), path).toBe("'none'")
      expect(policy.get('object-src'), path).toBe("'none'")
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('referrer-policy'), path).toBe('no-referrer')
    }
  })

  it('is nothing, without a cookie', async () => {
    const { session } = recordingOf(shopping, 'update orders').header.steno
    for (const path of [
      'sessions',
      'commands',
      'commands/histogram',
      'runs',
      'runs/compare?task=nightly',
      'targets',
      'events',
      `sessions/${session}`,
      `sessions/${session}/recording`,
    ]) {
      const answer = await fetch(`${gateway.url}/api/${path}`)
      expect(answer.status, path).toBe(401)
      expect(await answer.text(), path).not.toContain('payments')
    }
  })

  it('is little: every page fits its budget', () => {
    for (const { name, bytes, bytesMax, parts } of bundleTable()) {
      expect(parts.length, name).toBeGreaterThan(0)
      expect(bytes, `${name}: ${JSON.stringify(parts)}`).toBeLessThanOrEqual(bytesMax)
    }
  })
})

describe('a recording elsewhere', () => {
  it('is asciicast 3, line by line', () => {
    const recordings = gateway.recordings()
    expect(recordings.length).toBeGreaterThan(6)
    for (const { path, header, whole } of recordings) {
      expect(whole, path).toBe(true)
      expect(header).toMatchObject({
        version: 3,
        term: { cols: expect.any(Number), rows: expect.any(Number) },
        timestamp: expect.any(Number),
      })
      const [, ...lines] = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).trimEnd().split('\n')
      for (const line of lines) {
        const event = JSON.parse(line)
        expect(event).toEqual([expect.any(Number), expect.stringMatching(/^[a-z]$/), expect.any(String)])
        expect(event[0]).toBeGreaterThanOrEqual(0)
      }
      expect(JSON.parse(lines.at(-1)!)[1], path).toBe('e')
    }
  })

  it('passes the strict reader', async () => {
    for (const { path, events } of gateway.recordings()) {
      const ran = await gateway.steno(['export', path, '--as', 'ndjson'])
      expect(ran.stderr, path).toBe('')
      expect(ran.code, path).toBe(0)
      expect(ran.stdout.split('\n').length, path).toBeGreaterThan(events.filter(({ code }) => code === 'q').length)
    }
  })

  it('plays in the stock asciinema player', async () => {
    const files: Record<string, [type: string, bytes: Buffer]> = {
      '/': [
        'text/html',
        Buffer.from(
          '<!doctype html><title>player</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/player.css"><div id="player"></div><script src="/player.js"></script>',
        ),
      ],
      '/player.js': ['text/javascript', readFileSync(toolFile('asciinema-player/dist/bundle/asciinema-player.min.js'))],
      '/player.css': ['text/css', readFileSync(toolFile('asciinema-player/dist/bundle/asciinema-player.css'))],
      '/one.cast': ['application/x-asciicast', readFileSync(recordingOf(shopping, 'update orders').path)],
    }
    const server = createServer((request, answer) => {
      const file = files[request.url ?? '']
      answer.writeHead(file ? 200 : 404, { 'content-type': file?.[0] ?? 'text/plain' }).end(file?.[1])
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const elsewhere = await browser.desk()
    try {
      await elsewhere.page.goto(`http://127.0.0.1:${port}/`)
      const failed: unknown = await elsewhere.page.evaluate(`new Promise(resolve => {
        const player = AsciinemaPlayer.create('/one.cast', document.getElementById('player'), { preload: true, speed: 50, fit: false })
        player.addEventListener('error', event => resolve(event.message ?? 'error'))
        player.addEventListener('ended', () => resolve(null))
        player.play()
      })`)
      expect(failed).toBeNull()
      const text = async () => ((await elsewhere.page.locator('.ap-term').innerText()) as string).replaceAll('\u00a0', ' ')
      await until(
        'the last statement and its row on the screen',
        async () => /select 'the last word' as saying/.test(await text()) && /the last word\s*$/m.test(await text()),
      )
      expect(await text()).toMatch(/column "nothing" does not exist/)
      expect(elsewhere.problems).toEqual([])
    } finally {
      await elsewhere.close()
      server.close()
    }
  })
})

describe('a gateway that stops', () => {
  it('is said in a banner over what was last seen, accessible too, and is found again', async () => {
    const person = await browser.desk({ state: signedIn })
    const { page } = person
    await page.goto(`${gateway.url}/sessions`)
    await page.locator('.row-link').first().waitFor({ state: 'attached' })
    await gateway.kill()
    const banner = page.locator('.banner').filter({ hasText: 'The gateway does not answer.' })
    await banner.waitFor({ timeout: 30_000 })
    expect(await page.locator('.row-link').count()).toBeGreaterThan(0)
    expect(await accessibilityProblems(page)).toEqual([])
    await page.getByRole('link', { name: 'Targets' }).click()
    await page.locator('.problem, .targets').first().waitFor({ timeout: 30_000 })
    expect(await accessibilityProblems(page)).toEqual([])
    await page.getByRole('link', { name: 'Sessions' }).click()
    await gateway.start()
    await banner.waitFor({ state: 'detached', timeout: 40_000 })
    await page.locator('.row-link').first().waitFor({ state: 'attached' })
    expect(person.problems.filter(problem => !/ERR_|Failed to load|load preload assets/.test(problem))).toEqual([])
    await person.close()
  })
})

/** Opens the replay of the session of a run that has a statement, at that statement. */
async function openReplay(page: any, run: Run, words: string): Promise<void> {
  const command = (await gateway.commands(`run=${run.id}&limit=200`)).find(({ text, kind }) => text.includes(words) && kind !== 'prepare')
  await page.goto(`${gateway.url}/sessions/${command.session}?frame=${command.frame}`)
  await page.locator('.rp-statement.is-current').waitFor()
  await page.locator('.rp-foot').waitFor()
}

/** The recording of the session of a run that has a statement. */
function recordingOf(run: Run, words: string): Recording {
  return gateway
    .recordings()
    .find(
      ({ header, events }) => header.steno.run.id === run.id && events.some(({ code, data }) => code === 'q' && data.text.includes(words)),
    )!
}

function gridRows(page: any): Promise<string[][]> {
  return page
    .locator('.rp-row')
    .evaluateAll((rows: any[]) => rows.map(row => [...row.querySelectorAll('[role=gridcell]')].map((cell: any) => cell.innerText)))
}

function boundValues(page: any): Promise<string[][]> {
  return page.locator('.rp-bind').evaluateAll((binds: any[]) => binds.map(bind => [...bind.children].map((part: any) => part.innerText)))
}

async function withClient(run: Run, work: (client: any) => Promise<void>): Promise<void> {
  const pg = await loadTool('pg')
  const client = new (pg.default ?? pg).Client({ connectionString: run.url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
