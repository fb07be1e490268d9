// What every script shares: its input, its output, and the ways to a wallet and the SDK.
import { readFileSync, writeSync } from 'node:fs'
import { createZGComputeNetworkBroker } from '@0gfoundation/0g-compute-ts-sdk'
import { ethers } from 'ethers'

/** Facts from the test: rpc, key, providers. */
export const given = JSON.parse(readFileSync(0, 'utf8'))

// The SDK talks on stdout, which is for our facts.
console.log = console.info = console.error

/** One 0G in neuron. */
export const OG = 10n ** 18n

/** Gas price as deployments pay it. The SDK waits a second when it has to ask for one. */
export const GAS_PRICE = 12_000_000_000

/** Tell the test something; amounts go as decimal text. */
export function say(step, facts) {
  const text = (_key, value) => (typeof value === 'bigint' ? value.toString() : value)
  writeSync(1, JSON.stringify({ step, facts }, text) + '\n')
}

/** Leave now: after a transaction the SDK's own timer would keep Node up for five minutes. */
export function end() {
  process.exit(0)
}

/** A provider of the chain that forgets: ethers repeats answers for 250 ms otherwise. */
export function chain(options = {}) {
  return new ethers.JsonRpcProvider(given.rpc, undefined, { cacheTimeout: -1, ...options })
}

export function wallet() {
  return new ethers.Wallet(given.key, chain())
}

/** The SDK as its documentation starts it: no contract address anywhere. */
export function broker(signer = wallet()) {
  return createZGComputeNetworkBroker(signer)
}

/** The message of the error that `work` ends with. */
export async function failure(work) {
  try {
    await work()
  } catch (error) {
    return error.message
  }
  return null
}

/** The sub-account with a provider, by name. */
export async function subAccount(sdk, provider) {
  const { balance, pendingRefund, acknowledged, generation, revokedBitmap } =
    await sdk.inference.getAccount(provider)
  return { balance, pendingRefund, acknowledged, generation, revokedBitmap }
}

/** The ledger, by name. */
export async function ledger(sdk) {
  const { availableBalance, totalBalance } = await sdk.ledger.getLedger()
  return { available: availableBalance, total: totalBalance }
}
