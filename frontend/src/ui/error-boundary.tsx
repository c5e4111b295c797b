/** A page that cannot be drawn says so and leaves the rest of the dashboard standing. */
import { Component, type ReactNode } from "react";
import { Banner } from "./banner";
import { Button } from "./button";

export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <Banner
        tone="danger"
        title="This page could not be drawn."
        code={this.state.error.message}
        action={
          <Button size="small" onClick={() => window.location.reload()}>
            Load again
          </Button>
        }
      >
        Only the display failed; nothing of yours has changed.
      </Banner>
    );
  }
}
