export { approvalMessage } from './approval-message.ts'
export { webhookEvents, Webhooks, type Webhook, type WebhookEvent } from './webhooks.ts'
