// Runs before the first paint, so that the page does not flash in the other theme.
(function () {
  var chosen = null;
  try { chosen = localStorage.getItem("steelyard.theme"); } catch (e) { /* private mode: follow the system */ }
  var light = window.matchMedia && matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : light ? "light" : "dark";
})();
