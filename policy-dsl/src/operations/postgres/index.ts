export { createParser, type Parser } from './parser.ts'
export { changesPinned, mayTouchPinned } from './pinned.ts'
