// A run of tests that stands still: said where, then ended.
import { spawn, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { house } from './house.js'

/**
 * Runs a program in a process group of its own; resolves to its exit code.
 * What is not done after so many minutes is told, with all that it started and
 * the calls that its Node processes are in, and ended: a test that loops would
 * otherwise keep the others from being run.
 */
export function runForAtMost(minutes, command, args, { env = {}, isNode = true } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: house, stdio: 'inherit', detached: true, env: { ...process.env, ...env } })
    const end = () => {
      const { pid } = child
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
    }
    const limit = setTimeout(() => {
      console.log(`\nnot done after ${minutes} minutes; it stands here:`)
      void tellWhere(child.pid, isNode).finally(end)
    }, minutes * 60_000)
    const interrupted = () => {
      end()
      process.exit(130)
    }
    process.on('SIGINT', interrupted).on('SIGTERM', interrupted)
    const ended = code => {
      clearTimeout(limit)
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      resolve(code ?? 1)
    }
    child.on('error', () => ended(1))
    child.on('exit', ended)
  })
}

async function tellWhere(group, isNode) {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,pid=,ppid=,stat=,time=,args='], { encoding: 'utf8' })
  const members = stdout
    .split('\n')
    .map(line => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter(member => member !== null && Number(member[1]) === group)
  for (const [, , pid, rest] of members) console.log(`${pid} ${rest.slice(0, 200)}`)
  if (!isNode) return
  // Only of what runs vitest's tests is it known that it lets a debugger in; there is one port for all.
  for (const [, , pid, rest] of members) {
    if (Number(pid) === group || !rest.includes('vitest')) continue
    console.log(`${pid} is in\n${await callsOf(pid)}`)
    process.kill(Number(pid), 'SIGKILL')
  }
}

/** The calls a Node process is in, even when that is a loop without an end. */
async function callsOf(pid) {
  const debug = spawn(process.execPath, ['inspect', '-p', pid])
  let said = ''
  debug.on('error', error => (said += error.message))
  for (const stream of [debug.stdout, debug.stderr]) stream.on('data', text => (said += text))
  debug.stdin.on('error', () => {})
  for (const order of ['pause', 'bt', '.exit']) {
    await sleep(3000)
    debug.stdin.write(`${order}\n`)
  }
  await sleep(1000)
  debug.kill('SIGKILL')
  return said.replaceAll(/^/gm, '    ')
}
