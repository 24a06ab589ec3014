import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { z } from 'zod'
import { openedRun } from '../api/schemas.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, readNumber, type CliCommand } from './command-line.ts'

/** As `env` and `timeout` have it: we failed; the command cannot be run; it is not there. */
const exitCodes = { ours: 125, cannotRun: 126, notFound: 127 } as const

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/** `steno run`: runs a command inside a run of its own. */
export const runCommand: CliCommand = {
  name: 'run',
  summary: 'run a command with a credential of its own, recorded',
  usage: '[--target A[,B]] [--agent NAME] [--task T] [--trigger T] [--agent-version V] [--ttl SECONDS] -- CMD …',
  help: `  --target A,B        what it may reach; everything when left out
  --agent NAME        the agent's name; inside a run, the child's
  --task T            reruns of a task are counted and compared
  --trigger T         what set it off
  --agent-version V   which version of the agent it is
  --ttl SECONDS       how long it may take; an hour when left out

  STENO_TOKEN is the agent's secret. The command finds the way to its targets in
  its environment (DATABASE_URL, PG…, <TARGET>_DATABASE_URL), and the run's own
  token in STENO_TOKEN, so that a run inside it is delegated by it. The exit code
  is the command's; 125 when the run could not be opened.`,
  async run(args, shell) {
    const split = args.indexOf('--')
    const ours = split < 0 ? args : args.slice(0, split)
    const [program, ...programArgs] = split < 0 ? [] : args.slice(split + 1)
    const { values, positionals } = readArgs(ours, {
      target: { type: 'string', multiple: true },
      agent: { type: 'string' },
      task: { type: 'string' },
      trigger: { type: 'string' },
      'agent-version': { type: 'string' },
      ttl: { type: 'string' },
    })
    if (positionals.length > 0 || program === undefined) throw new UsageError('expected `--` and a command after the options')
    const client = createClient({ ...shell, exitCode: exitCodes.ours })
    const ttlSeconds = readNumber('ttl', values.ttl, { min: 1, max: 86_400 })
    const targets = values.target?.flatMap(names => names.split(','))
    const answer = await client.ask('POST', '/api/runs', {
      agent: values.agent,
      version: values['agent-version'],
      task: values.task,
      trigger: values.trigger,
      targets,
      ttlSeconds,
    })
    const opened = openedRun.safeParse(answer)
    if (!opened.success) throw new CliError('expected a gateway of this version, got an answer of another shape', exitCodes.ours)
    const run = opened.data
    const env = { ...shell.env, ...childEnvironment(run, targets ?? Object.keys(run.targets)), STENO_URL: client.url }
    const exitCode = await runChild(program, programArgs, { env, err: shell.err })
    await endRun(client.url, run, exitCode, shell.err)
    return exitCode
  },
}

/** What the child finds: its first target under the names that tools read, each target under its own. */
export function childEnvironment({ id, token, targets }: z.infer<typeof openedRun>, order: string[]): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of order) {
    const target = targets[name]
    if (!target) continue
    env[`${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_DATABASE_URL`] = target.url
    for (const [key, value] of Object.entries(target.env)) env[key] ??= value
  }
  return { ...env, STENO_RUN: id, STENO_TOKEN: token }
}

/** Runs a program in this terminal and gives its exit code, 128 and the signal's number for one that a signal ended. */
function runChild(
  program: string,
  args: string[],
  { env, err }: { env: Record<string, string | undefined>; err: (text: string) => void },
): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(program, args, { env, stdio: 'inherit' })
    const forward = (signal: NodeJS.Signals) => {
      // Ctrl-C reaches the child from the terminal itself; twice would be once too often.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of forwarded) process.on(signal, forward)
    const finish = (code: number) => {
      for (const signal of forwarded) process.off(signal, forward)
      resolve(code)
    }
    child.once('error', error => {
      const code = 'code' in error ? error.code : undefined
      err(`steno: ${program}: ${code === 'ENOENT' ? 'no such command' : error.message}\n`)
      finish(code === 'ENOENT' ? exitCodes.notFound : exitCodes.cannotRun)
    })
    child.once('exit', (code, signal) => finish(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

/** Ends the run with its own token. The command has run, so a gateway that is gone by now changes nothing about its exit code. */
async function endRun(
  url: string,
  { id, token }: { id: string; token: string },
  exitCode: number,
  err: (text: string) => void,
): Promise<void> {
  try {
    await createClient({ env: { STENO_URL: url, STENO_TOKEN: token } }).ask('POST', `/api/runs/${id}/end`, { exitCode })
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    err(`steno: the run could not be ended, it will expire: ${error.message}\n`)
  }
}
