export { createServer as createTlsServer } from 'node:https'
