// The screens for what happens live: activity, audit, keys: routes for app.js, places for the navigation, sections for the settings.

import * as activity from "./activity.js";
import * as audit from "./audit.js";
import { keyList, serviceKeyList } from "./keys.js";
import { mayReadAudit } from "./live.js";
import { may, state } from "./state.js";

export const routes = [
    { pattern: /^\/activity$/, nav: "/activity", show: activity.show },
    { pattern: /^\/audit$/, nav: "/audit", show: audit.show },
];

/// [path, text, symbol] of each place in the navigation.
export const places = () => [may("activity:view") && ["/activity", "Activity", "activity"], mayReadAudit() && ["/audit", "Audit log", "audit"]].filter(Boolean);

/// [title, text, content, id] of each section of the settings.
export const sections = () => [
    ["Keys", "For programs of yours that use the API. A key does what you choose, and never more than you may.", keyList(), "keys"],
    state.user.role === "admin" && ["Service keys", "For other servers, which ask in their own name.", serviceKeyList(), "service-keys"],
].filter(Boolean);
