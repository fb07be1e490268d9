// From nothing to a funded sub-account. No gas price is given: the SDK asks the chain for one.
import { OG, broker, end, failure, given, ledger, say, subAccount } from './kit.mjs'

const sdk = await broker()
const [provider] = given.providers

say('no ledger yet', await failure(() => sdk.ledger.getLedger()))
say('transfer without a ledger', await failure(() => sdk.ledger.transferFund(provider, 'inference', OG)))

await sdk.ledger.addLedger(3)
say('opened', await ledger(sdk))
say('opened twice', await failure(() => sdk.ledger.addLedger(3)))

await sdk.ledger.depositFund(2)
say('deposited', await ledger(sdk))

await sdk.inference.acknowledgeProviderSigner(provider)
say('acknowledged', {
  said: await sdk.inference.acknowledged(provider),
  account: await subAccount(sdk, provider),
  ledger: await ledger(sdk),
})

await sdk.ledger.transferFund(provider, 'inference', OG / 2n)
say('transferred', { account: await subAccount(sdk, provider), ledger: await ledger(sdk) })

say('signer', await sdk.inference.checkProviderSignerStatus(provider))
say('providers', await sdk.ledger.getProvidersWithBalance('inference'))
say('too much', await failure(() => sdk.ledger.transferFund(provider, 'inference', 100n * OG)))

end()
