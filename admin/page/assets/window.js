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
  document.addEventListener("htmx:sendError", function () { say("The server does not answer. What is shown may be old."); });
  document.addEventListener("htmx:afterRequest", function (e) { if (e.detail.successful) { say(""); } });
}());
