import { md5 } from '../../../runtime/crypto.ts'

const utf8 = new TextEncoder()

/** The answer to an MD5 request (chapter 54.2.1): `md5` and the hash of the hash of password and user, with the salt. */
export function md5Password({ user, password, salt }: { user: string; password: string; salt: Uint8Array }): string {
  const inner = utf8.encode(hex(md5(utf8.encode(password + user))))
  const salted = new Uint8Array(inner.length + salt.length)
  salted.set(inner)
  salted.set(salt, inner.length)
  return `md5${hex(md5(salted))}`
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
