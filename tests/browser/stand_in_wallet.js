// A stand-in for MetaMask and its like, for tests: a real local key that signs in the page (with ethers), announced
// by EIP-6963. It confirms by itself unless the test says otherwise.
(() => {
  const { KEY, RPC } = window.__standIn;
  const wallet = new ethers.Wallet(KEY);
  const listeners = new Map();
  const known = new Set([1]);
  let chain = 1; // not the network of the notebook
  const control = { asked: [], declines: [], holds: [], account: wallet.address };
  window.standIn = control;

  const node = async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const { result, error } = await (await fetch(RPC, { method: 'POST', headers, body })).json();
    if (error) {
      throw error;
    }
    return result;
  };

  const methods = {
    eth_requestAccounts: () => [control.account],
    eth_accounts: () => [control.account],
    eth_chainId: () => '0x' + chain.toString(16),
    wallet_switchEthereumChain: ([{ chainId }]) => {
      if (!known.has(Number(chainId))) {
        throw { code: 4902, message: 'Unrecognized chain ID' };
      }
      chain = Number(chainId);
      return null;
    },
    wallet_addEthereumChain: ([{ chainId, rpcUrls }]) => {
      if (!rpcUrls?.[0]?.startsWith('http')) {
        throw { code: -32602, message: 'rpcUrls' };
      }
      known.add(Number(chainId));
      return null;
    },
    personal_sign: ([message]) => wallet.signMessage(ethers.getBytes(message)),
    eth_sendTransaction: async ([call]) => {
      const nonce = Number(await node('eth_getTransactionCount', [call.from, 'pending']));
      const gasPrice = 2n * BigInt(await node('eth_gasPrice', []));
      const signed = await wallet.signTransaction({
        to: call.to,
        data: call.data,
        value: BigInt(call.value ?? 0),
        gasLimit: BigInt(call.gas),
        type: 0,
        nonce,
        gasPrice,
        chainId: chain
      });
      return node('eth_sendRawTransaction', [signed]);
    }
  };

  const provider = {
    request: async ({ method, params }) => {
      control.asked.push(method);
      if (control.holds.includes(method)) {
        await new Promise(() => {}); // the person does not answer
      }
      if (control.declines.includes(method)) {
        throw { code: 4001, message: 'User rejected the request.' };
      }
      return methods[method](params ?? []);
    },
    on: (event, listener) => listeners.set(listener, event),
    removeListener: (_, listener) => listeners.delete(listener)
  };
  control.emit = (event, value) => {
    for (const [listener, name] of listeners) {
      if (name === event) {
        listener(value);
      }
    }
  };

  const announce = () =>
    window.dispatchEvent(
      new CustomEvent('eip6963:announceProvider', {
        detail: Object.freeze({
          info: { uuid: 'stand-in', name: 'Stand-in <b>wallet</b>', icon: '', rdns: 'test' },
          provider
        })
      })
    );
  window.addEventListener('eip6963:requestProvider', announce);
  announce();
})();
