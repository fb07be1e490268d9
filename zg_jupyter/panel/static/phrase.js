// A backup phrase, shown until it is written down. It comes in a message when this page asks for it,
// and is nowhere but in these elements.

function render({ model, el }) {
  const box = document.createElement('section');
  box.className = 'zg-phrase';
  box.hidden = true;
  box.tabIndex = -1;
  const title = document.createElement('p');
  title.id = `${model.get('prefix')}-title`;
  box.setAttribute('aria-labelledby', title.id);
  const list = document.createElement('ol');
  const done = document.createElement('button');
  done.type = 'button';
  done.className = 'zg-button zg-primary';
  done.textContent = model.get('button');
  box.append(title, list, done);
  el.append(box);

  const hide = () => {
    list.replaceChildren();
    box.hidden = true;
  };

  const ask = () => {
    title.textContent = model.get('title');
    if (model.get('waiting')) {
      model.send({ ready: true });
    } else {
      hide();
    }
  };

  const onMessage = message => {
    if (Array.isArray(message?.phrase)) {
      list.replaceChildren(
        ...message.phrase.map(word => {
          const item = document.createElement('li');
          item.textContent = word;
          return item;
        })
      );
      box.hidden = false;
      box.focus();
    } else if (message?.over) {
      hide();
    }
  };

  const onDone = () => {
    hide();
    model.send({ noted: true });
  };

  done.addEventListener('click', onDone);
  model.on('msg:custom', onMessage);
  model.on('change:waiting change:title', ask);
  ask();
  return () => {
    hide();
    model.off('msg:custom', onMessage);
    model.off('change:waiting change:title', ask);
  };
}

export default { render };
