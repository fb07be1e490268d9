// Without a wallet's money: which services are there, what do they serve, who signs for them?
import { createZGComputeNetworkReadOnlyBroker } from '@0gfoundation/0g-compute-ts-sdk'
import { refused } from './loopback_only.mjs'
import { broker, end, given, say } from './kit.mjs'

const sdk = await broker()

const named = (services) =>
  services.map((s) => ({
    provider: s.provider,
    type: s.serviceType,
    url: s.url,
    model: s.model,
    inputPrice: s.inputPrice,
    outputPrice: s.outputPrice,
    verifiability: s.verifiability,
    signer: s.teeSignerAddress,
    acknowledged: s.teeSignerAcknowledged,
  }))

say('services', named(await sdk.inference.listService()))

const reader = await createZGComputeNetworkReadOnlyBroker(given.rpc)
say('without a wallet', named(await reader.inference.listService()))

const [first] = given.providers
say('metadata', await sdk.inference.getServiceMetadata(first))

const catalog = await reader.inference.getProviderModels(first)
say('catalog', { default: catalog.defaultModel, multiModel: catalog.multiModel, models: catalog.models })

const detailed = await reader.inference.listServiceWithDetail()
say('details', detailed.map((s) => ({ provider: s.provider, health: s.healthMetrics ?? null })))

const checked = await sdk.inference.verifyService(first, '.')
say('attestation', {
  success: checked.success,
  verifier: checked.teeVerifier,
  signers: checked.signerVerification,
  compose: checked.composeVerification.passed,
  report: checked.reportsData.combined,
})

say('refused', [...refused])

end()
