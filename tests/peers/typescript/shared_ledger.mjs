// One wallet, two clients: open what is wanted, ask once if wanted, and tell what is seen.
import { GAS_PRICE, OG, broker, end, failure, given, ledger, say, subAccount, wallet } from './kit.mjs'

const DEADLINE_MS = 30_000

const signer = wallet()
const sdk = await broker(signer)
const [provider] = given.providers

const money = async () => ({
  wallet: await signer.provider.getBalance(signer.address),
  ledger: await ledger(sdk),
  account: await subAccount(sdk, provider),
})

if (given.opens) {
  say('no ledger yet', await failure(() => sdk.ledger.getLedger()))
  await sdk.ledger.addLedger(5, GAS_PRICE)
  await sdk.ledger.transferFund(provider, 'inference', 2n * OG, GAS_PRICE)
}

const before = await money()
say('seen', before)

if (given.question) {
  const { endpoint, model } = await sdk.inference.getServiceMetadata(provider)
  const response = await fetch(`${endpoint}/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(await sdk.inference.getRequestHeaders(provider)) },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: given.question }],
      max_tokens: given.max_tokens,
    }),
  })
  const { usage, error } = await response.json()
  const chatID = response.headers.get('ZG-Res-Key')
  const checked = await sdk.inference.processResponse(provider, chatID, JSON.stringify(usage))
  say('answer', { status: response.status, error, usage, checked })

  const until = Date.now() + DEADLINE_MS
  let after = before
  // Only a settlement lowers the total; the SDK may move money to the sub-account meanwhile.
  while (after.ledger.total === before.ledger.total && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    after = await money()
  }
  say('after', after)
}

end()
