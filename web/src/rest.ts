/** Calls over REST, for what is asked rarely. Errors come as Refused with the venue's own words (SERV-002). */
import { Refused } from "./socket";
import type { VenueError } from "./wire";

export const API = new URL("api/v1/", document.baseURI.split("#")[0]!).pathname;
let csrf: string | null = null;

export function setCsrf(token: string | null | undefined): void {
  csrf = token ?? null;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  let response: Response;
  try {
    response = await fetch(API + path.replace(/^\//, ""), {
      method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused({ code: "not_available", message: "The venue cannot be reached.", do: "Check that it runs, then try again." });
  }
  const text = await response.text();
  let parsed: unknown = null;
  try {
    parsed = text ? JSON.parse(text) : null;
  } catch {
    /* not JSON: said below by the status */
  }
  if (!response.ok) {
    const error = (parsed as { error?: VenueError } | null)?.error;
    throw new Refused(error ?? { code: String(response.status), message: `The venue answered with status ${response.status}.` });
  }
  return parsed as T;
}

export const get = <T>(path: string) => call<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}) => call<T>("POST", path, body);
export const remove = <T>(path: string) => call<T>("DELETE", path);

export interface Page<T> { items: T[]; next: string | null }
