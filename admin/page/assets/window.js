// What the page does in the browser beside htmx. Everything can be read without it.
(function () {
  "use strict";
  var root = document.documentElement;

  // Theme: auto, light, dark. It is set before anything is drawn.
  function theme() { try { return localStorage.getItem("theme") || "auto"; } catch (e) { return "auto"; } }
  function paint(name) {
    if (name === "auto") { root.removeAttribute("data-theme"); } else { root.setAttribute("data-theme", name); }
    document.querySelectorAll("[data-theme-name]").forEach(function (e) { e.textContent = name; });
    document.dispatchEvent(new Event("themed"));
  }
  paint(theme());

  function typing(e) { return e.target.closest("input, select, textarea, [contenteditable]"); }
  function say(text) {
    var toast = document.getElementById("toast");
    if (!toast) { return; }
    toast.textContent = text;
    toast.hidden = text === "";
  }

  document.addEventListener("DOMContentLoaded", function () {
    paint(theme());
    document.querySelectorAll("[data-theme-toggle], .tools [data-open]").forEach(function (e) { e.hidden = false; });
  });

  document.addEventListener("click", function (e) {
    var at = e.target.closest("[data-open], [data-close], [data-theme-toggle]");
    if (!at) { return; }
    if (at.hasAttribute("data-theme-toggle")) {
      var next = { auto: "light", light: "dark", dark: "auto" }[theme()] || "auto";
      try { localStorage.setItem("theme", next); } catch (err) { /* it holds for this page */ }
      paint(next);
    } else if (at.hasAttribute("data-open")) {
      var dialog = document.getElementById(at.getAttribute("data-open"));
      if (dialog && dialog.showModal && !dialog.open) { dialog.showModal(); }
    } else {
      var open = at.closest("dialog");
      if (open) { open.close(); }
    }
  });

  // Keys: g and a view's letter, / for the filter, ? for the list.
  var before = "";
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || document.querySelector("dialog[open]")) { return; }
    if (before === "g") {
      var link = document.querySelector('nav [data-key="' + CSS.escape(e.key) + '"]');
      before = "";
      if (link) { e.preventDefault(); link.click(); }
      return;
    }
    before = e.key;
    if (e.key === "/") {
      var field = document.querySelector("main input[type=search], main .filter input");
      if (field) { e.preventDefault(); field.focus(); }
    } else if (e.key === "?") {
      var help = document.getElementById("help");
      if (help) { help.showModal(); }
    }
  });

  // A session that has ended answers with the sign-in page: the whole window goes there, not a part of it.
  document.addEventListener("htmx:beforeSwap", function (e) {
    var url = e.detail.xhr && e.detail.xhr.responseURL;
    if (url && new URL(url).pathname === "/signin") { e.detail.shouldSwap = false; location.reload(); }
  });
  // What became of an action is read first.
  document.addEventListener("htmx:afterSettle", function (e) {
    var said = e.target.id === "main" && e.target.querySelector(".said");
    if (said) { said.tabIndex = -1; said.focus(); window.scrollTo(0, 0); }
  });
  document.addEventListener("htmx:sendError", function () { say("The server does not answer. What is shown may be old."); });
  document.addEventListener("htmx:afterRequest", function (e) { if (e.detail.successful) { say(""); } });

  // Live or not.
  function mark(text, kind) {
    var at = document.querySelector("[data-live] .badge");
    if (at && at.textContent !== text) { at.textContent = text; at.className = "badge " + kind; }
  }
  document.addEventListener("htmx:sseOpen", function () { mark("live", "badge-good"); });
  document.addEventListener("htmx:sseError", function (e) {
    mark("not live: reload the page if this stays", "badge-warn");
    if (e.detail.source && e.detail.source.readyState === EventSource.CLOSED) { leave(); }
  });
  // A stream that is refused does not say why: where the session is over, the window goes to the sign-in page. Asking renews no session.
  function leave() {
    fetch("/account", { redirect: "manual", headers: { "X-Refresh": "1" } })
      .then(function (answer) { if (answer.type === "opaqueredirect") { location.reload(); } }, function () { /* the server is away; the stream tries again */ });
  }

  // Charts. They draw what the table of the same name says, which is there for everybody.
  var charts = {};
  function colour(kind) {
    var probe = document.createElement("span");
    probe.className = "badge badge-" + kind;
    probe.hidden = true;
    document.body.appendChild(probe);
    var is = getComputedStyle(probe).color;
    probe.remove();
    return is;
  }
  function cells(table) {
    return Array.prototype.map.call(table.tBodies[0].rows, function (row) {
      return Array.prototype.map.call(row.cells, function (cell, i) { return i ? Number(cell.textContent) : cell.textContent.trim(); });
    });
  }
  function column(rows, i) { return rows.map(function (r) { return r[i]; }); }
  function plus(a, b) { return a.map(function (v, i) { return v + b[i]; }); }
  function stacks(name, rows) {
    if (name === "approval") { return [{ of: column(rows, 1), kind: "info" }]; }
    var good = column(rows, 1), bad = plus(good, column(rows, 2));
    return [{ of: plus(bad, column(rows, 3)), kind: "info" }, { of: bad, kind: "bad" }, { of: good, kind: "good" }];
  }
  function draw(box) {
    var name = box.getAttribute("data-chart"), table = document.querySelector("#" + name + " table");
    if (!table || !window.uPlot) { return; }
    var rows = cells(table), layers = stacks(name, rows), labels = column(rows, 0);
    var data = [labels.map(function (l, i) { return i; })].concat(layers.map(function (l) { return l.of; }));
    var key = labels.join() + getComputedStyle(document.body).color;
    if (charts[name] && charts[name].key === key && charts[name].plot.root.isConnected) { charts[name].plot.setData(data); return; }
    box.textContent = "";
    if (!rows.length || !data[1].some(function (v) { return v > 0; })) { delete charts[name]; return; }
    var ink = colour("plain"), soft = getComputedStyle(document.querySelector(".muted") || document.body).color;
    var grid = { stroke: soft.replace("rgb(", "rgba(").replace(")", ", 0.18)"), width: 1 };
    var every = name === "minutes" ? 10 : 1;
    box.style.display = "block";
    charts[name] = { key: key, plot: new uPlot({
      width: box.clientWidth, height: 190, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false, range: [-0.6, rows.length - 0.4] }, y: { range: function (u, min, max) { return [0, Math.max(4, Math.ceil(max * 1.1))]; } } },
      axes: [
        { stroke: soft, grid: { show: false }, ticks: grid, font: "11px system-ui, sans-serif", splits: function () { return data[0].filter(function (i) { return (rows.length - 1 - i) % every === 0; }); },
          values: function (u, at) { return at.map(function (i) { return labels[i].replace(" s", ""); }); }, rotate: name === "approval" && box.clientWidth < 420 ? -60 : 0, size: name === "approval" && box.clientWidth < 420 ? 50 : 28 },
        { stroke: soft, grid: grid, ticks: { show: false }, size: 42, font: "11px system-ui, sans-serif", incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000, 1000000] }
      ],
      series: [{}].concat(layers.map(function (l) { return { fill: colour(l.kind), stroke: ink, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.78, 60], gap: 1 }) }; }))
    }, data, box) };
  }
  function drawAll() { document.querySelectorAll("[data-chart]").forEach(draw); }
  function redraw() { charts = {}; drawAll(); }
  document.addEventListener("themed", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("DOMContentLoaded", function () {
    var seen = 0;
    drawAll();
    document.querySelectorAll("[data-chart]").forEach(function (box) {
      var from = document.getElementById(box.getAttribute("data-chart"));
      new MutationObserver(function () { draw(box); }).observe(from, { childList: true });
      new ResizeObserver(function () { if (seen !== innerWidth) { seen = innerWidth; redraw(); } }).observe(box.parentElement);
    });
  });
}());
