// Keeps the admin's page of the cluster up to date: asks once a second while the page is looked at.
"use strict";

(() => {
  const page = document.getElementById("litefs-cluster");
  if (!page) return;

  const PACE_MS = 1000;
  const KEPT = 120; // points of a chart
  const EVENTS_MAX = 50;
  const rows = document.getElementById("litefs-nodes");
  const state = document.getElementById("litefs-state");
  const events = document.getElementById("litefs-events");
  const charts = { rate: [], behind: [] };
  let before = null; // the answer before this one
  let beforeAt = 0;

  const say = (text) => {
    const line = document.createElement("li");
    const when = document.createElement("time");
    when.dateTime = new Date().toISOString();
    when.textContent = new Date().toLocaleTimeString();
    line.append(when, text);
    events.prepend(line);
    while (events.children.length > EVENTS_MAX) events.lastChild.remove();
  };

  const healthOf = (node) => (node.healthy ? "good" : node.reasons.join(", "));
  const known = (node) => (before && before.nodes.find((other) => other.hostname === node.hostname)) || null;

  const newRow = (node) => {
    const row = rows.rows.length ? rows.rows[0].cloneNode(true) : null;
    if (!row) return null; // nothing to copy: the next full load shows it
    row.dataset.node = node.hostname;
    row.querySelector("th").textContent = node.hostname;
    const form = row.querySelector("form");
    if (form) {
      form.dataset.promote = node.hostname;
      form.elements.node.value = node.hostname;
    }
    rows.append(row);
    return row;
  };

  const show = (node) => {
    const row = [...rows.rows].find((one) => one.dataset.node === node.hostname) || newRow(node);
    if (!row) return;
    row.dataset.role = node.linked ? node.role : "";
    row.dataset.linked = node.linked;
    row.dataset.healthy = node.healthy;
    const texts = {
      role: node.linked ? node.role : "-",
      health: healthOf(node),
      behind: node.role === "primary" || !node.linked ? "-" : String(node.behind),
      lag: node.role === "primary" || !node.linked ? "-" : `${node.lag_ms} ms`,
      positions: Object.entries(node.positions || {}).map((entry) => entry.join(" ")).join(", "),
      version: node.version || "-",
    };
    for (const [field, text] of Object.entries(texts)) {
      row.querySelector(`[data-field="${field}"]`).textContent = text;
    }
    const button = row.querySelector("button");
    if (button) button.disabled = !(node.linked && node.role === "replica" && node.candidate);
  };

  const tell = (node) => {
    const old = known(node);
    if (!old) return before && say(`${node.hostname} joined`);
    if (old.linked !== node.linked) say(`${node.hostname} ${node.linked ? "is back" : `is ${healthOf(node)}`}`);
    else if (old.role !== node.role) say(`${node.hostname} is ${node.role}, was ${old.role}`);
    else if (healthOf(old) !== healthOf(node)) say(`${node.hostname}: ${healthOf(node)}`);
  };

  const transactions = (found) => {
    const primary = found.nodes.find((node) => node.role === "primary");
    const positions = Object.values((primary && primary.positions) || {});
    return positions.reduce((sum, position) => sum + parseInt(position.slice(0, 16), 16), 0);
  };

  const draw = (name, value) => {
    const points = charts[name];
    points.push(value);
    if (points.length > KEPT) points.shift();
    const top = Math.max(1, ...points);
    const line = points.map((y, x) => `${(x * 240) / (KEPT - 1)},${58 - (y * 56) / top}`).join(" ");
    document.querySelector(`#litefs-${name} polyline`).setAttribute("points", line);
    document.getElementById(`litefs-${name}-now`).textContent = String(Math.round(value));
  };

  const update = (found, at) => {
    const left = found.maintenance_left_ms ? `Maintenance: no write starts, for ${Math.round(found.maintenance_left_ms / 1000)} s more.` : "";
    state.textContent = found.error || left;
    for (const node of found.nodes) {
      tell(node);
      show(node);
    }
    for (const row of [...rows.rows]) {
      if (found.nodes.length && !found.nodes.some((node) => node.hostname === row.dataset.node)) row.remove();
    }
    const seconds = (at - beforeAt) / 1000;
    const moved = before ? Math.max(0, transactions(found) - transactions(before)) / seconds : 0;
    draw("rate", moved);
    draw("behind", Math.max(0, ...found.nodes.filter((node) => node.linked).map((node) => node.behind || 0)));
    if (found.nodes.length) {
      before = found;
      beforeAt = at;
    }
  };

  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(page.dataset.nodes, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      update(await answer.json(), performance.now());
    } catch (error) {
      state.textContent = `This node does not answer (${error.message}).`;
    }
  };

  page.addEventListener("submit", (event) => {
    const node = event.target.dataset.promote;
    if (!window.confirm(`Make ${node} the primary? Writes wait for a moment.`)) event.preventDefault();
  });

  const loop = async () => {
    await ask();
    setTimeout(loop, PACE_MS);
  };
  loop();
})();
