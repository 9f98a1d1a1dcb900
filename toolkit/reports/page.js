const all = s => [...document.querySelectorAll(s)], form = document.querySelector('form');
all('[data-script]').forEach(e => { e.hidden = false });
const filter = () => {
  const {text, rule, severity, operation} = form.elements, words = text.value.toLowerCase();
  const filters = words || rule.value || severity.value || operation.value;
  let shown = 0;
  all('article').forEach(a => {
    const fits = (!rule.value || a.dataset.rule === rule.value) && (!severity.value || a.dataset.severity === severity.value)
      && (!operation.value || a.dataset.operation === operation.value) && a.textContent.toLowerCase().includes(words);
    a.hidden = !fits; shown += fits;
  });
  all('details.rule').forEach(d => {
    d.hidden = !d.querySelector('article:not([hidden])');
    d.open = filters ? !d.hidden : d.classList.contains('error');
  });
  form.querySelector('output').textContent = shown + ' shown';
};
if (form) { form.addEventListener('input', filter); form.addEventListener('submit', e => e.preventDefault()) }
all('button.copy').forEach(b => b.addEventListener('click', async () => {
  const code = b.parentElement.querySelector('code');
  try { await navigator.clipboard.writeText(code.textContent) } catch {
    getSelection().selectAllChildren(code); document.execCommand('copy');
  }
  b.textContent = 'Copied';
}));
