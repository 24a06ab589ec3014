import { describe, expect, it } from 'vitest'
import { hmacSha256, pbkdf2Sha256, sha256 } from '../../../runtime/crypto.ts'
import type { ScramVerifier } from '../../protocol.ts'
import { md5Password } from './md5.ts'
import { ScramClient, ScramServer } from './scram.ts'

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const clientNonce = 'rOprNGfwEbeRWgbNEkqO'
const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const mockSeed = new Uint8Array(32).fill(7)
const wireError = (code: string) => expect.objectContaining({ name: 'WireError', code })

/** RFC 7677 §3, the example exchange. */
const rfc = {
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

function server(verifier: ScramVerifier | null = makeVerifier('pencil')) {
  return new ScramServer({ verifier, user: 'user', nonce: serverNonce, mockSeed })
}

/** A whole login of one password against the verifier of another. */
function logIn(passwords: { client: string; server: string }) {
  const client = new ScramClient({ password: passwords.client, nonce: 'abc' })
  const other = server(makeVerifier(passwords.server))
  const end = other.final(client.final(other.first(client.first())))
  if (end.proven) client.verify(end.message)
  return { proven: end.proven, isProven: client.isProven }
}

/** How reading something ended: `done`, or the name of what it threw. */
function outcome(read: () => unknown): string {
  try {
    read()
    return 'done'
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown'
  }
}

/** What a server keeps of a password (RFC 5802 §3). */
function makeVerifier(password: string): ScramVerifier {
  const salted = pbkdf2Sha256(Buffer.from(password), salt, 4096)
  return {
    iterations: 4096,
    salt,
    storedKey: sha256(hmacSha256(salted, Buffer.from('Client Key'))),
    serverKey: hmacSha256(salted, Buffer.from('Server Key')),
  }
}

describe('SCRAM-SHA-256', () => {
  it('answers as the server of RFC 7677 does', () => {
    const conversation = server()
    expect(conversation.first(rfc.clientFirst)).toBe(rfc.serverFirst)
    expect(conversation.final(rfc.clientFinal)).toEqual({ proven: true, message: rfc.serverFinal })
  })

  it('answers as the client of RFC 7677 does', () => {
    const client = new ScramClient({ password: 'pencil', nonce: clientNonce, user: 'user' })
    expect(client.first()).toBe(rfc.clientFirst)
    expect(client.final(rfc.serverFirst)).toBe(rfc.clientFinal)
    expect(client.isProven).toBe(false)
    client.verify(rfc.serverFinal)
    expect(client.isProven).toBe(true)
  })

  it('lets in who knows the password, and nobody else', () => {
    expect(logIn({ client: 'secret', server: 'secret' })).toEqual({ proven: true, isProven: true })
    expect(logIn({ client: 'Secret', server: 'secret' })).toEqual({ proven: false, isProven: false })
    expect(logIn({ client: '', server: 'secret' }).proven).toBe(false)
  })

  it('takes passwords that look alike for equal (RFC 4013 §3)', () => {
    expect(logIn({ client: 'I\u00adX', server: 'IX' }).proven).toBe(true)
    expect(logIn({ client: '\u2168', server: 'IX' }).proven).toBe(true)
    expect(logIn({ client: 'a\u00a0b', server: 'a b' }).proven).toBe(true)
    expect(logIn({ client: 'user', server: 'USER' }).proven).toBe(false)
  })

  it('uses a password that SASLprep prohibits as it is', () => {
    expect(logIn({ client: 'é\u0007', server: 'é\u0007' }).proven).toBe(true)
    expect(logIn({ client: '\u00ad', server: '' }).proven).toBe(false)
  })

  it('does not tell an unknown user from a wrong password', () => {
    const talk = (verifier: ScramVerifier | null) => {
      const client = new ScramClient({ password: 'guess', nonce: clientNonce })
      const conversation = server(verifier)
      const challenge = conversation.first(client.first())
      return { shape: challenge.replace(/s=[^,]{24},/, 's=…,'), end: conversation.final(client.final(challenge)), challenge }
    }
    const [real, unknown, again] = [talk(makeVerifier('pencil')), talk(null), talk(null)]
    expect(unknown.shape).toBe(real.shape)
    expect(unknown.end).toEqual(real.end)
    expect(unknown.challenge).toBe(again.challenge)
  })

  it('accepts a client that could bind to a channel and believes that we cannot', () => {
    expect(server().first(rfc.clientFirst.replace('n,,', 'y,,'))).toBe(rfc.serverFirst)
  })

  it.each([
    ['nothing', '', '08P01'],
    ['channel binding', 'p=tls-server-end-point,,n=,r=abc', '08P01'],
    ['another identity', 'n,a=root,n=,r=abc', '0A000'],
    ['an extension', 'n,,m=x,n=,r=abc', '0A000'],
    ['no nonce', 'n,,n=user', '08P01'],
    ['an empty nonce', 'n,,n=,r=', '08P01'],
    ['a nonce that is not printable', 'n,,n=,r=a\u0001', '08P01'],
    ['a flag that is none', 'x,,n=,r=abc', '08P01'],
  ])('refuses as first message: %s', (_, message, code) => {
    expect(() => server().first(message)).toThrow(wireError(code))
  })

  it.each([
    ['nothing', ''],
    ['another nonce', rfc.clientFinal.replace('Ilj)', 'Ilj(')],
    ['another channel binding', rfc.clientFinal.replace('biws', 'eSws')],
    ['no proof', rfc.clientFinal.replace(/,p=.*/, '')],
    ['a short proof', rfc.clientFinal.replace(/p=.*/, 'p=AAAA')],
    ['a proof that is not base64', rfc.clientFinal.replace(/p=.*/, 'p=dHzbZapWIk4jUhN*Ute9ytag9zjfMHgsqmmiz7AndVQ=')],
    ['something behind the proof', `${rfc.clientFinal},x=1`],
  ])('refuses as last message: %s', (_, message) => {
    const conversation = server()
    conversation.first(rfc.clientFirst)
    expect(() => conversation.final(message)).toThrow(expect.objectContaining({ name: 'WireError' }))
  })

  it.each([
    ['nothing', ''],
    ['a nonce that is not ours', rfc.serverFirst.replace('rOpr', 'xOpr')],
    ['our nonce alone', rfc.serverFirst.replace(serverNonce, '')],
    ['no salt', rfc.serverFirst.replace(/s=[^,]+/, 's=')],
    ['few iterations', rfc.serverFirst.replace('4096', '1')],
    ['iterations for minutes', rfc.serverFirst.replace('4096', '1000000000')],
    ['iterations that overflow', rfc.serverFirst.replace('4096', '99999999999999999999')],
    ['negative iterations', rfc.serverFirst.replace('4096', '-1')],
  ])('refuses from a server: %s', (_, message) => {
    expect(() => new ScramClient({ password: 'pencil', nonce: clientNonce }).final(message)).toThrow(wireError('08P01'))
  })

  it.each(['', 'v=', 'e=invalid-proof', 'v=AAAA', rfc.serverFinal.replace('6rri', '7rri'), rfc.serverFinal.slice(0, -2)])(
    'does not believe a server that says `%s`',
    message => {
      const client = new ScramClient({ password: 'pencil', nonce: clientNonce, user: 'user' })
      client.final(rfc.serverFirst)
      expect(() => client.verify(message)).toThrow(wireError('28000'))
      expect(client.isProven).toBe(false)
    },
  )

  it('meets mutilated messages with a wire error or a refusal', () => {
    const mutants = (original: string) =>
      Array.from(original, (_, at) => [
        original.slice(0, at),
        `${original.slice(0, at)},${original.slice(at)}`,
        `${original.slice(0, at)}\u00ff${original.slice(at + 1)}`,
      ]).flat()
    for (const first of mutants(rfc.clientFirst)) expect(['done', 'WireError']).toContain(outcome(() => server().first(first)))
    for (const final of mutants(rfc.clientFinal)) {
      const conversation = server()
      conversation.first(rfc.clientFirst)
      const proven = outcome(() => {
        if (conversation.final(final).proven) throw new RangeError('let in')
      })
      expect(['done', 'WireError']).toContain(proven)
    }
  })
})

describe('MD5', () => {
  it('hashes the hash of password and user with the salt', () => {
    expect(md5Password({ user: 'md5user', password: 'md5pass', salt: Uint8Array.from([0x01, 0x02, 0x03, 0x04]) })).toBe(
      'md5b5dfd8fbdd6fc9174cc8e85dfa598fa2',
    )
  })
})
