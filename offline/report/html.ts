/** Tables, sequences and lists as HTML that needs no script and no network. */
import type { ListedItem, Portrait, SequenceItem, ShownItem, SteeredLists } from '../evaluate/results.js';
import { escapeHtml } from './svg.js';
import type { Cell, Table } from './table.js';

export function tableHtml({ id, title, head, rows }: Table): string {
  const headers = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell, i) => cellHtml(cell, i === 0)).join('')}</tr>`);
  return (
    `<div class="wide"><table id="table-${id}"><caption>${escapeHtml(title)}</caption>` +
    `<thead><tr>${headers}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
  );
}

const cellHtml = (cell: Cell, isName: boolean): string => {
  if (isName) return `<th scope="row">${escapeHtml(String(cell ?? ''))}</th>`;
  return typeof cell === 'number' ? `<td class="number">${shown(cell)}</td>` : `<td>${escapeHtml(cell ?? '')}</td>`;
};

/** As many digits as say something. */
function shown(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 4);
}

/** The strongest sequences of a feature: background and number are the activation, an asterisk is the attribute. */
export function portraitHtml({ attribute, feature, sequences }: Portrait): string {
  const most = Math.max(...sequences.flatMap(({ items }) => items.map(({ activation }) => activation)), 1e-9);
  const item = ({ title, activation, bears }: SequenceItem): string =>
    `<li style="background:rgba(230,159,0,${(activation / most).toFixed(2)})">${escapeHtml(title)}${bears ? '&thinsp;*' : ''}` +
    `${activation > 0 ? ` <small>${activation.toFixed(1)}</small>` : ''}</li>`;
  const rows = sequences.map(({ items }) => `<li><ol class="sequence">${items.map(item).join('')}</ol></li>`);
  return `<h3>${escapeHtml(attribute)}: feature ${feature}</h3><ol>${rows.join('\n')}</ol>`;
}

/** A user's lists side by side: an asterisk is the attribute, a plus what the unsteered list lacks. */
export function listsHtml({ attribute, standing, historyShare, history, target, lists }: SteeredLists): string {
  const shown = ({ title, bears }: ShownItem): string => `${escapeHtml(title)}${bears ? '&thinsp;*' : ''}`;
  const item = (one: ListedItem): string => `<li>${one.isNew ? '<b>+</b> ' : ''}${shown(one)}</li>`;
  const columns = lists.map(({ strength, items }) => {
    const bearing = items.filter(({ bears }) => bears).length;
    const heading = strength === null ? 'unsteered' : `strength ${strength}`;
    return `<div><h4>${heading}: ${bearing} of ${items.length}</h4><ol>${items.map(item).join('')}</ol></div>`;
  });
  return (
    `<h3>${escapeHtml(attribute)}: a user with ${standing} of it (${(100 * historyShare).toFixed(0)} % of the history)</h3>` +
    `<p>Newest items: ${history.map(shown).join(' → ')}. Taken next: ${shown(target)}.</p>` +
    `<div class="lists">${columns.join('')}</div>`
  );
}
