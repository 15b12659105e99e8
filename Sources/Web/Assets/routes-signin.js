// The screens for signing in and the own account: routes for app.js, places for the navigation, sections for the settings.

import { whenEnrolmentIsNeeded, whenProofIsNeeded } from "./api.js";
import { navigate } from "./app.js";
import { h, icon } from "./dom.js";
import { linkedSection } from "./linked.js";
import { havePasskeys, passkeyFactor, passkeySection } from "./passkeys.js";
import { reauthenticate, tellOutcome } from "./reauthenticate.js";
import * as recovery from "./recovery.js";
import * as security from "./security.js";
import { otherFactors } from "./signin-factors.js";
import { state } from "./state.js";

export const routes = [
    { pattern: /^\/verify$/, entrance: recovery.verify, always: true },
    { pattern: /^\/confirm-email$/, entrance: recovery.confirmEmail, always: true },
    { pattern: /^\/forgot$/, entrance: recovery.forgot },
    { pattern: /^\/reset$/, entrance: recovery.reset, always: true },
    { pattern: /^\/welcome$/, entrance: recovery.openAccount, always: true },
    { pattern: /^\/settings\/security$/, nav: "/settings", show: security.show },
];

/// [path, text, symbol] of each place in the navigation.
export const places = () => [];

/// [title, text, content, id] of each section of the settings.
export const sections = () => [
    ["Security", "Your password, your e-mail address, and where you are signed in.", h("div.settings-list",
        !state.user.emailVerified && h("p.muted", `The address ${state.user.email} is not confirmed yet.`),
        h("a.button", { href: "/settings/security" }, "Password, e-mail and sessions", icon("chevron-right"))), "security"],
];

security.factorSections.push(passkeySection, linkedSection);
if (havePasskeys()) otherFactors.push(passkeyFactor);
whenProofIsNeeded(reauthenticate);
tellOutcome();

// Until it is set up, the server answers nothing else.
whenEnrolmentIsNeeded(() => {
    if (location.pathname !== "/settings/security") navigate("/settings/security#codes", { replace: true });
});
