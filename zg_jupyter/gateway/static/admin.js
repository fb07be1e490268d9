// The teacher's overview. The management key stays in this page's memory; all text is set as text.
'use strict';
const at = id => document.getElementById(id);
let key = '';
let open = true;

async function call(method, path, body) {
  const reply = await fetch('v1' + path, {
    method,
    headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body)
  });
  const said = await reply.json();
  if (!reply.ok) throw new Error(said.error.message);
  return said;
}

function cell(row, text, number) {
  const made = row.insertCell();
  made.textContent = text;
  if (number) made.className = 'number';
  return made;
}

function button(where, text, name, act) {
  const made = document.createElement('button');
  made.textContent = text;
  made.setAttribute('aria-label', text + ' ' + name);
  made.addEventListener('click', () => run(act));
  where.append(made);
}

function show(student) {
  const row = at('students').insertRow();
  const path = '/api-keys/' + student.key_id;
  cell(row, student.name);
  cell(row, student.status);
  cell(row, student.requests, true);
  cell(row, student.tokens, true);
  cell(row, student.used, true);
  cell(row, student.remaining === null ? 'no limit' : student.remaining, true);
  cell(row, student.last_seen || '');
  const acts = cell(row, '');
  if (student.revoked) return;
  button(acts, student.paused ? 'Resume' : 'Pause', student.name, () =>
    call('PATCH', path, { paused: !student.paused }));
  button(acts, 'Limit', student.name, async () => {
    const limit = prompt('New limit of ' + student.name + ' in 0G', student.credit_limit || '');
    if (limit) await call('PATCH', path, { credit_limit: limit.trim() });
  });
  button(acts, 'Revoke', student.name, async () => {
    if (confirm('Revoke the key of ' + student.name + '?')) await call('DELETE', path);
  });
}

async function refresh() {
  const [room, keys] = await Promise.all([call('GET', '/class'), call('GET', '/api-keys')]);
  open = room.open;
  at('title').textContent = room.name;
  at('money').textContent =
    `${room.used} 0G used, ${room.reserved} 0G reserved, ` +
    `${room.remaining === null ? 'no limit' : room.remaining + ' 0G remaining'}; ` +
    `${room.open ? 'open' : 'closed'}${room.hours ? ' (' + room.hours + ')' : ''}` +
    (room.keeps_prompts ? '; prompts and answers are kept' : '');
  at('shut').textContent = open ? 'Close the class' : 'Open the class';
  if (at('students').contains(document.activeElement)) return; // nobody loses a button he is on
  at('students').replaceChildren();
  keys.data.forEach(show);
  at('room').hidden = false;
}

async function run(act) {
  try {
    await act();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    await refresh();
    at('said').textContent = '';
  } catch (error) {
    at('said').textContent = error.message;
  }
}

at('shut').addEventListener('click', () => run(() => call('PATCH', '/class', { open: !open })));
at('door').addEventListener('submit', event => {
  event.preventDefault();
  key = at('key').value.trim();
  at('key').value = '';
  run(async () => {});
});
setInterval(() => {
  if (key && !document.hidden) refresh().catch(error => (at('said').textContent = error.message));
}, 5000);
