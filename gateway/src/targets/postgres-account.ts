import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { PostgresFailed } from './postgres-failed.ts'

/** An unprivileged account of this machine. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/** Where a cluster lies, and whose it is: nobody's in particular unless Steno runs as root. */
export interface Place {
  directory: string
  account: Account | null
}

/**
 * The account that PostgreSQL, which refuses to be root, runs as when Steno is
 * root: one that is there already. Null when Steno is not root and needs none.
 */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    const account = findAccount(name)
    if (account !== null) return account
  }
  throw new PostgresFailed(
    'failed',
    'PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`: start Steno as an ordinary user',
  )
}

function findAccount(name: string): Account | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(entry => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined || uid === '0' ? null : { name, uid: Number(uid), gid: Number(gid) }
}

/**
 * Where the cluster of a directory lies. Root's data directory is closed to
 * the account the server runs as, so there the cluster gets a place beside the
 * system's own state, and the directory a link to it.
 */
export function settlePlace(directory: string, account: Account | null): Place {
  if (account === null) return { directory, account }
  const link = `${directory}/place`
  if (!existsSync(link)) {
    const clusters = `${sharedRoot()}/clusters`
    makeOpenDirectory(clusters)
    removeForgotten(clusters)
    const place = `${clusters}/${randomBytes(8).toString('hex')}`
    makeOpenDirectory(place)
    writeFileSync(`${place}/for`, directory)
    symlinkSync(place, link)
  }
  const place = readlinkSync(link)
  checkOwned(place)
  // A cluster stays its account's, also when a better account has appeared since.
  const owner = existsSync(`${place}/cluster`) ? lstatSync(`${place}/cluster`) : null
  return { directory: place, account: owner === null ? account : { name: account.name, uid: owner.uid, gid: owner.gid } }
}

/** A temporary directory that is gone has left its cluster behind. Of no other can we know that it will not return. */
function removeForgotten(clusters: string): void {
  for (const name of readdirSync(clusters)) {
    const note = `${clusters}/${name}/for`
    if (!existsSync(note)) continue
    const directory = readFileSync(note, 'utf8')
    if (directory.startsWith(`${tmpdir()}/`) && !existsSync(directory)) rmSync(`${clusters}/${name}`, { recursive: true })
  }
}

/**
 * A directory of root's that everybody can pass through and that outlasts a
 * restart. In `/var/lib` only root can make one; `/var/tmp`, where that is
 * read-only, is open to all, so what lies there counts only if root made it.
 */
export function sharedRoot(): string {
  for (const path of ['/var/lib/steno', '/var/tmp/steno-root']) {
    try {
      makeOpenDirectory(path)
    } catch (error) {
      if (error instanceof PostgresFailed) throw error
      continue
    }
    return path
  }
  throw new PostgresFailed(
    'untrusted place',
    'neither /var/lib nor /var/tmp can be written, and PostgreSQL needs a place outside root’s own',
  )
}

function makeOpenDirectory(path: string): void {
  if (!existsSync(path)) {
    mkdirSync(path)
    chmodSync(path, 0o755)
  }
  checkOwned(path)
}

/** Refuses what somebody else may have put there, or may change. */
function checkOwned(path: string): void {
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
    throw new PostgresFailed('untrusted place', `expected ${path} to be a directory that only root can write`)
  }
}

/** Whether an account can read what lies at an absolute path, by the modes of all that leads there. */
export function isReachable(path: string, account: Account): boolean {
  for (let at = path; ; at = dirname(at)) {
    const { uid, gid, mode } = lstatSync(at)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    if (((mode >> shift) & 0o5) !== 0o5) return false
    if (at === dirname(at)) return true
  }
}
