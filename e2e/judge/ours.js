// Answers the judge's questions with the built `@steno/recordings`, line by line.
import { isUtf8 } from 'node:buffer'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { house } from '../tools/house.js'

const r = await import(pathToFileURL(join(house, 'recordings/dist/index.js')).href)

const sha256 = bytes => createHash('sha256').update(bytes).digest()
const verifyEd25519 = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' }),
    signature,
  )

const bytesOf = base64 => new Uint8Array(Buffer.from(base64 ?? '', 'base64'))
const base64Of = bytes => Buffer.from(bytes).toString('base64')
const headOf = ({ size, root }) => ({ size, root: bytesOf(root) })

const answers = {
  tree({ leaves, sizes, places, growths }) {
    const tree = new r.LeafTree(
      sha256,
      leaves.map(leaf => r.hashLeaf(sha256, bytesOf(leaf))),
    )
    return {
      roots: sizes.map(size => base64Of(tree.root(size))),
      paths: places.map(place => r.proveInclusion(sha256, place, tree.read).map(base64Of)),
      proofs: growths.map(sizesOfGrowth => r.proveConsistency(sha256, sizesOfGrowth, tree.read).map(base64Of)),
    }
  },

  inclusion: ({ index, size, leafHash, proof, root }) => ({
    valid: r.verifyInclusion(sha256, { index, size, leafHash: bytesOf(leafHash), proof: proof.map(bytesOf), root: bytesOf(root) }),
  }),

  consistency: ({ from, to, proof }) => ({
    valid: r.verifyConsistency(sha256, { from: headOf(from), to: headOf(to), proof: proof.map(bytesOf) }),
  }),

  vkey: ({ vkey }) =>
    read(() => {
      const { name, verifier } = keyOf(vkey)
      return { valid: true, name, id: Buffer.from(verifier.keyId).toString('hex') }
    }),

  note: ({ note, vkeys }) =>
    read(() => {
      const keys = vkeys.map(vkey => ({ vkey, verifier: keyOf(vkey).verifier }))
      const opened = r.openNote(
        bytesOf(note),
        keys.map(({ verifier }) => verifier),
      )
      const signedBy = opened.verified.map(one => keys.find(({ verifier }) => verifier === one).vkey)
      return { valid: true, text: base64Of(Buffer.from(opened.note.text)), signedBy }
    }),

  checkpoint: ({ text }) =>
    read(() => {
      const bytes = Buffer.from(text, 'base64')
      if (!isUtf8(bytes)) return { valid: false }
      const { size, root } = r.parseCheckpoint(bytes.toString())
      return { valid: true, size, root: base64Of(root) }
    }),

  'tile path': ({ path }) =>
    read(() => {
      const { level, index, width } = r.parseTilePath(path)
      return { valid: true, level: level === 'entries' ? -1 : level, index, width }
    }),

  tile: ({ level, index, width }) => ({ path: r.tilePath(level < 0 ? 'entries' : level, index, width) }),

  tiles: ({ size, root, files, picks }) => ({ leaves: picks.map(index => leafInTiles({ size, root: bytesOf(root), files, index })) }),
}

function leafInTiles({ size, root, files, index }) {
  return read(() => {
    const file = (...address) => bytesOf(files[r.tilePath(...address)])
    const readNode = r.readNodeFromTiles(sha256, size, file)
    const proof = r.proveInclusion(sha256, { index, size }, readNode)
    const number = Math.floor(index / r.tileWidth)
    const width = r.tileWidthAt(size, 'entries', number)
    const entry = r.parseEntryBundle(file('entries', number, width), width)[index % r.tileWidth]
    const leafHash = r.hashLeaf(sha256, entry)
    if (!r.isSameHash(leafHash, readNode(0, index)) || !r.verifyInclusion(sha256, { index, size, leafHash, proof, root })) {
      return { valid: false }
    }
    return { valid: true, leafHash: base64Of(leafHash), proof: proof.map(base64Of), entry: base64Of(entry) }
  })
}

/** What was read, or that it was refused in the way that is promised. */
function read(act) {
  try {
    return act()
  } catch (error) {
    if (error instanceof r.ProofError) return { valid: false }
    throw error
  }
}

function keyOf(vkey) {
  const key = r.parseVerifierKey(sha256, vkey)
  return { name: key.name, verifier: r.noteVerifier(key, verifyEd25519) }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const question = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(answers[question.ask](question))}\n`)
}
