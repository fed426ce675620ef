/** The report as one page. It loads nothing and runs nothing. */
import { dictionaryFigures } from './dictionary-figures.js';
import { featureFigures } from './feature-figures.js';
import type { Figure } from './figure.js';
import { listsHtml, portraitHtml, tableHtml } from './html.js';
import type { ReportData } from './report-data.js';
import { groupsOf, seedsText } from './seeds.js';
import { steeringFigures } from './steering-figures.js';
import { escapeHtml } from './svg.js';
import { kindOf, TABLES } from './tables.js';

interface Section {
  readonly title: string;
  readonly text: string;
  readonly figures?: readonly Figure[];
  readonly tables?: readonly string[];
  readonly more?: readonly string[];
}

/** @param draw a figure as SVG */
export async function pageHtml(data: ReportData, draw: (figure: Figure) => Promise<string>): Promise<string> {
  const { split, dictionary } = data.evaluation;
  const title = `Evaluation of ${dictionary.name} (split: ${split})`;
  const tables = new Map(TABLES.map((make) => make(data)).map((table) => [table.id, table]));
  const parts: string[] = [];
  for (const { title: heading, text, figures = [], tables: ids = [], more = [] } of sectionsOf(data)) {
    parts.push(`<section><h2>${escapeHtml(heading)}</h2><p>${escapeHtml(text)}</p>`);
    for (const figure of figures) parts.push(figureHtml(figure, await draw(figure)));
    for (const id of ids) {
      const table = tables.get(id);
      if (table && table.rows.length > 0) parts.push(tableHtml(table));
    }
    parts.push(...more, '</section>');
  }
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>\n` +
    `<body><main><h1>${escapeHtml(title)}</h1>\n<p>All numbers lie beside this page: report.json, and one CSV file a ` +
    `table in tables/; the figures as SVG in figures/.</p>\n${parts.join('\n')}</main></body></html>\n`
  );
}

function figureHtml({ title, alt }: Figure, svg: string): string {
  return `<figure><div class="wide">${svg}</div><figcaption><b>${escapeHtml(title)}.</b> ${escapeHtml(alt)}</figcaption></figure>`;
}

/** `genre`, `decade`, ...: what stands before the slash. */
const kindsOf = ({ evaluation }: ReportData): string[] => [
  ...new Set(evaluation.attributes.map(({ attribute }) => kindOf(attribute))),
];

function sectionsOf(data: ReportData): Section[] {
  const { details, sae } = data.evaluation;
  const numbers =
    `RMSE ${sae.rmse.toFixed(3)}, explained variance ${sae.explainedVariance.toFixed(3)}, L0 ${sae.l0.toFixed(1)}, ` +
    `${sae.dead} features never active on the test users. Mean over the genres, or over all attributes where there are ` +
    `none: correlation ${sae.meanCorrelation.toFixed(3)}, AUC ${sae.meanAuc.toFixed(3)}, sensitivity ` +
    `${sae.meanSensitivity.toFixed(3)}; best single neurons ${sae.meanNeuronCorrelation.toFixed(3)}.`;
  return [
    { title: 'Ranking', text: 'The last item of each test user is to be found among ten.', tables: ['ranking'] },
    {
      title: 'Dictionaries',
      text:
        data.runs.length > 0
          ? `On the test users. untrained: the best features of a dictionary of the same size and seed before its first step; neurons: the best single neurons of the same place. ${seedsText(groupsOf(data.runs), data.runs)}`
          : 'Not measured: run `npm run offline -- pareto`, then report again.',
      figures: dictionaryFigures(data),
      tables: ['dictionaries'],
    },
    {
      title: 'Interpretability',
      text: `One point per user and position; the label is whether the item there bears the attribute. ${numbers}`,
      figures: featureFigures(data),
      tables: ['kinds', 'attributes', 'comparison', 'p-top100'],
    },
    {
      title: 'Strongest sequences',
      text:
        'Where features are most active: the top features of the steered attributes, and of each other kind of ' +
        'attributes (series are told from titles) the features whose p_top100 lies furthest above how often the ' +
        `attribute is met. Kinds of attributes in this log: ${kindsOf(data).join(', ') || 'none'}. Background and ` +
        'number: activation. *: bears the attribute.',
      more: details.portraits.map(portraitHtml),
    },
    {
      title: 'Steering',
      text:
        'A feature set to a strength at the last position. replace: the dictionary’s reconstruction with that feature ' +
        'set, as in the paper. delta: only the difference is added. The three directions are of unit length in ' +
        'normalised activations, so that their strengths compare.',
      figures: steeringFigures(data),
      tables: ['equalizer'],
    },
    {
      title: 'Methods of steering',
      text:
        data.comparisons.length > 0
          ? 'Strengths were chosen on other users: the one that loses the budget of NDCG, and the one of the best intent NDCG (over cases whose next item bears the attribute). Against score: the difference to re-ranking by labels with its 95 % interval; below and above: attributes whose own interval lies wholly on that side. Concepts without labels at serving cannot be re-ranked: there it is what labels would give.'
          : 'Not compared: run `npm run offline -- steering`, then report again.',
      tables: ['methods'],
    },
    {
      title: 'Lists before and after',
      text:
        'Of the test users with ten items or more (of all, where there are none), those at the 10 %, 50 % and 90 % ' +
        'quantile of how much of their history bears the attribute: chosen by their histories, not by their lists. In ' +
        'mode replace. *: bears the attribute. +: not in the unsteered list.',
      more: details.lists.map(listsHtml),
    },
  ];
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; color: #111; background: #fff; margin: 0 }
main { max-width: 76rem; margin: 0 auto; padding: 1rem }
h2 { border-top: 2px solid #111; padding-top: .5rem; margin-top: 2.5rem }
figure { margin: 1.5rem 0 } figcaption { max-width: 46rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0; font-size: .85rem }
caption { text-align: left; font-weight: bold; padding: .25rem 0 }
tbody th { white-space: nowrap }
th, td { padding: .15rem .6rem; border-bottom: 1px solid #bbb; text-align: left; font-weight: normal }
thead th { font-weight: bold; vertical-align: bottom } .number { text-align: right; font-variant-numeric: tabular-nums }
.sequence { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; padding: 0; margin: .25rem 0; font-size: .8rem }
.sequence li { border: 1px solid #999; padding: 0 .35rem }
.lists { display: flex; flex-wrap: wrap; gap: 1.5rem; font-size: .85rem } .lists > div { flex: 1 1 14rem }
`;
