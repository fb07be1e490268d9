// A secret that is shown once. The page asks for it with a click, gets it in a message, and holds it until it is
// hidden: it is in no widget's state, and nobody else gets it after that.

function render({ model, el }) {
  const root = document.createElement('div');
  root.className = 'zg-once';
  const title = document.createElement('p');
  const secret = document.createElement('div');
  secret.className = 'zg-once-secret';
  secret.tabIndex = 0;
  const row = document.createElement('div');
  row.className = 'zg-row zg-once-row';
  const button = name => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'zg-button';
    made.dataset.name = name;
    row.append(made);
    return made;
  };
  const [show, copy, hide] = ['show', 'copy', 'hide'].map(button);
  const told = document.createElement('span');
  told.setAttribute('role', 'status');
  row.append(told);
  root.append(title, secret, row);
  el.append(root);

  let asking = false; // another page's secret is not shown here

  const draw = () => {
    const said = model.get('said');
    const shown = secret.textContent !== '';
    for (const one of [show, copy, hide]) {
      one.textContent = said[one.dataset.name];
    }
    title.textContent = model.get('title');
    secret.setAttribute('aria-label', model.get('title'));
    root.hidden = !shown && !model.get('ready');
    show.hidden = shown;
    secret.hidden = copy.hidden = hide.hidden = !shown;
  };

  const onMessage = message => {
    if (asking && typeof message?.secret === 'string') {
      asking = false;
      secret.textContent = message.secret;
      draw();
      copy.focus();
    }
  };

  const onCopy = async () => {
    const said = model.get('said');
    try {
      await navigator.clipboard.writeText(secret.textContent);
      told.textContent = said.copied;
    } catch {
      // No clipboard here (a page without https, or in a frame): it is marked, and the keyboard can copy it.
      window.getSelection()?.selectAllChildren(secret);
      told.textContent = said.not_copied;
    }
  };

  show.addEventListener('click', () => {
    asking = true;
    model.send({ show: true });
  });
  copy.addEventListener('click', onCopy);
  hide.addEventListener('click', () => {
    secret.textContent = '';
    told.textContent = '';
    draw();
  });
  const renewed = () => {
    if (model.get('ready')) {
      secret.textContent = ''; // there is another one now
      told.textContent = '';
    }
    draw();
  };
  model.on('change:ready', renewed);
  model.on('change:title change:said', draw);
  model.on('msg:custom', onMessage);
  draw();
  return () => {
    secret.textContent = '';
    model.off('change:ready', renewed);
    model.off('change:title change:said', draw);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
