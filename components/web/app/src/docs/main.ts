// Where the page about the API begins.
import { mount } from "svelte";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import Docs from "./Docs.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("docs.html has no element #app");
mount(Docs, { target });
