// CSV out (RFC 4180) for the download buttons and a small reader for the preview of an upload.

export type Cell = string | number | boolean | null | undefined;

function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(header: string[], rows: Cell[][]): string {
  return [header, ...rows]
    .map((row) => row.map(cell).join(","))
    .join("\r\n")
    .concat("\r\n");
}

export function save(name: string, data: Blob | string, type = "text/csv;charset=utf-8"): void {
  const blob = typeof data === "string" ? new Blob([data], { type }) : data;
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The first rows of a CSV text; the last line is left out where the text may be cut off. */
export function parseCsv(text: string, separator: string, rowsMax: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field);
    field = "";
  };
  for (let i = 0; i < text.length && rows.length < rowsMax; i++) {
    const c = text.charAt(i);
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && field === "") quoted = true;
    else if (c === separator) endField();
    else if (c === "\n") {
      endField();
      rows.push(row);
      row = [];
    } else if (c !== "\r") field += c;
  }
  if (rows.length < rowsMax && (field !== "" || row.length > 0)) {
    endField();
    rows.push(row);
  }
  return rows;
}

/** The separator that splits the first lines most evenly. */
export function guessSeparator(text: string): string {
  const lines = text.split("\n", 6).filter((line) => line.trim() !== "");
  let best = ",";
  let bestCount = 0;
  for (const one of [",", ";", "\t", "|"]) {
    const counts = lines.map((line) => line.split(one).length - 1);
    const least = Math.min(...counts);
    if (least > bestCount) {
      best = one;
      bestCount = least;
    }
  }
  return best;
}
