import { md5 } from '../../../runtime/crypto.ts'
import { toHex } from '../../../runtime/bytes.ts'

const utf8 = new TextEncoder()

/** Gives what AuthenticationMD5Password wants in answer (chapter 54.2.1): `md5` and the hex of the salted, hashed password. */
export function md5Password({ user, password, salt }: { user: string; password: string; salt: Uint8Array }): string {
  const inner = utf8.encode(toHex(md5(utf8.encode(password + user))))
  const salted = new Uint8Array(inner.length + salt.length)
  salted.set(inner)
  salted.set(salt, inner.length)
  return `md5${toHex(md5(salted))}`
}
