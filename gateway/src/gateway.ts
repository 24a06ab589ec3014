import type { LiveNamespace } from '@steno/policy-dsl'
import type { Operation } from '@steno/recordings'
import { createApi } from './api/create-api.ts'
import { EventStream } from './api/event-stream.ts'
import { Metrics } from './api/metrics.ts'
import { StaticFiles } from './api/static-files.ts'
import { Approvals, Estimates } from './approvals/index.ts'
import { realCompanions, type Companions } from './companions.ts'
import { configHash, configJsonSchema, formatHost, type Config, type ReadConfig } from './config/index.ts'
import { Guard } from './guard/guard.ts'
import { Agents, roles, Runs, SignIn, Tokens } from './identity/index.ts'
import { Growth } from './journal/growth.ts'
import { Ledger } from './journal/ledger.ts'
import { RecordingFiles } from './journal/recording-files.ts'
import { Recordings } from './journal/recordings.ts'
import { recover, type Recovered } from './journal/recover.ts'
import {
  EpochLists,
  Epochs,
  FileHeadStore,
  findLost,
  findUnlogged,
  LedgerLeaves,
  openLog,
  openLogName,
  owedLeaves,
  readLogState,
  RefusedConnections,
  SessionLog,
} from './log/index.ts'
import { Policies, PolicyFiles, Proposals } from './policies/index.ts'
import type { Doors, Service } from './protocols/protocol.ts'
import { protocols } from './protocols/registry.ts'
import { openRetention } from './retention/index.ts'
import { toBase64 } from './runtime/bytes.ts'
import { builtDesk, version } from './runtime/installation.ts'
import type { Address, Listener, Machine, Socket } from './runtime/machine.ts'
import { openMaskKey } from './runtime/mask-key.ts'
import { LiveWorld } from './targets/live-world.ts'
import { approvalMessage, Webhooks } from './webhooks/index.ts'
import { Witness, Witnessing } from './witness/index.ts'

export interface GatewayOptions {
  /** What an operator should read, line by line. Holds no secrets. */
  log: (line: string) => void
  /** The record can no longer be trusted to be on disk: end the process, now. */
  onFatal?: (reason: string) => void
  /** What works beside the sessions, where a test has it done by others. */
  companions?: Companions
}

/** Of one batch of indexed commands, the most that live watchers are told the ids of. */
const commandsToldMax = 50

/** A gateway that serves. */
export interface Gateway {
  /** Where the browser and the API's clients reach it. */
  url: string
  /** A link that signs one person in as administrator, once. */
  signInLink(): string
  /** Ends all sessions, closes their recordings and frees what was opened. */
  stop(): Promise<void>
}

/**
 * Starts a gateway: what a crash left open is closed first, then state is
 * rebuilt from the ledger, then ports open. Throws, with nothing left running,
 * when any of it cannot be done; `LockHeld` when the data directory is another
 * gateway's.
 */
export async function startGateway(read: ReadConfig, machine: Machine, options: GatewayOptions): Promise<Gateway> {
  const closing: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  }
  try {
    return await open(read, machine, options, closing, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function open(
  { config, secrets }: ReadConfig,
  machine: Machine,
  { log, onFatal = endProcess, companions = realCompanions }: GatewayOptions,
  closing: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<Gateway> {
  const { data } = config
  const onSyncFailed = (error: Error) => onFatal(`the disk cannot keep what was written: ${error.message}`)
  machine.disk.makeDirectory(data)
  const lock = await machine.disk.lock(`${data}/lock`, `gateway ${config.gateway.name} (steno ${version}), since ${timeOf(machine)}`)
  closing.push(() => lock.release())

  const keeper = companions.openTreeKeeper(machine.disk, log)
  closing.push(() => keeper.close())
  const witnessing = new Witnessing({ machine, witnesses: config.log.witnesses, ask: companions.askHttp, log, onFatal })
  const { gatewayLog, lists, state, settled } = await openGatewayLog({ config, machine, witnessing, onFatal, log, closing })
  const sessionLog = new SessionLog({ disk: machine.disk, log: gatewayLog, keeper, state, onProblem: log })
  const recovered = await recover(machine, data, {
    unsealed: new Set(state.unsealed),
    unlogged: findUnlogged(machine.disk, data, { origin: gatewayLog.origin, sessions: state.sessions, sinceUs: state.lastEpochAtUs }),
    seal: recordings => sessionLog.resume(recordings),
  })
  for (const one of recovered) log(describeRecovered(one))
  const { ledger, entries, tornBytes } = Ledger.open(machine, { directory: data, onSyncFailed })
  if (tornBytes > 0) log(`the ledger ended in ${tornBytes} torn bytes: kept aside`)
  closing.push(() => ledger.close())
  settled.push(() => ledger.durable())
  const ledgerLeaves = new LedgerLeaves(gatewayLog, ledger)
  ledgerLeaves.owe(owedLeaves(machine.disk, ledger, { entries, state }))

  const store = await companions.openStore(config, log)
  closing.push(() => store.stop())
  const index = companions.openIndex({
    connection: store.connection,
    dataDirectory: data,
    clock: machine.clock,
    onProblem: problem => log(`index: ${problem}`),
  })
  closing.push(() => index.close())

  const growth = new Growth(machine.clock, recording => index.follow(recording))
  const recordings = new Recordings(machine, {
    directory: data,
    onSyncFailed,
    onGrown: recording => growth.add(recording),
    seal: closed => sessionLog.seal(closed),
  })
  settled.push(() => recordings.syncAll())

  gatewayLog.append({ kind: 'config', hash: toBase64(configHash(config)) })
  const epochs = new Epochs({
    clock: machine.clock,
    log: gatewayLog,
    sessions: sessionLog,
    lists,
    keeper,
    ledger,
    ledgerLeaves,
    last: state.epochs,
    closeLeft: () => recordings.closeLeft(),
    onProblem: log,
  })
  await epochs.anchor()
  epochs.start()
  closing.push(async () => {
    await recordings.syncAll()
    await recordings.allClosed()
    await epochs.close()
  })

  const agents = new Agents({ machine, ledger, entries, declared: config.agents })
  const tokens = new Tokens({ machine, ledger, entries, declared: config.tokens })
  const signIn = new SignIn({ machine, ledger, entries })
  const runs = new Runs({
    machine,
    ledger,
    entries,
    targets: Object.keys(config.targets),
    onUnrecordedEnd: (run, error) => log(`the end of ${run} could not be written to the ledger: ${messageOf(error)}`),
  })
  closing.push(() => runs.stop())

  const events = new EventStream(machine)
  const approvals = new Approvals({
    machine,
    ledger,
    entries,
    onChanged: id => events.publish('approval', { id }),
    onUnrecorded: (id, error) => log(`approval ${id}: ${messageOf(error)}`),
  })
  const retention = openRetention({
    machine,
    directory: data,
    ledger,
    entries,
    work: companions.openRecordingWork(machine.disk),
    index,
    approvals,
    keep: config.retentionDays,
    published: () => epochs.anchor(),
    onProblem: log,
  })
  closing.push(() => retention.stop())
  await retention.start()

  const metrics = new Metrics()
  const refused = metrics.counter('steno_connections_refused_total', 'Connections turned away before they had a session.')
  metrics.gauge('steno_sessions_open', 'Sessions that are open.', () => guard.openSessions.size)
  metrics.sum('steno_commands_total', 'Commands recorded.', () => guard.recorded.commands)
  metrics.sum('steno_recorded_bytes_total', 'Bytes of recordings written.', () => guard.recorded.bytes)
  metrics.gauge('steno_log_size', 'Leaves of the log.', () => gatewayLog.size)
  metrics.gauge('steno_witnesses', 'Witnesses of the log.', () => witnessing.status.length)
  metrics.gauge('steno_witnesses_signing', 'Witnesses that signed the newest checkpoint they were asked for.', () => witnessing.signing)
  metrics.gauge('steno_unanchored_seconds', 'How old the oldest line may be that no checkpoint is behind.', () => epochs.unanchoredSeconds)
  metrics.gauge('steno_approvals_pending', 'Commands that wait for consent.', () => approvals.pending)
  metrics.gauge('steno_index_lag_bytes', 'Bytes of recordings that search does not know yet.', () => index.lag().bytes)

  const refusedConnections = new RefusedConnections({ clock: machine.clock, ledger, onProblem: log })
  closing.push(() => refusedConnections.flush())
  let isStopping = false
  const doors: Doors = {
    machine,
    tls: config.tls,
    limits: config.limits,
    maskKey: openMaskKey(machine, `${data}/keys`),
    credential: run => runs.credential(run),
    admit(run, name) {
      if (isStopping) return { admitted: false, reason: 'the gateway is stopping' }
      const target = run.targets.includes(name) ? config.targets[name] : undefined
      // A target that is not there and one that is not this run's look alike.
      return target ? { admitted: true, target } : { admitted: false, reason: `this run reaches no target "${name}"` }
    },
    open: request => guard.open(request),
    reveal: secret => secrets.reveal(secret),
    readFile: path => secrets.readFile(path),
    turnedAway({ client, reason, run, target }) {
      refused.add()
      refusedConnections.add({ client, reason, run, target })
      // What a stranger says of itself goes into the log quoted, so that it stays one line.
      log(`turned away ${client}: ${JSON.stringify(reason)}${run ? ` as ${JSON.stringify(run)} to ${JSON.stringify(target)}` : ''}`)
    },
  }
  const services: Record<string, Service> = {}
  for (const [name, protocol] of Object.entries(protocols)) services[name] = await protocol.start(doors)

  const world = new LiveWorld({
    clock: machine.clock,
    targets: Object.values(config.targets),
    describe: name => describeTarget(config, services, name),
    groups: () => unique(agents.list().flatMap(agent => agent.groups)),
    agents: () => agents.list().map(agent => agent.name),
    approvers: () => [...roles, ...unique(tokens.list().flatMap(token => token.groups))],
  })
  const policies = new Policies({
    clock: machine.clock,
    ledger,
    entries,
    world: {
      live: () => world.get(),
      operations: (protocol, statement, target): Operation[] =>
        services[protocol]?.operations(statement, target) ?? [{ verb: 'UNPARSED', tables: [], columns: [], isOpaque: true }],
    },
    onProblem: problem => log(`policy: ${problem}`),
  })
  policies.onChanged(name => {
    approvals.lawIs(policies.lawVersion)
    events.publish('policy', { name })
  })
  const proposals = new Proposals({
    machine,
    ledger,
    entries,
    policies,
    reviewers: config.policyReviewers,
    onChanged: id => events.publish('proposal', { id }),
  })
  const files = await openPolicyFiles({ config, machine, policies, world, log })
  closing.push(() => files?.stop())
  const alerts = metrics.counter('steno_alerts_total', 'Commands that a rule wanted somebody to know of.')
  const guard = new Guard(machine, recordings, {
    gateway: config.gateway.name,
    durability: config.durability,
    law: policies,
    log: sessionLog,
    consent: approvals,
    evidence: witnessing.evidence({
      anchor: () => epochs.anchor(),
      anchoredLines: session => sessionLog.unsealed.get(session)?.head.size ?? 0,
    }),
    onAlert: ({ rule, message, severity }, command) => {
      alerts.add()
      log(`alert (${severity}) by rule ${JSON.stringify(rule)} for ${command}: ${JSON.stringify(message)}`)
      events.publish('alert', { command, rule, message, severity })
    },
  })
  const connections = new Set<Socket>()
  closing.push(() => {
    // Sessions have ended by now: what is left never began one.
    for (const socket of connections) socket.destroy()
  })
  closing.push(async () => {
    // The ports are closed by now; who knocked before that comes too late.
    isStopping = true
    guard.endAll('gateway stopped')
    await guard.allClosed()
  })
  const ports = await listenForProtocols({ config, services, machine, log, closing, connections })

  index.onIndexed(({ sessions, commands, runs: indexedRuns }) => {
    for (const id of sessions) events.publish('session', { id })
    for (const id of indexedRuns) events.publish('run', { id })
    // A batch of a thousand commands is one event: whoever watches asks for what it shows.
    if (commands.length > 0) events.publish('command', { ids: commands.slice(-commandsToldMax), count: commands.length })
  })
  const witness =
    config.witness && new Witness(machine, { ...config.witness, keyPath: `${data}/keys/witness.key`, directory: `${data}/witness`, log })
  let url = ''
  const webhooks = new Webhooks({ machine, webhooks: config.webhooks, ask: companions.askHttp, onProblem: log })
  closing.push(() => webhooks.stop())
  ledger.onEntry(entry => {
    if (entry.kind !== 'approval requested' && entry.kind !== 'approval settled') return
    const approval = approvals.get(entry.approval)
    const event = entry.kind === 'approval requested' ? 'approval.requested' : 'approval.settled'
    if (approval) webhooks.tell(event, approvalMessage(approval, url))
  })
  if (config.listen.web) {
    const desk = builtDesk()
    const rehearsals = companions.openRehearsals(data)
    closing.push(() => rehearsals.close())
    const api = createApi({
      machine,
      runs,
      agents,
      tokens,
      signIn,
      secure: config.tls !== null,
      version,
      search: index.search,
      ledger,
      log: gatewayLog,
      witnessing,
      witness,
      epochs,
      epochLists: lists,
      sessions: guard,
      recordings: new RecordingFiles(machine.disk, data),
      readers: retention.readers,
      holds: retention.holds,
      erasures: retention.erasures,
      rehearsals,
      targets: config.targets,
      ports,
      connection: ({ run, token, target, address }) =>
        protocols[target.protocol]!.connection({ run, token, target: target.name, address, tls: config.tls !== null }),
      approvals,
      estimates: new Estimates((name, protocol, statement) => services[protocol]!.estimate(config.targets[name]!, statement)),
      policies,
      proposals,
      policyFiles: files,
      liveSchema: () => world.get(),
      events,
      metrics,
      web: desk ? new StaticFiles(machine.disk, desk) : null,
      reindex: () => index.reindex(),
      checkIndex: () => index.check(),
      configSchema: configJsonSchema(protocols),
      onError: (error, { method, path }) => log(`${method} ${path}: ${error instanceof Error ? error.stack : String(error)}`),
    })
    const web = await companions.serveApi(api, { address: config.listen.web, tls: config.tls })
    closing.push(() => {
      events.close()
      return web.close()
    })
    url = `${config.tls ? 'https' : 'http'}://${formatHost(config.publicHost ?? web.address.host)}:${web.address.port}`
    if (witness) log(`a witness of other logs at ${url}/witness, with the key ${witness.vkey}`)
  }
  return {
    url,
    signInLink: () => `${url}/sign-in#token=${signIn.createLink({ name: 'admin', role: 'admin' }).secret}`,
    stop,
  }
}

interface LogSources {
  config: Config
  machine: Machine
  witnessing: Witnessing
  onFatal: (reason: string) => void
  log: (line: string) => void
  closing: (() => Promise<void> | void)[]
}

/** The log as it is on disk, which its witnesses do not contradict, with nothing signed yet. `settled`: what must be on disk before anything is. */
async function openGatewayLog({ config, machine, witnessing, onFatal, log, closing }: LogSources) {
  const { data } = config
  machine.disk.makeDirectory(`${data}/keys`)
  const lists = new EpochLists(machine.disk, data)
  const settled: (() => Promise<void>)[] = [() => lists.durable()]
  const head = config.log.head ?? `${data}/log.head`
  if (config.log.head !== null) {
    // A copy of the data directory has a lock of its own, and the same head.
    const lock = await machine.disk.lock(`${head}.lock`, `gateway ${config.gateway.name}, since ${timeOf(machine)}`)
    closing.push(() => lock.release())
  }
  const {
    log: gatewayLog,
    asideBytes,
    leavesBackwards,
  } = await openLog(machine, {
    directory: data,
    origin: config.log.origin ?? openLogName(machine, `${data}/keys`),
    headStore: new FileHeadStore(machine.disk, head),
    lists,
    findLost: async tail => findLost(machine.disk, data, { tail, lists }),
    settle: async () => void (await Promise.all(settled.map(durable => durable()))),
    cosign: witnessing.cosign,
    cosignWithinMs: witnessing.cosignWithinMs,
    onFatal,
  })
  closing.push(() => gatewayLog.close())
  await witnessing.watch(gatewayLog)
  if (asideBytes > 0)
    log(`the log ended in ${asideBytes} bytes that no checkpoint covers and that are torn, or tell of what the disk lost: kept aside`)
  const state = readLogState(leavesBackwards(), epoch => lists.read(epoch))
  lists.pruneAll(state.epochs)
  return { gatewayLog, lists, state, settled }
}

function describeRecovered({ session, closed, tornBytes, isMissing }: Recovered): string {
  if (isMissing) return `session ${session} is in the log and its recording is GONE: every verifier will say so`
  const torn = tornBytes > 0 ? `, ${tornBytes} torn bytes kept aside` : ''
  return closed
    ? `session ${session} was open when the gateway died: closed as ${closed.reason}${torn}`
    : `session ${session} had not begun when the gateway died${torn}`
}

interface PolicySources {
  config: Config
  machine: Machine
  policies: Policies
  world: LiveWorld
  log: (line: string) => void
}

/** The policies of the configured directory, in force before the first port opens; null without one. Throws when any of them is broken. */
async function openPolicyFiles({ config, machine, policies, world, log }: PolicySources): Promise<PolicyFiles | null> {
  if (config.policies === null) return null
  // Policies name columns, so targets are asked first; the clock bounds how long those have that do not answer.
  await world.refresh()
  return PolicyFiles.open({ machine, directory: config.policies, policies, log })
}

async function describeTarget(config: Config, services: Record<string, Service>, name: string): Promise<LiveNamespace[]> {
  const target = config.targets[name]
  const service = target && services[target.protocol]
  if (!service) throw new Error(`no target \`${name}\` can be described`)
  return service.describe(target)
}

function unique(names: string[]): string[] {
  return [...new Set(names)].toSorted()
}

interface Ports {
  config: Config
  services: Record<string, Service>
  machine: Machine
  log: (line: string) => void
  closing: (() => Promise<void> | void)[]
  /** Those that are being served, kept by the listeners. */
  connections: Set<Socket>
}

/** Opens each protocol's port; gives the addresses that clients reach them at. */
async function listenForProtocols({ config, services, machine, log, closing, connections }: Ports): Promise<Record<string, Address>> {
  const ports: Record<string, Address> = {}
  for (const [name, address] of Object.entries(config.listen.protocols)) {
    const service = services[name]!
    const listener: Listener = await machine.network.listen(address, socket => {
      connections.add(socket)
      service
        .serve(socket)
        .catch((error: unknown) => log(`${name}: ${error instanceof Error ? error.stack : String(error)}`))
        .finally(() => connections.delete(socket))
    })
    closing.push(() => listener.close())
    ports[name] = { host: config.publicHost ?? listener.address.host, port: listener.address.port }
  }
  return ports
}

function timeOf({ clock }: Machine): string {
  return new Date(Math.floor(clock.nowUs() / 1000)).toISOString()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function endProcess(reason: string): void {
  throw new Error(reason)
}
