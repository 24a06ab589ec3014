import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from './cli-error.ts'

/** What a command of the shell is given, and where its words go. */
export interface Shell {
  env: Readonly<Record<string, string | undefined>>
  out(content: string | Uint8Array): void
  err(text: string): void
  /** Settles when whoever reads `out` has kept up, so that a long output need not fit in memory. */
  drained(): Promise<void>
  /** How wide a line may be; endless when nobody reads it on a screen. */
  width: number
  /** Says how far something is, in a line that the next one replaces and '' takes away; absent where nobody watches. */
  progress?: (line: string) => void
  /** Asks whoever sits at the terminal, and gives the line they type; absent where nobody does. */
  ask?: (question: string) => Promise<string>
}

/** One command of `steno`. */
export interface CliCommand {
  name: string
  summary: string
  /** Everything after the name, as people type it. */
  usage: string
  /** What each option does, line by line. */
  help: string
  /** Gives the exit code. Throws `CliError`. */
  run(args: string[], shell: Shell): Promise<number>
}

type Options = NonNullable<ParseArgsConfig['options']>

type ReadArgs<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>>

/** The options and words of a command line. Throws `UsageError` for an option it does not know. */
export function readArgs<const O extends Options>(args: string[], options: O): ReadArgs<O> {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    // `parseArgs` speaks to people already; only its advice about `--` is of no use here.
    const message = error instanceof Error ? error.message.split('. ')[0]! : String(error)
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1))
  }
}

/** A number an option was given. */
export function readNumber(name: string, text: string | undefined, { min, max }: { min: number; max: number }): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !(value >= min && value <= max))
    throw new UsageError(`--${name}: expected a number from ${min} to ${max}, got \`${text}\``)
  return value
}
