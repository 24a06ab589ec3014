import type { CheckEd25519 } from '@steno/recordings'

/** Whether a signature is the key's, as the browser's own cryptography says. Rejects where the browser has none. */
export const verifyEd25519: CheckEd25519 = async (publicKey, message, signature) => {
  const { subtle } = globalThis.crypto
  // Typed as if it were always there; a page that came over plain HTTP from another machine has none.
  if (!(subtle as SubtleCrypto | undefined)) throw new NoSignatures('a browser checks signatures only on pages that came over HTTPS')
  let key: CryptoKey
  try {
    key = await subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify'])
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError')
      throw new NoSignatures('this browser cannot check Ed25519 signatures')
    throw error
  }
  return subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message))
}

/** Nothing can be said here of who signed: that is no verdict on the record. */
export class NoSignatures extends Error {
  readonly code = 'no_signatures'

  constructor(reason: string) {
    super(`${reason}; verify from the command line instead`)
    this.name = 'NoSignatures'
  }
}
