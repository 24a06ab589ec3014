// `npm start` and `npm run build`: from a fresh clone to something that runs;
// `install --with-tools` for the programs that test and check it.
// Plain JavaScript without dependencies, because it runs before any is there.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled } from './installed.js'

const house = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const stamps = join(house, '.cache')
const began = Date.now()

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Steno needs Node.js 20.19 or newer; this is ${process.versions.node}`)
  process.exit(1)
}

const [what, ...args] = process.argv.slice(2)
const withTools = args[0] === '--with-tools'
await install()
if (what !== 'install') await build({ force: what === 'build' })
if (what === 'start') process.exitCode = await run(process.execPath, [join(house, 'gateway/bin/steno.js'), 'demo', ...args])

/** Installs what running needs, unless it is there already; what only tests and checks need, when asked to. */
async function install() {
  if (isInstalled(house, { withTools })) return
  await step('installing dependencies', 'npm', ['ci', ...(withTools ? [] : ['--omit=dev']), '--no-audit', '--no-fund', '--loglevel=error'])
}

/** Compiles the three rooms that run, and the pages; skips what is newer than its sources. */
async function build({ force }) {
  const sources = newestOf(['recordings/src', 'policy-dsl/src', 'gateway/src', 'tsconfig.base.json', 'package-lock.json'])
  if (force || sources > timeOf('.cache/compiled')) {
    await step('compiling the gateway', process.execPath, [
      join(house, 'node_modules/typescript/bin/tsc'),
      '-b',
      'recordings',
      'policy-dsl',
      'gateway',
    ])
    stamp('compiled')
  }
  const pages = newestOf(['web/src', 'web/index.html', 'web/vite.config.ts', 'recordings/src', 'policy-dsl/src', 'package-lock.json'])
  if (force || pages > timeOf('.cache/pages')) {
    await step('building the pages', process.execPath, [join(house, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn', 'web'])
    stamp('pages')
  }
}

async function step(name, command, args) {
  process.stdout.write(`${name} …\n`)
  const code = await run(command, args)
  if (code !== 0) {
    console.error(`${name} failed (${command} ended with ${code})`)
    process.exit(1)
  }
  process.stdout.write(`${name}: done after ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
}

/** Runs a command in this terminal. Ctrl-C reaches it by the terminal itself; here we only wait for it to end. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: house, stdio: 'inherit', shell: command === 'npm' && process.platform === 'win32' })
    const forward = signal => child.kill(signal)
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, forward)
    process.on('SIGINT', () => {})
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

function stamp(name) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(join(stamps, name), '')
}

function timeOf(path) {
  const whole = join(house, path)
  return existsSync(whole) ? statSync(whole).mtimeMs : 0
}

function newestOf(paths) {
  return Math.max(
    ...paths.map(path => {
      const whole = join(house, path)
      if (!existsSync(whole)) return 0
      if (!statSync(whole).isDirectory()) return timeOf(path)
      return Math.max(0, ...readdirSync(whole, { recursive: true }).map(name => timeOf(join(path, name))))
    }),
  )
}
