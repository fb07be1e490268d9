// Wallets of this page (EIP-6963, and the older window.ethereum), and the kernel's requests to the one a
// person chose. A key never passes here: wallets sign by themselves and give signatures and hashes.

const KEY = 'zg-wallet-page';

// Not randomUUID, which pages without https have not.
const newName = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

// One name per tab, the same after a reload: the kernel must know that its page came back.
function pageName() {
  try {
    const known = sessionStorage.getItem(KEY) || newName();
    sessionStorage.setItem(KEY, known);
    return known;
  } catch {
    return newName(); // storage is shut off: a reload is a new page then
  }
}

// What all views of one widget in this page share: a request is answered once, however many show it.
function sharedOf(prefix) {
  const all = (window[Symbol.for('zg-browser-wallet')] ??= new Map());
  if (!all.has(prefix)) {
    all.set(prefix, { page: pageName(), chosen: null, off: () => {}, answered: new Set(), said: false });
  }
  return all.get(prefix);
}

function render({ model, el }) {
  const shared = sharedOf(model.get('prefix'));
  const { page, answered } = shared;
  const word = key => model.get('words')[key] ?? key;
  const found = new Map(); // id -> { info, provider }

  const list = document.createElement('div');
  list.className = 'zg-row zg-wallets';
  const line = document.createElement('div');
  line.className = 'zg-line';
  line.setAttribute('role', 'status');
  el.append(list, line);

  const say = text => {
    line.textContent = text;
  };

  const button = (title, pressed) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'zg-button';
    made.textContent = title;
    made.addEventListener('click', pressed);
    return made;
  };

  const draw = () => {
    const address = model.get('address');
    if (address) {
      list.replaceChildren(button(word('disconnect'), disconnect));
      say(word('connected').replace('{address}', address));
      return;
    }
    list.replaceChildren(
      ...[...found.values()].map(({ info, provider }) =>
        button(word('connect').replace('{name}', String(info.name).slice(0, 40)), event =>
          connect(provider, event.currentTarget)
        )
      )
    );
    say(found.size ? word('choose') : word('none'));
  };

  const connect = async (provider, pressed) => {
    pressed.disabled = true;
    say(word('pending'));
    try {
      const [address] = await provider.request({ method: 'eth_requestAccounts' });
      use(provider);
      model.send({ connect: address, page });
    } catch (error) {
      say(error?.code === 4001 ? word('declined') : word('wallet').replace('{said}', said(error)));
    } finally {
      pressed.disabled = false;
    }
  };

  const use = provider => {
    shared.off();
    shared.chosen = provider;
    const changed = accounts => {
      const now = model.get('address').toLowerCase();
      if (now && !(accounts ?? []).some(account => account.toLowerCase() === now)) {
        model.send({ changed: true, page });
        say(word('changed'));
      }
    };
    provider.on?.('accountsChanged', changed);
    shared.off = () => provider.removeListener?.('accountsChanged', changed);
  };

  const disconnect = () => {
    shared.off();
    shared.chosen = null;
    model.send({ disconnect: true, page });
  };

  const said = error => String(error?.message ?? error).slice(0, 200);

  // After a reload the page has its name but not yet its wallet: the one that still allows the account.
  const again = async () => {
    const now = model.get('address').toLowerCase();
    for (const { provider } of found.values()) {
      const accounts = await provider.request({ method: 'eth_accounts' }).catch(() => []);
      if (now && accounts.some(account => account.toLowerCase() === now)) {
        use(provider);
        return;
      }
    }
  };

  const onMessage = async message => {
    const number = message?.ask;
    if (number === undefined || message.page !== page || answered.has(number)) {
      return; // for another page, or one message twice
    }
    answered.add(number);
    try {
      if (!shared.chosen) {
        await again();
      }
      if (!shared.chosen) {
        throw { code: 4900, message: 'no wallet is connected in this page' };
      }
      const result = await shared.chosen.request({ method: message.method, params: message.params });
      model.send({ answer: number, page, result: result ?? null });
    } catch (error) {
      const code = Number.isInteger(error?.code) ? error.code : 0;
      model.send({ answer: number, page, error: { code, message: said(error) } });
    }
  };

  const announced = event => {
    const { info, provider } = event.detail ?? {};
    if (info?.uuid && provider?.request) {
      found.set(info.uuid, { info, provider });
      draw();
    }
  };

  window.addEventListener('eip6963:announceProvider', announced);
  model.on('msg:custom', onMessage);
  model.on('change:address', draw);
  model.on('change:words', draw);
  draw();
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  const late = setTimeout(() => {
    // Only where nobody announced itself: the same wallet often does both.
    if (!found.size && window.ethereum?.request) {
      found.set('window.ethereum', { info: { name: 'window.ethereum' }, provider: window.ethereum });
      draw();
    }
  }, 300);
  if (!shared.said) {
    shared.said = true; // a page that was loaded anew says so, a second view in it does not
    model.send({ hello: true, page });
  }

  return () => {
    clearTimeout(late);
    window.removeEventListener('eip6963:announceProvider', announced);
    model.off('msg:custom', onMessage);
    model.off('change:address', draw);
    model.off('change:words', draw);
  };
}

export default { render };
