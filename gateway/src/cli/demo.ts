import { demo } from '../demo/demo.ts'
import type { CliCommand } from './command-line.ts'

/** `steno demo`: everything at once, to look at. */
export const demoCommand: CliCommand = {
  name: 'demo',
  summary: 'a gateway, a shop to reach through it, and agents that have worked there',
  usage: '[--data DIR] [--web-port PORT] [--postgres-port PORT]',
  help: `  --data DIR             where it keeps everything; .steno/demo when left out
  --web-port PORT        7700 when left out
  --postgres-port PORT   7432 when left out`,
  run: args => demo(args),
}
