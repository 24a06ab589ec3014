import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway
let browser: TestBrowser
let ada: Desk
let current: Run

/** Where screenshots go when somebody wants to look at them. */
const pictures = process.env['STENO_PICTURES']

const noDrops = `rule('no drops', {
  on: target('shop'),
  when: op => op.verb === 'DROP',
  effect: forbid('tables stay'),
})
test('a drop is refused', shop\`DROP TABLE orders\`, 'deny')
`
const noDeletes = `${noDrops}rule('no deletes without WHERE', {
  on: target('shop'),
  when: op => op.verb === 'DELETE' && op.hasWhere === false,
  effect: forbid('say which rows'),
})
`

async function signIn(name: string, role: string, groups: string[] = []): Promise<Desk> {
  const made = await gateway.call('POST', '/api/sign-in/links', { name, role, groups })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const desk = await browser.desk()
  await desk.page.goto(gateway.url + made.body.path)
  await desk.page.waitForURL(`${gateway.url}/sessions`)
  return desk
}

/** Opens a policy's page and waits until its text has been checked. */
async function open({ page }: Desk, name: string): Promise<void> {
  await page.goto(`${gateway.url}/policies/${name}`)
  await page.locator('.policy-editor .view-lines').waitFor()
  await page.locator('.policy-state').filter({ hasNotText: 'checking' }).waitFor()
}

/** Replaces all of the text, as somebody who pastes does. */
async function write({ page }: Desk, text: string): Promise<void> {
  await page.locator('.policy-editor .view-lines').click()
  await page.keyboard.press('Control+a')
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  await page.keyboard.press('Control+v')
}

/** Looks at a screen in both themes and widths. */
async function lookAt(name: string, who: Desk, path: string, isThere: (page: any) => Promise<void>): Promise<void> {
  const state = await who.state()
  for (const theme of ['light', 'dark'] as const) {
    for (const { width, height } of widths) {
      const desk = await browser.desk({ width, height, theme, state })
      await desk.page.goto(gateway.url + path)
      await isThere(desk.page)
      expect(await overflowPx(desk.page), `${name} ${theme} ${width}`).toBe(0)
      expect(await accessibilityProblems(desk.page), `${name} ${theme} ${width}`).toEqual([])
      expect(desk.problems, `${name} ${theme} ${width}`).toEqual([])
      if (pictures) {
        mkdirSync(pictures, { recursive: true })
        await desk.page.screenshot({ path: `${pictures}/${name}-${theme}-${width}.png` })
      }
      await desk.close()
    }
  }
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('create table orders (id int primary key, note text)')
  gateway = await startGateway(postgres, { policies: { reviewers: ['dba'] } })
  current = await gateway.run({ task: 'tidy up' })
  expect((await psql(current.url, 'select 1; delete from orders; select note from orders')).code).toBe(0)
  browser = await startBrowser()
  ada = await signIn('ada', 'author')
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await postgres?.stop()
})

describe('where policies have reviewers', () => {
  it('what an author sends waits for somebody else, and says what was seen', async () => {
    await open(ada, 'new')
    await write(ada, noDrops)
    await ada.page.getByText('✓ 1 pass').waitFor()
    await ada.page.getByRole('button', { name: 'Publish…' }).click()
    const dialog = ada.page.getByRole('dialog')
    await dialog.getByText('It comes into force when somebody else of dba agrees to exactly this.').waitFor()
    await dialog.getByText('no command is decided otherwise').waitFor()
    expect(await dialog.getByRole('button', { name: 'Propose' }).isDisabled()).toBe(true)
    await dialog.getByLabel('Name').fill('guard')
    await dialog.getByLabel(/Why/).fill('tables are dropped by people')
    await dialog.getByRole('button', { name: 'Propose' }).click()
    await ada.page.waitForURL(/\/policies\/guard\?proposal=pro_/)
    await ada.page.getByText(/nobody agrees to what they propose themselves/).waitFor()
    expect(await ada.page.getByRole('button', { name: 'Agree…' }).count()).toBe(0)
    expect((await gateway.call('GET', '/api/policies')).body.items).toEqual([])
  })

  it('a second person sees it waiting, reads what it means, and agrees; psql obeys', async () => {
    const dora = await signIn('dora', 'approver', ['dba'])
    await dora.page.goto(`${gateway.url}/policies`)
    await dora.page.getByText('waits for you').waitFor()
    await dora.page.getByRole('link', { name: 'guard' }).click()
    await dora.page.getByText('tables are dropped by people').waitFor()
    await dora.page.keyboard.press('a')
    const dialog = dora.page.getByRole('dialog')
    await dialog.getByRole('heading', { name: /Put guard@[0-9a-f]{12} in force/ }).waitFor()
    await dialog.getByRole('button', { name: 'Agree' }).click()
    await dora.page.getByText('agreed to, in force since').first().waitFor()
    // The author's page, which is open, says so too.
    await ada.page.getByText('agreed to, in force since').first().waitFor()
    expect((await psql(current.url, 'drop table orders')).stderr).toContain('no drops')
    const { body } = await gateway.call('GET', '/api/policies/guard')
    expect(body).toMatchObject({ by: { name: 'ada' }, agreed: { by: { name: 'dora' } }, rehearsed: { commands: expect.any(Number) } })
    await dora.close()
  })

  it('the second of two authors sees what the first published, and goes on from there', async () => {
    await open(ada, 'guard')
    await write(ada, noDeletes)
    await ada.page.getByText('✎ draft').waitFor()
    // Somebody else's proposal comes into force while this draft is open.
    const { body: proposed } = await gateway.call('PUT', '/api/policies/guard', { source: `${noDrops}// theirs\n`, reason: 'a word' })
    const reviewer = await gateway.call('POST', '/api/tokens', { name: 'dee', role: 'approver', groups: ['dba'] })
    const agreed = await gateway.call(
      'POST',
      `/api/policies/proposals/${proposed.id}/reviews`,
      { vote: 'accept', digest: proposed.digest },
      reviewer.body.secret,
    )
    expect(agreed.status, JSON.stringify(agreed.body)).toBe(200)
    await ada.page.getByText('Another version was published since you began this draft').waitFor()
    expect(await ada.page.getByRole('button', { name: 'Publish…' }).isDisabled()).toBe(true)
    await open(ada, 'guard')
    await ada.page.getByText('Another version was published since you began this draft').waitFor()
    await ada.page.getByRole('button', { name: 'See the difference' }).click()
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Go on with my draft' }).click()
    await ada.page.getByText('Another version was published').waitFor({ state: 'detached' })
  })

  it('a draft that another tab changed is not written over in silence', async () => {
    const other = { ...ada, page: await ada.another() }
    await open(other, 'guard')
    await write(other, `${noDeletes}// from the other tab\n`)
    await ada.page.getByText('This draft was changed in another tab').waitFor()
    await ada.page.getByRole('button', { name: 'Take the other tab’s' }).click()
    await ada.page.locator('.view-lines').filter({ hasText: 'from the other tab' }).waitFor()
    await other.page.close()
  })
})

describe('the list', () => {
  it('says of each policy how it does: hits, tests, who changed it, and the draft here', async () => {
    await expect
      .poll(async () => (await gateway.call('GET', '/api/policies/activity')).body.items[0]?.commands, { timeout: 10_000 })
      .toBe(1)
    await ada.page.goto(`${gateway.url}/policies`)
    const row = ada.page.getByRole('row', { name: /guard/ })
    await row.getByText('1 denied, 0 held of').waitFor()
    await row.getByText('✎ your draft').waitFor()
    await row.getByText('1 ✓').waitFor()
    await row.getByText('by admin, with dee').waitFor()
  })
})

describe('a replay', () => {
  it('leads from a decision to the rule’s line in the version that made it', async () => {
    const [denied] = await gateway.commands('verdict=deny')
    await ada.page.goto(`${gateway.url}/sessions/${denied.session}?frame=${denied.frame}`)
    const link = ada.page.getByRole('complementary', { name: 'About this command' }).getByRole('link', { name: 'no drops' })
    await link.click()
    await ada.page.waitForURL(/\/policies\/guard\?v=/)
    await ada.page.locator('.policy-meant').waitFor()
    await ada.page.getByText('not in force', { exact: true }).waitFor()
  })

  it('shows what the draft would say, on the whole session and with the clauses that held', async () => {
    const [command] = await gateway.commands('text=delete%20from%20orders')
    await ada.page.goto(`${gateway.url}/sessions/${command.session}`)
    await ada.page.getByLabel('What would the draft say?').selectOption('guard')
    await ada.page.getByText('✕ 1 newly denied').waitFor()
    await ada.page.getByRole('button', { name: 'Next command it decides otherwise' }).click()
    const inspector = ada.page.getByRole('complementary', { name: 'About this command' })
    await inspector.getByText('✕ would be denied').waitFor()
    expect(await inspector.locator('mark').allTextContents()).toContain("op.verb === 'DELETE'")
    expect(await ada.page.locator('.rp-would').count()).toBe(1)
    expect(await ada.page.locator('.rp-flip.is-deny').count()).toBe(1)
    expect(ada.page.url()).toContain('draft=guard')
    await lookAt('replay-draft', ada, `/sessions/${command.session}?frame=${command.frame}&draft=guard`, async page => {
      await page.getByText('✕ 1 newly denied').waitFor()
    })
    await ada.page.getByRole('button', { name: 'Turn off' }).click()
    await ada.page.locator('.rp-would').waitFor({ state: 'detached' })
  })
})

describe('the versions', () => {
  it('stand beside each other, and one goes back to any of them as one publishes', async () => {
    const { body } = await gateway.call('GET', '/api/policies/guard')
    const first = body.versions.at(-1).version
    await ada.page.goto(`${gateway.url}/policies/guard?view=history`)
    await ada.page.getByText('No command is judged otherwise than before.').waitFor()
    await ada.page.keyboard.press('j')
    await ada.page.waitForURL(new RegExp(encodeURIComponent(first)))
    await ada.page.getByRole('button', { name: /Go back to/ }).click()
    await ada.page.getByText('You have a draft of this policy in this browser').waitFor()
    await lookAt('history', ada, '/policies/guard?view=history', async page => {
      await page.getByText('No command is judged otherwise than before.').waitFor()
      await page.locator('.text-diff .view-lines').first().waitFor()
    })

    await open(ada, 'guard')
    await ada.page.getByRole('button', { name: 'Discard draft' }).click()
    await ada.page.goto(`${gateway.url}/policies/guard?view=history&to=${encodeURIComponent(first)}`)
    await ada.page.getByRole('button', { name: /Go back to/ }).click()
    const dialog = ada.page.getByRole('dialog')
    expect(await dialog.getByLabel(/Why/).inputValue()).toMatch(/^back to @/)
    await dialog.getByText('no command is decided otherwise').waitFor()
    await dialog.getByRole('button', { name: 'Propose' }).click()
    await ada.page.waitForURL(/proposal=pro_/)
  })
})

describe('the screens', () => {
  it('are whole in both themes and widths', async () => {
    const { body } = await gateway.call('GET', '/api/policies/proposals')
    const pending = body.items.find(({ state }: any) => state === 'pending')
    await lookAt('policies-list', ada, '/policies', async page => {
      await page.getByText('waits for dba').waitFor()
      await page.getByRole('row', { name: /guard/ }).getByText('1 denied').waitFor()
    })
    await lookAt('proposal', ada, `/policies/guard?proposal=${pending.id}`, async page => {
      await page.locator('.text-diff .view-lines').first().waitFor()
      await page.getByRole('button', { name: 'Take back…' }).waitFor()
    })
    await lookAt('version', ada, `/policies/guard?v=${encodeURIComponent(pending.version)}&line=3`, async page => {
      await page.locator('.policy-meant').waitFor()
    })
  })

  it('ask whole, too: what is proposed, and what one agrees to', async () => {
    const { body } = await gateway.call('GET', '/api/policies/proposals')
    const pending = body.items.find(({ state }: any) => state === 'pending')
    const dora = await signIn('dora', 'approver', ['dba'])
    await lookAt('agree-dialog', dora, `/policies/guard?proposal=${pending.id}`, async page => {
      await page.getByRole('button', { name: 'Agree…' }).click()
      await page
        .getByRole('dialog')
        .getByRole('heading', { name: /in force/ })
        .waitFor()
    })
    await dora.close()
    await open(ada, 'guard')
    await write(ada, noDeletes.replace('say which rows', 'say which rows, please').replace("'DELETE' &&", "'SELECT' &&"))
    await ada.page.getByText('✎ draft').waitFor()
    await lookAt('publish-dialog', ada, '/policies/guard', async page => {
      await page.getByRole('button', { name: 'Publish…' }).click()
      await page
        .getByRole('dialog')
        .getByText(/decided otherwise|would be/)
        .first()
        .waitFor()
    })
    await ada.page.getByRole('button', { name: 'Discard draft' }).click()
  })

  it('say so where a version never was', async () => {
    const desk = await browser.desk({ state: await ada.state() })
    await desk.page.goto(`${gateway.url}/policies/guard?v=guard@000000000000`)
    await desk.page.getByText('This version cannot be shown').waitFor()
    await desk.page.getByText('no version `guard@000000000000` of a policy `guard`').waitFor()
    await desk.close()
  })

  it('may be left before the type checker is there', async () => {
    const desk = await browser.desk({ state: await ada.state() })
    let mayCome = () => {}
    const isDue = new Promise<void>(resolve => (mayCome = resolve))
    let hasCome = false
    await desk.page.route(/ts[.]worker|typescript-worker/, async (route: any) => {
      await isDue
      await route.continue()
      hasCome = true
    })
    await desk.page.goto(`${gateway.url}/policies/guard`)
    await desk.page.locator('.policy-editor .view-lines').waitFor()
    await desk.page.getByRole('link', { name: /version/ }).click()
    await desk.page.locator('.text-diff').waitFor()
    mayCome()
    await until('the type checker to come', async () => hasCome)
    // What comes to nobody comes within a moment.
    await desk.page.waitForTimeout(2000)
    expect(desk.problems).toEqual([])
    await desk.close()
  })

  it('say everything with the keyboard map', async () => {
    await ada.page.goto(`${gateway.url}/policies`)
    await ada.page.getByRole('row', { name: /guard/ }).waitFor()
    await ada.page.keyboard.press('?')
    await ada.page.getByRole('dialog').getByText('New policy').waitFor()
    await ada.page.keyboard.press('Escape')
    await ada.page.goto(`${gateway.url}/policies/guard?view=history`)
    await ada.page.locator('.text-diff').waitFor()
    await ada.page.keyboard.press('?')
    await ada.page.getByRole('dialog').getByText('Earlier version').waitFor()
    expect(ada.problems).toEqual([])
  })
})
