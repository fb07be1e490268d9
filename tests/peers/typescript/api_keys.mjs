// Keys that outlive a session, and their end.
import { GAS_PRICE, OG, broker, end, failure, given, say, subAccount } from './kit.mjs'

const sdk = await broker()
const [provider] = given.providers
const keys = sdk.inference.requestProcessor // the SDK's command line makes its keys here

await sdk.ledger.addLedger(5, GAS_PRICE)
await sdk.ledger.transferFund(provider, 'inference', 3n * OG, GAS_PRICE)
const { endpoint, model } = await sdk.inference.getServiceMetadata(provider)

async function ask(authorization) {
  const response = await fetch(`${endpoint}/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorization },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 }),
  })
  const body = await response.json()
  return { status: response.status, error: body.error ?? null }
}

const key = await keys.createApiKey(provider)
say('made', { tokenId: key.tokenId, expiresAt: key.expiresAt })
say('used', await ask(`Bearer ${key.rawToken}`))

await sdk.inference.revokeApiKey(provider, key.tokenId, GAS_PRICE)
say('revoked', await subAccount(sdk, provider))
say(
  'made again',
  await failure(async () => {
    // Five minutes long the SDK remembers what was revoked; a new one does not.
    const fresh = await broker()
    await fresh.inference.requestProcessor.createApiKey(provider, { tokenId: key.tokenId })
  }),
)

const before = await sdk.inference.getRequestHeaders(provider)
say('session beside a revoked key', await ask(before.Authorization))

await sdk.inference.revokeAllTokens(provider, GAS_PRICE)
say('all revoked', await subAccount(sdk, provider))

const fresh = await sdk.inference.getRequestHeaders(provider)
say('new session', await ask(fresh.Authorization))
say('old session', await ask(before.Authorization))
say('old key', await ask(`Bearer ${key.rawToken}`))

end()
