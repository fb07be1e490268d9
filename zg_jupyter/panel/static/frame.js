// The frame of the panel: its tabs, and what a person sees while the kernel has not answered.
//
// The sections are widgets beside this one, inside the same `.zg-panel`. They are shown and hidden
// here, so that the tabs work while a cell keeps the kernel busy.

const PATIENCE_MS = 800;
// A question that got lost is asked again, later and later: a busy kernel must not drown in them.
const LONGEST_PAUSE_MS = 30000;

function render({ model, el }) {
  const tabs = document.createElement('div');
  tabs.className = 'zg-tabs';
  tabs.setAttribute('role', 'tablist');
  const bar = document.createElement('div');
  bar.className = 'zg-progress';
  const note = document.createElement('div');
  note.className = 'zg-note';
  note.setAttribute('role', 'status');
  el.append(tabs, bar, note);

  let root = null;
  let gone = false;
  let asked = 0;
  let timer = 0;

  const sections = () => root?.querySelectorAll(':scope > .zg-section') ?? [];

  const draw = () => {
    const names = model.get('names');
    const selected = model.get('selected');
    const focused = tabs.contains(document.activeElement);
    tabs.setAttribute('aria-label', model.get('label'));
    tabs.replaceChildren(
      ...names.map(([name, title]) => {
        const tab = document.createElement('button');
        tab.type = 'button';
        tab.id = `${model.get('prefix')}-tab-${name}`;
        tab.className = 'zg-tab';
        tab.dataset.name = name;
        tab.textContent = title;
        tab.setAttribute('role', 'tab');
        tab.setAttribute('aria-selected', String(name === selected));
        tab.tabIndex = name === selected ? 0 : -1;
        return tab;
      })
    );
    if (focused) {
      tabs.querySelector('[aria-selected="true"]')?.focus();
    }
    show();
  };

  const show = () => {
    const selected = model.get('selected');
    for (const section of sections()) {
      const name = [...section.classList].find(c => c.startsWith('zg-section-'))?.slice(11) ?? '';
      section.hidden = name !== selected;
      section.id = `${model.get('prefix')}-${name}`;
      section.setAttribute('role', 'tabpanel');
      section.setAttribute('aria-labelledby', `${model.get('prefix')}-tab-${name}`);
      tabs.querySelector(`[data-name="${name}"]`)?.setAttribute('aria-controls', section.id);
    }
  };

  const select = name => {
    if (name && name !== model.get('selected')) {
      model.set('selected', name);
      model.save_changes();
      draw();
    }
  };

  const onKey = event => {
    const names = model.get('names').map(([name]) => name);
    const at = names.indexOf(model.get('selected'));
    const to = {
      ArrowRight: (at + 1) % names.length,
      ArrowLeft: (at + names.length - 1) % names.length,
      Home: 0,
      End: names.length - 1
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      select(names[to]);
    }
  };

  // Every click is seen at once; a kernel that is busy with a cell answers when the cell ends.
  const onClick = event => {
    if (event.target.closest('button, select, input[type=checkbox], [role=tab], [role=row]')) {
      setTimeout(ask, 0); // behind the click's own message
    }
  };

  const ask = () => {
    asked += 1;
    root?.classList.add('zg-waiting');
    question(PATIENCE_MS);
  };

  const question = pause => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      note.textContent = model.get('busy');
      question(Math.min(2 * pause, LONGEST_PAUSE_MS));
    }, pause);
    try {
      model.send({ ping: asked });
    } catch {
      note.textContent = model.get('gone');
      clearTimeout(timer);
    }
  };

  const onMessage = message => {
    if (message?.pong === asked) {
      clearTimeout(timer);
      root?.classList.remove('zg-waiting');
      note.textContent = '';
    }
  };

  // A page with saved widgets can have nobody behind it: the still picture is all that it can show then.
  const judge = () => {
    const dead = root.classList.contains('jupyter-widgets-disconnected');
    root.classList.toggle('zg-dead', dead);
    if (!dead) {
      document.body.classList.add('zg-live'); // hides the still picture beside a live panel
    }
  };

  const watcher = new MutationObserver(() => {
    show();
    if (root.classList.contains('zg-dead')) {
      judge(); // its kernel may be found by now
    }
  });
  const settle = () => {
    if (gone) {
      return;
    }
    root = el.closest('.zg-panel');
    if (!root) {
      requestAnimationFrame(settle);
      return;
    }
    root.addEventListener('click', onClick, true);
    watcher.observe(root, { childList: true, attributeFilter: ['class'] });
    judge();
    show();
    model.send({ language: document.documentElement.lang || navigator.language || '' });
  };

  tabs.addEventListener('click', event => select(event.target.closest('[role=tab]')?.dataset.name));
  tabs.addEventListener('keydown', onKey);
  model.on('change:names', draw);
  model.on('change:selected', draw);
  model.on('msg:custom', onMessage);
  draw();
  settle();

  return () => {
    gone = true;
    clearTimeout(timer);
    watcher.disconnect();
    root?.removeEventListener('click', onClick, true);
    model.off('change:names', draw);
    model.off('change:selected', draw);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
