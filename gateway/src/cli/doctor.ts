import { accessSync, constants, readdirSync, statfsSync, statSync } from 'node:fs'
import { RecordingReader } from '@steno/recordings'
import { z } from 'zod'
import { logState } from '../api/schemas.ts'
import { formatAddress, type Config } from '../config/index.ts'
import { realMachine } from '../runtime/node.ts'
import { CliError } from './cli-error.ts'
import { createClient, defaultUrl } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { safeText } from './safe-text.ts'
import { readConfigFile } from './start.ts'

/** What a check found: whether all is well, and if not, what to do about it. */
type Finding = { state: 'ok' | 'note'; about: string; says: string } | { state: 'wrong'; about: string; says: string; mend: string }

const freeBytesMin = 1_000_000_000
const recordingsRead = 20
/** What is done waits for a checkpoint for a second or two. */
const unanchoredSecondsMax = 10
const reachMs = 3000

/** `steno doctor`: what is wrong with an installation, and how to mend it. */
export const doctorCommand: CliCommand = {
  name: 'doctor',
  summary: 'say what is wrong with this installation and how to mend it',
  usage: '[--config FILE]',
  help: `  --config FILE   looks at the configuration, the data directory and the targets too

  With STENO_TOKEN it asks the running gateway as well. The exit code is 1 when
  anything is wrong.`,
  async run(args, shell) {
    const { values } = readArgs(args, { config: { type: 'string' } })
    const findings: Finding[] = [runtime(), clock()]
    if (values.config !== undefined) findings.push(...(await installation(values.config, shell.env)))
    findings.push(...(await gateway(shell.env)))
    for (const finding of findings) {
      const sign = { ok: 'ok   ', note: 'note ', wrong: 'WRONG' }[finding.state]
      shell.out(`${sign}  ${finding.about}: ${safeText(finding.says)}\n`)
      if (finding.state === 'wrong') shell.out(`       ${finding.mend}\n`)
    }
    return findings.some(({ state }) => state === 'wrong') ? 1 : 0
  },
}

function runtime(): Finding {
  return { state: 'ok', about: 'runtime', says: `${process.release.name} ${process.version}, ${process.platform} ${process.arch}` }
}

function clock(): Finding {
  const year = new Date(realMachine().clock.nowUs() / 1000).getUTCFullYear()
  return year >= 2025
    ? { state: 'ok', about: 'clock', says: 'the date is plausible' }
    : {
        state: 'wrong',
        about: 'clock',
        says: `this machine thinks it is ${year}`,
        mend: 'set the clock, and keep it set with NTP: recordings carry its time',
      }
}

async function installation(path: string, env: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  const machine = realMachine()
  let read: ReturnType<typeof readConfigFile>
  try {
    read = readConfigFile(path, { machine, env })
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return [
      {
        state: 'wrong',
        about: 'configuration',
        says: error.message,
        mend: 'mend these lines; `steno start --check --config FILE` says when they are right',
      },
    ]
  }
  const { config, warnings } = read
  return [
    { state: 'ok', about: 'configuration', says: `${path} is right` },
    ...warnings.map((says): Finding => ({ state: 'note', about: 'configuration', says })),
    ...dataDirectory(config),
    ...(await Promise.all(Object.values(config.targets).map(target => reach(machine, `target ${target.name}`, target.address)))),
    ...(config.store ? [await reach(machine, 'store', storeAddress(config.store))] : []),
  ]
}

function dataDirectory({ data }: Config): Finding[] {
  const about = 'data directory'
  try {
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [{ state: 'note', about, says: `${data} is not there, or this account may not use it; the gateway makes it at its first start` }]
  }
  const findings: Finding[] = []
  const mode = statSync(data).mode & 0o777
  if ((mode & 0o077) === 0) findings.push({ state: 'ok', about, says: `${data} is its owner's alone` })
  else findings.push({ state: 'wrong', about, says: `others may look into ${data} (mode ${mode.toString(8)})`, mend: `chmod 700 ${data}` })
  const { bavail, bsize } = statfsSync(data)
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB free`
  if (bavail * bsize >= freeBytesMin) findings.push({ state: 'ok', about: 'disk', says: free })
  else findings.push({ state: 'wrong', about: 'disk', says: free, mend: 'make room: when the disk is full, commands are refused' })
  findings.push(recordings(data))
  return findings
}

/** Reads the newest recordings as strictly as everything else does. */
function recordings(data: string): Finding {
  const about = 'recordings'
  const { disk } = realMachine()
  const paths = disk
    .list(`${data}/sessions`)
    .toReversed()
    .slice(0, recordingsRead)
    .flatMap(day => readdirSync(`${data}/sessions/${day}`).map(name => `${data}/sessions/${day}/${name}`))
    .filter(path => path.endsWith('.cast'))
    .slice(0, recordingsRead)
  for (const path of paths) {
    try {
      const reader = new RecordingReader()
      for (const _ of reader.push(disk.read(path))) continue
    } catch (error) {
      const says = `${path}: ${error instanceof Error ? error.message : String(error)}`
      return { state: 'wrong', about, says, mend: 'keep the file: it was changed after it was written, or written by another version' }
    }
  }
  return { state: 'ok', about, says: `${paths.length} of the newest read without a fault` }
}

async function reach(machine: ReturnType<typeof realMachine>, about: string, address: { host: string; port: number }): Promise<Finding> {
  try {
    const socket = await machine.network.connect(address, { timeoutMs: reachMs })
    socket.destroy()
    return { state: 'ok', about, says: `${formatAddress(address)} accepts connections` }
  } catch (error) {
    const says = `${formatAddress(address)} does not: ${error instanceof Error ? error.message : String(error)}`
    return { state: 'wrong', about, says, mend: 'start it, or mend its address in the configuration' }
  }
}

/** Whether the log keeps up, and its witnesses sign. */
async function log(env: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  const state = logState.safeParse(await createClient({ env }).ask('GET', '/api/log'))
  if (!state.success) return []
  const { vkey, isWitnessed } = state.data
  const found = state.data.witnesses.map(({ name, url, state: how, reason }): Finding => {
    const about = `witness ${name}`
    if (how === 'signed') return { state: 'ok', about, says: `${url} signs` }
    if (how === 'unasked') return { state: 'note', about, says: `${url} was not asked yet` }
    const mend =
      how === 'stranger'
        ? `whoever runs it adds the key of this log: ${vkey}`
        : 'look there what is wrong, or name another witness in the configuration'
    return { state: 'wrong', about, says: `${url} does not sign: ${reason}`, mend }
  })
  if (isWitnessed === false) {
    const mend = 'commands that a policy wants witnessed are refused until enough of them sign'
    found.push({ state: 'wrong', about: 'witnesses', says: 'too few signed the newest checkpoint', mend })
  }
  return [keepsUp(state.data), ...found]
}

function keepsUp({ origin, published, unanchoredSeconds }: z.infer<typeof logState>): Finding {
  const about = 'log'
  if (unanchoredSeconds <= unanchoredSecondsMax)
    return { state: 'ok', about, says: `${origin} has ${published} leaves behind a signed checkpoint` }
  return {
    state: 'wrong',
    about,
    says: `${origin} falls behind: for ${Math.round(unanchoredSeconds)} s nothing was signed`,
    mend: 'look at what the gateway writes: most often its disk is full, read-only or slow',
  }
}

function storeAddress(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) || 5432 }
}

async function gateway(env: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  const about = 'gateway'
  if (!env['STENO_TOKEN'])
    return [{ state: 'note', about, says: 'not asked: set STENO_TOKEN (and STENO_URL) to look at the running gateway too' }]
  try {
    const lag = z
      .object({ behindBytes: z.number(), behindSessions: z.number() })
      .safeParse(await createClient({ env }).ask('GET', '/api/index'))
    const answers: Finding = { state: 'ok', about, says: `${env['STENO_URL'] || defaultUrl} answers` }
    if (!lag.success) return [answers, { state: 'note', about: 'index', says: 'the gateway is of another version' }]
    const { behindBytes, behindSessions } = lag.data
    return [
      answers,
      ...(await log(env)),
      {
        state: behindBytes === 0 ? 'ok' : 'note',
        about: 'index',
        says: behindBytes === 0 ? 'knows everything' : `${behindBytes} bytes of ${behindSessions} sessions behind`,
      },
    ]
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return [
      { state: 'wrong', about, says: error.message, mend: 'start it with `steno start --config FILE`, or set STENO_URL and STENO_TOKEN' },
    ]
  }
}
