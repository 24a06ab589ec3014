import { createReadStream, existsSync } from 'node:fs'
import { RecordingReader, type CastHeader, type PlacedLine } from '@steno/recordings'
import { CliError } from './cli-error.ts'
import { createClient } from './client.ts'
import type { Shell } from './command-line.ts'

/** The bytes of a recording: of a file that is there, or of a session of that id. */
export async function openRecording(name: string, shell: Shell): Promise<AsyncIterable<Uint8Array>> {
  if (existsSync(name)) return createReadStream(name)
  if (/[./\\]/.test(name)) throw new CliError(`no file \`${name}\``)
  const { body } = await createClient(shell).open(`/api/sessions/${encodeURIComponent(name)}/recording`)
  if (!body) throw new CliError('expected a recording, got an empty answer')
  return body
}

/** The recording, event by event. */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<{ header: CastHeader; placed: PlacedLine }> {
  const reader = new RecordingReader()
  for await (const chunk of bytes) {
    for (const placed of reader.push(chunk)) {
      if (!reader.header) throw new CliError('expected a header before the first event')
      yield { header: reader.header, placed }
    }
  }
}
