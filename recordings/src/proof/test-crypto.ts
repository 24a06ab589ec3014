import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { utf8Encoder } from '../cast/utf8.ts'
import { LeafTree } from './leaf-tree.ts'
import { hashLeaf } from './hash.ts'
import { cosigner, noteSigner, noteVerifier } from './note-keys.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'
import { formatVerifierKey, makeVerifierKey, signatureTypes, type VerifierKey } from './verifier-key.ts'

// What the pure room is handed: here from Node's crypto, which is not in it.

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' })
  return verify(null, message, key, signature)
}

/** A key made of nothing but its name, so that it is the same each time. */
export interface TestKey {
  key: VerifierKey
  vkey: string
  seed: Uint8Array
  verifier: NoteVerifier
  signer: NoteSigner
}

export function testLogKey(name: string, seedText = name): TestKey {
  const { seed, publicKey, signWith } = keyPair(seedText)
  const key = makeVerifierKey(sha256, { name, type: signatureTypes.ed25519, publicKey })
  return { key, vkey: formatVerifierKey(key), seed, verifier: noteVerifier(key, verifyEd25519), signer: noteSigner(key, signWith) }
}

/** A witness that cosigns at one time. */
export function testWitness(name: string, timestamp: number): TestKey {
  const { seed, publicKey, signWith } = keyPair(name)
  const key = makeVerifierKey(sha256, { name, type: signatureTypes.cosignature, publicKey })
  return { key, vkey: formatVerifierKey(key), seed, verifier: noteVerifier(key, verifyEd25519), signer: cosigner(key, timestamp, signWith) }
}

/** A tree whose leaves are the numbers of their places, in decimal. */
export function numberedTree(size: number): LeafTree {
  const tree = new LeafTree(sha256)
  for (let i = 0; i < size; i++) tree.append(numberedLeaf(i))
  return tree
}

export function numberedLeaf(i: number): Uint8Array {
  return hashLeaf(sha256, utf8Encoder.encode(String(i)))
}

const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyPair(seedText: string): { seed: Uint8Array; publicKey: Uint8Array; signWith: (message: Uint8Array) => Uint8Array } {
  const seed = sha256(utf8Encoder.encode(seedText))
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return {
    seed,
    publicKey: new Uint8Array(Buffer.from(x ?? '', 'base64url')),
    signWith: message => new Uint8Array(sign(null, message, privateKey)),
  }
}
