// Where the money is: a stacked bar, and the same as a table. Each part has a number, a pattern and
// a line in the table, so that nothing hangs on colour; countdowns tick in the page.

const COUNT_MS = 1000;

function clock(seconds) {
  const two = number => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function cell(row, text, kind = 'td') {
  const made = document.createElement(kind);
  made.textContent = text;
  row.append(made);
  return made;
}

function render({ model, el }) {
  const words = model.get('words');
  const bar = document.createElement('div');
  bar.className = 'zg-bar';
  bar.setAttribute('role', 'img');
  const table = document.createElement('table');
  table.className = 'zg-bar-table';
  el.append(bar, table);
  let due = [];
  let timer = 0;

  const draw = () => {
    const segments = model.get('segments');
    due = [];
    bar.hidden = table.hidden = !segments.length;
    bar.setAttribute(
      'aria-label',
      `${words.title}: ${segments.map(s => `${s.label} ${s.amount}`).join(', ')}`
    );
    bar.replaceChildren(
      ...segments
        .map((segment, index) => [segment, index])
        .filter(([segment]) => segment.share > 0)
        .map(([segment, index]) => {
          const part = document.createElement('span');
          part.className = 'zg-part';
          part.dataset.place = segment.place;
          part.style.flexGrow = String(segment.share);
          const number = document.createElement('b');
          number.textContent = String(index + 1);
          part.append(number);
          part.title = `${segment.label}: ${segment.amount}`;
          return part;
        })
    );
    const caption = document.createElement('caption');
    caption.textContent = words.title;
    const head = document.createElement('tr');
    ['#', words.where, words.amount, words.back].forEach(title => {
      cell(head, title, 'th').scope = 'col';
    });
    const thead = document.createElement('thead');
    thead.append(head);
    const body = document.createElement('tbody');
    segments.forEach((segment, index) => {
      const row = document.createElement('tr');
      const number = cell(row, '');
      const swatch = document.createElement('span');
      swatch.className = 'zg-part';
      swatch.dataset.place = segment.place;
      const shown = document.createElement('b');
      shown.textContent = String(index + 1);
      swatch.append(shown);
      number.append(swatch);
      cell(row, segment.label, 'th').scope = 'row';
      cell(row, segment.amount);
      const back = cell(row, '');
      if (segment.due) {
        due.push([back, segment.due]);
      }
      body.append(row);
    });
    table.replaceChildren(caption, thead, body);
    tick();
    clearInterval(timer);
    timer = due.length ? setInterval(tick, COUNT_MS) : 0;
  };

  const tick = () => {
    for (const [place, when] of due) {
      const left = Math.ceil(when - Date.now() / 1000);
      const text = left > 0 ? clock(left) : words.ready;
      if (place.textContent !== text) {
        place.textContent = text;
      }
    }
  };

  model.on('change:segments', draw);
  draw();
  return () => {
    clearInterval(timer);
    model.off('change:segments', draw);
  };
}

export default { render };
