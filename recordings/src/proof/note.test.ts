import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Decoder, utf8Encoder } from '../cast/utf8.ts'
import { cosignedAt, formatCosignature, parseCosignature } from './cosignature.ts'
import { formatNote, formatSignatureLines, noteBytesMax, openNote, parseNote, parseSignatureLines, signNote } from './note.ts'
import { noteSigner, noteVerifier } from './note-keys.ts'
import { sha256, testLogKey, testWitness, verifyEd25519 } from './test-crypto.ts'
import { formatVerifierKey, makeVerifierKey, parseVerifierKey } from './verifier-key.ts'

const log = testLogKey('log.example')
const other = testLogKey('other.example')
const witness = testWitness('witness.example', 1_763_700_000)
const text = 'hello\n'
const signedBy = (...signers: { signer: typeof log.signer }[]) =>
  signNote(
    text,
    signers.map(({ signer }) => signer),
  )
const namesIn = (bytes: Uint8Array) => parseNote(bytes).signatures.map(({ name }) => name)

describe('a note', () => {
  it('carries any text that has no control characters', () => {
    const character = fc.oneof(
      fc.constantFrom('\n', '— ', ' ', 'a+b', '🌒', '\u2028', '\u0085', '\ufeff'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(character, { maxLength: 20 }), parts => {
        const any = `${parts.join('').replaceAll(/[\0-\x09\x0b-\x1f]/g, '')}\n`
        const bytes = signNote(any, [log.signer])
        const { note, verified } = openNote(bytes, [log.verifier])
        expect(note.text).toBe(any)
        expect(verified).toEqual([log.verifier])
        expect(formatNote(note)).toEqual(bytes)
      }),
    )
  })

  it('takes no bit less and no bit more', () => {
    const bytes = signedBy(log)
    // Every byte counts: the text’s and the key’s own line.
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of [0x01, 0x04, 0x20, 0x80]) {
        expect(() => openNote(bytes.with(i, bytes[i]! ^ bit), [log.verifier])).toThrow(/expected/)
      }
    }
    for (let end = 0; end < bytes.length; end++) expect(() => openNote(bytes.subarray(0, end), [log.verifier])).toThrow(/expected/)
  })

  it('keeps the signatures of others when it is signed again, and one of each key', () => {
    const once = signedBy(log, other)
    const twice = signNote(text, [log.signer, witness.signer], parseNote(once).signatures)
    expect(namesIn(twice)).toEqual(['log.example', 'witness.example', 'other.example'])
    expect(openNote(twice, [log.verifier, other.verifier, witness.verifier]).verified.length).toBe(3)
  })

  it('is not opened by witnesses’ words that are not there', () => {
    expect(() => openNote(signedBy(log), [witness.verifier])).toThrow('expected a signature by a key that is trusted')
    expect(() => openNote(signedBy(log), [])).toThrow('expected a signature by a key that is trusted')
  })

  it('says which key’s signature is wrong', () => {
    const forged = utf8Encoder.encode(utf8Decoder.decode(signedBy(log)).replace('hello', 'hallo'))
    expect(() => openNote(forged, [log.verifier])).toThrow('expected the signature of `log.example` to be of this text')
  })

  it('is bounded in length', () => {
    const long = (length: number) => signNote(`${'a'.repeat(length)}\n`, [log.signer])
    const room = noteBytesMax - long(0).length
    expect(openNote(long(room), [log.verifier]).note.text.length).toBe(room + 1)
    expect(() => parseNote(long(room + 1))).toThrow(`expected at most ${noteBytesMax} bytes`)
  })

  it('cannot be made of what is no text, no name or no signature', () => {
    const [signature] = parseNote(signedBy(log)).signatures
    for (const name of ['', 'a b', 'a+b', 'a\u2003b', 'a\nb', '\ud800']) {
      expect(() => formatSignatureLines([{ ...signature!, name }])).toThrow(TypeError)
    }
    expect(() => formatSignatureLines([{ ...signature!, keyId: new Uint8Array(3) }])).toThrow(TypeError)
    expect(() => formatSignatureLines([{ ...signature!, signature: new Uint8Array(0) }])).toThrow(TypeError)
    expect(() => signNote('no newline', [log.signer])).toThrow(TypeError)
  })

  it('gives and takes signature lines alone, as witnesses send them', () => {
    const { signatures } = parseNote(signedBy(log, witness))
    const lines = formatSignatureLines(signatures)
    expect(parseSignatureLines(lines)).toEqual(signatures)
    for (const broken of ['', '\n', lines.slice(0, -1), `${lines}\n`, `\n${lines}`])
      expect(() => parseSignatureLines(broken)).toThrow(/expected/)
  })
})

describe('a cosignature', () => {
  it('holds the time in eight bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 64, maxLength: 64 }), (timestamp, signature) => {
        const bytes = formatCosignature({ timestamp, signature })
        expect(bytes.length).toBe(72)
        expect(new DataView(bytes.buffer).getBigUint64(0)).toBe(BigInt(timestamp))
        expect(parseCosignature(bytes)).toEqual({ timestamp, signature })
      }),
    )
  })

  it('is of one time: another time is another message', () => {
    const message = utf8Encoder.encode(text)
    const signature = witness.signer.sign(message)
    expect(witness.verifier.verify(message, signature)).toBe(true)
    for (let i = 0; i < signature.length; i++) expect(witness.verifier.verify(message, signature.with(i, signature[i]! ^ 1))).toBe(false)
    for (const length of [0, 8, 64, 71]) expect(witness.verifier.verify(message, signature.subarray(0, length))).toBe(false)
    expect(witness.verifier.verify(message, Uint8Array.of(...signature, 0))).toBe(false)
  })

  it('is not a signature of the note, nor the other way round', () => {
    const asNote = noteVerifier(makeVerifierKey(sha256, { ...witness.key, type: 1 }), verifyEd25519)
    const message = utf8Encoder.encode(text)
    expect(asNote.keyId).not.toEqual(witness.verifier.keyId)
    expect(asNote.verify(message, witness.signer.sign(message))).toBe(false)
    expect(asNote.verify(message, witness.signer.sign(message).subarray(8))).toBe(false)
  })

  it('has its latest time when there are more', () => {
    const later = testWitness('witness.example', 1_763_700_100)
    const [a, b] = [witness, later].map(({ signer }) => parseNote(signNote(text, [signer])).signatures[0]!)
    for (const signatures of [
      [a!, b!],
      [b!, a!],
    ]) {
      expect(cosignedAt({ text, signatures }, witness.key)).toBe(1_763_700_100)
    }
    expect(cosignedAt({ text, signatures: [a!] }, log.key)).toBeNull()
  })

  it('cannot be made for no time', () => {
    const signature = new Uint8Array(64)
    for (const timestamp of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => formatCosignature({ timestamp, signature })).toThrow(TypeError)
    expect(() => formatCosignature({ timestamp: 1, signature: new Uint8Array(63) })).toThrow(TypeError)
  })
})

describe('a verifier key', () => {
  it('is read as it was written, whatever its name', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter(one => !/[\p{White_Space}\p{Cc}\p{Surrogate}+]/u.test(one))
    fc.assert(
      fc.property(name, fc.constantFrom(1, 4), fc.uint8Array({ minLength: 32, maxLength: 32 }), (keyName, type, publicKey) => {
        const key = makeVerifierKey(sha256, { name: keyName, type, publicKey })
        expect(parseVerifierKey(sha256, formatVerifierKey(key))).toEqual(key)
      }),
    )
  })

  it('has another id for another name, type or key', () => {
    const base = { name: 'a', type: 1, publicKey: log.key.publicKey }
    const ids = [base, { ...base, name: 'b' }, { ...base, type: 4 }, { ...base, publicKey: other.key.publicKey }]
    expect(new Set(ids.map(key => String(makeVerifierKey(sha256, key).keyId))).size).toBe(4)
  })

  it('verifies and signs only as its type says', () => {
    const later = { ...log.key, type: 6 }
    expect(() => noteVerifier(later, verifyEd25519)).toThrow('expected a key of type 1 or 4, got 6')
    expect(() => noteSigner(witness.key, message => message)).toThrow(TypeError)
  })
})
