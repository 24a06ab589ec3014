import { parseBase64 } from '@steno/recordings'
import { z } from 'zod'
import { secret } from '../protocols/shared/secret.ts'
import { webhookEvents, type Webhook } from '../webhooks/index.ts'
import type { ConfigDocument } from './config-document.ts'
import { section } from './section.ts'

const expectedUrl = 'a URL https://…, without credentials in it'
const expectedSecret = '`whsec_` and 24 to 64 bytes in base64'

/** As `URL` writes hosts: numbers in all their forms are dotted by then, and a name that only begins like one is none. */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** One endpoint that is told what happens. */
export const webhook = section({
  url: z.string(expectedUrl).refine(text => parseUrl(text) !== null, expectedUrl),
  secret: secret.meta({ description: 'what messages are signed with: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks)' }),
  events: z
    .array(z.enum(webhookEvents))
    .min(1, 'at least one event')
    .default([...webhookEvents]),
  allowHttp: z
    .boolean()
    .default(false)
    .meta({ description: 'lets it be http:// on another machine, where anybody on the way can read what it is told' }),
})

/** The endpoints that the configuration names, with the keys that their messages are signed with. */
export function readWebhooks(document: ConfigDocument, given: Record<string, z.infer<typeof webhook>>): Record<string, Webhook> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, { url, secret: source, events, allowHttp }]) => {
      const { protocol, hostname } = parseUrl(url)!
      if (protocol === 'http:' && !loopback.test(hostname) && !allowHttp)
        document.mistake(['webhooks', name, 'url'], 'https://, or `allowHttp: true` beside it', `\`${protocol}//${hostname}\``, 'value')
      const opened = document.secrets.open(source)
      if ('missing' in opened) {
        document.mistake(['webhooks', name, 'secret'], opened.expected, opened.missing, 'value')
        return []
      }
      const key = readKey(opened.text)
      if (key === null) document.mistake(['webhooks', name, 'secret'], expectedSecret, 'something else', 'value')
      return key === null ? [] : [[name, { url, key, events }]]
    }),
  )
}

function parseUrl(text: string): URL | null {
  try {
    const url = new URL(text)
    return ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '' ? url : null
  } catch {
    return null
  }
}

function readKey(text: string): Uint8Array | null {
  if (!text.startsWith('whsec_')) return null
  try {
    const key = parseBase64(text.slice('whsec_'.length))
    return key.length >= 24 && key.length <= 64 ? key : null
  } catch {
    return null
  }
}
