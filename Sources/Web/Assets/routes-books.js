// The screens for books and people: routes for app.js, places for the navigation, sections for the settings.

export const routes = [];

/// [path, text, symbol] of each place in the navigation.
export const places = () => [];

/// [title, text, content, id] of each section of the settings.
export const sections = () => [];
