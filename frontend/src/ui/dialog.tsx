/** The only raised surface: where money is about to move. Focus returns to the opener. */
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useReturnFocus } from "./return-focus";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  lead?: ReactNode;
  width?: "normal" | "wide";
  /** Set while something is being sent, so that Escape does not hide it. */
  isBusy?: boolean;
  children: ReactNode;
}

export function Dialog({ open, onOpenChange, title, lead, width = "normal", isBusy = false, children }: DialogProps) {
  const focus = useReturnFocus();
  const size = width === "wide" ? "max-w-dialog-wide" : "max-w-dialog";
  return (
    <Radix.Root open={open} onOpenChange={(next) => (next || !isBusy) && onOpenChange(next)}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-20 bg-veil" />
        <Radix.Content
          {...focus}
          {...(lead ? {} : { "aria-describedby": undefined })}
          className={`fixed inset-x-0 bottom-0 z-30 mx-auto max-h-[94dvh] w-full overflow-y-auto rounded-t-box bg-surface p-4 shadow-lift outline-0 tablet:top-1/2 tablet:bottom-auto tablet:w-[calc(100%-48px)] tablet:-translate-y-1/2 tablet:rounded-box tablet:p-6 ${size}`}
        >
          <div className="flex items-baseline gap-4">
            <Radix.Title className="text-18 font-semibold">{title}</Radix.Title>
            <Radix.Close
              disabled={isBusy}
              className="quiet-link ml-auto py-1 text-13 text-ink2 disabled:text-ink3 disabled:no-underline"
            >
              Close
            </Radix.Close>
          </div>
          {lead ? (
            <Radix.Description className="mt-1.5 mb-3 max-w-[72ch] text-13 text-ink2">{lead}</Radix.Description>
          ) : null}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
