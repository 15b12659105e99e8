// What can be said about a typed amount before the server is asked.

import { parseTyped } from "./money.js";

export function amountProblems(typed, currency, digits) {
    const problem = (message) => [{ field: "amount", message }];
    if (!typed.trim()) return problem("Enter an amount.");
    const amount = parseTyped(typed);
    if (amount === null) return problem("Enter an amount such as 12.50.");
    if (/^-/.test(amount) || !/[1-9]/.test(amount)) return problem("Enter an amount above zero.");
    const fraction = amount.split(".")[1]?.replace(/0+$/, "") ?? "";
    if (fraction.length > digits) return problem(digits ? `${currency} has ${digits} decimal places.` : `${currency} has no decimal places.`);
    return [];
}
