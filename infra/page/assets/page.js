// The script of both pages. It keeps the tree as the stream tells it, and writes
// what has changed into the page: texts by textContent, never as markup.
'use strict';

const $ = (id) => document.getElementById(id);
const page = document.body.dataset.page;
const bindName = document.body.dataset.bind;

// ---- what the process says ----

const actors = new Map(); // path → the fields of an actor
let serverNow = 0;        // the process's clock at the last frame, ms
let heardAt = 0;          // ours, then

const now = () => serverNow + (performance.now() - heardAt);

function take(frame, whole) {
  serverNow = Date.parse(frame.at);
  heardAt = performance.now();
  const gone = new Set(frame.gone);
  if (whole) for (const path of actors.keys()) if (!(path in frame.set)) gone.add(path);
  for (const path of gone) if (actors.delete(path)) shape = null;
  const changed = Object.keys(frame.set);
  for (const path of changed) {
    if (!actors.has(path)) {
      shape = null;
      actors.set(path, { path });
    }
    Object.assign(actors.get(path), frame.set[path]);
  }
  about(frame);
  draw(changed, gone);
}

function about(frame) {
  write($('pod'), frame.pod);
  write($('version'), frame.version);
  const ready = $('ready');
  ready.hidden = false;
  ready.dataset.ready = frame.ready ? 'yes' : 'no';
  write(ready, frame.ready ? 'ready' : 'not ready');
  const reasons = $('reasons');
  if (reasons) {
    reasons.hidden = frame.reasons.length === 0;
    write(reasons, frame.reasons.join(' · '));
  }
}

// A hidden tab listens to nothing; it gets the whole when it is looked at again.
let source = null;
function listen() {
  if (source || document.hidden) return;
  source = new EventSource('/debug/actors/stream' + (bindName ? '?bind=' + encodeURIComponent(bindName) : ''));
  source.addEventListener('all', (e) => { live('yes', 'live'); take(JSON.parse(e.data), true); });
  source.addEventListener('change', (e) => { live('yes', 'live'); take(JSON.parse(e.data), false); });
  source.addEventListener('error', () => {
    live('no', 'reconnecting');
    if (source.readyState === EventSource.CLOSED) { // refused, not cut: EventSource does not come again by itself
      source = null;
      setTimeout(listen, 5000);
    }
  });
}
function live(is, word) { $('live').dataset.live = is; write($('live'), word); }
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return listen();
  source?.close();
  source = null;
  live('no', 'paused');
});

// ---- words and numbers ----

function write(el, text) {
  text = String(text ?? '');
  if (el.textContent !== text) el.textContent = text;
}
function make(tag, cls, text) {
  const el = document.createElement(tag);
  if (cls) el.className = cls;
  if (text !== undefined) el.textContent = text;
  return el;
}
// apart writes words beside each other, each in its own direction.
function apart(el, words) {
  words = words.filter(Boolean);
  while (el.children.length > words.length) el.lastChild.remove();
  words.forEach((word, i) => write(el.children[i] ?? el.appendChild(make('bdi')), word));
}
const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const count = (n) => (n < 10000 ? whole.format(n) : compact.format(n));

function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min ' + (s % 60) + ' s';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s / 60) % 60 + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s / 3600) % 24 + ' h';
}
const since = (at) => (at ? span(now() - Date.parse(at)) : '');
function took(ms) {
  if (!ms) return '–';
  if (ms < 10) return ms.toFixed(1) + ' ms';
  return ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(1) + ' s';
}

const troubled = new Set(['CONNECTING', 'UNBINDING', 'HALF_CLOSED_TX', 'DRAINING']);
const severity = (state) => (state === 'BOUND' ? 'well' : troubled.has(state) ? 'trouble' : 'ill');
// standing is the severity of a bind: one that rests because somebody ordered it is not ill, but nobody should forget it.
const standing = (b) => (b.order ? 'trouble' : severity(b.state));
const orders = {
  paused: 'Paused by order: it pulls no commands; receipts and inbound messages go on.',
  maintenance: 'In maintenance by order: it stays unbound until that is over.',
};
const rank = { ill: 0, trouble: 1, well: 2 };

const limits = {
  queue: ['traffic', 'nothing limits it: commands come slower than they could go'],
  nothing: ['at rest', 'nothing limits it, and nothing waits'],
  window: ['window', 'as many PDUs wait for their answer as may'],
  tps: ['TPS', "the account's limit of PDUs a second"],
  stores: ['stores', 'what was answered waits to be stored'],
  peer: ['MNO', 'the MNO asks for less: throttled, full or half closed'],
  paused: ['paused', 'somebody has ordered that'],
  standby: ['standby', 'another account carries the traffic'],
  closed: ['–', 'it is not bound'],
};
const limited = (by) => limits[by] ?? [by || '–', ''];

const meanings = {
  HALF_CLOSED_TX: 'The MNO refuses submits (ESME_RSUBMITFAIL): receiving only, one test submit a minute.',
  DRAINING: 'The MNO’s queue is full (ESME_RMSGQFUL): nothing new until it has room.',
  CONNECTING: 'Dialling, or waiting for the answer to the bind.',
  UNBINDING: 'Asked to stop: waiting for the answer to unbind.',
};

// why says in one line what is wrong and what comes next; nothing when all is well.
function why(b) {
  if (orders[b.order]) return orders[b.order];
  if (severity(b.state) === 'well') {
    const lost = (b.lines ?? []).find((l) => l.state !== 'BOUND');
    return lost ? `The ${lost.role === 'rx' ? 'receiver' : 'transmitter'} is ${lost.state}: ${lost.reason ?? ''}` : '';
  }
  const parts = [];
  const reason = (b.lines ?? []).map((l) => l.reason).find(Boolean);
  if (meanings[b.state]) parts.push(meanings[b.state]);
  if (reason && b.state !== 'HALF_CLOSED_TX' && b.state !== 'DRAINING') parts.push(reason);
  if (b.attempts > 0) parts.push(`attempt ${b.attempts} failed`);
  if (b.nextDial) parts.push('next dial ' + until(b.nextDial));
  return parts.join(' · ');
}
const until = (at) => { const ms = Date.parse(at) - now(); return ms > 0 ? 'in ' + span(ms) : 'now'; };

// lagOf is what waits for a bind in all lanes; null where nobody has counted yet.
const lagOf = (b) => (b.lanes?.some((l) => l.lag >= 0) ? b.lanes.reduce((n, l) => n + Math.max(l.lag, 0) + l.queued, 0) : null);
const lagOfLane = (l) => (l.lag < 0 ? 'unknown' : whole.format(l.lag));

// mix writes the shares of the statuses as a bar, and the most frequent in words.
function mix(bar, words, statuses) {
  const all = statuses?.filter((s) => s.recent > 0) ?? [];
  const total = all.reduce((n, s) => n + s.recent, 0);
  while (bar.children.length > all.length) bar.lastChild.remove();
  all.forEach((s, i) => {
    const el = bar.children[i] ?? bar.appendChild(make('i'));
    el.className = s.status === 'ESME_ROK' ? 'ok' : '';
    el.style.flexGrow = s.recent;
  });
  const share = (s) => { const p = 100 * s.recent / total; return (p < 0.1 ? '<0.1' : p < 10 && p % 1 > 0.05 ? p.toFixed(1) : p > 99.9 && p < 100 ? '>99.9' : Math.round(p)) + ' %'; };
  const bad = all.filter((s) => s.status !== 'ESME_ROK');
  write(words, total === 0 ? '–' : bad.length === 0 ? 'all ESME_ROK' : bad.slice(0, 2).map((s) => s.status + ' ' + share(s)).join(', '));
  bar.title = all.map((s) => `${s.status} ${share(s)}`).join('\n');
}

// receipts says how many came of late, and when the last one came.
const receipts = (b) => (b.lastReceipt ? `${count(b.receipts)} · ${since(b.lastReceipt)} ago` : '–');
const receiptsTook = (b) => (b.receiptP50Ms ? took(b.receiptP50Ms) + ' · ' + took(b.receiptP99Ms) : '–');

// ---- the page of all binds ----

const rows = new Map(); // path → { el, … } of a bind
const natural = new Intl.Collator('en', { numeric: true });
let unsorted = false;

function rowOf(path, b) {
  const el = $('row').content.firstElementChild.cloneNode(true);
  const q = (s) => el.querySelector(s);
  const link = q('.name a');
  link.href = '/debug/binds/' + encodeURIComponent(b.bind);
  link.textContent = b.bind;
  return { el, b, link, operator: q('.operator'), state: q('.state'), since: q('.since'), used: q('.used'), size: q('.now'), window: q('.window .num'),
    rate: q('.rate'), limit: q('.limit'), took: q('.took'), shares: q('.shares'), words: q('.mix small'), receipts: q('.receipts'), lag: q('.lag'), restarts: q('.restarts'), why: q('.why') };
}

function drawRow(r) {
  const b = r.b;
  const is = standing(b);
  if (r.severity !== is || r.shown !== b.state) unsorted = true;
  r.severity = is;
  r.shown = b.state;
  r.el.dataset.severity = is;
  write(r.state, b.state);
  apart(r.operator, [b.operatorId, b.owner && b.owner !== $('pod').textContent && b.owner, b.epoch > 0 && 'epoch ' + b.epoch]);
  write(r.window, `${b.inFlight} / ${b.window}` + (b.window === b.configured ? '' : ` of ${b.configured}`));
  r.used.style.width = 100 * Math.min(1, b.inFlight / Math.max(b.configured, 1)) + '%';
  r.size.style.width = b.window < b.configured ? 100 * b.window / Math.max(b.configured, 1) + '%' : '0';
  r.size.style.visibility = b.window < b.configured ? 'visible' : 'hidden';
  write(r.rate, count(b.tps) + (b.tpsLimit > 0 ? ' / ' + count(b.tpsLimit) : ''));
  const [word, meaning] = limited(b.limitedBy);
  write(r.limit, word);
  r.limit.title = meaning;
  write(r.took, b.p50Ms ? took(b.p50Ms) + ' · ' + took(b.p99Ms) : '–');
  mix(r.shares, r.words, b.statuses);
  r.receipts.title = `heard in the last minutes: ${count(b.receipts)}\nsince the start: ${count(b.receiptsTotal)}\nsubmit to final receipt, p50 · p99: ${receiptsTook(b)}`;
  const lag = lagOf(b);
  write(r.lag, lag === null ? count(b.queued) : count(lag));
  r.lag.title = (b.lanes ?? []).map((l) => `${l.lane}: ${lagOfLane(l)} in the stream, ${l.queued} here`).concat(`waiting for a slot: ${b.queued}`, `being stored: ${b.settling}`).join('\n');
  write(r.restarts, count(b.restarts));
  r.restarts.title = b.lastFailure ? `${b.lastFailure.reason}\n${b.lastFailure.at}` : '';
  drawTimes(r);
  r.text = [b.bind, b.operatorId, b.owner, b.state, b.order, b.limitedBy, ...(b.lines ?? []).flatMap((l) => [l.reason, l.host]), b.lastFailure?.reason].join('\n').toLowerCase();
}

function drawTimes(r) {
  write(r.since, since(r.b.since));
  write(r.receipts, receipts(r.b));
  const text = why(r.b);
  r.why.hidden = text === '';
  write(r.why, text);
}

function drawAll(changed, gone) {
  for (const path of gone) {
    rows.get(path)?.el.remove();
    if (rows.delete(path)) unsorted = true;
  }
  for (const path of changed) {
    const b = actors.get(path);
    if (b.bind === undefined) continue;
    let r = rows.get(path);
    if (!r) {
      rows.set(path, r = rowOf(path, b));
      unsorted = true;
    }
    r.b = b;
    drawRow(r);
  }
  if (unsorted) sort();
  filter();
  drawTree();
}

// sort puts what is ill first. Rows that stay in their order are not touched, and the
// one with the focus keeps it.
function sort() {
  unsorted = false;
  const sorted = [...rows.values()].sort((a, b) => rank[a.severity] - rank[b.severity] || natural.compare(a.b.bind, b.b.bind));
  const focused = document.activeElement;
  const parent = $('rows');
  let next = parent.firstElementChild;
  for (const r of sorted) {
    if (r.el === next) next = next.nextElementSibling;
    else parent.insertBefore(r.el, next);
  }
  if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
}

let wanted = ''; // a state, or all
function filter() {
  const words = $('find').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const states = new Map();
  let shown = 0;
  for (const r of rows.values()) {
    states.set(r.b.state, (states.get(r.b.state) ?? 0) + 1);
    const fits = (!wanted || r.b.state === wanted) && words.every((w) => r.text.includes(w));
    r.el.hidden = !fits;
    if (fits) shown++;
  }
  chips(states);
  write($('count'), shown === rows.size ? '' : `${whole.format(shown)} of ${whole.format(rows.size)} binds`);
  $('empty').hidden = shown > 0 || rows.size === 0;
  $('binds').hidden = shown === 0 && rows.size > 0;
}

// chips counts the binds by state; the ill first.
function chips(states) {
  if (wanted && !states.has(wanted)) states.set(wanted, 0);
  const order = [...states.keys()].sort((a, b) => rank[severity(a)] - rank[severity(b)] || natural.compare(a, b));
  const want = ['', ...order];
  const bar = $('chips');
  while (bar.children.length > want.length) bar.lastChild.remove();
  want.forEach((state, i) => {
    let chip = bar.children[i];
    if (!chip) {
      chip = bar.appendChild(make('button'));
      chip.type = 'button';
      chip.append(make('span'), make('b'));
      chip.addEventListener('click', () => { wanted = wanted === chip.dataset.state ? '' : chip.dataset.state; remember(); filter(); });
    }
    chip.dataset.state = state;
    chip.setAttribute('aria-pressed', String(wanted === state));
    const label = chip.firstChild;
    label.className = state ? 'state' : '';
    if (state) label.dataset.severity = severity(state); else delete label.dataset.severity;
    write(label, state || 'All');
    write(chip.lastChild, whole.format(state ? states.get(state) : rows.size));
  });
}

// remember keeps the filter in the address, so that it can be sent to a colleague.
function remember() {
  const q = new URLSearchParams();
  if ($('find').value.trim()) q.set('q', $('find').value.trim());
  if (wanted) q.set('state', wanted);
  history.replaceState(null, '', q.size ? '?' + q : location.pathname);
}

function startAll() {
  const q = new URLSearchParams(location.search);
  $('find').value = q.get('q') ?? '';
  wanted = q.get('state') ?? '';
  $('find').addEventListener('input', () => { remember(); filter(); });
  $('filters').addEventListener('submit', (e) => e.preventDefault());
  $('clear').addEventListener('click', () => { $('find').value = ''; wanted = ''; remember(); filter(); $('find').focus(); });
  document.addEventListener('keydown', keys);
}

// keys: / finds, the arrows go from bind to bind.
function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === '/' && document.activeElement !== $('find')) {
    e.preventDefault();
    $('find').focus();
  } else if (e.key === 'Escape' && document.activeElement === $('find')) {
    $('find').value = '';
    remember();
    filter();
  } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    const row = document.activeElement?.closest?.('#rows .row');
    if (!row && !(document.activeElement === $('find') && e.key === 'ArrowDown')) return;
    const visible = [...$('rows').children].filter((el) => !el.hidden);
    const next = visible[row ? visible.indexOf(row) + (e.key === 'ArrowDown' ? 1 : -1) : 0];
    if (next) {
      e.preventDefault();
      next.querySelector('a').focus();
    } else if (e.key === 'ArrowUp') $('find').focus();
  }
}

// ---- the tree of actors ----

const parentOf = (path) => { // connector/operator/awcc/bind/awcc/trx/1 is below connector/operator/awcc
  let p = path;
  for (let cut = p.lastIndexOf('/'); cut > 0; cut = p.lastIndexOf('/')) {
    p = p.slice(0, cut);
    if (actors.has(p)) return p;
  }
  return '';
};
const leaves = new Map(); // path → its elements

// drawTree writes the branches that are open. What is closed costs nothing.
function drawTree() {
  if (!shape) {
    shape = new Map();
    for (const path of [...actors.keys()].sort(natural.compare)) {
      const p = parentOf(path);
      if (!shape.has(p)) shape.set(p, []);
      shape.get(p).push(path);
    }
  }
  branch($('tree'), shape.get('') ?? [], shape, 0);
}
let shape = null; // path → the paths directly below it; null when actors have come or gone

function branch(el, paths, below, depth) {
  let list = el.querySelector(':scope > ul');
  if (!list) list = el.appendChild(make('ul'));
  const keep = new Set(paths);
  for (const li of [...list.children]) if (!keep.has(li.dataset.path)) { leaves.delete(li.dataset.path); li.remove(); }
  let next = list.firstElementChild;
  for (const path of paths) {
    const children = below.get(path) ?? [];
    let leaf = leaves.get(path);
    if (!leaf || leaf.parent !== list || (leaf.details !== null) !== (children.length > 0)) {
      if (leaf && leaf.li === next) next = next.nextElementSibling;
      leaf?.li.remove();
      leaves.set(path, leaf = leafOf(path, list, children.length > 0, depth < 1));
    }
    if (leaf.li === next) next = next.nextElementSibling;
    else list.insertBefore(leaf.li, next);
    drawLeaf(leaf, actors.get(path), children.length);
    if (leaf.details?.open) branch(leaf.details, children, below, depth + 1);
  }
}

function leafOf(path, parent, hasChildren, open) {
  const li = make('li');
  li.dataset.path = path;
  const line = make(hasChildren ? 'summary' : 'div', hasChildren ? '' : 'leaf');
  const name = make('b');
  name.dir = 'auto';
  const state = make('span', 'quiet');
  const more = make('span', 'quiet');
  const fault = make('span', 'fault');
  fault.dir = 'auto';
  line.append(name, state, more, fault);
  let details = null;
  if (hasChildren) {
    details = li.appendChild(make('details'));
    details.open = open;
    details.addEventListener('toggle', () => details.open && drawTree());
    details.append(line);
  } else li.append(line);
  return { li, parent, details, name, state, more, fault };
}

function drawLeaf(leaf, a, children) {
  const up = parentOf(a.path);
  write(leaf.name, a.bind ?? (up ? a.path.slice(up.length + 1) : a.path));
  write(leaf.state, a.state);
  leaf.state.className = a.bind ? 'state' : 'quiet';
  if (a.bind) leaf.state.dataset.severity = standing(a);
  write(leaf.more, [a.since && 'for ' + since(a.since), children > 0 && !a.bind && `${children} below`, a.mailbox > 0 && `mailbox ${count(a.mailbox)}`,
    a.restarts > 0 && `${a.restarts} restart${a.restarts > 1 ? 's' : ''}`].filter(Boolean).join(' · '));
  write(leaf.fault, a.lastFailure ? `${a.lastFailure.bug ? 'bug: ' : ''}${a.lastFailure.reason} (${since(a.lastFailure.at)} ago)` : '');
}

// ---- the page of one bind ----

let self = null; // the bind's path

function figure(name, value, unit) {
  let box = document.querySelector(`#figures [data-name="${name}"]`);
  if (!box) {
    box = $('figures').appendChild(make('div'));
    box.dataset.name = name;
    box.append(make('dt', '', name), make('dd'));
    box.lastChild.append(make('bdi'), make('small'));
    if (name === 'Owner' || name === 'Operator') box.className = 'word';
  }
  write(box.lastChild.firstChild, value);
  write(box.lastChild.lastChild, unit ? ' ' + unit : '');
}

function table(id, lines) {
  const body = $(id).tBodies[0];
  while (body.rows.length > lines.length) body.deleteRow(-1);
  lines.forEach((cells, i) => {
    const tr = body.rows[i] ?? body.insertRow();
    while (tr.cells.length > cells.length) tr.deleteCell(-1);
    cells.forEach((text, j) => { const td = tr.cells[j] ?? tr.insertCell(); td.dir = 'auto'; write(td, text); });
  });
}

function drawOne() {
  self = [...actors.values()].find((a) => a.bind === bindName) ?? null;
  if (!self) {
    write($('why'), 'This bind is not here any more.');
    $('why').hidden = false;
    return;
  }
  const b = self;
  const is = standing(b);
  write($('state'), b.state);
  $('state').dataset.severity = is;
  write($('since'), 'for ' + since(b.since));
  const text = why(b);
  $('why').hidden = text === '';
  $('why').dataset.severity = is;
  write($('why'), text);
  const [word, meaning] = limited(b.limitedBy);
  figure('In flight', b.inFlight, `of ${b.window}` + (b.window < b.configured ? `, may grow to ${b.configured}` : ''));
  figure('PDUs a second', count(b.tps), b.tpsLimit > 0 ? `of ${count(b.tpsLimit)}` : 'no limit');
  figure('Limited by', word, '');
  document.querySelector('#figures [data-name="Limited by"]').title = meaning;
  figure('Answer p50', took(b.p50Ms), '');
  figure('Answer p99', took(b.p99Ms), '');
  figure('Receipts', b.lastReceipt ? count(b.receipts) : '–', b.lastReceipt ? `in the last minutes, ${count(b.receiptsTotal)} in all` : 'none has come');
  figure('Last receipt', b.lastReceipt ? since(b.lastReceipt) : '–', b.lastReceipt ? 'ago' : '');
  figure('Receipt p50 · p99', receiptsTook(b), '');
  const lag = lagOf(b);
  figure('Waiting', lag === null ? '–' : count(lag), (b.lanes ?? []).filter((l) => l.lag > 0).map((l) => `${l.lane} ${count(l.lag)}`).join(' · '));
  figure('Planned', count(b.queued), 'wait for a slot');
  figure('Being stored', count(b.settling), '');
  figure('Restarts', count(b.restarts), b.lastFailure ? `last ${since(b.lastFailure.at)} ago` : '');
  figure('Operator', b.operatorId, '');
  figure('Owner', b.owner || $('pod').textContent || 'this process', b.epoch > 0 ? `epoch ${b.epoch}` : '');
  figure('Last sequence', b.sequence, '');
  drawLife(b, is);
  const total = b.statuses?.reduce((n, s) => n + s.recent, 0) ?? 0;
  table('statuses', (b.statuses ?? []).map((s) => [s.status, total > 0 ? `${whole.format(s.recent)} (${(100 * s.recent / total).toFixed(1)} %)` : '–', whole.format(s.total)]));
  table('lines', (b.lines ?? []).map((l) => [l.role, l.host ?? '–', l.state, since(l.since), l.attempts, l.redialAt ? until(l.redialAt) : '–', l.reason ?? '']));
  table('below', [...actors.values()].sort((x, y) => natural.compare(x.path, y.path)).map((a) => [a === b ? 'bind' : a.path.slice(b.path.length + 1), a.state, since(a.since), a.mailbox, a.restarts,
    a.lastFailure ? `${a.lastFailure.bug ? 'bug: ' : ''}${a.lastFailure.reason} (${since(a.lastFailure.at)} ago)` : '']));
}

function drawLife(b, is) {
  const svg = $('life');
  svg.dataset.severity = is;
  for (const g of svg.querySelectorAll('.state')) g.classList.toggle('lit', g.dataset.state === b.life);
  for (const g of svg.querySelectorAll('.arrow')) g.classList.toggle('next', g.dataset.from === b.life);
  for (const g of svg.querySelectorAll('.state')) { // a window that is not OPEN is told below BOUND
    const window = g.dataset.state === b.life && b.state !== b.life ? b.state : '';
    g.classList.toggle('two', window !== '');
    write(g.querySelector('.sub'), window);
  }
}

// ---- the last quarter of an hour ----

const SVG = 'http://www.w3.org/2000/svg';
function svg(tag, attributes) {
  const el = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  return el;
}

const charts = [
  { name: 'PDUs a second', of: (s) => s.rate, show: (v) => count(Math.round(v * 10) / 10) },
  { name: 'In flight', of: (s) => s.inFlight, other: (s) => s.window, show: count },
  { name: 'Answer p99', of: (s) => s.p99Ms, show: took },
  { name: 'Receipts a second', of: (s) => s.receipts, show: (v) => count(Math.round(v * 10) / 10) },
  { name: 'Refused a second', of: (s) => s.refused, show: (v) => count(Math.round(v * 10) / 10) },
];
const quarter = 15 * 60 * 1000;

async function drawPast() {
  if (document.hidden) return;
  const answer = await fetch(`/debug/binds/${encodeURIComponent(bindName)}/history`);
  if (!answer.ok) return;
  const samples = await answer.json();
  $('sparks').replaceChildren(...charts.map((c) => spark(c, samples)));
}

function spark(chart, samples) {
  const box = make('div', 'spark');
  const last = samples.at(-1);
  const end = last ? Date.parse(last.at) : 0;
  const x = (s) => 300 * (1 - (end - Date.parse(s.at)) / quarter);
  const most = Math.max(...samples.map(chart.of), 0);
  const top = Math.max(most, ...(chart.other ? samples.map(chart.other) : []));
  const y = (v) => 54 - 48 * v / (top || 1);
  const title = make('h3', '', chart.name);
  title.append(make('b', '', last ? chart.show(chart.of(last)) : '–'));
  const drawing = svg('svg', { viewBox: '0 0 300 64', preserveAspectRatio: 'none', role: 'img', 'aria-label': `${chart.name}: now ${last ? chart.show(chart.of(last)) : 'unknown'}, at most ${chart.show(most)} in 15 minutes` });
  if (samples.length > 1) {
    const at = (of) => samples.map((s) => `${x(s).toFixed(1)} ${y(of(s)).toFixed(1)}`).join('L');
    drawing.append(svg('path', { class: 'area', d: `M${x(samples[0]).toFixed(1)} 54L${at(chart.of)}L300 54Z` }), svg('path', { class: 'curve', d: 'M' + at(chart.of) }));
    if (chart.other) drawing.append(svg('path', { class: 'other', d: 'M' + at(chart.other) }));
  }
  const band = drawing.appendChild(svg('g', { class: 'band' }));
  for (let i = 0; i < samples.length;) { // runs of one severity
    let j = i;
    while (j + 1 < samples.length && severity(samples[j + 1].state) === severity(samples[i].state)) j++;
    const from = Math.max(0, x(samples[i]) - 300 / 90);
    band.append(svg('rect', { x: from.toFixed(1), y: 59, width: Math.max(x(samples[j]) - from, 1).toFixed(1), height: 3, 'data-severity': severity(samples[i].state) }));
    i = j + 1;
  }
  const axis = make('p');
  if (samples.length < 2) axis.append(make('span', '', 'a sample comes every 10 s'));
  else axis.append(make('span', '', '15 min ago'), make('span', '', most > 0 ? 'most ' + chart.show(most) : ''), make('span', '', 'now'));
  box.append(title, drawing, axis);
  return box;
}

// ---- the flight recorder ----

let recorded = '';
async function drawPDUs() {
  if (document.hidden || getSelection().containsNode($('pdus'), true) && !getSelection().isCollapsed) return;
  const answer = await fetch(`/debug/binds/${encodeURIComponent(bindName)}/pdus`);
  if (!answer.ok) return;
  const text = await answer.text();
  const beats = $('beats').checked;
  if (recorded === beats + text) return;
  recorded = beats + text;
  const { pdus, notes, earlier } = JSON.parse(text);
  const lines = [
    ...pdus.filter((p) => beats || !p.command.startsWith('enquire_link')).map((p) => ({ at: p.at, way: p.direction, text: p.line, bad: p.status && p.status !== 'ESME_ROK', octets: p.length })),
    ...notes.map((n) => ({ at: n.at, way: '', text: n.text })),
  ].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, 400);
  write($('pdus-note'), 'Texts, passwords and addresses are masked. ' + (lines.length === 0 ? 'Nothing is recorded yet.' : 'Newest first.') + (earlier > 0 ? ` ${whole.format(earlier)} earlier PDUs have fallen out.` : ''));
  $('pdus').hidden = lines.length === 0;
  $('pdus').replaceChildren(...lines.map((l) => {
    const li = make('li', l.bad ? 'bad' : '');
    const at = make('time', '', new Date(l.at).toTimeString().slice(0, 8) + '.' + l.at.slice(20, 23).padEnd(3, '0'));
    at.dateTime = l.at;
    const out = l.way === 'out' || l.way === 'sent';
    li.append(at, make('span', l.way ? (out ? 'out' : 'in') : 'said', l.way ? (out ? 'out' : 'in') : ''), make('span', l.way ? 'line' : 'line said', l.text));
    return li;
  }));
}

// ---- start ----

function draw(changed, gone) {
  if (page === 'actors') drawAll(changed, gone);
  else drawOne();
}

if (page === 'actors') startAll();
else {
  const quietly = (f) => f().catch(() => {}); // the stream says when the process is away
  $('beats').addEventListener('change', () => quietly(drawPDUs));
  quietly(drawPast);
  quietly(drawPDUs);
  setInterval(() => quietly(drawPast), 10000);
  setInterval(() => quietly(drawPDUs), 3000);
}
setInterval(() => { // what only time changes
  if (!serverNow || document.hidden) return;
  if (page === 'actors') for (const r of rows.values()) { if (!r.el.hidden) drawTimes(r); }
  else drawOne();
}, 1000);
listen();
