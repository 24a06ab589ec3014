import { parseCheckpoint } from '../proof/checkpoint.ts'
import { parseNote } from '../proof/note.ts'

export interface BundleReadme {
  session: string
  /** The key that is in force, as the log says. */
  vkey: string
  checkpoint: Uint8Array
  isSealed: boolean
  /** The proof of the leaf that opened the session. */
  openProof: string | null
}

/** Tells whoever opens a bundle how to check it with what every system has. What is indented by four spaces are commands, to be typed as they stand. */
export function bundleReadme({ session, vkey, checkpoint, isSealed, openProof }: BundleReadme): string {
  const { text, signatures } = parseNote(checkpoint)
  const { origin, size } = parseCheckpoint(text)
  const id = vkey.split('+')[1]!
  const ofLog = signatures.filter(({ name }) => name === origin)
  const at = ofLog.findIndex(({ keyId }) => Array.from(keyId, byte => byte.toString(16).padStart(2, '0')).join('') === id)
  const cast = `${session}.cast`
  const vouching = isSealed
    ? `the leaf that sealed the recording when the session was over`
    : `the leaf of an epoch: the session was still open then, and later lines are not vouched for`
  return `What is here
============

${cast}
  The recording of session ${session}: one line for each event, playable
  by any asciicast player. Its lines are the leaves of a Merkle tree (RFC 6962).
${cast}.tlog-proof
  A proof (c2sp.org/tlog-proof) that the gateway's log has
  ${vouching}.
log/*.tlog-proof
  Proofs of other leaves of the log: who signs, what opened the session, what
  was erased. Each carries its leaf as the first line of its \`extra\` data.
checkpoint
  What the log ${origin} was, ${size} leaves long, and who signed that.
check.py
  Does step 3. Read it before you run it; it is short.

How to check it
===============

With a POSIX shell, openssl 3 and python 3, in this folder: what is indented by
four spaces are commands. None of them asks the gateway, and none is a program
of its makers but check.py. (With Steno at hand, \`steno verify\` does all of it,
and reads every line strictly.)

1. The key. It must have come to you from elsewhere: compare it with what you
   were given. This bundle says that the log is signed by

    VKEY='${vkey}'

2. The signature on the checkpoint.

    sed '/^$/,$d' checkpoint > checkpoint.text
    sed -n 's/^— ${sedEscaped(origin)} //p' checkpoint | sed -n '${at + 1}p' | base64 -d | tail -c 64 > checkpoint.sig
    (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; printf %s "$VKEY" | cut -d+ -f3- | base64 -d | tail -c 32) > key.der
    openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in checkpoint.text -sigfile checkpoint.sig

3. The tree: that every leaf is in the log the checkpoint is of, and that the
   recording is the one they tell of, line for line.

    python3 check.py
${
  openProof === null
    ? ''
    : `
   One hash by hand, that of the recording's first line; the leaf that opened
   the session has it as its \`header\`.

    (printf '\\000'; head -n 1 ${cast} | tr -d '\\n') | openssl dgst -sha256 -binary | base64
    sed -n 's/^extra //p' ${openProof} | base64 -d | head -n 1
`
}
What this shows, and what not
=============================

The recording is as it was when the log took its last leaf about it, and no line
is missing up to there. That the log was the same for everybody, only its
witnesses can say: their signatures are the other lines under the checkpoint.
Where lines were erased or masked, the recording says so in their place.
`
}

function sedEscaped(text: string): string {
  return text.replace(/[/.*[\]\\^$]/g, '\\$&')
}
