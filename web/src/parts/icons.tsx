/** Small drawings, all decorative: the control that holds one carries the words. */
import type { ComponentChildren } from "preact";

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
    stroke-linejoin="round" aria-hidden="true" focusable="false">{children}</svg>
);
export const Close = () => <Icon><path d="M4 4l8 8M12 4l-8 8" /></Icon>;
export const Play = () => <Icon><path d="M5 3.5v9l7.5-4.5z" fill="currentColor" /></Icon>;
export const Pause = () => <Icon><path d="M5.2 3.5v9M10.8 3.5v9" stroke-width="2.4" /></Icon>;
export const Restart = () => <Icon><path d="M3.2 8a4.8 4.8 0 1 0 1.5-3.5M3 2.6v2.6h2.6" /></Icon>;
export const Sun = () => <Icon><circle cx="8" cy="8" r="2.8" /><path d="M8 1.6v1.4M8 13v1.4M1.6 8H3M13 8h1.4M3.5 3.5l1 1M11.5 11.5l1 1M12.5 3.5l-1 1M4.5 11.5l-1 1" /></Icon>;
export const Moon = () => <Icon><path d="M12.8 9.6A5.4 5.4 0 0 1 6.4 3.2a5.4 5.4 0 1 0 6.4 6.4z" /></Icon>;
export const Question = () => <Icon><path d="M5.8 6.2A2.3 2.3 0 1 1 8 8.8v1" /><path d="M8 12.4v.1" stroke-width="2" /></Icon>;
export const Grip = () => <Icon><path d="M6 5v.1M6 8v.1M6 11v.1M10 5v.1M10 8v.1M10 11v.1" stroke-width="2" /></Icon>;
export const Pencil = () => <Icon><path d="M3 13l.6-2.8 7-7 2.2 2.2-7 7z" /></Icon>;
export const Download = () => <Icon><path d="M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.2h10" /></Icon>;
export const Check = () => <Icon><path d="M3.2 8.4l3 3 6.4-6.6" /></Icon>;
export const Warn = () => <Icon><path d="M8 2.4l6 10.8H2z" /><path d="M8 6.6v2.8M8 11.4v.1" /></Icon>;
export const Logo = () => (
  <svg width="22" height="22" viewBox="0 0 32 32" fill="none" aria-hidden="true" focusable="false">
    <path d="M4 13 28 8.5M10.5 12v6" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" />
    <path d="M5 18h11l-2.4 6H7.4z" fill="var(--long)" /><path d="M23.4 9.6v4" stroke="var(--mark)" stroke-width="2.2" /><circle cx="23.4" cy="17.4" r="4.2" fill="var(--mark)" />
  </svg>
);
