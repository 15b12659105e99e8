// Runs before the first paint, so that a chosen theme never flashes the other one.
// A classic script on purpose: modules wait for the document.
(function () {
    "use strict";
    const system = matchMedia("(prefers-color-scheme: dark)");
    function apply() {
        let theme = null;
        let isAlwaysDark = false;
        try {
            theme = localStorage.getItem("purser.theme");
            isAlwaysDark = localStorage.getItem("purser.theme.account") === "dark";
        } catch { /* storage may be blocked */ }
        if (theme !== "light" && theme !== "dark") theme = isAlwaysDark || system.matches ? "dark" : "light";
        if (document.documentElement.dataset.theme === theme) return;
        document.documentElement.dataset.theme = theme;
        document.dispatchEvent(new CustomEvent("themechange"));
    }
    apply();
    system.addEventListener("change", apply);
    document.addEventListener("themechoice", apply);
    window.addEventListener("storage", apply);
})();
