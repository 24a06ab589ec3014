import { createHash, createPublicKey, verify } from 'node:crypto'

/** An auditor who has read RFC 6962 and C2SP's pages, and nothing of ours. Fetches what is public, and checks it by hand. */
export interface Audited {
  origin: string
  size: number
  root: string
  /** The log's entries, as JSON. */
  leaves: any[]
  leafHashes: Buffer[]
  /** The names under the signatures. */
  signers: string[]
  text: string
}

export const sha256 = (...parts: (Buffer | string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

export const leafHash = (leaf: Buffer | string): Buffer => sha256(Buffer.of(0), leaf)

/** The root of a tree of leaf hashes (RFC 6962 §2.1). */
export function rootOf(hashes: Buffer[]): Buffer {
  if (hashes.length === 0) return sha256('')
  if (hashes.length === 1) return hashes[0]!
  let half = 1
  while (half * 2 < hashes.length) half *= 2
  return sha256(Buffer.of(1), rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)))
}

/** Reads a log from its address, and checks signature, entries, tiles and root. */
export async function audit(url: string, vkey: string): Promise<Audited> {
  const note = await (await mustFetch(`${url}/checkpoint`)).text()
  const [text, signatures] = [note.slice(0, note.lastIndexOf('\n\n') + 1), note.slice(note.lastIndexOf('\n\n') + 2)]
  const [origin, sizeText, root] = text.split('\n') as [string, string, string]
  const signers = mustBeSigned(text, signatures, vkey)
  const size = Number(sizeText)
  const leaves: any[] = []
  const leafHashes: Buffer[] = []
  for (let bundle = 0; bundle * 256 < size; bundle++) {
    const width = Math.min(256, size - bundle * 256)
    const bytes = await bytesOf(`${url}/tile/entries/${place(bundle)}${width === 256 ? '' : `.p/${width}`}`)
    const hashes: Buffer[] = []
    for (let at = 0; at < bytes.length;) {
      const end = at + 2 + bytes.readUInt16BE(at)
      const entry = bytes.subarray(at + 2, end)
      leaves.push(JSON.parse(entry.toString()))
      hashes.push(leafHash(entry))
      at = end
    }
    const tile = await bytesOf(`${url}/tile/0/${place(bundle)}${width === 256 ? '' : `.p/${width}`}`)
    if (!tile.equals(Buffer.concat(hashes))) throw new Error(`tile 0/${bundle} is not of its entries`)
    if (width === 256) {
      const above = await bytesOf(`${url}/tile/1/000.p/${bundle + 1}`)
      if (!above.subarray(bundle * 32, bundle * 32 + 32).equals(rootOf(hashes))) throw new Error(`tile 1/0 is not of tile 0/${bundle}`)
    }
    leafHashes.push(...hashes)
  }
  if (leaves.length !== size) throw new Error(`${leaves.length} entries in a log of ${size}`)
  if (rootOf(leafHashes).toString('base64') !== root) throw new Error('the entries do not lead to the signed root')
  return { origin, size, root, leaves, leafHashes, signers, text }
}

/** The note is signed by the key (signed-note, type 1). Gives all names under it. */
function mustBeSigned(text: string, signatures: string, vkey: string): string[] {
  const [name, id, ...key] = vkey.split('+') as [string, string, ...string[]]
  const material = Buffer.from(key.join('+'), 'base64')
  if (material[0] !== 1 || !sha256(name, '\n', material).subarray(0, 4).equals(Buffer.from(id, 'hex'))) throw new Error('not a vkey')
  const publicKey = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), material.subarray(1)]),
    format: 'der',
    type: 'spki',
  })
  const lines = signatures
    .trimEnd()
    .split('\n')
    .map(line => line.split(' ') as [string, string, string])
  const ours = lines.filter(
    ([dash, by, signed]) => dash === '—' && by === name && Buffer.from(signed, 'base64').subarray(0, 4).toString('hex') === id,
  )
  const isGood = ours.some(([, , signed]) => verify(null, Buffer.from(text), publicKey, Buffer.from(signed, 'base64').subarray(4)))
  if (!isGood) throw new Error(`not signed by ${vkey}: ${signatures}`)
  return lines.map(([, by]) => by)
}

function place(n: number): string {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0')
  const groups = digits.match(/.{3}/g)!
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
}

async function bytesOf(url: string): Promise<Buffer> {
  return Buffer.from(await (await mustFetch(url)).arrayBuffer())
}

async function mustFetch(url: string): Promise<Response> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  return answer
}
