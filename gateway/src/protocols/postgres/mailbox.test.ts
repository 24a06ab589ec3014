import { describe, expect, it } from 'vitest'
import { settle, SimulatedMachine } from '../../runtime/simulated.ts'
import { ConversationEnded, Mailbox } from './mailbox.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (raw: Uint8Array) => new TextDecoder().decode(raw)

function open() {
  const [near, far] = new SimulatedMachine().network.pair()
  return { mailbox: new Mailbox(near), far }
}

describe('Mailbox', () => {
  it('keeps what comes before anyone asks', async () => {
    const { mailbox, far } = open()
    far.write(bytes('early'))
    await settle()
    expect(text(await mailbox.more())).toBe('early')
    const asked = mailbox.more()
    far.write(bytes('late'))
    expect(text(await asked)).toBe('late')
  })

  it('reads no further while nobody asks', async () => {
    const { mailbox, far } = open()
    far.write(bytes('one'))
    await settle()
    expect(far.write(new Uint8Array(100_000))).toBe(false)
    let isDrained = false
    void far.drained().then(() => (isDrained = true))
    await settle()
    expect(isDrained).toBe(false)
    expect(text(await mailbox.more())).toBe('one')
    await settle()
    expect(await mailbox.more()).toHaveLength(100_000)
    await settle()
    expect(isDrained).toBe(true)
  })

  it('gives back first what was put back', async () => {
    const { mailbox, far } = open()
    far.write(bytes('next'))
    await settle()
    mailbox.putBack(bytes('back '))
    expect(text(await mailbox.more())).toBe('back next')
  })

  it('hands over with what is left, and in order', async () => {
    const { mailbox, far } = open()
    far.write(bytes('ab'))
    await settle()
    far.write(bytes('cd'))
    mailbox.putBack(bytes('_'))
    let got = ''
    let release = () => {}
    mailbox.handOver(
      raw => {
        got += text(raw)
        if (got === '_ab') return new Promise(resolve => (release = resolve))
      },
      () => (got += '.'),
    )
    expect(got).toBe('_ab')
    far.end()
    await settle()
    // Whoever takes the rest slowly is not overtaken by what follows.
    expect(got).toBe('_ab')
    release()
    await settle()
    expect(got).toBe('_abcd.')
  })

  it('tells whoever takes over that the peer is gone already', async () => {
    const { mailbox, far } = open()
    far.end()
    await settle()
    const ends: unknown[] = []
    mailbox.handOver(
      () => {},
      error => ends.push(error),
    )
    expect(ends).toEqual([null])
  })

  it('says that the conversation is over, now and later', async () => {
    const { mailbox, far } = open()
    const asked = expect(mailbox.more()).rejects.toThrow(ConversationEnded)
    far.end()
    await asked
    await expect(mailbox.more()).rejects.toThrow(ConversationEnded)
    const broken = open()
    broken.far.breakAfter(0)
    await expect(broken.mailbox.more()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
