import type { Parser } from '@steno/policy-dsl'
import type { EndReason, Notice } from '@steno/recordings'
import { ClientWire, LimitExceeded, RecordingFailed, TargetWire, type Receipt, type Session } from '../../guard/index.ts'
import type { Clock, Socket, Timer } from '../../runtime/machine.ts'
import type { Doors } from '../protocol.ts'
import type { Catalogues } from './catalogue/catalogues.ts'
import { cancelAtTarget, type Cancels } from './cancels.ts'
import { authenticate, checkStartup, negotiate, receive } from './login.ts'
import { ConversationEnded, Mailbox } from './mailbox.ts'
import { MaskFailed } from './masking/mask-failed.ts'
import type { PinnedSettings } from './pinned-settings.ts'
import { fatal, Refused } from './refused.ts'
import { Relay, type RelayParts } from './relay.ts'
import { RelayEnded } from './relay-ended.ts'
import { openTarget, type OpenTarget } from './target.ts'
import { KnownTexts } from './understander.ts'
import { WireError } from './wire/wire-error.ts'
import {
  writeAuthenticationOk,
  writeBackendKeyData,
  writeErrorResponse,
  writeNoticeResponse,
  writeParameterStatus,
  writeReadyForQuery,
} from './wire/write.ts'

const keepAliveMs = 60_000
/** How long a target may take to close after the client said goodbye. */
const goodbyeMs = 5_000

export interface Office {
  doors: Doors
  cancels: Cancels
  pinned: PinnedSettings
  parser: Parser
  catalogues: Catalogues
  /** What was read of texts before, by their target. */
  known: Map<string, KnownTexts>
}

/** Serves one accepted connection from its first byte to its last. Settles when it is over, whatever the end. */
export async function serve(socket: Socket, office: Office): Promise<void> {
  const { doors } = office
  const { clock } = doors.machine
  socket.setKeepAlive(keepAliveMs)
  const deadline = clock.after(doors.limits.startupMs, () => socket.destroy())
  const caller = { run: null as string | null, target: null as string | null, socket }
  try {
    const arrival = await receive(new Mailbox(socket), doors)
    if (arrival.kind === 'cancel') office.cancels.request(arrival.processId, arrival.secretKey)
    if (arrival.kind !== 'client') return socket.hangUp()
    const { mailbox, startup, tls } = arrival
    caller.socket = mailbox.socket
    caller.run = startup.parameters.get('user') ?? ''
    caller.target = startup.parameters.get('database') ?? caller.run
    const parameters = checkStartup(startup)
    negotiate(mailbox, startup)
    const run = await authenticate(mailbox, caller.run, doors)
    const admission = doors.admit(run, caller.target)
    if (!admission.admitted) throw new Refused(fatal('3D000', admission.reason))
    deadline.cancel()
    const session = doors.open({
      run,
      protocol: 'postgres',
      target: admission.target,
      client: { address: socket.remote, application: startup.parameters.get('application_name') ?? null, tls },
    })
    const end = await attend(session, mailbox, {
      ...office,
      parameters,
      version: startup.minor >= 2 ? '3.2' : '3.0',
      target: admission.target,
    }).catch((error: unknown) => {
      // Whatever went wrong, the session is over, and its recording says so.
      session.close(...endOf(error))
      throw error
    })
    session.close(end.reason, end.message)
    mailbox.socket.hangUp()
  } catch (error) {
    sayLastWords(caller.socket, lastWords(error))
    if (error instanceof ConversationEnded) return
    doors.turnedAway({
      client: socket.remote,
      reason: error instanceof Error ? error.message : 'unknown',
      run: caller.run,
      target: caller.target,
    })
    if (!isOfTheWorld(error)) throw error
  } finally {
    deadline.cancel()
  }
}

interface End {
  reason: EndReason
  message?: string
}

interface Attendance extends Office {
  parameters: Map<string, string>
  version: '3.0' | '3.2'
  target: Parameters<typeof openTarget>[0]
}

/** One session: reach the target, tell the client it is welcome, carry messages until either side ends it. */
async function attend(
  session: Session,
  client: Mailbox,
  { doors, cancels, pinned, parser, catalogues, known, parameters, version, target: admitted }: Attendance,
): Promise<End> {
  let target: OpenTarget
  try {
    await session.begun()
    target = await openTarget(admitted, parameters, doors)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    sayLastWords(client.socket, error.notice)
    return { reason: 'target refused', message: error.message }
  }
  const key = cancels.add(version, () => {
    // What waits for consent never reached the target: there is nothing to cancel there.
    if (session.withdraw()) return
    session.note({ kind: 'gateway', message: 'the client asked to cancel what is running' })
    // A cancel request that does not get through is not an error on this
    // connection: PostgreSQL answers none of them.
    cancelAtTarget(doors.machine, {
      address: admitted.address,
      processId: target.processId,
      secretKey: target.secretKey,
      timeoutMs: doors.limits.connectMs,
    }).catch(() =>
      doors.turnedAway({
        client: client.socket.remote,
        reason: 'a cancel request did not reach the target',
        run: null,
        target: admitted.name,
      }),
    )
  })
  try {
    const clientWire = new ClientWire(session, client.socket)
    const targetWire = new TargetWire(session, target.mailbox.socket)
    for (const [name, value] of target.parameters)
      if (pinned.isBroken(name, value))
        throw new Refused(fatal('0A000', `target "${admitted.name}" cannot keep \`${name}\` as a recorded session needs it`))
    welcome(session, clientWire, target, { processId: key.processId, secretKey: key.secretKey })
    await clientWire.flush()
    const parts: Omit<RelayParts, 'onFailure'> = {
      session,
      clientWire,
      targetWire,
      database: admitted.name,
      limits: doors.limits,
      pinned,
      transaction: target.transaction,
      reading: { parser, catalogues, target: admitted, key: doors.maskKey, known: knownTextsOf(known, admitted.name) },
    }
    return await carry(session, client, target.mailbox, { parts, clock: doors.machine.clock })
  } finally {
    key.remove()
    target.mailbox.socket.hangUp()
  }
}

function knownTextsOf(known: Map<string, KnownTexts>, target: string): KnownTexts {
  const texts = known.get(target) ?? new KnownTexts()
  known.set(target, texts)
  return texts
}

function welcome(session: Session, client: ClientWire, target: OpenTarget, key: { processId: number; secretKey: Uint8Array }): void {
  client.write(session.relayBack(writeAuthenticationOk()))
  for (const [name, value] of target.parameters)
    client.write(session.remark({ kind: 'setting', name, value }, writeParameterStatus(name, value)))
  // Drivers keep reported settings they do not know, and show them to nobody who does not ask.
  if (session.receipt) client.write(session.relayBack(writeParameterStatus('steno.receipt', formatReceipt(session.receipt))))
  for (const notice of target.notices) client.write(session.remark({ kind: 'notice', notice }, writeNoticeResponse(notice)))
  client.write(session.relayBack(writeBackendKeyData(key.processId, key.secretKey)))
  client.write(session.relayBack(writeReadyForQuery(target.transaction)))
}

/** What a client keeps to show later that its session was in the log. */
function formatReceipt({ session, index, origin }: Receipt): string {
  return `${session} ${index} ${origin}`
}

/** Runs the relay until one side is done, and says why it is over. */
function carry(
  session: Session,
  client: Mailbox,
  target: Mailbox,
  { parts, clock }: { parts: Omit<RelayParts, 'onFailure'>; clock: Clock },
): Promise<End> {
  return new Promise((resolve, reject) => {
    const relay = new Relay({ ...parts, onFailure: error => fail(error) })
    let isOver = false
    let goodbye: Timer | null = null
    const letGo = () => {
      isOver = true
      goodbye?.cancel()
      session.over.removeEventListener('abort', onAbort)
      target.socket.destroy()
    }
    const over = (end: End, notice: Notice | null) => {
      if (isOver) return
      letGo()
      if (notice) sayLastWords(client.socket, notice)
      resolve(end)
    }
    const fail = (error: unknown) => {
      if (isOver) return
      if (error instanceof MaskFailed || error instanceof LimitExceeded)
        return over({ reason: 'terminated', message: error.message }, lastWords(error))
      if (error instanceof RelayEnded) return over({ reason: error.reason, message: error.message }, error.notice)
      if (error instanceof WireError) return over({ reason: 'protocol violation', message: error.message }, lastWords(error))
      if (error instanceof RecordingFailed) return over({ reason: 'interrupted' }, lastWords(error))
      letGo()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const guarded = (handle: (bytes: Uint8Array) => void | Promise<void>) => (bytes: Uint8Array) => {
      if (isOver) return
      try {
        return handle(bytes)?.catch(fail)
      } catch (error) {
        fail(error)
      }
    }
    const onAbort = () => {
      // The client had said goodbye; only the target's side was still closing.
      if (relay.saidGoodbye) return over({ reason: 'client closed' }, null)
      const reason = session.over.reason as EndReason
      over({ reason }, fatal('57P01', `terminating connection: ${reason}`))
    }
    if (session.over.aborted) return onAbort()
    session.over.addEventListener('abort', onAbort)
    target.handOver(
      guarded(bytes => relay.onTargetBytes(bytes)),
      error => {
        if (relay.saidGoodbye) over({ reason: 'client closed' }, null)
        else if (error) over({ reason: 'target lost', message: error.message }, fatal('08006', 'the connection to the target was lost'))
        else over({ reason: relay.clientEnded ? 'client closed' : 'target closed' }, null)
      },
    )
    client.handOver(
      guarded(bytes => relay.onClientBytes(bytes)),
      error => {
        if (error) return over({ reason: 'client lost', message: error.message }, null)
        // Nobody is there to take the answer to a command that still waits.
        if (session.withdraw()) return over({ reason: 'client closed' }, null)
        // Half closed: what was asked is still answered, and then the target,
        // seeing no more to come, ends the connection.
        relay.clientEnded = true
        target.socket.end()
        // A target that was told goodbye and does not go is left.
        if (relay.saidGoodbye) goodbye ??= clock.after(goodbyeMs, () => over({ reason: 'client closed' }, null))
      },
    )
  })
}

/** How a session ends that could not go on. */
function endOf(error: unknown): [reason: EndReason, message?: string] {
  if (error instanceof Refused) return ['target refused', error.message]
  return isOfTheWorld(error) ? ['interrupted'] : ['interrupted', 'internal error']
}

/** The gateway's own words before it closes: never an answer, so nothing to clear. */
function sayLastWords(socket: Socket, notice: Notice): void {
  socket.write(writeErrorResponse(notice))
  socket.hangUp()
}

/** What the wire, the target or the disk did wrong; anything else is ours, and belongs into the log. */
function isOfTheWorld(error: unknown): boolean {
  return error instanceof Refused || error instanceof WireError || error instanceof RecordingFailed || isSystemError(error)
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function lastWords(error: unknown): Notice {
  if (error instanceof Refused) return error.notice
  if (error instanceof WireError) return fatal(error.code, error.message)
  if (error instanceof MaskFailed) return fatal('42501', 'the answer cannot be masked, so it is not passed on', { detail: error.message })
  if (error instanceof LimitExceeded)
    return fatal('42501', error.message, { detail: `rule: ${error.rule}`, hint: 'ask for less: add a LIMIT or a condition' })
  if (error instanceof RecordingFailed)
    return fatal('58030', 'the command cannot be recorded, so it was not run', {
      hint: 'the gateway cannot write its recording; ask its operator to look at the disk',
    })
  return fatal('XX000', 'internal error')
}
