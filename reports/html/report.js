"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const text = (node) => node.textContent.toLowerCase();

  for (const tools of all(".tools")) tools.hidden = false;

  const rows = all(".heat tbody tr").map((row) => [row, text(row.cells[0])]);
  byId("repository-filter").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    let shown = 0;
    for (const [row, name] of rows) {
      row.hidden = !name.includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    byId("repository-count").textContent = wanted ? `${shown} of ${rows.length} rows` : "";
  });

  const findings = all(".found > li");
  let words;
  const filter = () => {
    words ??= findings.map((finding) => text(finding) + " " + text(finding.closest(".check").querySelector("summary")));
    const wanted = byId("finding-filter").value.trim().toLowerCase();
    const status = byId("finding-status").value;
    const active = wanted !== "" || status !== "";
    let shown = 0;
    findings.forEach((finding, index) => {
      finding.hidden = (status !== "" && !finding.firstElementChild.classList.contains("s-" + status)) || !words[index].includes(wanted);
      shown += finding.hidden ? 0 : 1;
    });
    for (const check of all(".check")) {
      const hits = all(".found > li:not([hidden])", check);
      check.hidden = active && hits.length === 0;
      check.open = active && hits.length > 0 && shown <= 200;
      for (const passes of all(".passes", check)) {
        passes.hidden = active && all(".found > li:not([hidden])", passes).length === 0;
        passes.open = active && !passes.hidden && shown <= 200;
      }
    }
    for (const part of all(".task, .findings-step")) part.hidden = active && all(".check:not([hidden])", part).length === 0;
    byId("finding-count").textContent = active ? `${shown} of ${findings.length} shown` : "";
  };
  let pause;
  byId("finding-filter").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(filter, 120);
  });
  byId("finding-status").addEventListener("change", filter);
  const open = (state) => all(".check").forEach((check) => (check.open = state));
  byId("open-all").addEventListener("click", () => open(true));
  byId("close-all").addEventListener("click", () => open(false));

  // A link to a finding that the filter hides shows everything again.
  addEventListener("hashchange", () => {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest("[hidden]")) return;
    byId("finding-filter").value = byId("finding-status").value = "";
    filter();
    location.replace(location.hash);
  });

  for (const head of all(".heat th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of all("th", head.parentElement)) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = head.closest("table").tBodies[0];
      const key = (row) => row.cells[head.cellIndex].textContent;
      const number = (row) => (isNaN(parseFloat(key(row))) ? -1 : parseFloat(key(row)));
      const order = head.dataset.sort === "number" ? (a, b) => number(a) - number(b) : (a, b) => key(a).localeCompare(key(b));
      body.append(...[...body.rows].sort((a, b) => (down ? order(b, a) : order(a, b))));
    });
  }

  // Browsers that cannot open details for print by style sheet.
  addEventListener("beforeprint", () => {
    if (CSS.supports("selector(::details-content)")) return;
    for (const part of all(".check.acts, .box")) part.open = true;
  });
})();
