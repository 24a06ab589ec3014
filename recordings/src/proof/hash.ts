/** SHA-256 of the bytes, 32 of them. It is handed in, keeps no hold of its argument and gives bytes that nobody else changes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

export const hashBytes = 32

/** The hash of a leaf: SHA-256(0x00 ‖ leaf) (RFC 6962 §2.1). */
export function hashLeaf(sha256: Sha256, leaf: Uint8Array): Uint8Array {
  const sizeBytes = leaf.length + 1
  // INVARIANT: the first byte of the shared memory is 0, and nobody writes it.
  const bytes = sizeBytes <= leafMemory.length ? leafMemory.subarray(0, sizeBytes) : new Uint8Array(sizeBytes)
  bytes.set(leaf, 1)
  return sha256(bytes)
}

/**
 * The hash of the leaf that stands in `bytes` from `start` to before `end`, without a copy of it: the byte
 * before it is 0 while it is hashed, and what it was again when this returns. At `start` 0 there is no such byte.
 */
export function hashLeafWithin(sha256: Sha256, bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (start === 0) return hashLeaf(sha256, bytes.subarray(0, end))
  const before = bytes[start - 1]!
  try {
    bytes[start - 1] = 0
    return sha256(bytes.subarray(start - 1, end))
  } finally {
    bytes[start - 1] = before
  }
}

/** The hash of a node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1). */
export function hashNode(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeMemory.set(left, 1)
  nodeMemory.set(right, 1 + hashBytes)
  return sha256(nodeMemory)
}

/** The root of a tree without leaves. */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0))
}

/** Whether two hashes are the same bytes. */
export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

// Hashing calls nothing that could call us, so one piece of memory serves all
// that is hashed; most lines fit it.
const leafMemory = new Uint8Array(0x4000)
const nodeMemory = Uint8Array.of(1, ...new Uint8Array(2 * hashBytes))
