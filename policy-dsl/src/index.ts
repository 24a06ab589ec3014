export { changesPinned, createParser, mayTouchPinned, type Parser } from './operations/postgres/index.ts'
