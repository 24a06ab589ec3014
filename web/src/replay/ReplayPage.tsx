import { A, useParams, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import type { SessionDetail } from '@steno/recordings'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import Info from 'lucide-solid/icons/info'
import { createEffect, createMemo, createSignal, lazy, Match, on, onCleanup, Show, Suspense, Switch, type JSX } from 'solid-js'
import { api } from '../api.ts'
import { after } from '../clock.ts'
import { bytesLabel, CopyButton, countOf, PrincipalChain, Problem, Skeleton, Tabs, useKeys, visibleText } from '../ui/index.ts'
import { AnswerPane } from './AnswerPane.tsx'
import { CommandPane } from './CommandPane.tsx'
import { createReplay, frameAtTime } from './create-replay.ts'
import type { DraftVerdicts } from './draft-overlay.ts'
import { DraftSwitch } from './DraftSwitch.tsx'
import { ErasedPane } from './ErasedPane.tsx'
import type { CommandDetail, FrameSummary } from './frame.ts'
import { frameProof, recordingStanding } from './frame-proof.ts'
import { Footer } from './Footer.tsx'
import { Inspector } from './Inspector.tsx'
import { linkedPlace } from './linked-place.ts'
import { offsetLabel } from './offset.ts'
import { replayKeys } from './replay-keys.ts'
import { ProofSign } from './ProofSign.tsx'
import { recordingUrl } from './recording-source.ts'
import { nextHit } from './search-inside.ts'
import { SearchBar } from './SearchBar.tsx'
import { isPreparation } from './statement-list.ts'
import { SaidPane } from './SaidPane.tsx'
import { StatementList } from './StatementList.tsx'
import { Timeline } from './Timeline.tsx'
import { Transport } from './Transport.tsx'
import './replay.css'

const DraftBanner = lazy(() => import('./DraftBanner.tsx').then(part => ({ default: part.DraftBanner })))

/** How often a live session's recording is asked for what came since. */
const followEveryMs = 1000
/** How often the address follows the play head while it moves. */
const addressEveryMs = 300

/** One session, command by command, as it was recorded. */
export function ReplayPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const session = useQuery(() => ({ queryKey: ['session', params.id], queryFn: ({ signal }) => api.session(params.id, signal) }))
  return (
    <Switch>
      <Match when={session.isPending}>
        <main class="page">
          <h1 class="spoken">Session</h1>
          <Skeleton rows={12} label="Loading the session" />
        </main>
      </Match>
      <Match when={session.isError}>
        <main class="page">
          <h1 class="spoken">Session</h1>
          <Problem error={session.error} what="This session cannot be shown" onRetry={() => void session.refetch()} />
        </main>
      </Match>
      <Match when={session.data?.id === params.id ? params.id : undefined} keyed>
        {_id => <SessionReplay session={session.data!} />}
      </Match>
    </Switch>
  )
}

type Pane = 'statements' | 'command' | 'about'
const panes = [
  { value: 'statements', label: 'Statements' },
  { value: 'command', label: 'Command' },
  { value: 'about', label: 'About' },
] as const satisfies readonly { value: Pane; label: string }[]

function SessionReplay(props: { session: SessionDetail }): JSX.Element {
  let page!: HTMLElement
  let download!: HTMLAnchorElement
  const [address, setAddress] = useSearchParams<{ frame?: string; t?: string; q?: string; draft?: string }>()
  const url = recordingUrl(props.session.id)
  const replay = createReplay({ url, session: props.session, place: linkedPlace(address) })
  const { player } = replay
  const [filter, setFilter] = createSignal('')
  const [showsPreparation, setShowsPreparation] = createSignal(false)
  const [showsTimeOfDay, setShowsTimeOfDay] = createSignal(false)
  const [showsInspector, setShowsInspector] = createSignal(false)
  const [isSearching, setIsSearching] = createSignal(Boolean(address.q))
  const [listsOnlyHits, setListsOnlyHits] = createSignal(false)
  const [pane, setPane] = createSignal<Pane>('command')
  const [said, setSaid] = createSignal('')
  const [drafted, setDrafted] = createSignal<DraftVerdicts | null>(null)

  const frame = replay.current
  const startedAtUs = () => replay.facts().header?.startedAtUs ?? null
  const timeOf = (atUs: number) =>
    showsTimeOfDay() && startedAtUs() !== null ? timeOfDay(startedAtUs()! + atUs) : `+ ${offsetLabel(atUs)}`
  /** The command's detail, of that very frame where one is given; another's stays in sight until it is read. */
  const commandDetail = (index?: number): CommandDetail | null => {
    const detail = replay.detail()
    return detail?.kind === 'command' && (index === undefined || detail.index === index) ? detail : null
  }
  const saidDetail = () => {
    const detail = replay.detail()
    return detail?.kind === 'said' && detail.index === frame()?.index ? detail : null
  }
  const erasedDetail = () => {
    const detail = replay.detail()
    return detail?.kind === 'erased' && detail.index === frame()?.index ? detail : null
  }
  const commands = createMemo(() => {
    replay.revision()
    return replay.frames.findLast(each => each.n > 0)?.n ?? 0
  })
  /** A frame has the lines up to the next one's. */
  const proofOf = (index: number) => {
    const from = replay.frames[index]?.line ?? 0
    const to = replay.frames[index + 1]?.line ?? replay.facts().lines
    return frameProof(replay.proof(), { from, to: Math.max(from + 1, to) })
  }
  const standing = createMemo(() => recordingStanding(replay.proof()))
  const onlyHits = createMemo(() => (listsOnlyHits() && replay.search.hits().length > 0 ? new Set(replay.search.hits()) : null))
  const link = () => `${location.origin}/sessions/${encodeURIComponent(props.session.id)}${frame() ? `?frame=${frame()!.line}` : ''}`

  // The address follows the play head, and the play head the address.
  let written = address.frame ?? null
  let callOff: (() => void) | null = null
  createEffect(
    on(
      () => frame()?.line,
      line => {
        if (line === undefined || player.state() === 'ready' || player.state() === 'live' || callOff) return
        callOff = after(addressEveryMs, () => {
          callOff = null
          const now = frame()
          if (!now || String(now.line) === written) return
          written = String(now.line)
          setAddress({ frame: written, t: undefined }, { replace: true, scroll: false })
        })
      },
      { defer: true },
    ),
  )
  onCleanup(() => callOff?.())
  createEffect(
    on(
      () => [address.frame, address.t] as const,
      () => {
        const place = linkedPlace(address)
        if (!place || ('line' in place && String(place.line) === written)) return
        written = 'line' in place ? String(place.line) : null
        replay.goTo(place)
        reveal(frame())
      },
      { defer: true },
    ),
  )
  createEffect(() => replay.search.start(isSearching() ? (address.q ?? '') : ''))

  let stopFollowing: (() => void) | null = null
  createEffect(
    on([replay.isLive, replay.revision], ([isLive]) => {
      stopFollowing?.()
      stopFollowing = isLive ? after(followEveryMs, () => replay.follow()) : null
    }),
  )
  onCleanup(() => stopFollowing?.())

  const step = (by: 1 | -1) => replay.step(by, { showsPreparation: showsPreparation() })
  /** Whoever is led to a command that only prepares wants to see it in the list. */
  const reveal = (to: FrameSummary | undefined) => {
    if (to && isPreparation(to)) setShowsPreparation(true)
  }
  let isRevealed = linkedPlace(address) === null
  createEffect(
    on(frame, shown => {
      if (isRevealed || player.state() !== 'paused') return
      isRevealed = true
      reveal(shown)
    }),
  )
  /** A jump is a step of its own in the browser's history, so that Back undoes it. */
  const jump = (index: number) => {
    const to = replay.frames[index]
    if (!to) return
    reveal(to)
    written = String(to.line)
    setAddress({ frame: written, t: undefined }, { scroll: false })
    player.select(index)
  }
  const stepHit = (by: 1 | -1) => {
    awaitedStep = isSought() ? null : by
    const to = awaitedStep === null ? nextHit(replay.search.hits(), player.index(), by) : null
    if (to !== null) jump(to)
  }
  // Enter may come before the first hit of what was typed does.
  let sought = address.q ?? ''
  let awaitedStep: 1 | -1 | null = null
  const isSought = () => replay.search.text() === sought && (replay.search.hits().length > 0 || replay.search.share() === null)
  createEffect(on(isSought, is => is && awaitedStep !== null && stepHit(awaitedStep)))
  /** Commands that the draft decides otherwise. */
  const flips = createMemo(() => {
    replay.revision()
    const byLine = drafted()?.byLine
    return byLine ? replay.frames.flatMap(({ index, line }) => (byLine.has(line) ? [{ index, after: byLine.get(line)!.after }] : [])) : []
  })
  const verdictUnderDraft = (index: number) => drafted()?.byLine.get(replay.frames[index]?.line ?? -1) ?? null
  const stepFlip = (by: 1 | -1) => {
    const to = nextHit(
      flips().map(({ index }) => index),
      player.index(),
      by,
    )
    if (to !== null) jump(to)
  }
  const copyLink = async () => {
    try {
      await navigator.clipboard.writeText(link())
      setSaid('Link copied')
    } catch {
      setSaid('The browser does not allow copying here')
    }
    after(1600, () => setSaid(''))
  }
  const fullscreen = () => void (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen())

  useKeys(
    replayKeys(player, {
      step,
      stepFlagged: by => replay.stepFlagged(by),
      toggleTimeOfDay: () => setShowsTimeOfDay(shows => !shows),
      openSearch: () => {
        setIsSearching(true)
        page.querySelector<HTMLInputElement>('.rp-search input')?.focus()
      },
      copyLink: () => void copyLink(),
      download: () => download.click(),
      fullscreen,
    }),
  )

  return (
    <main class="rp-page" ref={element => (page = element)}>
      <header class="rp-bar">
        <A class="rp-back" href="/sessions" aria-label="Sessions">
          <ArrowLeft size={15} aria-hidden="true" /> <span>Sessions</span>
        </A>
        <h1 class="rp-title">
          {visibleText(props.session.task ?? props.session.target)}{' '}
          <span class="mono">
            #{props.session.attempt}
            <Show when={props.session.attempts > 1}>/{props.session.attempts}</Show>
          </span>
        </h1>
        <span class="rp-who">
          <PrincipalChain principal={props.session.principal} version={props.session.agentVersion} delegation={props.session.delegation} />
        </span>
        <Show when={props.session.task !== null}>
          <span class="rp-target mono">{visibleText(props.session.target)}</span>
        </Show>
        <Show when={replay.isLive()}>
          <span class="rp-live">live</span>
        </Show>
        <A class="rp-standing" href={`/integrity?session=${encodeURIComponent(props.session.id)}`}>
          <ProofSign proof={standing()} />
        </A>
        <span class="rp-fill" />
        <DraftSwitch draft={address.draft ?? null} onChange={draft => setAddress({ draft: draft ?? undefined }, { scroll: false })} />
        <span class="rp-said" role="status">
          {said()}
        </span>
        <span class="rp-actions">
          <button
            type="button"
            class="button small icon quiet rp-inspector-toggle"
            aria-label="About this command"
            aria-pressed={showsInspector()}
            onClick={() => setShowsInspector(shows => !shows)}
          >
            <Info size={16} aria-hidden="true" />
          </button>
          <a class="button small rp-download" ref={element => (download = element)} href={url} download={`${props.session.id}.cast`}>
            Download
          </a>
          <CopyButton text={link()} label="Copy link" isWide />
        </span>
      </header>
      <div class="rp-banners">
        <Show when={replay.isLoading() && (replay.progress().totalBytes ?? 0) > 2_000_000}>
          <div class="rp-loading" role="status">
            <progress max={replay.progress().totalBytes ?? 1} value={replay.progress().readBytes} aria-label="Reading the recording" />
            <span>
              {bytesLabel(replay.progress().readBytes)} of {bytesLabel(replay.progress().totalBytes ?? 0)} read,{' '}
              {countOf(commands(), 'command')}
            </span>
          </div>
        </Show>
        <Show when={standing().is === 'broken'}>
          <p class="rp-banner is-bad" role="alert">
            <b>This recording is not what was signed:</b> <span>{visibleText(standing().says)}. </span>
            <A href={`/integrity?session=${encodeURIComponent(props.session.id)}`}>What is still proven</A>
          </p>
        </Show>
        <Banners replay={replay} session={props.session} />
        <Suspense>
          <Show when={address.draft} keyed>
            {draft => (
              <DraftBanner
                session={props.session.id}
                draft={draft}
                grown={() => (replay.isLive() && !replay.isLoading() ? replay.facts().lines : -1)}
                onVerdicts={setDrafted}
                onStep={stepFlip}
                onClose={() => setAddress({ draft: undefined }, { scroll: false })}
              />
            )}
          </Show>
        </Suspense>
      </div>
      <div class="rp-panes">
        <Tabs label="Panes" items={panes} value={pane()} onChange={setPane} controls="rp-body" />
      </div>
      <Show when={player.state() !== 'failed'} fallback={<p class="rp-failed">{player.failure()}</p>}>
        <div id="rp-body" class="rp-body" classList={{ 'shows-inspector': showsInspector() }} data-pane={pane()}>
          <StatementList
            frames={replay.frames}
            revision={replay.revision()}
            transactions={replay.transactions}
            index={player.index()}
            filter={filter()}
            showsPreparation={showsPreparation()}
            proofOf={proofOf}
            underDraft={index => verdictUnderDraft(index)?.after ?? null}
            only={onlyHits()}
            onFilter={setFilter}
            onShowPreparation={setShowsPreparation}
            onSelect={index => player.select(index)}
            onOpen={() => setPane('command')}
          />
          <section class="rp-centre" aria-label="Command and answer">
            <Show when={frame()} fallback={<Skeleton rows={8} label="Reading the recording" />}>
              {shown => (
                <>
                  <Show when={shown().n > 0}>
                    <CommandPane
                      frame={shown()}
                      detail={commandDetail(shown().index)}
                      count={commands()}
                      search={isSearching() ? replay.search.text() : ''}
                      timeOf={timeOf}
                      onSelect={jump}
                    />
                  </Show>
                  <Show when={replay.detailTrouble()}>
                    {message => (
                      <p class="rp-trouble" role="alert">
                        This command could not be read: {message()}
                      </p>
                    )}
                  </Show>
                  <Show when={saidDetail()}>{detail => <SaidPane said={detail().said} time={timeOf(shown().atUs)} />}</Show>
                  <Show when={erasedDetail()}>
                    {detail => <ErasedPane detail={detail()} from={timeOf(shown().atUs)} until={timeOf(shown().endUs ?? shown().atUs)} />}
                  </Show>
                  <Show when={shown().n > 0 && commandDetail()}>
                    {detail => (
                      <div class="rp-answered" classList={{ 'is-stale': detail().index !== shown().index }}>
                        <AnswerPane
                          frame={replay.frames[detail().index] ?? shown()}
                          detail={detail()}
                          search={isSearching() ? replay.search.text() : ''}
                          readRows={replay.readRows}
                        />
                        <Footer frame={replay.frames[detail().index] ?? shown()} detail={detail()} />
                      </div>
                    )}
                  </Show>
                </>
              )}
            </Show>
          </section>
          <Inspector
            session={props.session}
            frame={frame()}
            detail={replay.detail()?.index === player.index() ? (replay.detail() ?? undefined) : undefined}
            facts={replay.facts()}
            isLive={replay.isLive()}
            downloadUrl={url}
            proof={proofOf(player.index())}
            underDraft={drafted() ? { verdict: verdictUnderDraft(player.index()) } : null}
            readRaw={replay.readRaw}
          />
        </div>
        <div class="rp-dock">
          <Show when={isSearching()}>
            <SearchBar
              search={replay.search}
              text={address.q ?? ''}
              index={player.index()}
              listsOnlyHits={listsOnlyHits()}
              onText={text => {
                sought = text
                setAddress({ q: text === '' ? undefined : text }, { replace: true, scroll: false })
              }}
              onStep={stepHit}
              onListOnlyHits={setListsOnlyHits}
              onClose={() => {
                setIsSearching(false)
                setListsOnlyHits(false)
                setAddress({ q: undefined }, { replace: true, scroll: false })
              }}
            />
          </Show>
          <Transport
            player={player}
            startedAtUs={startedAtUs()}
            showsTimeOfDay={showsTimeOfDay()}
            flagged={replay.flagged()}
            isSearching={isSearching()}
            onStep={step}
            onStepFlagged={by => replay.stepFlagged(by)}
            onToggleTimeOfDay={() => setShowsTimeOfDay(shows => !shows)}
            onSearch={() => setIsSearching(is => !is)}
            onFullscreen={fullscreen}
          />
          <Timeline
            frames={replay.frames}
            revision={replay.revision()}
            transactions={replay.transactions}
            durationUs={player.track().durationUs}
            positionUs={player.positionUs()}
            index={player.index()}
            n={frame()?.n ?? 0}
            count={commands()}
            gaps={player.track().gaps}
            foldsIdle={player.skipsIdle()}
            hits={isSearching() ? replay.search.hits() : []}
            flips={flips()}
            frameAt={atUs => frameAtTime(replay, atUs)}
            onSeek={atUs => player.seek(atUs)}
            onToggle={() => player.toggle()}
          />
        </div>
      </Show>
    </main>
  )
}

/** What must be said about a recording before anyone trusts it. */
function Banners(props: { replay: ReturnType<typeof createReplay>; session: SessionDetail }): JSX.Element {
  const facts = props.replay.facts
  const isWithoutEnd = () =>
    !props.replay.isLoading() &&
    !props.replay.isLive() &&
    facts().end === null &&
    facts().refusal === null &&
    props.replay.trouble() === null
  return (
    <>
      <Show when={facts().refusal}>
        {refusal => (
          <p class="rp-banner is-bad" role="alert">
            <b>Line {refusal().line.toLocaleString('en')} of this recording breaks the format:</b>{' '}
            <span class="mono">{visibleText(refusal().message)}</span>
            <Show when={props.replay.player.track().count > 0}> Everything before it is shown.</Show>
          </p>
        )}
      </Show>
      <Show when={props.replay.trouble()}>
        {message => (
          <p class="rp-banner is-bad" role="alert">
            <b>Reading stopped:</b> {visibleText(message())}
          </p>
        )}
      </Show>
      <Show when={facts().end?.reason === 'interrupted'}>
        <p class="rp-banner">
          <b>Interrupted.</b> The gateway died while this session was open. Everything the target saw is here; what came back at the last
          moment may not be.
        </p>
      </Show>
      <Show when={!props.replay.isLoading() && !props.replay.isLive() && facts().tornBytes > 0}>
        <p class="rp-banner is-bad">
          <b>Torn.</b> The last {bytesLabel(facts().tornBytes)} are not a whole line and are not shown.
        </p>
      </Show>
      <Show when={isWithoutEnd()}>
        <p class="rp-banner">
          <b>No end.</b> The session is over{props.session.endReason ? ` (${props.session.endReason})` : ''}, but its recording has no end
          line.
        </p>
      </Show>
    </>
  )
}

function timeOfDay(atUs: number): string {
  return `${new Date(atUs / 1000).toISOString().slice(11, 23)} UTC`
}
