// One dear answer, settled at once: what the contract took.
import { GAS_PRICE, OG, broker, end, given, ledger, say, subAccount } from './kit.mjs'

const DEADLINE_MS = 30_000

const sdk = await broker()
const [provider] = given.providers

await sdk.ledger.addLedger(5, GAS_PRICE)
await sdk.ledger.transferFund(provider, 'inference', 2n * OG, GAS_PRICE)

const money = async () => ({ account: (await subAccount(sdk, provider)).balance, ...(await ledger(sdk)) })
const before = await money()
say('before', before)

const { endpoint, model } = await sdk.inference.getServiceMetadata(provider)
const response = await fetch(`${endpoint}/chat/completions`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...(await sdk.inference.getRequestHeaders(provider)) },
  body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Say some words' }], max_tokens: 12 }),
})
say('usage', (await response.json()).usage)

const until = Date.now() + DEADLINE_MS
let after = before
while (after.account === before.account && Date.now() < until) {
  await new Promise((resolve) => setTimeout(resolve, 100))
  after = await money()
}
say('after', after)

end()
