/* Before the first paint: the theme chosen last time, else what the system prefers. A file of its
   own because the content security policy allows no inline scripts. */
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  /* storage may be forbidden; then the system's preference stands */
}
