import { parseTlogPolicy, ProofError, type TlogPolicy } from '@steno/recordings'
import { z } from 'zod'
import { sha256 } from '../runtime/crypto.ts'
import type { Disk } from '../runtime/machine.ts'
import type { ConfigDocument } from './config-document.ts'
import { objectionTo, parseVkey, vkey } from './vkey.ts'

/** Who is asked to sign the log's checkpoints. */
export interface LogWitnesses {
  /** Each witness in it has a URL. */
  policy: TlogPolicy
  /** The longest that a checkpoint waits for them. */
  waitMs: number
}

const waitMsUsual = 1000
const waitMsMax = 60_000

const url = z.string('a URL http://… or https://…').regex(/^https?:\/\/[^\s?#@]+$/, 'a URL http://… or https://…')

/** What `log` says of witnesses. */
export const witnessFields = {
  policy: z.string().min(1, 'a path').optional().meta({ description: 'a tlog-policy file that names witnesses and their quorum' }),
  witnesses: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name of letters, digits and `. _ -`, at most 63'),
      z.strictObject({ key: vkey('a witness'), url }),
    )
    .optional()
    .meta({ description: 'who is asked to sign checkpoints: by a name of your own, its key and where it is' }),
  quorum: z
    .union([z.int().min(1), z.enum(['all', 'none'])], { error: 'how many witnesses must sign: a number, `all` or `none`' })
    .optional()
    .meta({ description: 'how many of them must have signed before a checkpoint counts as witnessed' }),
  witnessWaitMs: z
    .int('milliseconds')
    .min(10, 'at least 10 milliseconds')
    .max(waitMsMax, `at most ${waitMsMax} milliseconds`)
    .optional()
    .meta({ description: `how long a checkpoint waits for its witnesses; ${waitMsUsual} when not said` }),
}

interface GivenWitnesses {
  policy?: string | undefined
  witnesses?: Record<string, { key: string; url: string }> | undefined
  quorum?: number | 'all' | 'none' | undefined
  witnessWaitMs?: number | undefined
}

/** The witnesses that `log` names, in a file or in place; null for none. */
export function readWitnesses(document: ConfigDocument, given: GivenWitnesses, disk: Pick<Disk, 'read'>): LogWitnesses | null {
  const policy = given.policy === undefined ? policyInPlace(document, given) : policyInFile(document, given, disk)
  return policy && { policy, waitMs: given.witnessWaitMs ?? waitMsUsual }
}

function policyInPlace(document: ConfigDocument, { witnesses, quorum }: GivenWitnesses): TlogPolicy | null {
  const members = Object.keys(witnesses ?? {})
  if (!witnesses || members.length === 0) {
    if (quorum !== undefined) document.mistake(['log', 'quorum'], '`witnesses` beside it', 'none', 'key')
    return null
  }
  if (quorum === undefined) {
    document.mistake(['log', 'witnesses'], '`quorum` beside it: how many of them must sign, `all` or `none`', 'nothing', 'key')
    return null
  }
  if (typeof quorum === 'number' && quorum > members.length) {
    document.mistake(['log', 'quorum'], `at most the ${members.length} that \`witnesses\` names`, `the number ${quorum}`, 'value')
    return null
  }
  return {
    logs: [],
    witnesses: Object.entries(witnesses).map(([name, witness]) => ({ name, key: parseVkey(witness.key), url: witness.url })),
    groups: quorum === 'none' ? [] : [{ name: group, threshold: quorum === 'all' ? members.length : quorum, members }],
    quorum: quorum === 'none' ? null : group,
  }
}

/** A name that no witness in the configuration has. */
const group = 'quorum of all'

function policyInFile(
  document: ConfigDocument,
  { policy: path, witnesses, quorum }: GivenWitnesses,
  disk: Pick<Disk, 'read'>,
): TlogPolicy | null {
  if (path === undefined) return null
  for (const [key, value] of Object.entries({ witnesses, quorum }))
    if (value !== undefined) document.mistake(['log', key], 'it in the file that `policy` names, or no `policy`', 'both', 'key')
  const file = document.secrets.resolve(path)
  let bytes: Uint8Array
  try {
    bytes = disk.read(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unreadable one'
    document.mistake(['log', 'policy'], `a readable file \`${path}\``, code === 'ENOENT' ? 'none' : code, 'value')
    return null
  }
  return parsePolicy(document, file, bytes)
}

function parsePolicy(document: ConfigDocument, file: string, bytes: Uint8Array): TlogPolicy | null {
  const wrong = (line: number, message: string) =>
    document.mistakeElsewhere({ file, line: Math.max(1, line), column: 1, path: '', message })
  let policy: TlogPolicy
  try {
    policy = parseTlogPolicy(sha256, bytes)
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    wrong(error.line, error.message.replace(/^line \d+: /, ''))
    return null
  }
  const lines = new TextDecoder().decode(bytes).split('\n')
  const lineOf = (name: string) => lines.findIndex(line => /^[ \t]*witness[ \t]/.test(line) && line.trim().split(/[ \t]+/)[1] === name) + 1
  for (const { name, key, url: where } of policy.witnesses) {
    const objection = objectionTo(key, 'a witness')
    if (objection !== null) wrong(lineOf(name), `expected ${objection}, got one of type ${key.type}`)
    if (where === undefined || !url.safeParse(where).success)
      wrong(
        lineOf(name),
        `expected a URL http://… or https://… behind the key, got ${where === undefined ? 'nothing' : `\`${where}\``}: the witness is asked there`,
      )
  }
  return policy
}
