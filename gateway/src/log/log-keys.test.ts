import { hashLeaf, openTlogProof, parseLogLeaf, parseTlogProof } from '@steno/recordings'
import { expect, it } from 'vitest'
import { sha256 } from '../runtime/crypto.ts'
import { settle } from '../runtime/simulated.ts'
import { checkpointOn, data, leavesOn, machineWithData, openTestLog, verifierOn } from './test-log.ts'

const seen = { happened: 0, not: 0 }

it.each([1, 2, 3])(
  'a change of keys that is killed at any of its steps has happened, or has not, and the log goes on (seed %i)',
  async seed => {
    for (let steps = 1, isOver = false; !isOver; steps++) {
      const machine = machineWithData({ seed })
      const { log: before } = await openTestLog(machine)
      await before.publish()
      await before.close()
      const old = verifierOn(machine)

      const killed = machine.start()
      const { log: dying } = await openTestLog(killed)
      killed.killAfterSteps(steps)
      dying.rotateKey().then(
        () => (isOver = true),
        () => {},
      )
      for (let rest = 0; rest < 20; rest++) await settle()
      killed.kill()

      const { log } = await openTestLog(machine)
      // As every gateway does when it starts.
      log.append({ kind: 'config', hash: `${'A'.repeat(43)}=` })
      await log.publish()
      expect(machine.disk.list(`${data}/keys`)).toEqual(['log.key'])
      const keys = leavesOn(machine.disk, checkpointOn(machine).size).flatMap(leaf => (leaf.kind === 'key' ? [leaf.vkey] : []))
      expect(keys.at(-1)).toBe(log.vkey)
      if (log.vkey === before.vkey) {
        expect(keys).toHaveLength(1)
        seen.not++
        continue
      }
      // Whoever trusts the old key is led to the new one by what both have signed.
      const [, index] = log.keyLeaves()
      const proof = log.handover(index!)!
      const { extra } = parseTlogProof(proof)
      expect(parseLogLeaf(extra!)).toMatchObject({ kind: 'key', vkey: log.vkey, replaces: before.vkey })
      const logKeys = [old, verifierOn(machine)]
      expect(openTlogProof(sha256, proof, { leafHash: hashLeaf(sha256, extra!), logKeys, witnesses: [] }).logKeys).toHaveLength(2)
      seen.happened++
    }
    expect(Math.min(seen.happened, seen.not)).toBeGreaterThan(seed)
  },
)
