import fc from 'fast-check'

// Between a counterexample and the smallest one may lie hours. After a minute
// the smallest so far is told; a property that has not failed by then fails.
fc.configureGlobal({ interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true })
