// Single-key shortcuts, which a person can turn off: speech input and a cat on the keyboard type letters too.

const STORED_AS = "todo-chatbot.shortcuts";

class Shortcuts {
  on = $state(localStorage.getItem(STORED_AS) !== "off");

  set(on: boolean): void {
    this.on = on;
    if (on) localStorage.removeItem(STORED_AS);
    else localStorage.setItem(STORED_AS, "off");
  }

  /** The shortcut that this key stands for here, if any: nobody who is typing wants one. */
  read(event: KeyboardEvent): string | null {
    if (!this.on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
    return isTyping(event.target) || document.querySelector("dialog[open]") ? null : event.key;
  }
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "checkbox" && target.type !== "radio";
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

export const shortcuts = new Shortcuts();
