import { A, useLocation, useNavigate, type RouteSectionProps } from '@solidjs/router'
import { useQuery, useQueryClient } from '@tanstack/solid-query'
import Columns3 from 'lucide-solid/icons/columns-3'
import Database from 'lucide-solid/icons/database'
import Keyboard from 'lucide-solid/icons/keyboard'
import LogOut from 'lucide-solid/icons/log-out'
import Monitor from 'lucide-solid/icons/monitor'
import Moon from 'lucide-solid/icons/moon'
import Network from 'lucide-solid/icons/network'
import Scale from 'lucide-solid/icons/scale'
import Search from 'lucide-solid/icons/search'
import Sun from 'lucide-solid/icons/sun'
import TextAlignStart from 'lucide-solid/icons/text-align-start'
import UserCheck from 'lucide-solid/icons/user-check'
import {
  createEffect,
  createSignal,
  ErrorBoundary,
  For,
  lazy,
  on,
  onCleanup,
  onMount,
  Show,
  Suspense,
  type Component,
  type JSX,
} from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { api, connection } from './api.ts'
import { useNotifier } from './approvals/notifier.ts'
import { createNow } from './clock.ts'
import { useEvents } from './live.ts'
import { useWholePolicyPages } from './policy-document.ts'
import { setTheme, theme, themes, type Theme } from './theme.ts'
import { describeProblem } from './ui/describe-problem.ts'
import { Problem } from './ui/Problem.tsx'
import { ageLabel } from './ui/labels.ts'
import { onKeyDown, useKeys } from './ui/use-keys.ts'

const Palette = lazy(() => import('./Palette.tsx').then(file => ({ default: file.Palette })))
const KeyMap = lazy(() => import('./KeyMap.tsx').then(file => ({ default: file.KeyMap })))

type Icon = Component<{ size?: number; 'aria-hidden'?: 'true' | 'false' | boolean; 'stroke-width'?: number | string }>

const places: readonly { href: string; name: string; keys: string; icon: Icon }[] = [
  { href: '/sessions', name: 'Sessions', keys: 'g s', icon: TextAlignStart },
  { href: '/runs', name: 'Runs', keys: 'g r', icon: Columns3 },
  { href: '/approvals', name: 'Approvals', keys: 'g a', icon: UserCheck },
  { href: '/policies', name: 'Policies', keys: 'g p', icon: Scale },
  { href: '/integrity', name: 'Integrity', keys: 'g i', icon: Network },
  { href: '/targets', name: 'Targets', keys: 'g t', icon: Database },
]

const themeIcons: Record<Theme, Icon> = { light: Sun, dark: Moon, system: Monitor }

/** What stands around every page: the rail, the banner, the keys that work everywhere. */
export function Shell(props: RouteSectionProps): JSX.Element {
  const location = useLocation()
  const navigate = useNavigate()
  useWholePolicyPages()
  const isSignIn = (): boolean => location.pathname === '/sign-in'

  createEffect(() => {
    if (connection.isSignedOut() && !isSignIn())
      navigate(`/sign-in?to=${encodeURIComponent(location.pathname + location.search + location.hash)}`, { replace: true })
  })

  return (
    <Show when={!isSignIn()} fallback={<Suspense>{props.children}</Suspense>}>
      <Desk>{props.children}</Desk>
    </Show>
  )
}

function Desk(props: { children: JSX.Element }): JSX.Element {
  const navigate = useNavigate()
  const [open, setOpen] = createSignal<'palette' | 'keys' | null>(null)
  const close = (): void => void setOpen(null)
  const [trouble, setTrouble] = createSignal('')

  async function signOut(): Promise<void> {
    try {
      await api.signOut()
    } catch (error) {
      setTrouble(`You are still signed in. ${describeProblem(error).why}`)
    }
  }

  useKeys([
    { keys: 'mod+k', title: 'Go to anything', group: 'Everywhere', whileTyping: true, run: () => setOpen('palette') },
    { keys: '?', title: 'This map', group: 'Everywhere', run: () => setOpen('keys') },
    { keys: '/', title: 'Search', group: 'Everywhere', run: focusSearch },
    ...places.map(place => ({ keys: place.keys, title: place.name, group: 'Go to', run: () => navigate(place.href) })),
  ])
  onMount(() => {
    document.addEventListener('keydown', onKeyDown)
    onCleanup(() => document.removeEventListener('keydown', onKeyDown))
  })
  const queries = useQueryClient()
  // Whatever was missed while the gateway was away is asked for again.
  createEffect(on(connection.isReachable, isReachable => isReachable && void queries.invalidateQueries(), { defer: true }))
  // One stream for the tab, whichever page is open.
  useEvents(() => {})
  useNotifier()

  return (
    <div class="desk">
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <Rail onKeys={() => setOpen('keys')} onPalette={() => setOpen('palette')} onSignOut={() => void signOut()} />
      <div class="stage" id="page" tabIndex={-1}>
        <Banner trouble={trouble()} />
        <ErrorBoundary fallback={(error, reset) => <PageProblem error={error} onLeave={reset} />}>
          <Suspense>{props.children}</Suspense>
        </ErrorBoundary>
      </div>
      <Suspense>
        <Show when={open() === 'palette'}>
          <Palette places={places} onClose={close} onKeys={() => setOpen('keys')} />
        </Show>
        <Show when={open() === 'keys'}>
          <KeyMap onClose={close} />
        </Show>
      </Suspense>
    </div>
  )
}

/** A page that could not be shown; its parts may not have arrived because the gateway went away, or was updated. */
function PageProblem(props: { error: unknown; onLeave(): void }): JSX.Element {
  const location = useLocation()
  createEffect(
    on(
      () => location.pathname,
      () => props.onLeave(),
      { defer: true },
    ),
  )
  return (
    <main class="page">
      <h1 class="spoken">Steno</h1>
      <Problem error={props.error} what="This page cannot be shown" onRetry={() => window.location.reload()} />
    </main>
  )
}

function Rail(props: { onKeys(): void; onPalette(): void; onSignOut(): void }): JSX.Element {
  const location = useLocation()
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  const signOut = (): string =>
    me.isPending || !me.data ? 'Sign out' : `Sign out ${me.data.name}${me.data.role ? `, ${me.data.role}` : ''}`
  return (
    <nav class="rail" aria-label="Main">
      <A class="logo" href="/sessions" aria-label="Steno" title="Steno">
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path d="M4 15c3-8 6-8 6-3s3 6 5 1 3-5 5-4" />
          <path class="line" d="M4 20h16" />
        </svg>
      </A>
      <For each={places}>
        {place => (
          <A
            href={place.href}
            class="rail-item"
            aria-current={location.pathname.startsWith(place.href) ? 'page' : undefined}
            title={`${place.name} (${place.keys})`}
          >
            <Dynamic component={place.icon} size={18} stroke-width={1.7} aria-hidden="true" />
            <span class="rail-name">{place.name}</span>
          </A>
        )}
      </For>
      <span class="spring" />
      <button
        type="button"
        class="rail-item rail-extra"
        title="Go to anything (mod+k)"
        aria-label="Go to anything"
        onClick={() => props.onPalette()}
      >
        <Search size={17} stroke-width={1.7} aria-hidden="true" />
      </button>
      <button type="button" class="rail-item rail-extra" title="Keyboard map (?)" aria-label="Keyboard map" onClick={() => props.onKeys()}>
        <Keyboard size={17} stroke-width={1.7} aria-hidden="true" />
      </button>
      <ThemeButton />
      <button type="button" class="rail-item rail-extra" title={signOut()} aria-label={signOut()} onClick={() => props.onSignOut()}>
        <LogOut size={17} stroke-width={1.7} aria-hidden="true" />
      </button>
    </nav>
  )
}

function ThemeButton(): JSX.Element {
  const next = (): Theme => themes[(themes.indexOf(theme()) + 1) % themes.length] ?? 'system'
  return (
    <button
      type="button"
      class="rail-item"
      title={`Theme: ${theme()}. Press for ${next()}.`}
      aria-label={`Theme: ${theme()}`}
      onClick={() => setTheme(next())}
    >
      <Dynamic component={themeIcons[theme()]} size={17} stroke-width={1.7} aria-hidden="true" />
      <span class="rail-name">Theme</span>
    </button>
  )
}

/** Says so, when the gateway no longer answers and the page shows what was. */
function Banner(props: { trouble: string }): JSX.Element {
  const now = createNow(5_000)
  const age = (): string => {
    const at = connection.answeredAtMs()
    return at === null ? 'Nothing has been heard from it yet.' : `What you see is from ${ageLabel(Math.max(5_000, now() - at))}.`
  }
  return (
    <div class="banner-place" aria-live="polite">
      <Show when={props.trouble}>
        <div class="banner">{props.trouble}</div>
      </Show>
      <Show when={!connection.isReachable()}>
        <div class="banner">
          <b>The gateway does not answer.</b> {age()} Trying again.
        </div>
      </Show>
    </div>
  )
}

function focusSearch(): void {
  const field = document.querySelector('[data-search]')
  if (field instanceof HTMLInputElement) {
    field.focus()
    field.select()
  }
}
