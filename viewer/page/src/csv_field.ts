// A field of a CSV file that a person opens.

/**
 * Text that a spreadsheet could run as a formula gets a `'` before it, as OWASP recommends against CSV injection. Numbers stay as they are.
 * Nothing in Leat reads these files back.
 */
export const csvField = (cell: string | number | null): string => {
  const text = typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
