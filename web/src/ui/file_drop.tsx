// A place to drop one file, or to choose it by mouse or keyboard.

import { useId, useState } from "preact/hooks";
import { Icon } from "./icon";

interface FileDropProps {
  title: string;
  hint: string;
  accept?: string;
  onFile: (file: File) => void;
}

export function FileDrop({ title, hint, accept, onFile }: FileDropProps) {
  const [over, setOver] = useState(false);
  const id = useId();
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files);
  };
  return (
    <label
      class={`drop ${over ? "is-over" : ""}`}
      for={id}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" />
      <strong class="break">{title}</strong>
      <span class="muted">{hint}</span>
      <input
        id={id}
        class="visually-hidden"
        type="file"
        accept={accept}
        onChange={(event) => take(event.currentTarget.files)}
      />
    </label>
  );
}
