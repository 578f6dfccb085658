// Crisol's own line icons, drawn on a grid of 24.

const paths = {
  overview: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
  catalogue: "M4 5h6v6H4zM14 5h6v6h-6zM4 15h6v4H4zM17 14v6M14 17h6",
  datasets:
    "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  experiments: "M9 3h6M10 3v6L4.6 18a2 2 0 0 0 1.7 3h11.4a2 2 0 0 0 1.7-3L14 9V3M7.5 15h9",
  runs: "M4 12h4l3-8 3 16 3-8h3",
  models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  admin: "M12 3l8 3v6c0 4.5-3.2 7.7-8 9-4.8-1.3-8-4.5-8-9V6zM9 12l2 2 4-4",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  alert: "M12 4L2.8 20h18.4zM12 10v5M12 17.5v.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.01",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M4 19.5h16",
  upload: "M12 16V5M7.5 9.5L12 5l4.5 4.5M4 19.5h16",
  plus: "M12 5v14M5 12h14",
  play: "M7 4.5v15l12-7.5z",
  stop: "M6 6h12v12H6z",
  again:
    "M4 12a8 8 0 0 1 13.7-5.7L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.7L4 15.5M4 20v-4.5h4.5",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  sort: "M8 9l4-4 4 4M8 15l4 4 4-4",
  back: "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 5 5v2",
  crown: "M4 8l4 4 4-7 4 7 4-4-1.5 11h-13z",
  shadow: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
  split: "M12 21v-7M12 14c0-4-6-3-6-9M12 14c0-4 6-3 6-9M3.5 7.5L6 5l2.5 2.5M15.5 7.5L18 5l2.5 2.5",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  edit: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5",
  columns: "M4 4h16v16H4zM9.5 4v16M14.5 4v16",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
  chart: "M4 4v16h16M8 15l3.5-4.5 3 2.5L19 7",
  compare: "M6 20V10M12 20V4M18 20v-7",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  out: "M14 4H5v16h9M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
  spinner: "M12 3a9 9 0 1 1-9 9",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  flask: "M9 3h6M10 3v6L4.6 18a2 2 0 0 0 1.7 3h11.4a2 2 0 0 0 1.7-3L14 9V3",
  key: "M14.5 9.5m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0M11 13l-7 7M6.5 17.5L9 20",
  archive: "M3 5h18v4H3zM5 9v11h14V9M10 13h4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, class: extra }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${extra ?? ""}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#b5410f" />
      <path d="M6.5 13h19l-2.6 9.2a4.5 4.5 0 0 1-4.3 3.3h-5.2a4.5 4.5 0 0 1-4.3-3.3z" fill="#fff" />
      <path
        d="M16 4.5c2.6 2.2 3.6 3.9 3.6 5.2a3.6 3.6 0 0 1-7.2 0c0-1.3 1-3 3.6-5.2z"
        fill="#ffd2b0"
      />
    </svg>
  );
}
