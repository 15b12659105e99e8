// The screens for books and people: routes for app.js, places for the navigation, sections for the settings.

import * as accountData from "./account-data.js";
import * as invitation from "./invitation.js";
import * as members from "./members.js";
import * as organization from "./organization.js";
import * as preferences from "./preferences.js";
import { may, state } from "./state.js";

export const routes = [
    { pattern: /^\/members$/, nav: "/members", show: members.show },
    { pattern: /^\/organisation$/, nav: "/members", show: organization.show },
    { pattern: /^\/invitation$/, entrance: invitation.show, always: true },
];

/// [path, text, symbol] of each place in the navigation.
export const places = () => [state.book && may("member:view") && ["/members", "Members", "people"]].filter(Boolean);

/// [title, text, content, id] of each section of the settings.
export const sections = () => [...preferences.sections(), accountData.section()];
