import { Navigate, Route, Router } from '@solidjs/router'
import { QueryClient, QueryClientProvider } from '@tanstack/solid-query'
import { lazy, onCleanup, onMount, type JSX } from 'solid-js'
import { ProblemError } from './api.ts'
import { after } from './clock.ts'
import { inOwnDocument } from './policy-document.ts'
import { SessionsPage } from './sessions/SessionsPage.tsx'
import { Shell } from './Shell.tsx'
import { Empty } from './ui/Problem.tsx'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal will not change by asking again; silence may.
      retry: (count, error) => !(error instanceof ProblemError && error.status < 500) && count < 2,
      refetchOnWindowFocus: true,
      // A fetch on loopback works without the machine being online.
      networkMode: 'always',
    },
  },
})

const SignInPage = lazy(() => import('./sign-in/SignInPage.tsx').then(page => ({ default: page.SignInPage })))
const ReplayPage = lazy(() => import('./replay/ReplayPage.tsx').then(page => ({ default: page.ReplayPage })))
const RunsPage = lazy(() => import('./runs/RunsPage.tsx').then(page => ({ default: page.RunsPage })))
const RunPage = lazy(() => import('./runs/RunPage.tsx').then(page => ({ default: page.RunPage })))
const ComparePage = lazy(() => import('./runs/ComparePage.tsx').then(page => ({ default: page.ComparePage })))
const CommandPage = lazy(() => import('./sessions/CommandPage.tsx').then(page => ({ default: page.CommandPage })))
const ApprovalsPage = lazy(() => import('./approvals/ApprovalsPage.tsx').then(page => ({ default: page.ApprovalsPage })))
const PoliciesPage = lazy(() => import('./policies/PoliciesPage.tsx').then(page => ({ default: page.PoliciesPage })))
const PolicyPage = lazy(() => import('./policies/PolicyPage.tsx').then(page => ({ default: page.PolicyPage })))
const IntegrityPage = lazy(() => import('./proof/IntegrityPage.tsx').then(page => ({ default: page.IntegrityPage })))
const TargetsPage = lazy(() => import('./targets/TargetsPage.tsx').then(page => ({ default: page.TargetsPage })))

/** How long after the first page the others are fetched, so that they open at once and even while the gateway is away. */
const fetchAheadMs = 2_000

/** The whole desk: every page and its address. */
export function App(): JSX.Element {
  onMount(() =>
    onCleanup(
      after(fetchAheadMs, () => {
        // One that does not arrive says so itself when it is opened.
        void Promise.allSettled(
          [ReplayPage, RunsPage, RunPage, ComparePage, ApprovalsPage, PoliciesPage, IntegrityPage, TargetsPage].map(page => page.preload()),
        )
      }),
    ),
  )
  return (
    <QueryClientProvider client={queries}>
      <Router root={Shell}>
        <Route path="/" component={() => <Navigate href="/sessions" />} />
        <Route path="/sign-in" component={SignInPage} />
        <Route path="/sessions" component={SessionsPage} />
        <Route path="/sessions/:id" component={ReplayPage} />
        <Route path="/commands/:id" component={CommandPage} />
        <Route path="/runs" component={RunsPage} />
        <Route path="/runs/compare" component={ComparePage} />
        <Route path="/runs/:id" component={RunPage} />
        <Route path="/approvals" component={ApprovalsPage} />
        <Route path="/policies" component={PoliciesPage} />
        <Route path="/policies/:name" component={inOwnDocument(PolicyPage)} />
        <Route path="/integrity" component={IntegrityPage} />
        <Route path="/targets" component={TargetsPage} />
        <Route path="*" component={NoPage} />
      </Router>
    </QueryClientProvider>
  )
}

function NoPage(): JSX.Element {
  return (
    <main class="page">
      <h1 class="spoken">Steno</h1>
      <Empty title="There is no page here">
        <p>The address may have been cut when it was copied.</p>
        <a class="button" href="/sessions">
          All sessions
        </a>
      </Empty>
    </main>
  )
}
