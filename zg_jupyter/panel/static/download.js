// Files of the kernel as downloads of the browser: asked for with a click, and brought by one message.

function render({ model, el }) {
  const row = document.createElement('div');
  row.className = 'zg-row zg-download';
  el.append(row);
  let asking = false; // what another page asked for is not saved here

  const draw = () => {
    row.replaceChildren(
      ...model.get('kinds').map(([kind, title]) => {
        const made = document.createElement('button');
        made.type = 'button';
        made.className = 'zg-button';
        made.textContent = title;
        made.disabled = model.get('disabled');
        made.addEventListener('click', () => {
          asking = true;
          model.send({ wanted: kind });
        });
        return made;
      })
    );
  };

  const ready = () => {
    for (const button of row.children) {
      button.disabled = model.get('disabled');
    }
  };

  const onMessage = (message, buffers) => {
    if (!asking || typeof message?.file !== 'string') {
      return;
    }
    asking = false;
    const url = URL.createObjectURL(new Blob(buffers, { type: message.mime }));
    const link = document.createElement('a');
    link.href = url;
    link.download = message.file;
    row.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  };

  model.on('change:kinds', draw);
  model.on('change:disabled', ready);
  model.on('msg:custom', onMessage);
  draw();
  return () => {
    model.off('change:kinds', draw);
    model.off('change:disabled', ready);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
