// A text that grows: each message has a number and what is new; whoever misses one asks for the whole.

const NEAR_END_PX = 24;

function render({ model, el }) {
  const box = document.createElement('div');
  box.className = 'zg-growing';
  box.setAttribute('role', 'region');
  box.tabIndex = 0; // it scrolls
  const text = document.createElement('div');
  text.setAttribute('aria-live', 'polite');
  box.append(text);
  el.append(box);
  const words = document.createTextNode(''); // text stays text, whoever wrote it
  text.append(words);
  let number = -1;

  const describe = () => {
    box.setAttribute('aria-label', model.get('label'));
    text.setAttribute('aria-busy', String(model.get('busy')));
    box.classList.toggle('zg-busy', model.get('busy'));
  };

  const onMessage = message => {
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
    if (typeof message?.whole === 'string') {
      words.data = message.whole;
    } else if (typeof message?.more === 'string' && message.number === number + 1) {
      words.appendData(message.more);
    } else {
      model.send({ whole: true });
      return;
    }
    number = message.number;
    box.hidden = words.length === 0;
    if (atEnd) {
      box.scrollTop = box.scrollHeight;
    }
  };

  box.hidden = true;
  model.on('change:label change:busy', describe);
  model.on('msg:custom', onMessage);
  describe();
  model.send({ whole: true });
  return () => {
    model.off('change:label change:busy', describe);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
