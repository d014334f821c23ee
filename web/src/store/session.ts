/** Who is trading: nobody, or an account. */
import { computed, signal } from "@preact/signals";
import { get, post, remove, setCsrf } from "../rest";
import { Refused } from "../socket";
import { startOver } from "./link";

export interface Session {
  user: string | null; account: number | null; scopes: string[]; operator: boolean; paper: boolean; expires: number | null; csrf: string | null;
}

/** undefined while it is not known yet, null for nobody. */
export const session = signal<Session | null | undefined>(undefined);
export const signedIn = computed(() => Boolean(session.value));
export const isOperator = computed(() => {
  const who = session.value;
  return Boolean(who && (who.operator || who.scopes.includes("operator")));
});

const PRIVATE = (name: string) => ["orders", "fills", "positions", "wallet", "notices"].includes(name);

function enter(next: Session | null): void {
  setCsrf(next?.csrf);
  const changed = String(next?.account ?? "") !== String(session.peek()?.account ?? "");
  session.value = next;
  if (changed) startOver(PRIVATE);
}

export async function loadSession(): Promise<void> {
  try {
    const found = await get<Session | null>("session");
    setCsrf(found?.csrf);
    session.value = found?.user ? found : null;
  } catch (error) {
    session.value = null;
    if (error instanceof Refused && !["not_signed_in", "401", "404", "not_available"].includes(error.error.code)) throw error;
  }
}

/** Whose rules bind an account; none where the jurisdiction is empty. */
export interface Standing { jurisdiction: string; client: string }
export const NOWHERE: Standing = { jurisdiction: "", client: "retail" };

export async function openPaperAccount(standing: Standing = NOWHERE): Promise<void> {
  const query = standing.jurisdiction ? `?${new URLSearchParams({ ...standing })}` : "";
  const made = await post<Session>(`paper${query}`, {});
  enter(made);
}

export async function signIn(name: string, password: string): Promise<void> {
  enter(await post<Session>("session", { name, password }));
}

export async function signOut(): Promise<void> {
  await remove("session");
  enter(null);
}
