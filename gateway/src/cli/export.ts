import { readArgs, type CliCommand, type Shell } from './command-line.ts'
import { UsageError } from './cli-error.ts'
import { openRecording, readEvents } from './source.ts'

/** `steno export`: one recording out. */
export const exportCommand: CliCommand = {
  name: 'export',
  summary: 'write one recording to stdout, as asciicast or as NDJSON',
  usage: 'SESSION|FILE --as cast|ndjson',
  help: `  --as cast     the recording itself, which any asciicast player plays
  --as ndjson   one JSON object for each event: session, line, time, kind, content`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { as: { type: 'string', default: 'cast' } })
    const [name, ...more] = positionals
    if (!name || more.length > 0) throw new UsageError('expected one session or file')
    if (values.as !== 'cast' && values.as !== 'ndjson') throw new UsageError(`--as: expected cast or ndjson, got \`${values.as}\``)
    const bytes = await openRecording(name, shell)
    if (values.as === 'ndjson') return exportEvents(bytes, shell)
    const text = new TextDecoder('utf-8', { ignoreBOM: true })
    for await (const chunk of bytes) {
      shell.out(text.decode(chunk, { stream: true }))
      await shell.drained()
    }
    return 0
  },
}

async function exportEvents(bytes: AsyncIterable<Uint8Array>, shell: Shell): Promise<number> {
  for await (const { header, placed } of readEvents(bytes)) {
    const { session, startedAtUs } = header.steno
    const { code, ...content } = placed.event
    shell.out(`${JSON.stringify({ session, line: placed.line, at: writeTime(startedAtUs + placed.atUs), code, ...content })}\n`)
    await shell.drained()
  }
  return 0
}

/** RFC 3339 with microseconds. */
function writeTime(us: number): string {
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(us % 1000).padStart(3, '0')}Z`
}
