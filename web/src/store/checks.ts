/** What this page has verified since it was opened. */
export const checks = { books: 0, mismatches: 0 };
