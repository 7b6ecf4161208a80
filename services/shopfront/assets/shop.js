// Only what makes the shop nicer: every page works without it.
"use strict";
(() => {
  const drawer = document.getElementById("drawer");
  const cartLink = document.getElementById("cart-link");
  const live = document.getElementById("live");

  const say = (text) => { live.textContent = text; };

  const load = async (address) => {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.text();
  };

  // What comes from the shop itself is markup that it made; nothing else is put in.
  const showDrawer = async () => {
    drawer.innerHTML = await load(cartLink.dataset.drawer);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = drawer.dataset.close;
    close.addEventListener("click", () => drawer.close());
    drawer.append(close);
    if (!drawer.open) drawer.showModal();
  };

  if (cartLink && drawer && drawer.showModal) {
    cartLink.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      showDrawer().catch(() => { location.href = cartLink.href; });
    });
    drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
    drawer.addEventListener("close", () => cartLink.focus());
  }

  // Puts a product into the cart without leaving the page.
  for (const form of document.querySelectorAll("form[data-cart]")) {
    form.addEventListener("submit", async (event) => {
      if (!drawer || !drawer.showModal) return;
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      try {
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const notice = page.querySelector(".notice, [role=alert]");
        const link = page.getElementById("cart-link");
        if (link) cartLink.textContent = link.textContent;
        await showDrawer();
        if (notice) drawer.prepend(document.importNode(notice, true));
        if (notice) say(notice.textContent);
      } catch {
        form.submit();
      } finally {
        button.disabled = false;
      }
    });
  }

  // An image that cannot be had gives way to the drawing that says so.
  const replace = (image) => {
    const drawing = drawer && drawer.dataset.placeholder;
    if (drawing && !image.src.endsWith(drawing)) image.src = drawing;
  };
  document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) replace(event.target); }, true);
  for (const image of document.images) if (image.complete && image.naturalWidth === 0) replace(image);

  // Follows an order.
  const follow = () => {
    const order = document.getElementById("order");
    if (!order || !order.dataset.live || !window.EventSource) return;
    const source = new EventSource(order.dataset.live);
    source.addEventListener("state", async (event) => {
      const isOver = ["REJECTED", "CANCELLED", "COMPLETED"].includes(event.data);
      if (isOver) source.close();
      // The order may have gone on between the page and the first event.
      if (event.data === order.dataset.code) return;
      try {
        const page = new DOMParser().parseFromString(await load(location.href), "text/html");
        const next = page.getElementById("order");
        if (!next) return;
        order.replaceChildren(...next.childNodes);
        order.dataset.code = next.dataset.code;
        say(next.dataset.state);
      } catch { /* the next event tries again */ }
    });
  };
  follow();

  const alert = document.querySelector("main [role=alert]");
  if (alert && alert.tabIndex === -1) alert.focus();
})();
