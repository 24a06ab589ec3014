import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { PostgresFailed } from './postgres-failed.ts'

/** Makes a cluster free to start: stops a server whose Steno is gone, and refuses when its Steno is alive. */
export async function takeOver(cluster: string, progress: (doing: string) => void): Promise<void> {
  const lock = `${cluster}/postmaster.pid`
  const pid = existsSync(lock) ? Number(readFileSync(lock, 'utf8').split('\n')[0]) : 0
  const server = Number.isInteger(pid) && pid > 1 ? findProcess(pid) : null
  if (server === null) return // PostgreSQL clears a dead server's lock itself
  if (!server.arguments.includes(cluster)) {
    // The number belongs to another program since a restart of the machine, so
    // PostgreSQL would take the lock for a living one.
    rmSync(lock)
    return
  }
  const keeper = findProcess(server.parent)
  const owner = keeper?.arguments.includes('steno-keeper') ? Number(keeper.arguments[keeper.arguments.indexOf('steno-keeper') + 1]) : null
  if (keeper !== null && owner !== null && keeper.parent === owner) {
    throw new PostgresFailed('in use', `${cluster} is in use by process ${owner}`)
  }
  progress(`stopping PostgreSQL that a killed Steno left behind (process ${pid})`)
  process.kill(pid, 'SIGINT')
  if (await isGone(pid, 20_000)) return
  process.kill(pid, 'SIGQUIT')
  if (!(await isGone(pid, 5_000))) throw new PostgresFailed('in use', `PostgreSQL in ${cluster} does not stop (process ${pid})`)
}

async function isGone(pid: number, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; findProcess(pid) !== null; waitedMs += 50) {
    if (waitedMs >= withinMs) return false
    await sleep(50)
  }
  return true
}

interface Process {
  parent: number
  arguments: string[]
}

/** A process that runs now; null for one that ended, also if nobody has collected it yet. */
function findProcess(pid: number): Process | null {
  if (process.platform !== 'linux') return askPs(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name, in parentheses, may hold anything.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return null
    return { parent: Number(parent), arguments: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null
    throw error
  }
}

function askPs(pid: number): Process | null {
  const { stdout, status } = spawnSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' })
  const [parent, ...words] = stdout.trim().split(/\s+/)
  return status !== 0 || parent === undefined ? null : { parent: Number(parent), arguments: words }
}
