import { expect, it } from 'vitest'
import { returnPath } from './return-path.ts'

const origin = 'http://127.0.0.1:7700'
const path = (asked: string | null): string => returnPath(asked, origin)

it('goes back to the page that was asked for', () => {
  for (const asked of ['/sessions', '/sessions/ses_1?frame=12', '/runs/compare?task=a%20b#x', '/']) expect(path(asked)).toBe(asked)
})

it('never leaves the desk', () => {
  const hostile = [
    null,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    'javascript:alert(1)',
    ' //evil.example',
    'sessions',
    '/..//evil.example',
    '/.//evil.example',
    '/%09/evil.example/..//..//evil.example',
    '//127.0.0.1:7700/x',
    '/api/sign-out',
    '/sign-in?to=/sign-in',
  ]
  for (const asked of hostile) {
    const url = new URL(path(asked), origin)
    expect(url.origin, String(asked)).toBe(origin)
    expect(url.pathname.startsWith('//'), String(asked)).toBe(false)
    expect(url.pathname.startsWith('/api'), String(asked)).toBe(false)
  }
  for (const asked of hostile.slice(0, 8)) expect(path(asked)).toBe('/sessions')
})
