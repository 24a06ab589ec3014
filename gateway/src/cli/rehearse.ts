import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Verdict } from '@steno/recordings'
import { z } from 'zod'
import { compile, rehearseRecordings, type LiveSchema, type Progress, type RehearsalReport, type RehearsedPolicy } from '@steno/policy-dsl'
import { toFilter } from '../api/filter.ts'
import { Problem } from '../api/problem.ts'
import { rehearsalReport } from '../api/schemas.ts'
import { openOperations } from '../index/operations.ts'
import { formatProblem, policyName } from '../policies/index.ts'
import { findRecordings } from '../rehearsal/index.ts'
import { realMachine } from '../runtime/node.ts'
import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient, type Client } from './client.ts'
import type { Shell } from './command-line.ts'
import { safeText } from './safe-text.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

/** What `steno policy rehearse` was asked. */
export interface RehearseAsked {
  /** Files of policies, and behind `--recordings` those of recordings too. */
  names: string[]
  readSource: (file: string) => string
  live: LiveSchema | null
  recordings: string[]
  since: string | undefined
  until: string | undefined
  target: string | undefined
  agent: string | undefined
  limit: number | undefined
  failOn: string | undefined
  json: boolean
  shell: Shell
}

/** What `--fail-on` takes. */
const failures: Record<string, (report: RehearsalReport) => boolean> = {
  'newly-denied': ({ matrix }) => matrix.allow.deny + matrix.hold.deny > 0,
  'any-flip': ({ flipsTotal }) => flipsTotal > 0,
}

/** It could not be rehearsed, which says nothing about the policy. */
const notRehearsed = 3
const flipsShownMax = 20
const groupsShownMax = 10
const valueShownMax = 40

/** Says what past commands would have met under policies; gives 1 when that is what `--fail-on` names. */
export async function rehearse(asked: RehearseAsked): Promise<number> {
  const { failOn, json, shell } = asked
  const fails = failOn === undefined ? () => false : Object.hasOwn(failures, failOn) ? failures[failOn] : undefined
  if (!fails) throw new UsageError(`--fail-on: expected ${Object.keys(failures).join(' or ')}, got \`${failOn}\``)
  const files = asked.names.filter(name => !name.endsWith('.cast'))
  const casts = [...asked.recordings, ...asked.names.filter(name => name.endsWith('.cast'))]
  if (files.length === 0) throw new UsageError('expected a file')
  if (casts.length === 0 && asked.live) throw new UsageError('--schema goes with --recordings: the gateway knows its own')
  if (casts.length > 0 && asked.limit !== undefined) throw new UsageError('--limit does not go with --recordings')
  const names = files.map(nameOf)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new UsageError(`expected each policy once, got two files for \`${twice}\``)
  const sources = new Map(files.map(file => [file, read(asked, file)]))
  const report = await (casts.length > 0 ? rehearseFiles(asked, sources, casts) : askGateway(asked, sources)).finally(() =>
    shell.progress?.(''),
  )
  shell.out(json ? `${JSON.stringify(report)}\n` : writeReport(report, shell.width))
  return fails(report) ? 1 : 0
}

function read({ readSource }: RehearseAsked, file: string): string {
  try {
    return readSource(file)
  } catch (error) {
    throw error instanceof CliError ? new CliError(error.message, notRehearsed) : error
  }
}

async function askGateway(
  { since, until, target, agent, limit, shell }: RehearseAsked,
  sources: Map<string, string>,
): Promise<RehearsalReport> {
  const body = {
    policies: Object.fromEntries([...sources].map(([file, source]) => [nameOf(file), source])),
    since,
    until,
    filter: { target, agent },
    limit,
  }
  const client = createClient({ env: shell.env, exitCode: notRehearsed })
  for await (const { type, data } of client.follow('POST', '/api/policies/rehearse', body)) {
    const told = parse(data, client)
    if (type === 'progress') tell(shell, understood(progressEvent, told))
    else if (type === 'problem') throw new CliError(understood(problemEvent, told).detail, notRehearsed)
    else if (type === 'result') return understood(rehearsalReport, told)
  }
  throw new CliError(`the gateway at ${client.url} ended its answer without a result`, notRehearsed)
}

const progressEvent = z.object({ sessions: z.number(), of: z.number(), commands: z.number() }) satisfies z.ZodType<Progress>
const problemEvent = z.object({ detail: z.string() })

function parse(data: string, { url }: Client): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw new CliError(`expected JSON from ${url}, got something else; is STENO_URL right?`, notRehearsed)
  }
}

function tell({ progress }: Shell, { sessions, of, commands }: Progress): void {
  progress?.(`${sessions} of ${counted(of, 'session')}, ${counted(commands, 'command')}`)
}

/** Rehearses here, on recordings that lie here. */
async function rehearseFiles(asked: RehearseAsked, sources: Map<string, string>, casts: string[]): Promise<RehearsalReport> {
  const { live, since, until, target, agent } = asked
  const policies = [...sources].map(([file, source]): RehearsedPolicy => {
    const { ruleset, problems } = compile(source, live ? { live } : {})
    if (ruleset) return { name: nameOf(file), version: null, ruleset }
    throw new CliError(problems.map(problem => safeText(formatProblem(file, problem))).join('\n'), notRehearsed)
  })
  const machine = realMachine()
  const { clock, disk } = machine
  const { sinceUs = null, untilUs = null } = timesOf({ since, until })
  const parser = await openOperations({ loadWasm: loadParserWasm })
  const wanted = { target, agent, untilUs: untilUs ?? undefined }
  const { recordings, unreadable } = findRecordings(casts.flatMap(castsIn), wanted, { disk, parser })
  const unknowns = unreadable.map(file => `no recording can be read in ${file}`)
  return rehearseRecordings({
    ask: { policies, sinceUs, untilUs, unknowns, isTruncated: false, showsValues: true },
    recordings,
    clock,
    random: count => machine.random(count),
    onProgress: progress => tell(asked.shell, progress),
  })

  function timesOf(times: { since: string | undefined; until: string | undefined }) {
    try {
      return toFilter(times, clock)
    } catch (error) {
      if (error instanceof Problem) throw new UsageError(`--${error.message}`)
      throw error
    }
  }
}

/** The recordings in a directory and those below it, or the one file that it is. */
function castsIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.cast'))
      .map(name => join(path, name))
  } catch (error) {
    throw new CliError(`${path}: ${error instanceof Error ? error.message : String(error)}`, notRehearsed)
  }
}

/** The policy that a file is published as. */
function nameOf(file: string): string {
  const name = basename(file)
    .replace(/\.ts$/, '')
    .replace(/\.policy$/, '')
  const read = policyName.safeParse(name)
  if (!read.success)
    throw new UsageError(`${file}: a policy’s file has its name, and here \`${name}\` should be ${read.error.issues[0]!.message}`)
  return name
}

function writeReport(report: RehearsalReport, width: number): string {
  const { commands, sessions, agents, from, to, unknowns } = report
  if (commands === 0) return `no command to rehearse\n${unknowns.map(unknown => `  ${safeText(unknown)}\n`).join('')}`
  const parts = [
    `${counted(commands, 'command')} of ${counted(sessions, 'session')} and ${counted(agents, 'agent')}, ${day(from)} to ${day(to)}\n`,
    writeMatrix(report, width),
    writeRules(report, width),
    writeFlips(report, width),
    writeGroups(report, width),
    writeObligations(report, width),
    writeApprovals(report, width),
    unknowns.length === 0 ? '' : `what history cannot tell:\n${unknowns.map(unknown => `  ${safeText(unknown)}\n`).join('')}`,
  ]
  return parts.filter(part => part !== '').join('\n')
}

const verdicts: Verdict[] = ['allow', 'hold', 'deny']

function writeMatrix({ matrix }: RehearsalReport, width: number): string {
  const rows = verdicts.map(before => [before, ...verdicts.map(after => String(matrix[before][after]))])
  return writeTable(['THEN \\ NOW', 'ALLOW', 'HOLD', 'DENY'], rows, width)
}

function writeRules({ rules, rulesGone }: RehearsalReport, width: number): string {
  const rows = rules.map(rule => [
    ...[rule.matched, rule.decided, rule.newlyDenied, rule.newlyHeld, rule.newlyAllowed, rule.agents].map(String),
    `${rule.policy}:${rule.line} ${rule.rule}${rule.isObserved ? ' (observed)' : ''}`,
  ])
  const gone = rulesGone.map(({ rule, newlyAllowed }) => ['', '', '', '', String(newlyAllowed), '', `${rule} (is no more)`])
  return rows.length + gone.length === 0
    ? ''
    : writeTable(['MATCHED', 'DECIDED', 'NEWLY DENIED', 'NEWLY HELD', 'NEWLY ALLOWED', 'AGENTS', 'RULE'], [...rows, ...gone], width)
}

function writeFlips({ flips, flipsTotal }: RehearsalReport, width: number): string {
  if (flipsTotal === 0) return 'no command is decided differently\n'
  const shown = flips.slice(0, flipsShownMax)
  const rows = shown.map(({ before, after, session, command, principal, target, rule, ruleBefore, text }) => [
    `${before} → ${after}`,
    `${session}.${command}`,
    principal,
    target,
    rule ?? ruleBefore ?? '',
    text,
  ])
  const more = flipsTotal > shown.length ? `and ${flipsTotal - shown.length} more\n` : ''
  return `${writeTable(['FLIP', 'COMMAND', 'PRINCIPAL', 'TARGET', 'RULE', 'TEXT'], rows, width)}${more}`
}

function writeGroups({ flipGroups: { byShape } }: RehearsalReport, width: number): string {
  if (byShape.length === 0) return ''
  const rows = byShape
    .slice(0, groupsShownMax)
    .map(({ name, flips, newlyDenied, newlyHeld, newlyAllowed }) => [...[flips, newlyDenied, newlyHeld, newlyAllowed].map(String), name])
  const more = byShape.length > groupsShownMax ? `and ${byShape.length - groupsShownMax} more\n` : ''
  return `${writeTable(['FLIPS', 'DENIED', 'HELD', 'ALLOWED', 'SHAPE'], rows, width)}${more}`
}

function writeObligations({ masks, limits }: RehearsalReport, width: number): string {
  const masked = masks.map(({ rule, column, commands, rows }) => [column, String(commands), String(rows), rule])
  const shown = masks.flatMap(({ rule, column, samples }) =>
    samples.map(({ before, after, maskedBy, session, command }) => [
      column,
      shortly(before),
      maskedBy === null ? shortly(after) : `masked already by ${maskedBy}`,
      `${session}.${command}`,
      rule,
    ]),
  )
  const limited = limits.map(({ rule, commands, denied, held, cut, rowsCut, bytesCut, brokenOff }) => [
    ...[commands, denied, held, cut, rowsCut, bytesCut, brokenOff].map(String),
    rule,
  ])
  return [
    masked.length === 0 ? '' : writeTable(['MASKED', 'COMMANDS', 'ROWS', 'RULE'], masked, width),
    shown.length === 0 ? '' : writeTable(['MASKED', 'BEFORE', 'AFTER', 'COMMAND', 'RULE'], shown, width),
    limited.length === 0
      ? ''
      : writeTable(['LIMITED', 'DENIED', 'HELD', 'CUT', 'BY ROWS', 'BY BYTES', 'BROKEN OFF', 'RULE'], limited, width),
  ]
    .filter(part => part !== '')
    .join('\n')
}

function writeApprovals({ approvalsPerDay }: RehearsalReport, width: number): string {
  if (approvalsPerDay.length === 0) return ''
  const rows = approvalsPerDay.map(({ day: date, heldBefore, heldAfter, by }) => [
    date,
    String(heldBefore),
    String(heldAfter),
    Object.entries(by)
      .map(([group, count]) => `${group} ${count}`)
      .join(', '),
  ])
  return writeTable(['DAY', 'HELD THEN', 'HELD NOW', 'ASKED'], rows, width)
}

/** A value as a table has room for it. */
function shortly(value: string | null): string {
  if (value === null) return 'NULL'
  return value.length > valueShownMax ? `${value.slice(0, valueShownMax)}…` : value
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function day(time: string | null): string {
  return time?.slice(0, 16).replace('T', ' ') ?? ''
}
