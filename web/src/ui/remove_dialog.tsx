// Asks before something is removed for good, removes it, and makes what showed it old.

import { api } from "../lib/api";
import { invalidate } from "../lib/query";
import { Dialog } from "./dialog";
import { useSender } from "./form";

interface RemoveDialogProps {
  title: string;
  lead: string;
  confirm: string;
  /** What is deleted, below /api/v1. */
  path: string;
  /** The reads that have to be asked anew. */
  old: string[];
  onDone?: () => void;
  onClose: () => void;
}

export function RemoveDialog(props: RemoveDialogProps) {
  const sender = useSender();
  const remove = async () => {
    const done = await sender.run(async () => {
      await api.delete(props.path);
      return true;
    });
    if (!done) return;
    props.onClose();
    props.onDone?.();
    // The page of what is gone has been left by then: it must not ask for it once more.
    setTimeout(() => invalidate(...props.old));
  };
  return (
    <Dialog
      title={props.title}
      confirm={props.confirm}
      danger
      busy={sender.busy}
      error={sender.error}
      onSubmit={remove}
      onClose={props.onClose}
    >
      <p class="mb-0">{props.lead}</p>
    </Dialog>
  );
}
