// A new cell for the notebook. A front end that can make one takes it from an event; everywhere else it is a text
// to copy. Nothing is run by either.

function render({ model, el }) {
  const box = document.createElement('div');
  box.className = 'zg-cell';
  const make = document.createElement('button');
  make.type = 'button';
  make.className = 'zg-button';
  const told = document.createElement('div');
  told.setAttribute('role', 'status');
  const source = document.createElement('textarea');
  source.readOnly = true;
  source.rows = 4;
  const view = `${model.get('prefix')}-${Math.random().toString(36).slice(2, 8)}`;
  source.id = view;
  const label = document.createElement('label');
  label.htmlFor = source.id;
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'zg-button';
  const copying = document.createElement('div');
  copying.append(label, source, copy);
  copying.hidden = true;
  box.append(make, copying, told);
  el.append(box);

  const describe = () => {
    const said = model.get('said');
    make.textContent = said.button;
    make.disabled = model.get('disabled');
    label.textContent = said.copy_it;
    copy.textContent = said.copy;
  };

  // Only the view whose button was pressed makes a cell: there may be several, in several pages.
  const onMake = () => {
    model.send({ make: view });
  };

  const onMessage = message => {
    if (message?.view !== view || typeof message.source !== 'string') {
      return;
    }
    const event = new CustomEvent('zg-jupyter:cell', {
      bubbles: true,
      cancelable: true,
      composed: true,
      detail: { source: message.source }
    });
    const taken = !el.dispatchEvent(event);
    copying.hidden = taken;
    source.value = message.source;
    told.textContent = taken ? model.get('said').done : '';
  };

  const onCopy = async () => {
    const said = model.get('said');
    source.select();
    try {
      await navigator.clipboard.writeText(source.value);
      told.textContent = said.copied;
    } catch {
      told.textContent = document.execCommand?.('copy') ? said.copied : said.by_hand;
    }
  };

  const stay = event => event.stopPropagation(); // the notebook's own shortcuts must not read along
  make.addEventListener('click', onMake);
  copy.addEventListener('click', onCopy);
  source.addEventListener('keydown', stay);
  model.on('change:said change:disabled', describe);
  model.on('msg:custom', onMessage);
  describe();
  return () => {
    model.off('change:said change:disabled', describe);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
