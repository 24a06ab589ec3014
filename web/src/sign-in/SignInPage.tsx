import { useLocation, useNavigate, useSearchParams } from '@solidjs/router'
import { useQueryClient } from '@tanstack/solid-query'
import { createEffect, createSignal, Match, Switch, type JSX } from 'solid-js'
import { api } from '../api.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { describeProblem } from '../ui/describe-problem.ts'
import { returnPath } from './return-path.ts'
import './sign-in.css'

type State = { is: 'waiting' } | { is: 'signing in' } | { is: 'refused'; why: string }

/** Trades the token of a sign-in link for a session, or says how to get a link. */
export function SignInPage(): JSX.Element {
  const location = useLocation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [params] = useSearchParams<{ to: string }>()
  const [state, setState] = createSignal<State>({ is: 'waiting' })

  // A link pasted into this very tab changes the fragment only: the page is not loaded again.
  createEffect(() => {
    const token = new URLSearchParams(location.hash.slice(1)).get('token')
    if (!token) return
    // The token must not stay in the address bar, nor in what Back returns to.
    navigate(location.pathname + location.search, { replace: true })
    void signIn(token)
  })

  async function signIn(token: string): Promise<void> {
    setState({ is: 'signing in' })
    try {
      await api.signIn(token)
      queries.clear()
      navigate(returnPath(typeof params.to === 'string' ? params.to : null, window.location.origin), { replace: true })
    } catch (error) {
      setState({ is: 'refused', why: describeProblem(error).why })
    }
  }

  const why = (): string => {
    const now = state()
    return now.is === 'refused' ? now.why : ''
  }
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <svg class="sign-in-logo" viewBox="0 0 24 24" width="36" height="36" aria-hidden="true">
          <path d="M4 15c3-8 6-8 6-3s3 6 5 1 3-5 5-4" />
          <path class="line" d="M4 20h16" />
        </svg>
        <Switch>
          <Match when={state().is === 'signing in'}>
            <h1 role="status">Signing in</h1>
          </Match>
          <Match when={state().is !== 'signing in'}>
            <h1>{state().is === 'refused' ? 'This link does not sign you in' : 'Sign in with a link'}</h1>
            <p class="muted" role={state().is === 'refused' ? 'alert' : undefined}>
              {state().is === 'refused'
                ? `${why()} A link works once, and not for ever: ask for a new one.`
                : 'Steno prints a sign-in link where it was started. Open that link in this browser.'}
            </p>
            <div class="sign-in-steps">
              <p>Starting the demo prints one:</p>
              <div class="snippet">
                <pre tabIndex={0}>npm start</pre>
                <CopyButton text="npm start" label="Copy command" />
              </div>
              <p class="faint">The link stands beside the words “sign in”. If you did not start Steno, ask whoever did.</p>
            </div>
          </Match>
        </Switch>
      </div>
    </main>
  )
}
