import type { Notice, TransactionState } from '@steno/recordings'
import type { AdmittedTarget, Doors } from '../protocol.ts'
import type { ClientTls, Socket } from '../../runtime/machine.ts'
import { md5Password } from './auth/md5.ts'
import { ScramClient } from './auth/scram.ts'
import { ConversationEnded, Mailbox } from './mailbox.ts'
import { fatal, Refused } from './refused.ts'
import type { PostgresSettings } from './settings.ts'
import * as backend from './wire/backend.ts'
import { MessageReader } from './wire/message-reader.ts'
import { WireError } from './wire/wire-error.ts'
import { writePassword, writeSaslInitialResponse, writeSaslResponse, writeSslRequest, writeStartup } from './wire/write.ts'

const loginMessageBytesMax = 1 << 20

/** A connection to a target that accepted the gateway and is ready for its first query. */
export interface OpenTarget {
  mailbox: Mailbox
  /** What the target says of itself, in the order it said it. */
  parameters: [name: string, value: string][]
  notices: Notice[]
  processId: number
  secretKey: Uint8Array
  transaction: TransactionState
}

/** The target could not be reached, or did not let the gateway in. The words carry no secret. */
export class TargetRefused extends Refused {}

/** Dials a target and logs in with the credential that the agent never sees. Throws `TargetRefused`. */
export async function openTarget(target: AdmittedTarget, parameters: Map<string, string>, doors: Doors): Promise<OpenTarget> {
  const settings = target.settings as PostgresSettings
  let socket: Socket
  try {
    socket = await doors.machine.network.connect(target.address, { timeoutMs: doors.limits.connectMs })
  } catch (error) {
    throw new TargetRefused(fatal('08001', `target "${target.name}" cannot be reached`, { detail: errorText(error) }))
  }
  const deadline = doors.machine.clock.after(doors.limits.connectMs, () => socket.destroy())
  try {
    socket.setKeepAlive(60_000)
    const secured = await secure(socket, target, settings, doors)
    return await logIn(new Mailbox(secured), target, settings, parameters, doors)
  } catch (error) {
    socket.destroy()
    if (error instanceof TargetRefused) throw error
    if (error instanceof WireError)
      throw new TargetRefused(fatal('08P01', `target "${target.name}" does not speak PostgreSQL's protocol`, { detail: error.message }))
    throw new TargetRefused(fatal('08006', `target "${target.name}" closed the connection during login`, { detail: errorText(error) }))
  } finally {
    deadline.cancel()
  }
}

async function secure(socket: Socket, target: AdmittedTarget, settings: PostgresSettings, doors: Doors): Promise<Socket> {
  if (settings.tls === 'disable') return socket
  const mailbox = new Mailbox(socket)
  socket.write(writeSslRequest())
  const answer = await mailbox.more()
  if (answer.length !== 1) throw new WireError('08P01', 'expected one byte in answer to a request for TLS')
  if (answer[0] === 'S'.charCodeAt(0)) {
    try {
      return await socket.startClientTls(clientTls(target, settings, doors))
    } catch (error) {
      throw new TargetRefused(fatal('08001', `TLS with target "${target.name}" failed`, { detail: errorText(error) }))
    }
  }
  if (settings.tls === 'prefer' && answer[0] === 'N'.charCodeAt(0)) return socket
  throw new TargetRefused(fatal('08001', `target "${target.name}" does not offer TLS, which its \`tls: ${settings.tls}\` requires`))
}

function clientTls(target: AdmittedTarget, settings: PostgresSettings, doors: Doors): ClientTls {
  const verified = settings.tls === 'verify-full'
  return {
    serverName: target.address.host,
    verify: verified ? 'certificate and name' : 'none',
    authorities: verified && settings.authorities !== undefined ? doors.readFile(settings.authorities) : null,
  }
}

async function logIn(
  mailbox: Mailbox,
  target: AdmittedTarget,
  settings: PostgresSettings,
  parameters: Map<string, string>,
  doors: Doors,
): Promise<OpenTarget> {
  const reader = new MessageReader({ messageBytesMax: loginMessageBytesMax })
  const open: OpenTarget = { mailbox, parameters: [], notices: [], processId: 0, secretKey: new Uint8Array(0), transaction: 'idle' }
  const password = () => passwordOf(target, settings, doors)
  let scram: ScramClient | null = null
  mailbox.socket.write(writeStartup(new Map([['user', settings.user], ['database', settings.database], ...parameters])))
  for (;;) {
    while (!reader.next()) reader.push(await mailbox.more())
    switch (reader.type) {
      case backend.type.authentication: {
        const request = backend.readAuthentication(reader)
        switch (request.kind) {
          case 'ok':
            if (scram && !scram.isProven)
              throw new WireError('08P01', 'the target let the gateway in without proving that it knows the password')
            break
          case 'md5':
            mailbox.socket.write(writePassword(md5Password({ user: settings.user, password: password(), salt: request.salt })))
            break
          case 'sasl':
            if (!request.mechanisms.includes('SCRAM-SHA-256'))
              throw refusedLogin(target, 'it offers no login that the gateway supports', `mechanisms: ${request.mechanisms.join(', ')}`)
            scram = new ScramClient({ password: password(), nonce: hexNonce(doors.machine.random(18)) })
            mailbox.socket.write(writeSaslInitialResponse('SCRAM-SHA-256', scram.first()))
            break
          case 'sasl-continue':
            if (!scram) throw new WireError('08P01', 'the target continued a login that was not begun')
            mailbox.socket.write(writeSaslResponse(scram.final(request.data)))
            break
          case 'sasl-final':
            if (!scram) throw new WireError('08P01', 'the target ended a login that was not begun')
            scram.verify(request.data)
            break
          case 'cleartext':
            throw refusedLogin(
              target,
              'it asks for the password in clear, which the gateway never sends',
              "use scram-sha-256 in the target's pg_hba.conf",
            )
          default:
            throw refusedLogin(target, 'it asks for a login that the gateway does not support', `authentication request ${request.code}`)
        }
        break
      }
      case backend.type.parameterStatus: {
        const { name, value } = backend.readParameterStatus(reader)
        open.parameters.push([name, value])
        break
      }
      case backend.type.backendKeyData:
        Object.assign(open, backend.readBackendKeyData(reader))
        break
      case backend.type.noticeResponse:
        open.notices.push(backend.readNotice(reader))
        break
      case backend.type.negotiateProtocolVersion:
        break
      case backend.type.errorResponse: {
        const error = backend.readNotice(reader)
        // What the target says of a refused login names its user; the agent learns the code and what it may act on.
        throw error.code.startsWith('28')
          ? refusedLogin(target, 'it refuses the credential it is configured with', `SQLSTATE ${error.code}`)
          : new TargetRefused({ ...error, severity: 'FATAL' })
      }
      case backend.type.readyForQuery: {
        open.transaction = backend.readReadyForQuery(reader)
        const rest = reader.takeRest()
        if (rest.length > 0) mailbox.putBack(rest)
        return open
      }
      default:
        throw new WireError('08P01', `message of type ${reader.type} during login`)
    }
  }
}

function passwordOf(target: AdmittedTarget, settings: PostgresSettings, doors: Doors): string {
  if (!settings.password) throw refusedLogin(target, 'it asks for a password and none is configured')
  try {
    return doors.reveal(settings.password)
  } catch {
    throw refusedLogin(target, 'its configured password cannot be read', 'the variable or file named in the configuration is missing')
  }
}

function refusedLogin(target: AdmittedTarget, why: string, detail?: string): TargetRefused {
  return new TargetRefused(
    fatal('08004', `target "${target.name}" did not let the gateway in: ${why}`, detail === undefined ? {} : { detail }),
  )
}

function hexNonce(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function errorText(error: unknown): string {
  if (error instanceof ConversationEnded) return 'the connection ended'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code || (error instanceof Error ? error.message : 'unknown error')
}
