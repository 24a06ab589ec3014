import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { signWebhook } from './sign-webhook.ts'

it('signs as the convention’s own example does', () => {
  // The vector of the reference libraries' tests.
  const key = Uint8Array.from(Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'))
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' }
  expect(signWebhook(message, key)).toEqual({
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

it('signs as another implementation does', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
  const message = { id: 'msg_1', timestamp: 1_700_000_000, body: '{"type":"approval.requested","data":{"target":"größe"}}' }
  const script =
    'import sys,hmac,hashlib,base64;k,i,t,b=sys.argv[1:5];' +
    'print("v1,"+base64.b64encode(hmac.new(bytes.fromhex(k),(i+"."+t+"."+b).encode(),hashlib.sha256).digest()).decode())'
  const args = ['-c', script, Buffer.from(key).toString('hex'), message.id, String(message.timestamp), message.body]
  const python = spawnSync('python3', args, { encoding: 'utf8' })
  expect(python.status, python.stderr).toBe(0)
  expect(signWebhook(message, key)['webhook-signature']).toBe(python.stdout.trim())
})
