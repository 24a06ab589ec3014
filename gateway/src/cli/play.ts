import { setTimeout as sleep } from 'node:timers/promises'
import { readArgs, readNumber, type CliCommand } from './command-line.ts'
import { UsageError } from './cli-error.ts'
import { safeOutput, safeText } from './safe-text.ts'
import { openRecording, readEvents } from './source.ts'

const idleSecondsDefault = 2

/** `steno play`: replays a recording in the terminal. */
export const playCommand: CliCommand = {
  name: 'play',
  summary: 'replay a session in the terminal',
  usage: 'SESSION|FILE [--speed N] [--idle SECONDS] [--frames] [--raw]',
  help: `  --speed N         how many times faster; 1 when left out
  --idle SECONDS    no pause is longer; ${idleSecondsDefault} when left out
  --frames          only a list of the commands, at once
  --raw             the output as it is, its escape sequences obeyed: only for
                    recordings you trust with your terminal`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      speed: { type: 'string' },
      idle: { type: 'string' },
      frames: { type: 'boolean' },
      raw: { type: 'boolean' },
    })
    const [name, ...more] = positionals
    if (!name || more.length > 0) throw new UsageError('expected one session or file')
    const speed = readNumber('speed', values.speed, { min: 0.01, max: 10_000 }) ?? 1
    const idleUs = (readNumber('idle', values.idle, { min: 0, max: 86_400 }) ?? idleSecondsDefault) * 1_000_000
    let atUs = 0
    for await (const { placed } of readEvents(await openRecording(name, shell))) {
      const { event } = placed
      if (values.frames) {
        if (event.code === 'q')
          shell.out(
            `${seconds(placed.atUs)}  ${String(event.command.n).padStart(5)}  line ${placed.line}  ${safeText(event.command.text)}\n`,
          )
      } else if (event.code === 'o') {
        const pauseMs = Math.min(placed.atUs - atUs, idleUs) / speed / 1000
        if (pauseMs >= 1) await sleep(pauseMs)
        shell.out(values.raw ? event.output : safeOutput(event.output))
        await shell.drained()
        atUs = placed.atUs
      }
    }
    return 0
  },
}

function seconds(us: number): string {
  return (us / 1_000_000).toFixed(3).padStart(10)
}
