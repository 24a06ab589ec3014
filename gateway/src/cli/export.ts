import {
  bundledRecording,
  bundleName,
  collectProofs,
  formatBundle,
  formatTarHeader,
  headLeaf,
  NotProvable,
  openProofs,
  ProofError,
  proofFileOf,
  proveLine,
  tarEnd,
  tarPadding,
  type Evidence,
  type SessionAnchors,
  type SessionProofs,
  type SessionReport,
} from '@steno/recordings'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import { CliError, UsageError } from './cli-error.ts'
import { defaultUrl } from './client.ts'
import { readArgs, readNumber, type CliCommand, type Shell } from './command-line.ts'
import { directoryOf, gatewayOf } from './evidence-source.ts'
import { openRecording, readEvents } from './source.ts'

/** `steno export`: one recording out, or what proves it. */
export const exportCommand: CliCommand = {
  name: 'export',
  summary: 'write one recording to stdout, or what proves it to others',
  usage: 'SESSION|SESSION.NUMBER|FILE [--as cast|ndjson|bundle|tlog-proof|proof] [--frame N] [--from DIR]',
  help: `  --as cast         the recording itself, which any asciicast player plays
  --as ndjson       one JSON object for each event: session, line, time, kind, content
  --as bundle       a tar archive with the recording and all that proves it, which
                    others check without Steno: its README.txt says how
  --as tlog-proof   the proof alone, to lie beside the recording as FILE.cast.tlog-proof
  --as proof        of SESSION.NUMBER, a command by its id: a proof of it alone, which shows
                    nothing else
  --frame N         or of any line of SESSION, by its number
  --from DIR        proofs from a data directory instead of the gateway at STENO_URL`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      as: { type: 'string', default: 'cast' },
      frame: { type: 'string' },
      from: { type: 'string' },
    })
    const [name, ...more] = positionals
    if (!name || more.length > 0) throw new UsageError('expected one session or file')
    const write = Object.hasOwn(formats, values.as) ? formats[values.as] : undefined
    if (!write) throw new UsageError(`--as: expected ${Object.keys(formats).join(', ')}, got \`${values.as}\``)
    const frame = readNumber('frame', values.frame, { min: 1, max: Number.MAX_SAFE_INTEGER })
    if (frame !== undefined && !Number.isInteger(frame)) throw new UsageError('--frame: expected the number of a line')
    const command = values.as === 'proof' && frame === undefined ? commandOf(name) : null
    if (frame !== undefined && values.as !== 'proof') throw new UsageError('--frame: expected it with --as proof only')
    const what: ProvedPlace | null = frame !== undefined ? { line: frame } : command && { command: command.number }
    try {
      await write(command?.session ?? name, { shell, what, from: values.from })
      return 0
    } catch (error) {
      if (error instanceof NotProvable || error instanceof ProofError) throw new CliError(error.message)
      throw error
    }
  },
}

/** Which line of a recording is proved: that of a command, or one by its number. */
type ProvedPlace = { command: number } | { line: number }

interface ExportOptions {
  shell: Shell
  /** What `--as proof` is of. */
  what: ProvedPlace | null
  from: string | undefined
}

/** A command by its id, as `steno commands` lists them. */
function commandOf(id: string): { session: string; number: number } {
  const [, session, number] = /^([^./\\]+)\.([1-9]\d{0,14})$/.exec(id) ?? []
  if (session === undefined || number === undefined)
    throw new UsageError(`--as proof: expected a command such as SESSION.3, or --frame, got \`${id}\``)
  return { session, number: Number(number) }
}

const formats: Record<string, (name: string, options: ExportOptions) => Promise<void>> = {
  cast: async (name, { shell }) => {
    for await (const chunk of await openRecording(name, shell)) {
      shell.out(chunk)
      await shell.drained()
    }
  },
  ndjson: async (name, { shell }) => exportEvents(await openRecording(name, shell), shell),
  bundle: exportBundle,
  'tlog-proof': async (session, options) => {
    const { proofs, newest } = await proofsOf(session, options)
    options.shell.out(proofFileOf(proofs, newest))
  },
  proof: exportLine,
}

async function exportEvents(bytes: AsyncIterable<Uint8Array>, shell: Shell): Promise<void> {
  for await (const { header, placed } of readEvents(bytes)) {
    const { session, startedAtUs } = header.steno
    const { code, ...content } = placed.event
    shell.out(`${JSON.stringify({ session, line: placed.line, at: writeTime(startedAtUs + placed.atUs), code, ...content })}\n`)
    await shell.drained()
  }
}

/** The files of a bundle, then the recording as far as it is proved. It is read twice: a bundle of what does not hold would prove nothing. */
async function exportBundle(session: string, options: ExportOptions): Promise<void> {
  const { shell } = options
  const { evidence, proofs, anchors, vkey } = await proofsOf(session, options)
  const { report } = await proveLine(await recordingOf(evidence, session), anchors, 0, { sha256 })
  mustHold(report)
  const folder = bundleName(session)
  const modifiedAtUs = anchors.seal?.atUs ?? anchors.epochs.at(-1)!.atUs
  const header = (name: string, sizeBytes: number) => formatTarHeader({ name: `${folder}/${name}`, sizeBytes, modifiedAtUs })
  for (const { name, bytes } of formatBundle(proofs, { vkey })) {
    shell.out(header(name, bytes.length))
    shell.out(bytes)
    shell.out(tarPadding(bytes.length))
  }
  const sizeBytes = report.provenBytes
  shell.out(header(bundledRecording(session), sizeBytes))
  let left = sizeBytes
  for await (const chunk of await recordingOf(evidence, session)) {
    if (left === 0) break
    const part = chunk.subarray(0, left)
    left -= part.length
    shell.out(part)
    await shell.drained()
  }
  if (left > 0) throw new CliError('the recording became shorter while it was read')
  shell.out(tarPadding(sizeBytes))
  shell.out(tarEnd)
}

async function exportLine(session: string, options: ExportOptions): Promise<void> {
  const { evidence, proofs, anchors, newest } = await proofsOf(session, options)
  const number = await lineOf(await recordingOf(evidence, session), options.what!)
  const { report, line } = await proveLine(await recordingOf(evidence, session), anchors, number, { sha256 })
  mustHold(report)
  if (!line) {
    const isErased = report.erased.some(({ from, to }) => number >= from && number < to)
    throw new CliError(isErased ? `line ${number} is erased` : `no line ${number} of this recording is proved: ${report.provenLines} are`)
  }
  options.shell.out(proofFileOf(proofs, newest, line))
}

async function lineOf(recording: AsyncIterable<Uint8Array>, what: ProvedPlace): Promise<number> {
  if ('line' in what) return what.line
  for await (const { placed } of readEvents(recording))
    if (placed.event.code === 'q' && placed.event.command.n === what.command) return placed.line
  throw new CliError(`no command ${what.command} stands in the recording: it never was, or it is erased`)
}

/** The proofs of a session, checked: what leaves here holds for whoever trusts the log's key. */
async function proofsOf(session: string, { shell, from }: ExportOptions) {
  if (/[./\\]/.test(session)) throw new UsageError('expected a session: a proof is made from the log that knows it')
  const evidence = from === undefined ? gatewayOf(shell.env['STENO_URL'] || defaultUrl, shell) : directoryOf(from)
  const proofs: SessionProofs = await collectProofs(evidence, session, sha256)
  const { anchors, found, keys } = await openProofs(proofs, { trust: { by: 'first key' }, sha256, verifyEd25519 })
  if (!anchors) throw new CliError(`the log does not hold: ${found[0]?.says ?? 'its proofs lead nowhere'}`)
  const newest = headLeaf(proofs)
  if (!newest) throw new CliError('no epoch knows this session yet: try again in a second')
  return { evidence, proofs, anchors: anchors satisfies SessionAnchors, newest, vkey: keys.at(-1)!.vkey }
}

async function recordingOf(evidence: Evidence, session: string): Promise<AsyncIterable<Uint8Array>> {
  const recording = await evidence.recording(session)
  if (!recording) throw new CliError(`no recording of session \`${session}\` is there`)
  return recording
}

/** Refuses what is not as the log says; a tail that is younger is left out, not refused. */
function mustHold({ verdict, findings }: SessionReport): void {
  if (verdict === 'TAMPERED' || verdict === 'LOST' || verdict === 'TRUNCATED') throw new CliError(`${verdict}: ${findings[0]!.says}`)
}

/** RFC 3339 with microseconds. */
function writeTime(us: number): string {
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(us % 1000).padStart(3, '0')}Z`
}
