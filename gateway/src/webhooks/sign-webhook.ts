import { toBase64 } from '../runtime/bytes.ts'
import { hmacSha256 } from '../runtime/crypto.ts'

/** A message to somebody's endpoint. It is the same message however often it is sent. */
export interface WebhookMessage {
  id: string
  /** Seconds since 1970. */
  timestamp: number
  body: string
}

/** The headers of the Standard Webhooks convention, which say that whoever has the key sent exactly this, just now. */
export function signWebhook({ id, timestamp, body }: WebhookMessage, key: Uint8Array): Record<string, string> {
  const signature = hmacSha256(key, new TextEncoder().encode(`${id}.${timestamp}.${body}`))
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${toBase64(signature)}`,
  }
}
