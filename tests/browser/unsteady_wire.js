// Put into a page before anything else: its connection to the kernel does what the test says.
//
// `wire.fate` says what happens to messages of widgets, in both directions: 'pass', 'hold' (kept
// until `wire.release()`), 'lose', 'twice', or 'swap' (a message waits for the next and goes
// after it). All others pass, as they would.
(() => {
  const wire = { fate: 'pass', held: [], lost: 0, waiting: { out: null, in: null } };
  window.wire = wire;
  const text = data => (typeof data === 'string' ? data : new TextDecoder().decode(data));
  const ofWidgets = data => /"comm_(msg|open)"/.test(text(data).slice(0, 4000));

  const judge = (way, data, go) => {
    if (!ofWidgets(data)) {
      go(data);
    } else if (wire.fate === 'hold') {
      wire.held.push(() => go(data));
    } else if (wire.fate === 'lose') {
      wire.lost += 1;
    } else if (wire.fate === 'twice') {
      go(data);
      go(way === 'out' ? renamed(data) : data);
    } else if (wire.fate === 'swap' && wire.waiting[way] === null) {
      wire.waiting[way] = () => go(data);
    } else {
      go(data);
      flush(way);
    }
  };

  // A kernel refuses a message whose signature it knows: the second one gets an id of its own.
  const renamed = data => {
    const bytes = new Uint8Array(data.slice(0));
    const at = text(data).indexOf('"msg_id":"') + '"msg_id":"'.length;
    bytes[at] = bytes[at] === 48 ? 49 : 48;
    return bytes.buffer;
  };

  const flush = way => {
    const last = wire.waiting[way];
    wire.waiting[way] = null;
    last?.();
  };

  wire.release = () => {
    wire.fate = 'pass';
    flush('out');
    flush('in');
    wire.held.splice(0).forEach(go => go());
  };

  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    send(data) {
      judge('out', data, ready => super.send(ready));
    }
    set onmessage(hear) {
      super.onmessage = event =>
        judge('in', event.data, data => hear.call(this, { data, target: this, type: 'message' }));
    }
    get onmessage() {
      return super.onmessage;
    }
  };
})();
