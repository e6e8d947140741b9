"use strict";
// Filters, sorts and copies. Without it, the page is complete.
(() => {
  const form = document.getElementById("filter");
  const of = (element, name) => element.closest(`[data-${name}]`)?.dataset[name] ?? "";
  const FIELDS = ["status", "severity", "control", "account", "region"];
  const items = [...document.querySelectorAll(".finding")].map((element, place) => {
    const group = element.closest(".group");
    const head = group.querySelector("summary").textContent;
    const item = { element, group, place, text: `${head} ${element.textContent}`.toLowerCase() };
    FIELDS.forEach((name) => { item[name] = of(element, name); });
    item.name = element.querySelector("bdi")?.textContent ?? "";
    return item;
  });
  const groups = [...new Set(items.map((item) => item.group))];
  const sectionOf = (group) => group.closest("section");
  const sections = [...new Set(groups.map(sectionOf))];
  const fields = () => [...form.elements].filter((field) => field.name);
  const inOrder = new Intl.Collator("en", { numeric: true }).compare;
  const RANK = { CRITICAL: 0, HIGH: 1, MEDIUM: 2, LOW: 3 };

  const compare = (order, count) => (one, other) => {
    const by = {
      severity: () => (RANK[one.severity] ?? 4) - (RANK[other.severity] ?? 4),
      findings: () => count.get(other.group) - count.get(one.group),
    }[order] ?? (() => inOrder(one[order] ?? "", other[order] ?? ""));
    return by() || one.place - other.place;
  };

  const sort = (order) => {
    const count = new Map();
    items.forEach((item) => count.set(item.group, (count.get(item.group) ?? 0) + 1));
    const sorted = [...items];
    if (order) sorted.sort(compare(order, count));
    sorted.forEach((item) => item.element.parentElement.append(item.element));
    [...new Set(sorted.map((item) => item.group))].forEach((group) => {
      group.parentElement.append(group);
    });
  };

  const apply = () => {
    const wanted = Object.fromEntries(fields().map((field) => [field.name, field.value]));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    const used = FIELDS.filter((name) => wanted[name]);
    let shown = 0;
    const matches = (item) => used.every((name) => item[name] === wanted[name])
      && words.every((word) => item.text.includes(word));
    const visible = new Set();
    items.forEach((item) => {
      const matching = matches(item);
      item.element.hidden = !matching;
      if (matching) {
        shown += 1;
        visible.add(item.group);
      }
    });
    const limited = words.length + used.length > 0;
    groups.forEach((group) => {
      group.hidden = !visible.has(group);
      if (limited && visible.has(group)) group.open = true;
    });
    sections.forEach((section) => {
      section.hidden = !groups.some((one) => sectionOf(one) === section && !one.hidden);
    });
    form.querySelector("output").value = `${shown} of ${items.length} shown`;
    return wanted;
  };

  let order = "";
  const update = () => {
    const wanted = apply();
    if (wanted.sort !== order) {
      order = wanted.sort;
      sort(order);
    }
  };
  const remember = () => {
    const view = new URLSearchParams();
    fields().forEach((field) => { if (field.value) view.set(field.name, field.value); });
    history.replaceState(null, "", `#${view.size ? `?${view}` : ""}`);
  };
  const clear = () => {
    form.reset();
    update();
  };

  const follow = () => {
    const fragment = decodeURIComponent(location.hash.slice(1));
    if (fragment.startsWith("?")) {
      const view = new URLSearchParams(location.hash.slice(2));
      fields().forEach((field) => { field.value = view.get(field.name) ?? ""; });
      update();
      return;
    }
    const target = fragment && document.getElementById(fragment);
    if (!target) return;
    if (target.closest("[hidden]")) clear();
    for (let one = target; one; one = one.parentElement) {
      if (one.tagName === "DETAILS") one.open = true;
    }
    target.scrollIntoView();
  };

  if (form && items.length) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => { update(); remember(); });
    form.querySelector("[data-clear]").addEventListener("click", () => { clear(); remember(); });
    form.querySelector("[data-open]").addEventListener("click", () => {
      const all = [...document.querySelectorAll("main details")].filter((one) => !one.closest("[hidden]"));
      const open = all.some((one) => !one.open);
      all.forEach((one) => { one.open = open; });
    });
    update();
  }
  window.addEventListener("hashchange", follow);
  follow();

  document.querySelectorAll("pre").forEach((block) => {
    const code = block.querySelector("code") ?? block;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => {
      const select = () => getSelection().selectAllChildren(code);
      const done = () => { button.textContent = "Copied"; };
      if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select);
      else select();
    });
    block.before(button);
  });

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
