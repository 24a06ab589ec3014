import { demo } from '../demo/demo.ts'
import { UsageError } from './cli-error.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { startFailed } from './start.ts'

/** `steno demo`: everything at once, to look at. */
export const demoCommand: CliCommand = {
  name: 'demo',
  summary: 'a gateway, a shop to reach through it, and agents that have worked there',
  usage: '[--data DIR] [--web-port PORT] [--postgres-port PORT]',
  help: `  --data DIR             where it keeps everything; .steno/demo when left out
  --web-port PORT        7700 when left out
  --postgres-port PORT   7432 when left out`,
  async run(args) {
    const { values, positionals } = readArgs(args, {
      data: { type: 'string' },
      'web-port': { type: 'string' },
      'postgres-port': { type: 'string' },
    })
    const [webPort, postgresPort] = [portOf(values['web-port'], 7700), portOf(values['postgres-port'], 7432)]
    if (positionals.length > 0 || webPort === null || postgresPort === null)
      throw new UsageError('expected options with a directory and port numbers')
    try {
      return await demo({ data: values.data ?? '.steno/demo', webPort, postgresPort })
    } catch (error) {
      throw startFailed(error, '`npm start -- --web-port 7710 --postgres-port 7442` takes others')
    }
  },
}

function portOf(text: string | undefined, otherwise: number): number | null {
  if (text === undefined) return otherwise
  const port = Number(text)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null
}
