import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityProblems, overflowPx, startBrowser, widths, type Desk, type TestBrowser } from '../support/browser.ts'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { publish } from '../support/law.ts'
import { until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway
let browser: TestBrowser
/** Two people who may decide, and one who may only look. */
let ada: Desk
let ben: Desk
let ines: Desk
let current: Run

/** Where screenshots go when somebody wants to look at them. */
const pictures = process.env['STENO_PICTURES']

const policy = `
rule('a change of every row needs a second look', {
  on: target('shop'),
  when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere,
  effect: requireApproval({ by: 'dba', within: '5m' }),
})
rule('two people for the ledger', {
  on: target('shop'),
  when: op => op.verb === 'TRUNCATE',
  effect: requireApproval({ by: 'dba', within: '5m', quorum: 2 }),
})
`

async function signIn(name: string, role: string, groups: string[]): Promise<Desk> {
  const made = await gateway.call('POST', '/api/sign-in/links', { name, role, groups })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const desk = await browser.desk()
  await desk.page.goto(gateway.url + made.body.path)
  await desk.page.waitForURL(`${gateway.url}/sessions`)
  return desk
}

/** A statement in psql that waits; settles with what psql said in the end. */
function ask(text: string): ReturnType<typeof psql> {
  return psql(current.url, text)
}

async function open({ page }: Desk): Promise<void> {
  await page.goto(`${gateway.url}/approvals`)
  await page.getByRole('heading', { name: 'Approvals' }).waitFor()
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`
    create table notes (id int primary key, note text);
    insert into notes select g, 'note ' || g from generate_series(1, 30) g;
    create table ledger (id int)`)
  // A group is known to policies once somebody is in it.
  process.env['KEEPER_T'] = 'token-of-the-keeper-0123456789abcdef'
  gateway = await startGateway(postgres, {
    tokens: {
      admin: { role: 'admin', secret: { env: 'ADMIN_T' } },
      keeper: { role: 'approver', groups: ['dba'], secret: { env: 'KEEPER_T' } },
    },
  })
  await publish(gateway, 'consent', policy)
  current = await gateway.run({ task: 'tidy up' })
  browser = await startBrowser()
  ada = await signIn('ada', 'approver', ['dba'])
  ben = await signIn('ben', 'approver', ['dba'])
  ines = await signIn('ines', 'investigator', [])
})

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  await postgres?.stop()
})

describe('the inbox', () => {
  it('teaches what it is for while it is empty', async () => {
    await open(ada)
    await ada.page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
  })

  it('shows a held command the moment it is held, and psql finishes when it is approved', async () => {
    await open(ada)
    const held = ask('select 1; delete from notes')
    await ada.page.getByRole('button', { name: /delete from notes/ }).waitFor()
    const request = ada.page.getByRole('article', { name: 'The request' })
    await request.getByText('no condition: every row').waitFor()
    await request.getByText('tidy up').waitFor()
    await ada.page.keyboard.press('a')
    const dialog = ada.page.getByRole('dialog', { name: 'Approve this command, once' })
    await dialog.getByText('delete from notes').waitFor()
    await dialog.getByLabel(/Comment/).fill('they are copies')
    await dialog.getByRole('button', { name: 'Approve once' }).click()
    expect(await held).toMatchObject({ code: 0, stderr: '' })
    expect((await postgres.sql('select count(*) from notes')).trim()).toBe('0')
    await request.getByText(/Approved by ada\. The command went on\./).waitFor()
    await request.getByText('they are copies').waitFor()
  })

  it('takes a reason for a rejection, and the agent is refused', async () => {
    const held = ask("update notes set note = ''")
    await open(ada)
    await ada.page.getByRole('button', { name: /update notes/ }).waitFor()
    await ada.page.getByRole('button', { name: /^Reject/ }).click()
    const dialog = ada.page.getByRole('dialog', { name: 'Reject this command' })
    const reject = dialog.getByRole('button', { name: 'Reject' })
    expect(await reject.isDisabled()).toBe(true)
    await dialog.getByLabel(/Reason/).fill('say which rows')
    await reject.click()
    expect((await held).stderr).toContain('say which rows')
  })

  it('shows what was held after the page was read and before it could hear of it', async () => {
    let mayHear = () => {}
    const isHeard = new Promise<void>(resolve => (mayHear = resolve))
    await ada.page.route('**/api/events', async (route: any) => {
      await isHeard
      await route.continue()
    })
    await open(ada)
    await ada.page.getByText('Nothing waits').first().waitFor()
    const held = ask('delete from notes')
    await until('it to be held', async () => (await gateway.call('GET', '/api/approvals?state=pending')).body.items.length === 1)
    mayHear()
    await ada.page.getByRole('button', { name: /^Reject/ }).click()
    const dialog = ada.page.getByRole('dialog')
    await dialog.getByLabel(/Reason/).fill('not all')
    await dialog.getByRole('button', { name: 'Reject' }).click()
    expect((await held).stderr).toContain('not all')
    await ada.page.unroute('**/api/events')
  })

  it('lets only one of two tabs decide', async () => {
    await open(ada)
    await open(ben)
    const held = ask('delete from notes')
    for (const { page } of [ada, ben]) await page.getByRole('button', { name: /^Approve…/ }).click()
    const [first, second] = [ada.page, ben.page].map(page => page.getByRole('dialog'))
    await first.getByRole('button', { name: 'Approve once' }).click()
    expect((await held).code).toBe(0)
    await second.getByRole('button', { name: 'Approve once' }).click()
    await second.getByRole('alert').filter({ hasText: 'it is over: it was granted' }).waitFor()
    await ben.page.keyboard.press('Escape')
  })

  it('counts the votes of two people where a rule wants two', async () => {
    const held = ask('truncate ledger')
    await open(ada)
    await ada.page.getByText('0 of 2').waitFor()
    await ada.page.getByRole('button', { name: /^Approve…/ }).click()
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Approve once' }).click()
    await ada.page.getByText('1 of 2').waitFor()
    await ada.page.getByText('You cannot decide this: ada has voted already.').waitFor()
    await open(ben)
    await ben.page.getByText('1 of 2').waitFor()
    await ben.page.getByRole('button', { name: /^Approve…/ }).click()
    await ben.page.getByRole('dialog').getByRole('button', { name: 'Approve once' }).click()
    expect((await held).code).toBe(0)
  })

  it('lets somebody without the role look, and says why they cannot decide', async () => {
    const held = ask('delete from notes')
    await open(ines)
    await ines.page.getByText('You cannot decide this: the role investigator may not review approvals.').waitFor()
    expect(await ines.page.getByRole('button', { name: /^Approve/ }).count()).toBe(0)
    await ines.page.keyboard.press('a')
    expect(await ines.page.getByRole('dialog').count()).toBe(0)
    const [{ id, digest }] = (await gateway.call('GET', '/api/approvals?state=pending')).body.items
    await gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: 'reject', comment: 'over', digest })
    await held
    await ines.page.getByText(/Rejected by admin/).waitFor()
  })

  it('says so when whoever asked is gone', async () => {
    const { page } = ada
    await open(ada)
    const gone = await gateway.run({ task: 'gone' })
    const held = psql(gone.url, 'delete from notes')
    await page.getByRole('button', { name: /delete from notes/ }).waitFor()
    await gateway.call('POST', `/api/runs/${gone.id}/end`, {}, gone.token)
    await held
    await page.getByText('Whoever asked took it back, or is gone. Nothing ran.').waitFor()
  })
})

describe('a decision', () => {
  const changing = (id: number) => `update notes set note = 'n${id}' where id = ${id} or id > 0`

  it('shows what the shape did before and what the target expects, and can hold for the shape', async () => {
    await publish(
      gateway,
      'changes',
      "rule('changes', { on: target('shop'), when: op => op.verb === 'UPDATE', effect: requireApproval({ by: 'dba', within: '5m' }) })",
    )
    await postgres.sql("insert into notes select g, 'note ' || g from generate_series(1, 30) g on conflict do nothing")
    await open(ada)
    const held = ask(changing(1))
    const request = ada.page.getByRole('article', { name: 'The request' })
    await ada.page.getByRole('button', { name: /update notes/ }).waitFor()
    await request.getByText(/as the target’s planner guesses/).waitFor()
    await request.getByText('Nothing like it was asked of this target before.').waitFor()
    await request.getByRole('button', { name: /^Approve…/ }).click()
    const dialog = ada.page.getByRole('dialog')
    await dialog.getByLabel(/whatever is like it but for plain values/).check()
    await dialog.getByRole('spinbutton', { name: 'Minutes' }).fill('0')
    expect(await dialog.getByRole('button', { name: /^Approve for/ }).isDisabled()).toBe(true)
    await dialog.getByRole('spinbutton', { name: 'Minutes' }).fill('15')
    await dialog.getByText(/ends with its time, with the run/).waitFor()
    await dialog.getByRole('button', { name: 'Approve for 15 min' }).click()
    expect((await held).code).toBe(0)
    expect((await ask(changing(2))).code).toBe(0)
    await ada.page.goto(`${gateway.url}/approvals?list=decided&grant=open`)
    await request.getByText(/let 1 more command pass/).waitFor()
    await request.getByRole('button', { name: 'Take it back now' }).click()
    await request.getByText(/Taken back\s+by ada/).waitFor()
    const again = ask(changing(3))
    await open(ada)
    await request.getByText(/Asked (once|2 times) before, by one principal, in 1 run/).waitFor()
    await ada.page.getByRole('button', { name: /^Reject/ }).click()
    await ada.page
      .getByRole('dialog')
      .getByLabel(/Reason/)
      .fill('enough')
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
    expect((await again).stderr).toContain('enough')
  })

  it('is found again by who made it, where, and how it ended', async () => {
    await ada.page.goto(`${gateway.url}/approvals?list=decided`)
    const list = ada.page.getByRole('navigation', { name: 'Requests' })
    await ada.page.getByLabel('How it ended').selectOption('rejected')
    await ada.page.waitForURL(/state=rejected/)
    await list.getByText('✕ rejected').first().waitFor()
    expect(await list.getByText('✓ approved').count()).toBe(0)
    await ada.page.getByLabel('Who decided').fill('nobody')
    await ada.page.getByLabel('Who decided').press('Enter')
    await ada.page.getByRole('heading', { name: 'Nothing was decided like that' }).waitFor()
  })

  it('is told of in a notification to whoever wants that, without what the command says', async () => {
    const desk = await browser.desk({ state: await ben.state() })
    await desk.page.context().grantPermissions(['notifications'], { origin: gateway.url })
    await desk.page.addInitScript(() => {
      const here = globalThis as any
      here.told = []
      here.Notification = class extends EventTarget {
        static permission = 'granted'
        constructor(title: string, options: { body: string }) {
          super()
          here.told.push([title, options.body])
        }
      }
      here.document.hasFocus = () => false
    })
    await desk.page.goto(`${gateway.url}/approvals`)
    const setting = desk.page.getByRole('button', { name: 'Notify me' })
    await setting.waitFor()
    const first = await withdrawn()
    expect(await desk.page.evaluate('told')).toEqual([])
    await setting.click()
    await desk.page.getByRole('button', { name: 'Notifications on', pressed: true }).waitFor()
    await desk.page.goto(`${gateway.url}/sessions`)
    const second = ask('delete from notes where id = 0 or true')
    await until('the notification', async () => (await desk.page.evaluate('told.length')) === 1)
    expect(await desk.page.evaluate('told')).toEqual([['A command waits for you', 'agent-x on shop']])
    await rejectAll()
    await second
    await first
    await desk.close()
  })
})

/** Rejects whatever waits. */
async function rejectAll(): Promise<void> {
  for (const { id, digest } of (await gateway.call('GET', '/api/approvals?state=pending')).body.items)
    await gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: 'reject', comment: 'over', digest })
}

/** A request that comes and goes. */
async function withdrawn(): Promise<unknown> {
  const held = ask('delete from notes where id = 1 or true')
  await until('the request', async () => (await gateway.call('GET', '/api/approvals?state=pending')).body.items.length === 1)
  await rejectAll()
  return held
}

describe('the page', () => {
  it('is whole in both themes and widths', async () => {
    const held = ask('select id, note from notes where id < 5; select 2; delete from notes where id > 1 or true')
    await until('the request', async () => (await gateway.call('GET', '/api/approvals?state=pending')).body.items.length === 1)
    const signedIn = await ada.state()
    for (const theme of ['light', 'dark'] as const) {
      for (const { width, height } of widths) {
        const desk = await browser.desk({ width, height, theme, state: signedIn })
        for (const [name, path] of [
          ['waiting', '/approvals'],
          ['decided', '/approvals?list=decided'],
        ] as const) {
          await desk.page.goto(gateway.url + path)
          await desk.page.getByRole('article', { name: 'The request' }).waitFor()
          expect(await overflowPx(desk.page), `${name} ${theme} ${width}`).toBe(0)
          expect(await accessibilityProblems(desk.page), `${name} ${theme} ${width}`).toEqual([])
          if (pictures) {
            mkdirSync(pictures, { recursive: true })
            await desk.page.screenshot({ path: `${pictures}/approvals-${name}-${theme}-${width}.png` })
          }
        }
        await desk.page.goto(`${gateway.url}/approvals`)
        await desk.page.getByRole('button', { name: /^Reject…/ }).click()
        await desk.page.getByRole('dialog').waitFor()
        expect(await accessibilityProblems(desk.page), `dialog ${theme} ${width}`).toEqual([])
        if (pictures) await desk.page.screenshot({ path: `${pictures}/approvals-dialog-${theme}-${width}.png` })
        await desk.page.keyboard.press('Escape')
        await desk.page.getByRole('button', { name: /^Approve…/ }).click()
        await desk.page.getByLabel(/whatever is like it but for plain values/).check()
        expect(await accessibilityProblems(desk.page), `shape ${theme} ${width}`).toEqual([])
        if (pictures) await desk.page.screenshot({ path: `${pictures}/approvals-shape-${theme}-${width}.png` })
        expect(desk.problems).toEqual([])
        await desk.close()
      }
    }
    const [{ id, digest }] = (await gateway.call('GET', '/api/approvals?state=pending')).body.items
    await gateway.call('POST', `/api/approvals/${id}/reviews`, { vote: 'reject', comment: 'over', digest })
    await held
  })
})
