// An address: to copy, and to scan. Everything is set as text, the image only from a data URL.

function render({ model, el }) {
  const words = model.get('words');
  const box = document.createElement('div');
  box.className = 'zg-address';
  const label = document.createElement('span');
  label.id = `${model.get('prefix')}-label`;
  label.textContent = words.label;
  const code = document.createElement('code');
  code.setAttribute('aria-labelledby', label.id);
  code.setAttribute('role', 'group');
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'zg-button';
  copy.textContent = words.copy;
  const said = document.createElement('span');
  said.setAttribute('role', 'status');
  const more = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = words.qr;
  const image = document.createElement('img');
  more.append(summary, image);
  box.append(label, code, copy, said, more);
  el.append(box);

  const draw = () => {
    const address = model.get('address');
    const qr = model.get('qr');
    box.hidden = !address;
    code.textContent = address;
    said.textContent = '';
    more.hidden = !qr.startsWith('data:image/svg+xml');
    if (more.hidden) {
      image.removeAttribute('src');
    } else {
      image.src = qr;
    }
    image.alt = words.qr_alt.replace('{address}', () => address);
  };

  const onCopy = async () => {
    const address = model.get('address');
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = words.copied;
    } catch {
      // Not allowed here (a frame, or plain http): the person copies what is selected.
      getSelection().selectAllChildren(code);
      said.textContent = document.execCommand('copy') ? words.copied : words.not_copied;
    }
  };

  copy.addEventListener('click', onCopy);
  model.on('change:address change:qr', draw);
  draw();
  return () => model.off('change:address change:qr', draw);
}

export default { render };
