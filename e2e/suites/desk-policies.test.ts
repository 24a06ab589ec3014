import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { benchEditor } from '../bench/editor.js'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { adminSecret, psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { lawless, publish } from '../support/law.ts'
import { until } from '../support/machine.ts'
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

/** Waits until TypeScript, which takes longest to load, speaks too. */
async function typed({ page }: Desk): Promise<void> {
  await until('TypeScript to speak', () => page.evaluate("performance.getEntriesByName('types checked').length > 0"))
}

async function picture({ page }: Desk, name: string): Promise<void> {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: `${pictures}/${name}.png` })
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
  await until('the target to have told what it holds', async () => {
    const { body } = await gateway.call('GET', '/api/policies/schema')
    return body.targets.some(({ name, schemas }: any) => name === 'shop' && schemas !== null)
  })
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

  it('is told of a mistake once, and mends it with what was meant', async () => {
    await open(author, 'new')
    await write(author, masking.replace('shop.customers.email', 'shop.customers.emial'))
    await author.page.locator('.policy-state').filter({ hasText: '1 error' }).waitFor()
    // TypeScript needs longer; whatever it finds here is the same.
    await typed(author)
    expect(await author.page.locator('.policy-marks li').allInnerTexts()).toEqual([
      expect.stringContaining('expected a column of `shop.customers`, got `emial`; did you mean `email`?'),
    ])
    await author.page.getByText('They run when the errors are mended.').waitFor()
    await author.page.keyboard.press('Alt+F8')
    await author.page.keyboard.press('Escape')
    await author.page.keyboard.press('Control+.')
    await author.page.locator('.action-widget').getByText('Change to email').waitFor()
    await author.page.keyboard.press('Enter')
    await author.page.locator('.policy-state').filter({ hasText: 'nothing wrong' }).waitFor()
    await author.page.getByText('✓ 1 pass').waitFor()
  })

  it('is offered what can be completed: the columns of the live target, and what a text is made of', async () => {
    await open(author, 'new')
    await write(author, 'const c = shop.customers.')
    await author.page.locator('.policy-editor .view-line').filter({ hasText: 'shop.customers.' }).waitFor()
    await author.page.keyboard.press('Control+Space')
    const list = author.page.locator('.suggest-widget .monaco-list-row')
    await list.filter({ hasText: /email.*text/s }).waitFor()
    await picture(author, 'completion')
    await author.page.keyboard.press('Escape')
    await write(author, '')
    await typed(author)
    await author.page.keyboard.type('mas')
    await list.filter({ hasText: 'hides the values of columns' }).waitFor()
    await author.page.keyboard.press('Enter')
    await author.page.locator('.policy-state').filter({ hasText: 'nothing wrong' }).waitFor()
    await author.page.locator('.view-line').filter({ hasText: 'columns: [shop.customers.id]' }).waitFor()
    await author.page.keyboard.press('Escape')
  })

  it('is shown what a word means, goes to where it is declared, and gives it another name', async () => {
    await open(author, 'new')
    await write(author, `const few = 10\nrule('few rows', { on: shop, effect: limit({ rows: few, over: 'cut' }) })\n`)
    await typed(author)
    await author.page.locator('.view-line').nth(1).getByText('shop').hover()
    await author.page.locator('.monaco-hover').getByText('customers').waitFor()
    await picture(author, 'hover')
    // From where it is used to where it is declared: that is where it gets its name.
    await author.page.locator('.view-line').nth(1).getByText('few', { exact: true }).last().click()
    await author.page.keyboard.press('F12')
    await author.page.locator('.line-numbers.active-line-number').getByText('1', { exact: true }).waitFor()
    await author.page.keyboard.press('F2')
    await author.page.locator('.rename-box input').fill('rows10')
    await author.page.locator('.rename-box input').press('Enter')
    await author.page.locator('.view-line').filter({ hasText: 'const rows10 = 10' }).waitFor()
    await author.page.locator('.view-line').filter({ hasText: 'rows: rows10' }).waitFor()
  })

  it('has the text put in order', async () => {
    await open(author, 'new')
    await write(author, `rule('a',{on:shop,\n effect:forbid('no')})`)
    await typed(author)
    await author.page.keyboard.press('Shift+Alt+f')
    await author.page
      .locator('.view-line')
      .filter({ hasText: /^\s{2}on:\sshop,$/ })
      .waitFor()
  })

  it('sees above each rule what it did, and would have done, while typing', async () => {
    await open(author, 'new')
    await write(author, `rule('no reading', {\n  on: shop,\n  when: op => op.verb === 'INSERT',\n  effect: forbid('no'),\n})\n`)
    const lens = author.page.locator('.codelens-decoration')
    await lens.filter({ hasText: /^fired 0 times in 7 days · 0 newly denied · 0 agents affected$/ }).waitFor()
    await write(author, `rule('no reading', {\n  on: shop,\n  when: op => op.verb === 'SELECT',\n  effect: forbid('no'),\n})\n`)
    await lens.filter({ hasText: /^fired \d+ times? in 7 days · [1-9]\d* newly denied · 1 agent affected$/ }).waitFor()
    await picture(author, 'lens')
    await lens.getByText('newly denied').click()
    await author.page.getByRole('tab', { name: 'Rehearsal', selected: true }).waitFor()
  })

  it('can name a column that came while the page was open, and loses nothing of the text', async () => {
    await open(author, 'new')
    const text = `rule('no phones', { on: shop, effect: mask({ columns: [shop.customers.phone], with: 'redact' }) })`
    await write(author, text)
    await author.page.locator('.policy-state').filter({ hasText: '1 error' }).waitFor()
    expect((await psql(current.url, 'alter table customers add column phone text')).code).toBe(0)
    // Who comes back to the page need not wait for its clock.
    await until('the column to be known', async () => {
      await author.page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
      return (await author.page.locator('.policy-state').innerText()) === 'nothing wrong'
    })
    expect((await author.page.locator('.view-lines').innerText()).replaceAll('\u00a0', ' ').trim()).toBe(text)
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
    await author.page.getByText('Another version was published since you began this draft').waitFor()
    await author.page.getByRole('button', { name: 'Discard draft' }).click()
    await author.page.locator('.view-lines').filter({ hasText: 'theirs' }).waitFor()
  })
})

describe('somebody who may not publish', () => {
  it('reads the policy and is offered no way to change it', async () => {
    const investigator = await signIn('ines', 'investigator')
    await open(investigator, 'privacy')
    await investigator.page.getByText('✓ 1 pass').waitFor()
    expect(await investigator.page.getByRole('button', { name: 'Publish…' }).count()).toBe(0)
    await investigator.close()
  })
})

describe('a policy page', () => {
  /** The path that the document was loaded from, which is what decides what it may do. */
  const loadedFrom = (page: any) => page.evaluate("new URL(performance.getEntriesByType('navigation')[0].name).pathname")

  it('is a document of its own, whichever way it is come to', async () => {
    const desk = await browser.desk({ state: await author.state() })
    const { page } = desk
    const arrives = async () => {
      await page.locator('.policy-editor .view-lines').waitFor()
      await page.locator('.policy-state').filter({ hasNotText: 'checking' }).waitFor()
      expect(await loadedFrom(page)).toBe('/policies/privacy')
    }
    await page.goto(`${gateway.url}/sessions`)
    await page.getByRole('link', { name: 'Policies' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('p')
    await page.getByRole('link', { name: 'privacy' }).click()
    await arrives()
    await page.goBack()
    await page.getByRole('link', { name: 'privacy' }).waitFor()
    await page.goForward()
    await arrives()
    // A link of the desk's own, as any page may have one.
    await page.goto(`${gateway.url}/runs`)
    await page.getByRole('link', { name: 'Policies' }).waitFor()
    await page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', '<a id="way" href="/policies/privacy">privacy</a>')`,
    )
    await page.locator('#way').click()
    await arrives()
    // And whatever else changes the address in place.
    await page.goto(`${gateway.url}/runs`)
    await page.evaluate("history.pushState(null, '', '/policies/privacy'); dispatchEvent(new PopStateEvent('popstate'))")
    await arrives()
    expect(desk.problems).toEqual([])
    await desk.close()
  })
})

describe('the bench of the editor', () => {
  it('still measures', async () => {
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
    const headers = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' }
    const call = (method: string, path: string, body: unknown) => fetch(gateway.url + path, { method, headers, body: JSON.stringify(body) })
    await benchEditor({ rounds: 1, keys: 4, steno: { url: gateway.url, call } })
    const table = printed.mock.calls.flat().join('\n')
    printed.mockRestore()
    expect(table).toContain('sixty rules')
    expect(Array.from(table.matchAll(/\| (\d[\d.]*)(?: k)? (?=\|)/g), ([, number]) => Number(number)).filter(ms => ms > 0)).toHaveLength(10)
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
