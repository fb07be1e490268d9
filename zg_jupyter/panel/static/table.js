// A table of any length: only the rows that can be seen are elements of the page.
//
// The rows come in a message when a view asks for them: cells as JSON, and for each column the place of every row
// when sorted by it. So amounts are compared where they are exact, and sorting here compares whole numbers.

const ROW_PX = 30;
const MOST_SHOWN = 12;
const BEYOND = 6; // rows drawn above and below, so that scrolling shows no gaps
const RIGHT = ['number', 'amount'];

const two = n => String(n).padStart(2, '0');
const time = seconds => {
  const t = new Date(seconds * 1000);
  const day = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
  return `${day} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
};

function element(name, className, role, parent) {
  const made = document.createElement(name);
  made.className = className;
  if (role) {
    made.setAttribute('role', role);
  }
  parent?.append(made);
  return made;
}

function render({ model, el }) {
  const prefix = `${model.get('prefix')}-${Math.random().toString(36).slice(2, 8)}`; // a view may have twins
  const root = element('div', 'zg-table', '', el);
  const top = element('div', 'zg-table-top', '', root);
  const label = element('label', '', '', top);
  const search = element('input', '', '', label);
  Object.assign(search, { type: 'search', autocomplete: 'off', spellcheck: false });
  const count = element('div', 'zg-table-count', 'status', top);
  const caption = element('div', 'zg-table-caption', '', root);
  caption.id = `${prefix}-caption`;
  const none = element('div', 'zg-table-none', '', root);
  const grid = element('div', 'zg-grid zg-scroll', 'grid', root);
  grid.tabIndex = 0;
  const header = element('div', 'zg-grid-head', 'rowgroup', grid);
  const head = element('div', '', 'row', header);
  head.setAttribute('aria-rowindex', '1');
  const body = element('div', 'zg-grid-body', 'rowgroup', grid);

  let keys = [];
  let cells = [];
  let texts = []; // per row, in lower case, made when somebody searches
  let ranks = new Int32Array();
  let order = []; // indexes of the rows that fit, as they are shown
  let sorted = { column: -1, down: false };
  let active = -1; // a place in `order`
  let arrived = false;
  let drawing = 0;
  const drawn = new Map(); // place -> element

  const columns = () => model.get('columns');

  const describe = () => {
    const said = model.get('said');
    label.replaceChildren(said.search, search);
    grid.setAttribute('aria-label', model.get('label'));
    grid.setAttribute('aria-colcount', String(columns().length));
    grid.setAttribute('aria-describedby', caption.id);
    head.replaceChildren(
      ...columns().map(([, title, kind], index) => {
        const cell = element('div', `zg-${kind}`, 'columnheader');
        const button = element('button', '', '', cell);
        button.type = 'button';
        button.textContent = title;
        button.addEventListener('click', () => sortBy(index));
        return cell;
      })
    );
    showSorting();
    tell();
  };

  const showSorting = () => {
    [...head.children].forEach((cell, index) => {
      const way = sorted.down ? 'descending' : 'ascending';
      cell.setAttribute('aria-sort', index === sorted.column ? way : 'none');
    });
  };

  const tell = () => {
    const said = model.get('said');
    const all = keys.length;
    caption.textContent = model.get('caption');
    const counted = said.count.replace('{shown}', order.length).replace('{all}', all);
    count.textContent = all ? counted : '';
    const why = all ? said.none_fits : model.get('empty');
    none.textContent = arrived && !order.length ? why : '';
    grid.hidden = !order.length;
    top.hidden = !all;
  };

  const sortBy = column => {
    sorted = { column, down: sorted.column === column && !sorted.down };
    showSorting();
    arrange();
  };

  // Which rows fit, in which order; who was active stays active.
  const arrange = () => {
    const was = order[active];
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && texts.length !== cells.length) {
      texts = cells.map(row => row.filter(cell => cell !== null).join('\n').toLowerCase());
    }
    order = [...keys.keys()].filter(row => words.every(word => texts[row].includes(word)));
    if (sorted.column >= 0) {
      const rank = ranks.subarray(sorted.column * keys.length, (sorted.column + 1) * keys.length);
      const way = sorted.down ? -1 : 1;
      order.sort((a, b) => {
        if (rank[a] < 0 || rank[b] < 0) {
          return (rank[a] < 0) - (rank[b] < 0); // what is not known comes last, both ways
        }
        return (rank[a] - rank[b]) * way;
      });
    }
    active = was === undefined ? -1 : order.indexOf(was);
    body.style.height = `${order.length * ROW_PX}px`;
    grid.setAttribute('aria-rowcount', String(order.length + 1));
    for (const row of drawn.values()) {
      row.remove();
    }
    drawn.clear();
    tell();
    draw();
  };

  // From all rows, not from those that are drawn: columns stay where they are while somebody scrolls.
  const measure = () => {
    const longest = columns().map(([, title]) => title.length + 4);
    for (const row of cells) {
      row.forEach((cell, index) => {
        longest[index] = Math.max(longest[index], Math.min(cell === null ? 1 : String(cell).length, 30));
      });
    }
    const sum = longest.reduce((total, chars) => total + chars, 0);
    grid.style.setProperty('--zg-width', `calc(${sum}ch + ${16 * longest.length}px)`);
    grid.style.setProperty('--zg-columns', longest.map(n => `minmax(calc(${n}ch + 16px), ${n}fr)`).join(' '));
  };

  const draw = () => {
    drawing = 0;
    const first = Math.max(0, Math.floor(grid.scrollTop / ROW_PX) - BEYOND);
    const last = Math.min(order.length, first + MOST_SHOWN + 2 * BEYOND + 1);
    for (const [place, row] of drawn) {
      if (place < first || place >= last) {
        row.remove();
        drawn.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      if (!drawn.has(place)) {
        const row = build(place);
        drawn.set(place, row);
        const next = drawn.get(place + 1);
        body.insertBefore(row, next ?? null); // in the order in which it is read
      }
    }
    mark();
  };

  const build = place => {
    const index = order[place];
    const row = element('div', '', 'row');
    row.id = `${prefix}-${index}`;
    row.dataset.place = String(place);
    row.setAttribute('aria-rowindex', String(place + 2));
    row.style.top = `${place * ROW_PX}px`;
    columns().forEach(([, , kind], column) => {
      const cell = element('div', `zg-${kind}`, 'gridcell', row);
      const value = cells[index][column];
      cell.textContent = value === null ? '\u2013' : value; // text stays text, whoever wrote it
      if (!RIGHT.includes(kind)) {
        cell.title = cell.textContent;
      }
    });
    return row;
  };

  const mark = () => {
    const selected = model.get('selected');
    for (const [place, row] of drawn) {
      row.setAttribute('aria-selected', String(selected !== '' && keys[order[place]] === selected));
      row.classList.toggle('zg-grid-active', place === active);
    }
    const row = drawn.get(active);
    if (row) {
      grid.setAttribute('aria-activedescendant', row.id);
    } else {
      grid.removeAttribute('aria-activedescendant');
    }
  };

  const goTo = place => {
    active = Math.max(0, Math.min(order.length - 1, place));
    const above = active * ROW_PX;
    const room = grid.clientHeight - 2 * ROW_PX; // below the header, less the row itself
    if (above < grid.scrollTop) {
      grid.scrollTop = above;
    } else if (above > grid.scrollTop + room) {
      grid.scrollTop = above - room;
    }
    draw();
  };

  const pick = place => {
    const key = keys[order[place]];
    if (key !== undefined) {
      active = place;
      model.set('selected', key);
      model.save_changes();
      model.send({ picked: key });
      mark();
    }
  };

  const onKey = event => {
    if (event.target !== grid || event.altKey || event.metaKey) {
      return;
    }
    const to = {
      ArrowDown: active + 1,
      ArrowUp: Math.max(0, active - 1),
      PageDown: active + MOST_SHOWN,
      PageUp: active - MOST_SHOWN,
      Home: 0,
      End: order.length - 1
    }[event.key];
    if (to !== undefined) {
      goTo(to);
    } else if ((event.key === 'Enter' || event.key === ' ') && active >= 0) {
      goTo(active);
      drawn.get(active).click(); // as the mouse does it, so that the frame hears it too
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const onClick = event => {
    const row = event.target.closest('[data-place]');
    if (row) {
      pick(Number(row.dataset.place));
    }
  };

  const onScroll = () => {
    drawing ||= requestAnimationFrame(draw);
  };

  const onMessage = (message, buffers) => {
    if (message?.rows === undefined) {
      return;
    }
    // JupyterLab brings them as DataView, Colab as Uint8Array.
    const [written, places] = buffers.map(part =>
      ArrayBuffer.isView(part) ? new DataView(part.buffer, part.byteOffset, part.byteLength) : new DataView(part)
    );
    const read = JSON.parse(new TextDecoder().decode(written));
    const was = keys[order[active]];
    const times = columns().map(([, , kind]) => kind === 'time');
    keys = read.keys;
    cells = read.cells.map(row => row.map((cell, at) => (times[at] && cell !== null ? time(cell) : cell)));
    texts = [];
    ranks = new Int32Array(places.byteLength / 4);
    for (let at = 0; at < ranks.length; at += 1) {
      ranks[at] = places.getInt32(at * 4, true);
    }
    arrived = true;
    measure();
    active = -1;
    arrange();
    if (was !== undefined) {
      active = order.indexOf(keys.indexOf(was));
      mark();
    }
  };

  const stay = event => event.stopPropagation(); // the notebook's own shortcuts must not read along
  search.addEventListener('keydown', stay);
  search.addEventListener('input', arrange);
  grid.addEventListener('keydown', onKey);
  grid.addEventListener('scroll', onScroll, { passive: true });
  body.addEventListener('click', onClick);
  model.on('change:label change:said', describe);
  model.on('change:caption change:empty', tell);
  model.on('change:selected', mark);
  model.on('msg:custom', onMessage);
  describe();
  model.send({ rows: true });

  return () => {
    cancelAnimationFrame(drawing);
    model.off('change:label change:said', describe);
    model.off('change:caption change:empty', tell);
    model.off('change:selected', mark);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
