import { describe, expect, it } from 'vitest'
import type { PlacedEvent } from '../model.ts'
import { RecordingWriter } from './line-writer.ts'
import { readRecording } from './read.ts'
import type { CastHeader } from './records.ts'
import { RecordingError } from './recording-error.ts'
import type { SaltSource } from './salt-pool.ts'
import { utf8Decoder, utf8Encoder } from './utf8.ts'

declare global {
  interface ImportMeta {
    /** Vite's: the files' texts by path. */
    glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Record<string, string>
  }
}

interface Valid {
  header: CastHeader
  events: (PlacedEvent & { salt: string | null })[]
}

interface Invalid {
  after: Record<string, string>
  cases: ({ name: string; code: string; line: number; after: string } & ({ text: string } | { base64: string }))[]
}

const files = import.meta.glob('../../vectors/**/*', { query: '?raw', import: 'default', eager: true })
const valid = Object.keys(files).filter(path => path.endsWith('.cast'))
const invalid: Invalid = JSON.parse(files['../../vectors/invalid.json']!)

describe('vectors', () => {
  it('are as many as promised', () => {
    expect(valid.length).toBeGreaterThanOrEqual(12)
    expect(invalid.cases.length).toBeGreaterThanOrEqual(40)
  })

  it.each(valid)('%s says what stands beside it', path => {
    const { header, events } = readRecording(utf8Encoder.encode(files[path]!))
    expect({ header, events: events.map(({ line, atUs, salt, event }) => ({ line, atUs, salt, event })) }).toEqual(besides(path))
  })

  // `npx vitest run recordings -u` makes the files of what stands beside them.
  it.each(valid)('%s is written as it stands', async path => {
    const { header, events } = besides(path)
    const writer = new RecordingWriter(saltsOf(events))
    writer.header(header.steno, header.term, header.title)
    for (const { atUs, event } of events) writer.write(atUs, event)
    await expect(utf8Decoder.decode(writer.take())).toMatchFileSnapshot(path)
  })

  it.each(invalid.cases)('$name is refused as $code', ({ code, line, after, ...rest }) => {
    const tail = 'text' in rest ? utf8Encoder.encode(rest.text) : fromBase64(rest.base64)
    const bytes = Uint8Array.of(...utf8Encoder.encode(invalid.after[after]!), ...tail)
    expect(errorOf(() => readRecording(bytes))).toMatchObject({ code, line })
  })

  it('name every error but the one that only a limit brings about', () => {
    const named = new Set(invalid.cases.map(({ code }) => code))
    expect([...named].sort()).toEqual(errorCodes)
  })
})

const errorCodes = [
  'after_end',
  'blank_line',
  'carriage_return',
  'code_escaped',
  'code_not_letter',
  'command_count',
  'command_number',
  'command_unknown',
  'comment',
  'data_not_string',
  'event_not_array',
  'event_not_compact',
  'event_not_json',
  'event_not_three',
  'header_missing',
  'header_not_json',
  'header_not_v3',
  'header_shape',
  'header_steno_version',
  'header_without_steno',
  'interval_exponent',
  'interval_negative',
  'interval_not_number',
  'interval_too_large',
  'interval_too_precise',
  'lone_surrogate',
  'name_repeated',
  'not_utf8',
  'record_not_json',
  'record_shape',
  'torn_line',
  'void_hashes',
  'void_range',
]

function besides(path: string): Valid {
  return JSON.parse(files[path.replace(/\.cast$/, '.json')]!)
}

/** The salts that stand in a recording, in their order. */
function saltsOf(events: Valid['events']): SaltSource {
  const salts = events.flatMap(({ salt }) => salt ?? [])
  return { copyNext: (into, at) => into.set(utf8Encoder.encode(salts.shift()!), at) }
}

function errorOf(act: () => unknown): RecordingError {
  try {
    act()
  } catch (error) {
    if (error instanceof RecordingError) return error
    throw error
  }
  throw new Error('expected an error')
}

function fromBase64(base64: string): Uint8Array {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const bits = Array.from(base64.replaceAll('=', ''), character => alphabet.indexOf(character).toString(2).padStart(6, '0')).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], byte => Number.parseInt(byte, 2))
}
