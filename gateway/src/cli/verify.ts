import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  formatBase64,
  parseCheckpoint,
  parseNote,
  parseTlogPolicy,
  parseVerifierKey,
  ProofError,
  proofPaths,
  verify,
  verifyLine,
  verifyProofs,
  type Checkpoint,
  type Cryptography,
  type Evidence,
  type Finding,
  type LineVerdict,
  type ProvedLine,
  type Report,
  type Trust,
  type VerifyOptions,
} from '@steno/recordings'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import { CliError, UsageError } from './cli-error.ts'
import { readArgs, type CliCommand, type Shell } from './command-line.ts'
import { openSource } from './evidence-source.ts'
import { safeText } from './safe-text.ts'
import { VerifyThreads } from './verify-threads.ts'

/** Findings that are told one by one; `--json` has all. */
const findingsShownMax = 20
/** A gateway that runs writes while it is read; an accusation must hold against what it has signed since. */
const readAgainMax = 2

/** From so much on, threads are worth their start. */
const threadedBytesMin = 32 << 20

/** `steno verify`: judges evidence, offline. */
export const verifyCommand: CliCommand = {
  name: 'verify',
  summary: 'check that nothing was changed, cut or lost: a data directory, a bundle, a recording, a gateway',
  usage: 'DIR|BUNDLE|FILE.cast|FILE.tlog-proof|URL [--key VKEY]… [--policy FILE] [--since FILE] [--json]',
  help: `  --key VKEY      the log's key, as it came to you from elsewhere
  --policy FILE   whom to believe: the log's key and its witnesses (a tlog-policy)
  --since FILE    the checkpoint seen last: what is here must have grown from it.
                  A file that is not there is written; it is kept up to date.
  --json          the whole report

  A recording FILE.cast is checked by FILE.cast.tlog-proof beside it. Without a key
  or a policy, the first key that the evidence itself names is taken: that shows
  that it is of one piece, and not whose it is. Of a URL, recordings are read with
  STENO_TOKEN. Exits 0 where all is there, or missing lawfully, else 1.`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      key: { type: 'string', multiple: true },
      policy: { type: 'string' },
      since: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [name, ...more] = positionals
    if (!name || more.length > 0) throw new UsageError('expected one directory, bundle, file or URL')
    const trust = readTrust(values)
    try {
      const source = await openSource(name, shell)
      if (source.kind !== 'evidence' && values.since !== undefined)
        throw new UsageError('--since: expected a data directory or a URL, which have the whole log')
      const namesKey = source.kind === 'evidence' || (source.kind === 'recording' && source.proofs.leaves.length > 1)
      if (trust.by === 'first key' && !namesKey)
        throw new UsageError('expected --key or --policy: a proof alone does not say whom to trust')
      const options = { trust, sha256, verifyEd25519 }
      if (source.kind === 'line') return showLine(await verifyLine(source, options), source.line, { shell, json: values.json ?? false })
      const report =
        source.kind === 'recording'
          ? await verifyProofs(source, options)
          : await verifyEvidence(source, { ...options, ...(values.since === undefined ? {} : { sinceFile: values.since }) })
      show(report, trust, { shell, json: values.json ?? false })
      return report.isAccepted ? 0 : 1
    } catch (error) {
      if (error instanceof ProofError) throw new CliError(`${name}: ${error.message}`)
      // What the system does not let us read is no verdict on it.
      if (error instanceof Error && 'syscall' in error) throw new CliError(error.message)
      throw error
    }
  },
}

function readTrust({ key, policy }: { key?: string[] | undefined; policy?: string | undefined }): Trust {
  if (key && policy !== undefined) throw new UsageError('expected --key or --policy, not both: a policy names keys itself')
  try {
    if (policy !== undefined) return { by: 'policy', policy: parseTlogPolicy(sha256, readFileSync(policy)) }
    if (key) return { by: 'keys', keys: key.map(vkey => parseVerifierKey(sha256, vkey)) }
  } catch (error) {
    throw new UsageError(
      `${policy === undefined ? '--key' : `--policy ${policy}`}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return { by: 'first key' }
}

async function verifyEvidence(
  { evidence, folder }: { evidence: Evidence; folder: string | null },
  { sinceFile, ...options }: Cryptography & { trust: Trust; sinceFile?: string },
): Promise<Report> {
  const threads = folder !== null && recordingsBytes(folder) > threadedBytesMin ? new VerifyThreads(folder) : null
  try {
    return await verifyAgain(evidence, { ...options, ...(threads ? { judges: threads } : {}) }, sinceFile)
  } finally {
    threads?.stop()
  }
}

/** How much there is to read. */
function recordingsBytes(folder: string): number {
  const sessions = join(folder, proofPaths.sessions)
  if (!existsSync(sessions)) return 0
  const files = readdirSync(sessions, { withFileTypes: true, recursive: true }).filter(entry => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

async function verifyAgain(evidence: Evidence, options: VerifyOptions, sinceFile: string | undefined): Promise<Report> {
  const since = sinceFile !== undefined && existsSync(sinceFile) ? readSince(sinceFile) : null
  const judge = () => verify(evidence, { ...options, ...(since ? { since } : {}) })
  let report = await judge()
  for (let again = 0; !report.isAccepted && again < readAgainMax; again++) {
    const newest = await evidence.checkpoint()
    if (!newest || new TextDecoder().decode(newest) === report.log.note) break
    report = await judge()
  }
  if (sinceFile !== undefined && report.isAccepted && report.log.note !== null) writeFileSync(sinceFile, report.log.note)
  return report
}

function readSince(path: string): Checkpoint {
  try {
    return parseCheckpoint(parseNote(readFileSync(path)).text)
  } catch (error) {
    throw new UsageError(`--since ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function show(report: Report, trust: Trust, { shell, json }: { shell: Shell; json: boolean }): void {
  if (json) return shell.out(`${JSON.stringify(plain(report), null, 2)}\n`)
  const { verdict, findings, log, sessions } = report
  shell.out(`${verdict}: ${headline(report)}\n`)
  const lines = sessions.reduce((sum, { provenLines }) => sum + provenLines, 0)
  if (log.checkpoint)
    shell.out(
      `log ${safeText(log.checkpoint.origin)}, ${count(log.checkpoint.size, 'leaf', 'leaves')}; ${count(sessions.length, 'recording')}, ${count(lines, 'line')} proven\n`,
    )
  if (log.key !== null) shell.out(`${restsOn(report, trust)}\n`)
  for (const finding of findings.slice(0, findingsShownMax)) shell.out(`  ${describe(finding)}\n`)
  if (findings.length > findingsShownMax) shell.out(`  and ${findings.length - findingsShownMax} more; --json has all\n`)
}

function headline({ verdict, findings, isAccepted }: Report): string {
  if (verdict === 'WHOLE') return 'everything is there, as it was signed'
  if (!isAccepted) return safeText(findings[0]!.says)
  if (verdict === 'ERASED') return 'everything is as it was signed; what is missing was erased or removed lawfully'
  return 'everything is as it was signed; what is younger than that, nobody vouches for yet'
}

function restsOn({ log }: Report, trust: Trust): string {
  const source =
    trust.by === 'first key'
      ? '; the evidence itself names that key, so this shows that it is of one piece, not whose it is: give --key or --policy'
      : ''
  return `signed by ${safeText(log.key ?? '')}${cosignedBy(log.witnesses)}${source}`
}

function describe({ verdict, session, line, leaf, says }: Finding): string {
  const place = [
    ...(session === null ? [] : [session]),
    ...(line === null ? [] : [`line ${line}`]),
    ...(leaf === null ? [] : [`leaf ${leaf}`]),
  ].join(', ')
  return `${verdict.padEnd(10)} ${safeText(place)}${place === '' ? '' : ': '}${safeText(says)}`
}

function showLine(verdict: LineVerdict, proved: ProvedLine, { shell, json }: { shell: Shell; json: boolean }): number {
  const { anchor, anchors, found, key, witnesses, checkpoint } = verdict
  const isProven = anchor !== null && found.length === 0
  const text = new TextDecoder().decode(proved.text)
  if (json) {
    const said = isProven ? 'WHOLE' : (found[0]?.verdict ?? 'TAMPERED')
    const report = {
      verdict: said,
      session: anchors?.session,
      line: proved.number,
      text,
      anchor,
      key,
      witnesses,
      checkpoint,
      findings: found,
    }
    shell.out(`${JSON.stringify(plain(report), null, 2)}\n`)
  } else if (isProven) {
    shell.out(
      `WHOLE: line ${proved.number} of the recording of session ${anchors!.session} is this, as leaf ${anchor.leaf} of ${safeText(checkpoint.origin)} says since ${new Date(anchor.atUs / 1000).toISOString()}\n`,
    )
    shell.out(`signed by ${safeText(key ?? '')}${cosignedBy(witnesses)}\n${safeText(text)}\n`)
  } else for (const finding of found) shell.out(`${describe({ ...finding, key })}\n`)
  return isProven ? 0 : 1
}

function cosignedBy(witnesses: readonly string[]): string {
  return witnesses.length > 0 ? `, cosigned by ${witnesses.map(safeText).join(', ')}` : ''
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

/** The same value with bytes as base64, as JSON has none. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return formatBase64(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) return plain(Object.fromEntries(value))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
  return value
}
