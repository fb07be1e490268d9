// Ask a model: plain, streamed, and through the openai package; check who answered.
import { createHash } from 'node:crypto'
import { ethers } from 'ethers'
import OpenAI from 'openai'
import { GAS_PRICE, broker, end, failure, given, say, subAccount } from './kit.mjs'

const sdk = await broker()
const [provider] = given.providers
const messages = [{ role: 'user', content: given.question }]
const limits = { max_tokens: given.maxTokens, temperature: 0 }

await sdk.ledger.addLedger(5, GAS_PRICE)
// The first headers open the sub-account: the SDK moves twice the minimum into it by itself.
say('no account yet', await failure(() => sdk.inference.getAccount(provider)))
await sdk.inference.getRequestHeaders(provider)
say('funded by itself', await subAccount(sdk, provider))

const { endpoint, model } = await sdk.inference.getServiceMetadata(provider)

async function ask(extra) {
  const headers = await sdk.inference.getRequestHeaders(provider)
  const body = JSON.stringify({ model, messages, ...limits, ...extra })
  const response = await fetch(`${endpoint}/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  })
  return { response, body, bytes: Buffer.from(await response.arrayBuffer()) }
}

const sha256 = (data) => createHash('sha256').update(data).digest('hex')

// What the SDK does not compare: the signed text names exactly these bytes.
async function signedText(chatID) {
  const link = await sdk.inference.getChatSignatureDownloadLink(provider, chatID)
  const { text, signature } = await (await fetch(`${link}?model=${model}`)).json()
  return { text, signer: ethers.verifyMessage(text, signature) }
}

async function report(step, { response, body, bytes }, usage, text) {
  const chatID = response.headers.get('ZG-Res-Key')
  say(step, {
    status: response.status,
    type: response.headers.get('Content-Type'),
    chatID,
    text,
    usage,
    valid: await sdk.inference.processResponse(provider, chatID, JSON.stringify(usage)),
    expected: `${sha256(body)}:${sha256(bytes)}`,
    signed: await signedText(chatID),
  })
}

const plain = await ask({})
const answer = JSON.parse(plain.bytes)
await report('plain', plain, answer.usage, answer.choices[0].message.content)

const streamed = await ask({ stream: true, stream_options: { include_usage: true } })
const lines = streamed.bytes.toString().split('\n').filter((line) => line.startsWith('data: '))
const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)))
const text = chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('')
await report('streamed', streamed, chunks.at(-1).usage, text)
say('stream ends', { last: lines.at(-1), choices: chunks.at(-1).choices })

const headers = await sdk.inference.getRequestHeaders(provider)
const client = new OpenAI({
  baseURL: endpoint,
  apiKey: headers.Authorization.replace('Bearer ', ''),
  maxRetries: 0,
})
const { data: whole, response } = await client.chat.completions
  .create({ model, messages, ...limits })
  .withResponse()
say('openai', {
  text: whole.choices[0].message.content,
  valid: await sdk.inference.processResponse(provider, response.headers.get('ZG-Res-Key')),
})
let pieces = ''
for await (const chunk of await client.chat.completions.create({ model, messages, ...limits, stream: true })) {
  pieces += chunk.choices[0]?.delta?.content ?? ''
}
say('openai streamed', pieces)

say('no such answer', await failure(() => sdk.inference.processResponse(provider, 'chatcmpl-unknown')))
say('without a chat id', await sdk.inference.processResponse(provider))

const foreign = await fetch(`${endpoint}/chat/completions`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: 'Bearer app-sk-made-up' },
  body: plain.body,
})
say('made-up token', { status: foreign.status, body: await foreign.json() })

const unsettled = new URL(`/v1/user/${given.address}/unsettledfee`, endpoint)
const { userAddress, unsettledFee } = await (await fetch(unsettled, { headers })).json()
say('owed', { own: userAddress === given.address, unsettledFee })

end()
