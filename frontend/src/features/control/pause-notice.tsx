/** Above the open form while nothing may be opened. */
import { ButtonLink } from "../../ui/button";
import { Banner } from "../../ui/banner";
import { useControl } from "./queries";
import { endedBy } from "./words";

export function PauseNotice() {
  const control = useControl().data;
  if (control === undefined || control.may_open) return null;
  const strongest = control.pauses.find((pause) => pause.by === control.paused_by);
  return (
    <div className="mt-6">
      <Banner
        tone="caution"
        title={`${control.message ?? "Opening is paused"}.`}
        action={<ButtonLink size="small" to="/settings#trading">See the pause</ButtonLink>}
        code="RSK-0007"
      >
        Nothing can be opened until it is resumed; what is open stays defended and can be closed. {strongest ? endedBy(strongest) : null}
      </Banner>
    </div>
  );
}
