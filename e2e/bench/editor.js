// What an author waits for in the browser: the editor at the first visit, with
// nothing cached, and what is said of sixty rules after each key.
import { loadTool } from '../tools/tools.js'
import { companyPolicy } from './company-policy.js'
import { percentile, printTable } from './numbers.js'

/** Measures and prints. `steno` is a gateway that runs, with its administrator's `call`. */
export async function benchEditor({ rounds, keys = 60, steno }) {
  const tool = await loadTool('playwright-core')
  const browser = await (tool.default ?? tool).chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const author = await signIn(browser, steno)
    await openPolicy(author.page, { steno })
    const atTheEnd = await typeKeys(author.page, { letters: 'x', keys })
    await goInto(author.page)
    const inside = await typeKeys(author.page, { letters: 'x,', keys })
    const state = await author.context.storageState()
    await author.context.close()
    const visits = []
    for (let round = 0; round < rounds; round++) visits.push(await visit(browser, { steno, state }))
    const row = (label, values) => [label, percentile(values, 0.5), percentile(values, 0.95)]
    printTable(
      `Policy editor: sixty rules, Chromium ${browser.version()}, ${rounds} first visits, ${keys} keys at each place`,
      ['p50 ms', 'p95 ms'],
      [
        ...['editor visible', 'first diagnostic on the screen', 'TypeScript has spoken'].map((label, at) =>
          row(
            label,
            visits.map(one => one[at]),
          ),
        ),
        row('key to what is said of the text, by all three, at its end', atTheEnd),
        row('the same inside of a rule, every other letter against the syntax', inside),
      ],
    )
  } finally {
    await browser.close()
  }
}

async function signIn(browser, steno) {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  const made = await steno.call('POST', '/api/sign-in/links', { name: 'author', role: 'author' })
  if (made.status !== 201) throw new Error(`expected a link to sign in with: ${made.status} ${await made.text()}`)
  await page.goto(steno.url + (await made.json()).path)
  await page.waitForURL(`${steno.url}/sessions`)
  return { context, page }
}

/** A first visit: nothing is cached, and the draft has something to be said of. */
async function visit(browser, { steno, state }) {
  const context = await browser.newContext({ storageState: state })
  const page = await context.newPage()
  await page.addInitScript(() => {
    const seen = (name, selector) => {
      const look = () => (document.querySelector(selector) ? performance.mark(name) : requestAnimationFrame(look))
      look()
    }
    seen('editor seen', '.policy-editor .view-line')
    seen('diagnostic seen', '.policy-editor :is(.squiggly-error, .squiggly-warning, .squiggly-info)')
  })
  await page.goto(`${steno.url}/policies/new`)
  const times = []
  for (const name of ['editor seen', 'diagnostic seen', 'types checked']) times.push(await markOf(page, name))
  await context.close()
  return times
}

async function markOf(page, name) {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const ms = await page.evaluate(mark => performance.getEntriesByName(mark)[0]?.startTime ?? null, name)
    if (ms !== null) return ms
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`expected the page to have ${name}`)
}

/** Opens a policy of sixty rules, pasted where nothing was. */
async function openPolicy(page, { steno }) {
  await page.goto(`${steno.url}/policies/new`)
  await markOf(page, 'types checked')
  await page.locator('.policy-editor .view-lines').click()
  await page.keyboard.press('Control+a')
  await page.evaluate(text => navigator.clipboard.writeText(text), `${companyPolicy()}\n`)
  await page.keyboard.press('Control+v')
  await page.locator('.policy-rules li').nth(59).waitFor()
  await page.evaluate(() => {
    const state = document.querySelector('.policy-state')
    const world = globalThis
    world.keys = []
    let pressedAt = 0
    document.addEventListener('keydown', event => (pressedAt = event.timeStamp), true)
    new MutationObserver(() => {
      if (pressedAt > 0) world.keys.push(performance.now() - pressedAt)
      pressedAt = 0
    }).observe(state, { childList: true, characterData: true, subtree: true })
  })
}

/** Puts the cursor behind a verb that a rule in the middle of the text compares. */
async function goInto(page) {
  const before = 'when: op => op.verb'
  const lines = companyPolicy().split('\n')
  const line = lines.findIndex((text, at) => at > lines.length / 2 && text.trim().startsWith(`${before} ===`))
  await page.keyboard.press('Control+Home')
  for (let down = 0; down < line; down++) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Home')
  for (let right = 0; right < before.length; right++) await page.keyboard.press('ArrowRight')
}

/** Types and deletes letters that are errors where they stand; gives what each key took until the page said so. */
async function typeKeys(page, { letters, keys }) {
  await page.evaluate(() => (globalThis.keys = []))
  for (let key = 1; key <= keys; key++) {
    await page.keyboard.press(key % 2 === 0 ? 'Backspace' : letters[(key >> 1) % letters.length])
    for (const end = Date.now() + 30_000; (await page.evaluate(() => globalThis.keys.length)) < key;) {
      if (Date.now() > end) throw new Error(`expected the page to say something new after key ${key}`)
    }
  }
  return page.evaluate(() => globalThis.keys)
}
