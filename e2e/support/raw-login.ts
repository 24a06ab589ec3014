import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { Run } from './gateway.ts'
import { int32, message, rawConnection, startup, type Raw } from './raw.ts'

export const protocol30 = 196608
export const protocol32 = 196610

/** A raw connection that logged in as a run, by RFC 7677's book, and is ready for a query. */
export async function rawLogin(port: number, run: Run, more: { version?: number; parameters?: Record<string, string> } = {}): Promise<Raw> {
  const raw = await rawConnection(port)
  raw.send(startup(more.version ?? protocol30, { user: run.id, database: 'shop', ...more.parameters }))
  await raw.until(received => received.includes('SCRAM-SHA-256'))
  const bare = `n=,r=${randomBytes(18).toString('hex')}`
  const first = Buffer.from(`n,,${bare}`)
  raw.send(message('p', 'SCRAM-SHA-256\0', int32(first.length), first))
  const challenge = (await raw.until(received => /,i=\d+$/.test(received.toString('latin1'))))
    .toString('latin1')
    .match(/r=[^,]+,s=[^,]+,i=\d+$/)![0]
  const [nonce, salt, iterations] = challenge.split(',').map(part => part.slice(2)) as [string, string, string]
  const salted = pbkdf2Sync(run.token, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const key = createHmac('sha256', salted).update('Client Key').digest()
  const stored = createHash('sha256').update(key).digest()
  const unproven = `c=biws,r=${nonce}`
  const signature = createHmac('sha256', stored).update(`${bare},${challenge},${unproven}`).digest()
  const proof = Buffer.from(key.map((byte, i) => byte ^ signature[i]!)).toString('base64')
  raw.send(message('p', `${unproven},p=${proof}`))
  await raw.until(received => received.includes(Buffer.from('Z\0\0\0\x05', 'latin1')))
  return raw
}

/** How often ReadyForQuery was said. */
export function readies(received: Buffer): number {
  let count = 0
  for (let at = received.indexOf('Z\0\0\0\x05', 0, 'latin1'); at >= 0; at = received.indexOf('Z\0\0\0\x05', at + 1, 'latin1')) count++
  return count
}
