"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const files = [...document.querySelectorAll("details.file")].map((box) => ({
    box,
    path: box.dataset.path.toLowerCase(),
    articles: [...box.querySelectorAll("article")].map((box) => ({
      box,
      name: box.dataset.name.toLowerCase(),
      tokens: box.dataset.t ? box.dataset.t.split(" ").map((t) => t.split("\t")) : [],
    })),
  }));
  const total = files.reduce((sum, file) => sum + file.articles.length, 0);
  const rule = $("rule"), verdict = $("verdict"), path = $("path"), help = $("help");

  const bare = (text) => text.replace(/\s/g, "");

  function filter() {
    const wantedRule = bare(rule.value), wantedVerdict = bare(verdict.value);
    const words = path.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const file of files) {
      let some = false;
      for (const article of file.articles) {
        const fits =
          words.every((w) => file.path.includes(w) || article.name.includes(w)) &&
          ((!wantedRule && !wantedVerdict) ||
            article.tokens.some(
              ([r, v]) =>
                (!wantedRule || r === wantedRule) &&
                (!wantedVerdict || v === wantedVerdict),
            ));
        article.box.hidden = !fits;
        shown += fits;
        some ||= fits;
      }
      // One that had no room has no articles, and no rules to go by.
      if (!file.articles.length) {
        some = !wantedRule && !wantedVerdict && words.every((w) => file.path.includes(w));
      }
      file.box.hidden = !some;
    }
    $("shown").textContent = `${shown} of ${total} shown`;
    $("none").hidden = !files.length || files.some((file) => !file.box.hidden);
  }

  function go(step, among) {
    const places = among(files.filter((file) => !file.box.hidden));
    if (!places.length) return;
    const here = document.activeElement;
    let at = places.findIndex((place) => place.contains(here));
    if (at < 0) {
      // Nobody has been anywhere yet, or what was there is hidden now.
      const after = places.findIndex(
        (place) => here.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING,
      );
      at = here === document.body || after < 0 ? (step > 0 ? -1 : places.length) : step > 0 ? after - 1 : after;
    }
    const place = places[Math.min(Math.max(at + step, 0), places.length - 1)];
    const box = place.closest("details");
    box.open = true;
    const target = place === box ? box.querySelector("summary") : place;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }

  const boxes = (shown) => shown.map((file) => file.box);
  const articles = (shown) =>
    shown.flatMap((file) => {
      const inside = file.articles.map((a) => a.box).filter((box) => !box.hidden);
      return inside.length ? inside : [file.box];
    });

  function fold() {
    const open = !files.some((file) => file.box.open);
    for (const file of files) file.box.open = open;
    label();
  }

  function label() {
    $("fold").textContent = files.some((file) => file.box.open) ? "Close all" : "Open all";
  }

  function clear() {
    rule.value = verdict.value = path.value = "";
    filter();
  }

  const keys = {
    j: () => go(1, articles),
    n: () => go(1, articles),
    k: () => go(-1, articles),
    p: () => go(-1, articles),
    J: () => go(1, boxes),
    K: () => go(-1, boxes),
    o: () => {
      const box = document.activeElement.closest("details");
      if (!box) return;
      box.open = !box.open;
      box.querySelector("summary").focus();
    },
    a: fold,
    "/": () => (path.focus(), path.select()),
    r: () => rule.focus(),
    v: () => verdict.focus(),
    x: clear,
    "?": () => help.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // A link to a rule opens what is said of it.
  function aim() {
    let target;
    try {
      target = $(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return; // A name with a percent sign of its own.
    }
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  let waiting = 0;
  path.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  rule.addEventListener("change", filter);
  verdict.addEventListener("change", filter);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("clear").addEventListener("click", (event) => (event.preventDefault(), clear()));
  $("fold").addEventListener("click", fold);
  $("help-button").addEventListener("click", () => help.showModal());
  window.addEventListener("hashchange", aim);
  document.addEventListener("toggle", label, true);

  $("filters").hidden = false;
  label();
  filter();
  aim();
})();
