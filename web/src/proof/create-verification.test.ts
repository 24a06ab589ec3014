import type { Report } from '@steno/recordings'
import { createRoot } from 'solid-js'
import { describe, expect, it } from 'vitest'
import { createVerification, type VerificationInput } from './create-verification.ts'

const report = { verdict: 'WHOLE', isAccepted: true, findings: [], sessions: [] } as unknown as Report

/** A verifier whose end the test decides, and what it was told to remember. */
function bench() {
  const runs: { resolve(report: Report): void; reject(error: Error): void; options: Parameters<VerificationInput['run']>[0] }[] = []
  const reports: Report[] = []
  let nowMs = 1000
  const verification = createRoot(() =>
    createVerification({
      run: options => new Promise((resolve, reject) => runs.push({ resolve, reject, options })),
      nowMs: () => (nowMs += 500),
      onReport: each => reports.push(each),
    }),
  )
  return { verification, runs, reports, settle: () => new Promise<void>(resolve => queueMicrotask(() => queueMicrotask(resolve))) }
}

const progress = { doing: 'log' as const, bundles: 1, bundlesTotal: 2, recordings: 0, recordingsTotal: 0, bytes: 10, findings: 0 }

describe('createVerification', () => {
  it('tells how it comes on and what came out', async () => {
    const { verification, runs, reports, settle } = bench()
    expect(verification.state()).toEqual({ is: 'idle' })
    verification.start()
    runs[0]!.options.onProgress(progress)
    expect(verification.state()).toEqual({ is: 'running', progress })
    runs[0]!.resolve(report)
    await settle()
    expect(verification.state()).toMatchObject({ is: 'done', report, tookMs: 500 })
    expect(reports).toEqual([report])
  })

  it('begins once, however often it is asked', () => {
    const { verification, runs } = bench()
    verification.start()
    verification.start()
    expect(runs).toHaveLength(1)
  })

  it('forgets what comes after it was called off', async () => {
    const { verification, runs, reports, settle } = bench()
    verification.start()
    verification.cancel()
    expect(runs[0]!.options.signal.aborted).toBe(true)
    runs[0]!.options.onProgress(progress)
    runs[0]!.resolve(report)
    await settle()
    expect(verification.state()).toEqual({ is: 'idle' })
    expect(reports).toEqual([])
    verification.start()
    expect(runs).toHaveLength(2)
  })

  it('says why it could not be done, and can be begun again', async () => {
    const { verification, runs, settle } = bench()
    verification.start()
    runs[0]!.reject(new Error('you are not signed in any more'))
    await settle()
    expect(verification.state()).toEqual({ is: 'failed', reason: 'you are not signed in any more' })
    verification.start()
    expect(runs).toHaveLength(2)
  })
})
