// One line about what a person started: the element stays, so that a screen reader hears it change.

function render({ model, el }) {
  const line = document.createElement('div');
  line.className = 'zg-line';
  line.setAttribute('role', 'status');
  el.append(line);
  const draw = () => {
    line.dataset.kind = model.get('kind');
    line.textContent = model.get('text'); // text stays text, whoever wrote it
  };
  model.on('change:text', draw);
  model.on('change:kind', draw);
  draw();
  return () => {
    model.off('change:text', draw);
    model.off('change:kind', draw);
  };
}

export default { render };
