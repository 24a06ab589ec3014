// Runs before the first paint, so a chosen theme never flashes; a file of its own, so the page needs no inline script.
try {
  const theme = localStorage.getItem('steno.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the system's theme is right then.
}
