import { readFileSync } from 'node:fs'
import {
  analyze,
  compareRulesets,
  compile,
  isNothingLessStrict,
  operationReaders,
  type Difference,
  type LiveSchema,
  type Problem,
  type Ruleset,
} from '@steno/policy-dsl'
import { policyList, policyLiveSchema } from '../api/schemas.ts'
import { checkPolicy, formatProblem, formatTest, policyName, type PolicyWorld } from '../policies/index.ts'
import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, readNumber, type CliCommand, type Shell } from './command-line.ts'
import { decideProposal, listProposals, listVersions, publishedOrProposed, rollBack, showProposal, tellPublished } from './proposals.ts'
import { rehearse } from './rehearse.ts'
import { safeText } from './safe-text.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

/** `steno policy`: the author's tools, for a shell and for CI. */
export const policyCommand: CliCommand = {
  name: 'policy',
  summary: 'check, test, compare, rehearse and publish policies',
  usage:
    'check FILE… | test FILE… | diff OLD NEW | rehearse FILE… | publish NAME FILE | list | history NAME | rollback NAME VERSION | proposals | show ID | accept ID | refuse ID',
  help: `  check FILE…          what is wrong, as file:line:column, and what is worth a look; exit code 1 for errors
  test FILE…           runs the policies' own tests; exit code 1 when one fails
  diff OLD NEW         what the new file decides differently; exit code 1 when that is less strict
  rehearse FILE…       what past commands would have met under it, together with what is in force
                       beside it; guard.policy.ts stands in the place of the policy guard
  publish NAME FILE    puts it in force at the gateway of STENO_URL
  list                 what is in force there
  history NAME         every version it had
  rollback NAME VERSION   publishes an earlier version again
  proposals            what waits for a second person, where policies have reviewers
  show ID              everything there is to agree to
  accept ID            shows it, asks, and agrees: then it is in force
  refuse ID            shows it, asks, and ends it; whoever proposed it takes it back

  --schema FILE        names to check against: what GET /api/policies/schema gives
  --allow-less-strict RULE   a rule that may get less strict in a diff; more than one may be given
  --since, --until TIME   which commands are rehearsed: RFC 3339, or an age such as 7d (what a gateway
                       takes when it is not said)
  --target T, --agent A   only theirs
  --limit N            the most sessions, the newest
  --recordings PATH    rehearses without a gateway, on the recordings in a directory, or on files;
                       further files that end in .cast may follow
  --fail-on WHAT       exit code 1 when there are newly-denied commands, or any-flip
  --reason TEXT        why it is published, for whoever reads the history
  --comment TEXT       why it is agreed to or refused; whoever proposed it reads it
  --yes                decides without asking
  --json               answers as JSON, one object a line

  check, test and diff work without a gateway, and so does rehearse with --recordings.
  Exit codes of rehearse: 0 rehearsed; 1 and --fail-on names what came of it; 2 the command line
  does not make sense; 3 it could not be rehearsed.`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      schema: { type: 'string' },
      'allow-less-strict': { type: 'string', multiple: true },
      reason: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      target: { type: 'string' },
      agent: { type: 'string' },
      limit: { type: 'string' },
      recordings: { type: 'string', multiple: true },
      'fail-on': { type: 'string' },
      comment: { type: 'string' },
      yes: { type: 'boolean' },
      json: { type: 'boolean', default: false },
    })
    const [what, ...names] = positionals
    const allowed = optionsOf.get(what ?? '')
    if (!allowed)
      throw new UsageError('expected check, test, diff, rehearse, publish, list, history, rollback, proposals, show, accept or refuse')
    const stray = Object.keys(values).find(option => option !== 'json' && !allowed.includes(option))
    if (stray !== undefined) throw new UsageError(`--${stray} does not go with ${what}`)
    const asked: Asked = { names, json: values.json, live: readSchema(values.schema), shell }
    switch (what) {
      case 'check':
        return check(asked)
      case 'test':
        return test(asked)
      case 'diff':
        return diff(asked, values['allow-less-strict'] ?? [])
      case 'rehearse':
        return rehearse({
          ...asked,
          readSource,
          recordings: values.recordings ?? [],
          since: values.since,
          until: values.until,
          target: values.target,
          agent: values.agent,
          limit: readNumber('limit', values.limit, { min: 1, max: 20_000 }),
          failOn: values['fail-on'],
        })
      case 'publish':
        return publish(asked, values.reason)
      case 'history':
        return listVersions(asked)
      case 'rollback':
        return rollBack(asked, values.reason)
      case 'proposals':
        return listProposals(asked)
      case 'show':
        return showProposal(asked)
      case 'accept':
      case 'refuse':
        return decideProposal(asked, { vote: what, comment: values.comment, yes: values.yes ?? false })
      default:
        return list(asked)
    }
  },
}

/** Which options go with what. */
const optionsOf = new Map([
  ['check', ['schema']],
  ['test', ['schema']],
  ['diff', ['schema', 'allow-less-strict']],
  ['rehearse', ['schema', 'since', 'until', 'target', 'agent', 'limit', 'recordings', 'fail-on']],
  ['publish', ['reason']],
  ['list', []],
  ['history', []],
  ['rollback', ['reason']],
  ['proposals', []],
  ['show', []],
  ['accept', ['comment', 'yes']],
  ['refuse', ['comment', 'yes']],
])

interface Asked {
  names: string[]
  json: boolean
  live: LiveSchema | null
  shell: Shell
}

async function check({ names, json, live, shell }: Asked): Promise<number> {
  const files = demandFiles(names)
  let errors = 0
  for (const file of files) {
    const { ruleset, problems } = compileFile(file, live)
    const findings = ruleset ? analyze(ruleset) : []
    errors += problems.filter(({ severity }) => severity === 'error').length
    if (json) shell.out(`${JSON.stringify({ file, hash: ruleset?.hash ?? null, problems, findings })}\n`)
    else {
      for (const problem of problems) shell.out(`${safeText(formatProblem(file, problem))}\n`)
      for (const finding of findings) shell.out(`${safeText(`${file}:${finding.line}: warning: ${finding.message}`)}\n`)
    }
  }
  if (!json && errors > 0) shell.err(`${errors} ${errors === 1 ? 'error' : 'errors'}\n${live ? '' : `${schemaHint}\n`}`)
  return errors === 0 ? 0 : 1
}

async function test({ names, json, live, shell }: Asked): Promise<number> {
  const files = demandFiles(names)
  const operations = await openReaders(live)
  let ran = 0
  let failed = 0
  for (const file of files) {
    const { ruleset, problems, tests } = checkPolicy(readSource(file), { live: () => live, operations })
    if (!ruleset) throw new CliError(problemLines(file, problems, live))
    ran += tests.length
    for (const outcome of tests) {
      if (!outcome.passed) failed += 1
      if (json) shell.out(`${JSON.stringify({ file, ...outcome })}\n`)
      else if (!outcome.passed) shell.out(`${safeText(formatTest(file, outcome))}\n`)
    }
  }
  if (!json) shell.err(`${ran} ${ran === 1 ? 'test' : 'tests'}, ${failed === 0 ? 'all passed' : `${failed} failed`}\n`)
  return failed === 0 ? 0 : 1
}

async function diff({ names, json, live, shell }: Asked, except: string[]): Promise<number> {
  const [oldFile, newFile, ...more] = names
  if (oldFile === undefined || newFile === undefined || more.length > 0) throw new UsageError('expected an old file and a new one')
  const [before, after] = [demandRuleset(oldFile, live), demandRuleset(newFile, live)]
  const stranger = except.find(name => ![...before.rules, ...after.rules].some(rule => rule.name === name))
  if (stranger !== undefined) throw new UsageError(`--allow-less-strict: expected the name of a rule, got \`${stranger}\``)
  const differences = compareRulesets(before, after)
  for (const difference of differences) {
    const isAllowed = isNothingLessStrict([difference], except)
    if (json) shell.out(`${JSON.stringify({ ...difference, isAllowed })}\n`)
    else shell.out(`${safeText(describeDifference(difference, { oldFile, newFile, isAllowed }))}\n`)
  }
  if (differences.length === 0 && !json) shell.out('no command is decided differently\n')
  return isNothingLessStrict(differences, except) ? 0 : 1
}

function describeDifference(
  { kind, line, message }: Difference,
  { oldFile, newFile, isAllowed }: { oldFile: string; newFile: string; isAllowed: boolean },
): string {
  return `${kind === 'newly' ? newFile : oldFile}:${line}: ${isAllowed ? '' : 'LESS STRICT: '}${message}`
}

function demandRuleset(file: string, live: LiveSchema | null): Ruleset {
  const { ruleset, problems } = compileFile(file, live)
  if (!ruleset) throw new CliError(problemLines(file, problems, live))
  return ruleset
}

/** Everything that is wrong with a file, and what may be behind it. */
function problemLines(file: string, problems: Problem[], live: LiveSchema | null): string {
  const lines = problems.map(problem => safeText(formatProblem(file, problem)))
  return [...lines, ...(live ? [] : [schemaHint])].join('\n')
}

const schemaHint = 'without --schema no target, table or column is known; GET /api/policies/schema of a gateway gives them'

async function publish({ names, json, shell }: Asked, reason: string | undefined): Promise<number> {
  const [name, file, ...more] = names
  if (name === undefined || file === undefined || more.length > 0) throw new UsageError('expected a name and a file')
  const wrong = policyName.safeParse(name)
  if (!wrong.success) throw new UsageError(`expected ${wrong.error.issues[0]!.message}, got \`${name}\``)
  const body = { source: readSource(file), ...(reason === undefined ? {} : { reason }) }
  const answer = await createClient(shell).ask('PUT', `/api/policies/${encodeURIComponent(name)}`, body)
  tellPublished(understood(publishedOrProposed, answer), { json, shell })
  return 0
}

async function list({ names, json, shell }: Asked): Promise<number> {
  if (names.length > 0) throw new UsageError(`expected nothing after list, got \`${names[0]}\``)
  const { items, files } = understood(policyList, await createClient(shell).ask('GET', '/api/policies'))
  if (json) for (const item of items) shell.out(`${JSON.stringify(item)}\n`)
  else {
    const rows = items.map(({ version, publishedAt, by, counts, file }) => [
      version,
      publishedAt.slice(0, 19).replace('T', ' '),
      `${by.kind} ${by.name}`,
      String(counts.rules),
      String(counts.tests),
      file ?? 'the API',
    ])
    shell.out(
      rows.length === 0
        ? 'no policy is in force\n'
        : writeTable(['VERSION', 'PUBLISHED', 'BY', 'RULES', 'TESTS', 'FROM'], rows, shell.width),
    )
  }
  for (const message of files?.broken.flatMap(({ messages }) => messages) ?? [])
    shell.err(`not in force as it stands: ${safeText(message)}\n`)
  return 0
}

function compileFile(file: string, live: LiveSchema | null): { ruleset: Ruleset | null; problems: Problem[] } {
  return compile(readSource(file), live ? { live } : {})
}

/** Reads the statements of tests with the parsers that the gateway has, by what is known of their targets. */
async function openReaders(live: LiveSchema | null): Promise<PolicyWorld['operations']> {
  const opened = Object.entries(operationReaders).map(
    async ([protocol, open]) => [protocol, await open({ loadWasm: loadParserWasm })] as const,
  )
  const readers = new Map(await Promise.all(opened))
  return (protocol, statement, target) => {
    const reader = readers.get(protocol)
    if (!reader) throw new CliError(`no statement of \`${protocol}\` can be read here`)
    return reader.operations(
      statement,
      live?.targets.find(({ name }) => name === target),
    )
  }
}

function demandFiles(names: string[]): string[] {
  if (names.length === 0) throw new UsageError('expected a file')
  return names
}

function readSource(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    if (error instanceof TypeError) throw new CliError(`${file}: expected UTF-8 text`)
    throw new CliError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readSchema(file: string | undefined): LiveSchema | null {
  if (file === undefined) return null
  let value: unknown
  try {
    value = JSON.parse(readSource(file))
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`${file}: expected JSON, as GET /api/policies/schema gives it`)
  }
  const read = policyLiveSchema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new CliError(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message.toLowerCase() ?? 'expected a live schema'}`)
}
