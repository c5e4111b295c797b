/** Reading beside the page: a sheet at the right, on the phone from below. Focus returns to the opener. */
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useReturnFocus } from "./return-focus";

interface DrawerProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  lead: ReactNode;
  children: ReactNode;
}

export function Drawer({ open, onOpenChange, title, lead, children }: DrawerProps) {
  const focus = useReturnFocus();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-20 bg-veil" />
        <Radix.Content {...focus} className="fixed inset-x-0 bottom-0 z-30 h-[94dvh] w-full overflow-y-auto overscroll-contain rounded-t-box bg-surface p-4 pb-10 shadow-lift outline-0 tablet:inset-y-0 tablet:right-0 tablet:left-auto tablet:h-dvh tablet:max-w-drawer tablet:rounded-none tablet:p-6 tablet:pb-10">
          <div className="flex items-baseline gap-4">
            <Radix.Title className="text-18 font-semibold">{title}</Radix.Title>
            <Radix.Close className="quiet-link -my-2 ml-auto py-2 text-13 text-ink2">Close</Radix.Close>
          </div>
          <Radix.Description className="mt-1.5 max-w-[72ch] text-13 text-ink2">{lead}</Radix.Description>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
