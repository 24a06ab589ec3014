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

const masking = `rule('hide addresses', {
  on: target('shop'),
  effect: mask({ columns: [shop.customers.email], with: 'redact' }),
})
test('reading them is allowed', shop\`SELECT email FROM customers\`, 'allow')
`

async function signIn(name: string, role: string): Promise<Desk> {
  const made = await gateway.call('POST', '/api/sign-in/links', { name, role })
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

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`
    create table customers (id int primary key, email text);
    insert into customers values (1, 'ada@example.com')`)
  gateway = await startGateway(postgres)
  current = await gateway.run({ task: 'read' })
  // The world that policies name is asked of the target in the background.
  expect((await psql(current.url, 'select 1')).code).toBe(0)
  browser = await startBrowser()
  author = await signIn('ada', 'author')
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await postgres?.stop()
})

describe('an author', () => {
  it('finds an empty list that says what is missing', async () => {
    await author.page.goto(`${gateway.url}/policies`)
    await author.page.getByRole('heading', { name: 'No policy is in force' }).waitFor()
    await author.page.getByRole('link', { name: 'Write the first one' }).click()
    await author.page.locator('.policy-editor .view-lines').waitFor()
  })

  it('sees a misspelt column where it stands, from the types and from our own compiler', async () => {
    await open(author, 'new')
    await write(author, masking.replace('shop.customers.email', 'shop.customers.emial'))
    await author.page.locator('.policy-state').filter({ hasText: 'error' }).waitFor()
    await author.page.locator('.policy-marks .error').first().waitFor()
    expect(await author.page.getByRole('button', { name: 'Publish…' }).isDisabled()).toBe(true)
  })

  it('is offered what can be completed: the columns of the live target', async () => {
    await open(author, 'new')
    await write(author, 'const c = shop.customers.')
    await author.page.keyboard.press('Control+Space')
    await author.page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'email' }).first().waitFor()
    await author.page.keyboard.press('Escape')
  })

  it('publishes, and psql obeys', async () => {
    await open(author, 'new')
    await write(author, masking)
    await author.page.getByText('✓ 1 pass').waitFor()
    await author.page.getByRole('button', { name: 'Publish…' }).click()
    const dialog = author.page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('privacy')
    await dialog.getByLabel(/Why/).fill('addresses are nobody’s business')
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await author.page.waitForURL(`${gateway.url}/policies/privacy`)
    expect((await psql(current.url, 'select email from customers')).stdout).not.toContain('ada@example.com')
  })

  it('is shown what a change means before it is in force, and a failing test blocks it', async () => {
    await open(author, 'privacy')
    await write(author, masking.replace("'allow')", "'deny')"))
    await author.page.getByText('✕ 1 of 1 fail').waitFor()
    expect(await author.page.getByRole('button', { name: 'Publish…' }).isDisabled()).toBe(true)
    await write(author, `${masking}\nrule('no drops', { on: target('shop'), when: op => op.verb === 'DROP', effect: forbid('no') })\n`)
    await author.page.getByText('✓ 1 pass').waitFor()
    await author.page.getByRole('button', { name: 'Publish…' }).click()
    const dialog = author.page.getByRole('dialog')
    await dialog
      .getByText(/no drops/)
      .first()
      .waitFor()
    await dialog.getByLabel(/Why/).fill('tables stay')
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await psql(current.url, 'drop table customers')).stderr).toContain('no drops')
  })

  it('keeps a draft over a reload, and is told when somebody else published meanwhile', async () => {
    await open(author, 'privacy')
    await write(author, `${masking}// mine`)
    await author.page.getByRole('button', { name: 'Discard draft' }).waitFor()
    await publish(gateway, 'privacy', `${masking}// theirs`)
    await open(author, 'privacy')
    await author.page.getByText('Another version was published since you began this draft.').waitFor()
    await author.page.getByRole('button', { name: 'Discard draft' }).click()
    await author.page.locator('.view-lines').filter({ hasText: 'theirs' }).waitFor()
  })
})

describe('somebody who may not publish', () => {
  it('reads the policy and is offered no way to change it', async () => {
    const investigator = await signIn('ines', 'investigator')
    await open(investigator, 'privacy')
    expect(await investigator.page.getByRole('button', { name: 'Publish…' }).count()).toBe(0)
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
        await desk.page.goto(`${gateway.url}/policies`)
        await desk.page.getByRole('link', { name: 'privacy' }).waitFor()
        await look('policies')
        await open(desk, 'privacy')
        await look('policy')
        expect(desk.problems).toEqual([])
        await desk.close()
      }
    }
    await lawless(gateway)
  })
})
