// Which of the three screens the address names. The server answers every such path with the same page.

export type Screen = "main" | "log-in" | "sign-up";

const PATHS: Record<Screen, string> = { main: "/", "log-in": "/login", "sign-up": "/signup" };

class Route {
  screen = $state<Screen>(read());

  constructor() {
    window.addEventListener("popstate", () => (this.screen = read()));
  }

  path(screen: Screen): string {
    return PATHS[screen];
  }

  go(screen: Screen): void {
    if (location.pathname !== PATHS[screen]) history.pushState(null, "", PATHS[screen]);
    this.screen = screen;
  }

  /** Where going back to the former address would make no sense. */
  replace(screen: Screen): void {
    history.replaceState(null, "", PATHS[screen]);
    this.screen = screen;
  }
}

function read(): Screen {
  const path = location.pathname.replace(/\/$/, "");
  if (path === PATHS["sign-up"]) return "sign-up";
  return path === PATHS["log-in"] ? "log-in" : "main";
}

export const route = new Route();
