import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { lawless, publish } from '../support/law.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway
let browser: TestBrowser
let author: Desk
let current: Run

/** Where screenshots go when somebody wants to look at them. */
const pictures = process.env['STENO_PICTURES']

const guarding = `rule('no deletes of everything', {
  on: target('shop'),
  when: op => op.verb === 'DELETE' && !op.hasWhere,
  effect: forbid('say which rows', { hint: 'add a WHERE' }),
})
rule('changes are approved', {
  on: target('shop'),
  when: op => op.verb === 'UPDATE',
  effect: requireApproval({ by: 'approver', within: '15m' }),
})
rule('addresses', {
  on: target('shop'),
  effect: mask({ columns: [shop.customers.email], with: 'redact' }),
})
rule('small portions', {
  on: target('shop'),
  when: op => op.verb === 'SELECT',
  effect: limit({ rows: 1, over: 'cut' }),
})
`

async function signIn(name: string, role: string): Promise<Desk> {
  const made = await gateway.call('POST', '/api/sign-in/links', { name, role })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const desk = await browser.desk()
  await desk.page.goto(gateway.url + made.body.path)
  await desk.page.waitForURL(`${gateway.url}/sessions`)
  return desk
}

/** Opens a policy's page with the rehearsal beside it, and waits for the text. */
async function open({ page }: Desk, name: string, query = 'side=rehearsal'): Promise<void> {
  await page.goto(`${gateway.url}/policies/${name}?${query}`)
  await page.locator('.policy-editor .view-lines').waitFor()
}

/** Replaces all of the text, as somebody who pastes does. */
async function write({ page }: Desk, text: string): Promise<void> {
  await page.locator('.policy-editor .view-lines').click()
  await page.keyboard.press('Control+a')
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  await page.keyboard.press('Control+v')
}

/** Throws away what was written: the next test begins with the policy as it is. */
async function discard({ page }: Desk): Promise<void> {
  await page.evaluate('for (const key of Object.keys(localStorage)) if (key.includes("draft")) localStorage.removeItem(key)')
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`
    create table customers (id int primary key, email text);
    create table orders (id int primary key, note text);
    insert into customers values (1, 'ada@example.com'), (2, 'grace@example.com');
    insert into orders values (1, 'a'), (2, 'b'), (3, 'c')`)
  gateway = await startGateway(postgres)
  current = await gateway.run({ task: 'read' })
  const asked = await psql(
    current.url,
    `select id, email from customers order by id;
     update orders set note = 'd' where id = 1;
     delete from orders;
     select 1`,
  )
  expect(asked.code, asked.stderr).toBe(0)
  browser = await startBrowser()
  author = await signIn('ada', 'author')
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await postgres?.stop()
})

/** Opens the newest session's replay at the command with that text. */
async function replay({ page }: Desk, text: string): Promise<void> {
  const [found] = await gateway.commands(`text=${encodeURIComponent(text)}`)
  await page.goto(`${gateway.url}/sessions/${found.session}?frame=${found.frame}`)
  await page.locator('.rp-inspector').waitFor({ state: 'attached' })
}

describe('an author', () => {
  it('sees beside a draft what the past would have met under it, before anything is published', async () => {
    await open(author, 'new')
    await write(author, guarding)
    const { page } = author
    await page.locator('.rh-summary').filter({ hasText: '1newly denied' }).filter({ hasText: '1newly held' }).waitFor()
    await page
      .locator('.rh-state')
      .filter({ hasText: '4 commands of 1 session loaded' })
      .filter({ hasText: 'all of this window' })
      .waitFor()
    const group = page.locator('.rh-groups > li').filter({ hasText: 'delete from orders' })
    await group.locator('summary').click()
    // The clause that held, and where it leads.
    await group.locator('mark').filter({ hasText: '!op.hasWhere' }).waitFor()
    expect(await group.locator('a').getAttribute('href')).toMatch(/^\/sessions\/[^?]+\?frame=\d+&draft=new$/)
    expect(await page.locator('.rh-samples tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/ada@example\.com\s+\[redacted\]/),
      expect.stringMatching(/grace@example\.com\s+\[redacted\]/),
    ])
    await page.getByText('1 cut by 1 row').waitFor()
    await page.locator('.rh-days tr').filter({ hasText: 'approver 1' }).waitFor()
    await page.getByRole('heading', { name: 'What history cannot tell' }).waitFor()
  })

  it('sees it change while typing, with what was open still open', async () => {
    const { page } = author
    await write(author, guarding.replace("op.verb === 'DELETE' && !op.hasWhere", "op.verb === 'DELETE' || op.verb === 'UPDATE'"))
    await page.locator('.rh-summary').filter({ hasText: '2newly denied' }).waitFor()
    expect(
      await page.locator('.rh-groups > li').filter({ hasText: 'delete from orders' }).locator('details').getAttribute('open'),
    ).not.toBeNull()
    await page.getByRole('button', { name: '2 were allowed and would be denied' }).click()
    expect(await page.locator('.rh-groups > li').count()).toBe(2)
    await write(author, `${guarding}rule(`)
    await page.locator('.rh-trouble').filter({ hasText: 'nothing can be rehearsed' }).waitFor()
    await page.getByText('2newly denied').waitFor()
  })

  it('chooses the window, the target and the agent, and the address keeps them', async () => {
    const { page } = author
    await write(author, guarding)
    await page.locator('.rh-summary').filter({ hasText: 'of 4 commands' }).waitFor()
    await page.getByLabel('Target').selectOption('other')
    await page.getByText('No command of the past stands in this window.').waitFor()
    expect(page.url()).toContain('target=other')
    await page.getByLabel('Target').selectOption('')
    await page.getByLabel('Agent').selectOption('agent-x')
    await page.getByLabel('Window').selectOption('24h')
    await page.locator('.rh-summary').filter({ hasText: 'of 4 commands' }).waitFor()
    expect(page.url()).toContain('since=24h')
    expect(page.url()).toContain('agent=agent-x')
  })

  it('has the gateway rehearse everything, and is told when the text went on', async () => {
    const { page } = author
    await page.getByRole('tab', { name: 'Everything' }).click()
    await page.getByRole('button', { name: 'Rehearse everything' }).click()
    await page.locator('.rh-state').filter({ hasText: '4 commands of 1 session, by 1 agent' }).waitFor()
    await page.locator('.rh-summary').filter({ hasText: '1newly denied' }).waitFor()
    await page.locator('.policy-editor .view-lines').click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('// on')
    await page.getByText('The text has changed since.').waitFor()
    await page.getByRole('tab', { name: 'Loaded here' }).click()
  })

  it('rehearses together with what is in force beside the draft', async () => {
    await publish(gateway, 'others', `rule('no updates', { on: target('shop'), when: op => op.verb === 'UPDATE', effect: forbid('no') })`)
    await open(author, 'new')
    const group = author.page.locator('.rh-groups > li').filter({ hasText: 'update orders' })
    await group.locator('summary').click()
    await group.locator('.rh-because').filter({ hasText: 'no updates' }).waitFor()
    await lawless(gateway)
    await discard(author)
  })
})

describe('a command of a replay', () => {
  it('becomes a rule in a draft', async () => {
    const { page } = author
    await replay(author, 'delete from orders')
    await page.getByRole('button', { name: 'Make a rule…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('.from-command-text').filter({ hasText: "op.verb === 'DELETE'" }).waitFor()
    await dialog.getByLabel('Add it to').selectOption('')
    expect(await accessibilityProblems(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Open in the editor' }).click()
    await page.waitForURL(`${gateway.url}/policies/new*`)
    await page.locator('.view-lines').filter({ hasText: 'no DELETE orders' }).waitFor()
    await discard(author)
  })

  it('becomes a pin of a policy, whose flip then blocks publishing', async () => {
    const { page } = author
    await publish(gateway, 'guard', `rule('no drops', { on: target('shop'), when: op => op.verb === 'DROP', effect: forbid('no') })`)
    await replay(author, 'delete from orders')
    await page.getByRole('button', { name: 'Pin as a test…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('.from-command-text').filter({ hasText: "'allow', { kind: 'agent', name: 'agent-x'" }).waitFor()
    expect(await dialog.getByLabel('Add it to').inputValue()).toBe('guard')
    await dialog.getByRole('button', { name: 'Open in the editor' }).click()
    await page.waitForURL(`${gateway.url}/policies/guard*`)
    await page.getByRole('tab', { name: 'Checks' }).click()
    await page.getByText('✓ 1 pass').waitFor()
    await page.locator('.policy-editor .view-lines').click()
    await page.keyboard.press('Control+Home')
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(guarding)})`)
    await page.keyboard.press('Control+v')
    await page.getByText('✕ 1 of 1 fail').waitFor()
    expect(await page.getByRole('button', { name: 'Publish…' }).isDisabled()).toBe(true)
    await lawless(gateway)
    await discard(author)
  })
})

describe('somebody who may not publish', () => {
  it('may look at what the past would have met, but neither has the gateway do it nor makes rules', async () => {
    await publish(gateway, 'guard', guarding)
    const investigator = await signIn('ines', 'investigator')
    const { page } = investigator
    await open(investigator, 'guard')
    await page.locator('.rh-summary').filter({ hasText: '1newly denied' }).waitFor()
    await page.getByRole('tab', { name: 'Everything' }).click()
    expect(await page.getByRole('button', { name: 'Rehearse everything' }).isDisabled()).toBe(true)
    await replay(investigator, 'delete from orders')
    await page.getByRole('heading', { name: 'Decision' }).waitFor()
    expect(await page.getByRole('button', { name: 'Make a rule…' }).count()).toBe(0)
    expect(investigator.problems).toEqual([])
    await investigator.close()
  })
})

describe('the pages', () => {
  it('are whole in both themes and widths', async () => {
    const signedIn = await author.state()
    for (const theme of ['light', 'dark'] as const) {
      for (const { width, height } of widths) {
        const desk = await browser.desk({ width, height, theme, state: signedIn })
        const look = async (name: string) => {
          expect(await overflowPx(desk.page), `${name} ${theme} ${width}`).toBe(0)
          expect(await accessibilityProblems(desk.page), `${name} ${theme} ${width}`).toEqual([])
          if (!pictures) return
          mkdirSync(pictures, { recursive: true })
          await desk.page.screenshot({ path: `${pictures}/${name}-${theme}-${width}.png` })
        }
        await open(desk, 'guard')
        await desk.page.locator('.rh-summary').filter({ hasText: '1newly denied' }).waitFor()
        await look('rehearsal')
        await desk.page.locator('.rh-groups summary').first().click()
        await desk.page.getByRole('heading', { name: 'What history cannot tell' }).scrollIntoViewIfNeeded()
        await look('rehearsal-below')
        await desk.page.getByRole('tab', { name: 'Everything' }).click()
        await desk.page.getByRole('button', { name: 'Rehearse everything' }).click()
        await desk.page.getByRole('button', { name: 'Rehearse again' }).waitFor()
        await look('rehearsal-everything')
        await replay(desk, 'delete from orders')
        if (width < 700) await desk.page.getByRole('tab', { name: 'About' }).click()
        await desk.page.getByRole('button', { name: 'Make a rule…' }).click()
        await desk.page.locator('.from-command-text').waitFor()
        await look('from-command')
        expect(desk.problems).toEqual([])
        await desk.close()
      }
    }
  })
})
