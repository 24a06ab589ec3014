import { describe, expect, it } from 'vitest'
import { Cleared, guardKey, Pass } from './pass.ts'
import type { Ruling, Session } from './session.ts'
import type { ClientWire, TargetWire } from './wires.ts'

/**
 * What must not compile. Each line is a mistake someone could make; the
 * compiler refuses it, and refuses this file when it no longer does.
 */
export function mistakes(session: Session, ruling: Ruling, target: TargetWire, client: ClientWire, bytes: Uint8Array): void {
  // @ts-expect-error sending without a pass
  target.send(bytes)
  // @ts-expect-error a pass cannot be made from an object that looks like one
  target.send(bytes, { spend: () => {} })
  // @ts-expect-error a ruling has a pass only once its verdict is known to be allow
  target.send(bytes, ruling.pass)
  if (ruling.verdict === 'deny') {
    // @ts-expect-error a denied command has no pass
    target.send(bytes, ruling.pass)
  }
  // @ts-expect-error an answer that was not cleared
  client.write(bytes)
  // @ts-expect-error an object that looks cleared
  client.write({ spend: () => bytes })
  // @ts-expect-error a pass is no clearance
  client.write(session.relay())
  // @ts-expect-error a clearance is no pass
  target.send(bytes, session.relayBack(bytes))
  // @ts-expect-error only the guard has the key
  void new Pass(Symbol('guard'))
  // @ts-expect-error only the guard has the key
  void new Cleared(Symbol('guard'), bytes)
  // @ts-expect-error the sockets of the wires are out of reach
  void target.socket
}

describe('the waist', () => {
  it('lets a pass be spent once', () => {
    const pass = new Pass(guardKey)
    pass.spend()
    expect(() => pass.spend()).toThrow('a pass is spent once')
  })

  it('lets cleared bytes be written once', () => {
    const cleared = new Cleared(guardKey, new Uint8Array([1]))
    expect(cleared.spend()).toEqual(new Uint8Array([1]))
    expect(() => cleared.spend()).toThrow('cleared bytes are written once')
  })

  it('makes no pass without the key, whatever the types were told', () => {
    expect(() => Reflect.construct(Pass, [Symbol('guard')])).toThrow('only the guard issues a pass')
    expect(() => Reflect.construct(Cleared, [Symbol('guard'), new Uint8Array()])).toThrow('only the guard clears an answer')
  })
})
