import { sha256 } from '../runtime/crypto.ts'
import type { Machine } from '../runtime/machine.ts'

/** What a secret is for; its prefix says so to people and to scanners that look for leaked ones. */
const prefixes = { agent: 'steno_agent_', run: 'steno_run_', token: 'steno_token_', link: 'steno_link_', cookie: 'steno_cookie_' } as const

const secretBytes = 32

/** A new secret with 256 bits of chance, in letters that need no quoting in URLs, shells and connection strings. */
export function newSecret(machine: Machine, kind: keyof typeof prefixes): string {
  return prefixes[kind] + base64Url(machine.random(secretBytes))
}

/**
 * What is kept of a secret, and looked up by: its SHA-256 in hex. A lookup's
 * time may depend on the hash, which tells nothing of the secret behind it, so
 * no comparison anywhere touches the secret itself.
 */
export function secretHash(secret: string): string {
  return hex(sha256(new TextEncoder().encode(secret)))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
