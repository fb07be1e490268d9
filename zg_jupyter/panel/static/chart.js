// A line over time or bars by name, drawn at the width there is; the same points also as a table.
//
// Points come in a message when a view asks for them. A line is walked through with the arrow keys, like a slider.

const HEIGHT = 190;
const TOP = 12;
const BOTTOM = 26;
const CHAR_PX = 7;
const BAR_PX = 40;

const two = n => String(n).padStart(2, '0');
const clock = (seconds, precise) => {
  const t = new Date(seconds * 1000);
  const day = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
  const minute = `${day} ${two(t.getHours())}:${two(t.getMinutes())}`;
  return precise ? `${minute}:${two(t.getSeconds())}` : minute;
};

function html(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent?.append(made);
  return made;
}

function svg(name, attributes, parent, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, String(value));
  }
  if (text !== undefined) {
    made.textContent = text; // text stays text, whoever wrote it
  }
  parent?.append(made);
  return made;
}

function render({ model, el }) {
  const root = html('figure', 'zg-chart', el);
  const title = html('figcaption', '', root);
  title.id = `${model.get('prefix')}-${Math.random().toString(36).slice(2, 8)}`;
  const stage = html('div', 'zg-chart-stage', root);
  const told = html('div', 'zg-chart-told', root);
  const toggle = html('button', 'zg-button', root);
  toggle.type = 'button';

  let chart = { kind: 'bars', title: '', points: [], ticks: [] };
  let arrived = false;
  let asTable = false;
  let active = -1;
  let width = 0;
  let place = null; // of the line's active point

  const draw = () => {
    const said = model.get('said');
    const focused = stage.contains(document.activeElement);
    title.textContent = chart.title;
    toggle.textContent = asTable ? said.as_picture : said.as_table;
    toggle.setAttribute('aria-pressed', String(asTable));
    toggle.hidden = !chart.points.length;
    told.textContent = '';
    stage.replaceChildren();
    place = null;
    if (!chart.points.length) {
      told.textContent = arrived ? said.empty : '';
    } else if (asTable) {
      drawTable(said);
    } else if (chart.kind === 'line') {
      drawLine(said);
    } else {
      drawBars();
    }
    if (focused) {
      stage.querySelector('[tabindex]')?.focus();
    }
  };

  // Seconds are written where minutes would not tell the points apart.
  const time = at => {
    const [first, last] = [chart.points[0][0], chart.points[chart.points.length - 1][0]];
    return clock(at, last - first < 1800);
  };

  const drawTable = said => {
    const around = html('div', 'zg-chart-table', stage);
    around.tabIndex = 0;
    around.setAttribute('role', 'region');
    around.setAttribute('aria-labelledby', title.id);
    const table = html('table', '', around);
    const head = html('tr', '', html('thead', '', table));
    const line = chart.kind === 'line';
    for (const name of [line ? said.time : said.name, said.amount]) {
      const cell = html('th', '', head);
      cell.scope = 'col';
      cell.textContent = name;
    }
    const body = html('tbody', '', table);
    for (const [at, , amount] of chart.points) {
      const row = html('tr', '', body);
      const first = html('th', '', row);
      first.scope = 'row';
      first.textContent = line ? time(at) : at;
      html('td', '', row).textContent = amount;
    }
  };

  const drawLine = said => {
    const points = chart.points;
    const left = 8 + CHAR_PX * Math.max(...chart.ticks.map(([, text]) => text.length));
    const right = width - 10;
    const bottom = HEIGHT - BOTTOM;
    const [first, last] = [points[0][0], points[points.length - 1][0]];
    const x = at => left + ((right - left) * (at - first)) / (last - first || 1);
    const y = share => bottom - (bottom - TOP) * share;
    const slider = html('div', 'zg-chart-line', stage);
    slider.tabIndex = 0;
    slider.setAttribute('role', 'slider');
    slider.setAttribute('aria-labelledby', title.id);
    slider.setAttribute('aria-valuemin', '1');
    slider.setAttribute('aria-valuemax', String(points.length));
    const picture = svg('svg', { width, height: HEIGHT, 'aria-hidden': 'true' }, slider);
    for (const [share, text] of chart.ticks) {
      const at = y(share);
      svg('path', { class: 'zg-chart-grid', d: `M${left},${at}H${right}` }, picture);
      svg('text', { x: left - 6, y: at + 4, 'text-anchor': 'end' }, picture, text);
    }
    // A step: between two answers nothing is spent.
    const steps = points.map(([at, share], i) => `${i ? `H${x(at)}V` : `M${x(at)},`}${y(share)}`).join('');
    const path = last === first ? `M${left},${y(points[points.length - 1][1])}H${right}` : steps;
    svg('path', { class: 'zg-chart-area', d: `${path}V${bottom}H${left}Z` }, picture);
    svg('path', { class: 'zg-chart-path', d: path }, picture);
    const ends = { y: HEIGHT - 6 };
    svg('text', { ...ends, x: Math.min(left, 8) }, picture, time(first));
    if (last !== first) {
      svg('text', { ...ends, x: right, 'text-anchor': 'end' }, picture, time(last));
    }
    const cursor = svg('circle', { class: 'zg-chart-cursor', r: 5, visibility: 'hidden' }, picture);
    place = index => {
      active = Math.max(0, Math.min(points.length - 1, index));
      const [at, share, amount] = points[active];
      cursor.setAttribute('cx', x(at));
      cursor.setAttribute('cy', y(share));
      cursor.setAttribute('visibility', 'visible');
      slider.setAttribute('aria-valuenow', String(active + 1));
      slider.setAttribute('aria-valuetext', `${time(at)}: ${amount}`);
      told.textContent = `${time(at)}: ${amount}`;
    };
    slider.addEventListener('keydown', onKey);
    picture.addEventListener('pointermove', event => {
      const at = event.clientX - picture.getBoundingClientRect().left;
      const apart = points.map(([when]) => Math.abs(x(when) - at));
      place(apart.lastIndexOf(Math.min(...apart)));
    });
    const resting = active >= 0 ? active : points.length - 1;
    place(resting);
    if (active === points.length - 1) {
      active = -1; // stays at the end while the line grows
    }
    told.title = said.keys;
  };

  const onKey = event => {
    const at = active < 0 ? chart.points.length - 1 : active;
    const far = Math.max(1, Math.round(chart.points.length / 10));
    const to = {
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      PageUp: at + far,
      PageDown: at - far,
      Home: 0,
      End: chart.points.length - 1
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      place?.(to);
    }
  };

  const drawBars = () => {
    const rows = chart.points;
    const room = width - 12;
    const picture = svg('svg', { width, height: rows.length * BAR_PX, role: 'list' }, stage);
    picture.setAttribute('aria-labelledby', title.id);
    rows.forEach(([name, share, amount], index) => {
      const top = index * BAR_PX;
      const row = svg('g', { role: 'listitem', 'aria-label': `${name}: ${amount}` }, picture);
      const fits = Math.max(4, Math.floor(room / CHAR_PX) - amount.length - 2);
      const short = name.length > fits ? `${name.slice(0, fits - 1)}\u2026` : name;
      svg('title', {}, row, `${name}: ${amount}`);
      svg('text', { x: 0, y: top + 14 }, row, short);
      svg('text', { x: room, y: top + 14, 'text-anchor': 'end' }, row, amount);
      svg('rect', { class: 'zg-chart-track', x: 0, y: top + 19, width: room, height: 12, rx: 2 }, row);
      const wide = share ? Math.max(2, room * share) : 0;
      svg('rect', { class: 'zg-chart-bar', x: 0, y: top + 19, width: wide, height: 12, rx: 2 }, row);
    });
  };

  const onMessage = message => {
    if (message?.chart) {
      const other = message.chart.kind !== chart.kind || message.chart.title !== chart.title;
      chart = message.chart;
      arrived = true;
      active = other ? -1 : active;
      draw();
    }
  };
  const flip = () => {
    asTable = !asTable;
    draw();
  };
  const sizes = new ResizeObserver(() => {
    const now = Math.max(220, Math.floor(stage.clientWidth));
    if (stage.clientWidth && now !== width) {
      width = now;
      draw();
    }
  });

  toggle.addEventListener('click', flip);
  model.on('change:said', draw);
  model.on('msg:custom', onMessage);
  width = 300;
  draw();
  sizes.observe(stage);
  model.send({ chart: true });

  return () => {
    sizes.disconnect();
    model.off('change:said', draw);
    model.off('msg:custom', onMessage);
  };
}

export default { render };
