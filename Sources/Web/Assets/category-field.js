// A button that shows a category and opens the picker.

import { categoryMark, h, icon } from "./dom.js";
import { pickCategory } from "./picker.js";
import { state } from "./state.js";

export function categoryField({ value = "", type = null, none, label = "Category", onchange }) {
    const button = h("button.category-field", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => pickCategory(button, { type, value: self.value, none, label, onpick: (id) => { self.value = id; draw(); onchange?.(id); button.dispatchEvent(new Event("input", { bubbles: true })); } }) });
    const self = { value, button, element: button };
    function draw() {
        const category = state.categories.find((each) => each.id === self.value);
        button.replaceChildren(categoryMark(category), h("bdi", category?.name ?? none ?? "No category"), icon("chevron-down"));
        button.setAttribute("aria-label", `${label}: ${category?.name ?? none ?? "none"}`);
    }
    draw();
    return self;
}
