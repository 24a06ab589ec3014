import { describe, expect, it } from 'vitest'
import { toHex } from './bytes.ts'
import { openEd25519, sha256, sha256InPieces, verifyEd25519 } from './crypto.ts'

const hex = (digits: string) => Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
const bytes = (text: string) => new TextEncoder().encode(text)

describe('SHA-256', () => {
  it('is what FIPS 180-4 says, whole and in pieces', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(toHex(sha256(bytes('abc')))).toBe(expected)
    const pieces = sha256InPieces()
    for (const piece of ['a', '', 'bc']) pieces.add(bytes(piece))
    expect(toHex(pieces.digest())).toBe(expected)
  })
})

describe('Ed25519', () => {
  // RFC 8032 §7.1, tests 1 and 2.
  const vectors = [
    {
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: '',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      message: '72',
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    },
  ]

  it.each(vectors)('signs and verifies what RFC 8032 has, public key $publicKey', ({ seed, publicKey, message, signature }) => {
    const key = openEd25519(hex(seed))
    expect(toHex(key.publicKey)).toBe(publicKey)
    expect(toHex(key.sign(hex(message)))).toBe(signature)
    expect(verifyEd25519(hex(publicKey), hex(message), hex(signature))).toBe(true)
  })

  it('verifies nothing else, and never throws', () => {
    const [{ publicKey, message, signature }, other] = vectors as [(typeof vectors)[0], (typeof vectors)[0]]
    const flipped = hex(signature).map((byte, at) => (at === 3 ? byte ^ 1 : byte))
    expect(verifyEd25519(hex(publicKey), hex(message), flipped)).toBe(false)
    expect(verifyEd25519(hex(publicKey), bytes('x'), hex(signature))).toBe(false)
    expect(verifyEd25519(hex(other.publicKey), hex(message), hex(signature))).toBe(false)
    expect(verifyEd25519(hex(publicKey), hex(message), hex(signature).subarray(1))).toBe(false)
    expect(verifyEd25519(hex(publicKey), hex(message), new Uint8Array(0))).toBe(false)
    expect(verifyEd25519(hex(publicKey).subarray(1), hex(message), hex(signature))).toBe(false)
    expect(verifyEd25519(new Uint8Array(32).fill(255), hex(message), hex(signature))).toBe(false)
  })
})
