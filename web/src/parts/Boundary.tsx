/** A part that fails says so in its own place, and leaves the rest of the screen alone. */
import { Component, type ComponentChildren } from "preact";

export class Boundary extends Component<{ name: string; children: ComponentChildren }, { failed: string | null }> {
  override state = { failed: null as string | null };
  static getDerivedStateFromError(error: unknown): { failed: string } {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
  render() {
    if (this.state.failed === null) return this.props.children;
    return (
      <div class="empty" role="alert">
        <p class="empty-title">{this.props.name} could not be drawn</p>
        <p class="empty-text">{this.state.failed}</p>
        <button type="button" class="quiet" onClick={() => this.setState({ failed: null })}>Draw it again</button>
      </div>
    );
  }
}
