import { Hono } from 'hono'
import { serveApi } from '../api/serve.ts'
import { ConfigInvalid, formatHost, readWitnessConfig, type WitnessConfig } from '../config/index.ts'
import { LockHeld } from '../runtime/lock-held.ts'
import type { Machine } from '../runtime/machine.ts'
import { realMachine } from '../runtime/node.ts'
import { hasCode } from '../runtime/system-error.ts'
import { StateDamaged, Witness, witnessApi } from '../witness/index.ts'
import { CliError, UsageError } from './cli-error.ts'
import { readArgs, type CliCommand } from './command-line.ts'

/** `steno witness`: signs that the logs of others have only ever grown. */
export const witnessCommand: CliCommand = {
  name: 'witness',
  summary: 'be a witness of other gateways’ logs',
  usage: '[key] --config FILE [--check]',
  help: `  key             only print the witness's key, made when there is none
  --config FILE   the witness's own configuration, in YAML:

                    name: witness.example/w1    # the name of its key
                    data: ./witness-data        # its key, and what it signed
                    listen: 127.0.0.1:7755
                    logs:
                      - <vkey of a log>         # a key each, or several of one log

  --check         only say whether the file is right

  A gateway names its witnesses and their keys under \`log\` in steno.yaml. The
  protocol is c2sp.org/tlog-witness, so that any log can be witnessed and any
  witness can be used. Never copy or restore \`data\` while the witness goes on
  elsewhere: who forgets what it signed may sign a second history.`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { config: { type: 'string' }, check: { type: 'boolean' } })
    const isForKey = positionals.length === 1 && positionals[0] === 'key'
    if (values.config === undefined || (positionals.length > 0 && !isForKey)) throw new UsageError('expected --config FILE')
    const machine = realMachine()
    const { config, warnings } = readWitnessFile(values.config, { machine, env: shell.env })
    for (const warning of warnings) shell.err(`warning: ${warning}\n`)
    if (values.check) return 0
    const lock = await machine.disk.lock(`${config.data}/lock`, 'steno witness').catch((error: unknown) => {
      throw error instanceof LockHeld ? new CliError(`another witness is at work: ${error.message}`) : error
    })
    try {
      const log = (line: string) => shell.err(`${line}\n`)
      const witness = openWitness(machine, config, log)
      if (isForKey) {
        shell.out(`${witness.vkey}\n`)
        return 0
      }
      const web = await serveApi(new Hono().route(config.prefix === '' ? '/' : config.prefix, witnessApi(witness)), {
        address: config.listen,
        tls: config.tls,
      }).catch((error: unknown) => {
        throw hasCode(error, 'EADDRINUSE')
          ? new CliError(`port ${config.listen.port} is in use: \`listen\` in ${values.config} changes it`)
          : error
      })
      const { host, port } = web.address
      shell.out(
        `the witness is ready at ${config.tls ? 'https' : 'http'}://${formatHost(host)}:${port}${config.prefix}\nits key: ${witness.vkey}\n`,
      )
      await toldToStop()
      log('stopping')
      await web.close()
      return 0
    } finally {
      await lock.release()
    }
  },
}

function openWitness(machine: Machine, { name, data, logs }: WitnessConfig, log: (line: string) => void): Witness {
  try {
    return new Witness(machine, { name, keyPath: `${data}/witness.key`, directory: `${data}/logs`, logs, log })
  } catch (error) {
    if (error instanceof StateDamaged)
      throw new CliError(`${error.message}; put the newest copy back. Without it the witness cannot tell a second history from the first`)
    throw error
  }
}

function readWitnessFile(path: string, { machine, env }: { machine: Machine; env: Readonly<Record<string, string | undefined>> }) {
  try {
    return readWitnessConfig({ path, disk: machine.disk, env })
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    const count = error.mistakes.length
    throw new CliError(`${error.message}\n${count} ${count === 1 ? 'mistake' : 'mistakes'} in ${path}`)
  }
}

/** Settles at the first signal that ends programs. */
function toldToStop(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
