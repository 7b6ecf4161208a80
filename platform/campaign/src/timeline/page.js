'use strict';
// Draws a simulated run. Time goes down; each process and client has a lane. Everything that comes from the run is set
// as text, never as markup.
const run = JSON.parse(document.getElementById('run').textContent);
const $ = (id) => document.getElementById(id);
const TOP = 26, ROW = 15, NEAR = 6, LISTED = 400;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const seconds = (micros) => (micros / 1e6).toFixed(6).padStart(11);

// Entries as objects, with the text that is searched.
const entries = run.entries.map((raw, index) => {
  const [at, kind, ...rest] = raw;
  const entry = { index, at, kind, from: at, lane: null };
  const name = (lane) => (lane === null ? '?' : run.lanes[lane][0]);
  if (kind === 'note') entry.text = `---- ${rest[0]} ----`;
  if (kind === 'broken') entry.text = `BROKEN: ${rest[0]}`;
  if (kind === 'node') [entry.lane, entry.change, entry.isUp] = rest, entry.text = `* ${name(rest[0])} ${rest[1]}`;
  if (kind === 'act') entry.lane = rest[0], entry.text = `${name(rest[0])} act ${rest[2]}: ${rest[1]}`;
  if (kind === 'fault') [, , entry.until, entry.lanes] = rest, entry.text = `! fault ${rest[1]}: ${rest[0]}`;
  if (kind === 'commit') entry.lane = rest[0], entry.text = `${name(rest[0])} commits`;
  if (kind === 'message') {
    const [from, to, text, sent, arrived, came, id, door] = rest;
    Object.assign(entry, { lane: from, to, from: sent, arrived, came, id: id === null ? '' : run.ids[id] });
    const where = typeof came === 'number' || came === 'refused' ? '' : arrived === null ? ', it did not arrive' : ', it had arrived';
    entry.text = `${name(from)} > ${door} ${text}: ${came}${where} (${((at - sent) / 1000).toFixed(3)} ms)`;
  }
  entry.search = `${entry.text} ${entry.id || ''}`.toLowerCase();
  return entry;
});
const end = Math.max(run.simulated, entries.length ? entries[entries.length - 1].at : 0);

// When each lane's process was not there.
const downs = run.lanes.map(() => []);
// What never begins, such as the broker, is always there.
const begins = new Set(entries.filter((entry) => entry.isUp === true).map((entry) => entry.lane));
const since = run.lanes.map((_, lane) => (begins.has(lane) ? 0 : null));
for (const entry of entries) {
  if (entry.kind !== 'node' || entry.isUp === null || entry.lane === null) continue;
  if (entry.isUp && since[entry.lane] !== null) downs[entry.lane].push([since[entry.lane], entry.at]), since[entry.lane] = null;
  if (!entry.isUp && since[entry.lane] === null) since[entry.lane] = entry.at;
}
since.forEach((from, lane) => { if (from !== null) downs[lane].push([from, end]); });

const view = $('view'), drawing = $('drawing'), head = $('lanes');
let shown = [], lanes = [], colours = {}, chosen = null, middle = 0;

function weight(entry) {
  if (entry.kind === 'broken' || entry.kind === 'fault') return 'bad';
  if (entry.kind === 'act') return 'act';
  if (entry.kind === 'node') return entry.isUp === false ? 'bad' : '';
  if (entry.kind !== 'message') return '';
  if (typeof entry.came !== 'number' || entry.came >= 500) return entry.came === 'a second time' ? 'odd' : 'bad';
  return entry.came >= 400 ? 'odd' : 'good';
}

// What is shown with the present filter; faults, ends and breaks always are, since they explain the rest.
function choose() {
  const words = $('filter').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const isKept = run.lanes.map(([, kind]) => kind !== 'other' || $('observer').checked);
  const frame = (entry) => entry.kind === 'fault' || entry.kind === 'broken' || entry.kind === 'note' || entry.isUp === false || entry.isUp === true;
  // An id chooses what carries it, and whatever belongs to the same process as what carries it.
  const direct = (entry) => words.every((word) => entry.search.includes(word));
  const related = new Set();
  if (words.length) entries.forEach((entry) => { if (entry.id && direct(entry)) related.add(entry.id); });
  shown = entries.filter((entry) => {
    if (entry.kind === 'commit' && !$('commits').checked) return false;
    if (entry.kind === 'message' && !(isKept[entry.lane] && isKept[entry.to])) return false;
    return !words.length || frame(entry) || direct(entry) || (entry.id && related.has(entry.id));
  });
  lanes = run.lanes.map((_, lane) => lane).filter((lane) => isKept[lane]);
  const matches = shown.filter((entry) => !frame(entry)).length;
  $('count').textContent = `${matches} of ${entries.length} entries`;
  layout();
}

const isEven = () => $('even').checked;
const scale = () => 2 * Math.pow(10, Number($('zoom').value) / 20); // pixels for a second
function rank(time) {
  let low = 0, high = shown.length;
  while (low < high) { const middle = (low + high) >> 1; if (shown[middle].at < time) low = middle + 1; else high = middle; }
  return low;
}
const y = (time) => (isEven() ? rank(time) * ROW : (time / 1e6) * scale());
const yOf = (entry, place) => (isEven() ? place * ROW : y(entry.at));
const width = () => Math.max(view.clientWidth, lanes.length * 70 + 40);
function x(lane) {
  const place = lanes.indexOf(lane);
  return place < 0 ? -100 : 20 + ((place + 0.5) * (width() - 40)) / lanes.length;
}

function layout() {
  const height = (isEven() ? shown.length * ROW : (end / 1e6) * scale()) + 60;
  $('space').style.height = `${Math.ceil(height) + TOP}px`;
  $('space').style.width = `${width()}px`;
  draw();
}

function canvas(element, wide, high) {
  const ratio = window.devicePixelRatio || 1;
  element.width = wide * ratio; element.height = high * ratio;
  element.style.width = `${wide}px`; element.style.height = `${high}px`;
  const pen = element.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = '11px system-ui, sans-serif';
  return pen;
}

function draw() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['back', 'ink', 'faint', 'line', 'good', 'odd', 'bad', 'fault', 'act', 'commit', 'down']) colours[name] = style.getPropertyValue(`--${name}`).trim();
  const wide = width(), high = Math.max(view.clientHeight - TOP, 50), top = view.scrollTop;
  const names = canvas(head, wide, TOP), pen = canvas(drawing, wide, high);
  names.fillStyle = colours.back; names.fillRect(0, 0, wide, TOP);
  names.textAlign = 'center';
  for (const lane of lanes) { names.fillStyle = run.lanes[lane][1] === 'client' ? colours.act : colours.ink; names.fillText(run.lanes[lane][0], x(lane), 17); }
  pen.translate(0, -top);
  bands(pen, wide, top, high);
  axis(pen, wide, top, high);
  for (const lane of lanes) ladder(pen, lane, top, high);
  const seen = [];
  shown.forEach((entry, place) => {
    const from = isEven() && entry.from === entry.at ? place * ROW : y(entry.from), to = yOf(entry, place);
    if (to < top - 20 || from > top + high + 20) return;
    mark(pen, entry, from, to, wide);
    if (to >= top && to <= top + high) seen.push(entry);
  });
  list(seen);
  middle = timeAt(top + high / 2);
}

function bands(pen, wide, top, high) {
  for (const entry of entries) {
    if (entry.kind !== 'fault' || entry.until === null) continue;
    const from = y(entry.at), to = y(Math.min(entry.until, end));
    if (to < top || from > top + high) continue;
    pen.globalAlpha = 0.10; pen.fillStyle = colours.fault;
    if (entry.lanes.length === 0) pen.fillRect(0, from, wide, Math.max(to - from, 1));
    for (const lane of entry.lanes) pen.fillRect(x(lane) - 24, from, 48, Math.max(to - from, 1));
    pen.globalAlpha = 1;
  }
}

function axis(pen, wide, top, high) {
  pen.strokeStyle = colours.line; pen.fillStyle = colours.faint; pen.lineWidth = 1; pen.textAlign = 'left';
  if (isEven()) {
    for (let place = Math.max(0, Math.floor(top / ROW)); place < Math.min(shown.length, (top + high) / ROW + 1); place += 8) pen.fillText(seconds(shown[place].at).trim(), 2, place * ROW + 4);
    return;
  }
  const steps = [0.0001, 0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30];
  const step = steps.find((each) => each * scale() >= 50) || 60;
  for (let at = Math.floor(top / scale() / step) * step; at * scale() < top + high; at += step) {
    pen.beginPath(); pen.moveTo(0, at * scale()); pen.lineTo(wide, at * scale()); pen.stroke();
    pen.fillText(`${Number(at.toFixed(4))} s`, 2, at * scale() - 2);
  }
}

function ladder(pen, lane, top, high) {
  const line = (from, to, colour, dash, thick) => {
    if (to < top || from > top + high) return;
    pen.strokeStyle = colour; pen.lineWidth = thick; pen.setLineDash(dash);
    pen.beginPath(); pen.moveTo(x(lane), Math.max(from, top)); pen.lineTo(x(lane), Math.min(to, top + high)); pen.stroke();
    pen.setLineDash([]); pen.lineWidth = 1;
  };
  line(0, y(end) + 20, colours.faint, [], 1);
  for (const [from, to] of downs[lane]) { line(y(from), y(to), colours.back, [], 3); line(y(from), y(to), colours.down, [2, 4], 2); }
}

function mark(pen, entry, from, to, wide) {
  const colour = colours[weight(entry)] || colours.faint;
  pen.strokeStyle = colour; pen.fillStyle = colour; pen.textAlign = 'left';
  const isChosen = chosen && (entry === chosen || (chosen.id && entry.id === chosen.id));
  pen.globalAlpha = chosen && !isChosen ? 0.35 : 1;
  pen.lineWidth = isChosen ? 2.5 : 1;
  if (entry.kind === 'message') arrow(pen, entry, from, to);
  if (entry.kind === 'commit') { pen.fillStyle = colours.commit; pen.fillRect(x(entry.lane) - 4, to - 1, 8, 2); }
  if (entry.kind === 'act') { pen.beginPath(); pen.arc(x(entry.lane), to, 4, 0, 7); pen.fill(); }
  if (entry.kind === 'node') { pen.fillText(entry.change, x(entry.lane) + 6, to + 4); pen.fillRect(x(entry.lane) - 5, to - 1, 10, 2); }
  if (entry.kind === 'note' || entry.kind === 'broken' || entry.kind === 'fault') {
    pen.setLineDash(entry.kind === 'fault' ? [3, 3] : []);
    pen.beginPath(); pen.moveTo(0, to); pen.lineTo(wide, to); pen.stroke(); pen.setLineDash([]);
    pen.fillText(entry.text, 60, to - 3);
  }
  pen.globalAlpha = 1; pen.lineWidth = 1;
}

// The way there is a line with a head, the way back is dashed; what was lost ends with a cross.
function arrow(pen, entry, from, to) {
  const [one, two] = [x(entry.lane), x(entry.to)];
  const there = entry.arrived === null ? to : y(entry.arrived);
  const far = entry.arrived === null ? one + (two - one) * 0.7 : two;
  stroke(pen, one, from, far, entry.arrived === null ? Math.min(there, from + 30) : there, []);
  if (entry.arrived === null) return cross(pen, far, Math.min(there, from + 30));
  tip(pen, far, there, Math.sign(two - one));
  if (typeof entry.came === 'number') { stroke(pen, two, there, one, to, [4, 3]); tip(pen, one, to, Math.sign(one - two)); }
  else if (entry.came !== 'a second time') { const half = two + (one - two) * 0.4; stroke(pen, two, there, half, to, [4, 3]); cross(pen, half, to); }
}
function stroke(pen, ax, ay, bx, by, dash) { pen.setLineDash(dash); pen.beginPath(); pen.moveTo(ax, ay); pen.lineTo(bx, by); pen.stroke(); pen.setLineDash([]); }
function tip(pen, px, py, way) { pen.beginPath(); pen.moveTo(px, py); pen.lineTo(px - 6 * way, py - 3); pen.lineTo(px - 6 * way, py + 3); pen.fill(); }
function cross(pen, px, py) { stroke(pen, px - 4, py - 4, px + 4, py + 4, []); stroke(pen, px - 4, py + 4, px + 4, py - 4, []); }

function withIds(parent, text) {
  let last = 0;
  for (const found of text.matchAll(ID)) {
    parent.append(text.slice(last, found.index));
    const id = document.createElement('span');
    id.className = 'id'; id.textContent = found[0];
    id.onclick = (event) => { event.stopPropagation(); filter(found[0]); };
    parent.append(id);
    last = found.index + found[0].length;
  }
  parent.append(text.slice(last));
}

function list(seen) {
  const items = seen.slice(0, LISTED).map((entry) => {
    const item = document.createElement('li');
    item.className = `${weight(entry)}${entry === chosen ? ' here' : ''}`;
    withIds(item, `${seconds(entry.at)} ${entry.text}`);
    item.onclick = () => pick(entry, false);
    return item;
  });
  $('lines').replaceChildren(...items);
}

function filter(text) { $('filter').value = text; location.hash = encodeURIComponent(text); choose(); }
function pick(entry, scrolls) {
  chosen = chosen === entry ? null : entry;
  if (scrolls && chosen) view.scrollTop = Math.max(0, y(entry.at) - view.clientHeight / 2);
  draw();
}

function distance(px, py, ax, ay, bx, by) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length));
  return Math.hypot(px - ax - share * (bx - ax), py - ay - share * (by - ay));
}
function under(event) {
  const box = drawing.getBoundingClientRect();
  const px = event.clientX - box.left, py = event.clientY - box.top + view.scrollTop;
  let best = null, nearest = NEAR;
  shown.forEach((entry, place) => {
    const to = yOf(entry, place), from = y(entry.from);
    if (to < py - 400 && entry.kind !== 'message') return;
    let away = Math.abs(py - to) + (entry.lane === null ? 0 : Math.max(0, Math.abs(px - x(entry.lane)) - 3));
    if (entry.kind === 'message') {
      const there = entry.arrived === null ? Math.min(to, from + 30) : y(entry.arrived);
      away = Math.min(distance(px, py, x(entry.lane), from, x(entry.to), there), entry.arrived === null ? NEAR : distance(px, py, x(entry.to), there, x(entry.lane), to));
    }
    if (away < nearest) { nearest = away; best = entry; }
  });
  return best;
}
drawing.onmousemove = (event) => {
  const entry = under(event), box = $('tip');
  box.style.display = entry ? 'block' : 'none';
  if (!entry) return;
  box.textContent = `${seconds(entry.at).trim()} s\n${entry.text}${entry.id ? `\n~${entry.id}` : ''}`;
  box.style.left = `${Math.min(event.clientX + 14, window.innerWidth - 380)}px`;
  box.style.top = `${Math.min(event.clientY + 14, window.innerHeight - 90)}px`;
};
drawing.onmouseleave = () => { $('tip').style.display = 'none'; };
drawing.onclick = (event) => { const entry = under(event); if (entry) pick(entry, false); else { chosen = null; draw(); } };

let waits = false;
view.onscroll = () => { if (!waits) { waits = true; requestAnimationFrame(() => { waits = false; draw(); }); } };
window.onresize = layout;
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
$('filter').oninput = () => filter($('filter').value);
for (const id of ['observer', 'commits']) $(id).onchange = choose;
// What is in the middle stays there.
for (const id of ['zoom', 'even']) {
  $(id).oninput = () => { const keep = middle; layout(); view.scrollTop = y(keep) - view.clientHeight / 2; draw(); };
}
function timeAt(place) {
  if (!isEven()) return (place / scale()) * 1e6;
  const entry = shown[Math.min(shown.length - 1, Math.floor(place / ROW))];
  return entry ? entry.at : 0;
}
document.onkeydown = (event) => {
  if (event.key === '/' && document.activeElement !== $('filter')) { event.preventDefault(); $('filter').focus(); }
  if (event.key === 'Escape') { filter(''); chosen = null; draw(); }
};

$('title').textContent = `seed ${run.seed}`;
$('verdict').textContent = run.failures.length ? `promises broken: ${run.failures.length}` : 'all promises held';
$('verdict').className = run.failures.length ? 'bad' : 'good';
$('replay').textContent = run.replay;
$('planned').textContent = `${run.faults.length} faults and ${run.acts.length} acts were played; trace ${run.trace}${run.isWhole ? '' : '; only the newest entries are here'}`;
$('script').textContent = ['faults', ...run.faults, '', 'acts', ...run.acts].join('\n');
for (const failure of run.failures) {
  const title = document.createElement('h2'), rows = document.createElement('pre');
  title.textContent = failure.what;
  for (const row of failure.rows) { withIds(rows, row); rows.append('\n'); }
  $('failures').append(title, rows);
  if (failure.line.length) {
    const line = document.createElement('details'), name = document.createElement('summary'), text = document.createElement('pre');
    name.textContent = `its line: ${failure.line.length} things in true time`;
    for (const each of failure.line) { withIds(text, each); text.append('\n'); }
    line.append(name, text);
    $('failures').append(line);
  }
}
try { $('filter').value = decodeURIComponent(location.hash.slice(1)); } catch { $('filter').value = ''; }
choose();
// Filling the fleet comes before, and is seldom what is looked for.
const begin = entries.find((entry) => entry.text === '---- faults begin ----');
if (begin) { view.scrollTop = y(begin.at) - 40; draw(); }
