export { changesPinned, createParser, mayTouchPinned, type Parser } from './operations/postgres/index.ts'
export { operationReaders, type OperationReader } from './operations/registry.ts'
