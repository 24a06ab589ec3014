import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { version } from '../runtime/installation.ts'
import { CliError, UsageError } from './cli-error.ts'
import type { CliCommand, Shell } from './command-line.ts'

/** Every command, loaded when it is asked for: `steno run` shall not wait for what only the gateway needs. */
const commands: Record<string, () => Promise<CliCommand>> = {
  demo: async () => (await import('./demo.ts')).demoCommand,
  start: async () => (await import('./start.ts')).startCommand,
  run: async () => (await import('./run.ts')).runCommand,
  agent: async () => (await import('./manage.ts')).agentCommand,
  token: async () => (await import('./manage.ts')).tokenCommand,
  'sign-in-link': async () => (await import('./manage.ts')).signInLinkCommand,
  policy: async () => (await import('./policy.ts')).policyCommand,
  sessions: async () => (await import('./search.ts')).sessionsCommand,
  commands: async () => (await import('./search.ts')).commandsCommand,
  approvals: async () => (await import('./approvals.ts')).approvalsCommand,
  play: async () => (await import('./play.ts')).playCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  log: async () => (await import('./log.ts')).logCommand,
  hold: async () => (await import('./holds.ts')).holdCommand,
  holds: async () => (await import('./holds.ts')).holdsCommand,
  erase: async () => (await import('./erasures.ts')).eraseCommand,
  erasures: async () => (await import('./erasures.ts')).erasuresCommand,
  reindex: async () => (await import('./reindex.ts')).reindexCommand,
  witness: async () => (await import('./witness.ts')).witnessCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
}

const shell: Shell = {
  env: process.env,
  out: content => void process.stdout.write(content),
  err: text => void process.stderr.write(text),
  drained: async () => void (process.stdout.writableNeedDrain && (await once(process.stdout, 'drain'))),
  width: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  // To the beginning of the line, and without what stood there.
  ...(process.stderr.isTTY
    ? { progress: line => void process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`) }
    : {}),
}

// A reader that has seen enough (`steno commands | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    shell.out(await overview())
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-V') {
    shell.out(`${version}\n`)
    return 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) {
    shell.err(`steno: no command \`${name}\`; \`steno --help\` lists them\n`)
    return 2
  }
  const command = await load()
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (own.includes('--help') || own.includes('-h')) {
    shell.out(`${command.summary}\n\nusage: steno ${command.name} ${command.usage}\n\n${command.help}\n`)
    return 0
  }
  try {
    return await command.run(args, shell)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    shell.err(`steno ${name}: ${error.message}\n`)
    if (error instanceof UsageError) shell.err(`usage: steno ${command.name} ${command.usage}\n`)
    return error.exitCode
  }
}

/** Asks on the terminal's error side, so that what a pipe reads stays clean. A terminal that is closed says nothing. */
function ask(question: string): Promise<string> {
  return new Promise(resolve => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    terminal.once('close', () => resolve(''))
    terminal.question(question, answer => {
      resolve(answer)
      terminal.close()
    })
  })
}

async function overview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map(load => load()))
  const width = Math.max(...all.map(({ name }) => name.length))
  const lines = all.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('')
  return `steno ${version}: an access gateway for AI agents that writes down every command\n\nusage: steno COMMAND …\n\n${lines}\n\`steno COMMAND --help\` says more. Commands that ask a gateway find it at STENO_URL,\nwith the token in STENO_TOKEN.\n`
}
