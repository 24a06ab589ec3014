import type { ActiveRun, Doors } from '../protocol.ts'
import type { Machine } from '../../runtime/machine.ts'
import { ScramServer } from './auth/scram.ts'
import { ConversationEnded, Mailbox } from './mailbox.ts'
import { isUtf8Name } from './pinned-settings.ts'
import { fatal, Refused } from './refused.ts'
import { pinned } from './settings.ts'
import * as frontend from './wire/frontend.ts'
import { MessageReader } from './wire/message-reader.ts'
import { readStartup, type StartupMessage } from './wire/startup.ts'
import { WireError } from './wire/wire-error.ts'
import {
  writeAuthenticationSasl,
  writeAuthenticationSaslContinue,
  writeAuthenticationSaslFinal,
  writeNegotiateProtocolVersion,
} from './wire/write.ts'

const tlsAlpn = 'postgresql'
/** A login message is a few hundred bytes; a token is 50. */
const loginMessageBytesMax = 8192

export type Arrival =
  | { kind: 'client'; mailbox: Mailbox; startup: StartupMessage; tls: boolean }
  | { kind: 'cancel'; processId: number; secretKey: Uint8Array }
  | { kind: 'gone' }

/** Reads a connection's first packets up to its startup message, answering requests for encryption on the way (chapter 54.2.10 to 54.2.12). */
export async function receive(first: Mailbox, doors: Doors): Promise<Arrival> {
  let mailbox = first
  let kept: Uint8Array = new Uint8Array(0)
  let tls = first.socket.tls
  for (;;) {
    const reading = readStartup(kept, { isFirst: !tls })
    if (reading.kind === 'more') {
      try {
        kept = concat(kept, await mailbox.more())
      } catch (error) {
        if (error instanceof ConversationEnded && kept.length === 0) return { kind: 'gone' }
        throw error
      }
      continue
    }
    const rest = kept.subarray(reading.length)
    switch (reading.kind) {
      case 'ssl-request':
        if (tls) throw new WireError('08P01', 'expected a startup message, got a second request for TLS')
        kept = rest
        if (!doors.tls) {
          mailbox.socket.write(letter('N'))
          continue
        }
        // Bytes sent before our answer would be read as if they had come through
        // TLS (CVE-2021-23222), so there must be none.
        if (rest.length > 0) throw new WireError('08P01', 'received unencrypted data after SSL request')
        mailbox.socket.write(letter('S'))
        mailbox = new Mailbox(await mailbox.socket.startServerTls({ ...doors.tls, alpn: [tlsAlpn] }, mailbox.takeRest()))
        tls = true
        continue
      case 'direct-tls':
        if (!doors.tls) throw new WireError('08P01', 'this port does not offer TLS')
        mailbox = new Mailbox(await mailbox.socket.startServerTls({ ...doors.tls, alpn: [tlsAlpn] }, concat(kept, mailbox.takeRest())))
        // Without the name another protocol's client could be led here (chapter 54.2.10).
        if (mailbox.socket.alpn !== tlsAlpn) throw new WireError('08P01', 'direct TLS needs the ALPN protocol `postgresql`')
        kept = new Uint8Array(0)
        tls = true
        continue
      case 'gssenc-request':
        mailbox.socket.write(letter('N'))
        kept = rest
        continue
      case 'cancel':
        return { kind: 'cancel', processId: reading.processId, secretKey: reading.secretKey }
      case 'startup':
        if (rest.length > 0) mailbox.putBack(rest)
        return { kind: 'client', mailbox, startup: reading.message, tls }
    }
  }
}

/** What the client may ask for before it is anyone: gives the parameters that are passed on to the target. */
export function checkStartup(startup: StartupMessage): Map<string, string> {
  const passed = new Map(startup.parameters)
  const replication = passed.get('replication')
  if (replication !== undefined && !['false', 'off', 'no', '0'].includes(replication.toLowerCase()))
    throw new Refused(
      fatal('0A000', 'replication connections are not recorded, so they are refused', { hint: 'connect without the `replication` option' }),
    )
  passed.delete('replication')
  for (const [name, value] of startup.parameters) {
    // The target reads a setting's name in any case, and the last of two counts.
    const setting = name.toLowerCase()
    if (setting === 'client_encoding' && !isUtf8Name(value))
      throw new Refused(
        fatal('22023', `a recorded session is in UTF8, so client_encoding \`${value}\` is refused`, { hint: 'set PGCLIENTENCODING=UTF8' }),
      )
    if (setting === 'standard_conforming_strings' && value.toLowerCase() !== 'on') throw pinnedByOption(setting)
    if (setting in pinned) passed.delete(name)
  }
  const options = passed.get('options')
  if (options !== undefined) checkOptions(options)
  passed.delete('user')
  passed.delete('database')
  for (const [name, value] of Object.entries(pinned)) passed.set(name, value)
  return passed
}

/** Reads the backend's command line in `options`: settings only, and none that is pinned. */
function checkOptions(options: string): void {
  const words = options.match(/(?:\\.|[^\s\\])+/g) ?? []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!.replace(/\\(.)/g, '$1')
    const setting =
      word === '-c'
        ? words[++at]?.replace(/\\(.)/g, '$1')
        : word.startsWith('-c')
          ? word.slice(2)
          : word.startsWith('--')
            ? word.slice(2)
            : undefined
    if (setting === undefined || !setting.includes('='))
      throw new Refused(fatal('0A000', `the startup option \`${word}\` is not supported`, { hint: 'use `-c name=value`' }))
    const name = setting.slice(0, setting.indexOf('=')).trim().toLowerCase().replaceAll('-', '_')
    if (name in pinned) throw pinnedByOption(name)
  }
}

function pinnedByOption(name: string): Refused {
  return new Refused(fatal('42501', `\`${name}\` is fixed in a recorded session`))
}

/** Says which minor version and options we do not know, where the client asks for more than 3.2. */
export function negotiate(mailbox: Mailbox, startup: StartupMessage): void {
  const { minor, unknownOptions } = startup
  if (minor > 2 || unknownOptions.length > 0) mailbox.socket.write(writeNegotiateProtocolVersion(Math.min(minor, 2), unknownOptions))
}

/**
 * Proves that the client holds the token of the run it names, by SCRAM-SHA-256
 * (RFC 7677). An unknown run and a wrong token take the same steps and get the
 * same answer.
 */
export async function authenticate(mailbox: Mailbox, runId: string, doors: Doors): Promise<ActiveRun> {
  const credential = doors.credential(runId)
  const server = new ScramServer({
    verifier: credential?.scram ?? null,
    user: runId,
    nonce: nonce(doors.machine),
    mockSeed: mockSeed(doors.machine),
  })
  const next = messages(mailbox)
  mailbox.socket.write(writeAuthenticationSasl(['SCRAM-SHA-256']))
  const first = frontend.readSaslInitialResponse(await next(frontend.type.password))
  if (first.mechanism !== 'SCRAM-SHA-256') throw new WireError('08P01', `expected SCRAM-SHA-256, got \`${first.mechanism}\``)
  mailbox.socket.write(writeAuthenticationSaslContinue(server.first(first.data)))
  const final = server.final(frontend.readSaslResponse(await next(frontend.type.password)))
  if (!final.proven || !credential) {
    const hint = 'the password is the token of a run that is neither ended nor expired; `steno run` opens one'
    throw new Refused(fatal('28P01', `password authentication failed for user "${runId}"`, { hint }))
  }
  mailbox.socket.write(writeAuthenticationSaslFinal(final.message))
  return credential.run
}

/** Gives the next message of the login, of the one type that may come. */
function messages(mailbox: Mailbox): (type: number) => Promise<MessageReader> {
  const reader = new MessageReader({ messageBytesMax: loginMessageBytesMax })
  return async type => {
    while (!reader.next()) reader.push(await mailbox.more())
    if (reader.type !== type) throw new WireError('08P01', `expected a password message, got type ${reader.type}`)
    const rest = reader.takeRest()
    if (rest.length > 0) mailbox.putBack(rest)
    return reader
  }
}

function nonce(machine: Machine): string {
  return Array.from(machine.random(18), byte => byte.toString(16).padStart(2, '0')).join('')
}

const seeds = new WeakMap<Machine, Uint8Array>()

/** What unknown users' made-up salts are derived from, so that asking twice gives the same answer, as it would for a real one. */
function mockSeed(machine: Machine): Uint8Array {
  let seed = seeds.get(machine)
  if (!seed) seeds.set(machine, (seed = machine.random(32)))
  return seed
}

function letter(character: 'S' | 'N'): Uint8Array {
  return new Uint8Array([character.charCodeAt(0)])
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}
