// Keeps a page of the cluster up to date while it is looked at: by server-sent events where litefs-proxy serves
// the page (data-events), by asking again and again where Django does (data-nodes), which holds no worker of the app.
"use strict";

(() => {
  const page = document.getElementById("litefs-cluster");
  if (!page) return;

  const PACE_MS = 1000;
  const CHART_MS = 120000;
  const SILENT_MS = 3000; // of LiteFS, until it counts as such
  const FIELDS = ["role", "health", "parts", "behind", "delay", "requests", "waits", "positions", "breaks", "version"];
  const rows = document.getElementById("litefs-nodes");
  const state = document.getElementById("litefs-state");
  const events = document.getElementById("litefs-events");
  const promotion = document.getElementById("litefs-promote");
  const charts = { requests: [], transactions: [], delay: [] };
  let before = null; // the answer before this one
  let beforeAt = 0;
  let told = ""; // the events that are shown

  const make = (tag, dataset = {}, text = "") => {
    const made = document.createElement(tag);
    Object.assign(made.dataset, dataset);
    made.textContent = text;
    return made;
  };

  // --- nodes

  const newRow = (name) => {
    const row = make("tr", { node: name });
    const head = make("th", {}, name);
    head.scope = "row";
    row.append(head, ...FIELDS.map((field) => make("td", { field })));
    if (promotion) {
      const cell = make("td");
      cell.append(promotion.content.cloneNode(true));
      cell.querySelector("form").elements.node.value = name;
      cell.querySelector("button").setAttribute("aria-label", `Make primary: ${name}`);
      row.append(cell);
    }
    rows.append(row);
    return row;
  };

  const txid = (position) => (position ? parseInt(position.slice(0, 16), 16) : 0);

  const positionsOf = (node, primary) =>
    Object.entries(node.positions || {})
      .map(([name, position]) => {
        const lacks = Math.max(0, txid(primary && primary.positions[name]) - txid(position));
        return `${name} ${position}${lacks ? ` (${lacks} behind)` : ""}`;
      })
      .join("\n");

  const partsOf = (node) => {
    const reasons = node.reasons || [];
    const silent = node.litefs_silent_ms > SILENT_MS;
    return [
      `app ${node.ready ? "up" : "down"}`,
      `LiteFS ${silent ? "silent" : "up"}`,
      `mount ${reasons.includes("mount-dead") ? "dead" : "up"}`,
    ].join(", ");
  };

  const waitsOf = (load) => {
    const all = [
      [load.held, "held"],
      [load.waiting, "for a position"],
      [load.acknowledging, "for candidates"],
    ];
    return all.filter(([count]) => count > 0).map((each) => each.join(" ")).join(", ") || "none";
  };

  const healthOf = (node) => {
    if (node.healthy) return "good";
    const since = node.silent_ms === undefined ? "" : ` for ${Math.round(node.silent_ms / 1000)} s`;
    return node.reasons.join(", ") + since;
  };

  const show = (node, primary) => {
    const row = [...rows.rows].find((one) => one.dataset.node === node.hostname) || newRow(node.hostname);
    const replica = node.linked && node.role !== "primary";
    const load = node.load || {};
    const texts = {
      role: node.linked ? node.role : "-",
      health: healthOf(node),
      parts: node.linked ? partsOf(node) : "-",
      behind: replica ? String(node.behind ?? "-") : "-",
      delay: replica && node.delay_ms !== undefined ? `${node.delay_ms} ms` : "-",
      requests: node.linked ? `${load.requests_per_s ?? "-"}/s` : "-",
      waits: node.linked ? waitsOf(load) : "-",
      positions: positionsOf(node, primary),
      breaks: String(node.lineage_breaks ?? "-"),
      version: node.version || "-",
    };
    Object.assign(row.dataset, {
      role: node.linked ? node.role : "",
      linked: node.linked,
      healthy: node.healthy,
      behind: replica ? node.behind : 0,
    });
    for (const [field, text] of Object.entries(texts)) {
      const cell = row.querySelector(`[data-field="${field}"]`);
      if (cell.textContent !== text) cell.textContent = text;
    }
    const button = row.querySelector("button");
    if (button) button.disabled = !(node.linked && node.role === "replica" && node.candidate);
  };

  // --- charts

  const transactions = (found) => {
    const primary = found.nodes.find((node) => node.role === "primary");
    return Object.values((primary && primary.positions) || {}).reduce((sum, position) => sum + txid(position), 0);
  };

  const draw = (name, value, at) => {
    const points = charts[name];
    points.push([at, value]);
    while (at - points[0][0] > CHART_MS) points.shift();
    const top = Math.max(1, ...points.map(([, y]) => y));
    const line = points.map(([x, y]) => `${240 - ((at - x) * 240) / CHART_MS},${58 - (y * 56) / top}`).join(" ");
    document.querySelector(`#litefs-${name} polyline`).setAttribute("points", line);
    document.getElementById(`litefs-${name}-now`).textContent = String(Math.round(value));
  };

  const drawAll = (found, at) => {
    const here = found.nodes.filter((node) => node.linked);
    const seconds = (at - beforeAt) / 1000;
    const moved = before ? Math.max(0, transactions(found) - transactions(before)) / seconds : 0;
    draw("requests", here.reduce((sum, node) => sum + ((node.load || {}).requests_per_s || 0), 0), at);
    draw("transactions", moved, at);
    draw("delay", Math.max(0, ...here.map((node) => node.delay_ms || 0)), at);
  };

  // --- events

  const tell = (all) => {
    const text = JSON.stringify(all);
    if (text === told) return;
    const lines = [...all].reverse().map((one) => {
      const line = make("li", { kind: one.kind });
      const when = make("time", {}, new Date(one.at_ms).toLocaleString());
      when.dateTime = new Date(one.at_ms).toISOString();
      line.append(when, `${one.node} ${one.what}`);
      return line;
    });
    events.replaceChildren(...lines);
    if (told) events.setAttribute("aria-live", "polite"); // what was there before is not read out
    told = text;
  };

  // --- all of it

  const update = (found, at) => {
    const left = Math.round((found.maintenance_left_ms || 0) / 1000);
    state.textContent = found.error || (left ? `Maintenance: no write starts, for ${left} s more.` : "");
    if (!found.nodes.length) return;
    const primary = found.nodes.find((node) => node.role === "primary");
    for (const node of found.nodes) show(node, primary);
    for (const row of [...rows.rows]) {
      if (!found.nodes.some((node) => node.hostname === row.dataset.node)) row.remove();
    }
    tell(found.events || []);
    drawAll(found, at);
    before = found;
    beforeAt = at;
  };

  const follow = () => {
    let stream = null;
    const look = () => {
      if (stream) stream.close();
      stream = null;
      if (document.hidden) return;
      stream = new EventSource(page.dataset.events);
      stream.onmessage = (message) => update(JSON.parse(message.data), performance.now());
      stream.onerror = () => {
        state.textContent = "This node does not answer; it is asked again.";
        if (stream.readyState === EventSource.CLOSED) setTimeout(look, PACE_MS);
      };
    };
    document.addEventListener("visibilitychange", look);
    look();
  };

  const ask = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(page.dataset.nodes, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        update(await answer.json(), performance.now());
      } catch (error) {
        state.textContent = `This node does not answer (${error.message}).`;
      }
    }
    setTimeout(ask, PACE_MS);
  };

  if (promotion) {
    const head = make("th", {}, "Hand over");
    head.scope = "col";
    page.querySelector("thead tr").append(head);
    page.addEventListener("submit", (event) => {
      const node = event.target.elements.node.value;
      if (!window.confirm(`Make ${node} the primary? Writes wait for a moment.`)) event.preventDefault();
    });
  }
  if (page.dataset.events) follow();
  else ask();
})();
