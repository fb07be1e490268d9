// All money back to the wallet: two retrievals, the lock time apart, then a refund.
import { CONTRACT_ADDRESSES } from '@0gfoundation/0g-compute-ts-sdk'
import { ethers } from 'ethers'
import { GAS_PRICE, OG, broker, end, failure, given, ledger, say, subAccount, wallet } from './kit.mjs'

const signer = wallet()
const sdk = await broker(signer)
const [provider] = given.providers

await sdk.ledger.addLedger(5, GAS_PRICE)
await sdk.ledger.transferFund(provider, 'inference', 2n * OG, GAS_PRICE)

await sdk.ledger.retrieveFund('inference', GAS_PRICE)
say('asked for', { account: await subAccount(sdk, provider), ledger: await ledger(sdk) })

const [, refunds] = await sdk.inference.getAccountWithDetail(provider)
say('waiting', refunds)

await sdk.ledger.retrieveFund('inference', GAS_PRICE)
say('asked too early', { account: await subAccount(sdk, provider), ledger: await ledger(sdk) })

const serving = new ethers.Contract(
  CONTRACT_ADDRESSES.hardhat.inference,
  ['function lockTime() view returns (uint256)'],
  signer,
)
await signer.provider.send('evm_increaseTime', [Number(await serving.lockTime()) + 1])
await signer.provider.send('evm_mine', [])

await sdk.ledger.retrieveFund('inference', GAS_PRICE)
say('came back', { account: await subAccount(sdk, provider), ledger: await ledger(sdk) })

say('leaves too little', await failure(() => sdk.ledger.refund(4, GAS_PRICE)))
const before = await signer.provider.getBalance(signer.address)
await sdk.ledger.refund(5, GAS_PRICE)
const after = await signer.provider.getBalance(signer.address)
say('withdrawn', { gained: after - before, gone: await failure(() => sdk.ledger.getLedger()) })

end()
