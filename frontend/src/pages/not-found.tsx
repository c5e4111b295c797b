import { ButtonLink } from "../ui/button";
import { PageHead } from "../ui/section";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="There is no such page" lead="The address may be old or misspelt. Nothing of yours is affected." />
      <div className="mt-4">
        <ButtonLink to="/">Go to the overview</ButtonLink>
      </div>
    </>
  );
}
