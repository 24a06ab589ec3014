import { existsSync } from 'node:fs'
import { ConfigInvalid, readConfig } from '../config/index.ts'
import { startGateway } from '../gateway.ts'
import { protocols } from '../protocols/registry.ts'
import { LockHeld } from '../runtime/lock-held.ts'
import { realMachine } from '../runtime/node.ts'
import { CliError, UsageError } from './cli-error.ts'
import { readArgs, type CliCommand } from './command-line.ts'

/** The exit code of a gateway whose disk cannot be trusted any more. */
const exitCodeFatal = 70

/** `steno start`: the gateway. */
export const startCommand: CliCommand = {
  name: 'start',
  summary: 'start the gateway',
  usage: '--config FILE [--check]',
  help: `  --config FILE   steno.yaml
  --check         only say whether the file is right`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { config: { type: 'string' }, check: { type: 'boolean' } })
    if (values.config === undefined || positionals.length > 0) throw new UsageError('expected --config FILE')
    const machine = realMachine()
    const read = readConfigFile(values.config, { machine, env: shell.env })
    for (const warning of read.warnings) shell.err(`warning: ${warning}\n`)
    if (values.check) return 0
    const isFirstStart = !existsSync(`${read.config.data}/ledger.ndjson`)
    const stopping = new AbortController()
    const onSignal = () => {
      // Somebody who asks twice does not want to wait.
      if (stopping.signal.aborted) process.exit(130)
      stopping.abort()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
    const log = (line: string) => shell.err(`${line}\n`)
    const gateway = await startGateway(read, machine, {
      log,
      onFatal(reason) {
        log(`stopped: ${reason}`)
        process.exit(exitCodeFatal)
      },
    }).catch((error: unknown) => {
      throw startFailed(error, '`listen` in the configuration changes the port')
    })
    shell.out(`steno is ready at ${gateway.url || 'its ports; the web port is turned off'}\n`)
    if (isFirstStart && gateway.url) shell.out(`sign in, once, within a day: ${gateway.signInLink()}\n`)
    if (!stopping.signal.aborted)
      await new Promise<void>(resolve => stopping.signal.addEventListener('abort', () => resolve(), { once: true }))
    log('stopping')
    await gateway.stop()
    return 0
  },
}

/** Reads the configuration, or says everything that is wrong with it. */
export function readConfigFile(
  path: string,
  { machine, env }: { machine: ReturnType<typeof realMachine>; env: Readonly<Record<string, string | undefined>> },
) {
  try {
    return readConfig({ path, disk: machine.disk, env, protocols })
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    const count = error.mistakes.length
    throw new CliError(`${error.message}\n${count} ${count === 1 ? 'mistake' : 'mistakes'} in ${path}`)
  }
}

/** Why a gateway did not start, for whoever started it. `way` says how a port is changed. */
export function startFailed(error: unknown, way: string): CliError {
  if (error instanceof CliError) return error
  if (error instanceof LockHeld)
    return new CliError(`another gateway has this data directory: ${error.message}; stop it, or give this one another \`data\``)
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'))
    return new CliError(`the gateway could not start: ${message}`)
  const port = 'port' in error ? ` ${String(error.port)}` : ''
  return new CliError(`port${port} is in use: is another gateway running? ${way}`)
}
