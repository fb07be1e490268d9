// Loaded before a script: no connection leaves this machine, and every host dialled is reported.
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'

const LOOPBACK = ['127.0.0.1', '::1', 'localhost']
const reached = new Set()
const connect = Socket.prototype.connect

/** Hosts that a library wanted to reach on the network, and was not let. */
export const refused = new Set()

Socket.prototype.connect = function (...given) {
  const first = Array.isArray(given[0]) ? given[0][0] : given[0]
  const [host, isPath] =
    typeof first === 'object'
      ? [first.host ?? 'localhost', Boolean(first.path)]
      : [typeof given[1] === 'string' ? given[1] : 'localhost', false]
  if (isPath || !LOOPBACK.includes(host)) {
    refused.add(isPath ? first.path : host)
    process.nextTick(() => this.destroy(new Error(`only this machine may be reached, not ${host}`)))
    return this
  }
  reached.add(host)
  return connect.apply(this, given)
}

process.on('exit', () => {
  writeSync(1, JSON.stringify({ step: 'reached', facts: [...reached] }) + '\n')
})
