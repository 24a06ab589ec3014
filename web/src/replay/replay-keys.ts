import type { KeyBinding } from '../ui/index.ts'
import { playerSpeeds, type Player } from './player.ts'

/** What the replay's keys do besides moving the play head. */
export interface ReplayActions {
  step(by: 1 | -1): void
  stepFlagged(by: 1 | -1): void
  toggleTimeOfDay(): void
  openSearch(): void
  copyLink(): void
  download(): void
  fullscreen(): void
}

/** Gives the replay's keys: those of asciinema's player, and those that go by command. */
export function replayKeys(player: Player, actions: ReplayActions): KeyBinding[] {
  const group = 'Replay'
  const view = 'Replay, view'
  const durationUs = () => player.track().durationUs
  const by = (us: number) => player.seek(player.positionUs() + us)
  const faster = (direction: 1 | -1) => {
    const next = playerSpeeds[playerSpeeds.indexOf(player.speed()) + direction]
    if (next !== undefined) player.setSpeed(next)
  }
  const frame = (direction: 1 | -1) => {
    if (player.state() !== 'playing') player.select(player.index() + direction)
  }
  return [
    { keys: 'Space', title: 'Play or pause', group, run: () => player.toggle() },
    { keys: 'ArrowLeft', title: 'Back 5 s', group, run: () => by(-5e6) },
    { keys: 'ArrowRight', title: 'Forward 5 s', group, run: () => by(5e6) },
    { keys: 'shift+ArrowLeft', title: 'Back a tenth', group, run: () => by(-durationUs() / 10) },
    { keys: 'shift+ArrowRight', title: 'Forward a tenth', group, run: () => by(durationUs() / 10) },
    { keys: 'n', title: 'Next command', group, run: () => actions.step(1) },
    { keys: 'p', title: 'Previous command', group, run: () => actions.step(-1) },
    { keys: '.', title: 'Next frame, prepare and bind too', group, run: () => frame(1) },
    { keys: ',', title: 'Previous frame', group, run: () => frame(-1) },
    { keys: 'N', title: 'Next flagged command', group, run: () => actions.stepFlagged(1) },
    { keys: 'P', title: 'Previous flagged command', group, run: () => actions.stepFlagged(-1) },
    { keys: ']', title: 'Next marker', group, isHidden: true, run: () => actions.stepFlagged(1) },
    { keys: '[', title: 'Previous marker', group, isHidden: true, run: () => actions.stepFlagged(-1) },
    { keys: 'Home', title: 'To the start', group, run: () => player.seek(0) },
    { keys: 'End', title: 'To the end; live again', group, run: () => player.goLive() },
    { keys: '0', title: 'To the start; 1–9 to tenths', group, run: () => player.seek(0) },
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(tenth => ({
      keys: String(tenth),
      title: `To ${tenth}0 %`,
      group,
      isHidden: true,
      run: () => player.seek((durationUs() * tenth) / 10),
    })),
    { keys: '>', title: 'Faster', group: view, run: () => faster(1) },
    { keys: '<', title: 'Slower', group: view, run: () => faster(-1) },
    { keys: 'i', title: 'Skip idle, or not', group: view, run: () => player.setSkipsIdle(!player.skipsIdle()) },
    { keys: 'a', title: 'Time of day, or since the start', group: view, run: () => actions.toggleTimeOfDay() },
    { keys: '/', title: 'Search inside', group: view, run: () => actions.openSearch() },
    { keys: 'y', title: 'Copy link to this command', group: view, run: () => actions.copyLink() },
    { keys: 'd', title: 'Download the recording', group: view, run: () => actions.download() },
    { keys: 'f', title: 'Full screen', group: view, run: () => actions.fullscreen() },
  ]
}
