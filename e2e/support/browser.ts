import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { loadTool, toolFile } from '../tools/tools.js'

/** The two widths that every screen is made for. */
export const widths = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const

export interface DeskOptions {
  width?: number
  height?: number
  theme?: 'light' | 'dark'
  /** The cookies and storage of a desk that signed in. */
  state?: unknown
}

/** A tab of a browser profile of its own, which writes down whatever goes wrong in it. */
export interface Desk {
  /** Playwright's page. */
  page: any
  /** Dialogs, page errors, console errors and broken policies so far. */
  problems: string[]
  /** Another tab of the same profile; what goes wrong there is written down here too. */
  another(): Promise<any>
  state(): Promise<unknown>
  close(): Promise<void>
}

export interface TestBrowser {
  desk(options?: DeskOptions): Promise<Desk>
  close(): Promise<void>
}

/** Starts Chromium as it is on this machine. */
export async function startBrowser(): Promise<TestBrowser> {
  const tool = await loadTool('playwright-core')
  const chromium = (tool.default ?? tool).chromium
  const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', headless: true, args: flags })

  async function desk({ width = 1440, height = 900, theme = 'light', state }: DeskOptions = {}): Promise<Desk> {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
      acceptDownloads: true,
      permissions: ['clipboard-read', 'clipboard-write'],
      ...(state === undefined ? {} : { storageState: state }),
    })
    const problems: string[] = []
    // Chromium says so in the console too, but not for every directive.
    await context.addInitScript(() => {
      const here = globalThis as unknown as {
        addEventListener(type: string, hear: (event: { violatedDirective: string; blockedURI: string }) => void): void
        console: Console
      }
      here.addEventListener('securitypolicyviolation', event =>
        here.console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
      )
    })
    const watched = async () => {
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      page.on('pageerror', (error: Error) => problems.push(`page error: ${error.message}`))
      page.on('console', (message: any) => ['error', 'warning'].includes(message.type()) && problems.push(`console: ${message.text()}`))
      page.on('dialog', (dialog: any) => {
        problems.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      return page
    }
    return { page: await watched(), problems, another: watched, state: () => context.storageState(), close: () => context.close() }
  }

  return { desk, close: () => browser.close() }
}

const axeSource = () => readFileSync(toolFile('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on a page: its rules, with the elements that break them. */
export async function accessibilityProblems(page: any): Promise<string[]> {
  await page.evaluate(`${axeSource()};0`)
  const { violations, passes } = await page.evaluate('axe.run()')
  expect(passes.length).toBeGreaterThan(0)
  return violations.map((violation: any) => `${violation.id}: ${violation.nodes.map((node: any) => node.target.join(' ')).join(', ')}`)
}

/** How far a page is wider than its window, in pixels. */
export function overflowPx(page: any): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth')
}
