import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, type Desk, type TestBrowser } from '../support/browser.ts'
import { psql, startGateway, type Gateway } from '../support/gateway.ts'
import { publish } from '../support/law.ts'
import { until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway
let browser: TestBrowser
let waiting: ReturnType<typeof psql>

const held = `rule('deletes go through a person', {
  on: target('shop'),
  when: op => op.verb === 'DELETE',
  effect: requireApproval({ by: 'approver', within: '10m' }),
})
`

/** What each role is offered to do; everything else must not be there for it. */
const offers = {
  author: ['new policy', 'publish', 'make a rule'],
  approver: ['decide'],
  investigator: [],
  admin: ['new policy', 'publish', 'make a rule', 'decide'],
} as const

async function signIn(role: string): Promise<Desk> {
  const made = await gateway.call('POST', '/api/sign-in/links', { name: `the-${role}`, role })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const desk = await browser.desk()
  await desk.page.goto(gateway.url + made.body.path)
  await desk.page.waitForURL(`${gateway.url}/sessions`)
  return desk
}

/** Goes through the desk and notes what can be done there. */
async function offered({ page }: Desk): Promise<string[]> {
  const found: string[] = []
  const isThere = async (name: string, what: any) => {
    if ((await what.count()) > 0 && (await what.first().isEnabled())) found.push(name)
  }
  await page.goto(`${gateway.url}/policies`)
  await page.getByRole('row', { name: /guard/ }).waitFor()
  await page.getByRole('button', { name: /^Sign out the-/ }).waitFor()
  await isThere('new policy', page.getByRole('link', { name: 'New policy' }))

  await page.goto(`${gateway.url}/policies/guard`)
  await page.locator('.policy-editor .view-lines').waitFor()
  await page.locator('.policy-state').filter({ hasNotText: 'checking' }).waitFor()
  // With nothing changed the button is there and says so.
  if ((await page.getByRole('button', { name: 'Publish…' }).count()) > 0) found.push('publish')

  const [command] = await gateway.commands('text=select%201')
  await page.goto(`${gateway.url}/sessions/${command.session}?frame=${command.frame}`)
  await page.getByRole('complementary', { name: 'About this command' }).getByText('Decision').waitFor()
  await isThere('make a rule', page.getByRole('button', { name: 'Make a rule…' }))

  await page.goto(`${gateway.url}/approvals`)
  await page.getByText('delete from orders').first().waitFor()
  await page.getByText('delete from orders').first().click()
  await page.getByText('deletes go through a person').first().waitFor()
  await isThere('decide', page.getByRole('button', { name: /^Reject/ }))
  return found
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('create table orders (id int primary key)')
  gateway = await startGateway(postgres)
  const run = await gateway.run({ task: 'tidy up' })
  expect((await psql(run.url, 'select 1')).code).toBe(0)
  await publish(gateway, 'guard', held)
  waiting = psql(run.url, 'delete from orders')
  await until('the delete to be held', async () => (await gateway.call('GET', '/api/approvals?state=pending')).body.items.length === 1)
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await waiting
  await postgres?.stop()
})

describe('the desk', () => {
  it.each(Object.entries(offers))('offers the %s what is their part, and nothing else', async (role, parts) => {
    const desk = await signIn(role)
    expect(await offered(desk)).toEqual([...parts])
    expect(desk.problems).toEqual([])
    await desk.close()
  })

  it('says so where somebody may not be, instead of showing nothing', async () => {
    const investigator = await signIn('investigator')
    await investigator.page.goto(`${gateway.url}/policies/new`)
    await investigator.page.locator('.policy-editor .view-lines').waitFor()
    expect(await investigator.page.getByRole('button', { name: 'Publish…' }).count()).toBe(0)
    await investigator.close()
  })
})
