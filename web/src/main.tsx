import { render } from "preact";
import "./style/base.css";
import "./style/controls.css";
import "./style/layout.css";
import "./style/panels.css";
import "./style/pages.css";
import "./style/phone.css";
import { App } from "./App";
import { socket } from "./store/link";
import { loadSession } from "./store/session";
import { loadInstruments, toast } from "./store/ui";

const root = document.getElementById("app")!;
root.textContent = "";
render(<App />, root);
void loadInstruments();
loadSession().catch((error: unknown) => toast("warning", "Your session could not be read", { detail: String(error) }));
socket.start();
