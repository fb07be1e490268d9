// ethers 6 by itself: what it needs of a chain, from fees and nonces to logs and errors.
import { CONTRACT_ADDRESSES } from '@0gfoundation/0g-compute-ts-sdk'
import { ethers } from 'ethers'
import { OG, chain, end, given, say } from './kit.mjs'

const provider = chain({ polling: true, pollingInterval: 50 })
const signer = new ethers.Wallet(given.key, provider)
const to = ethers.Wallet.createRandom().address

const ledger = new ethers.Contract(
  CONTRACT_ADDRESSES.hardhat.ledger,
  [
    'function addLedger(string) payable returns (uint256, uint256)',
    'function getLedger(address) view returns (tuple(address user, uint256 availableBalance, uint256 totalBalance, string additionalInfo))',
    'function transferFund(address provider, string serviceName, uint256 amount)',
    'function MIN_ACCOUNT_BALANCE() view returns (uint256)',
    'error LedgerNotExists(address user)',
    'error MinimumDepositRequired(uint256 amountProvided, uint256 minimumRequired)',
  ],
  signer,
)
const serving = new ethers.Contract(
  CONTRACT_ADDRESSES.hardhat.inference,
  ['event BalanceUpdated(address indexed user, address indexed provider, uint256 amount, uint256 pendingRefund)'],
  signer,
)

// -- the chain itself
const network = await provider.getNetwork()
const fees = await provider.getFeeData()
const block = await provider.getBlock('latest')
say('chain', {
  id: network.chainId,
  hasFees: [fees.gasPrice, fees.maxFeePerGas, fees.maxPriorityFeePerGas].every((fee) => fee > 0n),
  baseFee: block.baseFeePerGas > 0n,
  coversBaseFee: fees.gasPrice > block.baseFeePerGas && fees.maxFeePerGas > block.baseFeePerGas,
})

// -- transactions of every kind that wallets send
async function send(step, fields) {
  const before = await provider.getBalance(signer.address)
  const sent = await signer.sendTransaction({ to, value: 1n, ...fields })
  const receipt = await sent.wait()
  const kept = await provider.getTransaction(sent.hash)
  const after = await provider.getBalance(signer.address)
  say(step, {
    type: receipt.type,
    status: receipt.status,
    gasUsed: receipt.gasUsed,
    paid: before - after === 1n + receipt.gasUsed * receipt.gasPrice,
    signedBySender: kept.from === signer.address && ethers.Transaction.from(kept).hash === sent.hash,
    inItsBlock: (await provider.getBlock(receipt.blockNumber, true)).prefetchedTransactions.some(
      (one) => one.hash === sent.hash,
    ),
  })
}
await send('legacy', { type: 0, gasPrice: fees.gasPrice })
await send('access list', {
  type: 1,
  gasPrice: fees.gasPrice,
  accessList: [{ address: await ledger.getAddress(), storageKeys: [ethers.ZeroHash] }],
})
await send('fee market', { type: 2 })
await send('fee market with data', { type: 2, data: '0x00ff' })

// -- many at once: nonces in a row, and answers in one batch
const queue = new ethers.NonceManager(signer)
const burst = await Promise.all(Array.from({ length: 5 }, () => queue.sendTransaction({ to, value: 1n })))
const receipts = await Promise.all(burst.map((sent) => sent.wait()))
say('burst', {
  nonces: burst.map((sent) => sent.nonce - burst[0].nonce),
  statuses: receipts.map((receipt) => receipt.status),
})

let largest = 0
provider.on('debug', ({ action, payload }) => {
  if (action === 'sendRpcPayload' && Array.isArray(payload)) largest = Math.max(largest, payload.length)
})
const balances = await Promise.all(given.addresses.map((address) => provider.getBalance(address)))
say('batch', { largest, same: balances.every((one) => one === balances[0]), balance: balances[0] })
await provider.off('debug')

// -- contract errors by name, wherever they come up
async function reverted(work) {
  try {
    await work()
  } catch (error) {
    // ethers decodes what calls revert with; for estimates it leaves that to its users.
    const revert = error.revert ?? (error.data && ledger.interface.parseError(error.data))
    return { code: error.code, name: revert?.name ?? null, args: revert ? [...revert.args] : [] }
  }
  return null
}
say('reverts in a call', await reverted(() => ledger.getLedger(signer.address)))
say('reverts in an estimate', await reverted(() => ledger.addLedger.estimateGas('', { value: OG })))
say('reverts before sending', await reverted(() => ledger.addLedger('', { value: OG })))
const failed = await ledger.addLedger('', { value: OG, gasLimit: 200_000 })
say('reverts in a block', {
  ...(await reverted(() => failed.wait())),
  status: (await provider.getTransactionReceipt(failed.hash)).status,
})
say('beyond the wallet', await reverted(() => signer.sendTransaction({ to, value: 10n ** 30n })))
say('old nonce', await reverted(() => signer.sendTransaction({ to, value: 1n, nonce: 0 })))
say('no such function', await reverted(() => provider.send('eth_doesNotExist', [])))

// -- a result of a call, in the past too
const opening = await (await ledger.addLedger('peers', { value: 3n * OG })).wait()
const kept = await ledger.getLedger(signer.address)
say('ledger', { user: kept.user === signer.address, total: kept.totalBalance, info: kept.additionalInfo })
say(
  'ledger a block earlier',
  await reverted(() => ledger.getLedger(signer.address, { blockTag: opening.blockNumber - 1 })),
)

// -- logs: asked for, and told
const [target] = given.providers
const heard = new Promise((resolve) => {
  serving.on(serving.filters.BalanceUpdated(signer.address), ({ args }) => resolve(args.amount))
})
const start = await provider.getBlockNumber()
await (await ledger.transferFund(target, 'inference-v1.0', OG)).wait()
const transfer = await (await ledger.transferFund(target, 'inference-v1.0', OG / 4n)).wait()
say('told', await heard)
await serving.removeAllListeners()

const named = (events) =>
  events.map(({ args }) => ({ user: args.user, provider: args.provider, amount: args.amount }))
const mine = serving.filters.BalanceUpdated(signer.address, target)
say('logs', named(await serving.queryFilter(mine, start)))
const { blockHash } = transfer
const inBlock = await provider.getLogs({ address: await serving.getAddress(), blockHash })
say('logs of a block', named(inBlock.map((log) => serving.interface.parseLog(log))))
say('logs of somebody else', named(await serving.queryFilter(serving.filters.BalanceUpdated(to), 0)))
say('logs in a receipt', transfer.logs.map((log) => serving.interface.parseLog(log)?.name))

// -- time
const earlier = await provider.getBlock('latest')
await provider.send('evm_increaseTime', [3600])
await provider.send('evm_mine', [])
const later = await provider.getBlock('latest')
say('time', { moved: later.timestamp - earlier.timestamp >= 3600, height: later.number - earlier.number })

end()
