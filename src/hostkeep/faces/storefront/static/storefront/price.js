// Live price of a product: sums what is chosen, in minor units; without this file "Update price" asks the server.
for (const form of document.querySelectorAll("form[data-shop-price]")) {
  const { currency } = form.dataset;
  const language = currency === "VND" ? "vi" : document.documentElement.lang;
  const money = new Intl.NumberFormat(language, { style: "currency", currency });
  const places = money.resolvedOptions().maximumFractionDigits;
  const recalc = form.querySelector("[data-recalc]");
  const write = (name, minor) => {
    for (const place of form.querySelectorAll(`[data-sum="${name}"]`)) {
      place.textContent = money.format(minor / 10 ** places).replace("US$", "$");
    }
  };
  const update = () => {
    const plan = form.querySelector("[data-term]:checked");
    const pieces = Number(form.elements.quantity.value);
    if (!plan || !(pieces >= 1 && pieces <= 20 && Number.isInteger(pieces))) return;
    let term = Number(plan.dataset.term), setup = Number(plan.dataset.setup);
    for (const choice of form.querySelectorAll("[data-monthly]:checked")) {
      term += Number(choice.dataset.monthly) * Number(plan.dataset.months);
      setup += Number(choice.dataset.once);
    }
    for (const beside of form.querySelectorAll("[data-beside]")) {
      const count = beside.type === "checkbox" ? Number(beside.checked) : Number(beside.value);
      const { length, months } = plan.dataset;
      const own = beside.getAttribute(`data-term-${length}`);
      term += count * (own === null ? Number(beside.dataset.monthlyEach) * Number(months) : Number(own));
      setup += count * Number(beside.dataset.onceEach);
    }
    write("term", term * pieces);
    write("setup", setup * pieces);
    const isTrial = Number(plan.dataset.trial) > 0 && pieces === 1;
    const note = form.querySelector("[data-trial-note]");
    if (note) note.hidden = !isTrial;
    write("first", ((isTrial ? 0 : term) + setup) * pieces);
    const words = form.querySelector("[data-plan]");
    if (words) words.textContent = plan.dataset.words;
  };
  form.addEventListener("change", (event) => {
    if (event.target.name === "currency") form.requestSubmit(recalc);
    else update();
  });
  form.addEventListener("input", update);
  recalc.hidden = true;
  update();
}
