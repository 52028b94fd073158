
// A served page: after each run the server sends its mark, and the page loads itself again where it shows another one.
const KEPT = ["search", "severity", "router", "incident", "order"];
const before = JSON.parse(sessionStorage.getItem("filters") || "{}");
for (const id of KEPT) if (one(id) && id in before) one(id).value = before[id];
one("faulty").checked = before.faulty === true;
filter();
sortFindings();
new EventSource("/events").addEventListener("run", ({ data }) => {
  if (data === document.body.dataset.run) return;
  const now = Object.fromEntries(KEPT.filter(one).map((id) => [id, one(id).value]));
  sessionStorage.setItem("filters", JSON.stringify({ ...now, faulty: one("faulty").checked }));
  location.reload();
});
