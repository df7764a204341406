(() => {
  const line = document.getElementById('keys'), box = line.querySelector('input');
  let sent = false;
  line.hidden = false;
  try { box.checked = localStorage.getItem('review-keys') !== 'off'; } catch { /* not remembered then */ }
  box.addEventListener('change', () => { try { localStorage.setItem('review-keys', box.checked ? 'on' : 'off'); } catch { /* as above */ } });
  document.addEventListener('submit', e => { if (sent) e.preventDefault(); sent = true; });
  window.addEventListener('pageshow', () => { sent = false; });
  document.addEventListener('keydown', e => {
    if (!box.checked || e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.isComposing) return;
    const typing = e.target.matches('input:not([type=checkbox])');
    if (typing && e.key === 'Escape') e.target.blur();
    if (typing) return;
    const button = [...document.querySelectorAll('button[data-key]')].find(b => b.dataset.key === e.key.toLowerCase());
    if (button) { e.preventDefault(); button.click(); }
  });
})();
