// Fields for secrets. What is typed goes to the kernel in one message when the button is pressed, and is never
// part of the widget's state: a notebook that is saved with its widgets holds nothing of it.

function render({ model, el }) {
  const form = document.createElement('form');
  form.className = 'zg-secret';
  form.setAttribute('autocomplete', 'off');
  el.append(form);

  const draw = () => {
    form.replaceChildren();
    model.get('fields').forEach(([name, title], index) => {
      const id = `${model.get('prefix')}-${name}`;
      const label = document.createElement('label');
      label.htmlFor = id;
      label.textContent = title;
      const input = document.createElement('input');
      Object.assign(input, { id, name, type: 'password', autocomplete: 'off', spellcheck: false });
      input.dataset.index = String(index);
      // The notebook's own shortcuts must not read along.
      input.addEventListener('keydown', event => event.stopPropagation());
      form.append(label, input);
    });
    const button = document.createElement('button');
    button.type = 'submit';
    button.className = 'zg-button zg-primary';
    button.textContent = model.get('button');
    button.disabled = model.get('disabled');
    form.append(button);
  };

  const submit = event => {
    event.preventDefault();
    const inputs = [...form.querySelectorAll('input')];
    const values = Object.fromEntries(inputs.map(input => [input.name, input.value]));
    inputs.forEach(input => {
      input.value = '';
    });
    model.send({ secret: values });
  };

  const ready = () => {
    form.querySelector('button').disabled = model.get('disabled');
  };
  form.addEventListener('submit', submit);
  model.on('change:fields change:button', draw);
  model.on('change:disabled', ready);
  draw();
  return () => {
    model.off('change:fields change:button', draw);
    model.off('change:disabled', ready);
  };
}

export default { render };
