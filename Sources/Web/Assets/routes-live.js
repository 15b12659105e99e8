// The screens for what happens live: activity, audit, keys: routes for app.js, places for the navigation, sections for the settings.

import * as activity from "./activity.js";
import * as audit from "./audit.js";
import { mayReadAudit } from "./live.js";

export const routes = [
    { pattern: /^\/activity$/, nav: "/activity", show: activity.show },
    { pattern: /^\/audit$/, nav: "/audit", show: audit.show },
];

/// [path, text, symbol] of each place in the navigation.
export const places = () => [["/activity", "Activity", "activity"], mayReadAudit() && ["/audit", "Audit log", "audit"]].filter(Boolean);

/// [title, text, content, id] of each section of the settings.
export const sections = () => [];
