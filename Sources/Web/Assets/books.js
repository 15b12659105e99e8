// Opening a book, archiving it, and the switch between books.

import { api, newIdempotencyKey } from "./api.js";
import { navigate } from "./app.js";
import { currencyOptions } from "./book-form.js";
import { h } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { confirm, describe, openDialog, toast } from "./overlays.js";
import { addBook, chooseBook, replaceBook, state } from "./state.js";

const KINDS = [["household", "Household: to share with family or flatmates"], ["business", "Business"], ["organization", "Organisation: several departments"]];
const NEW = "new";

/// The book in front, and the way to the others. Archived ones come last.
export function bookSwitch() {
    const books = state.user.books ?? [];
    const option = (book) => [book.id, book.name];
    const open = books.filter((book) => !book.isArchived || book.id === state.book?.id);
    const archived = books.filter((book) => book.isArchived && book.id !== state.book?.id);
    const control = select([
        ...open.map(option),
        ...(archived.length ? [{ label: "Archived", options: archived.map(option) }] : []),
        { label: "More", options: [[NEW, "New book …"]] },
    ], state.book?.id, {
        class: "book-switch", "aria-label": "Book",
        onchange: () => {
            if (control.value === NEW) {
                control.value = state.book?.id;
                return newBook();
            }
            return go(books.find((book) => book.id === control.value));
        },
    });
    return control;
}

/// What is at the present address may not be in the other book; lists are in every one.
export function go(book, path = location.pathname) {
    chooseBook(book);
    return navigate(path, { replace: path === location.pathname });
}

export function newBook() {
    const currency = state.user.preferences?.currency ?? state.book?.currency;
    const key = newIdempotencyKey();
    const content = form({
        className: "stack",
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give the book a name." }]),
        send: async (values) => {
            const book = await api.post("/books", { name: values.name.trim(), kind: values.kind, currency: values.currency, description: values.description.trim() || undefined }, { idempotencyKey: key });
            addBook(book);
            close();
            toast(`Opened “${book.name}”.`);
            go(book, "/members");
        },
        children: [
            field({ name: "name", label: "Name", control: input({ maxlength: 100, required: true, placeholder: "Home" }) }),
            field({ name: "kind", label: "For a", control: select(KINDS, "household") }),
            field({ name: "currency", label: "Currency", control: select(currencyOptions(currency), currency), hint: "Can be changed while the book is empty." }),
            field({ name: "description", label: "What it is for", optional: true, control: h("textarea", { rows: 2, maxlength: 500 }) }),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Open the book")),
        ],
    });
    const { close } = openDialog({ title: "New book", className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").focus();
}

export async function archive(book) {
    if (!(await confirm({ title: `Archive “${book.name}”?`, text: "Everybody can still read it, and nobody can change it. You can restore it at any time.", verb: "Archive", danger: true }))) return;
    try {
        await api.delete(`/books/${book.id}`);
        replaceBook({ ...book, isArchived: true, version: undefined });
        toast(`Archived “${book.name}”.`);
        navigate("/members", { replace: true });
    } catch (error) { toast(`Not archived. ${describe(error).text}`, { tone: "bad" }); }
}

export async function restore(book) {
    try {
        replaceBook(await api.post(`/books/${book.id}/restore`));
        toast(`Restored “${book.name}”.`);
        navigate("/members", { replace: true });
    } catch (error) { toast(`Not restored. ${describe(error).text}`, { tone: "bad" }); }
}
