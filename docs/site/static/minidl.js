// Wide code, tables and formulas scroll inside themselves; so that this works with the keyboard, they can have the focus.
document.addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll(".bd-article pre, .bd-article table, .formula")) {
    if (block.scrollWidth > block.clientWidth || block.scrollHeight > block.clientHeight) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
});
