// Who is signed in, in which book, and the categories of that book.

import { api, maySignedIn, store, stored, useBook } from "./api.js";
import { today, writeDaysAs } from "./dates.js";

export const state = { user: null, book: null, categories: [] };

const BOOK = "purser.book";

export async function loadSession() {
    if (!maySignedIn()) return false;
    adopt(await api.get("/users/me"));
    return true;
}

export function adopt(user) {
    state.user = user;
    applyPreferences(user.preferences);
    const books = user.books ?? [];
    chooseBook(books.find((book) => book.id === stored(BOOK)) ?? books[0] ?? null);
}

/// What somebody has chosen for all their devices.
export function applyPreferences(preferences) {
    writeDaysAs(preferences?.dateFormat);
    store("purser.theme.account", preferences?.darkMode ? "dark" : null);
    document.dispatchEvent(new CustomEvent("themechoice"));
}

export function chooseBook(book) {
    if (state.book?.id !== book?.id) state.categories = [];
    state.book = book;
    useBook(book?.id ?? null);
    store(BOOK, book?.id ?? null);
}

/// Puts a changed book in the place of the old one.
export function replaceBook(book) {
    if (state.user?.books) state.user.books = state.user.books.map((each) => (each.id === book.id ? { ...each, ...book } : each));
    if (state.book?.id === book.id) chooseBook({ ...state.book, ...book });
}

/// Whether the role in the present book permits it: what it does not is not offered.
export const may = (permission) => Boolean(state.book?.permissions?.includes(permission));

/// The same for what changes something: an archived book is only read.
export const mayChange = (permission) => may(permission) && !state.book?.isArchived;

/// Whether this entry is theirs to change: any, or with a lesser role those that they have recorded.
export const mayEdit = (entry) => mayChange("entry:edit") || (mayChange("entry:edit-own") && entry.createdBy === state.user.id);

/// Why it is not theirs to change, in a sentence; null where it is.
export function whyNotEdit(entry) {
    if (mayEdit(entry)) return null;
    if (state.book?.isArchived) return "This book is archived: it can be read, not changed.";
    return may("entry:edit-own") ? "Somebody else has recorded this. You can change what you have recorded yourself." : "Your role in this book lets you see entries, not change them.";
}

/// What the role's scope is, in words; null where it reaches the whole book.
export const scopeWords = () => ({ department: "You see what is of your department, and what you have recorded.", own: "You see what you have recorded." })[state.book?.scope] ?? null;
export const seesWholeBook = () => !scopeWords();

/// The departments of an organisation, each right under the one that it is a part of; none in any other book.
export async function loadDepartments() {
    if (state.book?.kind !== "organization") return [];
    return inTree(await api.get("/departments"));
}

export function inTree(departments, parent = null, depth = 0) {
    return departments.filter((each) => (each.parentId ?? null) === parent).flatMap((each) => [{ ...each, depth }, ...inTree(departments, each.id, depth + 1)]);
}

/// Those that the member may give an entry to.
export function departmentsWithinReach(departments) {
    const { scope, departmentId } = state.book;
    if (scope === "all") return departments;
    const start = departments.findIndex((each) => each.id === departmentId);
    if (start < 0) return [];
    if (scope === "own") return [departments[start]];
    const end = departments.findIndex((each, index) => index > start && each.depth <= departments[start].depth);
    return departments.slice(start, end < 0 ? undefined : end);
}

export function addBook(book) {
    state.user = { ...state.user, books: [...(state.user.books ?? []), book] };
}

/// Of a book that is no longer this person's to see.
export function dropBook(id) {
    const books = (state.user.books ?? []).filter((each) => each.id !== id);
    state.user = { ...state.user, books };
    if (state.book?.id === id) chooseBook(books[0] ?? null);
}

export function forget() {
    Object.assign(state, { user: null, book: null, categories: [] });
    useBook(null);
}

export async function loadCategories() {
    if (!state.categories.length) state.categories = await api.get("/categories");
    return state.categories;
}

export async function reloadCategories() {
    state.categories = await api.get("/categories");
    return state.categories;
}

/// The categories of a kind with their depth, every child right under its parent.
export function orderedCategories(type) {
    const mine = state.categories.filter((each) => Boolean(each.isIncome) === (type === "income"));
    const order = (left, right) => (left.sortOrder ?? 0) - (right.sortOrder ?? 0) || left.name.localeCompare(right.name);
    const known = new Set(mine.map((each) => each.id));
    const seen = new Set();
    const under = (parent, depth) => mine.filter((each) => (known.has(each.parentCategoryId) ? each.parentCategoryId : null) === parent && !seen.has(each.id)).sort(order)
        .flatMap((category) => { seen.add(category.id); return [{ category, depth }, ...under(category.id, depth + 1)]; });
    return under(null, 0);
}

export function categoryOf(entry) {
    const { categoryId, categorySlug, categoryName } = entry ?? {};
    if (!categoryId && !categorySlug) return null;
    return state.categories.find((each) => each.id === categoryId || each.slug === categorySlug)
        ?? { id: categoryId, slug: categorySlug, name: categoryName, icon: categorySlug };
}

export const bookToday = () => today(state.book?.timeZone);
