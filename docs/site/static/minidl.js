document.addEventListener("DOMContentLoaded", () => {
  // Wide code, tables and formulas scroll inside themselves; so that this works with the keyboard, they can have the focus.
  for (const block of document.querySelectorAll(".bd-article pre, .bd-article table, .formula")) {
    if (block.scrollWidth > block.clientWidth || block.scrollHeight > block.clientHeight) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
  // The theme's buttons are read aloud by names that say what one sees, or what they do.
  for (const button of document.querySelectorAll(".search-button__button")) {
    button.setAttribute("aria-label", button.textContent.replace(/\s+/g, " ").trim());
  }
  for (const toggle of document.querySelectorAll("nav details > summary")) {
    const link = toggle.closest("li")?.querySelector("a");
    toggle.setAttribute("aria-label", `Pages of: ${link?.textContent.trim() ?? "this section"}`);
  }
});

// Long names in tables may break after a dot, an underscore or a parenthesis.
document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll("td code .pre, td code:not(:has(.pre))")) {
    const pieces = part.textContent.split(/(?<=[._(,/])/);
    part.replaceChildren(...pieces.flatMap((piece) => [piece, document.createElement("wbr")]));
  }
});
