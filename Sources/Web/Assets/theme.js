// Runs before the first paint, so that a chosen theme never flashes the other one.
// A classic script on purpose: modules wait for the document.
(function () {
    "use strict";
    var chosen = null;
    try { chosen = localStorage.getItem("purser.theme"); } catch (error) { /* storage may be blocked */ }
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
